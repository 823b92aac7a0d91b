"""SARIF 2.1.0 (OASIS): static analysis results.

A log is read over a memory map: its runs, with their results as raw slices, then one result at a
time. That works in any order of keys and keeps memory flat.
"""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache

from insights_parsers.json_reader import JsonReader
from insights_parsers.sarif_broken import tools_named
from insights_parsers.sarif_failure import failure
from insights_parsers.sarif_kinds import is_finding
from insights_parsers.sarif_meaning import is_suppressed, level_of, score_of
from insights_parsers.sarif_messages import message_text
from insights_parsers.sarif_remarks import Remarks
from insights_parsers.sarif_rules import Rules
from insights_parsers.sarif_schema import (
    ArtifactLocation,
    Log,
    Region,
    Result,
    ResultProperties,
    Run,
    Tool,
    Version,
)
from insights_parsers.sarif_uris import Artifact, ArtifactPaths
from insights_uploader.inputs.parser import Parsed
from insights_uploader.inputs.source import Source
from insights_uploader.model.errors import MalformedError
from insights_uploader.model.finding import Finding, Location
from insights_uploader.model.measure import ToolRun

_FORMAT = "SARIF 2.1.0"
_MAX_LINE = 2**31 - 1  # Bitbucket's lines are int32
_UNNAMED = "sarif"  # a tool whose name is blank
_SCORE = b'"security-severity"'
_CALL_STACKS = frozenset({"Cppcheck"})  # whose `locations` are the calls that lead to the last one
_KNOWN = 4096  # what is worked out once, as long as it is among the last that were met
_MARKS = re.compile(rb'"\$schema"\s*:\s*"[^"]*sarif|^\s*\{\s*"runs"\s*:', re.IGNORECASE)
_VERSION = re.compile(rb'"version"\s*:\s*"[12]\.\d\.\d')


class SarifParser:
    """The plugin."""

    name = "sarif"

    def sniff(self, head: bytes, filename: str) -> bool:
        """A JSON object that names the SARIF schema, begins with runs, or has runs of a version."""
        if head.lstrip()[:1] != b"{":
            return False
        if filename.lower().endswith((".sarif", ".sarif.json")) or _MARKS.search(head):
            return True
        return b'"runs"' in head and _VERSION.search(head) is not None

    def parse(self, source: Source) -> Iterator[Parsed]:
        """Yield each run's ToolRun, its findings, and remarks on what is no finding.

        Raises:
            MalformedError: not JSON, not SARIF 2.1, without a run, or a wrong type inside. Before
                it comes a ToolRun of every tool that the log still names.
        """
        whole = JsonReader(source.path, _FORMAT)
        try:
            for index, run in enumerate(_runs(source, whole)):
                reader = JsonReader(source.path, _FORMAT, f"runs[{index}]")
                yield from _RunReader(reader, run).items()
        except MalformedError:
            for name in tools_named(source.map()):
                yield ToolRun(_tool_name(name))
            raise
        yield from whole.remarks()


def _runs(source: Source, reader: JsonReader) -> list[Run]:
    content = source.map()
    try:
        log = reader.decode(content, Log)
    except MalformedError:  # since its schema is another version's, it may be
        _check_version(source.path, reader.decode(content, Version))
        raise
    _check_version(source.path, log)
    if not log.runs:
        raise MalformedError(
            source.path,
            "runs",
            "there is none, so no tool says that it has run",
            "Check that this is a SARIF log and that the step that wrote it succeeded.",
        )
    for properties in log.inline_external_properties or ():
        if properties.results:  # a guid tells of which run; none may seem whole without them
            for run in log.runs:
                run.external_property_file_references = properties
    return log.runs


def _check_version(path: str, log: Version) -> None:
    if log.version is not None and not log.version.startswith("2.1"):
        raise MalformedError(
            path,
            "version",
            f"is {log.version[:20]!r}, and only SARIF 2.1.0 is read",
            "Have the tool write 2.1.0, or convert the file with the SARIF Multitool.",
        )


class _RunReader:
    """One run: what its tool and rules say, applied to its results."""

    def __init__(self, reader: JsonReader, run: Run) -> None:
        tool = run.tool or Tool()
        if tool.driver is None or tool.driver.name is None:
            raise reader.wrong(f"{reader.where}.tool.driver.name", "is missing")
        self._run = run
        self._reader = reader
        self._tool = _tool_name(tool.driver.name)
        self._version = tool.driver.semantic_version or tool.driver.version
        self._ends_at_place = self._tool in _CALL_STACKS
        self._remarks = Remarks(self._tool)
        rules = Rules(tool, run.invocations or (), reader, self._remarks)
        self._facts = lru_cache(_KNOWN)(rules.facts)
        paths = ArtifactPaths(run.original_uri_base_ids or {}, run.artifacts or [], reader)
        self._named = lru_cache(_KNOWN)(paths.artifact)
        self._strings = _shared_strings(tool)

    def items(self) -> Iterator[Parsed]:
        yield ToolRun(self._tool, self._version, failure(self._run, self._remarks))
        for result in self._reader.each(self._run.results or [], Result, ".results"):
            if is_finding(result, self._remarks):
                yield self._finding(result)
        yield from self._remarks.all()
        yield from self._reader.remarks()

    def _finding(self, result: Result) -> Finding:
        invocation = result.provenance.invocation_index if result.provenance else None
        facts = self._facts(result.rule_id, result.rule_index, result.rule, invocation)
        level = level_of(result, facts, self._remarks)
        score = self._own_score(result)
        message = message_text(result, facts, self._strings)
        locations = self._locations(result)
        return Finding(
            tool=self._tool,
            rule=facts.name or self._tool,
            message=message if locations else self._with_address(message, result),
            severity=facts.severity(level, score),
            type=facts.type(level, score),
            locations=locations,
            link=facts.link,
            help=facts.help,
            fingerprints=_fingerprints(result),
            suppression=_suppression(result) if result.suppressions else None,
        )

    def _own_score(self, result: Result) -> float | None:
        if _SCORE not in bytes(result.properties):
            return None
        where = ".results[].properties"
        properties = self._reader.decode(result.properties, ResultProperties, where)
        return score_of(properties.security_severity, "result", self._remarks)

    def _locations(self, result: Result) -> tuple[Location, ...]:
        """The places; else the file that was being analysed (section 3.27.13)."""
        places: list[Location] = []
        given_places = result.locations or []
        for given in given_places[-1:] if self._ends_at_place else given_places:
            physical = given.physical_location
            if physical is not None and physical.artifact_location is not None:
                line, end_line = _lines(physical.region)
                paths = self._artifact(physical.artifact_location).paths
                places += [Location(path, line, end_line) for path in paths]
        if not places and result.analysis_target is not None:
            places = [Location(path) for path in self._artifact(result.analysis_target).paths]
        return tuple(places)

    def _artifact(self, given: ArtifactLocation) -> Artifact:
        return self._named(given.uri, given.uri_base_id, given.index)

    def _with_address(self, message: str, result: Result) -> str:
        """The message of a result without a file, with the web page that it is about."""
        for location in result.locations or ():
            physical = location.physical_location
            if physical is not None and physical.artifact_location is not None:
                address = self._artifact(physical.artifact_location).address
                if address is not None:
                    return message if address in message else f"{address}: {message}"
        return message


def _tool_name(written: str) -> str:
    return " ".join(written.split()) or _UNNAMED


def _lines(region: Region | None) -> tuple[int | None, int | None]:
    """The first line, and the last where it is another; None for what no file can have."""
    start = region.start_line if region is not None else None
    if region is None or start is None or not 1 <= start <= _MAX_LINE:
        return None, None
    end = region.end_line
    return int(start), int(end) if end is not None and start < end <= _MAX_LINE else None


def _shared_strings(tool: Tool) -> Mapping[str, str]:
    """Message strings that belong to no rule (section 3.19.22), the driver's before others'."""
    strings: dict[str, str] = {}
    for component in (*reversed(tool.extensions or ()), tool.driver):
        for key, string in ((component and component.global_message_strings) or {}).items():
            strings[key] = string.text or string.markdown or ""
    return strings


def _suppression(result: Result) -> str | None:
    if not is_suppressed(result):
        return None
    first = (result.suppressions or [])[0]
    return first.justification or first.kind or "suppressed"


def _fingerprints(result: Result) -> tuple[tuple[str, str], ...]:
    found: list[tuple[str, str]] = []
    for given in (result.fingerprints, result.partial_fingerprints):
        if isinstance(given, dict):
            found += [(name, value) for name, value in given.items() if isinstance(value, str)]
    return tuple(found)
