"""Floor 6: reads results files into one selection, each by the path rule that suits it."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from insights_uploader.inputs.arguments import Argument
from insights_uploader.inputs.parser import Parser
from insights_uploader.inputs.plugins import Plugins
from insights_uploader.inputs.source import Source
from insights_uploader.model.errors import MalformedError, ResultsError
from insights_uploader.model.finding import Finding
from insights_uploader.model.measure import FileCoverage, Remark, TestTotals, ToolRun
from insights_uploader.plan.plan import InputRecord
from insights_uploader.repository.paths import PathResolver, PathRule, direct, discover
from insights_uploader.repository.tracked_files import TrackedFiles
from insights_uploader.selection.selection import Caps, Selection
from insights_uploader.selection.selector import Judging, Selector

_UNMATCHED_SHOWN = 10
_REMARKS = 20


class Reader:
    """Reads files one after the other; nothing of a file counts that did not end well.

    Attributes:
        matched: the files of the repository that findings were placed in, or measured.
    """

    def __init__(
        self,
        plugins: Plugins,
        tracked: TrackedFiles,
        aliases: Sequence[PathRule],
        judging: Judging,
        caps: Caps,
    ) -> None:
        self._plugins = plugins
        self._tracked = tracked
        self._aliases = aliases
        self._judging = judging
        self._caps = caps
        self._used: set[str] = set()
        self.matched: set[str] = set()

    @property
    def unused_aliases(self) -> Sequence[PathRule]:
        """The user's aliases that led no path to a file."""
        return [alias for alias in self._aliases if alias.words not in self._used]

    def read_all(self, arguments: Sequence[Argument]) -> tuple[Selection, Sequence[InputRecord]]:
        """Read all files, and tell of every one that cannot be used.

        Raises:
            ResultsError: one cannot be used.
            ExceptionGroup: of those, when several cannot.
        """
        selection = Selection(self._caps)
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
        """Read one file; a second time when its paths turn out to need another rule.

        The rule is found from all of its paths, which are known only after the first time; for
        files whose paths are as git has them there is no second.
        """
        parser = self._plugins.named(argument.format) if argument.format else None
        with Source(argument.path, may_be_empty=_empty_is_clean(parser)) as source:
            parser = parser or self._plugins.detect(source)
            resolver = direct(self._tracked, self._aliases)
            read: _Read | None = self._pass(source, parser, resolver, is_final=False)
            if resolver.unmatched:
                beside = _folder(source.path, self._tracked.roots)
                first = resolver
                resolver = discover(self._tracked, first.asked, self._aliases, beside)
                if any(resolver.resolve(p).path != first.resolve(p).path for p in first.asked):
                    read = None
            if read is None or self._judging.trace is not None:
                read = self._pass(source, parser, resolver, is_final=True)
            self._used |= resolver.used
            self.matched |= read.selector.matched
            return read.selection, self._record(read, parser, resolver)

    def _pass(
        self, source: Source, parser: Parser, resolver: PathResolver, *, is_final: bool
    ) -> "_Read":
        selection = Selection(self._caps, shard=source.path)
        judging = self._judging if is_final else self._judging.silent()
        selector = Selector(selection, resolver.resolve, judging)
        remarks: list[Remark] = []
        for item in parser.parse(source):
            match item:
                case Finding():
                    selector.add(item)
                case FileCoverage():
                    selector.cover(item)
                case ToolRun():
                    selector.ran(item)
                case TestTotals():
                    selector.tested(item)
                case Remark():
                    remarks.append(item)
        if not selector.tools:
            raise MalformedError(source.path, "", f"the parser {parser.name} found no tool's run")
        return _Read(source.path, selection, selector, remarks)

    def _record(self, read: "_Read", parser: Parser, resolver: PathResolver) -> InputRecord:
        selection, selector = read.selection, read.selector
        unmatched = list(selector.unmatched)
        return InputRecord(
            path=read.path,
            format=parser.name,
            tools=tuple(selector.tools),
            reports=tuple(selection.reports),
            findings=sum(report.parsed for report in selection.reports.values()),
            paths=len(selector.matched) + len(unmatched),
            matched=len(selector.matched),
            path_rule=resolver.rule,
            unmatched={
                path: None if resolver.is_tied else self._tracked.nearest(path)
                for path in unmatched[:_UNMATCHED_SHOWN]
            },
            remarks=tuple(read.remarks[:_REMARKS]),
        )


class _Read(NamedTuple):
    """What one reading of a file gave."""

    path: str
    selection: Selection
    selector: Selector
    remarks: Sequence[Remark]


def _folder(path: str, roots: Sequence[str]) -> str:
    """The folder that a results file lies in, relative to the checkout; "" when it is outside."""
    folder = f"{Path(path).resolve().parent}/"
    inside = next((folder.removeprefix(root) for root in roots if folder.startswith(root)), "")
    return inside.rstrip("/")


def _empty_is_clean(parser: Parser | None) -> bool:
    """True when a file of no bytes is this format's way to say that all is well."""
    return bool(getattr(parser, "empty_is_clean", False))
