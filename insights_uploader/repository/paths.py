"""Where a path that a tool wrote lies in the repository. Pure: the tracked files are the truth.

A results file is resolved by one rule as a whole: its paths are taken as they are, or one prefix
is taken off and another put on. The rule is found from all distinct paths of the file, and the
one that explains most of them wins; on a tie the paths stay unresolved.
"""

import posixpath
import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence

import msgspec

_DRIVE = re.compile(r"[A-Za-z]:/")
_COMMON = 64  # a name borne by more files (__init__.py, index.js) says little about a prefix
_CANDIDATES = 64
_FOREIGN = re.compile(r"/(site-packages|dist-packages|node_modules|\.cargo|\.m2)/")
"""Folders of other people's code: what lies below is not ours, whatever its name."""


class Resolved(msgspec.Struct, frozen=True):
    """Where a tool's path lies.

    Attributes:
        path: relative to the repository's root; None when it could not be told.
        rule: what decided, or why it could not be told, in words.
    """

    path: str | None
    rule: str


class PathRule(msgspec.Struct, frozen=True):
    """Take `strip` off the front of a path and put `add` there.

    Attributes:
        strip, add: either empty or ending in `/`.
        words: the rule for people.
        certain: False when nothing but a file's bare name speaks for it.
    """

    strip: str = ""
    add: str = ""
    words: str = "as written"
    certain: bool = True

    def apply(self, path: str) -> str | None:
        """The path after the rule; None when the rule does not fit it."""
        return self.add + path[len(self.strip) :] if path.startswith(self.strip) else None


class TrackedFiles:
    """The repository's files, found by their ends.

    Attributes:
        paths: all of them, relative to the root.
        roots: the checkout's absolute names, under which a tool may have written a path.
    """

    def __init__(self, paths: Collection[str], roots: Iterable[str] = ()) -> None:
        self.paths = paths
        self.roots = tuple(root.rstrip("/") + "/" for root in roots)
        self._by_name: Mapping[str, Sequence[str]] | None = None

    def named(self, name: str) -> Sequence[str]:
        """The files of a name, in order of their paths."""
        if self._by_name is None:
            index = defaultdict(list)
            for path in sorted(self.paths):
                index[path.rpartition("/")[2]].append(path)
            self._by_name = index
        return self._by_name.get(name, ())

    def nearest(self, path: str) -> str | None:
        """The file that shares the longest end with a path, as a hint; None when none does."""
        path = normalised(path)
        files = self.named(path.rpartition("/")[2])
        return max(files, key=lambda f: len(_common_end(path, f)), default=None)


class PathResolver:
    """Resolves the paths of one results file."""

    def __init__(self, tracked: TrackedFiles, rules: Sequence[PathRule], trouble: str = "") -> None:
        self._tracked = tracked
        self._rules = rules
        self._trouble = trouble
        self._known: dict[str, Resolved] = {}

    @property
    def rule(self) -> str:
        """The rule in words; of a tie, what tied."""
        return self._trouble or self._rules[0].words

    def resolve(self, path: str) -> Resolved:
        """Where a path lies; each distinct one is worked out once."""
        resolved = self._known.get(path)
        if resolved is None:
            resolved = self._known[path] = self._work_out(path)
        return resolved

    def _work_out(self, path: str) -> Resolved:
        wanted = normalised(path)
        for rule in self._rules:
            candidate = rule.apply(wanted)
            if candidate is not None and candidate in self._tracked.paths:
                return Resolved(candidate, rule.words)
        if self._trouble and not _is_outside(wanted):
            return Resolved(None, self._trouble)
        if _is_outside(wanted):
            return Resolved(None, "it lies outside the repository")
        return Resolved(None, "no tracked file has this path")

    @property
    def asked(self) -> Sequence[str]:
        """The distinct paths that were asked for, as the tool wrote them."""
        return tuple(self._known)

    @property
    def unmatched(self) -> Sequence[str]:
        """The distinct paths that were not found, as the tool wrote them."""
        return [path for path, resolved in self._known.items() if resolved.path is None]


def direct(tracked: TrackedFiles) -> PathResolver:
    """A resolver that takes paths as they are, below the root or the checkout's own folder."""
    return PathResolver(tracked, _direct_rules(tracked))


def discover(tracked: TrackedFiles, paths: Iterable[str]) -> PathResolver:
    """The resolver for a results file of these distinct paths.

    Taking the paths as they are wins unless one prefix rule explains more of them.
    """
    wanted = [normalised(path) for path in dict.fromkeys(paths)]
    plain = _direct_rules(tracked)
    best = sum(any(rule.apply(p) in tracked.paths for rule in plain) for p in wanted)
    found: list[tuple[int, bool, int, PathRule]] = []
    for rule in _candidates(tracked, wanted):
        explained = sum((c := rule.apply(p)) is not None and c in tracked.paths for p in wanted)
        if explained > best and (explained > 1 or rule.certain):
            found.append((-explained, bool(rule.add), len(rule.strip), rule))
    if not found:
        return PathResolver(tracked, plain)
    found.sort(key=lambda f: (*f[:3], f[3].add))
    first = found[0]
    tied = [f[3] for f in found if f[:2] == first[:2] and f[3].add != first[3].add]
    if first[1] and tied:
        places = ", ".join(sorted({repr(rule.add) for rule in (first[3], *tied)})[:4])
        return PathResolver(tracked, plain, f"it fits equally below {places}")
    return PathResolver(tracked, (first[3],))


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


def _is_outside(path: str) -> bool:
    return path.startswith(("/", "../")) or path == ".." or bool(_DRIVE.match(path))


def _direct_rules(tracked: TrackedFiles) -> Sequence[PathRule]:
    return (
        PathRule(),
        *(PathRule(strip=root, words=f"below the checkout {root}") for root in tracked.roots),
    )


def _candidates(tracked: TrackedFiles, paths: Sequence[str]) -> Sequence[PathRule]:
    """The prefix rules that explain at least one path, those with most votes first."""
    votes: Counter[tuple[str, str]] = Counter()
    parts: dict[tuple[str, str], int] = {}
    for path in paths:
        if path.startswith("..") or _FOREIGN.search(path):
            continue  # the first leaves the folder it was written for
        files = tracked.named(path.rpartition("/")[2])
        if len(files) > _COMMON and len(paths) > 1:
            continue
        for file in files[:_COMMON]:
            end = _common_end(path, file)
            key = (path[: len(path) - len(end)], file[: len(file) - len(end)])
            votes[key] += 1
            parts[key] = max(parts.get(key, 0), end.count("/") + 1)
    return [
        PathRule(strip, add, _words(strip, add), certain=parts[strip, add] > 1 or not add)
        for (strip, add), _ in votes.most_common(_CANDIDATES)
        if strip or add
    ]


def _words(strip: str, add: str) -> str:
    if not add:
        return f"without its prefix {strip}"
    return f"below {add}" if not strip else f"{add} instead of {strip}"


def _common_end(one: str, other: str) -> str:
    """The longest run of whole path parts that both end with."""
    ours, theirs = one.split("/"), other.split("/")
    number = 0
    while number < min(len(ours), len(theirs)) and ours[-1 - number] == theirs[-1 - number]:
        number += 1
    return "/".join(ours[len(ours) - number :])
