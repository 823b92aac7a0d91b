"""The best findings of a report, exactly, in bounded memory, in whatever order they come. Pure.

A finding's rank is that of the *slot* it fills. Findings of one severity, rule and file stand in
the order of their lines: the n-th fills the slot (n, file) of its rule. Slots are ordered by
severity, then n, then the slot's place within its rule, then the rule; so one noisy rule or file
cannot fill a report. More findings only add slots, and a slot's rank only gets worse: a slot that
once was outside the best `cap` stays outside. That is why dropping early is exact, and why
merging is associative and commutative.
"""

import bisect
import heapq
from collections.abc import Iterator
from operator import itemgetter

import msgspec

from insights_uploader.model.finding import Placed, Severity
from insights_uploader.model.ledger import Disposition

Slot = tuple[int, str]
"""How many of its rule and file come before it, and the file."""


class Candidate(msgspec.Struct, frozen=True, gc=False):
    """A finding that may be published.

    Attributes:
        id: its identity, 16 bytes.
        placed: the finding and its place.
        end: how it ends when it is published, `PUBLISHED` or `REPORT_LEVEL`.
    """

    id: bytes
    placed: Placed
    end: Disposition

    @property
    def order(self) -> tuple[int, bytes]:
        """Its place among the findings of its rule and file."""
        return (self.placed.line or 0, self.id)

    @property
    def preference(self) -> tuple[int, int, str]:
        """Which of several findings of one identity stands for all: the smallest."""
        finding = self.placed.finding
        return (-finding.severity, self.placed.line or 0, finding.message)


class _Rule:
    """The candidates of one severity and rule."""

    def __init__(self) -> None:
        self.files: dict[str, list[Candidate]] = {}
        self.closed: Slot | None = None  # this slot and all after it are outside the best

    def slots(self) -> Iterator[tuple[Slot, Candidate]]:
        """The slots in order, each with the candidate that fills it."""
        depth = 0
        paths = sorted(self.files)
        while paths:
            paths = [path for path in paths if depth < len(self.files[path])]
            yield from (((depth, path), self.files[path][depth]) for path in paths)
            depth += 1

    def trim(self, path: str) -> int:
        """Drop a file's candidates beyond the closed slot; how many is returned."""
        if self.closed is None:
            return 0
        depth, closed_path = self.closed
        allowed = depth + (path < closed_path)
        candidates = self.files[path]
        dropped = max(0, len(candidates) - allowed)
        if dropped:
            del candidates[allowed:]
            if not candidates:
                del self.files[path]
        return dropped


class Ranking:
    """Keeps the best `cap` candidates.

    Attributes:
        cap: how many are kept in the end; up to twice as many in between.
    """

    def __init__(self, cap: int) -> None:
        self.cap = cap
        self._rules: dict[tuple[int, str], _Rule] = {}
        self._size = 0

    def add(self, candidate: Candidate) -> None:
        """Take a candidate in; its identity must be new here."""
        finding = candidate.placed.finding
        path = candidate.placed.path or ""
        rule = self._rules.setdefault((-finding.severity, finding.rule), _Rule())
        bisect.insort(rule.files.setdefault(path, []), candidate, key=lambda c: c.order)
        self._size += 1 - rule.trim(path)
        if self._size > 2 * self.cap + 64:
            self._compact()

    def prefer(self, candidate: Candidate) -> None:
        """Take a candidate in whose identity is already here, if it is the better one."""
        path = candidate.placed.path or ""
        for severity in Severity:
            rule = self._rules.get((-severity, candidate.placed.finding.rule))
            known = rule.files.get(path, []) if rule else []
            for index, other in enumerate(known):
                if other.id == candidate.id:
                    if candidate.preference < other.preference:
                        del known[index]
                        self._size -= 1
                        self.add(candidate)
                    return

    def merge(self, other: "Ranking") -> None:
        """Take another ranking's candidates in; of equal identities the better one stays."""
        known = {c.id for rule in self._rules.values() for _, c in rule.slots()}
        for key, theirs in other._rules.items():  # noqa: SLF001 - of its own kind
            ours = self._rules.setdefault(key, _Rule())
            if theirs.closed is not None and (ours.closed is None or theirs.closed < ours.closed):
                ours.closed = theirs.closed
                self._size -= sum(ours.trim(path) for path in list(ours.files))
            for candidates in theirs.files.values():
                for candidate in candidates:
                    (self.prefer if candidate.id in known else self.add)(candidate)

    def best(self, cap: int | None = None) -> list[Candidate]:
        """The candidates in rank order, at most `cap` (default: this ranking's own)."""
        limit = self.cap if cap is None else min(cap, self.cap)
        return [candidate for _, candidate in heapq.nsmallest(limit, self._ranked(), itemgetter(0))]

    def _ranked(self) -> Iterator[tuple[tuple[int, int, int, str], Candidate]]:
        for (severity, name), rule in self._rules.items():
            for index, ((depth, _), candidate) in enumerate(rule.slots()):
                yield (severity, depth, index, name), candidate

    def _compact(self) -> None:
        kept = {candidate.id for candidate in self.best()}
        for rule in self._rules.values():
            for slot, candidate in rule.slots():
                if candidate.id not in kept:
                    rule.closed = slot
                    break
            self._size -= sum(rule.trim(path) for path in list(rule.files))
