"""What may stand in a diff around its files: a commit message, a summary, a mail's signature."""

import re

from insights_uploader.changes.cursor import Cursor, shown
from insights_uploader.changes.hunks import HUNK_HEADER, coloured, combined, malformed, word_diff
from insights_uploader.model.errors import DiffError

_COLOURED = re.compile(rb"(?:\x1b\[[\d;]*[mK])+(?:diff --|index |--- |\+\+\+ |@@|commit )")
_MAIL = re.compile(rb"From [0-9a-f]{40,64} Mon Sep 17 00:00:00 2001\r?\n?")
_COMMIT = re.compile(rb"commit [0-9a-f]{40,64}(?: \([^\n]*\))?\r?\n?")
_COMMIT_NEXT = (b"Author:", b"Merge:", b"tree ", b"log size ", b"Reflog:")
_ONE_LINE = re.compile(rb"(?:commit )?[0-9a-f]{7,64}(?: [^\n]*)?\r?\n?")
_SUBMODULE = re.compile(
    rb"Submodule (?P<path>.+) (?:[0-9a-f]{7,64}\.{2,3}[0-9a-f]{7,64}(?P<note> \([^)\n]*\))?|contains )"
)
_DELETED = b" (submodule deleted)"
_MIME_BOUNDARY = re.compile(rb"--------------[\w.+~-]*\r?\n?")
_SUBMODULE_LOG = (b"  > ", b"  < ")


class Prose:
    """Passes over the lines that belong to no file, and refuses those that tell of trouble.

    Attributes:
        submodules: how many submodules are summed up in words (`git diff --submodule=log`).
        submodule: the path of the last of them, whose own files may follow (`--submodule=diff`);
            empty where none can.
    """

    def __init__(self) -> None:
        self.submodules = 0
        self.submodule = b""
        self._commits = 0
        self._signed = False

    def read(self, cursor: Cursor, after_file: bool) -> None:
        """Look at the current line.

        Args:
            cursor: stands on the line, and stays there.
            after_file: True when a file's section came before.

        Raises:
            DiffError: the line shows that this is no plain diff of one change.
        """
        line = cursor.line
        if line.startswith((b"diff --cc ", b"diff --combined ", b"@@@ ")):
            raise combined(cursor)
        if line.startswith(b"\x1b") and _COLOURED.match(line):
            raise coloured(cursor)
        if self._begins_another_commit(cursor, after_file):
            raise several_commits(cursor, "another commit's patch begins")
        if HUNK_HEADER.fullmatch(line):
            raise malformed(cursor, "a hunk without the header of its file")
        if submodule := _SUBMODULE.match(line):
            self.submodules += 1
            # What follows a deleted one may be the repository's own files in its place.
            self.submodule = b"" if submodule["note"] == _DELETED else submodule["path"]
        elif (line.startswith(b"-- ") and line.strip() == b"--") or _MIME_BOUNDARY.fullmatch(line):
            self._signed = True
        elif after_file:
            self._refuse_surplus(cursor)

    def _begins_another_commit(self, cursor: Cursor, after_file: bool) -> bool:
        """True at a commit's first line when it is not the only one.

        Before the first file the words may be a commit message that quotes such a line.
        """
        line = cursor.line
        if line.startswith(b"From ") and _MAIL.fullmatch(line):
            return after_file  # the first mail may be a cover letter
        if after_file:
            return _ONE_LINE.fullmatch(line) is not None
        if line.startswith(b"commit ") and _COMMIT.fullmatch(line):
            self._commits += cursor.following(1)[0].startswith(_COMMIT_NEXT)
        return self._commits > 1

    def _refuse_surplus(self, cursor: Cursor) -> None:
        """After a file's last hunk, a line that looks like a hunk's is one too many."""
        line = cursor.line
        if line.strip() == b"~":
            raise word_diff(cursor, "not a line of a hunk: ~")
        if line.startswith(b"+") or (line.startswith((b" ", b"-")) and not self._signed):
            if self.submodules and line.startswith(_SUBMODULE_LOG):
                return
            raise malformed(
                cursor, f"the hunk is longer than its header says: {shown(cursor.content)}"
            )


def several_commits(cursor: Cursor, reason: str, number: int | None = None) -> DiffError:
    """The error for patches in a row, whose line numbers are each for another version."""
    return cursor.refusal(
        "diff-of-several-commits",
        f"{reason}; only one diff between two versions can be read",
        "Compare the two ends instead: git diff --output=FILE BASE...HEAD",
        number,
    )
