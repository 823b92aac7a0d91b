"""Judges findings one by one: where each belongs, and how it ends. Pure."""

from collections.abc import Callable, Iterator, Mapping, Sequence

import msgspec

from insights_uploader.changes.line_map import LineMap
from insights_uploader.coverage import Coverage
from insights_uploader.model.finding import Finding, Placed, Severity
from insights_uploader.model.ledger import Disposition
from insights_uploader.model.measure import FileCoverage, LineCoverage, TestTotals, ToolRun
from insights_uploader.selection.diff_filter import DiffFilter
from insights_uploader.selection.identity import Identity
from insights_uploader.selection.placing import BROUGHT_IN, Resolve, place
from insights_uploader.selection.ranking import Candidate
from insights_uploader.selection.selection import Kind, ReportSelection, Selection
from insights_uploader.selection.wanted import Wanted

Trace = Callable[[Placed, Disposition, str, bytes | None], None]
"""Told of each finding: its place, its end before the cap, why, and its annotation's identity if
it passed."""


_BECAUSE = {
    Disposition.PUBLISHED: "its line passes the filter",
    Disposition.RELOCATED: "its line did not change, and is shown at the nearest that did",
    Disposition.REPORT_LEVEL: "it has no line in the diff, and is never filtered by it",
    Disposition.OFF_DIFF: "the filter takes none of its lines",
}


class Judging(msgspec.Struct, frozen=True):
    """By what findings are judged; the same for all files of a run.

    Attributes:
        diff: what of the diff a finding must touch.
        identity: tells findings apart.
        wanted: what the team wants to see.
        report_of: the key of the report that a tool's results go to.
        carried: leads from the lines that the tools saw to those of the diff; None where they are
            the same.
        trace: hears of every finding, for `explain`.
    """

    diff: DiffFilter
    identity: Identity
    wanted: Wanted = Wanted()
    report_of: Callable[[str], str] = str
    carried: LineMap | None = None
    trace: Trace | None = None

    def silent(self) -> "Judging":
        """The same without a trace, for a reading that may not count."""
        return self if self.trace is None else msgspec.structs.replace(self, trace=None)


class Selector:
    """Puts the contents of one results file where they belong.

    Attributes:
        matched: the repository paths that findings were placed at, or may have been.
        unmatched: the first path of each finding that has none there, as the tool wrote it.
    """

    def __init__(self, selection: Selection, resolve: Resolve, judging: Judging) -> None:
        self.matched: set[str] = set()
        self.unmatched: dict[str, None] = {}
        self._selection = selection
        self._resolve = resolve
        self._judging = judging
        self._reports: dict[str, ReportSelection] = {}
        self._kinds: dict[tuple[str, Severity, bool], Kind] = {}

    def ran(self, run: ToolRun) -> None:
        """Note that a tool ran."""
        self._report(run.tool).ran(run)

    def tested(self, tests: TestTotals) -> None:
        """Add test cases."""
        self._report(tests.tool).measured(tests)

    def add(self, finding: Finding) -> None:
        """Judge a finding that a parser yielded."""
        report = self._report(finding.tool)
        report.parsed += 1
        self._judge(finding, report)

    def derive(self, finding: Finding) -> None:
        """Judge a finding that was made from coverage."""
        report = self._report(finding.tool)
        report.derived += 1
        self._judge(finding, report)

    def cover(self, measured: FileCoverage) -> None:
        """Merge a file's coverage in, at the first of its paths that is tracked."""
        report = self._report(measured.tool)
        report.coverage = report.coverage or Coverage(measured.tool)
        for path in measured.paths:
            resolved = self._resolve(path).path
            if resolved is not None:
                self.matched.add(resolved)
                for where, lines in self._carried(resolved, measured.lines):
                    report.coverage.add(where, lines)
                return
        first = measured.paths[0] if measured.paths else ""
        self.unmatched.setdefault(first)
        report.coverage.add_elsewhere(first, measured.lines)

    def _carried(
        self, path: str, lines: Sequence[LineCoverage]
    ) -> Iterator[tuple[str, Sequence[LineCoverage]]]:
        """A file's measures where the diff counts its lines; without those that a merge brought."""
        carried = self._judging.carried
        if carried is None:
            yield path, lines
            return
        before = carried.path_before(path)
        if before is not None:
            places = ((line, carried.before(path, line.line)) for line in lines)
            yield (
                before,
                [msgspec.structs.replace(line, line=at.line) for line, at in places if at],
            )

    def _judge(self, finding: Finding, report: ReportSelection) -> None:
        wanted, trace = self._judging.wanted, self._judging.trace
        if wanted.adjustments:
            finding = wanted.adjusted(finding)
        judging = self._judging
        placed, end = place(finding, self._resolve, judging.diff, judging.carried)
        if placed.path is not None:
            self.matched.add(placed.path)
        elif named := [location.path for location in finding.locations if not location.derived]:
            self.unmatched.setdefault(named[0])
        why = ""
        annotation = None
        if end in (Disposition.PATH_UNRESOLVED, Disposition.OFF_DIFF):
            report.ended[end] += 1
        elif finding.suppression is not None:
            end, why = Disposition.SUPPRESSED, finding.suppression
            report.ended[end] += 1
        elif (wish := wanted.ignores(finding, placed.path)) is not None:
            end, why = Disposition.IGNORED, wish
            report.ended[end] += 1
        else:
            identity = annotation = self._judging.identity.of(placed)
            if finding.variant_of is not None and finding.locations:
                annotation = self._judging.identity.of_test(placed, finding.variant_of)
            candidate = Candidate(annotation, placed, end)
            report.keep(candidate, identity, self._kind(candidate))
        if trace is not None:
            because = placed.rule if placed.rule == BROUGHT_IN else _BECAUSE.get(end, placed.rule)
            trace(placed, end, why or because, annotation)

    def _report(self, tool: str) -> ReportSelection:
        report = self._reports.get(tool)
        if report is None:
            report = self._selection.report(self._judging.report_of(tool))
            report.tools[tool] = None
            self._reports[tool] = report
        return report

    @property
    def tools(self) -> Mapping[str, ReportSelection]:
        """The tools that were heard of, each with its report."""
        return self._reports

    def _kind(self, candidate: Candidate) -> Kind:
        finding = candidate.placed.finding
        key = (candidate.rule, finding.severity, finding.failed_test)
        return self._kinds.setdefault(key, Kind(*key))
