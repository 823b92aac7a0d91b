"""What a finding says about a failed test: its name, message and places."""

from pathlib import Path
from xml.sax.saxutils import escape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from insights_parsers.junit import JUnitParser
from insights_parsers.junit_text import Text
from insights_uploader.inputs.source import Source
from insights_uploader.model.finding import Finding


@pytest.fixture
def read(tmp_path: Path) -> "Reader":
    return Reader(tmp_path / "junit.xml")


class Reader:
    def __init__(self, path: Path) -> None:
        self.path = path

    def all(self, content: str) -> list[Finding]:
        self.path.write_text(content, encoding="utf-8")
        with Source(str(self.path)) as source:
            return [item for item in JUnitParser().parse(source) if isinstance(item, Finding)]

    def one(self, content: str) -> Finding:
        [finding] = self.all(content)
        return finding

    def case(
        self, attributes: str, failure: str = "<failure/>", suite: str = "name='s'"
    ) -> Finding:
        return self.one(
            f"<testsuite {suite}><testcase {attributes}>{failure}</testcase></testsuite>"
        )


def places(finding: Finding) -> list[tuple[str, int | None]]:
    return [(place.path, place.line) for place in finding.locations]


@pytest.mark.parametrize(
    ("attributes", "rule"),
    [
        ("classname='a.B' name='c'", "a.B.c"),
        ("classname='tests.test_a.TestB' name='test_c[1-2]'", "tests.test_a.TestB.test_c[1-2]"),
        ("classname='set adds' name='set adds a key'", "set adds a key"),  # jest-junit
        ("classname='adds a key' name='set adds a key'", "set adds a key"),  # mocha-junit-reporter
        ("classname='t' name='t'", "t"),  # CTest
        ("classname='test' name='testAdd'", "test.testAdd"),  # begins alike by chance only
        ("classname='com.Foo' name=''", "com.Foo"),  # Surefire: the class did not start
        ("name='c'", "s.c"),
        ("name='s: c'", "s: c"),
        ("name='a&#10;  b' classname=' x '", "x.a b"),
        ("name='&#27;[1mred&#27;[0m' classname='x'", "x.red"),
        ("", "s"),
        # ruff and eslint: an absolute path is no part of a rule's name
        ("classname='/builds/x/setup' name='org.ruff.S102'", "org.ruff.S102"),
        (r"classname='C:\x\setup' name='org.ruff.S102'", "org.ruff.S102"),
    ],
)
def test_rule_is_the_full_name(read: Reader, attributes: str, rule: str) -> None:
    finding = read.case(attributes)
    assert finding.rule == rule
    assert finding.message == f"{rule} failed"


def test_rule_is_never_empty(read: Reader) -> None:
    assert read.case("", suite="").rule == "unnamed test"
    assert read.one("<testsuite errors='1'/>").rule == "unnamed test suite"
    assert read.case("name='pkg.test_mod'", suite="name='pytest'").rule == "pkg.test_mod"


@pytest.mark.parametrize(
    ("failure", "message"),
    [
        ("<failure message='1 != 2'>trace</failure>", "t failed: 1 != 2"),
        ("<error message='no db'/>", "t ended with an error: no db"),
        ("<failure>\n\n  first  \n\nsecond\n</failure>", "t failed: first\nsecond"),
        ("<failure message='  '>first</failure>", "t failed: first"),
        ("<failure><![CDATA[a < b]]> &amp; c</failure>", "t failed: a < b & c"),
        ("<failure message='a&#10;b'/>", "t failed: a\nb"),
        ("<failure type='java.lang.X' message='boom'/>", "t failed: java.lang.X: boom"),
        (
            "<failure type='java.lang.X' message='java.lang.X: boom'/>",
            "t failed: java.lang.X: boom",
        ),
        ("<failure type='a.b.X'>a.b.X: boom</failure>", "t failed: a.b.X: boom"),
        ("<failure type='failure' message='boom'/>", "t failed: boom"),
        ("<failure type='a.X'/>", "t failed: a.X"),
        # gotestsum
        (
            "<failure message='Failed' type=''>=== RUN   TestA\n    a_test.go:6: boom\n"
            "--- FAIL: TestA (0.00s)\n</failure>",
            "t failed: a_test.go:6: boom",
        ),
        ("<failure message='Failed'/>", "t failed: Failed"),
        # pytest: the file of the test could not be imported
        (
            "<error message='collection failure'>ImportError while importing</error>",
            "t ended with an error: ImportError while importing",
        ),
    ],
)
def test_message(read: Reader, failure: str, message: str) -> None:
    assert read.case("name='t'", failure, suite="").message == message


@pytest.mark.parametrize(
    "escape", ["\x1b[31m%s\x1b[0m", "&#27;[1;31m%s&#x1B;[m", "#x1B[31m%s#x1B[0m", "␛[31m%s␛[39m"]
)
def test_orders_to_a_terminal_are_removed(read: Reader, escape: str) -> None:
    red = escape % "red"
    assert read.case("name='t'", f"<failure>{red}</failure>", suite="").message == "t failed: red"
    assert read.case("name='t'", f"<failure message='{red}'/>", "").message == "t failed: red"


def test_a_link_for_a_terminal_is_removed(read: Reader) -> None:
    link = "\x1b]8;;http://x/y\x1b\\text\x1b]8;;\x1b\\ [1]"
    message = read.case("name='t'", f"<failure>{link}</failure>", suite="").message
    assert message == "t failed: text [1]"


def test_what_looks_like_an_order_stays(read: Reader) -> None:
    text = "expected [1m] or x?[0] or a[31m"
    assert read.case("name='t'", f"<failure>{text}</failure>", "").message == f"t failed: {text}"


def test_a_long_message_is_bounded(read: Reader) -> None:
    long = "x" * 12_000_000
    for failure in (f"<failure message='{long}'/>", f"<failure>{long}</failure>"):
        finding = read.case(f"name='{long[:5000]}'", failure)
        assert len(finding.rule) < 1100
        assert len(finding.message) == 8192


@pytest.mark.parametrize(
    "between", ["x\n" * 40_000, "x\n" * 400_000, "&lt;\n" * 100_000, "x" * 300_000]
)
def test_of_a_long_text_the_beginning_and_the_end_are_read(read: Reader, between: str) -> None:
    text = f'File "a.py", line 1\n{between}\nFile "b.py", line 23\nX: boom'
    finding = read.case("name='t'", f"<failure>{text}</failure>")
    assert places(finding) == [("b.py", 23), ("a.py", 1)]


@given(st.integers(8, 300), st.integers(100, 5000), st.integers(140_000, 300_000))
@settings(deadline=None, max_examples=15)
def test_a_cut_text_holds_whole_lines_of_both_ends(width: int, piece: int, length: int) -> None:
    lines = [f"{n:0{width}}" for n in range(length // (width + 1))]
    original = "\n".join(lines)
    text = Text()
    for start in range(0, len(original), piece):
        text.add(original[start : start + piece])
    kept = text.whole().split("\n")
    assert (kept[0], kept[-1]) == (lines[0], lines[-1])
    assert set(kept) <= set(lines)
    assert len("\n".join(kept)) > min(len(original), 2 * 64 * 1024) - 2 * (width + 2)


# Places


def test_attributes_of_the_case(read: Reader) -> None:
    assert places(read.case("name='t' file='./a_spec.rb' line='3'")) == [("./a_spec.rb", 3)]
    assert places(read.case("name='t' file='a  b.js'")) == [("a  b.js", None)]
    assert places(read.case("name='t'")) == []


@pytest.mark.parametrize("line", ["0", "-1", "x", "", "1.5", "99999999999", "²", "9" * 5000])
def test_a_line_that_is_none_is_left_out(read: Reader, line: str) -> None:
    assert places(read.case(f"name='t' file='a.js' line='{line}'")) == [("a.js", None)]
    if line != "0":
        pytest_s = read.case(f"name='t' file='a.js' line='{line}'", suite="name='pytest'")
        assert places(pytest_s) == [("a.js", None)]


def test_the_suite_s_file_is_the_last_resort(read: Reader) -> None:
    suite = "name='s' file='a.js'"  # mocha-junit-reporter
    assert places(read.case("name='t'", suite=suite)) == [("a.js", None)]
    assert places(read.case("name='t' line='7'", suite=suite)) == [("a.js", 7)]


def test_a_line_without_a_file_is_in_the_file_the_suite_is_named_after(read: Reader) -> None:
    # ruff 0.17, see fixtures/junit/ruff-python-dotenv
    suite = "name='/builds/x/setup.py'"
    assert places(read.case("name='r' line='16'", suite=suite)) == [("/builds/x/setup.py", 16)]


def test_best_first(read: Reader) -> None:
    finding = read.case(
        "name='t' file='case.py' line='5'",
        "<failure file='failure.py' line='3'>tests/test_a.py:12: in test\nsrc/a.py:4: X</failure>",
        "name='s' file='suite.py'",
    )
    assert places(finding) == [
        ("failure.py", 3),
        ("src/a.py", 4),
        ("tests/test_a.py", 12),
        ("case.py", 5),
        ("suite.py", None),
    ]


def test_frames_in_the_message_serve_without_a_text(read: Reader) -> None:
    finding = read.case("name='t'", "<failure message='x&#10;    at f (/src/a.js:3:9)'/>")
    assert places(finding) == [("/src/a.js", 3)]


@pytest.mark.parametrize(
    ("root", "line"),
    [
        ("<testsuites name='pytest tests'><testsuite name='mine'>%s</testsuite></testsuites>", 8),
        ("<testsuites><testsuite name='pytest'>%s</testsuite></testsuites>", 8),
        (
            "<testsuites><testsuite name='pytest'/><testsuite name='s'>%s</testsuite></testsuites>",
            7,
        ),
    ],
)
def test_pytest_counts_lines_from_0(read: Reader, root: str, line: int) -> None:
    # pytest docs: `line` of junit_family=xunit1 is `item.location`'s, a 0-based line number
    case = "<testcase name='t' file='a.py' line='7'><failure/></testcase>"
    assert places(read.one(root % case)) == [("a.py", line)]


def test_places_are_bounded(read: Reader) -> None:
    text = "\n".join(f"    at f (/src/a.js:{n}:1)" for n in range(1, 500))
    finding = read.case("name='t'", f"<failure>{text}</failure>")
    assert len(finding.locations) <= 50
    assert finding.locations[0].line == 1  # where it went wrong
    assert finding.locations[-1].line == 499  # where the test is


def test_pest_writes_a_tests_name_after_its_file(read: Reader) -> None:
    finding = read.case("name='it adds' file='tests/ATest.php::it adds'")
    assert places(finding) == [("tests/ATest.php", None)]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "Error: expected 1 to be 2\n    at Object.toBe (/builds/acme/x/src/a.test.js:7:13)\n"
            "    at node_modules/jest-circus/build/run.js:3:9\n    at new Promise (<anonymous>)",
            "Error: expected 1 to be 2",
        ),
        (
            "java.lang.IllegalStateException: no\n\tat com.acme.A.b(A.java:12)\n"
            "\tat java.base/java.lang.Thread.run(Thread.java:840)\n"
            "Caused by: java.io.IOException: gone\n\tat com.acme.B.c(B.java:3)\n\t... 12 more",
            "java.lang.IllegalStateException: no\nCaused by: java.io.IOException: gone",
        ),
        (
            "Assert.Equal() Failure\n   at Acme.Tests.Add() in C:\\agent\\T.cs:line 12",
            "Assert.Equal() Failure",
        ),
        (
            "panic: boom\n\ngoroutine 18 [running]:\ntesting.tRunner.func1.2({0x51, 0x5})\n"
            "\t/usr/local/go/src/testing/testing.go:1526 +0x24e",
            "panic: boom",
        ),
        ("expected it\n  at least once", "expected it\n  at least once"),  # no frame
    ],
)
def test_the_message_says_what_is_wrong_and_leaves_the_trace_to_the_place(
    read: Reader, text: str, said: str
) -> None:
    finding = read.case("name='t'", f"<failure>{escape(text)}</failure>")
    assert finding.message == f"s.t failed: {said}"


def test_a_message_of_nothing_but_frames_stays(read: Reader) -> None:
    text = "    at Object.toBe (/builds/acme/x/src/a.test.js:7:13)"
    finding = read.case("name='t'", f"<failure>{text}</failure>")
    assert finding.message == f"s.t failed: {text.strip()}"
