"""The lines of the new side that a diff added or changed."""

import bisect
from collections.abc import Iterable, Mapping, Sequence

import msgspec


class LineRange(msgspec.Struct, frozen=True, order=True, gc=False):
    """Lines `start` to `end` of a file, 1-based, both included."""

    start: int
    end: int


class ChangedFile(msgspec.Struct, frozen=True):
    """One file of the new side that the diff touches.

    Attributes:
        path: relative to the repository's root; of a renamed file, the new name.
        ranges: the added or changed lines, sorted, apart from each other; empty for a mere
            rename, a mode change, a binary file or a file that only lost lines.
        new_blob: the (possibly abbreviated) blob id that the diff names for the new side, or None.
        added_text: the content of the added lines by line number, without the line's end, where
            the diff carries them and names no blob; else None. Serves to prove the diff belongs
            to a commit.
    """

    path: str
    ranges: tuple[LineRange, ...] = ()
    new_blob: str | None = None
    added_text: Mapping[int, bytes] | None = None


class ChangedLines:
    """Repository path -> the changed lines of that file's new side."""

    def __init__(self, files: Iterable[ChangedFile]) -> None:
        self._files = {file.path: file for file in files}

    @property
    def files(self) -> Sequence[ChangedFile]:
        """The touched files that exist on the new side, in the diff's order."""
        return tuple(self._files.values())

    @property
    def line_count(self) -> int:
        """How many lines are added or changed."""
        return sum(r.end - r.start + 1 for file in self._files.values() for r in file.ranges)

    def touches_file(self, path: str) -> bool:
        """True when the diff touches the file at all."""
        return path in self._files

    def nearest_changed(self, path: str, line: int) -> int | None:
        """The changed line of a file that is nearest to a line, of two the one before it."""
        file = self._files.get(path)
        if file is None or not file.ranges:
            return None
        index = bisect.bisect_left(file.ranges, line, key=lambda r: r.end)
        after = max(line, file.ranges[index].start) if index < len(file.ranges) else None
        before = file.ranges[index - 1].end if index else None
        if after is None or before is None:
            return before if after is None else after
        return before if line - before <= after - line else after

    def first_changed(self, path: str, start: int, end: int) -> int | None:
        """The first changed line within lines `start` to `end` of a file, or None."""
        file = self._files.get(path)
        if file is None:
            return None
        index = bisect.bisect_left(file.ranges, start, key=lambda r: r.end)
        if index == len(file.ranges) or file.ranges[index].start > end:
            return None
        return max(start, file.ranges[index].start)
