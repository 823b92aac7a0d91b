"""The diff that the user hands us: `--diff FILE`, or `-` for standard input."""

from pathlib import Path
from typing import BinaryIO

from insights_uploader.changes.proof import FileContent, prove
from insights_uploader.changes.source import Diff
from insights_uploader.changes.unified import parse_diff
from insights_uploader.model.errors import DiffError

MAX_BYTES = 256 << 20
"""A diff is read whole, so there has to be an end to it."""


class DiffFile:
    """A `DiffSource` that reads a unified diff from a file or from standard input.

    A pipe will do: `--diff <(git diff BASE...HEAD)`.

    Args:
        path: the file, or "-".
        stdin: read when `path` is "-".
        content: the files of the commit, to prove the diff against.
    """

    def __init__(self, path: str, stdin: BinaryIO, content: FileContent) -> None:
        self._path = path
        self._stdin = stdin
        self._content = content
        self._name = "standard input" if path == "-" else path

    def changed_lines(self) -> Diff:
        """Read the diff and prove that it was made for the commit.

        Raises:
            DiffError: the file is missing, unreadable, empty, too large, no diff, or one for
                other content.
        """
        text = self._read()
        if not text.strip():
            raise DiffError(
                "diff-empty",
                f"{self._name}: an empty diff: was the command that wrote it run in the right place?",
                "Let us make the diff: use --base with the target branch instead of --diff.",
            )
        changes = parse_diff(text, self._name)
        prove(changes, self._content, self._name)
        return Diff(changes, self._name)

    def _read(self) -> bytes:
        """The whole diff."""
        try:
            if self._path == "-":
                text = self._stdin.read(MAX_BYTES + 1)
            else:
                with Path(self._path).open("rb") as file:
                    text = file.read(MAX_BYTES + 1)
        except FileNotFoundError:
            raise DiffError(
                "diff-missing",
                f"{self._name}: there is no such file",
                "Check that the step before wrote it, and the folder you run in.",
            ) from None
        except (OSError, ValueError) as error:  # ValueError: a path with a NUL in it
            reason = error.strerror if isinstance(error, OSError) else str(error)
            raise DiffError(
                "diff-unreadable",
                f"{self._name}: cannot be read: {reason}",
                "Check the file and its permissions.",
            ) from None
        if len(text) > MAX_BYTES:
            raise DiffError(
                "diff-too-large",
                f"{self._name}: more than {MAX_BYTES >> 20} MiB",
                "Write it without context, git diff -U0, or leave generated files out: "
                "git diff BASE...HEAD -- . ':!PATH'",
            )
        return text
