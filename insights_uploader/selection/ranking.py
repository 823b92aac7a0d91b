"""The best findings of a report, exactly, in bounded memory, in whatever order they come. Pure.

Findings of one severity, rule and file stand in the order of their lines: the n-th fills the slot
(n, file) of its rule. Slots are ordered by severity, then n, then the slot's place within its
rule, then the rule; so one noisy rule or file cannot fill a report. More findings only fill more
slots: the number of filled ones before a slot never falls, and a finding only moves to later
slots. What once was outside the best `cap` stays outside. That is why dropping early is exact, and
why merging is associative and commutative.
"""

import heapq
from collections import defaultdict
from collections.abc import Iterator, Sequence
from operator import attrgetter

import msgspec

from insights_uploader.model.finding import Placed
from insights_uploader.model.ledger import Disposition


class Candidate(msgspec.Struct, frozen=True, gc=False):
    """A finding that may be published.

    Attributes:
        id: the identity of its annotation, 16 bytes. Candidates of one identity share rule, path
            and line.
        placed: the finding and its place.
        end: how it ends when it is published, `PUBLISHED`, `RELOCATED` or `REPORT_LEVEL`.
        cases: how many failing cases of a parametrised test it stands for, itself included.
    """

    id: bytes
    placed: Placed
    end: Disposition
    cases: int = 1

    @property
    def rule(self) -> str:
        """What it is counted under: the tool's rule; of a case, the parametrised test's name."""
        finding = self.placed.finding
        return finding.rule if finding.variant_of is None else finding.variant_of

    @property
    def order(self) -> tuple[int, bytes]:
        """Its place among the findings of its rule and file."""
        return (self.placed.line or 0, self.id)

    def is_preferred_to(self, other: "Candidate") -> bool:
        """True when, of two findings of one identity, this one shall stand for both."""
        ours, theirs = _preference(self), _preference(other)
        return ours < theirs if ours != theirs else repr(self) < repr(other)


class Ranking:
    """Keeps the best `cap` candidates.

    An identity that comes with several severities takes a slot under each, so that no slot is ever
    vacated; it is given out once, under the worst of them.

    Attributes:
        cap: how many are kept in the end; up to twice as many in between.
    """

    def __init__(self, cap: int) -> None:
        self.cap = cap
        self._kept: dict[tuple[int, bytes], Candidate] = {}

    def add(self, candidate: Candidate) -> None:
        """Take a candidate in, instead of one of the same identity and severity."""
        self._kept[-candidate.placed.finding.severity, candidate.id] = candidate
        if len(self._kept) > 2 * self.cap + 64:
            self._kept = {(-c.placed.finding.severity, c.id): c for c in self._best(self.cap)}

    def prefer(self, candidate: Candidate) -> None:
        """Take a candidate in whose identity may be here already; the better one stays."""
        known = self._kept.get((-candidate.placed.finding.severity, candidate.id))
        if known is None or candidate.is_preferred_to(known):
            self.add(candidate)

    def merge(self, other: "Ranking") -> None:
        """Take another ranking's candidates in; of equal identities the better one stays."""
        for candidate in tuple(other._kept.values()):  # noqa: SLF001 - of its own kind
            self.prefer(candidate)

    def best(self, cap: int | None = None) -> list[Candidate]:
        """The candidates in rank order, at most `cap` (default: this ranking's own)."""
        limit = self.cap if cap is None else min(cap, self.cap)
        once: dict[bytes, Candidate] = {}
        for candidate in self._best(limit):
            once.setdefault(candidate.id, candidate)
        return list(once.values())

    def _best(self, limit: int) -> Sequence[Candidate]:
        return [candidate for *_, candidate in heapq.nsmallest(limit, self._ranked())]

    def _ranked(self) -> Iterator[tuple[int, int, int, str, Candidate]]:
        """Each candidate after its slot's rank: severity, n, place within the rule, and rule."""
        files = defaultdict(list)
        for (severity, _), candidate in self._kept.items():
            files[severity, candidate.rule, candidate.placed.path or ""].append(candidate)
        slots: dict[tuple[int, str], list[tuple[int, str, Candidate]]] = defaultdict(list)
        for (severity, rule, path), candidates in files.items():
            candidates.sort(key=attrgetter("order"))
            slots[severity, rule].extend((n, path, c) for n, c in enumerate(candidates))
        for (severity, rule), filled in slots.items():
            filled.sort()
            for index, (n, _, candidate) in enumerate(filled):
                yield severity, n, index, rule, candidate


def _preference(candidate: Candidate) -> tuple[int, bool, str]:
    finding = candidate.placed.finding
    return (-finding.severity, not finding.failed_test, finding.message)
