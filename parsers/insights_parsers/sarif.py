"""SARIF 2.1.0 (OASIS): static analysis results.

A log is read over a memory map: its runs, then one run's results as raw slices, then one result
at a time. That works in any order of keys and keeps memory flat.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence

import msgspec

from insights_parsers.json_reader import JsonReader
from insights_parsers.sarif_meaning import (
    FINDING_KINDS,
    RuleFacts,
    is_suppressed,
    level_of,
    message_text,
    rule_facts,
)
from insights_parsers.sarif_rules import Rules, override_level
from insights_parsers.sarif_schema import (
    Invocation,
    Level,
    Log,
    PhysicalLocation,
    Result,
    RuleReference,
    Run,
    Tool,
)
from insights_parsers.sarif_uris import ArtifactPaths
from insights_parsers.sarif_vocabulary import WrongTypeError
from insights_uploader.inputs.parser import Parsed
from insights_uploader.inputs.source import Source
from insights_uploader.model.errors import MalformedError
from insights_uploader.model.finding import Finding, Location
from insights_uploader.model.measure import Remark, ToolRun

_FORMAT = "SARIF 2.1.0"
_MAX_LINE = 2**31 - 1  # Bitbucket's lines are int32
_MARKS = re.compile(rb'"\$schema"\s*:\s*"[^"]*sarif|^\s*\{\s*"runs"\s*:|"version"\s*:\s*"2\.\d')


class SarifParser:
    """The plugin."""

    name = "sarif"

    def sniff(self, head: bytes, filename: str) -> bool:
        """A JSON object that names the SARIF schema, begins with runs, or says version 2."""
        if head.lstrip()[:1] != b"{":
            return False
        return filename.endswith((".sarif", ".sarif.json")) or bool(_MARKS.search(head))

    def parse(self, source: Source) -> Iterator[Parsed]:
        """Yield each run's ToolRun, its findings, and remarks on what is no finding.

        Raises:
            MalformedError: not JSON, not SARIF 2.1, without a run, or a wrong type inside.
        """
        log = JsonReader(source.path, _FORMAT).decode(source.map(), Log)
        if log.version is not None and not log.version.startswith("2.1"):
            raise MalformedError(
                source.path,
                "version",
                f"is {log.version[:20]!r}, and only SARIF 2.1.0 is read",
                "Have the tool write 2.1.0, or convert the file with the SARIF Multitool.",
            )
        if not log.runs:
            raise MalformedError(
                source.path,
                "runs",
                "there is none, so no tool says that it has run",
                "Check that this is a SARIF log and that the step that wrote it succeeded.",
            )
        for index in range(len(log.runs)):
            reader = JsonReader(source.path, _FORMAT, f"runs[{index}]")
            yield from _RunReader(reader, reader.decode(log.runs[index], Run)).items()


class _RunReader:
    """One run: what its tool and rules say, applied to its results."""

    def __init__(self, reader: JsonReader, run: Run) -> None:
        self._reader = reader
        self._results = run.results or []
        self._invocations = run.invocations or []
        tool = run.tool or Tool()
        if tool.driver is None or not tool.driver.name:
            raise reader.wrong(f"{reader.where}.tool.driver.name", "is missing")
        self._tool = tool.driver.name
        self._version = tool.driver.semantic_version or tool.driver.version
        self._rules = Rules(tool, reader.where)
        self._paths = ArtifactPaths(run.original_uri_base_ids or {}, run.artifacts or [])
        self._overrides = [
            o for i in self._invocations for o in i.rule_configuration_overrides or ()
        ]
        self._facts: dict[tuple[str | None, int | None], RuleFacts] = {}

    def items(self) -> Iterator[Parsed]:
        yield ToolRun(self._tool, self._version, failure(self._invocations))
        passed_over: Counter[str] = Counter()
        for index, raw in enumerate(self._results):
            result = self._reader.decode(raw, Result, f".results[{index}]")
            reason = _no_finding(result)
            if reason is not None:
                passed_over[reason] += 1
                continue
            try:
                yield self._finding(result)
            except (WrongTypeError, msgspec.DecodeError) as error:
                raise self._reader.wrong(
                    f"{self._reader.where}.results[{index}]", str(error)
                ) from None
        for reason, number in sorted(passed_over.items()):
            yield Remark(f"{number} results of {self._tool} are no findings: {reason}")

    def _finding(self, result: Result) -> Finding:
        facts = self._rule(result)
        level = level_of(result, facts)
        return Finding(
            tool=self._tool,
            rule=facts.name or "unnamed",
            message=message_text(result.message, facts),
            severity=facts.severity(level),
            type=facts.type(level),
            locations=self._locations(result),
            link=facts.link,
            help=facts.help,
            fingerprints=_fingerprints(result),
            suppression=_suppression(result) if result.suppressions else None,
        )

    def _rule(self, result: Result) -> RuleFacts:
        if result.rule is not None:
            return self._rule_facts(result)
        key = (result.rule_id, result.rule_index)
        facts = self._facts.get(key)
        if facts is None:
            facts = self._facts[key] = self._rule_facts(result)
        return facts

    def _rule_facts(self, result: Result) -> RuleFacts:
        reference = result.rule or RuleReference()
        rule = self._rules.of(result)
        name = result.rule_id or reference.id or ""
        index = reference.index if reference.index is not None else result.rule_index
        declared = rule.id if rule is not None and rule.id else name
        return rule_facts(rule, name, override_level(self._overrides, declared, index))

    def _locations(self, result: Result) -> tuple[Location, ...]:
        return tuple(
            location
            for given in result.locations or ()
            if given.physical_location is not None
            and (location := self._location(given.physical_location)) is not None
        )

    def _location(self, physical: PhysicalLocation) -> Location | None:
        artifact = physical.artifact_location
        path = self._paths.path(artifact) if artifact is not None else None
        if path is None:
            return None
        region = physical.region
        start = region.start_line if region is not None else None
        if region is None or start is None or not 1 <= start <= _MAX_LINE:
            return Location(path)
        end = region.end_line
        return Location(path, start, end if end and start < end <= _MAX_LINE else None)


def failure(invocations: Sequence[Invocation]) -> str | None:
    """Why the tool itself failed (section 3.20.14 and 3.20.21); None when it did not."""
    for invocation in invocations:
        for notification in invocation.tool_execution_notifications or ():
            if notification.level is Level.ERROR:
                text = notification.message.text if notification.message else None
                return text or "it reported an error without words"
        if invocation.execution_successful is False:
            code = "" if invocation.exit_code is None else f" with exit code {invocation.exit_code}"
            return invocation.exit_code_description or f"it ended unsuccessfully{code}"
    return None


def _no_finding(result: Result) -> str | None:
    """Why a result asks nobody to act; None when it is a finding."""
    if result.kind is not None and result.kind not in FINDING_KINDS:
        return f"their kind is {result.kind[:40]!r}"
    if result.baseline_state == "absent":
        return "they are absent from the run, by their baselineState"
    return None


def _suppression(result: Result) -> str | None:
    if not is_suppressed(result):
        return None
    first = (result.suppressions or [])[0]
    return first.justification or first.kind or "suppressed"


def _fingerprints(result: Result) -> tuple[tuple[str, str], ...]:
    if result.fingerprints is None and result.partial_fingerprints is None:
        return ()
    return (
        *(result.fingerprints or {}).items(),
        *(result.partial_fingerprints or {}).items(),
    )
