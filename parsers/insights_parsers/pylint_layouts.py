"""How pylint's text formats write the first line of a message.

From the `line_format` of each reporter in `pylint.reporters.text`. Colorized is text with colours
around the message, the symbol and the module header, taken off before anything is looked at.
None of them escapes anything: a message may hold line breaks, and pylint's github format writes
`%` and line breaks as they are, though GitHub asks for `%25` and `%0A`.
"""

import re

import msgspec

_LINE = r"(?P<line>-?[0-9]{1,19})"
_ID = r"(?P<id>[A-Z][0-9A-Za-z]{4})"  # five characters: MessageDefinition.check_msgid
_SYMBOL = r"\((?P<symbol>[^()\s]{1,200})\)"
_OBJECT = r"[^\]]{0,1000}"  # bounded, so that no line takes quadratic time
_TEXT = r"(?P<text>.*)"


class Layout(msgspec.Struct, frozen=True):
    """One format.

    Attributes:
        name: pylint's name of it.
        start: matches the whole first line of a message.
        ends_with_symbol: the message's last line ends with its symbol in brackets; in other
            formats nothing tells where a message of several lines ends.
    """

    name: str
    start: re.Pattern[str]
    ends_with_symbol: bool = False


def _layout(name: str, pattern: str, *, ends_with_symbol: bool = False) -> Layout:
    return Layout(name, re.compile(pattern, re.DOTALL), ends_with_symbol)


LAYOUTS = (
    _layout(
        "text", rf"(?P<path>.+?):{_LINE}:-?[0-9]{{1,19}}: {_ID}: {_TEXT}", ends_with_symbol=True
    ),
    _layout("parseable", rf"(?P<path>.+?):{_LINE}: \[{_ID}{_SYMBOL}, {_OBJECT}\] {_TEXT}"),
    _layout("msvs", rf"(?P<path>.+?)\({_LINE}\): \[{_ID}{_SYMBOL}{_OBJECT}\] {_TEXT}"),
    _layout(
        "github",
        rf"::(?:error|warning|notice) file=(?P<path>.+?),line={_LINE},endline=(?P<end>[0-9]{{0,19}})"
        rf",col=-?[0-9]{{1,19}},title={_ID}::{_TEXT}",
    ),
)

END = re.compile(r" \((?P<symbol>[^()\s]{1,200})\)\Z")
"""The symbol at the end of a message's last line, where a layout ends with it."""

RESEMBLES = re.compile(
    r":[^: ]{0,20}: [A-Z][0-9]{4}: |\[[A-Z][0-9]{4}\(|^::(?:error|warning|notice) file="
)
"""A line that holds something like the first line of a message, in whatever format."""

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_MODULE = "************* Module "
_SCORES = ("Your code has been rated at ", "An exception occurred while rating: ")


def without_colours(line: str) -> str:
    """A line as the formats without colours write it."""
    return _COLOUR.sub("", line) if "\x1b" in line else line


def is_module(line: str) -> bool:
    """Whether it names the module of the messages that follow (`make_header`)."""
    return line.startswith(_MODULE)


def is_score(line: str) -> bool:
    """Whether it gives the score, or says why there is none (`_report_evaluation`)."""
    return line.startswith(_SCORES)


def is_filler(line: str) -> bool:
    """Whether it is blank or the rule above the score, and so part of no message."""
    return not line.strip("-").strip()


def starts_report(before: str, line: str) -> bool:
    """Whether two lines are the title of the report that `--reports=yes` adds."""
    return line == "======" and before == "Report"
