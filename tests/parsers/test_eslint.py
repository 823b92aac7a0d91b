"""ESLint's json and json-with-metadata, after the chapter "Node.js API Reference" of its documentation."""

import json
import tempfile
from collections import Counter
from typing import Any

import pytest
from fixture_records import FIXTURES
from hypothesis import given
from hypothesis import strategies as st

from insights_parsers.eslint import EslintParser
from insights_uploader.inputs.source import Source
from insights_uploader.model.errors import MalformedError, ResultsError
from insights_uploader.model.finding import Finding, FindingType, Location, Severity
from insights_uploader.model.measure import Remark, ToolRun

Json = dict[str, Any]

MESSAGE: Json = {  # LintMessage
    "ruleId": "no-undef", "severity": 2, "message": "'x' is not defined.", "line": 3, "column": 1,
    "nodeType": "Identifier", "messageId": "undef", "endLine": 5, "endColumn": 2,
}  # fmt: skip
PARSE_ERROR: Json = {
    "ruleId": None, "nodeType": None, "fatal": True, "severity": 2,
    "message": "Parsing error: Unexpected token", "line": 61, "column": 1,
}  # fmt: skip
IGNORED: Json = {  # createIgnoreResult
    "ruleId": None, "fatal": False, "severity": 1, "message": "File ignored.", "nodeType": None,
}  # fmt: skip
META = {"type": "problem", "docs": {"url": "https://eslint.org/no-undef", "description": "No."}}


def parse(content: bytes) -> list[Any]:
    with tempfile.NamedTemporaryFile(suffix=".json") as file:
        file.write(content)
        file.flush()
        with Source(file.name, may_be_empty=True) as source:
            return list(EslintParser().parse(source))


def a_result(*messages: Json, path: str = "/builds/acme/a.js", **result: Any) -> Json:
    counts = {"errorCount": len(messages), "warningCount": 0, "source": "var x;\n"}
    return {"filePath": path, "messages": list(messages)} | counts | result


def findings(*results: Json, rules: Any = None) -> list[Any]:
    root: Any = list(results)
    if rules is not None:
        root = {"results": root, "metadata": {"cwd": "/builds/acme", "rulesMeta": rules}}
    run, *found = parse(json.dumps(root).encode())
    assert run == ToolRun("ESLint")
    return found


def finding(message: Json, rules: Any = None, **result: Any) -> Finding:
    [found] = findings(a_result(message, **result), rules=rules)
    assert isinstance(found, Finding)
    return found


EXPECTED = Finding(
    tool="ESLint",
    rule="no-undef",
    message="'x' is not defined.",
    severity=Severity.HIGH,
    type=FindingType.CODE_SMELL,
    locations=(Location("/builds/acme/a.js", 3, 5),),
)


def test_a_finding() -> None:
    assert finding(MESSAGE) == EXPECTED


def test_results_may_stand_before_or_after_the_metadata() -> None:
    results, metadata = [a_result(MESSAGE)], {"rulesMeta": {"no-undef": META}}
    before, after = (
        parse(json.dumps(root).encode())
        for root in (
            {"results": results, "metadata": metadata},
            {"metadata": metadata, "results": results},
        )
    )
    assert before == after
    assert (before[1].link, before[1].help) == ("https://eslint.org/no-undef", "No.")


@pytest.mark.parametrize(
    ("message", "rule", "severity", "kind"),
    [
        ({"severity": 2}, "no-undef", Severity.HIGH, FindingType.CODE_SMELL),
        ({"severity": 1}, "no-undef", Severity.MEDIUM, FindingType.CODE_SMELL),
        (PARSE_ERROR, "fatal", Severity.HIGH, FindingType.BUG),
        (PARSE_ERROR | {"severity": 1}, "fatal", Severity.HIGH, FindingType.BUG),
        (IGNORED, "eslint", Severity.MEDIUM, FindingType.CODE_SMELL),
    ],
)
def test_rule_severity_and_type(
    message: Json, rule: str, severity: Severity, kind: FindingType
) -> None:
    found = finding(MESSAGE | message)
    assert (found.rule, found.severity, found.type) == (rule, severity, kind)


@pytest.mark.parametrize(
    ("meta", "kind", "link", "words"),
    [
        (META, FindingType.BUG, "https://eslint.org/no-undef", "No."),
        ({"type": "suggestion"}, FindingType.CODE_SMELL, None, None),
        ({"type": "layout", "docs": {"url": ""}}, FindingType.CODE_SMELL, None, None),
        ({"type": None, "docs": None}, FindingType.CODE_SMELL, None, None),
        # plugins put anything into their metadata
        ({"type": ["problem"], "docs": [1]}, FindingType.CODE_SMELL, None, None),
        ({"docs": {"url": 7, "description": {"en": "No."}}}, FindingType.CODE_SMELL, None, None),
        ({}, FindingType.CODE_SMELL, None, None),
        (None, FindingType.CODE_SMELL, None, None),
    ],
)
def test_what_the_metadata_says(
    meta: Any, kind: FindingType, link: str | None, words: str | None
) -> None:
    found = finding(MESSAGE, rules={"no-undef": meta})
    assert (found.type, found.link, found.help) == (kind, link, words)


def test_a_rule_that_the_metadata_does_not_name() -> None:
    assert finding(MESSAGE, rules={}) == EXPECTED


@pytest.mark.parametrize("message", ["", "\n "])
def test_a_message_is_never_empty(message: str) -> None:
    assert finding(MESSAGE | {"message": message}).message == "no-undef"


@pytest.mark.parametrize(
    ("changes", "location"),
    [
        ({"endLine": 3}, Location("/builds/acme/a.js", 3)),
        ({"endLine": 2}, Location("/builds/acme/a.js", 3)),
        ({"endLine": None}, Location("/builds/acme/a.js", 3)),
        ({"endLine": 2**31}, Location("/builds/acme/a.js", 3)),
        ({"line": None}, Location("/builds/acme/a.js")),
        ({"line": 0}, Location("/builds/acme/a.js")),
        ({"line": -1}, Location("/builds/acme/a.js")),
        ({"line": 2**31}, Location("/builds/acme/a.js")),
        ({"line": 10**400}, Location("/builds/acme/a.js")),
    ],
)
def test_lines(changes: Json, location: Location) -> None:
    assert finding(MESSAGE | changes).locations == (location,)


def test_a_message_without_a_line() -> None:
    assert finding(IGNORED).locations == (Location("/builds/acme/a.js"),)


@pytest.mark.parametrize("path", ["C:\\acme\\a.js", "../../etc/passwd", "/é 1.js", "src/<text>"])
def test_paths_are_kept_as_written(path: str) -> None:
    assert finding(MESSAGE, path=path).locations == (Location(path, 3, 5),)


@pytest.mark.parametrize("path", ["<text>", ""])
def test_code_from_standard_input_has_no_location(path: str) -> None:
    assert finding(MESSAGE, path=path).locations == ()


@pytest.mark.parametrize(
    ("suppressions", "words"),
    [
        ([{"kind": "directive", "justification": "not ours"}], "not ours"),
        ([{"kind": "directive", "justification": ""}], "directive"),
        ([{"kind": "directive", "justification": ""}, {"justification": "b"}], "b"),
        ([{}], "suppressed"),
        ([], "suppressed"),
        (None, "suppressed"),
    ],
)
def test_suppressed_messages(suppressions: Any, words: str) -> None:
    suppressed = MESSAGE | {"suppressions": suppressions}
    other, found = findings(a_result(MESSAGE, suppressedMessages=[suppressed]))
    assert (other.suppression, found.suppression) == (None, words)


def test_eslint_before_8_8_has_no_suppressed_messages() -> None:
    assert findings(a_result(MESSAGE, suppressedMessages=None)) == [EXPECTED]


def test_a_clean_run() -> None:
    assert findings(a_result(), a_result(path="b.js")) == []
    assert findings(a_result(), rules={}) == []


@pytest.mark.parametrize("root", [[], {"results": [], "metadata": None}])
def test_a_run_that_linted_nothing_says_so(root: Any) -> None:
    run, remark = parse(json.dumps(root).encode())
    assert run == ToolRun("ESLint")
    assert remark == Remark("ESLint lists not one file, so it linted nothing")


def test_many_messages_on_one_line() -> None:
    assert findings(a_result(*[MESSAGE] * 5000)) == [EXPECTED] * 5000


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-32"])
def test_encodings_of_windows(encoding: str) -> None:
    assert parse(json.dumps([a_result(MESSAGE)]).encode(encoding))[1:] == [EXPECTED]


def wrong(message: Json, **result: Any) -> str:
    return json.dumps([a_result(), a_result(MESSAGE, MESSAGE | message, **result)])


@pytest.mark.parametrize(
    ("text", "position", "reason"),
    [
        ("7", "the whole file", "expected `array`, got `int`"),
        ("[7]", "[0]", "expected `object`, got `int`"),
        ("{}", "the whole file", "missing required field `results`"),
        ('{"results": {}}', "results", "expected `array`"),
        ('{"results": [{}]}', "results[0]", "missing required field `filePath`"),
        ('{"results": [], "metadata": []}', "metadata", "expected `object | null`, got `array`"),
        ('{"results": [], "metadata": {"rulesMeta": {"x": 7}}}', "metadata.rulesMeta[...]", "int"),
        ('[{"filePath": "a.js"}]', "[0]", "missing required field `messages`"),
        ('[{"filePath": null, "messages": []}]', "[0].filePath", "expected `str`"),
        (wrong({"line": "3"}), "[1].messages[1].line", "expected `int | null`, got `str`"),
        (wrong({"line": 1.5}), "[1].messages[1].line", "expected `int | null`"),
        (wrong({"severity": "error"}), "[1].messages[1].severity", "expected `int`"),
        (wrong({"message": None}), "[1].messages[1].message", "expected `str`"),
        (wrong({}, suppressedMessages=[7]), "[1].suppressedMessages[0]", "expected `object`"),
        (wrong({}, suppressedMessages=[MESSAGE | {"suppressions": 1}]),
         "[1].suppressedMessages[0].suppressions", "array"),
        ("[] []", "byte 4", "trailing"),
        ("[" * 5000, "", "nested too deeply"),
        ('{"results": [], "metadata": {"rulesMeta": {"x": {"docs": ' + "[" * 5000, "", "deeply"),
        ('[{"filePath": "a", "messages": [], "source": ' + "[" * 5000, "", "nested too deeply"),
    ],
)  # fmt: skip
def test_what_breaks_the_format_is_named(text: str, position: str, reason: str) -> None:
    with pytest.raises(MalformedError) as caught:
        parse(text.encode())
    assert position in caught.value.position
    assert reason in caught.value.reason
    assert len(caught.value.message) < 500


@pytest.mark.parametrize(
    ("written", "shown"), [(rb"cut \ud83d", "cut \ufffd"), (b"Latin \xff", "Latin \ufffd")]
)
def test_a_broken_character_costs_no_file(written: bytes, shown: str) -> None:
    content = json.dumps([a_result(MESSAGE)]).encode().replace(b"'x' is not defined.", written)
    _, found, remark = parse(content)
    assert found.message == shown
    assert "broken characters" in remark.message


@pytest.mark.parametrize("severity", [0, 3, -1])
def test_an_unknown_severity_is_a_warning_with_a_remark(severity: int) -> None:
    message = MESSAGE | {"severity": severity}
    *found, remark = findings(a_result(message, MESSAGE, message))
    assert [f.severity for f in found] == [Severity.MEDIUM, Severity.HIGH, Severity.MEDIUM]
    assert remark == Remark(f"2 messages of severity {severity} are taken as warnings")


def test_many_unknown_severities_are_one_remark() -> None:
    found = findings(a_result(*(MESSAGE | {"severity": n} for n in range(10, 500))))
    assert found[-1] == Remark("490 messages of severity beyond 9 are taken as warnings")


@pytest.mark.parametrize("content", [b"", b"\n", b"\xef\xbb\xbf", b"\xff\xfe"])
def test_an_empty_file_is_not_clean(content: bytes) -> None:
    with pytest.raises(MalformedError, match="ends in the middle"):
        parse(content)


@pytest.mark.parametrize("with_metadata", [False, True])
def test_what_is_cut_off_is_never_read(with_metadata: bool) -> None:
    results: Any = [a_result(MESSAGE, suppressedMessages=[MESSAGE])]
    root = (
        {"results": results, "metadata": {"rulesMeta": {"x": META}}} if with_metadata else results
    )
    content = json.dumps(root).encode()
    for end in range(1, len(content)):
        with pytest.raises(MalformedError):
            parse(content[:end])


FIRST_BYTES = [b"", b"[", b'[{"filePath":"a","messages":[', b'{"results":[', b'{"metadata":{']


@given(st.sampled_from(FIRST_BYTES), st.binary(max_size=300))
def test_no_content_raises_anything_else(first: bytes, rest: bytes) -> None:
    try:
        parse(first + rest)
    except ResultsError:
        return


@given(st.sampled_from(FIRST_BYTES), st.binary(max_size=100))
def test_sniff_takes_any_bytes(first: bytes, rest: bytes) -> None:
    EslintParser().sniff(first + rest, "a")


@pytest.mark.parametrize(
    ("head", "known"),
    [
        (b'[{"filePath":"/a.js","messages":[],"suppressedMessages":[]', True),
        (b'\n[\n  {\n    "filePath": "C:\\\\a.js",', True),
        (b'[{"errorCount":0,"fatalErrorCount":0,"filePath"', True),  # sorted by jq
        (b'{"results":[{"filePath":"/a.js"', True),
        (b'{"results":[],"metadata":{"cwd":"/","rulesMeta":{}}}', True),
        (b'{"metadata":{"cwd":"/"', True),
        (b"[]", False),  # anybody's
        (b"{}", False),
        (b"", False),
        (b'{"results":[]', False),
        (b'{"metadata": {}, "results": []}', False),
        (b'[{"type":"error","module":"a","path":"a.py","symbol":"x"', False),  # pylint
        (b'{"messages": [], "statistics": {"messageTypeCount"', False),  # pylint
        (b'[{"messages":[{"type":"lint","ruleId":"x"}],"filePath":"/a.md"}]', False),  # textlint
        (b'{"version":"2.1.0","runs":[]}', False),  # SARIF
        (b'{"results":[{"check_id":"x","path":"a.py"', False),  # Semgrep
        (b'{"results": [{"code": "x", "filename": "a.py"', False),  # bandit
        (b"<testsuites/>", False),
    ],
)
def test_sniff(head: bytes, known: bool) -> None:
    assert EslintParser().sniff(head, "results.json") is known


def read(name: str) -> list[Finding]:
    with Source(str(FIXTURES / f"eslint/{name}/eslint.json")) as source:
        return [item for item in EslintParser().parse(source) if isinstance(item, Finding)]


def test_the_fixture_with_metadata() -> None:
    found = read("metadata-resolve")
    counts = Counter(item.severity for item in found if item.suppression is None)
    assert counts == {Severity.HIGH: 111, Severity.MEDIUM: 289}  # the summary's own two numbers
    assert {item.suppression for item in found} == {None, "directive"}
    fatal = [item for item in found if item.rule == "fatal"]
    assert fatal
    assert all(item.message.startswith("Parsing error: ") for item in fatal)
    undefined = next(item for item in found if item.rule == "no-undef")
    assert undefined.type is FindingType.BUG
    assert undefined.link == "https://eslint.org/docs/latest/rules/no-undef"
    assert undefined.help is not None


def test_the_fixture_with_an_ignored_file() -> None:
    [ignored] = [item for item in read("json-ignored-object-path") if item.rule == "eslint"]
    assert ignored.locations == (Location("/builds/acme/object-path/test.js"),)
    assert ignored.message.startswith("File ignored because of a matching ignore pattern.")


def test_the_fixture_from_standard_input() -> None:
    assert {item.locations for item in read("json-stdin-object-path")} == {()}
