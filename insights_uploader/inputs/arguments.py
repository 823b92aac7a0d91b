"""The RESULTS of a command line: paths, globs and format prefixes, as a list of files."""

import glob
import os
import re
from collections.abc import Collection, Iterable, Sequence

import msgspec

from insights_uploader.inputs.globs import exists, matching_files, real_path
from insights_uploader.model.errors import ResultsError, UsageError

_PREFIX = re.compile(r"([a-z][a-z0-9-]*):(?!//)(.+)", re.DOTALL)


class Argument(msgspec.Struct, frozen=True):
    """One results file to read.

    Attributes:
        path: as the user named it, or as a glob found it; the glob itself when it finds nothing.
        format: the parser that the user named; None leaves it to the file's content.
        glob: that found it; None when the user named the file.
    """

    path: str
    format: str | None = None
    glob: str | None = None

    def check(self) -> None:
        """See that there is a file at all.

        Raises:
            ResultsError: a glob matches none.
        """
        if self.path == self.glob and not os.path.isfile(self.path):  # noqa: PTH113 - raises for no name
            raise ResultsError(
                "no-match",
                f"{self.path}: no file matches",
                "Check that the step before wrote its results, and the folder you run in.",
            )


def expand(arguments: Iterable[str], formats: Collection[str]) -> Sequence[Argument]:
    """Turn RESULTS into files, globs in sorted order.

    A file counts once, however many spellings, links and prefixes lead to it: its first spelling
    and the first format named for it stand.

    A prefix counts as such when it is the name of an installed format, or when no file bears the
    whole name. A path that exists is a path, even with `*` in its name, and a glob all the same:
    no file that somebody adds keeps the user's own from being read. A glob that matches no file
    stands for itself, so that reading it fails by name.

    Raises:
        UsageError: a prefix names no installed format.
    """
    found: dict[str, Argument] = {}
    for text in arguments:
        for argument in _expand(text, formats):
            first = found.setdefault(real_path(argument.path), argument)
            if first.format is None and argument.format is not None:
                named = msgspec.structs.replace(first, format=argument.format)
                found[real_path(first.path)] = named
    return list(found.values())


def _expand(text: str, formats: Collection[str]) -> Sequence[Argument]:
    prefix = _PREFIX.fullmatch(text)
    if prefix is None:
        return _files(text, None)
    name, pattern = prefix[1], prefix[2]
    if name in formats:
        return _files(pattern, name)
    if exists(text):
        return _files(text, None)
    raise UsageError(
        "unknown-format",
        f"{text}: there is no parser named {name}",
        f"Installed are: {', '.join(sorted(formats))}.",
    )


def _files(pattern: str, format_name: str | None) -> Sequence[Argument]:
    if not glob.has_magic(pattern):
        return [Argument(pattern, format_name)]
    paths = [pattern] if os.path.isfile(pattern) else []  # noqa: PTH113 - raises for no name
    paths += matching_files(pattern)
    return [Argument(path, format_name, pattern) for path in paths or [pattern]]
