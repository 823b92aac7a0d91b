"""Findings on unchanged lines, where a reviewer gets to see them on request."""

import json
from pathlib import Path
from typing import Any

import pytest
from e2e.test_main_job import changed_since_base
from fixture_records import BANDIT, recorded
from program import TOKEN, Run

from insights_uploader.sandbox.server import Sandbox


def preview(run: Run, *options: str) -> Any:
    done = run("preview", BANDIT, "--base", "main", "--format", "json", *options)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def found() -> list[tuple[str, int]]:
    """Where Bandit found something."""
    log = json.loads(BANDIT.read_text(encoding="utf-8"))
    places = [result["locations"][0]["physicalLocation"] for result in log["runs"][0]["results"]]
    return [
        (p["artifactLocation"]["uri"].removeprefix("./"), p["region"]["startLine"]) for p in places
    ]


@pytest.mark.parametrize("mode", ["added", "file"])
def test_each_moves_to_the_nearest_changed_line_and_names_its_own(
    run: Run, dotenv: Path, mode: str
) -> None:
    plan = preview(run, "--relocate", "--filter", mode)
    [report] = plan["reports"]
    moved = 0
    for annotation in report["annotations"]:
        changed = changed_since_base(dotenv, annotation["path"])
        assert annotation["line"] in changed
        words, _, rest = annotation["message"].partition(": ")
        if words.startswith("Line "):
            own = int(words.removeprefix("Line "))
            assert rest
            assert own not in changed
            assert (annotation["path"], own) in found()
            assert abs(own - annotation["line"]) == min(abs(own - line) for line in changed)
            moved += 1
    ends = plan["ledger"]["dispositions"]
    assert moved > 0
    assert ends["relocated"] == moved
    assert sum(ends.values()) == recorded(BANDIT.parent)["findings"]
    in_changed = sum(bool(changed_since_base(dotenv, path)) for path, _ in found())
    assert ends["published"] + moved + ends.get("duplicate", 0) == in_changed
    assert f"{moved} of them at the nearest changed line" in report["body"]["details"]


def test_an_identity_stays_when_its_finding_is_moved(run: Run) -> None:
    """What is known from before is known wherever it is shown."""
    as_it_is, moved = (preview(run, "--filter", "file", *more) for more in ((), ("--relocate",)))
    ids = [{a["externalId"] for a in p["reports"][0]["annotations"]} for p in (as_it_is, moved)]
    assert ids[0] == ids[1]


def test_they_are_published_and_confirmed(run: Run, sandbox: Sandbox) -> None:
    environ = {
        "BITBUCKET_URL": sandbox.url,
        "BITBUCKET_PROJECT": "PRJ",
        "BITBUCKET_REPOSITORY": "repo",
        "BITBUCKET_TOKEN": TOKEN,
    }
    plan = preview(run, "--relocate")
    done = run("publish", BANDIT, "--base", "main", "--relocate", **environ)
    assert done.returncode in (0, 1), done.stderr
    stored = sandbox.store.report(plan["target"]["commit"], "insights-uploader.bandit")
    assert stored is not None
    assert len(stored.annotations) == len(plan["reports"][0]["annotations"])
    assert any(a["message"].startswith("Line ") for a in stored.annotations)


def test_explain_tells_both_lines(run: Run) -> None:
    plan = preview(run, "--relocate")
    moved = next(a for a in plan["reports"][0]["annotations"] if a["message"].startswith("Line "))
    own = int(moved["message"].partition(":")[0].removeprefix("Line "))
    for line in (own, moved["line"]):
        told = run("explain", f"{moved['path']}:{line}", BANDIT, "--base", "main", "--relocate")
        assert f"{moved['path']}:{own}  relocated" in told.stdout
        assert f"it is shown at line {moved['line']}" in told.stdout
