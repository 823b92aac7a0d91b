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
        ({"level": "error"}, {"properties": {"security-severity": "0.0"}}, Severity.HIGH),
        ({"level": "error"}, {"properties": {"security-severity": ""}}, Severity.HIGH),
        ({"level": "error", "properties": {"security-severity": "2.1"}}, {}, Severity.LOW),
        (
            {"properties": {"security-severity": 2.1}},
            {"properties": {"security-severity": "9"}},
            Severity.LOW,
        ),
        ({"level": "ERROR"}, {}, Severity.HIGH),
    ],
)
def test_severity(logs: Logs, result: Json, rule: Json, severity: Severity) -> None:
    found = logs.finding({"ruleId": "R", "message": TEXT} | result, [{"id": "R"} | rule])
    assert found.severity is severity


@pytest.mark.parametrize(
    ("rule", "level", "kind"),
    [
        ({"properties": {"tags": ["security", "external/cwe/cwe-78"]}}, "note", "VULNERABILITY"),
        ({"properties": {"tags": ["Security", 7]}}, "note", "VULNERABILITY"),  # Snyk Code
        ({"properties": {"tags": ["external/cwe/cwe-570"]}}, "note", "CODE_SMELL"),  # Cppcheck
        ({"properties": {"tags": "security"}}, "error", "BUG"),  # no list of tags (3.8.2)
        ({"properties": {"security-severity": "3.1"}}, "note", "VULNERABILITY"),
        ({}, "error", "BUG"),
        ({}, "warning", "CODE_SMELL"),
    ],
)
def test_type(logs: Logs, rule: Json, level: str, kind: str) -> None:
    found = logs.finding({"ruleId": "R", "level": level, "message": TEXT}, [{"id": "R"} | rule])
    assert found.type is FindingType(kind)


def test_a_score_of_its_own_makes_a_result_a_vulnerability(logs: Logs) -> None:
    found = logs.finding({"message": TEXT, "properties": {"security-severity": "5.5"}})
    assert (found.severity, found.type) == (Severity.MEDIUM, FindingType.VULNERABILITY)


@pytest.mark.parametrize(
    ("result", "rule", "severity", "remark"),
    [
        ({"level": "critical"}, {"defaultConfiguration": {"level": "error"}}, Severity.HIGH,
         "1 result of T with an unknown level, such as 'critical', judged by the rule's"),
        ({"level": "critical"}, {}, Severity.MEDIUM,
         "1 result of T with an unknown level, such as 'critical', judged by the rule's"),
        ({}, {"defaultConfiguration": {"level": "high"}}, Severity.MEDIUM,
         "1 rule of T with an unknown default level, such as 'high', taken as warning"),
        ({"level": "note"}, {"properties": {"security-severity": "high"}}, Severity.LOW,
         "1 rule of T with a security-severity that is no number from 0 to 10, such as 'high': the level counts"),
        ({"level": "note", "properties": {"security-severity": 99}}, {}, Severity.LOW,
         "1 result of T with a security-severity that is no number from 0 to 10, such as '99': the level counts"),
    ],
)  # fmt: skip
def test_an_unknown_level_is_never_guessed_in_silence(
    logs: Logs, result: Json, rule: Json, severity: Severity, remark: str
) -> None:
    items = logs.items(a_run([{"ruleId": "R", "message": TEXT} | result], [{"id": "R"} | rule]))
    assert [item.severity for item in items if isinstance(item, Finding)] == [severity]
    assert [item for item in items if isinstance(item, Remark)] == [Remark(remark)]


def test_an_unknown_level_of_an_override_changes_nothing(logs: Logs) -> None:
    override = {"descriptor": {"id": "R"}, "configuration": {"level": "fatal"}}
    items = logs.items(
        a_run(
            [{"ruleId": "R", "message": TEXT}],
            [{"id": "R", "defaultConfiguration": {"level": "note"}}],
            invocations=[{"ruleConfigurationOverrides": [override]}],
        )
    )
    assert [item.severity for item in items if isinstance(item, Finding)] == [Severity.LOW]
    assert items[-1] == Remark(
        "1 override of T with an unknown level, such as 'fatal', passed over"
    )


@pytest.mark.parametrize(
    ("provenance", "severity"),
    [
        (None, Severity.HIGH),  # tools with one invocation give no index
        ({"invocationIndex": -1}, Severity.HIGH),
        ({"invocationIndex": 0}, Severity.HIGH),
        ({"invocationIndex": 1}, Severity.LOW),
        ({"invocationIndex": 2}, Severity.MEDIUM),
    ],
)
def test_the_invocation_that_found_a_result_overrides_its_level(
    logs: Logs, provenance: Json | None, severity: Severity
) -> None:  # 3.27.10, 3.48.6
    invocations = [
        {"ruleConfigurationOverrides": [{"descriptor": {"id": "R"}, "configuration": {"level": level}}]}
        for level in ("error", "note")
    ]  # fmt: skip
    result = {"ruleId": "R", "message": TEXT, "provenance": provenance}
    assert logs.finding(result, [{"id": "R"}], invocations=invocations).severity is severity


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


RULES = [{"id": "A", "guid": "g-a", "helpUri": "https://a"}, {"id": "B", "helpUri": "https://b"}]


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
        ({"ruleIndex": 1.0}, "B", "https://b"),  # an integer to a JSON schema
        ({}, "T", None),  # typos names no rule: the tool's name stands for it
        ({"rule": {"guid": "g-a"}}, "A", "https://a"),  # 3.52.6
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
        ({"id": "shared", "arguments": ["it"]}, "Mind it."),  # 3.19.22
        (
            {"text": "This [path](1) depends on a [user-provided value](2)."},
            "This path depends on a user-provided value.",
        ),
        ({"text": r"in [para\[0\]\\spans\[2\]](1)"}, r"in para[0]\spans[2]"),  # 3.11.6
        ({"text": "[{0}](1)", "arguments": ["it"]}, "it"),
        (
            {"text": "see [docs](https://x), `h[i](7)`, \\[x](1), *b*"},
            "see [docs](https://x), `h[i](7)`, \\[x](1), *b*",
        ),
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
    related = [{"id": 1, "message": TEXT}, {"id": 2.0}, {}]
    run = a_run([{"ruleId": "R", "message": message, "relatedLocations": related}], [rule])
    run["tool"]["driver"]["globalMessageStrings"] = {"shared": {"text": "Mind {0}."}}
    [found] = logs.findings(run)
    assert found.message == text


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
        ("file:///builds/x/ab.py", "/builds/x/ab.py"),
        ("file:/builds/x/a.py", "/builds/x/a.py"),
        ("file://localhost/builds/a.py", "/builds/a.py"),
        ("file:///C:/proj/a.py", "C:/proj/a.py"),
        ("file:////server/share/a.py", "//server/share/a.py"),
        ("file://C:/proj/a.py", "C:/proj/a.py"),  # .NET
        ("file:///C:\\proj\\a.py", "C:\\proj\\a.py"),
        ("FILE:///builds/a.py", "/builds/a.py"),
        ("/C:/proj/a.py", "C:/proj/a.py"),
        ("/builds/x/a b.py", "/builds/x/a b.py"),  # raw spaces
        ("C:\\work\\a.py", "C:\\work\\a.py"),
        ("odd#dir/a.py", "odd#dir/a.py"),
        ("100%/a.py", "100%/a.py"),
        ("empty:a.py", "empty:a.py"),
    ],
)
def test_uris_become_paths(logs: Logs, uri: str, path: str) -> None:
    found = logs.finding({"message": TEXT, "locations": [at(uri, startLine=3)]})
    assert found.locations == (Location(path, 3),)


@pytest.mark.parametrize(
    ("uri", "paths"),
    [
        ("file:///builds/x/a%20b.py", ["/builds/x/a b.py", "/builds/x/a%20b.py"]),
        ("odd%23dir/a%3Fb.py", ["odd#dir/a?b.py", "odd%23dir/a%3Fb.py"]),
        ("caf%C3%A9.py", ["café.py", "caf%C3%A9.py"]),
        ("file:///c%3A/a.py", ["c:/a.py", "/c%3A/a.py"]),
        # a host (RFC 8089, appendix E.3), or a relative path after `file://`
        ("file://server/share/a.py", ["//server/share/a.py", "server/share/a.py"]),
    ],
)
def test_a_uri_that_may_be_meant_otherwise_names_the_other_path_too(
    logs: Logs, uri: str, paths: list[str]
) -> None:
    found = logs.finding({"message": TEXT, "locations": [at(uri, startLine=3)]})
    assert found.locations == tuple(Location(path, 3) for path in paths)


@pytest.mark.parametrize("uri", ["https://shop.example/login", "docker://alpine:3.19"])
def test_what_is_found_on_a_web_page_is_told_with_its_address(logs: Logs, uri: str) -> None:
    found = logs.finding({"message": TEXT, "locations": [at(uri)]})
    assert found.locations == ()
    assert found.message == f"{uri}: m"
    found = logs.finding({"message": {"text": f"At {uri}."}, "locations": [at(uri)]})
    assert found.message == f"At {uri}."


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
        ({"ROOT": {"uri": "file:///w/p"}}, "/w/p/a.py"),  # without the slash of 3.14.14
        ({"ROOT": {"uri": "file:///"}}, "/a.py"),  # Trivy
        ({"ROOT": {"uri": "file:///C:/w/"}}, "C:/w/a.py"),
        ({"ROOT": {"uri": "C:\\w\\"}}, "C:\\w\\/a.py"),
        ({"ROOT": {"uri": "empty:"}}, "a.py"),  # JetBrains
        ({"ROOT": {"uri": "https://github.example/org/repo/"}}, "a.py"),
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
        ([at(".", startLine=1)], ()),  # mobsfscan, for the project as a whole
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


def test_cppcheck_lists_the_calls_that_lead_to_the_place(logs: Logs) -> None:
    # sarifreport.cpp writes the error's call stack; what its text output names is the last of it.
    result = {"message": TEXT, "locations": [at("a.c", startLine=1), at("b.c", startLine=2)]}
    run = a_run([result]) | {"tool": {"driver": {"name": "Cppcheck"}}}
    assert logs.findings(run)[0].locations == (Location("b.c", 2),)


def test_without_a_location_the_analysed_file_is_the_place(logs: Logs) -> None:  # 3.27.13
    found = logs.finding({"message": TEXT, "analysisTarget": {"uri": "a.h"}, "locations": [{}]})
    assert found.locations == (Location("a.h"),)


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
        (
            {
                "toolExecutionNotifications": [
                    {
                        "level": "error",
                        "message": {"text": "cannot parse"},
                        "locations": [at("file:///b/a.py", startLine=3)],
                    },
                    {"level": "error", "descriptor": {"id": "E7"}},
                ]
            },
            "/b/a.py:3: cannot parse; E7",
        ),
        (
            {"toolExecutionNotifications": [{"level": "error", "message": TEXT}] * 7},
            "m; m; m; m; m (and 2 more errors)",
        ),
        # ESLint's formatter tells so of a file that it cannot parse
        (
            {
                "executionSuccessful": False,
                "toolConfigurationNotifications": [
                    {"level": "error", "message": {"text": "boom"}},
                    {"level": "warning", "message": {"text": "hm"}},
                ],
            },
            "boom",
        ),
        # PMD gives its errors no level, which makes them warnings (3.58.6)
        (
            {
                "executionSuccessful": False,
                "toolExecutionNotifications": [{"message": {"text": "RuntimeException: Error"}}],
            },
            "RuntimeException: Error",
        ),
        ({"processStartFailureMessage": "no such file"}, "no such file"),
    ],
)
def test_a_tool_that_says_it_failed(logs: Logs, invocation: Json, words: str | None) -> None:
    run, *_remarks = logs.items(a_run([], invocations=[invocation]))
    assert run.failure == words


def test_what_did_not_stop_the_tool_is_a_remark(logs: Logs) -> None:
    notification = {"level": "error", "message": {"text": "no rule X"}}
    invocation = {
        "executionSuccessful": True,
        "toolConfigurationNotifications": [notification, notification],
        "toolExecutionNotifications": [
            {"level": "fatal", "message": TEXT},
            {"message": {"text": "Syntax error at line a.js:1"}},  # Semgrep, of a file it skips
            {"level": "note", "message": TEXT},
        ],
    }
    assert logs.items(a_run([], invocations=[invocation])) == [
        ToolRun("T"),
        Remark("2 configuration errors of T that did not stop it, such as 'no rule X'"),
        Remark("1 notification of T with an unknown level, such as 'fatal', passed over"),
        Remark("1 warning of T about its run, such as 'Syntax error at line a.js:1'"),
    ]


def test_results_in_inline_external_properties_are_missed(logs: Logs) -> None:  # 3.13.5
    external = [{"runGuid": "g", "results": [{"message": TEXT}]}]
    [run] = logs.items(a_run([]), inlineExternalProperties=external)
    assert run.failure == "it has results in external properties, which are not read"
    assert logs.items(a_run([]), inlineExternalProperties=[{"results": []}]) == [ToolRun("T")]


def test_a_tool_with_a_blank_name_keeps_its_findings(logs: Logs) -> None:
    found = logs.findings(a_run([{"message": TEXT}]) | {"tool": {"driver": {"name": " \n"}}})
    assert [finding.tool for finding in found] == ["sarif"]


@pytest.mark.parametrize(
    ("fingerprints", "expected"),
    [
        ({"a": "1"}, (("a", "1"),)),
        ({"a": "1", "csvRow": {"value": "x"}}, (("a", "1"),)),  # Black Duck
        ([], ()),  # PHP's empty object
    ],
)
def test_a_fingerprint_of_another_type_costs_no_result(
    logs: Logs, fingerprints: Any, expected: Any
) -> None:
    found = logs.finding({"message": TEXT, "partialFingerprints": fingerprints})
    assert found.fingerprints == expected


@pytest.mark.parametrize(
    ("name", "message", "remarks"),
    [
        (r"T", r"cut \ud83d", 1),  # JavaScript cut a pair in two
        (r"T", r"\ude00\ud83d\ude00", 1),
        (r"T", r"whole \ud83d\ude00", 0),
        (r"T", r"not one: \\ud83d", 0),
        (r"T\ud83d", "m", 1),
        (r"T", "Latin \xe9", 1),
    ],
)
def test_a_broken_character_costs_no_file(
    tmp_path: Path, name: str, message: str, remarks: int
) -> None:
    path = tmp_path / "x.sarif"
    text = f'{{"runs":[{{"tool":{{"driver":{{"name":"{name}"}}}},"results":[{{"message":{{"text":"{message}"}}}}]}}]}}'
    path.write_bytes(text.encode("latin-1"))
    items = parse(path)
    [found] = [item for item in items if isinstance(item, Finding)]
    shown = {
        r"cut \ud83d": "cut \ufffd",
        r"\ude00\ud83d\ude00": "\ufffd\N{GRINNING FACE}",
        r"whole \ud83d\ude00": "whole \N{GRINNING FACE}",
        r"not one: \\ud83d": r"not one: \ud83d",
        "Latin \xe9": "Latin \ufffd",
    }
    assert found.message == shown.get(message, message)
    assert sum(isinstance(item, Remark) for item in items) == remarks


def test_numbers_that_json_does_not_know_cost_no_file(tmp_path: Path) -> None:
    path = tmp_path / "x.sarif"
    path.write_text(
        '{"runs":[{"tool":{"driver":{"name":"T"}},"results":[{"ruleIndex":NaN,"rank":-Infinity,'
        '"message":{"text":"is NaN"}}]}]}'
    )
    _, found, remark = parse(path)
    assert (found.message, found.rule) == ("is NaN", "T")
    assert isinstance(remark, Remark)


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
        (b'{"version":"2.1.0","properties":{},"runs":[', "a.json", True),
        (b'{"anything', "out.sarif", True),
        (b'{"anything', "OUT.SARIF", True),
        (b'{"name": "left-pad", "version": "2.1.0"}', "package.json", False),
        (b'{"metadata": {}, "results": []}', "a.json", False),
        (b"[]", "a.sarif", False),
        (b"<testsuites/>", "a.sarif", False),
    ],
)
def test_sniff(head: bytes, filename: str, known: bool) -> None:
    assert SarifParser().sniff(head, filename) is known
