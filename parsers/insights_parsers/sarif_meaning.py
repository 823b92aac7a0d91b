"""What a SARIF result means to a reviewer: severity and type. Pure functions.

The tables, with their sources:

* level (SARIF 2.1.0 section 3.27.10): error is HIGH, warning MEDIUM, note and none LOW;
* `security-severity`, the score from 0 to 10 that GitHub code scanning defined, of the result or
  else of its rule, decides before the level: 7.0 and more is HIGH, 4.0 and more MEDIUM, less LOW,
  and 0.0 leaves it to the level;
* a result with `security-severity`, or whose rule has it or the tag `security`, is a
  VULNERABILITY; any other of level error is a BUG, the rest is CODE_SMELL.
"""

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from insights_parsers.sarif_kinds import UNDECIDED
from insights_parsers.sarif_remarks import Remarks
from insights_parsers.sarif_schema import Level, Result
from insights_uploader.model.finding import FindingType, Severity

if TYPE_CHECKING:
    import sarif_om

_SEVERITY = {
    Level.ERROR: Severity.HIGH,
    Level.WARNING: Severity.MEDIUM,
    Level.NOTE: Severity.LOW,
    Level.NONE: Severity.LOW,
}
_LEVELS = {level.value: level for level in Level}
_SCORE = "security-severity"


class RuleFacts(msgspec.Struct, frozen=True):
    """What a rule says about all its results, worked out once.

    Attributes:
        name: the rule's id, or its name where it has no id.
        level: its default level (section 3.50.3), after the invocation's overrides.
        declared: the rule's id as the tool declares it; None when it declares none.
        score: its `security-severity`; None when it has none.
        is_security: True when its tags say that it finds vulnerabilities.
        link, help: for the reviewer.
        text: the first of short and full description, for results without a message.
        message_strings: text by message id (section 3.49.11).
    """

    name: str
    level: Level
    declared: str | None = None
    score: float | None = None
    is_security: bool = False
    link: str | None = None
    help: str | None = None
    text: str | None = None
    message_strings: Mapping[str, str] = {}

    def severity(self, level: Level, score: float | None = None) -> Severity:
        """The severity of a result of this rule with this level and score of its own."""
        score = self.score if score is None else score
        if not score:
            return _SEVERITY[level]
        if score >= 7.0:
            return Severity.HIGH
        return Severity.MEDIUM if score >= 4.0 else Severity.LOW

    def type(self, level: Level, score: float | None = None) -> FindingType:
        """The type of a result of this rule with this level and score of its own."""
        if self.is_security or self.score is not None or score is not None:
            return FindingType.VULNERABILITY
        return FindingType.BUG if level is Level.ERROR else FindingType.CODE_SMELL


def rule_facts(rule: "sarif_om.ReportingDescriptor", remarks: Remarks) -> RuleFacts:
    """Gather what a rule says as its component declares it."""
    properties = rule.properties if isinstance(rule.properties, dict) else {}
    texts = (rule.short_description, rule.full_description)
    strings = (rule.message_strings or {}).items()
    return RuleFacts(
        name=rule.id or rule.name or "",
        level=_default_level(rule, remarks),
        declared=rule.id,
        score=score_of(properties.get(_SCORE), "rule", remarks),
        is_security=any(isinstance(t, str) and t.lower() == "security" for t in _tags(properties)),
        link=rule.help_uri,
        help=rule.help.text if rule.help else None,
        text=next((words for t in texts if t and (words := t.text or t.markdown)), None),
        message_strings={key: words for key, s in strings if (words := s.text or s.markdown)},
    )


def known_level(word: str) -> Level | None:
    """The level that a word means, in whatever case; None when it means none."""
    return _LEVELS.get(word) or _LEVELS.get(word.lower())


def level_of(result: Result, facts: RuleFacts, remarks: Remarks) -> Level:
    """The level of a result: its own, none while it is undecided, else the rule's."""
    word = result.level
    if word is not None:
        level = _LEVELS.get(word) or known_level(word)
        if level is not None:
            return level
        remarks.count("result", "with an unknown level, such as {}, judged by the rule's", word)
    if result.kind is not None and result.kind.lower() in UNDECIDED:
        return Level.NONE
    return facts.level


def score_of(value: object, thing: str, remarks: Remarks) -> float | None:
    """A `security-severity` as a number; None when there is none, or none from 0 to 10.

    Args:
        value: as the file has it.
        thing: what has it.
        remarks: where one that is no such number is counted.
    """
    if value is None or value == "":
        return None
    try:
        score = float(value) if isinstance(value, str | int | float) else math.nan
    except (ValueError, OverflowError):
        score = math.nan
    if 0.0 <= score <= 10.0:
        return score
    reason = "with a security-severity that is no number from 0 to 10, such as {}: the level counts"
    remarks.count(thing, reason, value if isinstance(value, str) else f"{score:g}")
    return None


def is_suppressed(result: Result) -> bool:
    """True when it has suppressions and none is under review or rejected (section 3.27.23)."""
    return bool(result.suppressions) and all(
        s.status in (None, "accepted") for s in result.suppressions or ()
    )


def _default_level(rule: "sarif_om.ReportingDescriptor", remarks: Remarks) -> Level:
    configuration = rule.default_configuration
    if configuration is None:
        return Level.WARNING
    level = known_level(configuration.level)
    if level is None:
        reason = "with an unknown default level, such as {}, taken as warning"
        remarks.count("rule", reason, configuration.level)
    return level or Level.WARNING


def _tags(properties: Mapping[str, Any]) -> Sequence[Any]:
    tags = properties.get("tags")
    return tags if isinstance(tags, list) else ()
