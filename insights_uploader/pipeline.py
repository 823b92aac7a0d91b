"""Floor 6: from results files to the plan; the only place that wires the floors below."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import BinaryIO

import msgspec

from insights_uploader import coverage
from insights_uploader.gate import Evidence, Policy, Verdict, judge
from insights_uploader.inputs.arguments import expand
from insights_uploader.inputs.plugins import Plugins
from insights_uploader.model.finding import Severity
from insights_uploader.model.ledger import Disposition
from insights_uploader.plan.draft import ReportDraft, annotation
from insights_uploader.plan.plan import (
    DiffRecord,
    InputRecord,
    PayloadBuilder,
    Plan,
    Target,
    UnreadableInput,
    planned,
)
from insights_uploader.reading import Reader
from insights_uploader.repository.checkout import Checkout
from insights_uploader.repository.commit import Files
from insights_uploader.repository.paths import PathRule, Resolved
from insights_uploader.repository.tracked_files import TrackedFiles
from insights_uploader.review import Comparison, Server, Surroundings, UnderReview, under_review
from insights_uploader.selection.diff_filter import DiffFilter, FilterMode
from insights_uploader.selection.identity import Identity
from insights_uploader.selection.selection import Caps, ReportSelection, Selection
from insights_uploader.selection.selector import Judging, Selector, Trace
from insights_uploader.selection.wanted import Wanted
from insights_uploader.unreadable import OnBadInput


class Presentation(msgspec.Struct, frozen=True):
    """How the user wants the reports to look; None leaves it to us."""

    title: str | None = None
    titles: Mapping[str, str] = {}  # by report key; a group's own
    reporter: str | None = None
    link: str | None = None
    logo_url: str | None = None


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """What the user asks for.

    Attributes:
        results: the RESULTS of the command line.
        checkout: a folder in the checkout.
        comparison: what is compared with what.
        around: what the CI says of the commit under review.
        project, repository: the destination; None while only a preview is asked for.
        mode, context: what of the diff a finding must touch.
        relocate: move findings on unchanged lines of a changed file to the nearest changed one.
        aliases: the user's path rules.
        wanted, caps, policy, presentation: as their types say.
        report_of: the key of the report that a tool's results go to.
        on_bad_input: what becomes of results that cannot be read.
    """

    results: Sequence[str]
    checkout: Path
    report_of: Callable[[str], str]
    on_bad_input: OnBadInput = OnBadInput(str, aborts=True)
    comparison: Comparison = Comparison()
    around: Surroundings = Surroundings()
    project: str | None = None
    repository: str | None = None
    mode: FilterMode = FilterMode.ADDED
    context: int = 3
    relocate: bool = False
    aliases: Sequence[PathRule] = ()
    wanted: Wanted = Wanted()
    caps: Caps = Caps()
    policy: Policy = Policy()
    presentation: Presentation = Presentation()


class World(msgspec.Struct, frozen=True):
    """What lies outside: passed in, so that nothing here reaches for it.

    Attributes:
        plugins: the installed parsers.
        environ: this process's environment, for git.
        stdin: read for `--diff -`.
        now_ms: the time, in milliseconds since 1970.
        builder: makes the destination's bodies.
        server: asked for the pull request; None when nobody wants one.
        trace: hears how every finding ended, for `explain`.
        begun: hears what is under review, before any results are read.
        masked: hides the secrets of this run in what a tool wrote, as a test that prints its
            environment does.
    """

    plugins: Plugins
    environ: Mapping[str, str]
    stdin: BinaryIO
    now_ms: int
    builder: PayloadBuilder
    server: Server | None = None
    trace: Trace | None = None
    begun: Callable[[UnderReview], None] | None = None
    masked: Callable[[str], str] = str


def make_plan(request: Request, world: World) -> Plan:
    """Read everything and decide everything; nothing is sent.

    Raises:
        InsightsError: anything the user can cause.
        ExceptionGroup: of those, when several results files cannot be used and the run is to end
            there.
    """
    arguments = expand(request.results, world.plugins.parsers)
    checkout = Checkout(request.checkout, world.environ)
    review = under_review(request.comparison, request.around, checkout, world.server, world.stdin)
    if world.begun is not None:
        world.begun(review)
    changes = review.diff.changes
    judging = Judging(
        diff=DiffFilter(changes, request.mode, request.context, relocates=request.relocate),
        identity=Identity(review.content.lines),
        wanted=request.wanted,
        report_of=request.report_of,
        carried=review.carried,
        trace=world.trace,
    )
    tracked = TrackedFiles(review.seen.files, checkout.spellings, review.seen.links)
    reader = Reader(world.plugins, tracked, request.aliases, judging, request.caps)
    selection, records, unread = reader.read_all(arguments)
    unreadable = request.on_bad_input.tell(selection, unread, request.report_of)
    _derive(selection, judging, review.content)
    changed = _changed_rates(selection, DiffFilter(changes))
    verdict = judge(request.policy, _evidence(selection, records, unreadable, changed))
    drafts = [
        _draft(report, request.presentation, verdict, changed.get(key), world)
        for key, report in selection.reports.items()
    ]
    return Plan(
        target=Target(
            project=request.project,
            repository=request.repository,
            commit=review.commit,
            merge_base=review.diff.base,
            pull_request=review.pull_request.id if review.pull_request else None,
            limit=request.caps.annotations,
        ),
        reports=planned(world.builder, drafts),
        inputs=tuple(records),
        unreadable=unreadable,
        settled=request.on_bad_input.settled(reader.names(arguments), unreadable),
        notes=[*review.notes, *_unused(reader), *_changed_on_disk(request, checkout, reader)],
        diff=DiffRecord(
            review.diff.source, review.diff.base, len(changes.files), changes.line_count
        ),
        verdict=verdict,
        builder=world.builder,
        coverage=_all_coverage(selection),
    )


def _changed_on_disk(request: Request, checkout: Checkout, reader: Reader) -> Iterator[str]:
    """The tools may have seen another text than the commit's: after a formatter, before a commit."""
    if request.comparison.side != "committed" or not reader.matched:
        return
    changed = sorted(checkout.modified() & reader.matched)
    if changed:
        more = f" and {len(changed) - 1} more with findings" if changed[1:] else ""
        yield (
            f"{changed[0]}{more} on disk is not as in the commit: if a tool read it so, its lines "
            "may be others; --changes working-tree compares what is on disk"
        )


def _unused(reader: Reader) -> Iterator[str]:
    for alias in reader.unused_aliases:
        yield f"{alias.words.removeprefix('by ')} leads no path to a tracked file"


def _derive(selection: Selection, judging: Judging, content: Files) -> None:
    """Make findings from the merged coverage and judge them like any others.

    Their lines are those of the diff: what was measured elsewhere has been carried back.
    """
    judging = msgspec.structs.replace(judging, carried=None)
    for report in list(selection.reports.values()):
        if report.coverage is not None:
            selector = Selector(selection, _as_measured, judging)
            for finding in coverage.findings(report.coverage, judging.diff, content.lines):
                selector.derive(finding)


def _as_measured(path: str, *, derived: bool = False) -> Resolved:  # noqa: ARG001
    """Where a finding made from coverage lies: coverage is merged by repository path."""
    return Resolved(path, "as measured")


def _all_coverage(selection: Selection) -> coverage.Coverage | None:
    """What all reports measured together; None when none did."""
    parts = [r.coverage for r in selection.reports.values() if r.coverage is not None]
    if not parts:
        return None
    whole = coverage.Coverage(", ".join(dict.fromkeys(part.tool for part in parts)))
    for part in parts:
        whole.join(part)
    return whole


def _changed_rates(selection: Selection, changed: DiffFilter) -> Mapping[str, coverage.Rate]:
    """By report, the rate of the changed lines, whatever else the filter lets through."""
    return {
        key: report.coverage.of_chosen(changed)
        for key, report in selection.reports.items()
        if report.coverage is not None
    }


def _evidence(
    selection: Selection,
    records: Sequence[InputRecord],
    unreadable: Sequence[UnreadableInput],
    changed: Mapping[str, coverage.Rate],
) -> Sequence[Evidence]:
    """What the gate judges of each report."""
    evidence = []
    for key, report in selection.reports.items():
        severities: Counter[Severity] = Counter()
        for kind, number in report.kinds().items():
            if not kind.failed_test:
                severities[kind.severity] += number
        inputs = [record for record in records if key in record.reports]
        lost = report.ended[Disposition.PATH_UNRESOLVED] > 0 or report.coverage is not None
        evidence.append(
            Evidence(
                report=key,
                severities=severities,
                failing_tests=report.failing_tests,
                tool_failures=sorted(report.failures),
                unreadable=[each.message for each in unreadable if key in each.reports],
                paths=sum(record.paths for record in inputs),
                matched=sum(record.matched for record in inputs),
                unmatched={
                    record.path: record.paths
                    for record in inputs
                    if lost and record.paths and not record.matched
                },
                coverage=report.coverage.project() if report.coverage else None,
                changed_coverage=changed.get(key),
            )
        )
    return evidence


def _draft(
    report: ReportSelection,
    presentation: Presentation,
    verdict: Verdict,
    changed: coverage.Rate | None,
    world: World,
) -> ReportDraft:
    rules: Counter[str] = Counter()
    severities: Counter[Severity] = Counter()
    for kind, number in report.kinds().items():
        rules[kind.rule] += number
        severities[kind.severity] += number
    annotations = tuple(annotation(each, world.masked) for each in report.best())
    tools = ", ".join(report.tools)
    return ReportDraft(
        tool=tools,
        key=report.name,
        title=presentation.titles.get(report.name) or presentation.title or tools,
        reporter=presentation.reporter or "insights-uploader",
        link=presentation.link,
        logo_url=presentation.logo_url,
        versions=sorted(report.versions),
        result=verdict.of(report.name),
        reasons=verdict.failures(report.name),
        created_ms=world.now_ms,
        annotations=annotations,
        rules=rules,
        severities=severities,
        tests=report.tests,
        coverage=report.coverage.project() if report.coverage else None,
        changed_coverage=changed,
        ledger=report.ledger([a.end for a in annotations]),
    )
