"""The files that a quoted glob names, whatever links the checkout holds.

Whoever writes a pull request may put links into its folders: in circles, which `glob` follows for
ever, or to files outside, which are nobody's results.
"""

import fnmatch
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

_WILDCARD = re.compile(r"[*?[]")
_ANY_DEPTH = None

_Step = re.Pattern[str] | None


def matching_files(glob: str) -> Sequence[str]:
    """The files that a glob names, sorted, each spelled as the glob begins.

    As in a shell, a name that begins with a dot needs that dot in the glob, and a folder that
    may not be listed holds nothing. `**` stands for any number of folders and goes through no
    link. A file outside the folder where the glob's fixed part ends is left out, whichever link
    leads there; a link that leads nowhere stays, so that reading it fails by name.
    """
    start, slash, _ = _WILDCARD.split(glob, maxsplit=1)[0].rpartition("/")
    fixed = start + slash
    root = real_path(fixed or ".")
    steps = [_step(part) for part in re.split("/+", glob[len(fixed) :])]
    return sorted(path for path in _walk(fixed, steps) if _is_below(root, path))


def exists(path: str) -> bool:
    """Whether a path leads to something; False as well for one that the system refuses."""
    return os.path.exists(path)  # noqa: PTH110 - Path.exists raises for a name that is too long


def real_path(path: str) -> str:
    """Where a path leads; the path itself when it leads nowhere."""
    # What exists has few links in its way; realpath would follow any number, one inside another.
    return os.path.realpath(path) if exists(path) else path


def _step(part: str) -> _Step:
    if part == "**":
        return _ANY_DEPTH
    hidden = "" if part.startswith(".") else r"(?!\.)"
    return re.compile(hidden + fnmatch.translate(part))


def _walk(fixed: str, steps: Sequence[_Step]) -> Iterator[str]:
    """Visit each folder once, with all the places of the glob that its path may have come to."""
    end = len(steps)
    folders = [(fixed, _standing(steps, [0]))]
    while folders:
        folder, places = folders.pop()
        for entry in _entries(folder or "."):
            path = folder + entry.name
            if not _is_folder(entry):
                if end in _after(steps, places, entry.name):
                    yield path
            elif reached := _after(steps, places, entry.name, is_link=entry.is_symlink()) - {end}:
                folders.append((f"{path}/", reached))


def _after(
    steps: Sequence[_Step], places: Iterable[int], name: str, *, is_link: bool = False
) -> frozenset[int]:
    """The places after one more name; as many names may come after `**` as do not begin with a dot."""
    reached = []
    for place in places:
        if place == len(steps):
            continue
        step = steps[place]
        if step is not _ANY_DEPTH:
            if step.match(name):
                reached.append(place + 1)
        elif not name.startswith(".") and not is_link:
            reached.append(place)
    return _standing(steps, reached)


def _standing(steps: Sequence[_Step], places: Iterable[int]) -> frozenset[int]:
    """The places and, since `**` may stand for no folder at all, those behind it."""
    standing = set()
    for place in places:
        standing.add(place)
        while place < len(steps) and steps[place] is _ANY_DEPTH:
            place += 1  # noqa: PLW2901
            standing.add(place)
    return frozenset(standing)


def _entries(folder: str) -> Sequence["os.DirEntry[str]"]:
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except (OSError, ValueError):  # the latter for a NUL
        return ()


def _is_folder(entry: "os.DirEntry[str]") -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a circle of links
        return False


def _is_below(root: str, path: str) -> bool:
    return not exists(path) or Path(real_path(path)).is_relative_to(root)
