"""A SARIF log that wants much memory, much time, a crash or a silent pass gets none of them."""

import json
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import msgspec
import pytest

from insights_parsers.json_reader import JsonReader
from insights_parsers.sarif import SarifParser
from insights_parsers.sarif_remarks import Remarks
from insights_parsers.sarif_rules import Rules
from insights_parsers.sarif_schema import Tool, ToolComponent
from insights_parsers.sarif_uris import ArtifactPaths
from insights_uploader.inputs.source import Source
from insights_uploader.model.errors import MalformedError
from insights_uploader.model.finding import Finding, Location, Severity
from insights_uploader.model.measure import Remark, ToolRun

Json = dict[str, Any]
Read = Callable[..., list[Any]]
TEXT = {"text": "m"}


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Write a log of one run, given by its properties, and parse it."""

    def read(tool: Json | None = None, **run: Any) -> list[Any]:
        driver = {"driver": {"name": "T"}} | (tool or {})
        path = tmp_path / "a.sarif"
        path.write_text(json.dumps({"version": "2.1.0", "runs": [{"tool": driver} | run]}))
        with Source(str(path)) as source:
            return list(SarifParser().parse(source))

    return read


def with_rules(*rules: Json, **extra: Any) -> Json:
    return {"driver": {"name": "T", "rules": rules}} | extra


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Fail unless the body takes less CPU: what is quadratic takes a hundred times as much."""
    begun = time.process_time()
    yield
    assert time.process_time() - begun < seconds


# Silence is not a pass


ELSEWHERE = {"results": [{"location": {"uri": "x.sarif-external-properties"}, "itemCount": 5}]}


@pytest.mark.parametrize(
    ("run", "failure"),
    [
        ({"results": []}, None),
        ({}, "its run holds no results, so what it found is not known"),  # 3.14.23
        ({"results": None}, "its run holds no results, so what it found is not known"),
        ({"externalPropertyFileReferences": ELSEWHERE}, "it has results in external properties, which are not read"),  # 3.14.2
        ({"results": [], "externalPropertyFileReferences": ELSEWHERE}, "it has results in external properties, which are not read"),
        ({"results": [], "externalPropertyFileReferences": {"artifacts": [{}]}}, None),
        ({"invocations": [{"executionSuccessful": False}]}, "it ended unsuccessfully"),
    ],
)  # fmt: skip
def test_a_run_whose_results_are_missing_has_failed(
    read: Read, run: Json, failure: str | None
) -> None:
    assert read(**run) == [ToolRun("T", None, failure)]


def test_an_unknown_kind_is_a_finding_with_a_remark(read: Read) -> None:
    results = [{"ruleId": "R", "message": TEXT, "kind": kind} for kind in ("broken", "new", "Pass")]
    rule = {"id": "R", "defaultConfiguration": {"level": "error"}}
    _, first, second, *remarks = read(with_rules(rule), results=results)
    assert first.severity is second.severity is Severity.HIGH
    assert remarks == [
        Remark("1 result of T left out: kind 'pass' is no finding"),
        Remark("2 results of T with an unknown kind, such as 'broken', taken as fail"),
    ]


# Memory


@pytest.mark.parametrize(
    ("text", "argument"), [("{0}" * 10_000, "x" * 100_000), ("{0}" * 100_000, "xx"), ("x{{" * 99_999, "")]
)  # fmt: skip
def test_a_message_does_not_grow_beyond_bounds(read: Read, text: str, argument: str) -> None:
    tracemalloc.start()
    _, finding = read(results=[{"message": {"text": text, "arguments": [argument]}}])
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(finding.message) == 1 << 16
    assert peak < 20_000_000


def test_a_chain_of_long_bases_is_none(read: Read) -> None:
    bases = {f"B{n}": {"uri": "d" * 10_000 + "/", "uriBaseId": f"B{n + 1}"} for n in range(16)}
    location = {"physicalLocation": {"artifactLocation": {"uri": "a.py", "uriBaseId": "B0"}}}
    result = {"message": TEXT, "locations": [location]}
    _, finding = read(results=[result], originalUriBaseIds=bases)
    assert finding.locations == (Location("a.py"),)


def test_a_path_longer_than_any_is_cut(read: Read) -> None:
    location = {"physicalLocation": {"artifactLocation": {"uri": "é/" * 100_000}}}
    _, finding = read(results=[{"message": TEXT, "locations": [location]}])
    assert len(finding.locations[0].path) == 4 * 4096


# Time


def test_a_rule_id_of_many_levels(read: Read) -> None:
    results = [{"ruleId": f"{n}/" + "a/" * 200_000, "message": TEXT} for n in range(5)]
    with within(2):
        assert len(read(with_rules({"id": "R"}), results=results)) == 6


def test_many_overrides_of_many_rules(read: Read) -> None:
    number = 5_000
    overrides = [
        {"descriptor": {"id": f"R{n}"}, "configuration": {"level": "error"}} for n in range(number)
    ]
    results = [{"ruleId": f"R{n}", "message": TEXT} for n in range(number)]
    with within(2):
        _, *findings = read(
            results=results, invocations=[{"ruleConfigurationOverrides": overrides}]
        )
    assert {finding.severity for finding in findings} == {Severity.HIGH}


@pytest.mark.parametrize("named", [True, False])
def test_many_extensions_with_many_rules(read: Read, named: bool) -> None:
    number = 8_000
    extensions = [
        {"name": f"E{n}", "guid": f"G{n}", "rules": [{"id": f"R{n}", "helpUri": f"u{n}"}]}
        for n in range(number)
    ]
    results: list[Json] = [{"ruleId": f"R{n}", "message": TEXT} for n in range(number)]
    if named:
        for n, result in enumerate(results):
            result["rule"] = {"toolComponent": {"guid" if n % 2 else "name": f"{'EG'[n % 2]}{n}"}}
    with within(2):
        _, *findings = read(with_rules(extensions=extensions), results=results)
    assert [finding.link for finding in findings] == [f"u{n}" for n in range(number)]


def test_many_names_for_a_rule_of_many_texts(read: Read) -> None:
    number = 3_000
    rule = {"id": "R", "messageStrings": {f"m{n}": {"text": f"text {n}"} for n in range(number)}}
    results = [{"ruleId": f"R/{n}", "message": {"id": f"m{n}"}} for n in range(number)]
    with within(2):
        _, *findings = read(with_rules(rule), results=results)
    assert [f.message for f in findings] == [f"text {n}" for n in range(number)]
    assert findings[7].rule == "R/7"


# Crashes


@pytest.mark.parametrize("severity", [int("9" * 400), "nan", "1" * 5000 + "x"])
def test_a_security_severity_that_is_no_number_decides_nothing(read: Read, severity: Any) -> None:
    rule = {"id": "R", "properties": {"security-severity": severity}}
    result = {"ruleId": "R", "level": "error", "message": TEXT}
    _, finding, _remark = read(with_rules(rule), results=[result])
    assert (finding.severity, finding.type) == (Severity.HIGH, "BUG")


@pytest.mark.parametrize("place", ["rules", "artifacts", "results", "configuration"])
def test_what_is_nested_too_deeply_is_refused(tmp_path: Path, place: str) -> None:
    # At each depth, since each reader stands at another depth of the stack itself.
    artifact = {"physicalLocation": {"artifactLocation": {"index": 0}}}
    deep = {place: "DEEP"}
    override = {"descriptor": {"id": "R"}, "configuration": deep}
    run = {
        "tool": {"driver": {"name": "T", "rules": [{"id": "R", "properties": deep}]}},
        "artifacts": [{"location": {"uri": "a.py"}, "properties": deep}],
        "results": [{"ruleIndex": 0, "locations": [artifact], "message": TEXT, "properties": deep}],
        "invocations": [{"ruleConfigurationOverrides": [override]}],
    }
    template = json.dumps({"runs": [run]})
    path = tmp_path / "a.sarif"
    refusals = []
    for depth in range(850, 1000):
        path.write_text(template.replace(f'{{"{place}": "DEEP"}}', "[" * depth + "]" * depth, 1))
        with Source(str(path)) as source, suppress(MalformedError):
            list(SarifParser().parse(source))
            continue
        refusals.append(depth)
    assert refusals


DEEP = msgspec.Raw(b'{"id": "R", "properties": ' + b"[" * 5000 + b"]" * 5000 + b"}")
READER = JsonReader("a.sarif", "SARIF", "runs[0]")


def test_a_rule_that_is_nested_too_deeply_is_named() -> None:
    tool = Tool(driver=ToolComponent(rules=[msgspec.Raw(b"{}"), DEEP]))
    with pytest.raises(MalformedError, match=r"runs\[0\]\.tool\.driver\.rules\[1\]: is nested too"):
        Rules(tool, [], READER, Remarks("T")).facts(None, 1, None)


def test_an_artifact_that_is_nested_too_deeply_is_named() -> None:
    paths = ArtifactPaths({}, [DEEP], READER)
    with pytest.raises(MalformedError, match=r"runs\[0\]\.artifacts\[0\]: is nested too deeply"):
        paths.artifact(None, None, 0)


# What is an integer to a JSON schema


@pytest.mark.parametrize(
    ("region", "location"),
    [
        ({"startLine": 15.0}, Location("a.py", 15)),
        ({"startLine": 15, "endLine": 17.0}, Location("a.py", 15, 17)),
        ({"startLine": 15.0, "endLine": 15.0}, Location("a.py", 15)),
        ({"startLine": -3.0}, Location("a.py")),
        ({"startLine": 1e30, "endLine": 1e31}, Location("a.py")),
        ({"startLine": 10**30}, Location("a.py")),
    ],
)
def test_a_line_may_be_written_with_a_fraction_of_zero(
    read: Read, region: Json, location: Location
) -> None:
    physical = {"artifactLocation": {"uri": "a.py"}, "region": region}
    _, finding = read(results=[{"message": TEXT, "locations": [{"physicalLocation": physical}]}])
    assert isinstance(finding, Finding)
    assert finding.locations == (location,)
    assert all(type(n) is int for n in (location.line, location.end_line) if n is not None)
    found = finding.locations[0]
    assert all(type(n) is int for n in (found.line, found.end_line) if n is not None)


def test_half_a_line_is_refused_with_its_place(read: Read) -> None:
    physical = {"artifactLocation": {"uri": "a.py"}, "region": {"startLine": 15.5}}
    with pytest.raises(MalformedError, match=r"runs\[0\]\.results\[0\].*\.region\.startLine"):
        read(results=[{"message": TEXT, "locations": [{"physicalLocation": physical}]}])
