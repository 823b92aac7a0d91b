"""What of the diff a finding must touch. Pure."""

import enum

from insights_uploader.changes.changed_lines import ChangedFile, ChangedLines, LineRange


class FilterMode(enum.StrEnum):
    """The filter's modes, from the strictest; the terms are reviewdog's."""

    ADDED = "added"
    CONTEXT = "context"
    FILE = "file"
    ALL = "all"


class DiffFilter:
    """Holds places against a diff.

    Attributes:
        mode: `added` lets changed lines through, `context` also those within `context` lines of
            one, `file` any line of a changed file, `all` everything.
        relocates: findings on unchanged lines of a changed file move to the nearest changed one.
    """

    def __init__(
        self,
        changes: ChangedLines,
        mode: FilterMode = FilterMode.ADDED,
        context: int = 3,
        *,
        relocates: bool = False,
    ) -> None:
        self.mode = mode
        self.relocates = relocates
        self._changes = changes
        self._near = changes
        if mode is FilterMode.CONTEXT:
            self._near = ChangedLines(_widened(file, context) for file in changes.files)

    def touches_file(self, path: str) -> bool:
        """True when the diff touches the file at all."""
        return self._changes.touches_file(path)

    def anchor(self, path: str, start: int, end: int) -> int | None:
        """The line to show lines `start` to `end` at; None when none of them is let through.

        It is the first that changed, which is where a server shows it best, else the first that is
        let through.
        """
        changed = self._changes.first_changed(path, start, end)
        if changed is not None or self.mode is FilterMode.ADDED:
            return changed
        if self.mode is FilterMode.CONTEXT:
            return self._near.first_changed(path, start, end)
        return start if self.takes_file(path) else None

    def relocated(self, path: str, anchor: int | None, line: int) -> int | None:
        """The changed line that a finding moves to; None for one that stays or is not wanted.

        Args:
            path: of a file in the repository.
            anchor: where the filter lets the finding through; None when it does not. Without a
                wider mode, moving is what makes a finding wanted.
            line: the finding's own first line.
        """
        if not self.relocates or (anchor is None and self.mode is not FilterMode.ADDED):
            return None
        nearest = self._changes.nearest_changed(path, anchor or line)
        return nearest if nearest != anchor else None

    def takes_file(self, path: str) -> bool:
        """True when a finding about a file as a whole is let through."""
        return self.mode is FilterMode.ALL or self.touches_file(path)

    def chosen(self, path: str, line: int) -> bool:
        """True when a finding on this one line is let through."""
        return self.anchor(path, line, line) is not None


def _widened(file: ChangedFile, context: int) -> ChangedFile:
    """The file with each range grown on both sides, and joined where they then meet."""
    ranges: list[LineRange] = []
    for changed in file.ranges:
        start, end = max(1, changed.start - context), changed.end + context
        if ranges and start <= ranges[-1].end + 1:
            ranges[-1] = LineRange(ranges[-1].start, end)
        else:
            ranges.append(LineRange(start, end))
    return ChangedFile(file.path, tuple(ranges))
