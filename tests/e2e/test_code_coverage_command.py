"""A real run's line coverage for the Code Coverage app, held against the results file itself."""

import json
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
import repository
from fixture_records import FIXTURES, RUFF
from program import TOKEN, Run, settings

from insights_uploader.sandbox.faults import Answer
from insights_uploader.sandbox.server import Sandbox

COVERAGE = FIXTURES / "cobertura/coveragepy-branch-python-dotenv/coverage.xml"
ELSEWHERE = FIXTURES / "cobertura/gcovr-cjson/coverage.xml"
NO_COVERAGE = RUFF.parent.parent / "ruff-clean-python-dotenv/ruff.sarif"
BASE = ("--base", "main")


@pytest.fixture
def head(dotenv: Path) -> str:
    return repository.git(dotenv, "rev-parse", "HEAD").strip()


def measured() -> dict[str, str]:
    """The fixture's lines in the app's form, by nothing of ours."""
    found = {}
    for each in ET.parse(COVERAGE).iter("class"):
        groups: dict[str, list[int]] = {"C": [], "P": [], "U": []}
        for line in each.iter("line"):
            is_partial = "missing-branches" in line.attrib
            group = "U" if line.attrib["hits"] == "0" else "P" if is_partial else "C"
            groups[group].append(int(line.attrib["number"]))
        named = (f"{name}:{','.join(map(str, sorted(n)))}" for name, n in groups.items() if n)
        if states := ";".join(named):
            found[each.attrib["filename"]] = states
    return found


def test_all_that_was_measured_is_sent(run: Run, sandbox: Sandbox, head: str) -> None:
    done = run("code-coverage", "set", COVERAGE, *BASE, **settings(sandbox))
    assert done.returncode == 0, done.stderr
    assert sandbox.coverage.files == {head: measured()}
    assert {"C", "P", "U"} <= {
        group[0] for each in measured().values() for group in each.split(";")
    }
    number = len(measured())
    assert done.stdout == f"commit {head}: the coverage of {number} files is taken\n"


def test_publish_sends_it_along(run: Run, sandbox: Sandbox, head: str) -> None:
    done = run("publish", COVERAGE, *BASE, "--to", "code-coverage", **settings(sandbox))
    assert done.returncode == 0, done.stderr
    assert sandbox.coverage.files == {head: measured()}


def test_what_other_steps_sent_stays_or_goes(run: Run, sandbox: Sandbox, head: str) -> None:
    sandbox.coverage.files[head] = {"other.py": "C:1"}
    added = run("code-coverage", "set", COVERAGE, *BASE, "--json", **settings(sandbox))
    told = {"commit": head, "files": len(measured()), "requests": 1}
    assert json.loads(added.stdout) == told
    assert sandbox.coverage.files[head] == {"other.py": "C:1"} | measured()
    done = run("code-coverage", "set", COVERAGE, *BASE, "--replace", **settings(sandbox))
    assert done.returncode == 0, done.stderr
    assert sandbox.coverage.files == {head: measured()}


def test_it_is_deleted(run: Run, sandbox: Sandbox, head: str) -> None:
    sandbox.coverage.files[head] = {"other.py": "C:1"}
    done = run("code-coverage", "delete", **settings(sandbox))
    assert done.stdout == f"commit {head} has no line coverage any more\n"
    assert sandbox.coverage.files == {}


@pytest.mark.parametrize("results", [NO_COVERAGE, ELSEWHERE])
def test_without_coverage_nothing_is_sent_nor_deleted(
    run: Run, sandbox: Sandbox, results: Path
) -> None:
    done = run("code-coverage", "set", results, *BASE, "--replace", **settings(sandbox))
    assert (done.returncode, "no coverage of files" in done.stderr) == (3, True), done.stderr
    assert [each.path for each in sandbox.requests if "code-coverage" in each.path] == []


def test_a_server_without_the_app(run: Run, sandbox: Sandbox) -> None:
    missing = '{"message": "HTTP 404 Not Found", "status-code": 404, "sub-code": -1}'
    answer = Answer(404, missing, {"content-type": "application/json"})
    sandbox.faults.add(answer, path="/code-coverage/")
    done = run("code-coverage", "delete", **settings(sandbox))
    assert (done.returncode, "app is not installed" in done.stderr) == (4, True)
    assert TOKEN not in done.stdout + done.stderr
