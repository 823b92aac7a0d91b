"""Findings in Checkstyle's XML format, as Checkstyle and the linters that borrow it write them."""

import xml.etree.ElementTree as ET  # of what the test itself has written
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from xml.sax.saxutils import quoteattr

import pytest
from fixture_records import FIXTURES, FOLDERS, recorded
from hypothesis import given, settings
from hypothesis import strategies as st

from insights_parsers.checkstyle import CheckstyleParser
from insights_uploader.inputs.source import Source
from insights_uploader.model.errors import MalformedError, ResultsError
from insights_uploader.model.finding import Finding, FindingType, Location, Severity
from insights_uploader.model.measure import Remark, ToolRun

ESLINT = FIXTURES / "checkstyle/eslint-object-path/eslint.xml"
Read = Callable[[str | bytes], list[Any]]


def parsed(path: Path, content: str | bytes) -> list[Any]:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    with Source(str(path)) as source:
        return list(CheckstyleParser().parse(source))


@pytest.fixture
def read(tmp_path: Path) -> Read:
    return lambda content: parsed(tmp_path / "checkstyle.xml", content)


def report(*errors: str, name: str = "a.js") -> str:
    return f"<checkstyle version='4.3'><file name='{name}'>{''.join(errors)}</file></checkstyle>"


def an_error(**attributes: str) -> str:
    given = {"line": "3", "severity": "error", "message": "m", "source": "s"} | attributes
    return f"<error {' '.join(f'{name}={quoteattr(value)}' for name, value in given.items())}/>"


def findings(items: list[Any]) -> list[Finding]:
    return [item for item in items if isinstance(item, Finding)]


def remarks(items: list[Any]) -> list[str]:
    return [item.message for item in items if isinstance(item, Remark)]


def test_a_finding(read: Read) -> None:
    run, finding = read(
        report(an_error(column="7", message=" Don't. ", source="eslint.rules.semi"))
    )
    assert run == ToolRun("checkstyle")
    assert finding == Finding(
        tool="checkstyle",
        rule="eslint.rules.semi",
        message="Don't.",
        severity=Severity.HIGH,
        type=FindingType.BUG,
        locations=(Location("a.js", 3),),
    )


@pytest.mark.parametrize(
    ("word", "severity", "kind", "remark"),
    [
        # Checkstyle's SeverityLevel
        ("error", "HIGH", "BUG", []),
        ("warning", "MEDIUM", "CODE_SMELL", []),
        ("info", "LOW", "CODE_SMELL", []),
        ("ignore", "LOW", "CODE_SMELL", []),
        ("ERROR", "HIGH", "BUG", []),
        (" Warning ", "MEDIUM", "CODE_SMELL", []),
        # What others write instead is never guessed in silence
        ("hint", "MEDIUM", "CODE_SMELL", ["1 findings of severity 'hint' are taken as warnings"]),
        ("", "MEDIUM", "CODE_SMELL", ["1 findings of no severity are taken as warnings"]),
    ],
)
def test_severity_and_type(
    read: Read, word: str, severity: str, kind: str, remark: list[str]
) -> None:
    items = read(report(an_error(severity=word)))
    [finding] = findings(items)
    assert (finding.severity.name, finding.type) == (severity, kind)
    assert remarks(items) == remark


def test_unknown_severities_are_summed_up(read: Read) -> None:
    words = [f"level {n // 2}" for n in range(100)]
    items = read(report(*(an_error(severity=word) for word in words)))
    assert len(findings(items)) == 100
    assert remarks(items)[0] == "2 findings of severity 'level 0' are taken as warnings"
    assert remarks(items)[10:] == ["80 findings of other unknown severities are taken as warnings"]


@pytest.mark.parametrize(
    ("source", "rule"),
    [
        ("com.puppycrawl.tools.checkstyle.checks.sizes.LineLengthCheck", "LineLengthCheck"),
        ("com.puppycrawl.tools.checkstyle.checks.RegexpCheck#noTodo", "RegexpCheck#noTodo"),  # 10.x
        ("com.github.sevntu.checkstyle.checks.coding.UselessCheck", "UselessCheck"),
        ("noTodo", "noTodo"),  # an id in the place of the class, until 10.0
        ("eslint.rules.no-var", "eslint.rules.no-var"),
        ("eslint.rules.@typescript-eslint/no-x", "eslint.rules.@typescript-eslint/no-x"),
        ("eslint(no-var)", "eslint(no-var)"),  # oxlint
        ("stylelint.rules.alpha-value-notation", "stylelint.rules.alpha-value-notation"),
        ("ShellCheck.SC2086", "ShellCheck.SC2086"),
        ("detekt.MagicNumber", "detekt.MagicNumber"),
        ("Generic.Files.LineLength.TooLong", "Generic.Files.LineLength.TooLong"),  # PHP_CodeSniffer
        ("DL3008", "DL3008"),  # hadolint
        ("two\nwords", "two words"),
        ("", "unnamed"),  # eslint, for a file that it cannot parse
        ("x" * 2000, "x" * 1024),
    ],
)
def test_rule(read: Read, source: str, rule: str) -> None:
    assert findings(read(report(an_error(source=source))))[0].rule == rule


@pytest.mark.parametrize(
    ("source", "message", "rule"),
    [
        ("pycodestyle", "E501 line too long (74 > 72 characters)", "E501"),  # flake8-checkstyle
        ("mccabe", "C901 'f' is too complex (6)", "C901"),
        ("pyflakes", "an unused import", "pyflakes"),
        ("ShellCheck.SC1", "E501 is no rule here", "ShellCheck.SC1"),
    ],
)
def test_flake8_names_the_rule_in_the_message(
    read: Read, source: str, message: str, rule: str
) -> None:
    [finding] = findings(read(report(an_error(source=source, message=message))))
    assert (finding.rule, finding.message) == (rule, message)


def test_what_is_missing(read: Read) -> None:
    [finding] = findings(read("<checkstyle><file name='a.js'><error/></file></checkstyle>"))
    assert finding.rule == "unnamed"
    assert finding.message == "unnamed: the tool gave no message."
    assert finding.locations == (Location("a.js"),)


@pytest.mark.parametrize(
    ("line", "place", "remark"),
    [
        ("1", 1, []),
        (" 12 ", 12, []),
        ("2147483647", 2**31 - 1, []),
        ("0", None, []),  # of the whole file
        ("-1", None, []),
        ("", None, []),
        ("undefined", None, ["1 findings have a line that is no number"]),  # JavaScript's
        ("1.5", None, ["1 findings have a line that is no number"]),
        ("1_0", None, ["1 findings have a line that is no number"]),
        ("2147483648", None, ["1 findings have a line that is no number"]),
        ("1" * 5000, None, ["1 findings have a line that is no number"]),
    ],
)
def test_line(read: Read, line: str, place: int | None, remark: list[str]) -> None:
    items = read(report(an_error(line=line)))
    assert findings(items)[0].locations == (Location("a.js", place),)
    assert remarks(items) == remark


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("/builds/acme/x/a.js", "/builds/acme/x/a.js"),
        ("C:\\agent\\a.js", "C:\\agent\\a.js"),
        ("./a b.js", "./a b.js"),
        ("a&#45;b&amp;c.sh", "a-b&c.sh"),  # ShellCheck writes references for most characters
        ("caf\u00e9.js", "caf\u00e9.js"),
    ],
)
def test_paths_are_as_the_tool_wrote_them(read: Read, name: str, path: str) -> None:
    assert findings(read(report(an_error(), name=name)))[0].locations == (Location(path, 3),)


@pytest.mark.parametrize(
    "content",
    [
        f"<checkstyle>{an_error()}</checkstyle>",  # Checkstyle, of no file
        f"<checkstyle><file name='a.js'/>{an_error()}</checkstyle>",
        f"<checkstyle><file>{an_error()}</file></checkstyle>",
        report(an_error(), name=" "),
        report(an_error(), name="x" * 5000),
    ],
)
def test_a_finding_of_no_file_has_no_place(read: Read, content: str) -> None:
    [finding] = findings(read(content))
    assert finding.locations == ()


def test_a_clean_file_is_of_the_same_tool_as_any_other(read: Read) -> None:
    for content in ("<checkstyle version='4.3'/>", "<checkstyle><file name='a.js'/></checkstyle>"):
        assert read(content) == [ToolRun("checkstyle")]


TRACE = "\n<![CDATA[\ncom.puppycrawl.tools.checkstyle.api.CheckstyleException: boom\n\tat X.y(X.java:1)\n]]>\n"


@pytest.mark.parametrize(
    ("inside", "failure"),
    [
        (f"<exception>{TRACE}</exception>", "a.js: com.puppycrawl.tools.checkstyle.api.CheckstyleException: boom"),
        # Checkstyle 8.0's XMLLogger escapes the whole element.
        ("&lt;exception&gt;&#10;&lt;![CDATA[&#10;java.lang.Boom: boom&#10;&#9;at X&#10;]]&gt;&#10;&lt;/exception&gt;",
         "a.js: java.lang.Boom: boom"),
        ("<exception/>", "a.js: an exception without words"),
        ("<exception>one</exception><exception>two</exception>", "a.js: one (and 1 more exceptions)"),
        ("<exception>" + "x" * 5000 + "</exception>", "a.js: " + "x" * 300),
    ],
)  # fmt: skip
def test_an_exception_is_the_tools_failure(read: Read, inside: str, failure: str) -> None:
    run, finding, failed = read(report(an_error(), inside))
    assert run == ToolRun("checkstyle")
    assert isinstance(finding, Finding)
    assert failed == ToolRun("checkstyle", failure=failure)


def test_an_exception_of_no_file(read: Read) -> None:
    assert read("<checkstyle><exception>\nboom\n</exception></checkstyle>")[1:] == [
        ToolRun("checkstyle", failure="boom")
    ]


def test_other_text_is_no_failure(read: Read) -> None:
    assert read(report(an_error(), "all is well &lt;exception&gt;"))[2:] == []


def test_thousands_of_findings_on_one_line(read: Read) -> None:
    items = read(report(*(an_error(line=str(n)) for n in range(1, 5001))))
    assert [f.locations[0].line for f in findings(items)] == list(range(1, 5001))


@pytest.mark.parametrize("attribute", ["line", "severity", "message", "source"])
def test_a_giant_value_is_cut(read: Read, attribute: str) -> None:
    run, finding, *told = read(report(an_error(**{attribute: "x" * 12_000_000})))
    assert len(repr((run, finding, told))) < 20_000


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-be", "utf-32"])
def test_a_bom_and_other_encodings_are_read(read: Read, encoding: str) -> None:
    [finding] = findings(read(report(an_error(message="\u00e9")).encode(encoding)))
    assert finding.message == "\u00e9"


@pytest.mark.parametrize("illegal", [b"\x1b", b"\x00", b"&#27;"])
def test_illegal_characters_are_replaced_with_a_remark(read: Read, illegal: bytes) -> None:
    items = read(report(an_error(message="XX")).encode().replace(b"XX", b"a" + illegal))
    assert findings(items)[0].message == "a\ufffd"
    assert len(remarks(items)) == 1


# Bad input


@pytest.mark.parametrize(
    ("content", "position", "reason"),
    [
        (b"<checkstyle>\n<file name='a'>", "line 2", "the file ends inside <file>"),
        (b"<testsuites/>", "line 1", "the root element is <testsuites> and not <checkstyle>"),
        (b"<checkstyle>\n<file name='\xff'/></checkstyle>", "line 2", "not well-formed"),
        (b"<checkstyle/>\n<checkstyle/>", "line 2", "not well-formed"),
        (b"<checkstyle>\n&foo;</checkstyle>", "line 2", "'foo'"),
        (b'<!DOCTYPE checkstyle [<!ENTITY x "y">]><checkstyle/>', "line 1", "entity declarations"),
        (b"<checkstyle>" * 200, "before line 2", "inside each other"),
        (b"Audit done.", "line 1", "not well-formed"),
    ],
)
def test_what_breaks_the_format_is_named(
    tmp_path: Path, content: bytes, position: str, reason: str
) -> None:
    with pytest.raises(MalformedError) as caught:
        parsed(tmp_path / "checkstyle.xml", content)
    assert str(tmp_path / "checkstyle.xml") in caught.value.message
    assert caught.value.position.startswith(position)
    assert reason in caught.value.reason


@pytest.mark.parametrize("content", [b"", b" \n"])
def test_an_empty_file(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(ResultsError, match=r"checkstyle\.xml"):
        parsed(tmp_path / "checkstyle.xml", content)


@settings(deadline=None)
@given(st.integers(1, len(ESLINT.read_bytes().rstrip()) - 1))
def test_a_file_cut_anywhere_is_malformed(end: int) -> None:
    with TemporaryDirectory() as folder, pytest.raises(MalformedError):
        parsed(Path(folder, "c.xml"), ESLINT.read_bytes()[:end])


@settings(deadline=None)
@given(st.binary(min_size=1) | st.binary().map(lambda b: b"<checkstyle>" + b))
def test_random_bytes_are_malformed(content: bytes) -> None:
    with TemporaryDirectory() as folder, pytest.raises(ResultsError):
        parsed(Path(folder, "c.xml"), content)


TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\ufffe\uffff", exclude_categories=["Cc", "Cs"]))  # fmt: skip
ERROR = st.fixed_dictionaries(
    {"line": st.integers(1, 2**31 - 1).map(str), "message": TEXT, "source": TEXT}
)
TREE = st.dictionaries(TEXT, st.lists(ERROR, max_size=4), max_size=4)


@settings(deadline=None)
@given(TREE)
def test_any_tree_is_read_as_another_library_walks_it(
    tree: dict[str, list[dict[str, str]]],
) -> None:
    root = ET.Element("checkstyle")
    for name, errors in tree.items():
        element = ET.SubElement(root, "file", {"name": name})
        for attributes in errors:
            ET.SubElement(element, "error", attributes | {"severity": "info"})
    with TemporaryDirectory() as folder:
        read = findings(parsed(Path(folder, "c.xml"), ET.tostring(root, encoding="unicode")))
    walked = [(file.attrib["name"], error) for file in root for error in file]
    for finding, (name, error) in zip(read, walked, strict=True):
        assert finding.message.startswith(error.attrib["message"].strip())
        if name.strip():
            assert finding.locations == (Location(name, int(error.attrib["line"])),)


@pytest.mark.parametrize(
    ("head", "known"),
    [
        ('<?xml version="1.0"?>\n<checkstyle version="8.36.1">', True),
        ("<checkstyle/>", True),
        ("<checkstyle-result/>", False),
        ("<pmd><file name='a'/>", False),
        ("<coverage line-rate='1'>", False),
        ("<checkstyle", False),
        ("[]", False),
        ("", False),
    ],
)
def test_sniff(head: str, known: bool) -> None:
    assert CheckstyleParser().sniff(head.encode(), "checkstyle-result.xml") is known


# Files by real tools

REAL = [folder for folder in FOLDERS if folder.parent.name == "checkstyle"]


@pytest.mark.parametrize("folder", REAL, ids=lambda folder: folder.name)
def test_a_real_file_holds_what_its_tool_sums_up(folder: Path) -> None:
    told = recorded(folder)
    path = folder / told["file"]
    with Source(str(path)) as source:
        assert CheckstyleParser().sniff(source.head(), source.filename)
        items = list(CheckstyleParser().parse(source))
    found = [item for item in items if isinstance(item, Finding)]
    assert len(found) == told["findings"]
    assert len(items) == len(found) + 1  # no remark, no failure
    assert all(finding.locations[0].line for finding in found)


@pytest.mark.parametrize(
    ("folder", "severities"),
    [
        ("checkstyle-capacitor-app", {"HIGH": 35}),  # "ends with 35 errors"
        ("eslint-object-path", {"HIGH": 8, "MEDIUM": 123}),  # "8 errors, 123 warnings"
        ("oxlint-minimist", {"MEDIUM": 26}),  # "26 warnings and 0 errors"
        ("phpcs-parsedown", {"HIGH": 329, "MEDIUM": 7}),  # "329 ERRORS AND 7 WARNINGS"
        ("shellcheck-bats-core", {"MEDIUM": 1, "LOW": 6}),  # one "warning", six "note"
        ("stylelint-bootstrap", {"HIGH": 86}),  # "86 errors, 0 warnings"
    ],
)
def test_severities_are_as_the_tool_sums_them_up(folder: str, severities: dict[str, int]) -> None:
    place = FIXTURES / "checkstyle" / folder
    with Source(str(place / recorded(place)["file"])) as source:
        found = [item for item in CheckstyleParser().parse(source) if isinstance(item, Finding)]
    assert Counter(finding.severity.name for finding in found) == severities
