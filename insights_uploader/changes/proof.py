"""Proof that a diff was made for the commit whose files are at hand."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from insights_uploader.changes.changed_lines import ChangedFile, ChangedLines
from insights_uploader.changes.cursor import shown
from insights_uploader.model.errors import DiffError

_HINT = "Make the diff for the commit that is checked out."


class FileContent(Protocol):
    """The files of one commit."""

    def blob_id(self, path: str) -> str | None:
        """The full id of a file's blob, in lower case; None when the commit has no such file."""
        ...

    def lines(self, path: str) -> Sequence[bytes] | None:
        r"""A file's lines, split at `\n` and without it; None when there is no such file."""
        ...


def prove(changes: ChangedLines, content: FileContent, name: str) -> None:
    """Do nothing if the new side of a diff is what a commit holds.

    A file's blob id decides where the diff has one. Without (a diff of a working tree, or not by
    git) the text of its added lines does, and a file without either only has to exist.

    Args:
        changes: the diff's files.
        content: the commit's files.
        name: what to call the diff in messages.

    Raises:
        DiffError: a file is not in the commit, is another version, or nothing can prove its lines.
    """
    for file in changes.files:
        _prove_file(file, content, name)


def _prove_file(file: ChangedFile, content: FileContent, name: str) -> None:
    actual = content.blob_id(file.path)
    if actual is None:
        raise _mismatch(name, file, "is not in the commit")
    if file.new_blob and file.new_blob.strip("0"):
        if not actual.startswith(file.new_blob):
            where = f", line {file.ranges[0].start}" if file.ranges else ""
            raise _mismatch(
                name,
                file,
                f"is another version in the diff: blob {file.new_blob}, but "
                f"{actual[: max(len(file.new_blob), 7)]} in the commit",
                where,
            )
    elif file.added_text:
        _prove_text(file, file.added_text, content, name)
    elif file.ranges:
        raise _mismatch(name, file, "has neither a blob id nor text in the diff to compare")


def _prove_text(
    file: ChangedFile, added: Mapping[int, bytes], content: FileContent, name: str
) -> None:
    lines = content.lines(file.path)
    if lines is None:
        raise _mismatch(name, file, "is not in the commit")
    for number, text in added.items():
        if number > len(lines):
            raise _mismatch(
                name, file, f"has only {len(lines)} lines in the commit", f", line {number}"
            )
        if lines[number - 1] != text:
            raise _mismatch(
                name, file, "is another text in the diff than in the commit", f", line {number}"
            )


def _mismatch(name: str, file: ChangedFile, reason: str, where: str = "") -> DiffError:
    path = shown(file.path.encode("utf-8", "surrogateescape"))
    return DiffError("diff-of-other-content", f"{name}: {path}{where}: {reason}", _HINT)
