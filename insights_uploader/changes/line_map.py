"""Lines of a merge carried back to one of its parents."""

import bisect
import re
import sys
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import msgspec

from insights_uploader.changes.headers import Section, sections
from insights_uploader.model.errors import DiffError

_HUNK = re.compile(rb"^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@", re.MULTILINE)


class Place(NamedTuple):
    """A line of a file.

    Attributes:
        path: relative to the repository's root.
        line: from 1.
    """

    path: str
    line: int


class _Brought(msgspec.Struct, frozen=True, gc=False):
    """Lines `start` to `end` that the merge brought in, and how far those after them moved."""

    start: int
    end: int
    shift: int


class _MergedFile(msgspec.Struct, frozen=True):
    """A file that the merge changed, and where it was before; None when it was not."""

    old_path: str | None
    brought: Sequence[_Brought] = ()


class LineMap:
    """The way back from the lines of a merge to those of the pull request's head.

    A CI that checks out a merge of the head with its target shows the tools lines that the server
    does not know: below what the target brought in they have other numbers, and what it brought
    in is none of the pull request's business.
    """

    def __init__(self, files: Mapping[str, _MergedFile]) -> None:
        self._files = files

    def before(self, path: str, line: int) -> Place | None:
        """Where a line of the merge is in the head; None when the merge brought it in.

        Args:
            path: a file of the merge.
            line: from 1.
        """
        file = self._files.get(path)
        if file is None:
            return Place(path, line)
        if file.old_path is None:
            return None
        index = bisect.bisect_right(file.brought, line, key=lambda each: each.start) - 1
        if index < 0:
            return Place(file.old_path, line)
        last = file.brought[index]
        return None if line <= last.end else Place(file.old_path, line + last.shift)

    def path_before(self, path: str) -> str | None:
        """What a file of the merge is called in the head; None when the merge brought it in."""
        file = self._files.get(path)
        return path if file is None else file.old_path


def read_line_map(text: bytes, name: str) -> LineMap:
    """Read the way back from a diff without context lines, made from the head to the merge.

    Args:
        text: what `git diff -U0 HEAD_OF_PULL_REQUEST MERGE` prints.
        name: what to call it in messages.

    Raises:
        DiffError: the text is no diff, or not whole.
    """
    found = {
        section.new_path: _merged_file(section, text, name)
        for section in sections(text, name)
        if section.new_path is not None
    }
    return LineMap(found)


def _merged_file(section: Section, text: bytes, name: str) -> _MergedFile:
    if section.binary:  # without lines there is no telling which are new
        return _MergedFile(section.old_path, [_Brought(1, sys.maxsize, 0)])
    if section.hunks is None:
        return _MergedFile(section.old_path)
    if section.hunks.context:
        raise DiffError(
            "diff-malformed",
            f"{name}: line {section.line}: the diff has context lines, though it is to have none",
            "Write it with: git diff -U0",
        )
    # Without context every line of a hunk begins with a sign, so only a header begins with "@@".
    body = text[section.hunks.start : section.hunks.end]
    return _MergedFile(section.old_path, [_brought(header) for header in _HUNK.finditer(body)])


def _brought(header: re.Match[bytes]) -> _Brought:
    old_start, old, new_start, new = (int(n) if n is not None else 1 for n in header.groups())
    # With no lines on a side the header names the line before them.
    old_next = old_start + old if old else old_start + 1
    first = new_start if new else new_start + 1
    return _Brought(first, first + new - 1, old_next - (first + new))
