"""Which cases of a JUnit file failed, and how many there were."""

from collections import Counter
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from insights_parsers.junit import JUnitParser
from insights_uploader.inputs.parser import Parsed, Parser
from insights_uploader.inputs.source import Source
from insights_uploader.model.errors import MalformedError
from insights_uploader.model.finding import Finding, FindingType, Severity
from insights_uploader.model.measure import Remark, TestTotals, ToolRun


def parsed(content: str | bytes) -> list[Parsed]:
    with TemporaryDirectory() as folder:
        path = Path(folder, "junit.xml")
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        with Source(str(path)) as source:
            return list(JUnitParser().parse(source))


def findings(content: str) -> list[Finding]:
    return [item for item in parsed(content) if isinstance(item, Finding)]


def totals(content: str) -> tuple[int, int, int, int]:
    """Passed, failed, errors, skipped."""
    [total] = [item for item in parsed(content) if isinstance(item, TestTotals)]
    return total.passed, total.failed, total.errors, total.skipped


def test_the_plugin_follows_the_contract() -> None:
    assert isinstance(JUnitParser(), Parser)
    assert JUnitParser.name == "junit"


@pytest.mark.parametrize(
    ("head", "is_junit"),
    [
        (b"<testsuites/>", True),
        (b'<?xml version="1.0"?>\n<!-- <html> -->\n<testsuite name="a">', True),
        (b'<!DOCTYPE testsuite SYSTEM "junit.dtd"><testsuite>', True),
        (b'<t:testsuites xmlns:t="urn:x">', True),
        (b"<coverage><!-- <testsuite> --></coverage>", False),
        (b"<checkstyle><error message='&lt;testsuite'/><testsuite/></checkstyle>", False),
        (b"<!-- <testsuite> --><coverage>", False),
        (b"<testsuitesx/>", False),
        (b'{"a": "<testsuite>"}', False),
        (b"TAP version 13", False),
    ],
)
def test_sniff(head: bytes, is_junit: bool) -> None:
    assert JUnitParser().sniff(head, "results.xml") is is_junit


def test_the_order_of_what_is_yielded() -> None:
    content = (
        "<testsuite><testcase name='a'><failure/></testcase>\x1b<testcase name='b'/></testsuite>"
    )
    run, finding, total, remark = parsed(content)
    assert run == ToolRun("junit")
    assert isinstance(finding, Finding)
    assert total == TestTotals("junit", passed=1, failed=1)
    assert isinstance(remark, Remark)


def test_a_finding_of_a_failed_test() -> None:
    [finding] = findings("<testsuite><testcase name='a'><failure/></testcase></testsuite>")
    assert finding.failed_test
    assert (finding.tool, finding.severity, finding.type) == (
        "junit",
        Severity.HIGH,
        FindingType.BUG,
    )


CASES = "<testcase name='a'/><testcase name='b'><failure/></testcase>"


@pytest.mark.parametrize(
    "content",
    [
        f"<testsuite>{CASES}</testsuite>",  # ant, behave, Surefire
        f"<testsuites><testsuite>{CASES}</testsuite></testsuites>",
        f"<testsuites>{CASES}</testsuites>",  # without any suite
        "<testsuites>"
        + "<testsuite>" * 5
        + CASES
        + "</testsuite>" * 5
        + "</testsuites>",  # phpunit
        f'<testsuite xmlns="urn:x">{CASES}</testsuite>',
        f'<testsuite tests="99" failures="7" errors="3" skipped="4">{CASES}</testsuite>',  # Catch2
        f'<testsuite failures="0">{CASES}</testsuite>',
    ],
)
def test_cases_count_by_their_elements_at_any_depth(content: str) -> None:
    assert totals(content) == (1, 1, 0, 0)
    assert len(findings(content)) == 1


@pytest.mark.parametrize(
    ("elements", "expected", "found"),
    [
        ("", (1, 0, 0, 0), 0),
        ("<skipped/>", (0, 0, 0, 1), 0),
        ("<disabled message='x'/>", (0, 0, 0, 1), 0),  # CTest
        ("<failure/>", (0, 1, 0, 0), 1),
        ("<error/>", (0, 0, 1, 0), 1),
        ("<failure/><failure/><failure/>", (0, 1, 0, 0), 3),  # googletest, Catch2, pytest subtests
        ("<failure/><error/>", (0, 0, 1, 0), 2),  # pytest: the test and its teardown
        ("<error/><failure/>", (0, 0, 1, 0), 2),
        ("<skipped/><failure/>", (0, 1, 0, 0), 1),
        ("<failure/><skipped/>", (0, 1, 0, 0), 1),
        # Surefire: a rerun failed too / the last run passed (surefire-test-report.xsd)
        ("<failure/><rerunFailure><stackTrace/></rerunFailure><rerunError/>", (0, 1, 0, 0), 1),
        ("<flakyFailure><system-out/></flakyFailure><flakyError/>", (1, 0, 0, 0), 0),
        ("<system-out>x</system-out><properties><property/></properties>", (1, 0, 0, 0), 0),
        ("<system-out><failure/></system-out>", (1, 0, 0, 0), 0),  # output that was not escaped
    ],
)
def test_a_case_counts_once_as_its_worst(
    elements: str, expected: tuple[int, int, int, int], found: int
) -> None:
    content = f"<testsuite><testcase name='a'>{elements}</testcase></testsuite>"
    assert totals(content) == expected
    assert len(findings(content)) == found


@pytest.mark.parametrize("status", ["notrun", "disabled"])  # googletest, CTest
def test_a_case_that_was_not_run_is_skipped(status: str) -> None:
    assert totals(f"<testsuite><testcase status='{status}'/></testsuite>") == (0, 0, 0, 1)
    assert totals("<testsuite><testcase status='run'/></testsuite>") == (1, 0, 0, 0)


def test_a_suite_that_announces_an_error_and_shows_none_is_a_finding() -> None:
    # gotestsum: a package that does not build
    content = "<testsuites errors='1'><testsuite name='example.com/pkg' errors='1'/></testsuites>"
    [finding] = findings(content)
    assert finding.rule == "example.com/pkg"
    assert "the suite reports 1 error but no test that failed" in finding.message
    assert totals(content) == (0, 0, 1, 0)


@pytest.mark.parametrize(
    ("content", "found"),
    [
        # the innermost suite that announces it speaks for those around it
        ("<testsuites failures='1'><testsuite failures='1'/><testsuite/></testsuites>", 1),
        ("<testsuites failures='2'><testsuite/><testsuite/></testsuites>", 1),
        ("<testsuites><testsuite failures='1'/><testsuite errors='1'/></testsuites>", 2),
        # a failing element at any depth explains it, and so does a failed first try
        (f"<testsuites failures='9'><testsuite>{CASES}</testsuite></testsuites>", 1),
        ("<testsuite failures='1'><testcase><flakyFailure/></testcase></testsuite>", 0),
        ("<testsuite failures='1'><testcase name='a'/></testsuite>", 1),
        ("<testsuite failures='0' errors=''/>", 0),
        ("<testsuite failures='-1' errors='many'/>", 0),
    ],
)
def test_an_announced_failure_is_told_once(content: str, found: int) -> None:
    assert len(findings(content)) == found


def test_both_announced_numbers_are_told() -> None:
    [finding] = findings("<testsuite name='s' failures='2' errors='1'/>")
    assert "2 failures and 1 error" in finding.message


def test_an_error_of_a_suite_itself_counts_as_one_more_case() -> None:
    content = "<testsuite name='s'><testcase name='a'/><error message='no db'/></testsuite>"
    [finding] = findings(content)
    assert (finding.rule, totals(content)) == ("s", (1, 0, 1, 0))


def test_an_empty_suite_is_no_failure() -> None:
    no_test = Remark("no test ran: the file holds no case")
    assert parsed("<testsuites/>") == [ToolRun("junit"), TestTotals("junit"), no_test]


@pytest.mark.parametrize(
    ("times", "milliseconds"),
    [
        (["0.001", "0.0015", "1"], 1002),
        (["1,234.5", "1,234,567"], 1_235_801_500),  # Surefire: thousands
        (["0,005", "1,234", "1.234,5"], 1_235_739),  # a decimal comma
        (["", "NaN", "-1", "inf", "soon", "1e300", "0.5"], 500),
    ],
)
def test_duration_is_the_sum_of_the_cases(times: list[str], milliseconds: int) -> None:
    cases = "".join(f"<testcase time='{time}'/>" for time in times)
    total = parsed(f"<testsuite time='77'>{cases}<testcase/></testsuite>")[-1]
    assert isinstance(total, TestTotals)
    assert total.duration_ms == milliseconds


# Against an independent reader

NAMES = st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "Zs"]), max_size=8)
OUTCOMES = st.sampled_from(["failure", "error", "skipped", "disabled", "flakyError", "system-out"])


@st.composite
def cases(draw: st.DrawFn) -> ET.Element:
    case = ET.Element("testcase", name=draw(NAMES), classname=draw(NAMES))
    if draw(st.integers(0, 5)) == 0:
        case.set("status", draw(st.sampled_from(["run", "notrun"])))
    for tag in draw(st.lists(OUTCOMES, max_size=3)):
        ET.SubElement(case, tag, message=draw(NAMES)).text = draw(NAMES)
    return case


def suites(children: st.SearchStrategy[ET.Element]) -> st.SearchStrategy[ET.Element]:
    def build(name: str, failures: int, inner: list[ET.Element]) -> ET.Element:
        suite = ET.Element("testsuite", name=name, failures=str(failures))
        suite.extend(inner)
        return suite

    return st.builds(build, NAMES, st.integers(0, 1), st.lists(children, max_size=4))


ROOTS = suites(st.recursive(cases(), suites, max_leaves=20))


def expectation(root: ET.Element) -> tuple[Counter[str], int]:
    """Outcomes and findings, read from the whole tree."""
    outcomes: Counter[str] = Counter()
    found = 0
    for case in root.iter("testcase"):
        tags = {child.tag for child in case}
        found += sum(child.tag in ("failure", "error") for child in case)
        skipped = tags & {"skipped", "disabled"} or case.get("status") == "notrun"
        worst = "skipped" if skipped else "passed"
        outcomes["error" if "error" in tags else "failure" if "failure" in tags else worst] += 1
    loud = ("failure", "error", "flakyError")
    silent = [
        suite
        for suite in root.iter("testsuite")
        if suite.get("failures") != "0" and not any(e.tag in loud for e in suite.iter())
    ]
    innermost = [s for s in silent if not any(t is not s and t in list(s.iter()) for t in silent)]
    outcomes["failure"] += len(innermost)
    return outcomes, found + len(innermost)


@settings(deadline=None)
@given(ROOTS)
def test_numbers_equal_those_of_an_independent_reader(root: ET.Element) -> None:
    content = ET.tostring(root, encoding="unicode")
    outcomes, found = expectation(root)
    names = ("passed", "failure", "error", "skipped")
    assert totals(content) == tuple(outcomes[name] for name in names)
    assert len(findings(content)) == found


# Broken files

SAMPLE = """<?xml version="1.0" encoding="utf-8"?>
<!-- made by hand --><testsuites name="pytest tests">
 <testsuite name="é" failures="1"><properties><property name="a" value="&lt;b&gt;"/></properties>
  <testcase classname="a.B" name="c" time="0.1"><failure message="x&#10;y"><![CDATA[]] z]]></failure>
  </testcase><testcase name="&amp;"><skipped/></testcase><system-out>&#65;</system-out></testsuite>
</testsuites>""".encode()


def test_the_sample_is_sound() -> None:
    assert len(parsed(SAMPLE)) == 3


@pytest.mark.parametrize("length", range(1, len(SAMPLE)))
def test_a_file_that_was_cut_off_is_malformed(length: int) -> None:
    with pytest.raises(MalformedError) as caught:
        parsed(SAMPLE[:length])
    assert caught.value.position.startswith("line ")


@settings(deadline=None)
@given(st.data())
def test_a_random_file_that_was_cut_off_is_malformed(data: st.DataObject) -> None:
    content = ET.tostring(data.draw(ROOTS), encoding="utf-8")
    with pytest.raises(MalformedError):
        parsed(content[: data.draw(st.integers(1, len(content) - 1))])


@settings(deadline=None)
@given(st.binary(min_size=1).filter(bytes.strip))
def test_random_bytes_are_malformed(content: bytes) -> None:
    with pytest.raises(MalformedError):
        parsed(content)


@settings(deadline=None)
@given(st.integers(0, len(SAMPLE)), st.binary(max_size=8), st.integers(0, 8))
def test_a_damaged_file_is_malformed_or_read(at: int, inserted: bytes, removed: int) -> None:
    with suppress(MalformedError):
        assert parsed(SAMPLE[:at] + inserted + SAMPLE[at + removed :])[0] == ToolRun("junit")


def test_another_root_is_malformed() -> None:
    with pytest.raises(MalformedError, match="<coverage> and not <testsuites> or <testsuite>"):
        parsed("<coverage/>")
