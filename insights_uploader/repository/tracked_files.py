"""The files of a commit, found by their names, by the ends of those, and ignoring case. Pure."""

import bisect
import functools
import posixpath
import re
from collections.abc import Collection, Iterable, Mapping, Sequence

_LINKS_FOLLOWED = 40  # as many as Linux follows in one path
_MUCH_SHARED = 3  # parts at the ends of two paths that one can be taken for the other

FOREIGN = re.compile(
    r"(^|/)(site-packages|dist-packages|node_modules|pkg/mod|\.cargo|\.m2|\.gradle|\.pub-cache"
    r"|\.nuget/packages|vendor/[\w.-]+/[\w.-]+|gems/[^/]+-\d[^/]*|lib(64)?/python\d(\.\d+)?)/"
    r"|^/(usr/(local/)?(lib|include|share)\w*|usr/local/go/src|rustc)/"
    r"|^/opt/hostedtoolcache/",
    re.IGNORECASE,
)
"""Folders of other people's code: what lies below is not ours, whatever its name."""


class TrackedFiles:
    """The repository's files.

    Attributes:
        paths: all of them, relative to the root, spelled as they are compared.
        roots: the checkout's absolute names, under which a tool may have written a path.
        ignores_case: how they are compared.
    """

    ignores_case = False

    def __init__(
        self,
        paths: Collection[str],
        roots: Iterable[str] = (),
        links: Mapping[str, str] | None = None,
    ) -> None:
        """Take the files in.

        Args:
            paths: the tracked regular files.
            roots: see above; a slash at the end or none.
            links: tracked symbolic links, each with its target as it stands in the link.
        """
        self.paths = frozenset(paths)
        self.roots = tuple(root.rstrip("/") + "/" for root in roots)
        self._links = links or {}

    def find(self, path: str | None) -> str | None:
        """The tracked file of this name, through symbolic links; None when there is none."""
        if path is None or path in self.paths:
            return path
        return self._through_links(path) if self._links else None

    def clean(self, path: str) -> str:
        """A path normalised, unless a file has exactly this name."""
        if path in self.paths:
            return path
        if "\\" in path and not self._has_backslashes:
            path = path.replace("\\", "/")
        return normalised(path)

    @functools.cached_property
    def folders(self) -> frozenset[str]:
        """All folders that hold files, at any depth."""
        folders: set[str] = set()
        for path in self.paths:
            folder = posixpath.dirname(path)
            while folder and folder not in folders:
                folders.add(folder)
                folder = posixpath.dirname(folder)
        return frozenset(folders)

    def ends(self, path: str) -> Sequence[tuple[str, range]]:
        """A path's last part, its last two and so on, in reverse, each with who shares them.

        Each range is one of `by_end`, lies within the one before it, and is not empty.
        """
        ends = []
        end = ""
        for part in reversed(path.split("/")):
            end += f"{part}/"
            first = bisect.bisect_left(self.by_end, (end,))
            last = bisect.bisect_left(self.by_end, (f"{end[:-1]}0",), first)  # 0 comes after /
            if first == last:
                break
            ends.append((end, range(first, last)))
        return ends

    @functools.cached_property
    def by_end(self) -> Sequence[tuple[str, str]]:
        """Each file after its parts in reverse, sorted: those with the same end stand together."""
        return sorted((_reverse(path), path) for path in self.paths)

    def ending(self, path: str) -> Sequence[str]:
        """The files whose path is this one or ends in it, after a slash."""
        ends = self.ends(path)
        if not ends or ends[-1][0] != _reverse(path):
            return ()
        return [self.by_end[index][1] for index in ends[-1][1]]

    def akin(self, name: str) -> Sequence[str]:
        """The files that a path made of a name may mean: those that share its longest end.

        One has to be the whole end of the other, or they share more than a folder and a file's
        name, which other people's code has as well (`util/Assert.java`).
        """
        ends = self.ends(name)
        if not ends or FOREIGN.search(name):
            return ()
        end, span = ends[-1]
        files = [self.by_end[index] for index in span]
        if end != _reverse(name) and end.count("/") < _MUCH_SHARED:
            files = [(reverse, file) for reverse, file in files if reverse == end]
        return [file for _, file in files]

    def nearest(self, path: str) -> str | None:
        """The file that shares the longest end with a path, as a hint.

        None when no file does, and when all that many files share is a common name.
        """
        path = self.clean(path)
        ends = self.ends(path)
        if not ends or (len(ends) == 1 and len(ends[0][1]) > 1) or FOREIGN.search(path):
            return None
        return min(self.by_end[index][1] for index in ends[-1][1])

    @functools.cached_property
    def folded(self) -> "TrackedFiles":
        """The same files with their names compared ignoring case."""
        return _FoldedFiles(self.paths, self.roots, self._links)

    @functools.cached_property
    def _has_backslashes(self) -> bool:
        return any("\\" in path for path in self.paths)

    def _through_links(self, path: str) -> str | None:
        for _ in range(_LINKS_FOLLOWED):
            link = next((part for part in _beginnings(path) if part in self._links), None)
            if link is None:
                return path if path in self.paths else None
            target = posixpath.join(posixpath.dirname(link), self._links[link])
            path = posixpath.normpath(target + path[len(link) :])
        return None


class _FoldedFiles(TrackedFiles):
    """Files compared ignoring case; those that differ in nothing else are left out."""

    ignores_case = True

    def __init__(
        self, paths: Collection[str], roots: Iterable[str], links: Mapping[str, str]
    ) -> None:
        self._originals: dict[str, str | None] = {}
        for path in paths:
            folded = path.casefold()
            self._originals[folded] = None if folded in self._originals else path
        super().__init__(
            [folded for folded, path in self._originals.items() if path is not None],
            [root.casefold() for root in roots],
            {link.casefold(): target.casefold() for link, target in links.items()},
        )

    def find(self, path: str | None) -> str | None:
        found = super().find(path)
        return None if found is None else self._originals[found]

    def clean(self, path: str) -> str:
        return super().clean(path.casefold())


def normalised(path: str) -> str:
    r"""A path with `/` between its parts and without `.`, `..` and doubled slashes.

    Backslashes are separators where the path has a drive letter, begins with two of them, or
    has no slash at all: a Linux tool that means a backslash in a name writes slashes elsewhere.
    """
    if "\\" in path and ("/" not in path or path[1:3] == ":\\" or path.startswith("\\\\")):
        path = path.replace("\\", "/")
    clean = posixpath.normpath(path)
    if clean.startswith("//"):
        clean = clean[1:]
    return "" if clean == "." else clean


def _beginnings(path: str) -> Iterable[str]:
    """The path's first part, its first two, and so on."""
    parts = path.split("/")
    return ("/".join(parts[:number]) for number in range(1, len(parts) + 1))


def _reverse(path: str) -> str:
    """A path's parts in reverse, each with a slash after it."""
    return "/".join(reversed(path.split("/"))) + "/"
