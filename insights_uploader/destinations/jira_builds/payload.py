"""Jira's request bodies for builds. Pure.

The limits are those of Atlassian's OpenAPI file of Jira Software Cloud (SubmitBuildsRequest,
BuildData), counted as Java counts, in UTF-16 code units. A build is told from others by its
pipeline's id and its number: what names it is never cut. A body that Jira could refuse for its
content cannot be built here.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import msgspec

from insights_uploader.destinations.bitbucket_dc.payload import fitted, is_web_address
from insights_uploader.destinations.jira_cloud.ids import check_lookup
from insights_uploader.model.errors import UsageError

Body = Mapping[str, Any]

MAX_BUILDS = 100
MAX_ISSUE_KEYS = 100
MAX_REFERENCES = 5
MAX_PROPERTIES = 5
MAX_TEXT = 255
MAX_URL = 2000
MAX_NUMBER = 2**63 - 1

_ISSUE_KEY = re.compile(r"\w{1,255}-\d{1,255}", re.ASCII)


class BuildState(StrEnum):
    """How far a build is, in the API's words."""

    PENDING = "pending"
    IN_PROGRESS = "in_progress"
    SUCCESSFUL = "successful"
    FAILED = "failed"
    CANCELLED = "cancelled"
    UNKNOWN = "unknown"


class TestInfo(msgspec.Struct, frozen=True):
    """Numbers of test cases; the total is theirs to give, since some count what others do not."""

    __test__ = False  # not a test class

    total: int
    passed: int
    failed: int
    skipped: int = 0


class Reference(msgspec.Struct, frozen=True, kw_only=True):
    """What was built: a commit of a repository, a ref, or both.

    Attributes:
        commit: its id; counts only with the repository's address.
        repository_url: of the repository's page.
        ref_name: of the branch or tag; counts only with its address.
        ref_url: of its page.
    """

    commit: str | None = None
    repository_url: str | None = None
    ref_name: str | None = None
    ref_url: str | None = None


class Build(msgspec.Struct, frozen=True, kw_only=True):
    """One build.

    Attributes:
        pipeline: id of the sequence of builds that it belongs to, at most 255 long.
        number: its place in that.
        sequence: orders its updates; one that is not greater than the stored one is ignored.
        name: for people.
        url: of its page.
        state: how far it is.
        updated_ms: when that was found, in milliseconds since 1970.
        issue_keys: of the issues that it belongs to; those after the hundredth are left out.
        description, label: for people.
        tests: numbers of test cases.
        references: what was built; those after the fifth are left out.
    """

    pipeline: str
    number: int
    sequence: int
    name: str
    url: str
    state: BuildState
    updated_ms: int
    issue_keys: Sequence[str]
    description: str | None = None
    label: str | None = None
    tests: TestInfo | None = None
    references: Sequence[Reference] = ()


def build_body(build: Build) -> Body:
    """One item of a submission (BuildData).

    Raises:
        UsageError: what Jira demands is missing, or cannot be what it demands; or the build could
            not be looked up later.
    """
    check_lookup(build.pipeline, "--pipeline")
    keys = list(dict.fromkeys(build.issue_keys))
    if not keys:
        raise UsageError("no-issue-key", "a build needs an issue key", "Name one: --issue-key.")
    body: dict[str, Any] = {
        "schemaVersion": "1.0",
        "pipelineId": checked_pipeline(build.pipeline),
        "buildNumber": checked_number(build.number, "the build's number"),
        "updateSequenceNumber": checked_number(build.sequence, "the update sequence number"),
        "displayName": fitted(build.name, MAX_TEXT) or build.pipeline,
        "url": _address(build.url, "the build's address"),
        "state": str(build.state),
        "lastUpdated": _moment(build.updated_ms),
        "issueKeys": [_issue_key(key) for key in keys[:MAX_ISSUE_KEYS]],
    }
    for name, text in (("description", build.description), ("label", build.label)):
        if shown := fitted(text or "", MAX_TEXT):
            body[name] = shown
    if build.tests is not None:
        body["testInfo"] = _test_info(build.tests)
    references = [found for each in build.references if (found := _reference(each))]
    if references:
        body["references"] = references[:MAX_REFERENCES]
    return body


def left_out(build: Build) -> Iterator[str]:
    """What of a build its body does not hold, a line each."""
    keys = len(set(build.issue_keys))
    if keys > MAX_ISSUE_KEYS:
        yield f"{keys - MAX_ISSUE_KEYS} of {keys} issue keys are left out: Jira takes {MAX_ISSUE_KEYS}"
    if len(build.references) > MAX_REFERENCES:
        more = len(build.references) - MAX_REFERENCES
        yield f"{more} of the references are left out: Jira takes {MAX_REFERENCES}"
    if any(not _reference(each) for each in build.references):
        yield "a reference is left out: it has no address of the web, or a name that is too long"


def submissions(
    builds: Sequence[Body], properties: Mapping[str, str], product: str
) -> Sequence[Body]:
    """The bodies that submit these builds, a hundred in each (SubmitBuildsRequest).

    Args:
        builds: bodies of builds.
        properties: by which they can be deleted later; Jira never shows them.
        product: who submits, as `insights-uploader 1.0`.

    Raises:
        UsageError: the properties are none that Jira takes.
    """
    more: dict[str, Any] = {"providerMetadata": {"product": product}}
    if properties:
        more["properties"] = checked_properties(properties)
    chunks = (builds[at : at + MAX_BUILDS] for at in range(0, len(builds), MAX_BUILDS))
    return [{"builds": list(chunk), **more} for chunk in chunks]


def checked_properties(properties: Mapping[str, str]) -> dict[str, str]:
    """Properties as they are.

    Raises:
        UsageError: there are more than five, a key holds a colon or begins with an underscore, or
            a value is too long.
    """
    if len(properties) > MAX_PROPERTIES:
        words = f"there are {len(properties)} properties; Jira takes {MAX_PROPERTIES}"
        raise UsageError("bad-property", words)
    for key, value in properties.items():
        if not key or ":" in key or key.startswith("_"):
            raise UsageError(
                "bad-property",
                f"the property {key!r}: a key has no colon and begins with no underscore",
            )
        if not _fits(key, MAX_TEXT) or not _fits(value, MAX_TEXT):
            raise UsageError("bad-property", f"the property {key!r} is longer than {MAX_TEXT}")
    return dict(properties)


def checked_pipeline(pipeline: str) -> str:
    """A pipeline's id as it is.

    Raises:
        UsageError: it is empty or longer than 255.
    """
    if not pipeline.strip() or not _fits(pipeline, MAX_TEXT):
        words = f"the pipeline's id must have 1 to {MAX_TEXT} characters"
        raise UsageError("bad-pipeline", words, "Give it with --pipeline.")
    return pipeline


def checked_number(number: int, what: str) -> int:
    """A number that is not negative and fits into 64 bits.

    Raises:
        UsageError: it is another.
    """
    if not 0 <= number <= MAX_NUMBER:
        raise UsageError("bad-number", f"{what} must be from 0 to {MAX_NUMBER}, and is {number}")
    return number


def is_issue_key_of_api(key: str) -> bool:
    """True for what the API takes for an issue's key, whatever Jira knows."""
    return bool(_ISSUE_KEY.fullmatch(key))


def _issue_key(key: str) -> str:
    if not is_issue_key_of_api(key):
        raise UsageError("bad-issue-key", f"{key!r} is no issue's key", "As in DEMO-123.")
    return key


def _address(url: str, what: str) -> str:
    if not is_web_address(url) or not _fits(url, MAX_URL):
        words = f"{what} is not one of the web, or longer than {MAX_URL}"
        raise UsageError("bad-url", words, "Give it with --build-url.")
    return url


def _moment(milliseconds: int) -> str:
    """A date and time of RFC 3339."""
    try:
        moment = datetime.fromtimestamp(milliseconds / 1000, UTC)
    except (OverflowError, ValueError, OSError):
        words = f"{milliseconds} milliseconds since 1970 are no date"
        raise UsageError("bad-date", words) from None
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _test_info(tests: TestInfo) -> Body:
    return {
        "totalNumber": checked_number(tests.total, "the number of tests"),
        "numberPassed": checked_number(tests.passed, "the number of passed tests"),
        "numberFailed": checked_number(tests.failed, "the number of failed tests"),
        "numberSkipped": checked_number(tests.skipped, "the number of skipped tests"),
    }


def _reference(reference: Reference) -> Body:
    """One reference; empty where nothing of it can be shown."""
    body: dict[str, Any] = {}
    commit, repository = reference.commit, reference.repository_url
    if commit and repository and _fits(commit, MAX_TEXT) and _is_link(repository):
        body["commit"] = {"id": commit, "repositoryUri": repository}
    name, url = reference.ref_name, reference.ref_url
    if name and url and _fits(name, MAX_TEXT) and _is_link(url):
        body["ref"] = {"name": name, "uri": url}
    return body


def _is_link(url: str) -> bool:
    return is_web_address(url) and _fits(url, MAX_URL)


def _fits(text: str, units: int) -> bool:
    """True when a text has no more UTF-16 code units, and all of it can be sent."""
    try:
        return len(text.encode("utf-16-le")) // 2 <= units
    except UnicodeEncodeError:  # half a character
        return False
