"""Where the files that a Cobertura file measures may be.

coverage-04.dtd: `sources` come before `packages`, and a class's `filename` is relative to one of
them; which one is not told. Writers put anything there: absolute folders, relative ones, `.`, none,
and those of another machine or operating system.
"""

import re
from collections.abc import Iterator

from insights_uploader.model.measure import Remark

MAX_PATH = 4096
"""Characters in one path; no system has longer ones."""

_MAX_SOURCES = 1 << 16  # characters in all source folders: each class's path is joined to each
_SOURCE_COST = 64
_ABSOLUTE = re.compile(r"[/\\]|[A-Za-z]:[/\\]|[A-Za-z][\w+.-]*://")  # coverlet writes URLs, too


class Sources:
    """The folders that filenames are relative to.

    Attributes:
        asked: how many classes have asked for their paths.
    """

    def __init__(self) -> None:
        self.asked = 0
        self._folders: list[str] = []
        self._text: str | None = None
        self._room = _MAX_SOURCES
        self._left_out = 0
        self._late = 0

    def open(self) -> None:
        """A `source` begins."""
        self._text = ""
        self._late = self._late or self.asked

    def data(self, text: str) -> None:
        """A piece of text, of a `source` or of something else."""
        if self._text is not None:
            self._text = (self._text + text)[: MAX_PATH + 1]

    def close(self) -> None:
        """A `source` ends; an empty one is none."""
        folder = (self._text or "").strip()
        self._text = None
        if folder:
            self._room -= len(folder) + _SOURCE_COST
            if len(folder) <= MAX_PATH and self._room >= 0:
                self._folders.append(folder)
            else:
                self._left_out += 1

    def paths(self, filename: str) -> tuple[str, ...]:
        """Where a class's file may be, best first, each once."""
        self.asked += 1
        if _ABSOLUTE.match(filename):
            return (filename,)
        joined = (_below(folder, filename) for folder in self._folders)
        return tuple(dict.fromkeys([*joined, filename]))

    def remarks(self) -> Iterator[Remark]:
        """What the user should know about the folders."""
        if self._late:
            yield Remark(
                f"{self._late} classes came before a source folder and are taken without it"
            )
        if self._left_out:
            yield Remark(f"{self._left_out} source folders were too long or too many and left out")


def _below(folder: str, filename: str) -> str:
    """A filename below a folder, in the folder's own spelling of paths."""
    root = folder.rstrip("/\\")
    if root == ".":
        return filename
    separator = "\\" if "\\" in folder and "/" not in folder else "/"
    return f"{root}{separator}{filename}"
