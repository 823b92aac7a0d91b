"""Pylint's json and json2; what its formats share; which files are claimed.

Expectations after `pylint.reporters.json_reporter` and `pylint.constants.MSG_TYPES` of pylint 4.1.
"""

import json
import tempfile
from pathlib import Path
from typing import Any

import pytest
from fixture_records import FIXTURES
from hypothesis import given
from hypothesis import strategies as st

from insights_parsers.pylint import PylintParser
from insights_uploader.inputs.source import Source
from insights_uploader.model.errors import MalformedError, ResultsError
from insights_uploader.model.finding import Finding, FindingType, Location, Severity
from insights_uploader.model.measure import Remark, ToolRun

OLD: dict[str, Any] = {  # a message as JSONReporter.serialize writes it
    "type": "convention", "module": "a", "obj": "", "line": 3, "column": 0, "endLine": None,
    "endColumn": None, "path": "a.py", "symbol": "missing-module-docstring",
    "message": "Missing module docstring", "message-id": "C0114",
}  # fmt: skip
NEW = {key: value for key, value in OLD.items() if key != "message-id"} | {
    "messageId": "C0114",
    "confidence": "UNDEFINED",
    "absolutePath": "/builds/acme/a.py",
}
COUNTS = {"messageTypeCount": {"fatal": 0}, "modulesLinted": 1, "score": 10.0}


def parse(content: bytes) -> list[Any]:
    with tempfile.NamedTemporaryFile(suffix=".json") as file:
        file.write(content)
        file.flush()
        with Source(file.name, may_be_empty=True) as source:
            return list(PylintParser().parse(source))


def parse_json(root: Any) -> list[Any]:
    run, *findings = parse(json.dumps(root, indent=4).encode())
    assert run == ToolRun("pylint")
    return findings


EXPECTED = Finding(
    tool="pylint",
    rule="missing-module-docstring",
    message="Missing module docstring",
    severity=Severity.LOW,
    type=FindingType.CODE_SMELL,
    locations=(Location("a.py", 3),),
)


def test_json_is_a_list_and_json2_an_object() -> None:
    assert parse_json([OLD]) == [EXPECTED]
    assert parse_json({"messages": [NEW], "statistics": COUNTS}) == [EXPECTED]
    assert parse_json({"statistics": COUNTS, "messages": [NEW]}) == [EXPECTED]


@pytest.mark.parametrize("root", [[], {"messages": [], "statistics": COUNTS}])
def test_a_clean_run(root: Any) -> None:
    assert parse_json(root) == []


@pytest.mark.parametrize("content", [b"", b"\n", b"\xef\xbb\xbf", b"\xff\xfe"])
def test_a_clean_run_in_text_is_an_empty_file(content: bytes) -> None:
    assert PylintParser.empty_is_clean
    assert parse(content) == [ToolRun("pylint")]


@pytest.mark.parametrize(
    ("category", "severity", "kind"),
    [
        ("fatal", Severity.HIGH, FindingType.BUG),
        ("error", Severity.HIGH, FindingType.BUG),
        ("warning", Severity.MEDIUM, FindingType.CODE_SMELL),
        ("refactor", Severity.LOW, FindingType.CODE_SMELL),
        ("convention", Severity.LOW, FindingType.CODE_SMELL),
        ("info", Severity.LOW, FindingType.CODE_SMELL),
        ("information", Severity.LOW, FindingType.CODE_SMELL),
    ],
)
def test_severity_and_type(category: str, severity: Severity, kind: FindingType) -> None:
    [finding] = parse_json([OLD | {"type": category}])
    assert (finding.severity, finding.type) == (severity, kind)


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({}, "missing-module-docstring"),
        ({"symbol": ""}, "C0114"),
        ({"symbol": None}, "C0114"),
        ({"symbol": "", "message-id": None, "messageId": "C0114"}, "C0114"),
    ],
)
def test_the_rule_is_the_symbol_or_else_the_id(changes: Any, rule: str) -> None:
    assert parse_json([OLD | changes])[0].rule == rule


@pytest.mark.parametrize("message", ["", " \n"])
def test_a_message_is_never_empty(message: str) -> None:
    assert parse_json([OLD | {"message": message}])[0].message == "missing-module-docstring"


@pytest.mark.parametrize(
    ("changes", "location"),
    [
        ({"endLine": 7}, Location("a.py", 3, 7)),
        ({"endLine": 3}, Location("a.py", 3)),
        ({"endLine": 2}, Location("a.py", 3)),
        ({"endLine": 2**31}, Location("a.py", 3)),
        ({"line": None}, Location("a.py")),
        ({"line": 0, "endLine": 4}, Location("a.py")),
        ({"line": -3}, Location("a.py")),
        ({"line": 2**31 - 1}, Location("a.py", 2**31 - 1)),
        ({"line": 2**31}, Location("a.py")),
        ({"line": 10**400}, Location("a.py")),
        ({"path": "/builds/acme/é.py"}, Location("/builds/acme/é.py", 3)),
        ({"path": "C:\\acme\\a.py"}, Location("C:\\acme\\a.py", 3)),
        ({"path": "../../etc/passwd"}, Location("../../etc/passwd", 3)),  # no parser resolves
    ],
)
def test_locations(changes: Any, location: Location) -> None:
    assert parse_json([OLD | changes])[0].locations == (location,)


def test_a_message_without_a_path_has_no_location() -> None:
    assert parse_json([OLD | {"path": ""}])[0].locations == ()


def test_many_messages_on_one_line() -> None:
    assert parse_json([OLD] * 5000) == [EXPECTED] * 5000


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-32"])
def test_encodings_of_windows(encoding: str) -> None:
    assert parse(json.dumps([OLD]).encode(encoding))[1:] == [EXPECTED]


GOOD = json.dumps(OLD)


@pytest.mark.parametrize(
    ("content", "position", "reason"),
    [
        (b"{}", "the whole file", "missing required field `messages`"),
        (b'{"messages": {}}', "messages", "expected `array`, got `object`"),
        (b'{"messages": [{}]}', "messages[0]", "missing required field `type`"),
        (b"[[]]", "[0]", "expected `object`, got `array`"),
        (f"[{GOOD}, 7]".encode(), "[1]", "expected `object`, got `int`"),
        (json.dumps([OLD | {"line": "3"}]).encode(), "[0].line", "expected `int | null`, got `str`"),
        (json.dumps([OLD | {"line": 3.5}]).encode(), "[0].line", "expected `int | null`"),
        (GOOD.replace(": 3", ": " + "9" * 9999).join("[]").encode(), "[0].line", "out of range"),
        (json.dumps([OLD | {"path": None}]).encode(), "[0].path", "expected `str`, got `null`"),
        (json.dumps([OLD | {"symbol": "", "message-id": ""}]).encode(), "[0]", "neither a symbol"),
        (f"[{GOOD}] []".encode(), "byte", "trailing"),
        (f"[{GOOD}][{GOOD}]".encode(), "byte", "trailing"),  # two runs in one file
        (b"[" * 5000, "", "nested too deeply"),
        (b'[{"type": ' + b"[" * 5000, "", "nested too deeply"),
        (b"[{}, \1]", "byte 5", "invalid character"),
    ],
)  # fmt: skip
def test_what_breaks_the_json_is_named(content: bytes, position: str, reason: str) -> None:
    with pytest.raises(MalformedError) as caught:
        parse(content)
    assert position in caught.value.position
    assert reason.lower() in caught.value.reason.lower()
    assert len(caught.value.message) < 500


@pytest.mark.parametrize(
    ("words", "shown"), [(["usage"], "usage"), (["usage", "x"], "usage"), (["x" * 9999], "x" * 40)]
)
def test_an_unknown_type_is_a_warning_with_a_remark(words: list[str], shown: str) -> None:
    *found, remark = parse_json([OLD, *(OLD | {"type": word} for word in words)])
    assert [f.severity for f in found] == [Severity.LOW] + [Severity.MEDIUM] * len(words)
    assert remark == Remark(
        f"{len(words)} messages of pylint with an unknown type, such as {shown!r}, taken as warning"
    )


@pytest.mark.parametrize(
    ("written", "shown"), [(rb"half \ud83d", "half \ufffd"), (b"Latin \xff", "Latin \ufffd")]
)
def test_a_broken_character_costs_no_file(written: bytes, shown: str) -> None:
    content = json.dumps([OLD]).encode().replace(b"Missing module docstring", written)
    _, found, remark = parse(content)
    assert found.message == shown
    assert "broken characters" in remark.message


@pytest.mark.parametrize("root", [[OLD, OLD], {"messages": [NEW, NEW], "statistics": COUNTS}])
def test_json_that_is_cut_off_is_never_read(root: Any) -> None:
    content = json.dumps(root).encode()
    for end in range(1, len(content)):
        with pytest.raises(MalformedError):
            parse(content[:end])


FIRST_BYTES = [b"", b"[", b'[{"type": "error", "path": "', b'{"messages": [', b"a.py:1:2: E0001: ",
               b"::error file=a", b"a.py(3): [E0001(x)] ", b"************* Module a\n"]  # fmt: skip


@given(st.sampled_from(FIRST_BYTES), st.binary(max_size=300))
def test_no_content_raises_anything_else(first: bytes, rest: bytes) -> None:
    try:
        parse(first + rest)
    except ResultsError:
        return


@given(st.binary(max_size=100), st.sampled_from(FIRST_BYTES))
def test_sniff_takes_any_bytes(rest: bytes, first: bytes) -> None:
    PylintParser().sniff(first + rest, "a")


@pytest.mark.parametrize(
    ("head", "known"),
    [
        (json.dumps([OLD], indent=4).encode(), True),
        (json.dumps({"messages": [NEW], "statistics": COUNTS}, indent=4).encode(), True),
        (json.dumps({"messages": [], "statistics": COUNTS}, indent=4).encode(), True),
        (b"\n\n************* Module a.b\n", True),
        (b"\x1b[7;33m************* Module a\x1b[0m\n", True),
        (b"\n-----\nYour code has been rated at 10.00/10\n", True),
        (b"a.py:1:0: C0114: Missing module docstring (missing-module-docstring)\r\n", True),
        (b"a.py:1: [C0114(missing-module-docstring), ] Missing module docstring\n", True),
        (b"a.py(1): [C0116(missing-function-docstring)f] Missing\n", True),
        (b"::notice file=a.py,line=1,endline=,col=0,title=C0114::Missing\n", True),
        (b"[]", False),  # anybody's
        (b"{}", False),
        (b"", False),
        (b" \n", False),
        (b'[{"filePath":"/a.js","messages":[{"ruleId":"x","severity":2}]}]', False),  # ESLint
        (b'{"results":[],"metadata":{"cwd":"/","rulesMeta":{}}}', False),  # ESLint
        (b'{"version":"2.1.0","runs":[]}', False),  # SARIF
        (b'[{"type":"issue","check_name":"x","path":"a"}]', False),  # Code Climate
        (b'[{"type":"issue","module":"a","path":"a","symbol":"x"}]', False),
        (b'[{"type":"error","message":"x","path":"a"}]', False),
        (b"a.py:1:1: F401 'os' imported but unused\n", False),  # flake8
        (b"a.py:1: [F401] 'os' imported but unused\n", False),  # ruff's and flake8's "pylint"
        (b"a.py:1: error: Name 'x' is not defined  [name-defined]\n", False),  # mypy
        (b"a.py:3:80: E501: line too long\n", False),
        (b"a.py:3:80: E1501: an id as pylint's, and no symbol\n", False),
        (b"::error title=Ruff (F401),file=/a.py,line=1,col=8,endLine=1,endColumn=10::a\n", False),
        (b"::error file=app.js,line=1,col=5,endColumn=7,title=x::Missing semicolon\n", False),
        (b"<testsuites/>", False),
    ],
)
def test_sniff(head: bytes, known: bool) -> None:
    assert PylintParser().sniff(head, "results") is known


def test_a_fixtures_message_is_read_to_the_letter() -> None:
    with Source(str(FIXTURES / "pylint/json2-webob/pylint.json")) as source:
        items: list[Any] = list(PylintParser().parse(source))
    written = json.loads(Path(source.path).read_text())["messages"]
    assert [item.message for item in items[1:]] == [message["message"] for message in written]
    assert [item.rule for item in items[1:]] == [message["symbol"] for message in written]
    [fatal] = [item for item in items[1:] if item.rule == "fatal"]
    assert fatal.severity is Severity.HIGH
    assert fatal.locations == (Location("src/webob/nosuch.py", 1),)
