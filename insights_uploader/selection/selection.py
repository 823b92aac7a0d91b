"""What results files contribute: their best findings, and counts of all. Pure.

Each file fills a `Selection` of its own, which joins the others only when the file ended well.
Joining is the same for files, worker processes and CI shards: associative, commutative, and
without effect for a shard that is already in.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from insights_uploader.changes.changed_lines import ChangedLines
from insights_uploader.model.finding import Finding, Severity
from insights_uploader.model.ledger import Disposition, Ledger
from insights_uploader.model.measure import TestTotals, ToolRun
from insights_uploader.selection.identity import Identity
from insights_uploader.selection.placing import Resolve, place
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
    """What is counted of a finding that passed the filter; of one rule, a greater one is worse."""

    rule: str
    severity: Severity
    failed_test: bool


class ToolSelection:
    """The findings of one tool.

    Attributes:
        tool: its name.
        versions: that wrote the files.
        failures: the tool's own words that it failed.
        tests: its test cases; None when it counted none.
        parsed: how many findings were read.
        ended: how many of them ended before the cap, by disposition.
        passed: identity -> kind of every finding that passed the filter.
    """

    def __init__(self, tool: str, caps: Caps) -> None:
        self.tool = tool
        self.caps = caps
        self.versions: set[str] = set()
        self.failures: set[str] = set()
        self.tests: TestTotals | None = None
        self.parsed = 0
        self.ended: Counter[Disposition] = Counter()
        self.passed: dict[bytes, Kind] = {}
        self._on_lines = Ranking(caps.annotations)
        self._report_level = Ranking(min(caps.report_level, caps.annotations))

    def ran(self, run: ToolRun) -> None:
        """Note that the tool ran."""
        if run.version:
            self.versions.add(run.version)
        if run.failure is not None:
            self.failures.add(run.failure)

    def measured(self, tests: TestTotals) -> None:
        """Add test cases."""
        self.tests = self.tests.plus(tests) if self.tests else tests

    def keep(self, candidate: Candidate, kind: Kind) -> None:
        """Take in a finding that passed the filter."""
        self._pass(candidate.id, kind)
        located = candidate.end is Disposition.PUBLISHED
        (self._on_lines if located else self._report_level).prefer(candidate)

    def join(self, other: "ToolSelection") -> None:
        """Take another selection of the same tool in."""
        self.versions |= other.versions
        self.failures |= other.failures
        if other.tests is not None:
            self.measured(other.tests)
        self.parsed += other.parsed
        self.ended += other.ended
        self._on_lines.merge(other._on_lines)  # noqa: SLF001 - of its own kind
        self._report_level.merge(other._report_level)  # noqa: SLF001
        for identity, kind in other.passed.items():
            self._pass(identity, kind)

    def best(self) -> Sequence[Candidate]:
        """What is to be published, in rank order."""
        chosen = Ranking(self.caps.annotations)
        for ranking in (self._on_lines, self._report_level):
            for candidate in ranking.best():
                chosen.prefer(candidate)
        return chosen.best()

    def ledger(self, published: Iterable[Disposition]) -> Ledger:
        """The ledger when these are the ends of the findings that are published."""
        counts = Counter(self.ended)
        counts.update(published)
        counts[Disposition.OVER_CAP] += self.parsed - counts.total()
        return Ledger(parsed=self.parsed, dispositions={k: n for k, n in counts.items() if n})

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
    """The findings of all tools of one or more results files.

    Attributes:
        tools: by name, in the order in which they first appeared.
        shards: which results files are in.
    """

    def __init__(self, caps: Caps, shard: str | None = None) -> None:
        self.caps = caps
        self.shards: frozenset[str] = frozenset() if shard is None else frozenset([shard])
        self.tools: dict[str, ToolSelection] = {}

    def tool(self, name: str) -> ToolSelection:
        """The selection of a tool, empty when it is new."""
        if name not in self.tools:
            self.tools[name] = ToolSelection(name, self.caps)
        return self.tools[name]

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
        for name, theirs in other.tools.items():
            self.tool(name).join(theirs)


class Selector:
    """Puts the findings of one results file where they belong."""

    def __init__(
        self, selection: Selection, resolve: Resolve, changes: ChangedLines, identity: Identity
    ) -> None:
        self._selection = selection
        self._resolve = resolve
        self._changes = changes
        self._identity = identity
        self._kinds: dict[tuple[str, Severity, bool], Kind] = {}

    def add(self, finding: Finding) -> None:
        """Judge one finding."""
        tool = self._selection.tool(finding.tool)
        tool.parsed += 1
        placed, end = place(finding, self._resolve, self._changes)
        if end in (Disposition.PATH_UNRESOLVED, Disposition.OFF_DIFF):
            tool.ended[end] += 1
        elif finding.suppression is not None:
            tool.ended[Disposition.SUPPRESSED] += 1
        else:
            tool.keep(Candidate(self._identity.of(placed), placed, end), self._kind(finding))

    def _kind(self, finding: Finding) -> Kind:
        key = (finding.rule, finding.severity, finding.failed_test)
        return self._kinds.setdefault(key, Kind(*key))
