"""Whether what we post meets a repository's required builds. Pure.

A condition asks for builds by their `parent`. Which branches a pattern means: Atlassian, "Branch
permission patterns". What belongs to a branching model is known to the server alone.
"""

import enum
from collections.abc import Collection, Iterator, Sequence

import msgspec

from insights_uploader.destinations.required_builds.client import Condition, StoredMatcher
from insights_uploader.destinations.required_builds.payload import RefKind


class Standing(enum.StrEnum):
    """How a condition stands to a pull request."""

    MET = "met"
    NOT_MET = "not met"
    OTHER_BRANCH = "other branch"
    EXEMPT = "exempt"
    UNKNOWN = "unknown"


class Judgement(msgspec.Struct, frozen=True, rename="camel"):
    """What becomes of one condition.

    Attributes:
        id: of the condition.
        standing: the judgement.
        missing: the required builds that nothing we post is one of.
        reason: in words.
    """

    id: int
    standing: Standing
    missing: Sequence[str]
    reason: str


def judged(
    conditions: Sequence[Condition],
    parents: Collection[str],
    target: str,
    source: str | None = None,
    *,
    is_legacy: bool = False,
) -> Iterator[Judgement]:
    """Judge every condition.

    Args:
        conditions: of the repository.
        parents: of the builds that are posted, green ones.
        target: the branch that is merged into, as `refs/heads/...`.
        source: the branch that is merged; None if it is not known.
        is_legacy: the builds are posted as legacy build status, which has no `parent`.
    """
    for condition in conditions:
        keys = dict.fromkeys(condition.build_parent_keys)
        missing = [key for key in keys if is_legacy or key not in parents]
        standing, reason = _standing(condition, missing, target, source)
        yield Judgement(condition.id, standing, missing, reason)


def _standing(
    condition: Condition, missing: Sequence[str], target: str, source: str | None
) -> tuple[Standing, str]:
    applies = matches(condition.ref_matcher, target)
    exempt = condition.exempt_ref_matcher
    if applies is False:
        return Standing.OTHER_BRANCH, f"it is not for {target}"
    is_exempt = False if exempt is None else None if source is None else matches(exempt, source)
    if is_exempt:
        return Standing.EXEMPT, f"{source} is exempt"
    if not missing:
        return Standing.MET, "what is posted has all of its parents"
    lacking = f"nothing that is posted has the parent {', '.join(missing)}"
    if applies is None:
        return Standing.UNKNOWN, f"{lacking}; whether it is for {target} the server alone knows"
    if is_exempt is None:
        who = "the source branch" if source is None else source
        return Standing.UNKNOWN, f"{lacking}; whether {who} is exempt is not known here"
    return Standing.NOT_MET, lacking


def matches(matcher: StoredMatcher, ref: str) -> bool | None:
    """Tell whether a matcher chooses a full branch name; None where that is not known here."""
    kind = matcher.type.id
    if kind == RefKind.ANY_REF:
        return True
    if kind == RefKind.BRANCH:
        return matcher.id in (ref, ref.removeprefix("refs/heads/"))
    if kind == RefKind.PATTERN:
        return _is_match(matcher.id, ref)
    return None


def _is_match(pattern: str, ref: str) -> bool:
    """Tell whether a pattern matches, from the start of any segment to the end of the name.

    Patterns come from the server: each segment is matched for itself, so that none takes long.
    """
    if pattern.endswith("/"):
        pattern += "**"
    wanted, found = ["**", *pattern.strip("/").split("/")], ref.split("/")
    reached = {0}  # how many of the segments may be behind us
    for step in wanted:
        if step == "**":
            reached = set(range(min(reached), len(found) + 1)) if reached else reached
        else:
            reached = {at + 1 for at in reached if at < len(found) and _is_segment(step, found[at])}
    return len(found) in reached


def _is_segment(pattern: str, name: str) -> bool:
    """Tell whether `*` and `?` match one segment, in time that no pattern makes long."""
    star = mark = -1
    at = position = 0
    while position < len(name):
        if at < len(pattern) and pattern[at] == "*":
            star, mark = at, position
            at += 1
        elif at < len(pattern) and pattern[at] in ("?", name[position]):
            at, position = at + 1, position + 1
        elif star >= 0:
            mark += 1
            at, position = star + 1, mark
        else:
            return False
    return not pattern[at:].strip("*")
