"""SARIF 2.1.0 (OASIS): static analysis results.

A log is read over a memory map: its runs, with their results as raw slices, then one result at a
time. That works in any order of keys and keeps memory flat.
"""

import re
from collections.abc import Iterator
from functools import lru_cache

from insights_parsers.json_reader import JsonReader
from insights_parsers.sarif_failure import failure
from insights_parsers.sarif_kinds import Kinds
from insights_parsers.sarif_meaning import is_suppressed, level_of, message_text
from insights_parsers.sarif_rules import Rules
from insights_parsers.sarif_schema import Location as GivenLocation
from insights_parsers.sarif_schema import Log, Result, Run, Tool, Version
from insights_parsers.sarif_uris import ArtifactPaths
from insights_uploader.inputs.parser import Parsed
from insights_uploader.inputs.source import Source
from insights_uploader.model.errors import MalformedError
from insights_uploader.model.finding import Finding, Location
from insights_uploader.model.measure import ToolRun

_FORMAT = "SARIF 2.1.0"
_MAX_LINE = 2**31 - 1  # Bitbucket's lines are int32
_KNOWN = 4096  # what is worked out once, as long as it is among the last that were met
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
        for index, run in enumerate(_runs(source)):
            reader = JsonReader(source.path, _FORMAT, f"runs[{index}]")
            yield from _RunReader(reader, run).items()


def _runs(source: Source) -> list[Run]:
    reader = JsonReader(source.path, _FORMAT)
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
        if tool.driver is None or not tool.driver.name:
            raise reader.wrong(f"{reader.where}.tool.driver.name", "is missing")
        self._run = run
        self._reader = reader
        self._tool = tool.driver.name
        self._version = tool.driver.semantic_version or tool.driver.version
        overrides = [
            override
            for invocation in run.invocations or ()
            for override in invocation.rule_configuration_overrides or ()
        ]
        self._facts = lru_cache(_KNOWN)(Rules(tool, overrides, reader).facts)
        paths = ArtifactPaths(run.original_uri_base_ids or {}, run.artifacts or [], reader)
        self._path = lru_cache(_KNOWN)(paths.path)

    def items(self) -> Iterator[Parsed]:
        yield ToolRun(self._tool, self._version, failure(self._run))
        kinds = Kinds()
        for result in self._reader.each(self._run.results or [], Result, ".results"):
            if kinds.is_finding(result):
                yield self._finding(result)
        yield from kinds.remarks(self._tool)

    def _finding(self, result: Result) -> Finding:
        facts = self._facts(result.rule_id, result.rule_index, result.rule)
        level = level_of(result, facts)
        return Finding(
            tool=self._tool,
            rule=facts.name or "unnamed",
            message=message_text(result.message, facts),
            severity=facts.severity(level),
            type=facts.type(level),
            locations=self._locations(result.locations) if result.locations else (),
            link=facts.link,
            help=facts.help,
            fingerprints=_fingerprints(result),
            suppression=_suppression(result) if result.suppressions else None,
        )

    def _locations(self, given: list[GivenLocation]) -> tuple[Location, ...]:
        places = [self._location(location) for location in given]
        return tuple([place for place in places if place is not None])

    def _location(self, given: GivenLocation) -> Location | None:
        physical = given.physical_location
        artifact = physical.artifact_location if physical is not None else None
        if physical is None or artifact is None:
            return None
        path = self._path(artifact.uri, artifact.uri_base_id, artifact.index)
        if path is None:
            return None
        region = physical.region
        start = region.start_line if region is not None else None
        if region is None or start is None or not 1 <= start <= _MAX_LINE:
            return Location(path)
        end = region.end_line
        if end is None or not start < end <= _MAX_LINE:
            return Location(path, int(start))
        return Location(path, int(start), int(end))


def _suppression(result: Result) -> str | None:
    if not is_suppressed(result):
        return None
    first = (result.suppressions or [])[0]
    return first.justification or first.kind or "suppressed"


def _fingerprints(result: Result) -> tuple[tuple[str, str], ...]:
    fingerprints, partial = result.fingerprints, result.partial_fingerprints
    if not fingerprints:
        return tuple(partial.items()) if partial else ()
    return (*fingerprints.items(), *(partial or {}).items())
