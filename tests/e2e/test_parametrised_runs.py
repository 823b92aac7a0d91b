"""A parametrised test that fails in several cases, as a user sees it."""

import json
from pathlib import Path

import pytest
from program import Run

CASE = """<testcase classname="tests.test_cli" name="test_stream[{parameters}]">
<failure message="assert {parameters} == 0">src/dotenv/cli.py:138: AssertionError</failure></testcase>
"""
RESULTS = """<testsuites name="pytest tests"><testsuite name="pytest" failures="3" tests="3">
{cases}</testsuite></testsuites>
"""


@pytest.fixture
def results(tmp_path: Path) -> Path:
    """Three cases in pytest's dialect that fail on a changed line."""
    path = tmp_path / "pytest.xml"
    cases = "".join(CASE.format(parameters=number) for number in (3, 1, 2))
    path.write_text(RESULTS.format(cases=cases))
    return path


def test_cases_are_shown_once_and_each_is_counted(run: Run, results: Path) -> None:
    plan = json.loads(run("preview", results, "--base", "main", "--format", "json").stdout)
    [annotation] = plan["reports"][0]["annotations"]
    assert (annotation["path"], annotation["line"]) == ("src/dotenv/cli.py", 138)
    number, shown = annotation["message"].split("\n")
    assert number == "3 cases of tests.test_cli.test_stream fail here, among them:"
    assert shown == "tests.test_cli.test_stream[1] failed: assert 1 == 0"
    assert plan["ledger"]["dispositions"] == {"published": 1, "duplicate": 2}
    assert plan["measures"]["tests"]["failed"] == 3
    assert "3 failing tests" in run("gate", results, "--base", "main").stdout


def test_explain_tells_what_became_of_each_case(run: Run, results: Path) -> None:
    told = run("explain", "src/dotenv/cli.py", results, "--base", "main").stdout.splitlines()
    ends = [line.split() for line in told if "test_stream[" in line]
    assert [(words[3][-3:-1], words[1]) for words in ends] == [
        ("3]", "duplicate"),
        ("1]", "published"),
        ("2]", "duplicate"),
    ]
    because = (
        "because: one annotation tells of all cases of tests.test_cli.test_stream that fail here"
    )
    assert [line.strip() for line in told].count(because) == 2


def test_one_case_is_ignored_by_its_name(run: Run, results: Path) -> None:
    arguments = [results, "--base", "main", "--ignore", "tests.test_cli.test_stream[2]"]
    plan = json.loads(run("preview", *arguments, "--format", "json").stdout)
    assert plan["ledger"]["dispositions"] == {"published": 1, "duplicate": 1, "ignored": 1}
