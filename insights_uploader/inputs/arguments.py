"""The RESULTS of a command line: paths, globs and format prefixes, as a list of files."""

import glob
import re
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path

import msgspec

from insights_uploader.model.errors import ResultsError, UsageError

_PREFIX = re.compile(r"([a-z][a-z0-9-]*):(?!//)(.+)", re.DOTALL)


class Argument(msgspec.Struct, frozen=True):
    """One results file to read.

    Attributes:
        path: as the user named it, or as a glob found it.
        format: the parser that the user named; None leaves it to the file's content.
    """

    path: str
    format: str | None = None


def expand(arguments: Iterable[str], formats: Collection[str]) -> Sequence[Argument]:
    """Turn RESULTS into files: each once, globs in sorted order.

    A prefix counts as such when it is the name of an installed format, or when no file bears the
    whole name; a path that exists is a path, even with `*` in its name.

    Raises:
        ResultsError: a glob matches no file.
        UsageError: a prefix names no installed format.
    """
    found: dict[Argument, None] = {}
    for text in arguments:
        for argument in _expand(text, formats):
            found.setdefault(argument)
    return list(found)


def _expand(text: str, formats: Collection[str]) -> Sequence[Argument]:
    prefix = _PREFIX.fullmatch(text)
    if prefix is None or Path(text).exists():
        return _files(text, None)
    name, pattern = prefix[1], prefix[2]
    if name not in formats:
        raise UsageError(
            "unknown-format",
            f"{text}: there is no parser named {name}",
            f"Installed are: {', '.join(sorted(formats))}.",
        )
    return _files(pattern, name)


def _files(pattern: str, format_name: str | None) -> Sequence[Argument]:
    if not glob.has_magic(pattern) or Path(pattern).exists():
        return [Argument(pattern, format_name)]
    paths = sorted(p for p in glob.glob(pattern, recursive=True) if not Path(p).is_dir())  # noqa: PTH207 - keeps the path as the user wrote it
    if not paths:
        raise ResultsError(
            "no-match",
            f"{pattern}: no file matches",
            "Check that the step before wrote its results, and the folder you run in. "
            "Quote the glob, so that `**` reaches this program.",
        )
    return [Argument(path, format_name) for path in paths]
