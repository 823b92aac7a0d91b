"""Text of a JUnit file: bounded, and without what is meant for a terminal."""

import re
from dataclasses import dataclass, field

MAX_NAME = 1024
MAX_TEXT = 64 * 1024
"""Characters that are kept of a text's beginning, and as many of its end."""

# A colour or another order to a terminal. It begins with the escape character, which XML forbids:
# here stands what replaced it, or what pytest (`#x1B`) and others write for it.
_TERMINAL = re.compile(
    "\N{REPLACEMENT CHARACTER}\\[[0-9:;<=>?]*[ -/]*[@-~]"
    "|\N{REPLACEMENT CHARACTER}\\][^\N{REPLACEMENT CHARACTER}\n]*\N{REPLACEMENT CHARACTER}\\\\?"
    "|(?:#x1B|\N{SYMBOL FOR ESCAPE}|\\\\x1b|\\\\u001b|\\?)\\[[0-9][0-9;]*m"
    "|(?:#x1B|\N{SYMBOL FOR ESCAPE}|\\\\x1b|\\\\u001b)\\[[mK]"
)

# `    at f (/src/a.js:3:9)`, `\tat com.acme.A.b(A.java:12)`, `   at N.C.M() in /src/C.cs:line 12`,
# `\t... 12 more`
_FRAME = re.compile(
    r"[ \t]+(?:at [^\n]+(?:[:(]\d+\)?|\)|:line \d+)|\.\.\. \d+ (?:more|common frames omitted))[ \t]*$"
)
_GOROUTINE = re.compile(r"^goroutine \d+ [^\n]*\[[^\n]*\]:$", re.MULTILINE)


@dataclass(slots=True)
class Text:
    """An element's text, of which the beginning and the end are kept.

    The beginning says what is wrong; of many traces the end says where.
    """

    _head: list[str] = field(default_factory=list)
    _tail: list[str] = field(default_factory=list)
    _room: int = MAX_TEXT
    _kept: int = 0  # characters in the tail
    _cut: bool = False

    def add(self, piece: str) -> None:
        """Take a piece; what lies between the beginning and the end is dropped."""
        if self._room:
            self._head.append(piece[: self._room])
            piece = piece[self._room :]
            self._room -= len(self._head[-1])
        if piece:
            self._tail.append(piece)
            self._kept += len(piece)
            if self._kept > 2 * MAX_TEXT:  # seldom, so that small pieces cost no more than large
                self._trim()

    def _trim(self) -> None:
        tail = "".join(self._tail)
        self._cut |= len(tail) > MAX_TEXT
        self._tail = [tail[-MAX_TEXT:]]
        self._kept = len(self._tail[0])

    def whole(self) -> str:
        """The text without colours; where it was cut, only whole lines stand on either side."""
        head = "".join(self._head)
        self._trim()
        tail = self._tail[0]
        if self._cut:
            head = head.rpartition("\n")[0] or head
            tail = "\n" + tail.partition("\n")[2]
        return plain(head + tail)


def plain(text: str) -> str:
    """A text without orders to a terminal."""
    return _TERMINAL.sub("", text) if "[" in text or "]" in text else text


def without_frames(text: str) -> str:
    """A text without its traces' frames, which are where the finding is and hold a machine's paths.

    What stands between them, as a `Caused by:`, is kept; of a dump of Go's goroutines nothing is.
    """
    dump = _GOROUTINE.search(text)
    if dump is not None and dump.start():
        text = text[: dump.start()]
    lines = [line for line in text.split("\n") if not _FRAME.match(line)]
    return "\n".join(lines).rstrip() if any(map(str.strip, lines)) else text


def one_line(text: str) -> str:
    """A name: plain, bounded, with single blanks."""
    return " ".join(plain(text[:MAX_NAME]).split())


def number(text: str) -> int | None:
    """A whole number as it stands in an attribute; None for anything else."""
    text = text[:20].strip()
    return int(text) if text.isascii() and text.isdecimal() else None
