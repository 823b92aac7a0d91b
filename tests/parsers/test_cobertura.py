"""What a Cobertura file says of each line, as coverage-04.dtd and its writers mean it."""

import xml.etree.ElementTree as ET  # of what the test itself has written
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from insights_parsers.cobertura import CoberturaParser
from insights_uploader.inputs.source import Source
from insights_uploader.model.measure import FileCoverage, LineCoverage, Remark, ToolRun

Read = Callable[[str], list[Any]]


def parsed(path: Path, content: str) -> list[Any]:
    path.write_text(content, encoding="utf-8")
    with Source(str(path)) as source:
        return list(CoberturaParser().parse(source))


@pytest.fixture
def read(tmp_path: Path) -> Read:
    return lambda content: parsed(tmp_path / "coverage.xml", content)


def report(*classes: str, sources: str = "", root: str = "line-rate='1'") -> str:
    packages = f"<packages><package><classes>{''.join(classes)}</classes></package></packages>"
    return f"<coverage {root}>{sources}{packages}</coverage>"


def a_class(lines: str, methods: str = "", filename: str = "a.py") -> str:
    return (
        f"<class filename='{filename}'><methods>{methods}</methods><lines>{lines}</lines></class>"
    )


def files(items: list[Any]) -> list[FileCoverage]:
    return [item for item in items if isinstance(item, FileCoverage)]


def remarks(items: list[Any]) -> list[str]:
    return [item.message for item in items if isinstance(item, Remark)]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("number='3' hits='0'", LineCoverage(3, 0)),
        ("number='3' hits='1' branch='false'", LineCoverage(3, 1)),
        ("number='1' hits='18446744073709551616'", LineCoverage(1, 2**63 - 1)),
        ("number='1' hits='1.0'", LineCoverage(1, 1)),
        ("number='1' hits='1e3'", LineCoverage(1, 1000)),
        ("number='1' hits='0.25'", LineCoverage(1, 1)),  # a part of a run is a run
        ("number='1' hits='1e400'", LineCoverage(1, 2**63 - 1)),
        ("number='1' hits=' 7 '", LineCoverage(1, 7)),
        ("number='1' hits='-0'", LineCoverage(1, 0)),
        ("number='2147483647' hits='1'", LineCoverage(2**31 - 1, 1)),
        ("number='3' hits='1' branch='true'", LineCoverage(3, 1)),  # grcov, with no condition
        ("number='3' hits='1' branch='True' condition-coverage='50% (1/2)'", LineCoverage(3, 1, 1, 2)),  # coverlet
        ("number='3' hits='1' branch='true' condition-coverage='100% (1/1)'", LineCoverage(3, 1, 1, 1)),
        ("number='3' hits='1' branch='true' condition-coverage='14.285714285714285% (1/7)'", LineCoverage(3, 1, 1, 7)),
        ("number='3' hits='1' branch='true' condition-coverage='14,29% (1/7)'", LineCoverage(3, 1, 1, 7)),  # a locale
        ("number='3' hits='1' branch='true' condition-coverage=' 50 % ( 1 / 2 ) '", LineCoverage(3, 1, 1, 2)),
        ("number='3' hits='0' branch='true' condition-coverage='NaN% (0/0)'", LineCoverage(3, 0)),
        ("number='3' hits='1' branch='true' condition-coverage='9% (1/2)'", LineCoverage(3, 1, 1, 2)),
        ("number='3' hits='1' branch='true' condition-coverage='50%'", LineCoverage(3, 1)),  # of how many?
        ("number='3' hits='1' branch='true' condition-coverage=''", LineCoverage(3, 1)),
        ("number='3' hits='1' xmlns:x='urn:x' x:hits='9'", LineCoverage(3, 1)),
    ],
)  # fmt: skip
def test_a_line(read: Read, line: str, expected: LineCoverage) -> None:
    [file] = files(read(report(a_class(f"<line {line}/>"))))
    assert file.lines == (expected,)


@pytest.mark.parametrize(
    ("said", "missing"),
    [
        ("condition-coverage='50% (1/2)' missing-branches='12'", (12,)),
        ("condition-coverage='25% (1/4)' missing-branches='9,exit,7'", (0, 7, 9)),
        ("condition-coverage='0% (0/2)' missing-branches='exit, exit'", (-1, 0)),
        ("condition-coverage='50% (1/2)'", ()),
        ("condition-coverage='50% (1/2)' missing-branches=''", ()),
        # What does not name as many as were missed is nobody's that is known: the counts stand.
        ("condition-coverage='50% (1/2)' missing-branches='4,5'", ()),
        ("condition-coverage='0% (0/2)' missing-branches='4,4'", ()),
        ("condition-coverage='50% (1/2)' missing-branches='else'", ()),
        ("condition-coverage='50% (1/2)' missing-branches='-4'", ()),
        ("condition-coverage='50% (1/2)' missing-branches='0'", ()),
        ("missing-branches='4'", ()),
        ("condition-coverage='0% (0/999999999)' missing-branches='4'", ()),
    ],
)
def test_the_branches_that_coverage_py_names(
    read: Read, said: str, missing: tuple[int, ...]
) -> None:
    [file] = files(read(report(a_class(f"<line number='3' hits='1' branch='true' {said}/>"))))
    assert [line.missing for line in file.lines] == [missing]


@pytest.mark.parametrize(
    ("said", "conditions", "expected"),
    [
        ("condition-coverage='75% (3/4)'", [("0", "50%"), ("1", "100%")], (3, 4, ((0, 50), (1, 100)))),
        ("condition-coverage='50% (1/2)'", [("42", "50.0%")], (1, 2, ((42, 50),))),  # coverlet: IL offsets
        ("condition-coverage='99% (99/100)'", [("0", "99.9%")], (99, 100, ((0, 99),))),
        ("", [("0", "1"), ("1", "0")], (1, 2, ((0, 100), (1, 0)))),  # grcov: fractions, no counts
        ("", [("0", "0.5")], (0, 1, ((0, 50),))),
    ],
)  # fmt: skip
def test_conditions(
    read: Read, said: str, conditions: list[tuple[str, str]], expected: tuple[Any, ...]
) -> None:
    inner = "".join(f"<condition number='{n}' type='jump' coverage='{c}'/>" for n, c in conditions)
    line = f"<line number='5' hits='2' branch='true' {said}><conditions>{inner}</conditions></line>"
    [file] = files(read(report(a_class(line))))
    assert file.lines == (LineCoverage(5, 2, *expected),)


def of_method(*numbers: int) -> str:
    lines = "".join(f"<line number='{number}' hits='9'/>" for number in numbers)
    return f"<method name='f' signature=''><lines>{lines}</lines></method>"


@pytest.mark.parametrize(
    ("content", "lines"),
    [
        # istanbul's method lines are declarations, which it does not count as lines itself.
        (a_class("<line number='2' hits='1'/>", of_method(1, 2)), [(2, 1)]),
        (a_class("", of_method(1, 2) + of_method(3)), [(1, 9), (2, 9), (3, 9)]),
        (f"<class filename='a.py'><methods>{of_method(4)}</methods></class>", [(4, 9)]),
        ("<class filename='a.py'><lines><line number='2' hits='1'/></lines>"
         f"<methods>{of_method(1)}</methods></class>", [(2, 1)]),
        # A line that comes twice comes twice: which is meant is for the merge to say.
        (a_class("<line number='2' hits='1'/><line number='2' hits='0'/>"), [(2, 1), (2, 0)]),
        (a_class(""), []),  # coverage.py: an empty __init__.py
        ("<class filename='a.py'/>", []),
    ],
)  # fmt: skip
def test_the_lines_of_a_class(read: Read, content: str, lines: list[tuple[int, int]]) -> None:
    [file] = files(read(report(content)))
    assert [(line.line, line.hits) for line in file.lines] == lines


def test_each_class_is_a_part_of_its_file(read: Read) -> None:
    content = report(
        a_class("<line number='1' hits='1'/>", filename="a.cs"),
        a_class("<line number='9' hits='0'/>", of_method(9), filename="a.cs"),
    )
    one, other = files(read(content))
    assert one == FileCoverage("coverage", ("a.cs",), (LineCoverage(1, 1),))
    assert other == FileCoverage("coverage", ("a.cs",), (LineCoverage(9, 0),))


def test_a_large_class_comes_in_parts(read: Read) -> None:
    lines = "".join(f"<line number='{n}' hits='1'/>" for n in range(1, 25_001))
    parts = files(read(report(a_class(lines))))
    assert [len(part.lines) for part in parts] == [10_000, 10_000, 5_000]
    assert [line.line for part in parts for line in part.lines] == list(range(1, 25_001))


@pytest.mark.parametrize(
    ("sources", "filename", "paths"),
    [
        (["/b/x"], "src/a.py", ["/b/x/src/a.py", "src/a.py"]),
        (["/b/x/"], "a.py", ["/b/x/a.py", "a.py"]),
        (["/b/x/src", "/b/x/tests"], "m/a.py", ["/b/x/src/m/a.py", "/b/x/tests/m/a.py", "m/a.py"]),
        (["src/pkg"], "a.py", ["src/pkg/a.py", "a.py"]),  # coverage.py, relative_files
        (["."], "src/a.c", ["src/a.c"]),  # gcovr until version 5, grcov
        (["./"], "src/a.c", ["src/a.c"]),
        (["", " "], "a.py", ["a.py"]),
        ([], "a.py", ["a.py"]),
        (["/b/x", "/b/x"], "a.py", ["/b/x/a.py", "a.py"]),
        (["\n   /b/x\n  "], "a.py", ["/b/x/a.py", "a.py"]),  # PHPUnit and others, pretty
        (["/"], "b/x/a.py", ["/b/x/a.py", "b/x/a.py"]),
        (["/b/x"], "/b/x/a.py", ["/b/x/a.py"]),
        (["/b/x"], "../y/a.py", ["/b/x/../y/a.py", "../y/a.py"]),
        (["C:\\agent\\src\\"], "App\\A.cs", ["C:\\agent\\src\\App\\A.cs", "App\\A.cs"]),
        (["C:\\"], "App\\A.cs", ["C:\\App\\A.cs", "App\\A.cs"]),
        (["/b/odd\\name"], "a.py", ["/b/odd\\name/a.py", "a.py"]),
        (["C:/agent/src"], "App/A.cs", ["C:/agent/src/App/A.cs", "App/A.cs"]),
        (["/b/x"], "C:\\agent\\A.cs", ["C:\\agent\\A.cs"]),
        (["/b/x"], "\\\\server\\share\\A.cs", ["\\\\server\\share\\A.cs"]),
        (["/b/x"], "https://raw.example.org/o/r/A.cs", ["https://raw.example.org/o/r/A.cs"]),  # SourceLink
        (["/b &amp; c"], "caf\u00e9 &lt;1&gt; &amp; &#38;amp;.py", ["/b & c/caf\u00e9 <1> & &amp;.py", "caf\u00e9 <1> & &amp;.py"]),
    ],
)  # fmt: skip
def test_paths(read: Read, sources: list[str], filename: str, paths: list[str]) -> None:
    inner = "".join(f"<source>{source}</source>" for source in sources)
    content = report(a_class("", filename=filename), sources=f"<sources>{inner}</sources>")
    [file] = files(read(content))
    assert file.paths == tuple(paths)


def test_a_source_after_the_classes_comes_too_late_for_them(read: Read) -> None:
    # coverage-04.dtd: <!ELEMENT coverage (sources?,packages)>
    late = "<sources><source>/b</source></sources>"
    items = read(report(a_class("")).replace("</coverage>", f"{late}</coverage>"))
    assert files(items)[0].paths == ("a.py",)
    assert remarks(items) == ["1 classes came before a source folder and are taken without it"]


def test_too_many_sources_are_left_out_with_a_remark(read: Read) -> None:
    many = "".join(f"<source>/{'x' * 100}/{n}</source>" for n in range(1000))
    items = read(report(a_class(""), sources=f"<sources>{many}</sources>"))
    assert sum(map(len, files(items)[0].paths)) < 1 << 16
    assert "source folders were too long or too many" in remarks(items)[0]


@pytest.mark.parametrize(
    ("version", "told"),
    [
        ("7.17.3", "7.17.3"),  # coverage.py
        ("gcovr 8.8", "gcovr 8.8"),
        ("2.0.3", "2.0.3"),  # Cobertura itself
        ("0.1", None),  # istanbul
        ("1.9", None),  # coverlet, grcov
        ("", None),
    ],
)
def test_the_version_is_told_when_it_is_a_tools(read: Read, version: str, told: str | None) -> None:
    assert read(report(a_class(""), root=f"version='{version}'"))[0] == ToolRun("coverage", told)


@pytest.mark.parametrize("packages", ["<packages/>", "<packages>\n</packages>"])
def test_a_file_that_measures_nothing_says_so(read: Read, packages: str) -> None:
    run, remark = read(f"<coverage line-rate='NaN'><sources/>{packages}</coverage>")
    assert run == ToolRun("coverage")
    assert remark == Remark("no file was measured: the coverage report holds no class")


def test_lines_without_a_number_of_their_own_are_left_out_with_a_remark(read: Read) -> None:
    items = read(report(a_class("<line number='0' hits='1'/><line number='1' hits='1'/>")))
    assert files(items)[0].lines == (LineCoverage(1, 1),)
    assert remarks(items) == ["1 measured lines of number 0 belong to no source line"]


def test_thousands_of_lines_on_one_line(read: Read) -> None:
    classes = [a_class("<line number='1' hits='1'/>" * 50, filename=f"{n}.py") for n in range(500)]
    assert len(files(read(report(*classes)))) == 500


@pytest.mark.parametrize(
    ("head", "known"),
    [
        ('<coverage version="7.1" line-rate="1">', True),
        ("<coverage\n branch-rate='1'>", True),
        ('<?xml version="1.0"?>\n<!DOCTYPE coverage SYSTEM "x.dtd">\n<coverage lines-valid="1">', True),
        ("<coverage>\n  <packages>", True),
        ('<coverage version="1.0"><!-- none --> <sources>', True),
        ('<c:coverage xmlns:c="urn:c" line-rate="1">', True),
        ('<coverage generated="1" clover="4.4.1"><project timestamp="1">', False),  # Clover
        ('<coverage generated="1"><project><metrics loc="1"/>', False),  # PHPUnit's Clover
        ('<coverage version="1"><file path="a.py"><lineToCover lineNumber="1"/>', False),  # SonarQube
        ('<coverage profilerVersion="1"><module name="x">', False),  # NCover
        ('<report name="x"><sessioninfo/>', False),  # JaCoCo
        ("<CoverageSession><Summary/>", False),  # OpenCover
        ('<coverage line-rate="1', False),
        ("<checkstyle>", False),
        ('{"line-rate": "<coverage line-rate=1>"}', False),
        ("", False),
    ],
)  # fmt: skip
def test_sniff(head: str, known: bool) -> None:
    assert CoberturaParser().sniff(head.encode(), "coverage.xml") is known


# Any well-formed tree, against a walk over the whole tree by another library

NUMBERS = st.integers(1, 2**31 - 1)
LINE = st.fixed_dictionaries(
    {"number": NUMBERS.map(str), "hits": st.integers(0, 2**62).map(str)},
    optional={
        "condition-coverage": st.integers(0, 99).flatmap(
            lambda n: st.integers(n, 99).map(lambda of: f"{100 * n / (of or 1)}% ({n}/{of})")
        )
    },
)
NAMES = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1).filter(
    lambda name: name.strip() and "\ufffe" not in name and "\uffff" not in name
)


@st.composite
def trees(draw: st.DrawFn) -> ET.Element:
    root = ET.Element("coverage", {"line-rate": "0"})
    sources = ET.SubElement(root, "sources")
    for folder in draw(st.lists(NAMES, max_size=3)):
        ET.SubElement(sources, "source").text = folder
    package = ET.SubElement(ET.SubElement(root, "packages"), "package", {"name": "p"})
    classes = ET.SubElement(package, "classes")
    for filename in draw(st.lists(NAMES, max_size=4)):
        one = ET.SubElement(classes, "class", {"filename": filename})
        methods = ET.SubElement(one, "methods")
        for lines in draw(st.lists(st.lists(LINE, max_size=3), max_size=2)):
            method = ET.SubElement(methods, "method", {"name": "f"})
            within = ET.SubElement(method, "lines")
            for line in lines:
                ET.SubElement(within, "line", line)
        own = ET.SubElement(one, "lines")
        for line in draw(st.lists(LINE, max_size=5)):
            ET.SubElement(own, "line", line)
    return root


def walked(root: ET.Element) -> list[tuple[str, list[tuple[int, int, str]]]]:
    found = []
    for one in root.iter("class"):
        lines = one.findall("lines/line") or one.findall("methods/method/lines/line")
        found.append(
            (
                one.attrib["filename"],
                [
                    (
                        int(line.attrib["number"]),
                        int(line.attrib["hits"]),
                        line.get("condition-coverage", "(0/0)").partition("(")[2],
                    )
                    for line in lines
                ],
            )
        )
    return found


@settings(deadline=None)
@given(trees())
def test_any_tree_is_read_as_another_library_walks_it(root: ET.Element) -> None:
    with TemporaryDirectory() as folder:
        read = files(parsed(Path(folder, "c.xml"), ET.tostring(root, encoding="unicode")))
    assert [
        (
            min(file.paths, key=len),  # `.` among the folders puts the bare name first
            [(line.line, line.hits, f"{line.covered}/{line.branches})") for line in file.lines],
        )
        for file in read
    ] == walked(root)
