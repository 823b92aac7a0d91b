"""Files shaped as tools write them, each small: how many failed, where, and in what words."""

from pathlib import Path

import pytest

from insights_parsers.junit import JUnitParser
from insights_uploader.inputs.parser import Parsed
from insights_uploader.inputs.source import Source
from insights_uploader.model.finding import Finding
from insights_uploader.model.measure import Remark, TestTotals


class Results:
    def __init__(self, items: list[Parsed]) -> None:
        self.findings = [item for item in items if isinstance(item, Finding)]
        self.remarks = [item.message for item in items if isinstance(item, Remark)]
        [self.totals] = [item for item in items if isinstance(item, TestTotals)]

    @property
    def counts(self) -> tuple[int, int, int, int]:
        total = self.totals
        return total.passed, total.failed, total.errors, total.skipped

    @property
    def places(self) -> list[tuple[str, int | None]]:
        return [(place.path, place.line) for place in self.findings[0].locations]

    @property
    def first_line(self) -> str:
        return self.findings[0].message.split("\n")[0]


@pytest.fixture
def read(tmp_path: Path) -> "Reader":
    return Reader(tmp_path / "junit.xml")


class Reader:
    def __init__(self, path: Path) -> None:
        self.path = path

    def __call__(self, content: str) -> Results:
        self.path.write_text(content, encoding="utf-8")
        with Source(str(self.path)) as source:
            return Results(list(JUnitParser().parse(source)))


# Where a failure says nothing, what the test printed does


def test_ctest(read: Reader) -> None:
    results = read(
        """<testsuite name="(empty)" tests="2" failures="1" disabled="0" skipped="0">
        <testcase name="ok" classname="ok" time="0.1" status="run"><system-out>/s/a.c:1:x:FAIL
        </system-out></testcase>
        <testcase name="hex" classname="hex" time="0.1" status="fail"><failure message=""/>
        <properties/><system-out>/s/hex.c:42:upper:PASS
/s/hex.c:49:lower:FAIL: Expected 15 Was 0
2 Tests 1 Failures
</system-out></testcase></testsuite>"""
    )
    assert results.counts == (1, 1, 0, 0)
    assert results.places == [("/s/hex.c", 49)]
    assert results.first_line == "hex failed: /s/hex.c:49:lower:FAIL: Expected 15 Was 0"


def test_cargo_test(read: Reader) -> None:
    results = read(
        """<testsuites><testsuite name="test" package="test"><testcase classname="tests" name="jaro">
        <failure type="assert"/><system-out><![CDATA[thread 'tests::jaro' (74) panicked at src/lib.rs:596:9:]]>&#xA;<![CDATA[assertion failed: a]]></system-out>
        </testcase></testsuite></testsuites>"""
    )
    assert results.places[0] == ("src/lib.rs", 596)
    assert results.first_line == "tests.jaro failed: assertion failed: a"


def test_what_a_passed_test_or_a_talking_failure_printed_is_no_part_of_it(read: Reader) -> None:
    results = read(
        """<testsuite><testcase name="a"><system-out>a.py:1: X</system-out></testcase>
        <testcase name="b"><failure message="boom">src/b.py:2: X</failure>
        <system-out>c.py:3: X</system-out><system-err><failure/></system-err></testcase></testsuite>"""
    )
    assert results.counts == (1, 1, 0, 0)
    assert results.places == [("src/b.py", 2)]
    assert results.first_line == "b failed: boom"


def test_many_failures_of_one_case_keep_their_order(read: Reader) -> None:
    failures = "".join(f"<failure message='number {n}'/>" for n in range(100))
    results = read(f"<testsuite><testcase name='a'>{failures}</testcase></testsuite>")
    assert [f.message for f in results.findings] == [f"a failed: number {n}" for n in range(100)]
    assert results.counts == (0, 1, 0, 0)


# Outcomes that only an attribute tells


@pytest.mark.parametrize(
    ("attributes", "counts"),
    [
        ("status='run' result='completed'", (1, 0, 0, 0)),  # GoogleTest
        ("status='notrun' result='suppressed'", (0, 0, 0, 1)),
        ("status='run' result='skipped'", (0, 0, 0, 1)),
        ("status='passed'", (1, 0, 0, 0)),  # behave
        ("status='failed'", (0, 1, 0, 0)),
        ("status='untested'", (0, 0, 0, 1)),
        ("status='FAILED'", (0, 1, 0, 0)),
        ("status='error'", (0, 0, 1, 0)),
    ],
)
def test_a_case_s_status(read: Reader, attributes: str, counts: tuple[int, int, int, int]) -> None:
    results = read(f"<testsuite><testcase name='a' {attributes}/></testsuite>")
    assert results.counts == counts
    assert len(results.findings) == counts[1] + counts[2]
    assert results.remarks == []


def test_elements_outrank_a_status(read: Reader) -> None:
    case = "<testcase name='a' status='%s'>%s</testcase>"
    assert read(f"<testsuite>{case % ('passed', '<failure/>')}</testsuite>").counts == (0, 1, 0, 0)
    assert read(f"<testsuite>{case % ('failed', '<skipped/>')}</testsuite>").counts == (0, 0, 0, 1)
    flaky = read(f"<testsuite>{case % ('failed', '<flakyFailure/>')}</testsuite>")
    assert (flaky.counts[1], flaky.findings) == (0, [])


def test_a_status_nobody_knows_is_told_of(read: Reader) -> None:
    cases = "".join(f"<testcase name='a' status='odd{n % 9}'/>" for n in range(1000))
    results = read(f"<testsuite>{cases}</testsuite>")
    assert results.counts == (1000, 0, 0, 0)
    [remark] = results.remarks
    assert '"odd0"' in remark
    assert len(remark) < 200


@pytest.mark.parametrize(
    "elements",
    [
        "<skipped message='TEST_CASE tagged with !mayfail'/><failure/><error/>",  # Catch2
        "<error type='org.testng.SkipException' message='x'/>",  # TestNG
        "<error type='org.opentest4j.TestAbortedException'/>",
    ],
)
def test_a_failure_that_is_none(read: Reader, elements: str) -> None:
    suite = "<testsuite tests='2' errors='1'><testcase name='a'>%s</testcase><testcase name='b'/></testsuite>"
    results = read(suite % elements)
    assert (results.counts, results.findings) == ((1, 0, 0, 1), [])


# Suites that tell of what they do not hold


@pytest.mark.parametrize(
    ("content", "names"),
    [
        ("<testsuites tests='500'/>", "one without a name"),
        ("<testsuite name='a' tests='5' failures='0'/>", "a"),
        ("<testsuites tests='7'><testsuite name='a' tests='7'/></testsuites>", "a"),
        (
            "<testsuites><testsuite name='a' tests='1'/><testsuite name='b' tests='2'/></testsuites>",
            "a, b",
        ),
    ],
)
def test_announced_tests_that_are_not_there_are_told_of(
    read: Reader, content: str, names: str
) -> None:
    results = read(content)
    assert results.remarks == [f"suites announce tests and hold none of them: {names}"]
    assert (results.counts, results.findings) == ((0, 0, 0, 0), [])


@pytest.mark.parametrize(
    "content",
    [
        "<testsuite tests='99'><testcase name='a'/></testsuite>",  # Catch2 counts assertions
        "<testsuites tests='1'><testsuite><testcase name='a'/></testsuite></testsuites>",
        "<testsuite tests='many'><testcase name='a'/></testsuite>",
        "<testsuite tests='1' errors='1'/>",  # a finding tells of it
    ],
)
def test_nothing_is_told_where_nothing_is_missing(read: Reader, content: str) -> None:
    assert read(content).remarks == []


@pytest.mark.parametrize(
    "content",
    [
        "<testsuites/>",
        "<testsuite tests='0'/>",
        "<testsuite tests='3' skipped='3'/>",  # what a tool skips it may not write
    ],
)
def test_a_run_of_no_test_is_told(read: Reader, content: str) -> None:
    """RSpec writes nothing else when its files cannot be loaded."""
    assert read(content).remarks == ["no test ran: the file holds no case"]


def test_gotestsum_counts_a_broken_package_in_the_root_alone(read: Reader) -> None:
    suite = "<testsuite name='x/a' tests='1' failures='1'><testcase name='TestA'><failure/></testcase></testsuite>"
    results = read(f"<testsuites tests='1' failures='1' errors='2'>{suite}</testsuites>")
    assert results.counts == (0, 1, 2, 0)
    assert "the suite reports 2 errors" in results.findings[1].message


@pytest.mark.parametrize(
    "content",
    [
        # biome: `errors` is a severity, and the suites tell their own
        "<testsuites name='Biome' tests='2' failures='2' errors='1'>"
        "<testsuite name='a.js' tests='2' disabled='0' errors='0' failures='2'>%s</testsuite></testsuites>",
        # stylelint
        "<testsuites><testsuite name='a.css' tests='2' failures='2' errors='2'>%s</testsuite></testsuites>",
    ],
)
def test_linters_count_a_severity_as_errors(read: Reader, content: str) -> None:
    results = read(content % ("<testcase name='r'><failure/></testcase>" * 2))
    assert results.counts == (0, 2, 0, 0)
    assert len(results.findings) == 2


# Places


def test_go_places_a_bare_file_below_its_package(read: Reader) -> None:
    results = read(
        """<testsuites><testsuite name="github.com/acme/x/pkg"><testcase classname="pkg" name="TestA">
        <failure message="Failed" type="">    a_test.go:12: boom&#xA;</failure></testcase></testsuite></testsuites>"""
    )
    assert results.places == [("github.com/acme/x/pkg/a_test.go", 12)]
    assert results.findings[0].locations[0].derived


def test_cypress_names_the_spec_on_the_root_suite_alone(read: Reader) -> None:
    spec = """<testsuite name="Root Suite" file="cypress/e2e/%s.cy.js" tests="0"/>
        <testsuite name="login"><testcase name="works" classname="works"><failure>boom</failure></testcase></testsuite>"""
    results = read(f"<testsuites name='Mocha Tests'>{spec % 'a'}{spec % 'b'}</testsuites>")
    assert [f.locations[0].path for f in results.findings] == [
        "cypress/e2e/a.cy.js",
        "cypress/e2e/b.cy.js",
    ]


def test_busted_writes_where_a_test_is_defined_for_its_class(read: Reader) -> None:
    results = read(
        """<testsuite><testcase classname="spec/a_spec.lua:17" name="adds">
        <failure>spec/a_spec.lua:22: expected 1</failure></testcase></testsuite>"""
    )
    assert results.findings[0].rule == "adds"
    assert results.places == [("spec/a_spec.lua", 22), ("spec/a_spec.lua", 17)]


@pytest.mark.parametrize(
    ("suite", "case", "failure", "place"),
    [
        # eslint
        (
            "package='org.eslint' name='/w/a.js'",
            "name='org.eslint.no-var' classname='/w/a'",
            "<failure message='Unexpected var.'>line 9, col 1, Error - Unexpected var. (no-var)</failure>",
            ("/w/a.js", 9),
        ),
        # stylelint
        (
            "name='/w/a.css'",
            "name='block-no-empty' classname='/w/a.css'",
            "<failure type='error' message='Unexpected empty block'>On line 2, column 4</failure>",
            ("/w/a.css", 2),
        ),
        # TSLint
        (
            "name='tslint'",
            "classname='test/a.ts' name='quotemark'",
            "<failure type='quotemark'>[ ' should be \" Line 3, Column 10]</failure>",
            ("test/a.ts", 3),
        ),
        # SwiftLint
        (
            "",
            "classname='Formatting Test' name='/w/Foo.swift'",
            "<failure message='Line too long.'>warning:\nLine:12 </failure>",
            ("/w/Foo.swift", 12),
        ),
        # markdownlint-cli2
        (
            "name='markdownlint-cli2-formatter-junit'",
            "classname='README.md' name='MD033/no-inline-html'",
            "<failure message='Inline HTML'>Line 33, Column 5, Element: br</failure>",
            ("README.md", 33),
        ),
        # golangci-lint
        (
            "name='pkg/a.go'",
            "name='govet' classname='pkg/a.go:12:5'",
            "<failure message='pkg/a.go:12:5: oops'>: oops\nCategory: govet\nFile: pkg/a.go\nLine: 12\n</failure>",
            ("pkg/a.go", 12),
        ),
        # phpcs
        (
            "name='/w/a.php'",
            "name='Generic.Files at /w/a.php (12:5)'",
            "<failure type='error' message='oops'/>",
            ("/w/a.php", 12),
        ),
        # RuboCop
        (
            "name='rubocop'",
            "classname='lib/foo' name='Style/X'",
            "<failure type='Style/X' message='oops'>/w/lib/foo.rb:12:5</failure>",
            ("/w/lib/foo.rb", 12),
        ),
        # Semgrep
        (
            "name='semgrep results'",
            "name='rule.id' classname='src/foo.py' file='src/foo.py' line='12'",
            "<failure type='ERROR' message='oops'>x = 1</failure>",
            ("src/foo.py", 12),
        ),
        # mypy
        (
            "name='mypy'",
            "classname='mypy' file='' name='mypy-py3_11-linux'",
            "<failure message='mypy produced messages'>a.py:3: error: oops  [misc]</failure>",
            ("a.py", 3),
        ),
    ],
)
def test_linters(read: Reader, suite: str, case: str, failure: str, place: tuple[str, int]) -> None:
    results = read(
        f"<testsuites><testsuite {suite}><testcase {case}>{failure}</testcase></testsuite></testsuites>"
    )
    assert results.places[0] == place
    assert all(path == place[0] for path, line in results.places if line)


def test_a_number_of_lines_in_prose_is_no_place(read: Reader) -> None:
    results = read(
        """<testsuite name="a.py"><testcase name="t"><failure>the file has more than line 3</failure>
        </testcase></testsuite>"""
    )
    assert ("a.py", 3) not in results.places


@pytest.mark.parametrize(
    ("classname", "path"),
    [
        ("tests.test_a.TestX", "tests/test_a.py"),
        ("com.acme.FooTest", "com/acme/FooTest.java"),
        ("Acme.Tests.FooTest", "FooTest.cs"),
        ("src/a.test.ts", "src/a.test.ts"),
    ],
)
def test_without_a_place_the_class_tells_the_file(read: Reader, classname: str, path: str) -> None:
    results = read(
        f"<testsuite><testcase classname='{classname}' name='t'><failure>boom</failure></testcase></testsuite>"
    )
    first, *_ = results.findings[0].locations
    assert (first.path, first.line, first.derived) == (path, None, True)


def test_kotlin_may_leave_the_root_package_out_of_the_folders(read: Reader) -> None:
    case = """<testsuite><testcase classname="com.acme.foo.FooTest" name="t"><failure>
\tat com.acme.foo.Foo.f(Foo.kt:3)
\tat com.other.Bar.g(Bar.kt:4)</failure></testcase></testsuite>"""
    results = read(case)
    assert results.places[:3] == [
        ("com/acme/foo/Foo.kt", 3),
        ("com/other/Bar.kt", 4),
        ("Foo.kt", 3),
    ]
    assert ("Bar.kt", 4) not in results.places


def test_the_class_tells_nothing_where_the_place_is_known(read: Reader) -> None:
    case = """<testsuite><testcase classname="com.acme.FooTest" name="t"><failure>
\tat com.acme.FooTest.t(FooTest.java:3)</failure></testcase></testsuite>"""
    assert read(case).places == [("com/acme/FooTest.java", 3)]


def test_cases_of_a_parametrised_test_share_a_name(read: Reader) -> None:
    cases = "".join(
        f"<testcase classname='t.test_a' name='test_x[{n}]'><failure>a.py:3: X</failure></testcase>"
        for n in range(3)
    )
    found = read(f"<testsuite>{cases}</testsuite>").findings
    assert {finding.variant_of for finding in found} == {"t.test_a.test_x"}
    assert len({finding.rule for finding in found}) == 3


# Names


@pytest.mark.parametrize(
    ("case", "failure", "rule"),
    [
        # luacheck: the number is the warning's in its file
        (
            "name='src/a.lua:2' classname='src/a.lua'",
            "<failure type='W631' message='src/a.lua:10:81: line is too long'/>",
            "W631",
        ),
        # pylint_junit
        (
            "name='parse:715:13' classname='pylint' file='parse.py' line='715'",
            "<failure type='failure' message='fixme'>W0511:TODO</failure>",
            "pylint.fixme",
        ),
        ("name='scales 16:9' classname='a.B'", "<failure type='X'/>", "a.B.scales 16:9"),
        ("name='16:9' classname='a.B'", "<failure type='X'/>", "a.B.16:9"),
    ],
)
def test_a_case_named_after_a_place(read: Reader, case: str, failure: str, rule: str) -> None:
    results = read(f"<testsuite name='parse'><testcase {case}>{failure}</testcase></testsuite>")
    assert results.findings[0].rule == rule
    assert ("src/a.lua", 2) not in results.places


@pytest.mark.parametrize(
    ("suite", "case", "rule"),
    [
        (
            "a.ErrorHolder-20261121091755",
            "name='setUpClass (a.B)'",
            "a.ErrorHolder.setUpClass (a.B)",
        ),
        ("src/a.js", "name='lint/x'", "lint/x"),  # biome
        ("s", "classname='README.md' name='MD033'", "MD033"),  # markdownlint
        ("/w/a.php", "name='Generic.X at /w/a.php (2:1)'", "Generic.X"),  # phpcs
        ("s", "classname='test/a.test.ts' name='Basket > adds'", "Basket > adds"),  # vitest
    ],
)
def test_a_path_is_no_part_of_a_name(read: Reader, suite: str, case: str, rule: str) -> None:
    results = read(f"<testsuite name='{suite}'><testcase {case}><failure/></testcase></testsuite>")
    assert results.findings[0].rule == rule


# Words


@pytest.mark.parametrize(
    ("failure", "line"),
    [
        # GoogleTest: the place is the finding's
        (
            "<failure message='a.cc:106&#xA;Value of: x&#xA;Actual: 1'>a.cc:106</failure>",
            "Value of: x",
        ),
        ("<failure message='unknown file&#10;C++ exception'/>", "C++ exception"),
        # minitest-reporters
        ("<failure type='t' message='Expected: 1'/>", "Expected: 1"),
        # testify
        (
            "<failure message='Failed'>    a_test.go:42: \n        \tError Trace:\t/s/a_test.go:42\n"
            "        \tError:      \tNot equal: 1\n</failure>",
            "Not equal: 1",
        ),
        # bats, EUnit, Boost.Test, cucumber-js, tap-xunit
        ("<failure>(in test file a.bats, line 11)\n`[ 1 ]' failed</failure>", "`[ 1 ]' failed"),
        (
            "<error>::in function a:b/0 (test/a.erl, line 1)\n**error:{assertMatch}</error>",
            "**error:{assertMatch}",
        ),
        (
            "<failure>\nASSERTION FAILURE:\n- file   : a.cpp\n- line   : 1\n- message: check x</failure>",
            "check x",
        ),
        ("<failure>Given a....passed\nWhen b....undefined</failure>", "When b....undefined"),
        ("<failure>---\noperator: equal</failure>", "operator: equal"),
        # CppUTest
        ("<failure message='a.cpp:3: expected &lt;1{newline}2>'/>", "a.cpp:3: expected <1"),
        # doctest, Catch2
        ("<error message='exception'>SIGABRT - Abort</error>", "SIGABRT - Abort"),
        (
            "<error message='{Unknown expression after the reported line}'>FAILED:\n"
            "  {Unknown expression after the reported line}\n"
            "due to unexpected exception with message:\n  no such option\n</error>",
            "no such option",
        ),
        # nose2, subunit2junitxml
        (
            "<failure message='test failure'>Traceback (most recent call last):\n"
            "  File 'x'\n  File \"a.py\", line 3, in f\n    g()\nAssertionError: 1 != 2\nmore</failure>",
            "AssertionError: 1 != 2",
        ),
        # pytest: a module that cannot be imported
        (
            "<error message='collection failure'>ImportError while importing test module '/w/a.py'.\n"
            "Traceback:\na.py:1: in &lt;module>\n    import x\nE   ModuleNotFoundError: No x</error>",
            "ModuleNotFoundError: No x",
        ),
        # Playwright 1.44: the message is where the test stands and its title
        (
            "<failure message='a.spec.ts:3:7 t' type='FAILURE'>\n"
            "  [chromium] \u203a e2e/a.spec.ts:3:7 \u203a t \u2500\u2500\n\n    Error: boom\n\n"
            "        at /w/e2e/a.spec.ts:4:26\n</failure>",
            "boom",
        ),
        # Pest, cargo-nextest
        ("<failure type='E'>t\nE: not true.\nat a.php:5</failure>", "E: not true."),
        (
            "<failure message=\"thread 't' (9) panicked at src/lib.rs:5:9\">"
            "thread 't' (9) panicked at src/lib.rs:5:9:\nassertion failed: x</failure>",
            "assertion failed: x",
        ),
        # Ruby's cucumber
        (
            "<failure message='failed t' type='failed'>Scenario: t\n\nWhen it burns\n\n"
            "Message:\nno shop (ArgumentError)\n./steps.rb:3:in `x'</failure>",
            "no shop (ArgumentError)",
        ),
        # mypy
        (
            "<failure message='mypy produced messages'>a.py:3: error: oops</failure>",
            "a.py:3: error: oops",
        ),
    ],
)
def test_what_is_wrong_comes_first(read: Reader, failure: str, line: str) -> None:
    results = read(f"<testsuite><testcase name='t'>{failure}</testcase></testsuite>")
    verb = "failed" if "<failure" in failure else "ended with an error"
    assert results.first_line == f"t {verb}: {line}"


def test_phpunit_repeats_the_name_of_the_test(read: Reader) -> None:
    results = read(
        r"""<testsuite><testcase classname="Acme.FooTest" class="Acme\FooTest" name="testX">
        <failure type="E">Acme\FooTest::testX
Failed asserting.

/w/FooTest.php:3</failure></testcase></testsuite>"""
    )
    assert results.first_line == "Acme.FooTest.testX failed: E: Failed asserting."
