"""Bitbucket's JSON diff of one file as changed lines. Pure.

Shapes: Atlassian OpenAPI of 9.4 (RestChange, RestDiff), and recorded answers of real servers, which
also have `truncated` around the diffs. The server caps the lines that it shows and says so there, on
a file, a hunk, a segment or a line; a whole file that did not fit is just missing (danger/danger-js
#764). Therefore nothing is read from a diff that does not add up.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Literal

import msgspec

from insights_uploader.changes.changed_lines import ChangedFile, LineRange
from insights_uploader.changes.cursor import shown
from insights_uploader.model.errors import DiffError

_BLOB = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_EMPTY_BLOBS = (
    "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391",
    "473a0f4c3be8a93681a267e3b1e9a7dcda1185436fe141f7749120a303721813",
)


class JsonPath(msgspec.Struct, frozen=True):
    """A path in its parts."""

    components: tuple[str, ...]

    @property
    def text(self) -> str:
        """The path in one piece."""
        return "/".join(self.components)


class FileChange(msgspec.Struct, frozen=True, rename="camel"):
    """One file in the list of what a pull request changes (RestChange)."""

    path: JsonPath
    type: Literal["ADD", "COPY", "DELETE", "MODIFY", "MOVE", "UNKNOWN"]
    node_type: Literal["DIRECTORY", "FILE", "SUBMODULE"]
    src_path: JsonPath | None = None
    content_id: str | None = None
    from_content_id: str | None = None
    percent_unchanged: int = -1

    @property
    def new_blob(self) -> str | None:
        """The blob id after the change; None when the server does not say."""
        return _blob(self.content_id)

    @property
    def has_no_lines(self) -> bool:
        """True when no line can be new: a mere move or mode change, or nothing is left."""
        old, new = _blob(self.from_content_id), self.new_blob
        if new is not None and (old is not None or new in _EMPTY_BLOBS):
            return new == old or new in _EMPTY_BLOBS
        return new is None and self.percent_unchanged == 100


class Line(msgspec.Struct, rename="camel"):
    """A line; `conflictMarker` shows that the diff is one of a merge that failed."""

    destination: int
    line: str = ""
    truncated: bool = False
    conflict_marker: str | None = None


class Segment(msgspec.Struct):
    """Lines of one kind in a row."""

    type: Literal["ADDED", "CONTEXT", "REMOVED"]
    lines: list[Line]
    truncated: bool = False


class Hunk(msgspec.Struct, rename="camel"):
    """Lines near each other, and how many of each side there must be."""

    source_span: int
    destination_line: int
    destination_span: int
    segments: list[Segment]
    truncated: bool = False


class FileDiff(msgspec.Struct):
    """One file's hunks."""

    truncated: bool
    destination: JsonPath | None = None
    hunks: list[Hunk] | None = None
    binary: bool = False


class JsonDiff(msgspec.Struct, rename="camel"):
    """The answer about one file; a file that became a link is in it twice."""

    diffs: list[FileDiff]
    truncated: bool
    to_hash: str | None = None


def changed_file(diff: JsonDiff, change: FileChange, name: str) -> ChangedFile:
    """One file's changed lines.

    The file's blob id proves them, where the list of changes has one, else their text does, as far
    as the server shows it.

    Args:
        diff: what the server says about the file.
        change: what the list of changes says about it.
        name: what to call the diff in messages.

    Raises:
        DiffError: the diff is cut off, or does not add up.
    """
    file = _the_file(diff, change, name)
    if file.binary:
        return ChangedFile(change.path.text, (), change.new_blob)
    if not file.hunks:
        raise _refused(change, name, "the server shows no lines, though its content is another")
    if any(_is_cut(hunk) for hunk in file.hunks):
        raise truncated(change, name)
    added = list(_added(file.hunks, change, name))
    if change.new_blob is not None:
        return ChangedFile(change.path.text, _ranges(added), change.new_blob)
    if any(line.truncated for line in added):
        raise truncated(change, name)  # a line's beginning proves nothing
    text = {line.destination: line.line.encode() for line in added}
    return ChangedFile(change.path.text, _ranges(added), added_text=text)


def truncated(change: FileChange, name: str) -> DiffError:
    """The error for a file whose diff the server does not give whole."""
    return DiffError(
        "diff-truncated",
        f"{name}: {_shown(change)}: the server cuts off the diff of this file",
        "Let git make the diff: use --base with the target branch instead of --pull-request.",
    )


def _the_file(diff: JsonDiff, change: FileChange, name: str) -> FileDiff:
    """The file among those of the answer, which may also hold the one that it was copied from."""
    found = [each for each in diff.diffs if each.destination == change.path]
    if diff.truncated or any(each.truncated for each in found):
        raise truncated(change, name)
    if len(found) != 1:
        raise _refused(change, name, f"the server's answer has {len(found)} diffs of it")
    return found[0]


def _is_cut(hunk: Hunk) -> bool:
    return hunk.truncated or any(segment.truncated for segment in hunk.segments)


def _added(hunks: Iterable[Hunk], change: FileChange, name: str) -> Iterator[Line]:
    """The added lines, in ascending order; each side's lines are counted against the spans."""
    free = 1
    for hunk in hunks:
        number, removed = hunk.destination_line, 0
        if hunk.destination_span and number < free:
            raise _refused(change, name, "its hunks are not in order")
        for kind, line in ((s.type, line) for s in hunk.segments for line in s.lines):
            if line.conflict_marker is not None:
                raise _refused(change, name, "its diff is one of a merge with conflicts")
            if kind != "ADDED":
                removed += 1
            if kind == "REMOVED":
                continue
            if line.destination != number:
                raise _refused(change, name, f"line {number} is missing in its diff")
            number += 1
            if kind == "ADDED":
                yield line
        if (removed, number - hunk.destination_line) != (hunk.source_span, hunk.destination_span):
            raise _refused(change, name, "a hunk has not the lines that it promises")
        free = max(free, number)


def _ranges(added: Iterable[Line]) -> tuple[LineRange, ...]:
    """Neighbours made one range."""
    ranges: list[LineRange] = []
    for line in added:
        number = line.destination
        if ranges and ranges[-1].end + 1 == number:
            ranges[-1] = LineRange(ranges[-1].start, number)
        else:
            ranges.append(LineRange(number, number))
    return tuple(ranges)


def _blob(content_id: str | None) -> str | None:
    """A blob id, or None for zeros and what is none."""
    known = content_id is not None and _BLOB.fullmatch(content_id) and content_id.strip("0")
    return content_id if known else None


def _shown(change: FileChange) -> str:
    return shown(change.path.text.encode("utf-8", "surrogateescape"))


def _refused(change: FileChange, name: str, reason: str) -> DiffError:
    return DiffError(
        "diff-malformed",
        f"{name}: {_shown(change)}: {reason}",
        "Let git make the diff: use --base with the target branch instead of --pull-request.",
    )
