"""One file's header lines in a diff, and the lines that belong to it."""

import re
from collections.abc import Callable

import msgspec

from insights_uploader.changes import names as naming
from insights_uploader.changes.cursor import Cursor, shown
from insights_uploader.changes.hunks import Hunks, coloured, malformed, read_hunks, truncated
from insights_uploader.changes.names import DEV_NULL, Names

GIT_LINE = b"diff --git "
_EXTENDED = re.compile(
    rb"(?P<key>old mode|new mode|deleted file mode|new file mode|copy from|copy to|rename from"
    rb"|rename to|similarity index|dissimilarity index|index) (?P<value>.*)",
    re.DOTALL,
)
_INDEX = re.compile(rb"(?P<old>[0-9a-f]{4,64})\.\.(?P<new>[0-9a-f]{4,64})(?: (?P<mode>[0-7]{6}))?")
_EPOCH = re.compile(rb"\t(?:1969-12-31|1970-01-01) ")  # what GNU diff -N says of no file
_SUBMODULE_MODE = b"160000"
_EMPTY_BLOBS = (
    "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391",
    "473a0f4c3be8a93681a267e3b1e9a7dcda1185436fe141f7749120a303721813",
)


class Header(msgspec.Struct):
    """A section while it is read: the names still as written."""

    line: int
    names: Names
    created: bool = False
    deleted: bool = False
    new_blob: str | None = None
    binary: bool = False
    submodule: bool = False
    within: bytes = b""
    """The path of the submodule whose file this may be."""
    says_more: bool = False
    """There is an extended header that is a change of its own: a mode, a rename."""
    hunks: Hunks | None = None


def read_git(cursor: Cursor, submodule: bytes = b"") -> Header:
    """Read a section that begins with `diff --git`, to the line after it.

    Args:
        cursor: stands on that line.
        submodule: the path of the submodule whose file this may be, if it lies below that.

    Raises:
        DiffError: the section is broken, or ends too early.
    """
    names = Names(git=_name(cursor, naming.git_names, GIT_LINE))
    header = Header(cursor.number, names, within=submodule)
    cursor.advance()
    extended = None
    while match := _EXTENDED.fullmatch(_colourless(cursor)):
        extended = match["key"]
        _take_extended(header, cursor, extended, match["value"])
        cursor.advance()
    naming.complete_move(names, submodule)
    if cursor.line.startswith(b"--- "):
        _read_sides(header, cursor)
    elif cursor.line.startswith((b"Binary files ", b"GIT binary patch")):
        header.binary = True
        _skip_binary(cursor)
    else:
        _expect_complete(header, cursor, ends_with_index=extended == b"index")
    return header


def read_plain(cursor: Cursor) -> Header:
    """Read a section that begins with `---`, to the line after it.

    Raises:
        DiffError: the section is broken, or ends too early.
    """
    header = Header(cursor.number, Names())
    _read_sides(header, cursor)
    return header


def begins_plain(cursor: Cursor) -> bool:
    """True when a section without git's header lines begins here: `---`, `+++` and a hunk."""
    if not cursor.line.startswith(b"--- "):
        return False
    plus, hunk = cursor.following(2)
    return plus.startswith(b"+++ ") and hunk.startswith(b"@@ -")


def _take_extended(header: Header, cursor: Cursor, key: bytes, value: bytes) -> None:
    """Note what one of git's extended header lines says."""
    if key in (b"rename from", b"copy from"):
        header.names.moved_from = _name(cursor, naming.moved_name, key + b" ")
    elif key in (b"rename to", b"copy to"):
        header.names.moved_to = _name(cursor, naming.moved_name, key + b" ")
    elif key == b"index":
        index = _INDEX.fullmatch(value)
        if index is None:
            raise malformed(cursor, f"not an index line: {shown(cursor.content)}")
        header.new_blob = index["new"].decode() if index["new"].strip(b"0") else None
        header.submodule |= index["mode"] == _SUBMODULE_MODE
        return
    elif key == b"new file mode":
        header.created = True
    elif key == b"deleted file mode":
        header.deleted = True
    header.submodule |= key.endswith(b" mode") and value == _SUBMODULE_MODE
    header.says_more = True


def _read_sides(header: Header, cursor: Cursor) -> None:
    """Read the `---` and `+++` lines and the hunks."""
    header.names.minus = _name(cursor, naming.side_name, b"--- ")
    header.created |= header.names.minus == DEV_NULL or bool(_EPOCH.search(cursor.line))
    cursor.advance()
    if not cursor.line.startswith(b"+++ "):
        raise truncated(cursor, "a '---' line without its '+++' line")
    header.names.plus = _name(cursor, naming.side_name, b"+++ ")
    header.deleted |= header.names.plus == DEV_NULL or bool(_EPOCH.search(cursor.line))
    cursor.advance()
    if not _colourless(cursor).startswith(b"@@"):
        raise truncated(cursor, "a file's header without its hunks")
    header.hunks = read_hunks(cursor)


def _skip_binary(cursor: Cursor) -> None:
    """Go past what stands for a binary file's content, to the line after it."""
    with_data = cursor.line.startswith(b"GIT binary patch")
    cursor.advance()
    if with_data and not cursor.line:
        raise truncated(cursor, "the diff ends before a binary file's data")
    while with_data and cursor.line.startswith((b"literal ", b"delta ")):
        while cursor.content:
            cursor.advance()
        if not cursor.line:
            raise truncated(cursor, "the diff ends in a binary file's data")
        cursor.advance()


def _expect_complete(header: Header, cursor: Cursor, ends_with_index: bool) -> None:
    """Refuse a section without hunks that must have had some.

    `git diff -w` leaves a renamed file without hunks when all its changes are white space. At the
    end of the diff the same looks as if the hunks were cut off, and is taken for that.
    """
    if not header.says_more:
        raise truncated(cursor, "a file's header without its hunks")
    empty = header.deleted or any(i.startswith(header.new_blob or "-") for i in _EMPTY_BLOBS)
    if ends_with_index and not cursor.line and not empty:
        raise truncated(cursor, "the diff ends before the hunks of its last file")


def _colourless(cursor: Cursor) -> bytes:
    """The current header line, which has no escape character: git and GNU diff quote such names."""
    if b"\x1b" in cursor.line and not cursor.line.startswith(b"@@"):
        raise coloured(cursor)
    return cursor.content


def _name(cursor: Cursor, read: Callable[[bytes], bytes], key: bytes) -> bytes:
    """The name after `key` in the current line."""
    try:
        return read(_colourless(cursor).removeprefix(key))
    except ValueError as error:
        raise malformed(cursor, f"{error}: {shown(cursor.content)}") from None
