"""Floor 6: from results files to the plan; the only place that wires the floors below."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import BinaryIO

import msgspec

from insights_uploader.changes.diff_file import DiffFile
from insights_uploader.changes.source import Diff
from insights_uploader.changes.unified import parse_diff
from insights_uploader.gate import Evidence, Policy, Verdict, judge
from insights_uploader.inputs.arguments import Argument, expand
from insights_uploader.inputs.plugins import Plugins
from insights_uploader.inputs.source import Source
from insights_uploader.model.errors import MalformedError, ResultsError
from insights_uploader.model.finding import Finding, Severity
from insights_uploader.model.ledger import Disposition
from insights_uploader.model.measure import Remark, TestTotals, ToolRun
from insights_uploader.plan.draft import ReportDraft, annotation
from insights_uploader.plan.plan import (
    DiffRecord,
    InputRecord,
    PayloadBuilder,
    Plan,
    Target,
    planned,
)
from insights_uploader.repository.checkout import Checkout
from insights_uploader.repository.paths import PathResolver, TrackedFiles, direct, discover
from insights_uploader.selection.identity import Identity
from insights_uploader.selection.selection import Caps, Selection, Selector, ToolSelection

_UNMATCHED_SHOWN = 10
_REMARKS = 20


class Presentation(msgspec.Struct, frozen=True):
    """How the user wants the reports to look; None leaves it to us."""

    title: str | None = None
    reporter: str | None = None
    link: str | None = None
    logo_url: str | None = None


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """What the user asks for.

    Attributes:
        results: the RESULTS of the command line.
        checkout: a folder in the checkout.
        base: the revision to compare with; None for the remote's default branch.
        diff: a unified diff's file instead, `-` for standard input.
        project, repository, commit: the destination; None while only a preview is asked for, and
            for the commit that is checked out.
        caps, policy, presentation: as their types say.
    """

    results: Sequence[str]
    checkout: Path
    base: str | None = None
    diff: str | None = None
    project: str | None = None
    repository: str | None = None
    commit: str | None = None
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
        keys: report key by tool.
    """

    plugins: Plugins
    environ: Mapping[str, str]
    stdin: BinaryIO
    now_ms: int
    builder: PayloadBuilder
    keys: Callable[[Sequence[str]], Mapping[str, str]]


def make_plan(request: Request, world: World) -> Plan:
    """Read everything and decide everything; nothing is sent.

    Raises:
        InsightsError: anything the user can cause.
        ExceptionGroup: of those, when several results files cannot be used.
    """
    arguments = expand(request.results, world.plugins.parsers)
    checkout = Checkout(request.checkout, world.environ)
    commit = checkout.commit_id(request.commit) if request.commit else checkout.head.id
    if commit != checkout.head.id:
        raise ResultsError(
            "not-checked-out",
            f"commit {commit} is not checked out: HEAD is {checkout.head.id}",
            "Check that commit out, or leave --commit away.",
        )
    diff = _diff(request, checkout, world.stdin)
    reader = _Reader(request, world.plugins, checkout, diff)
    selection, records = reader.read_all(arguments)
    verdict = judge(request.policy, _evidence(selection, records))
    drafts = _drafts(request, world, selection, verdict)
    return Plan(
        target=Target(
            project=request.project,
            repository=request.repository,
            commit=commit,
            merge_base=diff.base,
            pull_request=None,
            limit=request.caps.annotations,
        ),
        reports=planned(world.builder, drafts),
        inputs=tuple(records),
        diff=DiffRecord(
            source=diff.source,
            base=diff.base,
            files=len(diff.changes.files),
            lines=diff.changes.line_count,
            uncommitted=checkout.uncommitted(),
        ),
        verdict=verdict,
        builder=world.builder,
    )


def _diff(request: Request, checkout: Checkout, stdin: BinaryIO) -> Diff:
    """The changed lines, from a file or from git."""
    if request.diff is not None:
        return DiffFile(request.diff, stdin, checkout.head).changed_lines()
    revision = request.base or checkout.default_base()
    base = checkout.merge_base(revision)
    changes = parse_diff(checkout.diff(base), "git diff", zero_context=True)
    return Diff(changes, f"git diff {revision}...HEAD", base)


class _Reader:
    """Reads results files into one selection."""

    def __init__(self, request: Request, plugins: Plugins, checkout: Checkout, diff: Diff) -> None:
        self._request = request
        self._plugins = plugins
        self._changes = diff.changes
        self._tracked = TrackedFiles(checkout.head.files, checkout.spellings)
        self._identity = Identity(checkout.head.lines)

    def read_all(self, arguments: Sequence[Argument]) -> tuple[Selection, Sequence[InputRecord]]:
        selection = Selection(self._request.caps)
        records: list[InputRecord] = []
        errors: list[ResultsError] = []
        for argument in arguments:
            try:
                part, record = self._read(argument)
            except ResultsError as error:
                errors.append(error)
                continue
            selection.join(part)
            records.append(record)
        if len(errors) > 1:
            raise ExceptionGroup("several results files cannot be used", errors)
        if errors:
            raise errors[0]
        return selection, records

    def _read(self, argument: Argument) -> tuple[Selection, InputRecord]:
        """Read one file; a second time when its paths turn out to need another rule."""
        with Source(argument.path) as source:
            parser_name = argument.format or self._plugins.detect(source).name
            resolver = direct(self._tracked)
            selection, record = self._pass(source, parser_name, resolver)
            if resolver.unmatched:
                better = discover(self._tracked, resolver.asked)
                if better.rule != resolver.rule:
                    return self._pass(source, parser_name, better)
            return selection, record

    def _pass(
        self, source: Source, parser_name: str, resolver: PathResolver
    ) -> tuple[Selection, InputRecord]:
        selection = Selection(self._request.caps, shard=source.path)
        selector = Selector(selection, resolver.resolve, self._changes, self._identity)
        remarks: list[Remark] = []
        for item in self._plugins.named(parser_name).parse(source):
            match item:
                case Finding():
                    selector.add(item)
                case ToolRun():
                    selection.tool(item.tool).ran(item)
                case TestTotals():
                    selection.tool(item.tool).measured(item)
                case Remark():
                    remarks.append(item)
        if not selection.tools:
            raise MalformedError(source.path, "", f"the parser {parser_name} found no tool's run")
        return selection, self._record(source, parser_name, resolver, selection, remarks)

    def _record(
        self,
        source: Source,
        parser_name: str,
        resolver: PathResolver,
        selection: Selection,
        remarks: Sequence[Remark],
    ) -> InputRecord:
        unmatched = resolver.unmatched
        return InputRecord(
            path=source.path,
            format=parser_name,
            tools=tuple(selection.tools),
            findings=sum(tool.parsed for tool in selection.tools.values()),
            paths=len(resolver.asked),
            matched=len(resolver.asked) - len(unmatched),
            path_rule=resolver.rule,
            unmatched={p: self._tracked.nearest(p) for p in unmatched[:_UNMATCHED_SHOWN]},
            remarks=tuple(remarks[:_REMARKS]),
        )


def _evidence(selection: Selection, records: Sequence[InputRecord]) -> Sequence[Evidence]:
    """What the gate judges of each report."""
    evidence = []
    for tool in selection.tools.values():
        severities: Counter[Severity] = Counter()
        failing = 0
        for kind, number in tool.kinds().items():
            if kind.failed_test:
                failing += number
            else:
                severities[kind.severity] += number
        lost = tool.ended[Disposition.PATH_UNRESOLVED] > 0
        evidence.append(
            Evidence(
                report=tool.tool,
                severities=severities,
                failing_tests=failing,
                tool_failures=sorted(tool.failures),
                unmatched={
                    record.path: record.paths
                    for record in records
                    if lost and tool.tool in record.tools and record.paths and not record.matched
                },
            )
        )
    return evidence


def _drafts(
    request: Request, world: World, selection: Selection, verdict: Verdict
) -> Sequence[ReportDraft]:
    keys = world.keys(list(selection.tools))
    return [
        _draft(tool, keys[name], request.presentation, verdict, world.now_ms)
        for name, tool in selection.tools.items()
    ]


def _draft(
    tool: ToolSelection, key: str, presentation: Presentation, verdict: Verdict, now_ms: int
) -> ReportDraft:
    best = tool.best()
    rules: Counter[str] = Counter()
    severities: Counter[Severity] = Counter()
    for kind, number in tool.kinds().items():
        rules[kind.rule] += number
        severities[kind.severity] += number
    annotations = tuple(annotation(candidate) for candidate in best)
    return ReportDraft(
        tool=tool.tool,
        key=key,
        title=presentation.title or tool.tool,
        reporter=presentation.reporter or "insights-uploader",
        link=presentation.link,
        logo_url=presentation.logo_url,
        versions=sorted(tool.versions),
        result=verdict.of(tool.tool),
        reasons=verdict.failures(tool.tool),
        created_ms=now_ms,
        annotations=annotations,
        rules=rules,
        severities=severities,
        tests=tool.tests,
        ledger=tool.ledger([a.end for a in annotations]),
    )
