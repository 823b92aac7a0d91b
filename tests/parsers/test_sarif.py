"""SARIF 2.1.0 results become findings as the OASIS specification says; sections are cited."""

import json
from pathlib import Path
from typing import Any

import pytest

from insights_parsers.sarif import SarifParser
from insights_uploader.inputs.source import Source
from insights_uploader.model.errors import MalformedError
from insights_uploader.model.finding import Finding, FindingType, Location, Severity
from insights_uploader.model.measure import Remark, ToolRun

Json = dict[str, Any]


def parse(path: Path) -> list[Any]:
    with Source(str(path)) as source:
        return list(SarifParser().parse(source))


class Logs:
    """Writes SARIF logs and reads them back with the parser."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def items(self, *runs: Json, **log: Any) -> list[Any]:
        path = self._folder / "log.sarif"
        path.write_text(json.dumps({"version": "2.1.0", "runs": list(runs)} | log))
        return parse(path)

    def findings(self, *runs: Json) -> list[Finding]:
        return [item for item in self.items(*runs) if isinstance(item, Finding)]

    def finding(self, result: Json, rules: list[Json] | None = None, **run: Any) -> Finding:
        [finding] = self.findings(a_run([result], rules, **run))
        return finding


def a_run(results: list[Json], rules: list[Json] | None = None, **run: Any) -> Json:
    return {"tool": {"driver": {"name": "T", "rules": rules or []}}, "results": results} | run


def at(uri: str, **region: int) -> Json:
    physical: Json = {"artifactLocation": {"uri": uri}}
    if region:
        physical["region"] = region
    return {"physicalLocation": physical}


@pytest.fixture
def logs(tmp_path: Path) -> Logs:
    return Logs(tmp_path)


TEXT = {"text": "m"}


@pytest.mark.parametrize(
    ("result", "rule", "severity"),
    [
        ({"level": "error"}, {}, Severity.HIGH),
        ({"level": "warning"}, {}, Severity.MEDIUM),
        ({"level": "note"}, {}, Severity.LOW),
        ({"level": "none"}, {}, Severity.LOW),
        ({}, {}, Severity.MEDIUM),  # 3.27.10: else the default "warning"
        ({"level": None}, {}, Severity.MEDIUM),  # .NET tools write null
        ({}, {"defaultConfiguration": {"level": "error"}}, Severity.HIGH),  # 3.50.3
        ({}, {"defaultConfiguration": {}}, Severity.MEDIUM),  # 3.50.3: its default is "warning"
        ({"level": "note"}, {"defaultConfiguration": {"level": "error"}}, Severity.LOW),
        ({"kind": "review"}, {"defaultConfiguration": {"level": "error"}}, Severity.LOW),  # 3.27.10
        ({"level": "note"}, {"properties": {"security-severity": "9.8"}}, Severity.HIGH),
        ({"level": "error"}, {"properties": {"security-severity": "5.0"}}, Severity.MEDIUM),
        ({"level": "error"}, {"properties": {"security-severity": 1}}, Severity.LOW),
        ({"level": "error"}, {"properties": {"security-severity": "high"}}, Severity.HIGH),
    ],
)
def test_severity(logs: Logs, result: Json, rule: Json, severity: Severity) -> None:
    found = logs.finding({"ruleId": "R", "message": TEXT} | result, [{"id": "R"} | rule])
    assert found.severity is severity


@pytest.mark.parametrize(
    ("rule", "level", "kind"),
    [
        ({"properties": {"tags": ["security", "external/cwe/cwe-78"]}}, "note", "VULNERABILITY"),
        ({"properties": {"security-severity": "3.1"}}, "note", "VULNERABILITY"),
        ({}, "error", "BUG"),
        ({}, "warning", "CODE_SMELL"),
    ],
)
def test_type(logs: Logs, rule: Json, level: str, kind: str) -> None:
    found = logs.finding({"ruleId": "R", "level": level, "message": TEXT}, [{"id": "R"} | rule])
    assert found.type is FindingType(kind)


def test_an_invocation_overrides_a_rules_level(logs: Logs) -> None:  # 3.20.5, 3.51
    override = {"descriptor": {"id": "R"}, "configuration": {"level": "error"}}
    invocations = [{"executionSuccessful": True, "ruleConfigurationOverrides": [override]}]
    found = logs.finding({"ruleId": "R", "message": TEXT}, [{"id": "R"}], invocations=invocations)
    assert found.severity is Severity.HIGH


def test_an_override_by_index_is_of_its_component_only(logs: Logs) -> None:  # 3.52.5, 3.54
    descriptor = {"index": 0, "toolComponent": {"name": "E"}}
    override = {"descriptor": descriptor, "configuration": {"level": "error"}}
    run = a_run([{"ruleId": "R", "message": TEXT}, {"ruleId": "X", "message": TEXT}], [{"id": "R"}])
    run["tool"]["extensions"] = [{"name": "E", "rules": [{"id": "X"}]}]
    found = logs.findings(run | {"invocations": [{"ruleConfigurationOverrides": [override]}]})
    assert [finding.severity for finding in found] == [Severity.MEDIUM, Severity.HIGH]


RULES = [{"id": "A", "helpUri": "https://a"}, {"id": "B", "helpUri": "https://b"}]


@pytest.mark.parametrize(
    ("reference", "name", "link"),
    [
        ({"ruleId": "B"}, "B", "https://b"),
        ({"ruleIndex": 1}, "B", "https://b"),
        ({"ruleId": "A", "ruleIndex": 0}, "A", "https://a"),
        ({"rule": {"id": "B"}}, "B", "https://b"),
        ({"rule": {"index": 0}}, "A", "https://a"),
        ({"ruleId": "A/sub/deep"}, "A/sub/deep", "https://a"),  # 3.27.5: hierarchical
        ({"ruleId": "B", "ruleIndex": 0}, "B", "https://b"),  # an index that contradicts the id
        ({"ruleId": "C", "ruleIndex": 99}, "C", None),
        ({"ruleId": "C", "ruleIndex": -1}, "C", None),  # 3.27.6: the default, no index
    ],
)
def test_a_rule_is_found_by_every_reference(
    logs: Logs, reference: Json, name: str, link: str | None
) -> None:
    found = logs.finding({"message": TEXT} | reference, RULES)
    assert (found.rule, found.link) == (name, link)


@pytest.mark.parametrize("component", [{"index": 0}, {"name": "ext"}, {"guid": "g-1"}])
def test_a_rule_of_an_extension(logs: Logs, component: Json) -> None:  # 3.54
    extension = {"name": "ext", "guid": "g-1", "rules": [{"id": "X", "helpUri": "https://x"}]}
    run = a_run([{"rule": {"index": 0, "toolComponent": component}, "message": TEXT}], RULES)
    run["tool"]["extensions"] = [extension]
    [found] = logs.findings(run)
    assert (found.rule, found.link) == ("X", "https://x")


@pytest.mark.parametrize(
    ("message", "text"),
    [
        ({"text": "plain"}, "plain"),
        ({"markdown": "**bold**"}, "**bold**"),
        ({"id": "default"}, "Do {0}."),
        ({"id": "default", "arguments": ["it"]}, "Do it."),
        ({"text": "{{x}} {1}{0}", "arguments": ["a", "b"]}, "{x} ba"),  # 3.11.5
        ({"text": "{7}", "arguments": ["a"]}, "{7}"),
        ({"text": " "}, "Short."),
        ({"id": "unknown"}, "Short."),
        (None, "Short."),
    ],
)
def test_message(logs: Logs, message: Json | None, text: str) -> None:
    rule = {
        "id": "R",
        "shortDescription": {"text": "Short."},
        "messageStrings": {"default": {"text": "Do {0}."}},
    }
    assert logs.finding({"ruleId": "R", "message": message}, [rule]).message == text


def test_a_result_with_nothing_to_say_still_has_a_message(logs: Logs) -> None:
    assert logs.finding({}).message == "The tool gave neither a message nor a rule."


@pytest.mark.parametrize(
    ("kind", "is_finding"),
    [
        ("fail", True), ("review", True), ("open", True),  # 3.27.9
        ("pass", False), ("notApplicable", False), ("informational", False),
    ],
)  # fmt: skip
def test_only_results_that_ask_for_action_are_findings(
    logs: Logs, kind: str, is_finding: bool
) -> None:
    items = logs.items(a_run([{"kind": kind, "message": TEXT}]))
    assert any(isinstance(item, Finding) for item in items) is is_finding
    assert (
        any(isinstance(item, Remark) and kind in item.message for item in items) is not is_finding
    )


@pytest.mark.parametrize(
    ("suppressions", "suppressed"),
    [
        (None, False),
        ([], False),  # 3.27.23: an empty list is none
        ([{"kind": "inSource"}], True),  # 3.35.3: no status means accepted
        ([{"kind": "external", "status": "accepted"}], True),
        ([{"kind": "external", "status": "underReview"}], False),
        ([{"kind": "external", "status": "rejected"}], False),
        ([{"kind": "inSource"}, {"kind": "external", "status": "rejected"}], False),
    ],
)
def test_suppression(logs: Logs, suppressions: Any, suppressed: bool) -> None:
    found = logs.finding({"message": TEXT, "suppressions": suppressions})
    assert (found.suppression is not None) is suppressed


@pytest.mark.parametrize(
    ("uri", "path"),
    [
        ("src/a.py", "src/a.py"),
        ("file:///builds/x/a%20b.py", "/builds/x/a b.py"),
        ("file:/builds/x/a.py", "/builds/x/a.py"),
        ("file://localhost/builds/a.py", "/builds/a.py"),
        ("file:///C:/proj/a.py", "C:/proj/a.py"),
        ("file://server/share/a.py", "//server/share/a.py"),
        ("/builds/x/a b.py", "/builds/x/a b.py"),  # raw spaces
        ("C:\\work\\a.py", "C:\\work\\a.py"),
        ("odd%23dir/a%3Fb.py", "odd#dir/a?b.py"),
        ("odd#dir/a.py", "odd#dir/a.py"),
        ("100%/a.py", "100%/a.py"),
        ("caf%C3%A9.py", "café.py"),
    ],
)
def test_uris_become_paths(logs: Logs, uri: str, path: str) -> None:
    found = logs.finding({"message": TEXT, "locations": [at(uri, startLine=3)]})
    assert found.locations == (Location(path, 3),)


@pytest.mark.parametrize(
    ("bases", "path"),
    [
        (None, "a.py"),  # no originalUriBaseIds at all
        ({"OTHER": {"uri": "file:///o/"}}, "a.py"),
        ({"ROOT": {"description": {"text": "the root"}}}, "a.py"),
        ({"ROOT": {"uri": "file:///w/p/"}}, "/w/p/a.py"),
        (
            {"ROOT": {"uri": "sub/", "uriBaseId": "TOP"}, "TOP": {"uri": "file:///w/"}},
            "/w/sub/a.py",
        ),
        ({"ROOT": {"uri": "x/", "uriBaseId": "ROOT"}}, "x/" * 16 + "a.py"),  # a circle ends
    ],
)
def test_uri_base_ids(logs: Logs, bases: Json | None, path: str) -> None:  # 3.14.14
    location = {"physicalLocation": {"artifactLocation": {"uri": "a.py", "uriBaseId": "ROOT"}}}
    found = logs.finding({"message": TEXT, "locations": [location]}, originalUriBaseIds=bases)
    assert found.locations[0].path == path


def test_a_location_by_the_artifacts_index(logs: Logs) -> None:  # 3.4.5
    location = {"physicalLocation": {"artifactLocation": {"index": 1}, "region": {"startLine": 2}}}
    artifacts = [{"location": {"uri": "a.py"}}, {"location": {"uri": "b.py"}}]
    found = logs.finding({"message": TEXT, "locations": [location]}, artifacts=artifacts)
    assert found.locations == (Location("b.py", 2),)


@pytest.mark.parametrize(
    ("locations", "expected"),
    [
        (None, ()),
        ([], ()),
        ([{}], ()),
        ([{"physicalLocation": {"artifactLocation": {"index": 7}}}], ()),  # no artifacts
        ([at("a.py")], (Location("a.py"),)),  # no region
        ([at("a.py", startLine=0)], (Location("a.py"),)),
        ([at("a.py", startLine=-4)], (Location("a.py"),)),
        ([at("a.py", charOffset=9)], (Location("a.py"),)),
        ([at("a.py", startLine=4, endLine=9)], (Location("a.py", 4, 9),)),
        ([at("a.py", startLine=4, endLine=2)], (Location("a.py", 4),)),
        ([at("a.py", startLine=1), at("b.py", startLine=2)], (Location("a.py", 1), Location("b.py", 2))),
    ],
)  # fmt: skip
def test_locations(logs: Logs, locations: Any, expected: tuple[Location, ...]) -> None:
    assert logs.finding({"message": TEXT, "locations": locations}).locations == expected


def test_every_run_is_read_and_named(logs: Logs) -> None:
    one = a_run([{"message": TEXT}])
    other = {"tool": {"driver": {"name": "U", "semanticVersion": "2.0"}}, "results": []}
    items = logs.items(one, other)
    assert [item for item in items if isinstance(item, ToolRun)] == [
        ToolRun("T"),
        ToolRun("U", "2.0"),
    ]


def test_results_may_come_before_the_tool(tmp_path: Path) -> None:
    path = tmp_path / "x.sarif"
    path.write_text(
        '{"runs":[{"results":[{"ruleId":"R","message":{"text":"m"}}],'
        '"tool":{"driver":{"name":"T","rules":[{"id":"R","helpUri":"https://r"}]}}}],"version":"2.1.0"}'
    )
    assert [i.link for i in parse(path) if isinstance(i, Finding)] == ["https://r"]


@pytest.mark.parametrize(
    ("invocation", "words"),
    [
        ({"executionSuccessful": True}, None),
        ({"executionSuccessful": False, "exitCode": 3}, "it ended unsuccessfully with exit code 3"),
        (
            {
                "executionSuccessful": True,
                "toolExecutionNotifications": [{"level": "error", "message": {"text": "boom"}}],
            },
            "boom",
        ),
        ({"toolExecutionNotifications": [{"level": "note", "message": {"text": "hm"}}]}, None),
    ],
)
def test_a_tool_that_says_it_failed(logs: Logs, invocation: Json, words: str | None) -> None:
    [run] = logs.items(a_run([], invocations=[invocation]))
    assert run.failure == words


@pytest.mark.parametrize(
    ("text", "position", "reason"),
    [
        ('{"version":"2.1.0","runs":[', "byte 27", "ends in the middle"),
        ('{"version":"2.1.0","runs":[]}', "runs", "there is none"),
        ('{"version":"2.1.0"}', "runs", "there is none"),
        ('{"version":"2.1.0","runs":null}', "runs", "there is none"),
        ('{"version":"2.0.0","runs":[{}]}', "version", "only SARIF 2.1.0"),
        ('{"runs":[{"tool":7}],"version":"1.0.0"}', "version", "only SARIF 2.1.0"),
        ('{"runs":[{}]}', "runs[0].tool.driver.name", "is missing"),
        ('{"runs":[{"tool":{"driver":{"name":"T"}},"results":{}}]}', "runs[0].results", "array"),
        ('{"runs":[{"tool":{"driver":{"name":"T"}},"results":[{"ruleId":7}]}]}',
         "runs[0].results[0].ruleId", "expected `str | null`, got `int`"),
        ('{"runs":[{"tool":{"driver":{"name":"T","rules":[{"id":["x"]}]}},"results":[{"ruleIndex":0}]}]}',
         "runs[0].tool.driver.rules[0].id", "expected a string, got list"),
        ('{"runs":[{"tool":{"driver":{"name":"T"},"extensions":[{"name":"E","rules":[{"id":"R","help":{"text":7}}]}]},'
         '"results":[{"ruleId":"R"}]}]}', "runs[0].tool.extensions[0].rules[0].help.text", "expected a string, got int"),
        ('{"runs":[{"tool":{"driver":{"name":"T"}},"artifacts":[{"location":7}],'
         '"results":[{"locations":[{"physicalLocation":{"artifactLocation":{"index":0}}}]}]}]}',
         "runs[0].artifacts[0].location", "expected an object, got int"),
        ('{"runs":[{"tool":{"driver":{"name":"T"}},"results":[]}]} trailing', "byte 58", "trailing"),
        ('[1]', "the whole file", "expected `object`"),
        ('{"runs":[' + '[' * 5000, "", "nested too deeply"),
        ('{"version":"2.1.0","runs":[{"tool":{"driver":{"name":"T\\ud800"}}}]}', "", ""),
    ],
)  # fmt: skip
def test_what_breaks_the_format_is_named(
    tmp_path: Path, text: str, position: str, reason: str
) -> None:
    path = tmp_path / "bad.sarif"
    path.write_text(text)
    with pytest.raises(MalformedError) as caught:
        parse(path)
    assert str(path) in caught.value.message
    assert position in caught.value.position
    assert reason in caught.value.reason


@pytest.mark.parametrize(
    ("head", "filename", "known"),
    [
        (b'{"$schema":"https://json.schemastore.org/sarif-2.1.0.json"', "a.json", True),
        (b'\n {\n "version" : "2.1.0", "runs"', "a.json", True),
        (b'{"runs":[{"results":', "a.json", True),
        (b'{"anything', "out.sarif", True),
        (b'{"metadata": {}, "results": []}', "a.json", False),
        (b"[]", "a.sarif", False),
        (b"<testsuites/>", "a.sarif", False),
    ],
)
def test_sniff(head: bytes, filename: str, known: bool) -> None:
    assert SarifParser().sniff(head, filename) is known
