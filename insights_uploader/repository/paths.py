"""Where a path that a tool wrote lies in the repository. Pure: the tracked files are the truth.

A results file is resolved by one rule as a whole: its paths are taken as they are, or one prefix
is taken off and another put on. The rule is found from all distinct paths of the file, and the
one that explains most of them wins; on a tie they are only taken as they are.
"""

import bisect
import functools
import posixpath
import re
from collections import Counter
from collections.abc import Collection, Iterable, Sequence

import msgspec

_DRIVE = re.compile(r"[A-Za-z]:/")
_COMMON = 64  # an end borne by more files (__init__.py, index.js) says little about a prefix
_CANDIDATES = 64
_FOREIGN = re.compile(
    r"(^|/)(site-packages|dist-packages|node_modules|pkg/mod|\.cargo|\.m2)/"
    r"|^/(usr/(local/)?(lib|include|share)\w*|rustc)/"
)
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
        certain: False when nothing but a file's bare name speaks for the folder `add`.
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
        self.paths = frozenset(paths)
        self.roots = tuple(root.rstrip("/") + "/" for root in roots)

    @functools.cached_property
    def by_end(self) -> Sequence[tuple[str, str]]:
        """Each file after its parts in reverse, sorted: those with the same end stand together."""
        return sorted((_reverse(path), path) for path in self.paths)

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

    def clean(self, path: str) -> str:
        """A path normalised, unless a file has exactly this name."""
        return path if path in self.paths else normalised(path)

    def nearest(self, path: str) -> str | None:
        """The file that shares the longest end with a path, as a hint.

        None when no file does, and when all that many files share is a common name.
        """
        ends = self.ends(self.clean(path))
        if not ends or (len(ends) == 1 and len(ends[0][1]) > 1) or _FOREIGN.search(path):
            return None
        return min(self.by_end[index][1] for index in ends[-1][1])


class PathResolver:
    """Resolves the paths of one results file.

    The first rule that leads to a tracked file decides; what only the tied rules explain stays
    unresolved.
    """

    def __init__(
        self, tracked: TrackedFiles, rules: Sequence[PathRule], tied: Sequence[PathRule] = ()
    ) -> None:
        self._tracked = tracked
        self._rules = rules
        self._tied = tied
        self._known: dict[str, Resolved] = {}

    @property
    def rule(self) -> str:
        """The rule in words; of a tie, what tied."""
        if self._tied:
            places = " and ".join(sorted(r.words for r in self._tied)[:4])
            return f"it fits equally {places}: say which with a [[path-alias]] in the settings"
        used = [resolved.rule for resolved in self._known.values() if resolved.path is not None]
        return max(set(used), key=used.count) if used else PathRule().words

    @property
    def rules(self) -> tuple[Sequence[PathRule], Sequence[PathRule]]:
        """What it resolves by, and what tied."""
        return self._rules, self._tied

    def resolve(self, path: str) -> Resolved:
        """Where a path lies; each distinct one is worked out once."""
        resolved = self._known.get(path)
        if resolved is None:
            resolved = self._known[path] = self._work_out(path)
        return resolved

    def _work_out(self, path: str) -> Resolved:
        wanted = self._tracked.clean(path)
        for rule in self._rules:
            candidate = rule.apply(wanted)
            if candidate in self._tracked.paths:
                return Resolved(candidate, rule.words)
        if any(rule.apply(wanted) in self._tracked.paths for rule in self._tied):
            return Resolved(None, self.rule)
        if wanted.startswith(("/", "../")) or wanted == ".." or _DRIVE.match(wanted):
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


def direct(tracked: TrackedFiles, aliases: Sequence[PathRule] = ()) -> PathResolver:
    """A resolver that takes paths as they are, below the root or the checkout's own folder.

    The user's aliases come first, in their order; one that leads to no tracked file is passed over.
    """
    return PathResolver(tracked, (*aliases, *_direct_rules(tracked)))


def discover(
    tracked: TrackedFiles, paths: Iterable[str], aliases: Sequence[PathRule] = ()
) -> PathResolver:
    """The resolver for a results file of these distinct paths.

    Taking the paths as they are wins unless one prefix rule explains more of them. Of rules that
    explain equally many one that puts nothing on wins, then one whose `strip` the others only
    lengthen: more of the paths speaks for it. Any others tie.
    """
    wanted = [tracked.clean(path) for path in dict.fromkeys(paths)]
    plain = (*aliases, *_direct_rules(tracked))
    most = sum(any(rule.apply(p) in tracked.paths for rule in plain) for p in wanted)
    best: list[PathRule] = []
    for rule in _candidates(tracked, wanted):
        explained = sum(rule.apply(p) in tracked.paths for p in wanted)
        if explained == 1 and not rule.certain:
            continue
        if explained > most:
            most, best = explained, [rule]
        elif explained == most and best:
            best.append(rule)
    if not best:
        return PathResolver(tracked, plain)
    best = [rule for rule in best if not rule.add] or best
    first = min(best, key=lambda rule: (len(rule.strip), rule.strip, rule.add))
    if not all(r.add == first.add and r.strip.startswith(first.strip) for r in best):
        return PathResolver(tracked, plain, best)
    # A path as written or of this checkout stays one; below a sub-module's root only the latter.
    return PathResolver(tracked, (*aliases, first, *plain[len(aliases) + bool(first.add) :]))


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


def _direct_rules(tracked: TrackedFiles) -> Sequence[PathRule]:
    return (
        PathRule(),
        *(PathRule(strip=root, words=f"below the checkout {root}") for root in tracked.roots),
    )


def _candidates(tracked: TrackedFiles, paths: Sequence[str]) -> Sequence[PathRule]:
    """The prefix rules that explain at least one path, those with most votes first."""
    ours = [p for p in paths if not p.startswith("../") and not _FOREIGN.search(p)]
    found = [(path, ends) for path in ours if (ends := tracked.ends(path))]
    found.sort(key=lambda f: len(f[1][-1][1]))
    votes: Counter[tuple[str, str]] = Counter()
    parts: dict[tuple[str, str], int] = {}
    for path, ends in found:
        if len(ends[-1][1]) > _COMMON and votes:
            break
        longer = range(0)
        for end, span in reversed([e for e in ends if len(e[1]) <= _COMMON] or ends[-1:]):
            for index in span[:_COMMON]:
                if index not in longer:
                    file = tracked.by_end[index][1]
                    key = (path[: 1 - len(end)], file[: 1 - len(end)])
                    votes[key] += 1
                    parts[key] = max(parts.get(key, 0), end.count("/"))
            longer = span
    return [
        PathRule(strip, add, _words(strip, add), certain=parts[strip, add] > 1 or not add)
        for (strip, add), _ in votes.most_common(_CANDIDATES)
        if strip or add
    ]


def _words(strip: str, add: str) -> str:
    if not add:
        return f"without its prefix {strip}"
    return f"below {add}" if not strip else f"{add} instead of {strip}"


def _reverse(path: str) -> str:
    """A path's parts in reverse, each with a slash after it."""
    return "/".join(reversed(path.split("/"))) + "/"
