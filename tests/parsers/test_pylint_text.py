"""Pylint's text formats, as the templates in `pylint.reporters.text` of pylint 4.1 write them."""

import tempfile
import time
from typing import Any

import pytest
from fixture_records import FIXTURES
from hypothesis import given
from hypothesis import strategies as st

from insights_parsers.pylint import PylintParser
from insights_uploader.inputs.source import Source
from insights_uploader.model.errors import MalformedError
from insights_uploader.model.finding import Finding, FindingType, Location, Severity
from insights_uploader.model.measure import ToolRun

TEMPLATES = {  # each reporter's line_format; colorized below
    "text": "{path}:{line}:{column}: {msg_id}: {msg} ({symbol})",
    "parseable": "{path}:{line}: [{msg_id}({symbol}), {obj}] {msg}",
    "msvs": "{path}({line}): [{msg_id}({symbol}){obj}] {msg}",
    "github": "::{category} file={path},line={line},endline={end_line},col={column},title={msg_id}::{msg}",
}
MESSAGE: dict[str, Any] = {
    "path": "src/a.py", "line": 3, "column": 4, "end_line": "", "msg_id": "W0611", "obj": "A.f",
    "symbol": "unused-import", "msg": "Unused import os", "category": "warning",
}  # fmt: skip
MODULE = "************* Module a"
LINE = TEMPLATES["text"].format(**MESSAGE)


def parse(content: bytes) -> list[Finding]:
    with tempfile.NamedTemporaryFile() as file:
        file.write(content)
        file.flush()
        with Source(file.name) as source:
            run, *findings = PylintParser().parse(source)
    assert run == ToolRun("pylint")
    return [finding for finding in findings if isinstance(finding, Finding)]


def lines(*given: str) -> list[Finding]:
    return parse("".join(f"{line}\n" for line in given).encode())


EXPECTED = Finding(
    tool="pylint",
    rule="unused-import",
    message="Unused import os",
    severity=Severity.MEDIUM,
    type=FindingType.CODE_SMELL,
    locations=(Location("src/a.py", 3),),
)


@pytest.mark.parametrize("name", ["text", "parseable", "msvs"])
@pytest.mark.parametrize("header", [(), (MODULE,)])
def test_the_formats_with_symbols(name: str, header: tuple[str, ...]) -> None:
    assert lines(*header, TEMPLATES[name].format(**MESSAGE)) == [EXPECTED]


def test_github_has_no_symbols_and_an_end() -> None:
    template = TEMPLATES["github"]
    [finding] = lines(MODULE, template.format(**MESSAGE))
    assert (finding.rule, finding.locations) == ("W0611", EXPECTED.locations)
    [finding] = lines(template.format(**MESSAGE | {"end_line": 9}))
    assert finding.locations == (Location("src/a.py", 3, 9),)
    [finding] = lines(template.format(**MESSAGE | {"msg": "100%25 is%0Aas it is"}))
    assert finding.message == "100%25 is%0Aas it is"  # pylint escapes nothing


def test_colours_are_taken_off() -> None:  # ColorizedTextReporter.handle_message
    assert lines(
        f"\x1b[7;33m{MODULE}\x1b[0m",
        "src/a.py:3:4: W0611: \x1b[35mUnused import os\x1b[0m (\x1b[35munused-import\x1b[0m)",
    ) == [EXPECTED]


@pytest.mark.parametrize(
    ("letter", "severity", "kind"),
    [
        ("F", Severity.HIGH, FindingType.BUG),
        ("E", Severity.HIGH, FindingType.BUG),
        ("W", Severity.MEDIUM, FindingType.CODE_SMELL),
        ("R", Severity.LOW, FindingType.CODE_SMELL),
        ("C", Severity.LOW, FindingType.CODE_SMELL),
        ("I", Severity.LOW, FindingType.CODE_SMELL),
    ],
)
@pytest.mark.parametrize("template", TEMPLATES.values(), ids=TEMPLATES)
def test_severity(template: str, letter: str, severity: Severity, kind: FindingType) -> None:
    [finding] = lines(template.format(**MESSAGE | {"msg_id": f"{letter}0001"}))
    assert (finding.severity, finding.type) == (severity, kind)


@pytest.mark.parametrize("template", TEMPLATES.values(), ids=TEMPLATES)
@pytest.mark.parametrize(
    ("line", "expected"), [(0, None), (-3, None), (2**31 - 1, 2**31 - 1), (2**31, None)]
)
def test_lines_that_no_file_can_have(template: str, line: int, expected: int | None) -> None:
    [finding] = lines(template.format(**MESSAGE | {"line": line}))
    assert finding.locations == (Location("src/a.py", expected),)


@pytest.mark.parametrize("template", TEMPLATES.values(), ids=TEMPLATES)
@pytest.mark.parametrize("path", ["C:\\x\\a.py", "/builds/acme/é a.py", "../a:b.py", "a(1).py"])
def test_paths_are_kept_as_written(template: str, path: str) -> None:
    [finding] = lines(template.format(**MESSAGE | {"path": path}))
    assert finding.locations == (Location(path, 3),)


DUPLICATE = "Similar lines in 2 files\n==a:[3:9]\n==b:[4:10]\ndef f():\n    return (n)\n\n    g (m)"


@pytest.mark.parametrize("template", TEMPLATES.values(), ids=TEMPLATES)
@pytest.mark.parametrize(
    "after",
    [
        [],
        ["", "-----------------------------------", "Your code has been rated at 9.00/10", ""],
        ["", "", "Report", "======", "12 statements analysed.", "", "|a|(b)|", "  attr (a,b)"],
        [MODULE],
    ],
)
def test_a_message_of_several_lines(template: str, after: list[str]) -> None:
    first, last = (template.format(**MESSAGE | {"msg": m}) for m in (DUPLICATE, "Other"))
    found = lines(MODULE, first, last, first, *after)
    assert [finding.message for finding in found] == [DUPLICATE, "Other", DUPLICATE]


def test_a_message_of_several_lines_in_colour() -> None:
    [finding] = lines(
        f"a.py:1:0: R0801: \x1b[1;3;35m{DUPLICATE}\x1b[0m (\x1b[1mduplicate-code\x1b[0m)"
    )
    assert (finding.message, finding.rule) == (DUPLICATE, "duplicate-code")


@pytest.mark.parametrize(
    "noise",
    [
        ["-", ""],
        ["", "------", "Your code has been rated at -3.00/10 (previous run: 1.00/10, -4.00)"],
        ["", "------", "Your code has been rated at 9.00/10", "Checked 2 files/modules (a, b), skipped 0"],
        ["An exception occurred while rating: division by zero"],
        ["", "Report", "======", "anything (goes)", "+---+", "", "-----", "Your code has been rated at 9/10"],
    ],
)  # fmt: skip
def test_what_is_passed_over_knowingly(noise: list[str]) -> None:
    assert lines(*noise, "") == []
    assert lines(MODULE, LINE, *noise, "") == [EXPECTED]
    assert lines(*noise, MODULE, LINE) == [EXPECTED]  # a second run in the same file
    assert lines(LINE, *noise, LINE) == [EXPECTED] * 2


@pytest.mark.parametrize(
    ("content", "position", "reason"),
    [
        ("Traceback (most recent call last):\n", "line 1", "is no message of pylint: 'Traceback"),
        ("No files to lint: exiting.\n", "line 1", "is no message"),
        (f"{LINE}\nKilled\n", "line 2", "is no message of pylint: 'Killed'"),
        (f"{LINE}\n\n----\nYour code has been rated at 9/10\nKilled\n", "line 5", "Killed"),
        (f"{LINE}\n\nReport\n======\n{MODULE}\nKilled\n", "line 6", "Killed"),
        (f"{MODULE}\nChecked 2 files\n", "line 2", "Checked"),
        (f"{MODULE}\nC:  1, 0: Missing docstring (missing-docstring)\n", "line 2", "no message"),
        ("a.py:1:0: X0001: What (x)\n", "line 1", "X0001 is of no category"),
        (f"{LINE}\na.py:b:0: C0114: Missing (x)\n", "line 2", "no message in the text format"),
        (f"{LINE}\na.py:1: [C0114(x), ] Missing\n", "line 2", "no message in the text format"),
        ("a.py:1: [C0114(x), ] m\nb.py 2 [C0114(x), ] m\n", "line 2", "in the parseable format"),
        ("::error file=a.py,line=x,title=C0114::m\n", "line 1", "in the known format"),
        (f"a.py:{'9' * 9999}:0: C0114: m (x)\n", "line 1", "no message"),
        (f"a.py:1:0: R0801: Similar\n==a:[1:2]\n{LINE}\n", "line 1", "does not end with a symbol"),
        (LINE, "line 1", "the file ends in the middle"),
        (f"{LINE}\n{MODULE}", "line 2", "the file ends in the middle"),
        (f"{LINE}\n" + "x" * (3 << 20), "line 2", "is longer than 1048576 bytes"),
        (f"a.py:1: [C0114(x), ] m\n{'x' * 99999}\n" + f"{'y' * 999999}\n" * 5, "line 1", "longer"),
        (f"{LINE}\n\xff\n".encode("latin-1"), "line 2", "is not valid UTF-8"),
    ],
)
def test_what_is_neither_a_message_nor_known_to_be_none(
    content: str | bytes, position: str, reason: str
) -> None:
    with pytest.raises(MalformedError) as caught:
        parse(content.encode() if isinstance(content, str) else content)
    assert caught.value.position == position
    assert reason in caught.value.reason
    assert len(caught.value.message) < 400


@pytest.mark.parametrize("template", TEMPLATES.values(), ids=TEMPLATES)
def test_a_file_that_ends_in_the_middle_of_a_line(template: str) -> None:
    content = (template.format(**MESSAGE) + "\n").encode()
    for end in range(1, len(content)):
        with pytest.raises(MalformedError):
            parse(content + content[:end])


def test_windows_line_ends_and_encodings() -> None:
    text = f"{MODULE}\r\n{LINE}\r\n"
    for encoding in ("utf-8", "utf-8-sig", "utf-16"):
        assert parse(text.encode(encoding)) == [EXPECTED]


def test_no_line_takes_quadratic_time() -> None:  # the first took 16 s with an unbounded object
    before = time.process_time()
    with pytest.raises(MalformedError):
        parse(b"a:1: [C0114(x), " * 60_000 + b"\n")
    with pytest.raises(MalformedError):
        parse(b"a:1:1: C0114: m (" * 60_000 + b"\n")
    assert time.process_time() - before < 5


WORD = st.text(st.characters(codec="utf-8", exclude_characters="\n\r\x1b"), min_size=1)
FIRST = WORD.filter(lambda text: text.strip() and not text.endswith(")"))
CODE = st.lists(WORD.map(lambda text: f"\n    {text}|")).map("".join)
NAME = st.text("abcdefghij-", min_size=1)
NUMBER = st.integers(1, 2**31 - 1)


@pytest.mark.parametrize("name", TEMPLATES)
@given(
    given=st.lists(
        st.fixed_dictionaries({
            "path": st.text("abé/\\.: -_()[]1,", min_size=1), "line": NUMBER, "column": NUMBER,
            "end_line": st.just(""), "msg_id": st.from_regex(r"[FEWRCI][0-9]{4}", fullmatch=True),
            "obj": st.text("abA._<>"), "symbol": NAME, "category": st.just("warning"),
            "msg": st.tuples(FIRST, CODE).map("".join),
        }),
        max_size=4,
    )
)  # fmt: skip
def test_what_pylint_formats_is_read_back(name: str, given: list[dict[str, Any]]) -> None:
    found = lines(MODULE, *(TEMPLATES[name].format(**message) for message in given))
    rule = "msg_id" if name == "github" else "symbol"
    assert [(f.rule, f.message, f.locations) for f in found] == [
        (m[rule], m["msg"].rstrip(), (Location(m["path"], m["line"]),)) for m in given
    ]


@pytest.mark.parametrize("name", ["parseable", "colorized", "github"])
def test_fixtures_of_one_project_hold_the_same_findings(name: str) -> None:
    def read(name: str) -> list[tuple[str, str, int | None]]:
        content = (FIXTURES / f"pylint/{name}-more-itertools/pylint.txt").read_bytes()
        found = parse(content)
        return [(f.message, f.locations[0].path, f.locations[0].line) for f in found]

    assert read(name) == read("text-duplicates")
