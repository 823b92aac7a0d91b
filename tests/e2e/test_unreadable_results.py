"""Results that cannot be read: a report that fails and says why, and goes when they can be."""

import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from fixture_records import PYTEST, RUFF
from program import OTHER_TOKEN, TOKEN, Run

from insights_uploader.sandbox.faults import Answer
from insights_uploader.sandbox.server import Sandbox

Reports = Mapping[str, Mapping[str, Any]]


@pytest.fixture
def results(tmp_path: Path) -> Path:
    """A folder beside the checkout with pytest's results and ruff's, both whole."""
    shutil.copy(PYTEST, tmp_path / "junit.xml")
    shutil.copy(RUFF, tmp_path / "ruff.sarif")
    return tmp_path


def publish(
    run: Run, sandbox: Sandbox, dotenv: Path, results: Path, *arguments: str, **environ: str
) -> tuple[int, str, str]:
    environ = {"BITBUCKET_TOKEN": TOKEN, "INSIGHTS_UPLOADER_KEY": "ci", **environ}
    done = run(
        *("publish", *(arguments or ("junit.xml", "ruff.sarif"))),
        *("--base", "main", "--checkout", dotenv, "--url", sandbox.url),
        *("--project", "PRJ", "--repository", "repo", "--fail-on", "never", "--exit-zero"),
        cwd=results,
        **environ,
    )
    return done.returncode, done.stdout, done.stderr


def stored(run: Run, sandbox: Sandbox, dotenv: Path) -> Reports:
    """What the commit has, read with the program's own command."""
    where = ("--url", sandbox.url, "--project", "PRJ", "--repository", "repo", "--json")
    done = run("report", "list", *where, cwd=dotenv, BITBUCKET_TOKEN=TOKEN)
    assert done.returncode == 0, done.stderr
    return {report["key"]: report for report in json.loads(done.stdout)}


def cut(path: Path, size: int) -> None:
    path.write_bytes(path.read_bytes()[:size])


def test_a_cut_file_fails_the_report_of_its_tool(
    run: Run, sandbox: Sandbox, dotenv: Path, results: Path
) -> None:
    cut(results / "junit.xml", 5000)
    code, _, errors = publish(run, sandbox, dotenv, results)
    assert code == 3
    assert "error: junit.xml: line " in errors
    reports = stored(run, sandbox, dotenv)
    assert {key: report["result"] for key, report in reports.items()} == {
        "ci.junit": "FAIL",
        "ci.ruff": "PASS",
    }
    details = reports["ci.junit"]["details"]
    assert details.startswith("Fails: junit.xml: line ")
    assert details.endswith("What was found is not known.")
    assert "data" not in reports["ci.junit"] or reports["ci.junit"]["data"] == []


@pytest.mark.parametrize(
    ("broken", "key", "words"),
    [
        ("ruff.sarif", "ci.unreadable.ruff-sarif", "ruff.sarif: byte "),
        ("empty.xml", "ci.unreadable.empty-xml", "empty.xml: the file is empty"),
        ("gone.xml", "ci.unreadable.gone-xml", "gone.xml: there is no such file"),
        ("out/*.trx", "ci.unreadable.out-trx", "out/*.trx: no file matches"),
    ],
)
def test_a_file_that_names_no_tool_has_a_report_of_its_own(
    run: Run, sandbox: Sandbox, dotenv: Path, results: Path, broken: str, key: str, words: str
) -> None:
    cut(results / "ruff.sarif", 20_000)
    (results / "empty.xml").touch()
    code, _, errors = publish(run, sandbox, dotenv, results, "junit.xml", broken)
    assert code == 3
    assert f"error: {words}" in errors
    reports = stored(run, sandbox, dotenv)
    assert set(reports) == {"ci.junit", key}
    assert reports[key]["result"] == "FAIL"
    assert reports[key]["title"] == broken
    assert words in reports[key]["details"]


def test_the_next_run_that_can_read_it_takes_the_report_away(
    run: Run, sandbox: Sandbox, dotenv: Path, results: Path, tmp_path: Path
) -> None:
    (results / "out").mkdir()
    arguments = ("out/*.sarif", "ruff.sarif")
    whole = (results / "ruff.sarif").read_bytes()
    cut(results / "ruff.sarif", 20_000)
    assert publish(run, sandbox, dotenv, results, *arguments)[0] == 3
    told = {"ci.unreadable.out-sarif", "ci.unreadable.ruff-sarif"}
    assert set(stored(run, sandbox, dotenv)) == told
    (results / "ruff.sarif").write_bytes(whole)
    (results / "out/ruff.sarif").write_bytes(whole)
    receipt = tmp_path / "receipt.json"
    code, _, errors = publish(run, sandbox, dotenv, results, *arguments, "--receipt", str(receipt))
    assert code == 0
    assert set(stored(run, sandbox, dotenv)) == {"ci.ruff"}
    assert set(json.loads(receipt.read_text())["deleted"]) == told
    assert all(f"deleted {key}" in errors for key in told)


def test_a_run_with_other_files_leaves_the_report(
    run: Run, sandbox: Sandbox, dotenv: Path, results: Path
) -> None:
    assert publish(run, sandbox, dotenv, results, "gone.xml")[0] == 3
    code, output, _ = publish(run, sandbox, dotenv, results)
    assert code == 0
    assert "not of this run: ci.unreadable.gone-xml" in output
    assert "ci.unreadable.gone-xml" in stored(run, sandbox, dotenv)


def test_a_report_that_cannot_be_taken_away_is_an_error(
    run: Run, sandbox: Sandbox, dotenv: Path, results: Path
) -> None:
    """A stale FAIL never stays in silence: here it is another user's."""
    gone = results / "junit.xml"
    gone.rename(results / "kept.xml")
    assert publish(run, sandbox, dotenv, results, BITBUCKET_TOKEN=OTHER_TOKEN)[0] == 3
    (results / "kept.xml").rename(gone)
    where = ("--url", sandbox.url, "--project", "PRJ", "--repository", "repo")
    done = run("report", "delete", "ci.ruff", *where, cwd=dotenv, BITBUCKET_TOKEN=OTHER_TOKEN)
    assert done.returncode == 0, done.stderr
    code, _, errors = publish(run, sandbox, dotenv, results)
    assert code == 5
    assert "All reports are published; not all others are deleted." in errors


@pytest.mark.parametrize("command", ["preview", "gate"])
def test_preview_and_gate_tell_of_the_same(
    run: Run, dotenv: Path, results: Path, tmp_path: Path, command: str
) -> None:
    cut(results / "junit.xml", 5000)
    receipt = tmp_path / "receipt.json"
    arguments = ["junit.xml", "ruff.sarif", "--base", "main", "--checkout", dotenv, "--key", "ci"]
    done = run(command, *arguments, "--receipt", receipt, "--exit-zero", cwd=results)
    assert done.returncode == 3
    assert "not read: junit.xml: line " in done.stdout
    assert "FAIL  ci.junit: junit.xml: line " in done.stdout
    told = json.loads(receipt.read_text())
    assert told["verdict"]["result"] == "FAIL"
    [entry] = [entry for entry in told["inputs"] if entry["outcome"] == "unreadable"]
    assert (entry["path"], entry["reports"]) == ("junit.xml", ["ci.junit"])


def test_what_can_be_read_of_the_same_tool_is_published(
    run: Run, sandbox: Sandbox, dotenv: Path, results: Path
) -> None:
    shutil.copy(results / "junit.xml", results / "second.xml")
    cut(results / "second.xml", 5000)
    code, _, _ = publish(run, sandbox, dotenv, results, "*.xml")
    assert code == 3
    [report] = stored(run, sandbox, dotenv).values()
    assert (report["key"], report["result"]) == ("ci.junit", "FAIL")
    assert "second.xml: line " in report["details"]
    assert "tests " in report["details"]


def test_the_server_s_trouble_is_told_besides(
    run: Run, sandbox: Sandbox, dotenv: Path, results: Path
) -> None:
    sandbox.faults.add(Answer(401, "{}", {"content-type": "application/json"}), times=None)
    code, _, errors = publish(run, sandbox, dotenv, results, "junit.xml", "gone.xml")
    assert code == 3
    assert errors.count("error: ") == 2
    assert "gone.xml: there is no such file" in errors


def names(errors: str) -> Sequence[str]:
    return [line.split(":")[1].strip() for line in errors.splitlines() if line.startswith("error")]


def test_in_a_settings_file_only_the_user_s_own_may_turn_it_off(
    run: Run, sandbox: Sandbox, dotenv: Path, results: Path
) -> None:
    (results / "own.toml").write_text('on-bad-input = "abort"\n')
    arguments = ("junit.xml", "gone.xml", "--config", str(results / "own.toml"))
    code, output, errors = publish(run, sandbox, dotenv, results, *arguments)
    assert (code, output, names(errors)) == (3, "", ["gone.xml"])
    assert sandbox.requests == []
    with_one = results / "checkout"
    shutil.copytree(dotenv, with_one, symlinks=True)
    (with_one / "insights-uploader.toml").write_text('on-bad-input = "abort"\n')
    code, _, errors = publish(run, sandbox, with_one, results)
    assert code == 2
    assert "on-bad-input" in errors


@pytest.mark.parametrize("state", ["gone", "empty"])
def test_a_format_of_one_tool_fails_its_report_whatever_is_wrong_with_the_file(
    run: Run, sandbox: Sandbox, dotenv: Path, results: Path, state: str
) -> None:
    """A pass of an earlier run of the commit does not stay."""
    assert publish(run, sandbox, dotenv, results, "junit:junit.xml")[0] == 0
    if state == "gone":
        (results / "junit.xml").unlink()
    else:
        (results / "junit.xml").write_bytes(b"")
    assert publish(run, sandbox, dotenv, results, "junit:junit.xml")[0] == 3
    reports = stored(run, sandbox, dotenv)
    assert {key: report["result"] for key, report in reports.items()} == {"ci.junit": "FAIL"}
    assert reports["ci.junit"]["details"].startswith("Fails: junit.xml: ")


def test_what_may_be_of_unreadable_results_is_not_pruned(
    run: Run, sandbox: Sandbox, dotenv: Path, results: Path
) -> None:
    assert publish(run, sandbox, dotenv, results)[0] == 0
    cut(results / "ruff.sarif", 20_000)
    code, output, _ = publish(run, sandbox, dotenv, results, "junit.xml", "ruff.sarif", "--prune")
    assert code == 3
    assert "of results that could not be read, or not of this run: ci.ruff" in output
    assert "ci.ruff" in stored(run, sandbox, dotenv)
