"""The request body of a repository's build status on Bitbucket Data Center. Pure.

The limits are those of Atlassian's OpenAPI file for 9.4 (RestBuildStatusSetRequest), counted as
Java counts, in UTF-16 code units. A body that the server could refuse for its content cannot be
built here.

`lastUpdated` is never sent. Its unit is not documented: the example in the request (1359075920)
looks like seconds, and those of the answer's dates are milliseconds. A wrong guess would date the
build to 1970 or far into the future; without it the server takes the time at which the build comes.
"""

import enum
from typing import Any

import msgspec

from insights_uploader.destinations.bitbucket_dc.payload import fitted, is_web_address
from insights_uploader.destinations.long_names import shortened
from insights_uploader.model.errors import UsageError
from insights_uploader.plan.plan import Body

MAX_KEY = 255
MAX_URL = 450
MAX_NAME = 255
MAX_DESCRIPTION = (
    255  # the schema has no limit, and the legacy API, whose table it shares, has this
)
MAX_NUMBER = 255
MAX_PARENT = 1024
MAX_REF = 1024

_INT32, _INT64 = 2**31 - 1, 2**63 - 1


class BuildState(enum.StrEnum):
    """How far a build is."""

    INPROGRESS = "INPROGRESS"
    SUCCESSFUL = "SUCCESSFUL"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"
    UNKNOWN = "UNKNOWN"


class TestResults(msgspec.Struct, frozen=True):
    """Numbers of test cases; an error counts as failed, since there is no other place for it."""

    __test__ = False  # not a test class, whatever pytest thinks of its name

    successful: int = 0
    failed: int = 0
    skipped: int = 0


class BuildStatus(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be said of one build of a commit.

    Attributes:
        key: names the job or plan, the same from build to build: a later status replaces it.
        state: how far it is.
        url: of the build's page, http or https.
        name: for people.
        description: one sentence for people.
        number: as the CI counts builds.
        parent: the plan, which required builds ask for; the key, if None.
        ref: what was built, as `refs/heads/main`.
        duration_ms: how long it took.
        tests: all of its test cases.
    """

    key: str
    state: BuildState
    url: str
    name: str | None = None
    description: str | None = None
    number: str | None = None
    parent: str | None = None
    ref: str | None = None
    duration_ms: int | None = None
    tests: TestResults | None = None


def build_key(key: str) -> str:
    """The key as the server gets it: one that is too long is cut and ends in a hash of the whole.

    Raises:
        UsageError: it is blank, or holds what cannot be seen.
    """
    if not key.strip():
        raise _refused("no-build-key", "the build's key is empty", "It names the job.")
    return shortened(_visible("the build's key", key.strip()), MAX_KEY)


def build_url(url: str) -> str:
    """The address of the build's page.

    Raises:
        UsageError: it is no web address, or longer than the server takes: cut it leads nowhere.
    """
    if not url.strip():
        words = "the address of the build's page is empty"
        raise _refused("no-build-url", words, "Give it with --build-url.")
    if not is_web_address(url) or not url.isprintable():
        words = "the address of the build's page is no http or https address without a password"
        raise _refused("bad-build-url", words, "See --build-url.")
    if fitted(url, MAX_URL) != url:
        words = f"the address of the build's page has more than the {MAX_URL} characters that fit"
        raise _refused("bad-build-url", words, "Give a shorter one with --build-url.")
    return url


def body(build: BuildStatus, *, takes_cancelled: bool = True) -> Body:
    """The body of the POST (RestBuildStatusSetRequest).

    Args:
        build: what is to be said.
        takes_cancelled: whether the server knows the state CANCELLED (its capability
            `cancelledStatus`); to one that does not, such a build has failed.

    Raises:
        UsageError: the server would refuse it, and nothing can be cut off that it means.
    """
    state, description = build.state, build.description
    if state is BuildState.CANCELLED and not takes_cancelled:
        state, description = BuildState.FAILED, f"Cancelled. {description or ''}"
    made: dict[str, Any] = {
        "key": build_key(build.key),
        "state": str(state),
        "url": build_url(build.url),
        "parent": _parent(build.parent or build.key),
    }
    texts = {
        "name": fitted(build.name or "", MAX_NAME),
        "description": fitted(description or "", MAX_DESCRIPTION),
        "buildNumber": fitted(build.number or "", MAX_NUMBER),
    }
    made |= {name: text for name, text in texts.items() if text}
    if build.ref is not None:
        made["ref"] = _ref(build.ref)
    if build.duration_ms is not None:
        made["duration"] = min(max(build.duration_ms, 0), _INT64)
    if build.tests is not None:
        numbers = msgspec.structs.asdict(build.tests)
        made["testResults"] = {name: min(number, _INT32) for name, number in numbers.items()}
    return made


def _parent(parent: str) -> str:
    """A required build asks for exactly this name: cut it would never be met."""
    if not parent.strip() or fitted(parent, MAX_PARENT) != parent:
        words = f"the build's parent must be 1 to {MAX_PARENT} characters"
        raise _refused("bad-build", words, "It names the plan that required builds ask for.")
    return _visible("the build's parent", parent)


def _ref(ref: str) -> str:
    if not ref.startswith("refs/") or fitted(ref, MAX_REF) != ref:
        words = f"the build's ref must begin with refs/ and have at most {MAX_REF} characters"
        raise _refused("bad-build", words, "As in refs/heads/main.")
    return _visible("the build's ref", ref)


def _visible(what: str, text: str) -> str:
    if not text.isprintable():
        raise _refused("bad-build", f"{what} holds characters that cannot be seen")
    return text


def _refused(slug: str, words: str, hint: str = "") -> UsageError:
    return UsageError(slug, words, f"{hint} Nothing was sent.".lstrip())
