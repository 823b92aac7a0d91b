"""Where changed lines come from: git, a file, a server."""

from typing import Protocol

import msgspec

from insights_uploader.changes.changed_lines import ChangedLines


class Diff(msgspec.Struct, frozen=True):
    """The changed lines, and how we came by them.

    Attributes:
        changes: the changed lines, proven to be the commit's.
        source: in words, for people: "git diff abc123...HEAD", "changes.diff".
        base: the id of the commit that the new side is compared with, or None when unknown.
    """

    changes: ChangedLines
    source: str
    base: str | None = None


class DiffSource(Protocol):
    """Gives the diff of the commit under review."""

    def changed_lines(self) -> Diff:
        """Get the diff, read it and prove that it is the commit's.

        Raises:
            InsightsError: there is none, it cannot be read, or it is another commit's.
        """
        ...
