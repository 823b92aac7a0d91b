"""The words of a SARIF result (SARIF 2.1.0 section 3.11). Pure functions."""

import re
from collections.abc import Mapping, Sequence

from insights_parsers.sarif_meaning import RuleFacts
from insights_parsers.sarif_schema import Message, Result

_PLACEHOLDER = re.compile(r"\{\{|\}\}|\{(\d+)\}")
_LINK = re.compile(r"(?<!\\)\[((?:[^\\\[\]]|\\.)*+)\]\(([0-9]{1,9})\)", re.DOTALL)
_ESCAPED = re.compile(r"\\([\\\[\]])")
_MAX_TEXT = 1 << 16  # far more than any server shows


def message_text(result: Result, facts: RuleFacts, shared: Mapping[str, str]) -> str:
    """A result's message with its arguments in place; never empty, and bounded.

    Its own text, else its Markdown, else the string that its id names (section 3.11.7) in the
    rule or in the `shared` ones of the component (3.19.22), else what the rule says of itself.
    """
    message = result.message or Message()
    named = message.id or ""
    text = message.text or message.markdown or facts.message_strings.get(named) or shared.get(named)
    if text and message.arguments:
        text = _filled(text, message.arguments)
    if text and "](" in text:
        text = _without_references(text[:_MAX_TEXT], result)
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


def _without_references(text: str, result: Result) -> str:
    """Show `[a value](1)` as `a value` where 1 is one of the result's related locations.

    Such a link (section 3.11.6) leads to a place that an annotation cannot lead to. Any other
    brackets are code, or a link that a reader can follow, and stay as they are.
    """
    known = {location.id for location in result.related_locations or ()}

    def shown(link: re.Match[str]) -> str:
        return _ESCAPED.sub(r"\1", link[1]) if int(link[2]) in known else link[0]

    return _LINK.sub(shown, text) if known else text
