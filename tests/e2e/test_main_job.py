"""Whole runs of the installed program: real results, a real repository, a real server."""

import json
import subprocess
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import repository
from fixture_records import BANDIT, PYTEST, ROOT, RUFF, recorded
from program import TOKEN, Run

from insights_uploader.sandbox.server import Sandbox

CLEAN = RUFF.parent.parent / "ruff-clean-python-dotenv/ruff.sarif"


def destination(sandbox: Sandbox) -> dict[str, str]:
    return {
        "BITBUCKET_URL": sandbox.url,
        "BITBUCKET_PROJECT": "PRJ",
        "BITBUCKET_REPOSITORY": "repo",
        "BITBUCKET_TOKEN": TOKEN,
    }


def changed_since_base(dotenv: Path, path: str) -> set[int]:
    """The lines of a file that are new on the branch, by git blame."""
    blame = repository.git(dotenv, "blame", "-s", "--line-porcelain", "main..HEAD", "--", path)
    lines, boundary, number = set(), False, 0
    for line in blame.split("\n"):
        if line.startswith("\t"):
            if not boundary:
                lines.add(number)
            boundary = False
        elif line == "boundary":
            boundary = True
        else:
            words = line.split(" ")
            if len(words[0]) == 40 and words[1].isdigit():
                number = int(words[2])
    return lines


def test_what_is_previewed_is_what_is_sent(run: Run, sandbox: Sandbox, dotenv: Path) -> None:
    arguments = [RUFF, BANDIT, PYTEST, "--base", "main"]
    shown = run("preview", *arguments, "--format", "json")
    assert shown.returncode == 0, shown.stderr
    plan = json.loads(shown.stdout)
    sent = run("publish", *arguments, **destination(sandbox))
    assert sent.returncode == 1, sent.stderr  # ruff's errors and pytest's failures
    commit = plan["target"]["commit"]
    for report in plan["reports"]:
        stored = sandbox.store.report(commit, report["key"])
        assert stored is not None
        body = dict(stored.body) | {"createdDate": report["body"]["createdDate"]}
        assert {k: body.get(k) for k in report["body"]} == report["body"]
        by_id = {a["externalId"]: a for a in stored.annotations}
        for annotation in report["annotations"]:
            kept = by_id.pop(annotation["externalId"])
            assert {k: kept.get(k) for k in annotation} == annotation
        assert not by_id


def test_every_annotation_with_a_line_is_on_a_line_that_git_blames_on_the_branch(
    run: Run, dotenv: Path
) -> None:
    plan = json.loads(run("preview", RUFF, BANDIT, "--base", "main", "--format", "json").stdout)
    annotations = [a for report in plan["reports"] for a in report["annotations"]]
    assert annotations
    for annotation in annotations:
        assert annotation["line"] in changed_since_base(dotenv, annotation["path"])


def test_no_finding_on_a_changed_line_is_lost(run: Run, dotenv: Path) -> None:
    """An independent reader: bandit's own SARIF through json, the lines through git blame."""
    results = json.loads(BANDIT.read_text())["runs"][0]["results"]
    expected = 0
    for result in results:
        place = result["locations"][0]["physicalLocation"]
        path = place["artifactLocation"]["uri"].removeprefix("./")
        region = place["region"]
        lines = set(range(region["startLine"], region.get("endLine", region["startLine"]) + 1))
        expected += bool(lines & changed_since_base(dotenv, path))
    plan = json.loads(run("preview", BANDIT, "--base", "main", "--format", "json").stdout)
    assert plan["ledger"]["parsed"] == recorded(BANDIT.parent)["findings"]
    assert plan["ledger"]["dispositions"]["published"] == expected > 0


def test_the_plan_follows_its_documented_schema(run: Run) -> None:
    schema = json.loads((ROOT / "docs/plan.schema.json").read_text())
    plan = json.loads(run("preview", RUFF, PYTEST, "--base", "main", "--format", "json").stdout)
    jsonschema.Draft202012Validator(schema).validate(plan)
    assert sum(plan["ledger"]["dispositions"].values()) == plan["ledger"]["parsed"]


def test_failing_tests_elsewhere_are_told_of_the_report_as_a_whole(run: Run) -> None:
    told = recorded(PYTEST.parent)
    plan = json.loads(run("preview", PYTEST, "--base", "main", "--format", "json").stdout)
    [report] = plan["reports"]
    assert report["body"]["result"] == "FAIL"
    assert plan["measures"]["tests"]["total"] == told["tests"]
    assert plan["measures"]["tests"]["failed"] == told["failed"] == len(report["annotations"])
    assert all("path" not in annotation for annotation in report["annotations"])
    # the project's own lines where sh.cd is called, as pytest's terminal names them
    assert {a["message"].split(": ")[0] for a in report["annotations"]} == {
        f"tests/test_cli.py:{line}" for line in (156, 166, 177, 190, 203)
    }


def test_a_clean_result_passes(run: Run, sandbox: Sandbox) -> None:
    done = run("publish", CLEAN, "--base", "main", **destination(sandbox))
    assert done.returncode == 0, done.stderr
    assert "PASS" in done.stdout


@pytest.mark.parametrize("as_stdin", [True, False], ids=["stdin", "file"])
def test_a_diff_by_the_user_selects_the_same(
    run: Run, dotenv: Path, tmp_path: Path, as_stdin: bool
) -> None:
    by_git = json.loads(run("preview", RUFF, "--base", "main", "--format", "json").stdout)
    diff = subprocess.run(
        ["git", "diff", "main...HEAD"], cwd=dotenv, capture_output=True, check=True
    ).stdout
    (tmp_path / "changes.diff").write_bytes(diff)
    name = "-" if as_stdin else tmp_path / "changes.diff"
    by_user = run(
        "preview", RUFF, "--diff", name, "--format", "json", stdin=diff if as_stdin else b""
    )
    assert by_user.returncode == 0, by_user.stderr
    ours = json.loads(by_user.stdout)
    assert ours["reports"][0]["annotations"] == by_git["reports"][0]["annotations"]


def test_the_diff_of_another_commit_is_refused(run: Run, dotenv: Path, tmp_path: Path) -> None:
    other = subprocess.run(
        ["git", "diff", "HEAD..main"], cwd=dotenv, capture_output=True, check=True
    ).stdout
    (tmp_path / "other.diff").write_bytes(other)
    done = run("preview", RUFF, "--diff", tmp_path / "other.diff")
    assert done.returncode == 3
    assert "other.diff" in done.stderr


def test_preview_text_shows_findings_and_verdict(run: Run) -> None:
    done = run("preview", RUFF, PYTEST, "--base", "main")
    assert done.returncode == 0
    assert "src/dotenv/cli.py:138  TRY003" in done.stdout
    assert "FAIL  insights-uploader.junit: 5 failing tests" in done.stdout
    assert "\x1b" not in done.stdout  # no colours in a pipe


def test_hostile_text_does_not_reach_the_terminal(run: Run, tmp_path: Path) -> None:
    evil = "\x1b]0;owned\x07\x1b[2J\r\n\u202eevil"
    results: list[dict[str, Any]] = [{"ruleId": evil, "message": {"text": evil}}]
    log = {"runs": [{"tool": {"driver": {"name": f"tool{evil}"}}, "results": results}]}
    (tmp_path / "evil.sarif").write_text(json.dumps(log))
    done = run("preview", tmp_path / "evil.sarif", "--base", "main")
    assert done.returncode == 0, done.stderr
    assert not set(done.stdout) & set("\x1b\x07\r\u202e")


def test_the_cap_keeps_the_most_severe(run: Run) -> None:
    arguments = ["--base", "main", "--format", "json", "--max-annotations", "3"]
    plan = json.loads(run("preview", RUFF, PYTEST, *arguments).stdout)
    for report in plan["reports"]:
        assert len(report["annotations"]) == 3
        assert {a["severity"] for a in report["annotations"]} == {"HIGH"}
    assert plan["ledger"]["dispositions"]["over-cap"] > 0
    assert "Beyond the limit" in plan["reports"][0]["body"]["details"]
