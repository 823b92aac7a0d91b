"""What results files contribute: their best findings, and counts of all. Pure.

Each file fills a `Selection` of its own, which joins the others only when the file ended well.
Joining is the same for files, worker processes and CI shards: associative, commutative, and
without effect for a shard that is already in.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from insights_uploader.coverage import Coverage
from insights_uploader.model.finding import Severity
from insights_uploader.model.ledger import Disposition, Ledger
from insights_uploader.model.measure import TestTotals, ToolRun
from insights_uploader.selection.identity import test_case
from insights_uploader.selection.ranking import Candidate, Ranking


class Caps(msgspec.Struct, frozen=True):
    """How many annotations one report may hold.

    Attributes:
        annotations: all of them.
        report_level: those among them without a place in the diff.
    """

    annotations: int = 1000
    report_level: int = 50


class Kind(msgspec.Struct, frozen=True, order=True):
    """What is counted of a finding that passed the filter; of one rule, a greater one is worse.

    All cases of a parametrised test have its name for a rule.
    """

    rule: str
    severity: Severity
    failed_test: bool


class ReportSelection:
    """The findings of one report: those of one tool, or of a group of tools.

    Attributes:
        name: the report's key.
        tools: whose findings these are, in the order in which they appeared.
        versions: of the tools that wrote the files.
        failures: the tools' own words that they failed.
        tests: the test cases; None when no tool counted any.
        coverage: the merged measures; None when no tool measured any.
        parsed, derived: how many findings were read, and made from coverage.
        ended: how many of them ended before the cap, by disposition; cases of one place not yet.
        passed: identity -> kind of every finding that passed the filter.
        failing_tests: how many test cases fail, file by file, each once however often it does.
        cases: annotation's identity -> the identities of the failing cases that it stands for, of
            every parametrised test.
    """

    def __init__(self, name: str, caps: Caps) -> None:
        self.name = name
        self.caps = caps
        self.tools: dict[str, None] = {}
        self.versions: set[str] = set()
        self.failures: set[str] = set()
        self.tests: TestTotals | None = None
        self.coverage: Coverage | None = None
        self.parsed = 0
        self.derived = 0
        self.ended: Counter[Disposition] = Counter()
        self.passed: dict[bytes, Kind] = {}
        self._failing_here: set[int | bytes] = set()
        self._failing_elsewhere = 0
        self.cases: dict[bytes, set[bytes]] = {}
        self._on_lines = Ranking(caps.annotations)
        self._report_level = Ranking(min(caps.report_level, caps.annotations))

    def ran(self, run: ToolRun) -> None:
        """Note that the tool ran."""
        if run.version:
            self.versions.add(run.version)
        if run.failure is not None:
            self.failures.add(run.failure)

    @property
    def failing_tests(self) -> int:
        """See above."""
        return len(self._failing_here) + self._failing_elsewhere

    def measured(self, tests: TestTotals) -> None:
        """Add test cases."""
        self.tests = self.tests.plus(tests) if self.tests else tests

    def keep(self, candidate: Candidate, identity: bytes, kind: Kind) -> None:
        """Take in a finding that passed the filter; the candidate's identity may be of several."""
        self._pass(identity, kind)
        if kind.failed_test:
            self._failing_here.add(candidate.placed.finding.case or test_case(candidate.placed))
        if candidate.placed.finding.variant_of is not None:
            self.cases.setdefault(candidate.id, set()).add(identity)
        located = candidate.end is not Disposition.REPORT_LEVEL
        (self._on_lines if located else self._report_level).prefer(candidate)

    def join(self, other: "ReportSelection") -> None:
        """Take another selection of the same report in."""
        self.tools |= other.tools
        self.versions |= other.versions
        self.failures |= other.failures
        if other.tests is not None:
            self.measured(other.tests)
        if other.coverage is not None:
            self.coverage = self.coverage or Coverage(other.coverage.tool)
            self.coverage.join(other.coverage)
        self.parsed += other.parsed
        self.derived += other.derived
        self.ended += other.ended
        self._on_lines.merge(other._on_lines)  # noqa: SLF001 - of its own kind
        self._report_level.merge(other._report_level)  # noqa: SLF001
        for identity, kind in other.passed.items():
            self._pass(identity, kind)
        self._failing_elsewhere += other.failing_tests
        for annotation, cases in other.cases.items():
            self.cases.setdefault(annotation, set()).update(cases)

    def best(self) -> Sequence[Candidate]:
        """What is to be published, in rank order."""
        chosen = Ranking(self.caps.annotations)
        for ranking in (self._on_lines, self._report_level):
            for candidate in ranking.best():
                chosen.prefer(candidate)
        return [
            msgspec.structs.replace(candidate, cases=len(self.cases[candidate.id]))
            if candidate.id in self.cases
            else candidate
            for candidate in chosen.best()
        ]

    def ledger(self, published: Iterable[Disposition]) -> Ledger:
        """The ledger when these are the ends of the findings that are published."""
        counts = Counter(self.ended)
        counts[Disposition.DUPLICATE] += sum(len(cases) - 1 for cases in self.cases.values())
        counts.update(published)
        counts[Disposition.OVER_CAP] += self.parsed + self.derived - counts.total()
        kept = {end: number for end, number in counts.items() if number}
        return Ledger(self.parsed, self.derived, kept)

    def kinds(self) -> Mapping[Kind, int]:
        """How many findings of each kind passed the filter, capped or not."""
        return Counter(self.passed.values())

    def _pass(self, identity: bytes, kind: Kind) -> None:
        """Count an identity once, as the worst of its kinds."""
        known = self.passed.get(identity)
        if known is not None:
            self.ended[Disposition.DUPLICATE] += 1
        self.passed[identity] = kind if known is None else max(known, kind)


class Selection:
    """The findings of all reports of one or more results files.

    Attributes:
        reports: by name, in the order in which they first appeared.
        shards: which results files are in.
    """

    def __init__(self, caps: Caps, shard: str | None = None) -> None:
        self.caps = caps
        self.shards: frozenset[str] = frozenset() if shard is None else frozenset([shard])
        self.reports: dict[str, ReportSelection] = {}

    def report(self, name: str) -> ReportSelection:
        """The selection of a report, empty when it is new."""
        if name not in self.reports:
            self.reports[name] = ReportSelection(name, self.caps)
        return self.reports[name]

    def join(self, other: "Selection") -> None:
        """Take another selection in; one whose shards are all in already changes nothing.

        Raises:
            ValueError: some of its shards are in and others are not.
        """
        if other.shards and other.shards <= self.shards:
            return
        if other.shards & self.shards:
            raise ValueError("two selections overlap in some of their shards")
        self.shards |= other.shards
        for name, theirs in other.reports.items():
            self.report(name).join(theirs)
