"""Where a file's hunks begin and end in a diff, by counting the lines their headers promise.

Counting is what keeps a removed line `-- x`, an added `++ b/x` or a context line `diff --git` from
being taken for a header. What the lines mean is unidiff's business.
"""

import re

import msgspec

from insights_uploader.changes.cursor import Cursor, shown
from insights_uploader.model.errors import DiffError

# Nine digits: no file has a thousand million lines, and int() of a million digits takes minutes.
HUNK_HEADER = re.compile(
    rb"@@ -(\d{1,9})(?:,(\d{1,9}))? \+(\d{1,9})(?:,(\d{1,9}))? @@(?: [^\n]*)?\r?\n?", re.DOTALL
)
_WORD_MARKS = ((b"[-", b"-]"), (b"{+", b"+}"))
_WORD_WINDOW = 1 << 16

_SPACE, _PLUS, _MINUS, _MARKER = b" +-\\"
_NEWLINE, _RETURN = b"\n\r"


class Hunks(msgspec.Struct):
    """The hunks of one file.

    Attributes:
        start: the offset in the diff's text of the first hunk's header.
        end: the offset after the last hunk's last line.
        count: how many hunks there are.
        lines: how many lines of the diff they take.
        context: how many of them are lines that both sides have.
    """

    start: int
    end: int
    count: int = 0
    lines: int = 0
    context: int = 0


class _Spans:
    """Checks that a file's hunks stand in order and apart, on both sides."""

    def __init__(self) -> None:
        self._free = [0, 0]

    def accepts(self, side: int, start: int, length: int) -> bool:
        # With no lines on this side the header names the line before.
        first = start if length else start + 1
        if first < max(self._free[side], 1):
            return False
        self._free[side] = first + length
        return True


def read_hunks(cursor: Cursor) -> Hunks:
    """Go over the hunks that begin at the current line, to the line after them.

    Raises:
        DiffError: a header makes no sense, or the lines are not the ones it promises.
    """
    found = Hunks(start=cursor.offset, end=cursor.offset)
    spans = _Spans()
    while cursor.line.startswith(b"@@"):
        first_line = cursor.number
        old, new = _promised(cursor, spans)
        cursor.advance()
        found.context += _read_body(cursor, old, new)
        while cursor.line.startswith(b"\\"):  # "\ No newline at end of file", in any language
            cursor.advance()
        found.count += 1
        found.lines += cursor.number - first_line
        found.end = cursor.offset
    return found


def _promised(cursor: Cursor, spans: _Spans) -> tuple[int, int]:
    """How many old and new lines the hunk header on the current line promises."""
    if cursor.line.startswith(b"@@@"):
        raise combined(cursor)
    header = HUNK_HEADER.fullmatch(cursor.line)
    if header is None:
        raise malformed(cursor, f"not a hunk header: {shown(cursor.content)}")
    old_start, old, new_start, new = (int(n) if n is not None else 1 for n in header.groups())
    if not old and not new:
        raise malformed(cursor, "the hunk header promises no lines at all")
    if not spans.accepts(0, old_start, old) or not spans.accepts(1, new_start, new):
        raise malformed(
            cursor, "the hunk's lines begin before the file, or before the end of the last hunk"
        )
    return old, new


def _read_body(cursor: Cursor, old: int, new: int) -> int:
    """Go over a hunk's lines, to the one after the last; returns how many are context."""
    text, offset, size = cursor.text, cursor.offset, len(cursor.text)
    lines = context = 0
    changed = False
    while old > 0 or new > 0:
        kind = text[offset] if offset < size else None
        if kind == _PLUS:
            new -= 1
            changed = True
        elif kind == _MINUS:
            old -= 1
            changed = True
        # An empty line is a blank context line whose space somebody trimmed (GNU diff can).
        elif kind in (_SPACE, _NEWLINE) or (
            kind == _RETURN and text[offset + 1 : offset + 2] == b"\n"
        ):
            old -= 1
            new -= 1
            context += 1
        elif kind != _MARKER:
            raise _broken(cursor, offset, lines, old, new)
        if old < 0 or new < 0:
            raise _broken(cursor, offset, lines, old, new)
        offset = text.find(b"\n", offset) + 1 or size
        lines += 1
    if not changed:
        raise word_diff(cursor, "the hunk changes nothing", cursor.number - 1)
    cursor.move_to(offset, cursor.number + lines)
    return context


def _broken(cursor: Cursor, offset: int, lines: int, old: int, new: int) -> DiffError:
    """Why the line at `offset`, after `lines` lines of the hunk's body, cannot be its next."""
    start = cursor.offset
    cursor.move_to(offset, cursor.number + lines)
    if cursor.line.startswith(b"\x1b"):
        return coloured(cursor)
    nearby = cursor.text[start : start + _WORD_WINDOW]
    if cursor.content == b"~" or any(a in nearby and z in nearby for a, z in _WORD_MARKS):
        return word_diff(cursor, f"not a line of a hunk: {shown(cursor.content)}")
    if not cursor.line:
        return truncated(cursor, f"the diff ends in a hunk that lacks {max(old, new)} lines")
    if old < 0 or new < 0:
        return malformed(cursor, "the hunk is longer than its header says")
    return truncated(
        cursor,
        f"the hunk is shorter than its header says: it lacks {max(old, new)} lines before "
        f"{shown(cursor.content)}",
    )


def malformed(cursor: Cursor, reason: str) -> DiffError:
    """The error for a line that no diff has at its place."""
    return cursor.refusal(
        "diff-malformed",
        reason,
        "The diff was edited or damaged on its way; write it again with: "
        "git diff --output=FILE BASE...HEAD",
    )


def truncated(cursor: Cursor, reason: str) -> DiffError:
    """The error for a diff that stops too early."""
    return cursor.refusal(
        "diff-truncated",
        reason,
        "The diff is cut off or was edited; write it again with: git diff --output=FILE BASE...HEAD",
    )


def combined(cursor: Cursor) -> DiffError:
    """The error for a merge's diff against several parents at once."""
    return cursor.refusal(
        "diff-combined",
        "a combined diff of a merge, which has several old sides",
        "Compare with one side: git diff --output=FILE BASE...HEAD, or git show -m --first-parent",
    )


def coloured(cursor: Cursor) -> DiffError:
    """The error for a diff that was written for a terminal."""
    return cursor.refusal(
        "diff-coloured",
        "the diff has colour codes in it",
        "Write it without: git diff --no-color --output=FILE BASE...HEAD",
    )


def word_diff(cursor: Cursor, reason: str, number: int | None = None) -> DiffError:
    """The error for a diff of words, which has no added and removed lines."""
    return cursor.refusal(
        "diff-of-words",
        f"{reason}; this looks like a word diff",
        "Write one of lines: git diff --word-diff=none --output=FILE BASE...HEAD",
        number,
    )
