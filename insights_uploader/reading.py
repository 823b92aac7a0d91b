"""Floor 6: reads results files into one selection, each by the path rule that suits it."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from insights_uploader.inputs.arguments import Argument
from insights_uploader.inputs.parser import Parser
from insights_uploader.inputs.plugins import Plugins
from insights_uploader.inputs.source import Source
from insights_uploader.model.errors import (
    CheckoutError,
    DiffError,
    MalformedError,
    ResultsError,
)
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

    def read_all(self, arguments: Sequence[Argument]) -> "AllRead":
        """Read all files, and tell of every one that cannot be used.

        Raises:
            CheckoutError: the checkout cannot be used, whatever the files hold.
        """
        selection = Selection(self._caps)
        records: list[InputRecord] = []
        unread: list[Unread] = []
        for argument in arguments:
            heard: dict[str, None] = {}
            try:
                parser = self._plugins.named(argument.format) if argument.format else None
                heard |= _only_tool(parser)
                argument.check()
                part, record = self._read(argument, parser, heard)
            except (CheckoutError, DiffError):
                raise
            except ResultsError as error:
                unread.append(Unread(self._name(argument.path), error, tuple(heard)))
                continue
            selection.join(part)
            records.append(record)
        return AllRead(selection, records, unread)

    def names(self, arguments: Sequence[Argument]) -> Sequence[str]:
        """By what files, and the globs that found them, are called in every run."""
        return [self._name(a) for each in arguments for a in (each.path, each.glob) if a]

    def _name(self, path: str) -> str:
        """A file's path in the checkout, wherever this program runs; else as the user named it."""
        return _inside(path, self._tracked.roots) or path

    def _read(
        self, argument: Argument, parser: Parser | None, heard: dict[str, None]
    ) -> tuple[Selection, InputRecord]:
        """Read one file; a second time when its paths turn out to need another rule.

        The rule is found from all of its paths, which are known only after the first time; for
        files whose paths are as git has them there is no second.
        """
        with Source(argument.path, may_be_empty=_empty_is_clean(parser)) as source:
            parser = parser or self._plugins.detect(source)
            heard |= _only_tool(parser)
            resolver = direct(self._tracked, self._aliases)
            read: _Read | None = self._pass(source, parser, resolver, heard, is_final=False)
            if resolver.unmatched:
                beside = _folder(source.path, self._tracked.roots)
                first = resolver
                resolver = discover(self._tracked, first.asked, self._aliases, beside)
                if any(resolver.resolve(p).path != first.resolve(p).path for p in first.asked):
                    read = None
            if read is None or self._judging.trace is not None:
                read = self._pass(source, parser, resolver, heard, is_final=True)
            self._used |= resolver.used
            self.matched |= read.selector.matched
            return read.selection, self._record(read, parser, resolver)

    def _pass(
        self,
        source: Source,
        parser: Parser,
        resolver: PathResolver,
        heard: dict[str, None],
        *,
        is_final: bool,
    ) -> "_Read":
        selection = Selection(self._caps, shard=source.path)
        judging = self._judging if is_final else self._judging.silent()
        selector = Selector(selection, resolver.resolve, judging)
        remarks: list[Remark] = []
        try:
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
        finally:
            heard.update(dict.fromkeys(selector.tools))
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


class Unread(NamedTuple):
    """A results file that cannot be used.

    Attributes:
        name: its path in the checkout, or as the user named it.
        error: why.
        tools: that it named before it broke.
    """

    name: str
    error: ResultsError
    tools: Sequence[str]


class AllRead(NamedTuple):
    """What all results files gave."""

    selection: Selection
    records: Sequence[InputRecord]
    unread: Sequence[Unread]


class _Read(NamedTuple):
    """What one reading of a file gave."""

    path: str
    selection: Selection
    selector: Selector
    remarks: Sequence[Remark]


def _folder(path: str, roots: Sequence[str]) -> str:
    """The folder that a results file lies in, relative to the checkout; "" when it is outside."""
    return (_inside(path, roots) or "").rpartition("/")[0]


def _inside(path: str, roots: Sequence[str]) -> str | None:
    """A path relative to the checkout; None when it leads elsewhere, or nowhere that has a name."""
    try:
        full = str(Path(path).resolve())
    except (OSError, RuntimeError, ValueError):
        return None
    return next((full.removeprefix(root) for root in roots if full.startswith(root)), None)


def _only_tool(parser: Parser | None) -> dict[str, None]:
    """The tool that all files of a format are of, where there is one."""
    tool: str | None = getattr(parser, "tool", None)
    return {} if tool is None else {tool: None}


def _empty_is_clean(parser: Parser | None) -> bool:
    """True when a file of no bytes is this format's way to say that all is well."""
    return bool(getattr(parser, "empty_is_clean", False))
