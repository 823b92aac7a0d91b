"""Where a path that a tool wrote lies in the repository. Pure: the tracked files are the truth.

A results file is resolved by one rule as a whole: its paths are taken as they are, or one prefix
is taken off and another put on. The rule is found from all distinct paths of the file, and the
one that explains most of them wins; on a tie they are only taken as they are. A relative path that
is still not found lies where exactly one tracked file ends so. All of that is tried again ignoring
case when it explains more.
"""

import posixpath
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet

import msgspec

from insights_uploader.repository.tracked_files import FOREIGN, TrackedFiles

_DRIVE = re.compile(r"[A-Za-z]:/")
_COMMON = 64  # an end borne by more files (__init__.py, index.js) says little about a prefix
_CANDIDATES = 64
_NAMED = 4  # of those that tie, how many are named


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
        parts: how many parts at a path's end speak for it; 1 is nothing but a file's name.
    """

    strip: str = ""
    add: str = ""
    words: str = "as written"
    parts: int = 2

    def apply(self, path: str) -> str | None:
        """The path after the rule; None when the rule does not fit it."""
        if not path.startswith(self.strip):
            return None
        path = self.add + path[len(self.strip) :]
        return posixpath.normpath(path) if "/../" in path else path

    def folded(self) -> "PathRule":
        """The same rule for paths that are compared ignoring case."""
        return msgspec.structs.replace(self, strip=self.strip.casefold(), add=self.add.casefold())


class PathResolver:
    """Resolves the paths of one results file.

    The first rule that leads to a tracked file decides; what only the tied rules explain stays
    unresolved.
    """

    def __init__(
        self,
        tracked: TrackedFiles,
        rules: Sequence[PathRule],
        tied: Sequence[PathRule] = (),
        *,
        by_end: bool = False,
        otherwise: "PathResolver | None" = None,
    ) -> None:
        """Set it up.

        Args:
            tracked: the truth.
            rules: in their order.
            tied: rules of which none is better than another.
            by_end: also take the only file that ends as a relative path does.
            otherwise: asked for what is not found.
        """
        self._tracked = tracked
        self._rules = rules
        self._tied = tied
        self._by_end = by_end
        self._otherwise = otherwise
        self._known: dict[tuple[str, bool], Resolved] = {}

    def resolve(self, path: str, *, derived: bool = False) -> Resolved:
        """Where a path lies; each distinct one is worked out once.

        Args:
            path: as the tool wrote it.
            derived: a parser made it of a name (`Location.derived`).
        """
        resolved = self._known.get((path, derived))
        if resolved is None:
            work_out = self._derived if derived else self._written
            resolved = self._known[path, derived] = work_out(path)
        return resolved

    @property
    def rule(self) -> str:
        """The rule that most paths were found by, in words; of a tie, what tied."""
        if self._tied:
            return f"{_fits(r.words for r in self._tied)}: say which with --path-alias"
        used = Counter(r.rule for r in self._known.values() if r.path is not None)
        return min(used, key=lambda rule: (-used[rule], rule)) if used else PathRule().words

    @property
    def used(self) -> AbstractSet[str]:
        """The words of the rules that led to files."""
        return {resolved.rule for resolved in self._known.values() if resolved.path is not None}

    @property
    def is_tied(self) -> bool:
        """True when several rules explain the paths equally."""
        return bool(self._tied)

    @property
    def asked(self) -> Sequence[str]:
        """The distinct paths that were asked for, as the tool wrote them."""
        return tuple(path for path, derived in self._known if not derived)

    @property
    def unmatched(self) -> Sequence[str]:
        """The distinct paths that were not found, as the tool wrote them."""
        return [path for path in self.asked if self._known[path, False].path is None]

    def _written(self, path: str) -> Resolved:
        wanted = self._tracked.clean(path)
        for rule in self._rules:
            candidate = rule.apply(wanted)
            found = self._tracked.find(candidate)
            if found is not None:
                is_link = found != candidate and not self._tracked.ignores_case
                return Resolved(found, rule.words + ", through a link" * is_link + self._how)
        resolved = self._otherwise.resolve(path) if self._otherwise else None
        if resolved is None or resolved.path is None:
            resolved = self._unruled(wanted)
        return resolved

    def _unruled(self, wanted: str) -> Resolved:
        """A path that no rule leads to a file."""
        if wanted.startswith(("/", "../")) or wanted == ".." or _DRIVE.match(wanted):
            resolved = Resolved(None, f"it lies outside the repository{self._tried}")
        else:
            resolved = self._ending(wanted)
        if resolved.path is None and any(self._tracked.find(r.apply(wanted)) for r in self._tied):
            return Resolved(None, self.rule)
        return resolved

    def _ending(self, wanted: str) -> Resolved:
        """A relative path that no rule explains, by its end."""
        files: Sequence[str] = ()
        if self._by_end and not FOREIGN.search(wanted):
            files = self._tracked.ending(wanted)
        if len(files) == 1 and "/" not in wanted:
            return Resolved(None, f"only {files[0]} has this name, which says too little")
        return self._only(files, "the only tracked file that ends so")

    def _derived(self, name: str) -> Resolved:
        clean = self._tracked.clean(name)
        is_whole = "/" in clean and clean in self._tracked.paths
        files = [clean] if is_whole else self._tracked.akin(clean)
        return self._only(files, "the only tracked file that fits the name")

    def _only(self, files: Sequence[str], words: str) -> Resolved:
        if not files:
            return Resolved(None, f"no tracked file has this path{self._tried}")
        if len(files) > 1:
            return Resolved(None, _fits(files))
        return Resolved(self._tracked.find(files[0]), words + self._how)

    @property
    def _tried(self) -> str:
        """What else than the path as written was tried."""
        words = [rule.words for rule in self._rules if rule.words != PathRule().words]
        return f", nor {', nor '.join(words[:_NAMED])}" if words else ""

    @property
    def _how(self) -> str:
        return ", ignoring case" if self._tracked.ignores_case else ""


def direct(tracked: TrackedFiles, aliases: Sequence[PathRule] = ()) -> PathResolver:
    """A resolver that takes paths as they are, below the root or the checkout's own folder.

    The user's aliases come first, in their order; one that leads to no tracked file is passed over.
    """
    return PathResolver(tracked, (*aliases, *_direct_rules(tracked)))


def discover(
    tracked: TrackedFiles,
    paths: Iterable[str],
    aliases: Sequence[PathRule] = (),
    beside: str = "",
) -> PathResolver:
    """The resolver for a results file of these distinct paths.

    Taking the paths as they are wins unless one prefix rule explains more of them. Of rules that
    explain equally many one that puts nothing on wins, then the one that leads to the folder that
    the results file lies in; any others tie.

    Args:
        tracked: the truth.
        paths: as the tool wrote them.
        aliases: the user's rules, which come first.
        beside: the results file's folder, relative to the root; "" when it is not below it.
    """
    paths = tuple(dict.fromkeys(paths))
    rules, tied = _settled(_rules(tracked, paths, aliases), beside)
    exact = PathResolver(tracked, rules, tied, by_end=True)
    missing = [path for path in paths if exact.resolve(path).path is None]
    if not missing:
        return exact
    rules_folded, tied_folded = _settled(
        _rules(tracked.folded, paths, [a.folded() for a in aliases]), beside.casefold()
    )
    folded = PathResolver(tracked.folded, rules_folded, tied_folded, by_end=True)
    if all(folded.resolve(path).path is None for path in missing):
        return exact
    return PathResolver(tracked, rules, tied, by_end=True, otherwise=folded)


def _rules(
    tracked: TrackedFiles, paths: Sequence[str], aliases: Sequence[PathRule]
) -> tuple[Sequence[PathRule], Sequence[PathRule]]:
    """The rules that explain most of the paths, in their order, and those that tie."""
    wanted = [tracked.clean(path) for path in paths]
    plain = (*aliases, *_direct_rules(tracked))
    most = sum(any(tracked.find(rule.apply(p)) for rule in plain) for p in wanted)
    best: list[PathRule] = []
    for rule in _candidates(tracked, wanted):
        explained = _explained(tracked, rule, wanted, most)
        if not explained or not _is_credible(rule, explained, wanted, tracked):
            continue
        if explained > most:
            most, best = explained, [rule]
        elif explained == most and best:
            best.append(rule)
    best = [rule for rule in best if not rule.add] or best
    if not best or not _agree(tracked, best, wanted):
        return plain, best
    # A path as written or of this checkout stays one; below a sub-module's root only the latter.
    return (*aliases, *best, *plain[len(aliases) + bool(best[0].add) :]), ()


def _agree(tracked: TrackedFiles, rules: Sequence[PathRule], wanted: Sequence[str]) -> bool:
    """Whether rules are of one folder, and lead no path to more than one file.

    A coverage file may name each of its files twice: by its whole path, and from its source root.
    Whole paths that begin in two ways may be of two repositories.
    """
    if len({rule.add for rule in rules}) > 1 or sum(bool(rule.strip) for rule in rules) > 1:
        return False
    found = ({tracked.find(rule.apply(path)) for rule in rules} - {None} for path in wanted)
    return len(rules) == 1 or all(len(files) <= 1 for files in found)


def _settled(
    found: tuple[Sequence[PathRule], Sequence[PathRule]], beside: str
) -> tuple[Sequence[PathRule], Sequence[PathRule]]:
    """Settle a tie between folders by where the results file lies, if that is in one of them."""
    rules, tied = found
    inside = [rule for rule in tied if rule.add and f"{beside}/".startswith(rule.add)]
    if len(inside) != 1:
        return found
    words = f"{inside[0].words}, where the results file lies"
    return (msgspec.structs.replace(inside[0], words=words), *rules), ()


def _explained(tracked: TrackedFiles, rule: PathRule, wanted: Sequence[str], least: int) -> int:
    """How many paths a rule leads to files; 0 for one that explains fewer than `least`."""
    missing = len(wanted) - least
    for path in wanted:
        if tracked.find(rule.apply(path)) is None:
            missing -= 1
            if missing < 0:
                return 0
    return least + missing


def _is_credible(
    rule: PathRule, explained: int, wanted: Sequence[str], tracked: TrackedFiles
) -> bool:
    """Whether a rule can be believed.

    One that nothing but bare names speak for has to explain enough. A relative path that begins in
    one of the repository's own folders means that one, and no other that is named alike.
    """
    first = rule.strip.partition("/")[0]
    if first in tracked.folders and rule.strip.rstrip("/") not in tracked.folders:
        return False
    if rule.parts > 1:
        return True
    if rule.add or rule.strip.startswith("../"):
        return explained > 1
    return 2 * explained >= sum(path.startswith(rule.strip) for path in wanted)


def _direct_rules(tracked: TrackedFiles) -> Sequence[PathRule]:
    return (
        PathRule(),
        *(PathRule(strip=root, words=f"below the checkout {root}") for root in tracked.roots),
    )


def _candidates(tracked: TrackedFiles, paths: Sequence[str]) -> Sequence[PathRule]:
    """The prefix rules that explain at least one path, those with most votes first."""
    found = [(p, ends) for p in paths if not FOREIGN.search(p) and (ends := tracked.ends(p))]
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
        PathRule(strip, add, _words(strip, add), parts[strip, add])
        for (strip, add), _ in votes.most_common(_CANDIDATES)
        if strip or add
    ]


def _fits(places: Iterable[str]) -> str:
    named = sorted(places)
    more = f" and {len(named) - _NAMED} more" if len(named) > _NAMED else ""
    return f"it fits equally {' and '.join(named[:_NAMED])}{more}"


def _words(strip: str, add: str) -> str:
    if not add:
        return f"without its prefix {strip}"
    return f"below {add}" if not strip else f"{add} instead of {strip}"
