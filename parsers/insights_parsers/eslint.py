"""ESLint: the formatters json (a list of files) and json-with-metadata (rules besides).

| message | rule | severity | type |
|---|---|---|---|
| fatal: the file could not be parsed | `fatal`, ESLint's word for it | HIGH | BUG |
| severity 2, "error" | its `ruleId` | HIGH | by the rule |
| severity 1, "warning" | its `ruleId` | MEDIUM | by the rule |
| any other severity, with a remark | its `ruleId` | MEDIUM | by the rule |

A rule whose metadata says "problem" finds BUGs, any other CODE_SMELLs; without metadata that is
not known, and a CODE_SMELL is the weaker claim. Messages of no rule (an ignored file, an unused
directive) get the rule `eslint`. ESLint writes its version into neither.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from insights_parsers.eslint_schema import (
    LintMessage,
    LintResult,
    Report,
    RuleMeta,
    Suppression,
)
from insights_parsers.json_reader import JsonReader
from insights_uploader.inputs.parser import Parsed
from insights_uploader.inputs.source import Source
from insights_uploader.model.finding import Finding, FindingType, Location, Severity
from insights_uploader.model.measure import Remark, ToolRun

_TOOL = "ESLint"
_FATAL_RULE = "fatal"
_NO_RULE = "eslint"
_STANDARD_INPUT = "<text>"  # filePath of code that came without --stdin-filename
_SEVERITIES = {1: Severity.MEDIUM, 2: Severity.HIGH}
_UNKNOWN = Severity.MEDIUM
_MAX_LINE = 2**31 - 1  # Bitbucket's lines are int32

_RESULT = rb'\{\s*"(?:filePath"|errorCount")'  # sorted keys begin with errorCount
_MARKS = re.compile(
    rb'\s*(?:\[\s*%(result)b|\{\s*"results"\s*:\s*\[\s*(?:%(result)b|\]\s*,\s*"metadata"\s*:\s*\{)'
    rb'|\{\s*"metadata"\s*:\s*\{\s*"(?:cwd|rulesMeta)")' % {b"result": _RESULT}
)


class EslintParser:
    """The plugin."""

    name = "eslint"
    tool = _TOOL

    def sniff(self, head: bytes, filename: str) -> bool:  # noqa: ARG002 - the content decides
        """JSON that begins with a file's result, or with rule metadata.

        An empty list is not claimed: ESLint lists clean files too, and writes one only where it
        linted nothing.
        """
        return _MARKS.match(head) is not None

    def parse(self, source: Source) -> Iterator[Parsed]:
        """Yield the ToolRun, each file's findings, and remarks on what is unknown or put right.

        Raises:
            MalformedError: not JSON, not ESLint's, or cut off.
        """
        reader = JsonReader(source.path, "ESLint's format json or json-with-metadata")
        content = source.map()
        where, rules = "", Rules({})
        if source.head().lstrip()[:1] == b"{":
            report = reader.decode(content, Report)
            where, results = "results", report.results
            rules = Rules((report.metadata and report.metadata.rules_meta) or {})
        else:
            results = reader.decode(content, list[msgspec.Raw])
        yield ToolRun(_TOOL)
        if not results:
            yield Remark("ESLint lists not one file, so it linted nothing")
        files = _Files(reader, rules)
        for index, result in enumerate(reader.each(results, LintResult, where)):
            yield from files.findings(result, f"{where}[{index}]")
        yield from files.remarks()
        yield from reader.remarks()


class Rules:
    """What the metadata says of the rules."""

    def __init__(self, metas: Mapping[str, RuleMeta | None]) -> None:
        self._metas = metas

    def type(self, rule: str) -> FindingType:
        """BUG for a "problem", "code that either will cause an error or may be confusing"."""
        meta = self._metas.get(rule)
        if meta is not None and meta.type == "problem":
            return FindingType.BUG
        return FindingType.CODE_SMELL

    def words(self, rule: str) -> tuple[str | None, str | None]:
        """The address of the rule's documentation, and its description."""
        meta = self._metas.get(rule)
        docs = meta.docs if meta is not None else None
        if not isinstance(docs, dict):
            return None, None
        return _text(docs.get("url")), _text(docs.get("description"))


class _Files:
    """Turns the files' messages into findings, and counts those of an unknown severity."""

    def __init__(self, reader: JsonReader, rules: Rules) -> None:
        self._reader = reader
        self._rules = rules
        self._unknown: Counter[str] = Counter()

    def findings(self, result: LintResult, where: str) -> Iterator[Finding]:
        """One file's findings, the suppressed ones last."""
        messages = self._reader.each(result.messages, LintMessage, f"{where}.messages")
        for message in messages:
            yield self._finding(message, result.file_path, None)
        suppressed = result.suppressed_messages or ()
        for message in self._reader.each(suppressed, LintMessage, f"{where}.suppressedMessages"):
            words = _suppression(message.suppressions or ())
            yield self._finding(message, result.file_path, words)

    def remarks(self) -> Iterator[Remark]:
        """What was counted."""
        for severity, number in self._unknown.items():
            yield Remark(f"{number} messages of severity {severity} are taken as warnings")

    def _finding(self, message: LintMessage, path: str, suppression: str | None) -> Finding:
        rule = message.rule_id or (_FATAL_RULE if message.fatal else _NO_RULE)
        link, description = self._rules.words(rule)
        return Finding(
            tool=_TOOL,
            rule=rule,
            message=message.message if message.message.strip() else rule,
            severity=Severity.HIGH if message.fatal else self._severity(message.severity),
            type=FindingType.BUG if message.fatal else self._rules.type(rule),
            locations=_locations(path, message.line, message.end_line),
            link=link,
            help=description,
            suppression=suppression,
        )

    def _severity(self, number: int) -> Severity:
        severity = _SEVERITIES.get(number)
        if severity is None:
            known = number in range(-9, 10)  # of all others one remark tells
            self._unknown[str(number) if known else "beyond 9"] += 1
        return severity or _UNKNOWN


def _suppression(suppressions: Sequence[Suppression]) -> str:
    for suppression in suppressions:
        if suppression.justification:
            return suppression.justification
    return next((s.kind for s in suppressions if s.kind), "suppressed")


def _locations(path: str, line: int | None, end_line: int | None) -> tuple[Location, ...]:
    """The place as ESLint wrote it; a line that no file can have is left out."""
    if path in ("", _STANDARD_INPUT):
        return ()
    if line is None or not 1 <= line <= _MAX_LINE:
        return (Location(path),)
    beyond = end_line is not None and line < end_line <= _MAX_LINE
    return (Location(path, line, end_line if beyond else None),)


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None
