"""What is no Cobertura file, or only a part of one, is an error that names the file and the line."""

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from fixture_records import FIXTURES
from hypothesis import given, settings
from hypothesis import strategies as st

from insights_parsers.cobertura import CoberturaParser
from insights_uploader.inputs.source import Source
from insights_uploader.model.errors import MalformedError, ResultsError
from insights_uploader.model.measure import FileCoverage, Remark

Refused = Callable[[bytes], MalformedError]
PYTEST_COV = FIXTURES / "cobertura/pytest-cov-itsdangerous/coverage.xml"


def parsed(path: Path, content: bytes) -> list[object]:
    path.write_bytes(content)
    with Source(str(path)) as source:
        return list(CoberturaParser().parse(source))


@pytest.fixture
def refused(tmp_path: Path) -> Refused:
    def refuse(content: bytes) -> MalformedError:
        with pytest.raises(MalformedError) as caught:
            parsed(tmp_path / "coverage.xml", content)
        assert str(tmp_path / "coverage.xml") in caught.value.message
        return caught.value

    return refuse


def a_file(line: str) -> bytes:
    return (
        '<coverage line-rate="1"><packages><package><classes>\n<class filename="a.py">'
        f'<lines><line number="1" hits="1"/>\n  {line}\n</lines></class>\n'
        "</classes></package></packages></coverage>"
    ).encode()


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("<line number='-1' hits='1'/>", "a line's number is '-1'"),
        ("<line number='2147483648' hits='1'/>", "a line's number is '2147483648'"),
        ("<line number='x' hits='1'/>", "a line's number is 'x'"),
        ("<line number='1.5' hits='1'/>", "a line's number is '1.5'"),
        ("<line number='1_0' hits='1'/>", "a line's number is '1_0'"),
        ("<line number='\u0661' hits='1'/>", "a line's number is '\u0661'"),
        ("<line hits='1'/>", "a line's number is ''"),
        ("<line number='1'/>", "hits are '', which is no number"),
        ("<line number='1' hits='many'/>", "hits are 'many', which is no number"),
        ("<line number='1' hits='1_0'/>", "hits are '1_0', which is no number"),
        ("<line number='1' hits='nan'/>", "which is no number"),
        ("<line number='1' hits='inf'/>", "which is no number"),
        (f"<line number='1' hits='{'9' * 5000}'/>", f"hits are '{'9' * 40}...', which is no number"),
        ("<line number='1' hits='-3'/>", "hits are '-3', less than none"),
        ("<line number='1' hits='1' condition-coverage='half'/>", "'half' and not like 50% (1/2)"),
        ("<line number='1' hits='1' condition-coverage='50% (1/2'/>", "not like 50% (1/2)"),
        ("<line number='1' hits='1' condition-coverage='50% (-1/2)'/>", "not like 50% (1/2)"),
        ("<line number='1' hits='1' condition-coverage='50% (1/2) x'/>", "not like 50% (1/2)"),
        ("<line number='1' hits='1' condition-coverage='150% (3/2)'/>", "not like 50% (1/2)"),
        ("<line number='1' hits='1'><condition number='a' coverage='1%'/></line>", "condition's number is 'a'"),
        ("<line number='1' hits='1'><condition number='0'/></line>", "condition's coverage is ''"),
        ("<line number='1' hits='1'><condition number='0' coverage='x%'/></line>", "coverage is 'x%'"),
        ("<line number='1' hits='1'><condition number='0' coverage='101%'/></line>", "is '101%'"),
        ("<line number='1' hits='1'><condition number='0' coverage='-1%'/></line>", "is '-1%'"),
        ("<line number='1' hits='1'><line number='2' hits='1'/></line>", "or inside a <line>"),
        ("<class filename='b.py'/>", "a <class> stands inside a <class>"),
    ],
)  # fmt: skip
def test_a_value_that_cannot_be_is_named_with_its_line(
    refused: Refused, line: str, reason: str
) -> None:
    error = refused(a_file(line))
    assert reason in error.reason
    assert error.position.startswith("line 3, column ")


@pytest.mark.parametrize(
    ("inside", "reason"),
    [
        ("<line number='1' hits='1'/>", "a <line> stands outside a <class> or"),
        ("<packages><class/></packages>", "a <class> has no filename"),
        ("<packages><class filename=' '/></packages>", "a <class> has no filename"),
        (f"<packages><class filename='{'x' * 4097}'/></packages>", "longer than 4096 characters"),
        ("<project timestamp='1'><metrics/></project>", "it is the <coverage> of another format"),  # Clover
        ("<project><package><file name='a'><class name='A'/></file></package></project>", "of another format"),
        ("<file path='a.py'><lineToCover/></file>", "it is the <coverage> of another format"),  # SonarQube
        ("", "it is the <coverage> of another format"),
    ],
)  # fmt: skip
def test_what_breaks_the_format(refused: Refused, inside: str, reason: str) -> None:
    error = refused(f"<coverage>\n{inside}</coverage>".encode())
    assert reason in error.reason
    assert error.position.startswith("line ")


def test_gccs_negative_counts_get_a_hint(refused: Refused) -> None:
    assert "-fprofile-update=atomic" in refused(a_file("<line number='1' hits='-3'/>")).hint


def test_the_position_is_right_far_behind_and_in_any_encoding(refused: Refused) -> None:
    filler = b"<line number='1' hits='1'/>\n" * 20_000
    text = b"<coverage>\n<packages><class filename='\xe9\x1b'>\n" + filler
    end = b"<line number='x' hits='1'/></class></packages></coverage>"
    error = refused(b"<?xml version='1.0' encoding='iso-8859-1'?>" + text + end)
    assert error.position == "line 20003, column 1"


@pytest.mark.parametrize(
    "line",
    [
        "<line hits='1' number 1>",
        "<line number'1'/>",
        "<line hits='x' number='<'/>",
        "<line hits='1'",
    ],
)
def test_a_tag_that_is_not_well_formed_is_not_blamed_for_what_it_lacks(
    refused: Refused, line: str
) -> None:
    error = refused(a_file(line))
    assert "is not well-formed XML" in error.reason
    assert error.position.startswith(("line 3, ", "line 4, "))


@pytest.mark.parametrize(
    ("content", "position", "reason"),
    [
        (b"<coverage>\n<packages>", "line 2", "the file ends inside <packages>"),
        (b"<coverage>\n<packages><class filename='a'><line number='1' hits='", "line 2, ", "the file ends"),
        (b"<testsuites/>", "line 1", "the root element is <testsuites> and not <coverage>"),
        (b"<report name='jacoco'/>", "line 1", "the root element is <report> and not <coverage>"),
        (b"<coverage>\n<packages a='\xff'/></coverage>", "line 2", "not well-formed"),
        (b"<coverage><packages/></coverage>\nmore", "line 2", "not well-formed"),
        (b"<coverage>\n<packages>&foo;</packages></coverage>", "line 2", "'foo'"),
        (b'<!DOCTYPE coverage [<!ENTITY x "y">]><coverage/>', "line 1", "entity declarations"),
        (b"<coverage>" * 200, "before line 2", "inside each other"),
        (b"not xml", "line 1", "not well-formed"),
    ],
)  # fmt: skip
def test_what_breaks_xml(refused: Refused, content: bytes, position: str, reason: str) -> None:
    error = refused(content)
    assert error.position.startswith(position)
    assert reason in error.reason


@pytest.mark.parametrize("content", [b"", b" \n\t"])
def test_an_empty_file(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(ResultsError, match=r"coverage\.xml"):
        parsed(tmp_path / "coverage.xml", content)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-32"])
def test_a_bom_and_other_encodings_are_read(tmp_path: Path, encoding: str) -> None:
    content = a_file("<line number='2' hits='1'/>").decode().replace("a.py", "\u00e9.py")
    _, file = parsed(tmp_path / "coverage.xml", content.encode(encoding))
    assert isinstance(file, FileCoverage)
    assert file.paths == ("\u00e9.py",)


@pytest.mark.parametrize("illegal", [b"\x1b", b"\x00", b"&#27;"])
def test_illegal_characters_are_replaced_with_a_remark(tmp_path: Path, illegal: bytes) -> None:
    content = a_file("").replace(b"a.py", b"a" + illegal + b".py")
    _, file, remark = parsed(tmp_path / "coverage.xml", content)
    assert isinstance(file, FileCoverage)
    assert file.paths == ("a\ufffd.py",)
    assert isinstance(remark, Remark)


@pytest.mark.parametrize("attribute", ["hits", "condition-coverage", "number"])
def test_a_giant_value_is_refused_shortly(refused: Refused, attribute: str) -> None:
    others = {"number": "1", "hits": "1", "condition-coverage": "50% (1/2)"}
    values = others | {attribute: "1" * 12_000_000}
    attributes = " ".join(f"{name}='{value}'" for name, value in values.items())
    error = refused(a_file(f"<line {attributes}/>"))
    assert len(error.message) < 500


def test_a_giant_value_that_nobody_reads_harms_nobody(tmp_path: Path) -> None:
    content = a_file("").replace(b"filename=", b"name='" + b"x" * 12_000_000 + b"' filename=")
    assert len(parsed(tmp_path / "coverage.xml", content)) == 2


@settings(deadline=None)
@given(st.integers(1, len(PYTEST_COV.read_bytes().rstrip()) - 1))
def test_a_file_cut_anywhere_is_malformed(end: int) -> None:
    with TemporaryDirectory() as folder, pytest.raises(MalformedError) as caught:
        parsed(Path(folder, "coverage.xml"), PYTEST_COV.read_bytes()[:end])
    assert caught.value.position.startswith("line ")
    assert "ends" in caught.value.reason or "not well-formed" in caught.value.reason


@settings(deadline=None)
@given(st.binary(min_size=1) | st.binary().map(lambda b: b"<coverage>" + b))
def test_random_bytes_are_malformed(content: bytes) -> None:
    with TemporaryDirectory() as folder, pytest.raises(ResultsError):
        parsed(Path(folder, "coverage.xml"), content)
