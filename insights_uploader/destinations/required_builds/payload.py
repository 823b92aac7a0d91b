"""The bodies of required builds on Bitbucket Data Center. Pure.

Rules: Atlassian's OpenAPI file for 9.4 (RestRequiredBuildConditionSetRequest, RestRefMatcher) and
the prose of its operations. A body that the server could refuse for its content cannot be built.
"""

import enum
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from insights_uploader.model.errors import UsageError

MAX_PARENTS = 100
MAX_PARENT = 1024
"""UTF-16 code units: no build status can have a longer `parent` (RestBuildStatusSetRequest)."""

BRANCHES = "refs/heads/"
_KINDS_HINT = (
    "As in ANY_REF, BRANCH:main, PATTERN:release/*, MODEL_CATEGORY:RELEASE or "
    "MODEL_BRANCH:production."
)


class RefKind(enum.StrEnum):
    """How a matcher chooses branches; MODEL_* mean the repository's branching model."""

    ANY_REF = "ANY_REF"
    BRANCH = "BRANCH"
    PATTERN = "PATTERN"
    MODEL_CATEGORY = "MODEL_CATEGORY"
    MODEL_BRANCH = "MODEL_BRANCH"


_OF_MODEL = {
    RefKind.MODEL_CATEGORY: ("BUGFIX", "FEATURE", "HOTFIX", "RELEASE"),
    RefKind.MODEL_BRANCH: ("development", "production"),
}


class RefMatcher(msgspec.Struct, frozen=True):
    """Chooses branches.

    Attributes:
        kind: how.
        id: which: a full branch name, a pattern, or a word of the branching model.
    """

    kind: RefKind
    id: str

    @classmethod
    def of(cls, text: str) -> "RefMatcher":
        """The matcher that is written as KIND:ID; a branch may be named in short.

        Raises:
            UsageError: the server could make no matcher of it.
        """
        word, _, rest = text.partition(":")
        try:
            kind = RefKind(word.strip().upper())
        except ValueError:
            raise _no_matcher(text, f"{word!r} is no kind of matcher") from None
        name = rest.strip()
        if kind is RefKind.ANY_REF:
            if name not in ("", kind):
                raise _no_matcher(text, "ANY_REF chooses all, and takes no name")
            return cls(kind, kind)  # what real servers take; they say ANY_REF_MATCHER_ID then
        if not name or not name.isprintable():
            raise _no_matcher(text, f"{kind} needs to be told which, in printable characters")
        if kind is RefKind.BRANCH:
            name = name if name.startswith("refs/") else BRANCHES + name
            if not name.removeprefix(BRANCHES) or not name.startswith(BRANCHES):
                raise _no_matcher(text, "that is no branch")
        if kind in _OF_MODEL:
            return cls(kind, _of_model(text, kind, name))
        return cls(kind, name)

    @property
    def body(self) -> Mapping[str, Any]:
        """As it is sent; a matcher without its type makes real servers fail (500)."""
        return {"id": self.id, "type": {"id": str(self.kind)}}


def condition_body(
    parents: Sequence[str],
    target: RefMatcher,
    exempt: RefMatcher | None = None,
    *,
    for_pull_requests: bool | None = None,
    for_merge_queue: bool | None = None,
) -> Mapping[str, Any]:
    """The body that creates or replaces a condition (RestRequiredBuildConditionSetRequest).

    Args:
        parents: the builds that are required, each by what its build status has as `parent`.
        target: the branches of which they are required.
        exempt: the source branches that need none of them.
        for_pull_requests: whether it holds for pull requests; servers before 10.2 ignore this, and
            None leaves it to the server.
        for_merge_queue: whether it holds for the merge queue; likewise.

    Raises:
        UsageError: the server would refuse it, or no build could ever meet it.
    """
    wanted = list(dict.fromkeys(parents))
    if not 1 <= len(wanted) <= MAX_PARENTS:
        raise UsageError(
            "bad-condition",
            f"--parent: a condition names 1 to {MAX_PARENTS} builds, not {len(wanted)}",
            "Nothing was sent.",
        )
    for parent in wanted:
        if not parent.strip() or not parent.isprintable() or _units(parent) > MAX_PARENT:
            raise UsageError(
                "bad-condition",
                f"--parent {parent[:80]!r}: must be 1 to {MAX_PARENT} printable characters",
                "No build status could have it. Nothing was sent.",
            )
    body: dict[str, Any] = {"buildParentKeys": wanted, "refMatcher": target.body}
    if exempt is not None:
        body["exemptRefMatcher"] = exempt.body
    if for_pull_requests is not None:
        body["requiredForPullRequest"] = for_pull_requests
    if for_merge_queue is not None:
        body["requiredForMergeQueue"] = for_merge_queue
    return body


def _of_model(text: str, kind: RefKind, name: str) -> str:
    for known in _OF_MODEL[kind]:
        if known.lower() == name.lower():
            return known
    raise _no_matcher(text, f"{kind} is one of {', '.join(_OF_MODEL[kind])}")


def _no_matcher(text: str, words: str) -> UsageError:
    return UsageError("bad-matcher", f"{text!r}: {words}", _KINDS_HINT)


def _units(text: str) -> int:
    """The length in UTF-16 code units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
