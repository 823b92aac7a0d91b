"""What a SARIF result means to a reviewer: severity, type, text. Pure functions.

The tables, with their sources:

* level (SARIF 2.1.0 section 3.27.10): error is HIGH, warning MEDIUM, note and none LOW;
* `security-severity` of the rule, the CVSS-like number that GitHub code scanning defined, decides
  before the level: 7.0 and more is HIGH, 4.0 and more MEDIUM, else LOW;
* a rule with `security-severity`, or with the tag `security`, finds VULNERABILITY; any other
  result of level error is a BUG, the rest is CODE_SMELL.
"""

import math
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from insights_parsers.sarif_schema import Level, Message, Result
from insights_uploader.model.finding import FindingType, Severity

if TYPE_CHECKING:
    import sarif_om

_SEVERITY = {
    Level.ERROR: Severity.HIGH,
    Level.WARNING: Severity.MEDIUM,
    Level.NOTE: Severity.LOW,
    Level.NONE: Severity.LOW,
}
_PLACEHOLDER = re.compile(r"\{\{|\}\}|\{(\d+)\}")
_MAX_TEXT = 1 << 16  # far more than any server shows

_UNDECIDED_KINDS = frozenset({"review", "open"})


class RuleFacts(msgspec.Struct, frozen=True):
    """What a rule says about all its results, worked out once.

    Attributes:
        name: the rule's id, or its name where it has no id.
        declared: the rule's id as the tool declares it; None when it declares none.
        level: its default level (section 3.50.3), after the invocation's overrides.
        security: the severity by its `security-severity`; None when it has none.
        is_security: True when it finds vulnerabilities.
        link, help: for the reviewer.
        text: the first of short and full description, for results without a message.
        message_strings: text by message id (section 3.49.11).
    """

    name: str
    level: Level
    declared: str | None = None
    security: Severity | None = None
    is_security: bool = False
    link: str | None = None
    help: str | None = None
    text: str | None = None
    message_strings: Mapping[str, str] = {}

    def severity(self, level: Level) -> Severity:
        """The severity of a result of this rule at a level."""
        return self.security or _SEVERITY[level]

    def type(self, level: Level) -> FindingType:
        """The type of a result of this rule at a level."""
        if self.is_security:
            return FindingType.VULNERABILITY
        return FindingType.BUG if level is Level.ERROR else FindingType.CODE_SMELL


def undeclared(name: str, override: str | None) -> RuleFacts:
    """What is known of a rule that no component declares."""
    return RuleFacts(name=name, level=_level(override, Level.WARNING))


def rule_facts(rule: "sarif_om.ReportingDescriptor", override: str | None) -> RuleFacts:
    """Gather what a rule says.

    Args:
        rule: as its component declares it.
        override: the level that an invocation gave it; None without one.
    """
    level = rule.default_configuration.level if rule.default_configuration else None
    properties = rule.properties if isinstance(rule.properties, dict) else {}
    security = _security_severity(properties)
    return RuleFacts(
        name=rule.id or rule.name or "",
        level=_level(override, _level(level, Level.WARNING)),
        declared=rule.id,
        security=security,
        is_security=security is not None or "security" in _tags(properties),
        link=rule.help_uri,
        help=rule.help.text if rule.help else None,
        text=next((t.text for t in (rule.short_description, rule.full_description) if t), None),
        message_strings={k: s.text for k, s in (rule.message_strings or {}).items() if s.text},
    )


def level_of(result: Result, facts: RuleFacts) -> Level:
    """The level of a result: its own, none while it is undecided, else the rule's."""
    if result.level is not None:
        return result.level
    if result.kind in _UNDECIDED_KINDS:
        return Level.NONE
    return facts.level


def is_suppressed(result: Result) -> bool:
    """True when it has suppressions and none is under review or rejected (section 3.27.23)."""
    return bool(result.suppressions) and all(
        s.status in (None, "accepted") for s in result.suppressions or ()
    )


def message_text(message: Message | None, facts: RuleFacts) -> str:
    """A message's words (section 3.11), with its arguments in place; never empty, and bounded."""
    message = message or Message()
    text = message.text or message.markdown or facts.message_strings.get(message.id or "")
    if text and message.arguments:
        text = _filled(text, message.arguments)
    for candidate in (text, facts.text, facts.name):
        if candidate and candidate.strip():
            return candidate[:_MAX_TEXT]
    return "The tool gave neither a message nor a rule."


def _filled(text: str, arguments: Sequence[str]) -> str:
    """Put arguments in place of `{0}`; `{{` and `}}` are braces (section 3.11.5).

    It stops when the text is long enough: a long argument may have many places.
    """
    pieces: list[str] = []
    length = position = 0
    for match in _PLACEHOLDER.finditer(text):
        index = int(match[1][:6]) if match[1] else None
        if index is None:
            piece = match[0][0]
        else:
            piece = arguments[index] if index < len(arguments) else match[0]
        pieces += (text[position : match.start()], piece)
        position = match.end()
        length += len(pieces[-2]) + len(piece)
        if length > _MAX_TEXT:
            break
    return "".join([*pieces, text[position:]])


def _level(word: str | None, otherwise: Level) -> Level:
    try:
        return Level(word) if word is not None else otherwise
    except ValueError:
        return otherwise


def _security_severity(properties: Mapping[str, Any]) -> Severity | None:
    try:
        score = float(properties["security-severity"])
    except (KeyError, TypeError, ValueError, OverflowError):
        return None
    if math.isnan(score):
        return None
    if score >= 7.0:
        return Severity.HIGH
    return Severity.MEDIUM if score >= 4.0 else Severity.LOW


def _tags(properties: Mapping[str, Any]) -> Sequence[Any]:
    tags = properties.get("tags")
    return tags if isinstance(tags, list) else ()
