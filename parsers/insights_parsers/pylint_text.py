"""Pylint's text formats: text, colorized, parseable, msvs and github, one of them in a file.

Passed over, because it is no finding:

- blank lines and rules of dashes;
- the `************* Module x` headers;
- the report of `--reports=yes`, from its title to the score or the next message;
- the score and the `Checked ...` line below it.

A message may have several lines (duplicate-code, the spelling checker). What stands between its
first line and the next thing known is part of it. Any other line is an error: it may be a finding
in a template of the user's own, or a tool's complaint that stopped pylint.
"""

import enum
import re
from collections.abc import Iterator
from typing import BinaryIO

from insights_parsers.pylint_findings import Category, location, pylint_finding
from insights_parsers.pylint_layouts import (
    END,
    LAYOUTS,
    RESEMBLES,
    Layout,
    is_filler,
    is_module,
    is_score,
    starts_report,
    without_colours,
)
from insights_uploader.model.errors import MalformedError
from insights_uploader.model.finding import Finding

_MAX_LINE_BYTES = 1 << 20
_MAX_MESSAGE = 4 << 20  # characters; keeps memory bounded where nothing ends a message
_SHOWN = 80  # characters of a line that an error quotes
_LETTERS = {category.value[0].upper(): category for category in reversed(Category)}
_FORMATS_HINT = (
    "Read are pylint's formats json2, json, text, colorized, parseable, msvs and github, without "
    "--verbose and without a template of your own; json2 is the safest."
)


class _Section(enum.Enum):
    """What the lines of a file belong to."""

    MESSAGES = enum.auto()
    REPORT = enum.auto()
    SCORE = enum.auto()


class TextReader:
    """Reads one file, line by line."""

    def __init__(self, path: str, stream: BinaryIO) -> None:
        self._path = path
        self._stream = stream
        self._layout: Layout | None = None
        self._message: _Message | None = None
        self._section = _Section.MESSAGES

    def findings(self) -> Iterator[Finding]:
        """Yield the findings.

        Raises:
            MalformedError: a line that is neither a message nor known to be none, that is too
                long, not UTF-8 or cut off; a message of an unknown category.
        """
        before = ""
        for number, line in self._lines():
            start = self._start(number, line)
            if start is not None or is_module(line):
                yield from self._ended()
                self._section = _Section.MESSAGES
                if start is not None:
                    self._message = _Message(number, start)
            elif is_score(line):
                yield from self._ended()
                self._section = _Section.SCORE
            elif starts_report(before, line):
                yield from self._ended(but=1)
                self._section = _Section.REPORT
            elif self._message is not None:
                self._add(self._message, line)
            elif not self._passed_over(line):
                raise self._wrong(number, f"is no message of pylint: {line[:_SHOWN]!r}")
            before = line
        yield from self._ended()

    def _lines(self) -> Iterator[tuple[int, str]]:
        """The lines, numbered from 1, without their ends and colours."""
        number = 0
        while raw := self._stream.readline(_MAX_LINE_BYTES):
            number += 1
            if not raw.endswith(b"\n"):
                raise self._unended(number, len(raw))
            try:
                line = raw.decode()
            except UnicodeDecodeError:
                raise self._wrong(
                    number, "is not valid UTF-8", "Set PYTHONIOENCODING=utf-8 where pylint runs."
                ) from None
            yield number, without_colours(line.removesuffix("\n").removesuffix("\r"))

    def _unended(self, number: int, size: int) -> MalformedError:
        if size == _MAX_LINE_BYTES:
            return self._wrong(number, f"is longer than {size} bytes")
        return self._wrong(
            number,
            "the file ends in the middle of it",
            "Pylint ends every line; the step that writes it was probably interrupted.",
        )

    def _start(self, number: int, line: str) -> re.Match[str] | None:
        """The first line of a message, in the format that the file's first message showed."""
        for layout in (self._layout,) if self._layout else LAYOUTS:
            if (match := layout.start.fullmatch(line)) is not None:
                self._layout = layout
                if match["id"][0] not in _LETTERS:
                    raise self._wrong(number, f"{match['id']} is of no category of pylint")
                return match
        if RESEMBLES.search(line):
            known = self._layout.name if self._layout else "known"
            raise self._wrong(number, f"is no message in the {known} format: {line[:_SHOWN]!r}")
        return None

    def _add(self, message: "_Message", line: str) -> None:
        message.lines.append(line)
        message.size += len(line)
        if message.size > _MAX_MESSAGE:
            raise self._wrong(message.number, f"its message is longer than {_MAX_MESSAGE} bytes")

    def _passed_over(self, line: str) -> bool:
        if self._section is _Section.REPORT:
            return True
        if self._section is _Section.SCORE and line.startswith("Checked "):
            return True
        return is_filler(line) or line == "Report"

    def _ended(self, but: int = 0) -> Iterator[Finding]:
        """The message that the lines so far hold, if any, `but` so many at the end."""
        message, self._message = self._message, None
        if message is None or self._layout is None:
            return
        lines = message.lines[: len(message.lines) - but]
        parts = message.start.groupdict()
        if self._layout.ends_with_symbol:
            text, rule = self._until_symbol(message.number, lines)
        else:
            text, rule = _until_filler(lines), parts.get("symbol") or parts["id"]
        yield pylint_finding(
            _LETTERS[parts["id"][0]],
            rule,
            text,
            location(parts["path"], int(parts["line"]), int(parts.get("end") or 0)),
        )

    def _until_symbol(self, number: int, lines: list[str]) -> tuple[str, str]:
        """The text of a message that ends with its symbol, and the symbol.

        A message of several lines may quote code, whose lines may end with a word in brackets
        too: the last such line is the end. A first line that has a symbol is the whole message.
        """
        candidates = [0] if END.search(lines[0]) else range(len(lines) - 1, 0, -1)
        for last in candidates:
            if (end := END.search(lines[last])) is not None:
                break
        else:
            raise self._wrong(number, "its message does not end with a symbol in brackets")
        for index in range(last + 1, len(lines)):
            if not is_filler(lines[index]):
                raise self._wrong(
                    number + index, f"is no message of pylint: {lines[index][:_SHOWN]!r}"
                )
        return "\n".join([*lines[:last], lines[last][: end.start()]]), end["symbol"]

    def _wrong(self, number: int, reason: str, hint: str = _FORMATS_HINT) -> MalformedError:
        return MalformedError(self._path, f"line {number}", reason, hint)


def _until_filler(lines: list[str]) -> str:
    """The text of a message without the filler below it."""
    while len(lines) > 1 and is_filler(lines[-1]):
        lines.pop()
    return "\n".join(lines)


class _Message:
    """A message whose end has not been seen.

    Attributes:
        number: of its first line.
        start: the match of that line.
        lines: what it says, its first line without what stands before.
        size: of these, in characters.
    """

    def __init__(self, number: int, start: re.Match[str]) -> None:
        self.number = number
        self.start = start
        self.lines: list[str] = [start["text"]]
        self.size = len(start["text"])
