"""One run, many destinations: each gets the outcome by itself."""

import json
import os
import signal
import subprocess
import time
import xml.etree.ElementTree as ET
from collections.abc import Hashable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from fixture_records import BANDIT, FIXTURES, PYTEST
from program import TOKEN, Run

from insights_uploader.sandbox.faults import Answer, Delay
from insights_uploader.sandbox.recording import Exchange
from insights_uploader.sandbox.server import Sandbox

Exchanges = Mapping[Hashable, Exchange]
COVERAGE = FIXTURES / "cobertura/coveragepy-branch-python-dotenv/coverage.xml"
BUILD = "/builds"


def settings(sandbox: Sandbox, **more: str) -> dict[str, str]:
    return {
        "BITBUCKET_URL": sandbox.url,
        "BITBUCKET_PROJECT": "PRJ",
        "BITBUCKET_REPOSITORY": "repo",
        "BITBUCKET_TOKEN": TOKEN,
        "JENKINS_URL": "https://ci.example.com/",
        "BUILD_URL": "https://ci.example.com/job/widgets/7/",
        "BUILD_NUMBER": "7",
        "JOB_NAME": "widgets",
        "INSIGHTS_UPLOADER_BASE": "main",
        **more,
    }


def posted(exchanges: Exchanges) -> Sequence[Any]:
    """The builds that the server was told of, in order."""
    return [
        json.loads(each.body)
        for each in exchanges.values()
        if each.request.method == "POST" and each.request.path.endswith("/builds")
    ]


def states(exchanges: Exchanges) -> Sequence[str]:
    return [body["state"] for body in posted(exchanges)]


@pytest.mark.parametrize(
    ("results", "code", "state"), [(BANDIT, 0, "SUCCESSFUL"), (PYTEST, 1, "FAILED")]
)
@pytest.mark.parametrize("option", ["--build-status", "--to"])
def test_a_build_has_the_gates_verdict(
    run: Run,
    sandbox: Sandbox,
    exchanges: Exchanges,
    results: Path,
    code: int,
    state: str,
    option: str,
) -> None:
    options = [option] if option != "--to" else ["--to", "code-insights", "--to", "build-status"]
    done = run("publish", results, *options, **settings(sandbox))
    assert done.returncode == code, done.stderr
    assert states(exchanges) == ["INPROGRESS", state]
    assert "published insights-uploader." in done.stdout
    assert f"is {state}" in done.stdout


def test_a_build_has_the_numbers_of_the_tests(
    run: Run, sandbox: Sandbox, exchanges: Exchanges
) -> None:
    run("publish", PYTEST, "--build-status", **settings(sandbox))
    suite = ET.parse(PYTEST).getroot().find(".//testsuite")
    assert suite is not None
    total, failed, errors, skipped = (
        int(suite.get(name, "0")) for name in ("tests", "failures", "errors", "skipped")
    )
    body = posted(exchanges)[-1]
    assert body["testResults"] == {
        "successful": total - failed - errors - skipped,
        "failed": failed + errors,
        "skipped": skipped,
    }
    assert (body["key"], body["buildNumber"]) == ("widgets", "7")
    assert body["url"] == "https://ci.example.com/job/widgets/7/"


def test_a_run_that_breaks_off_ends_its_build(
    run: Run, sandbox: Sandbox, exchanges: Exchanges, tmp_path: Path
) -> None:
    arguments = (tmp_path / "gone.xml", "--on-bad-input", "abort", "--build-status")
    done = run("publish", *arguments, **settings(sandbox))
    assert done.returncode == 3
    assert states(exchanges) == ["INPROGRESS", "FAILED"]


def test_an_interrupted_run_ends_its_build(
    installed: Path, dotenv: Path, sandbox: Sandbox, exchanges: Exchanges
) -> None:
    sandbox.faults.add(Delay(30), method="PUT", times=None)
    with subprocess.Popen(
        [installed / "insights-uploader", "publish", BANDIT, "--build-status"],
        cwd=dotenv,
        env={"PATH": os.environ["PATH"], "HOME": str(dotenv), **settings(sandbox)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        while not any(request.method == "PUT" for request in sandbox.requests):
            assert process.poll() is None
            time.sleep(0.05)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)
    assert process.returncode == 130
    assert states(exchanges) == ["INPROGRESS", "CANCELLED"]


def test_none_spoils_another(
    run: Run, sandbox: Sandbox, exchanges: Exchanges, tmp_path: Path
) -> None:
    receipt = tmp_path / "receipt.json"
    sandbox.faults.add(Answer(401), method="PUT", times=None)
    arguments = (BANDIT, "--build-status", "--receipt", receipt)
    done = run("publish", *arguments, **settings(sandbox))
    assert done.returncode == 4
    assert states(exchanges) == ["INPROGRESS", "SUCCESSFUL"]
    told = {each["destination"]: each for each in json.loads(receipt.read_text())["destinations"]}
    assert told["build-status"]["error"] is None
    assert told["build-status"]["details"]["state"] == "SUCCESSFUL"
    assert "401" in told["code-insights"]["error"]


def test_what_is_optional_changes_no_exit_code(run: Run, sandbox: Sandbox) -> None:
    sandbox.faults.add(Answer(401), path=BUILD, times=None)
    arguments = (BANDIT, "--build-status")
    done = run("publish", *arguments, **settings(sandbox))
    assert done.returncode == 4
    assert "published insights-uploader.bandit: PASS" in done.stdout
    done = run("publish", *arguments, "--optional", "build-status", **settings(sandbox))
    assert done.returncode == 0
    assert "warning: build-status: " in done.stderr


def test_without_a_build_nothing_is_sent(run: Run, sandbox: Sandbox) -> None:
    """Nothing else is done before what is missing is known."""
    environ = settings(sandbox)
    for name in ("JENKINS_URL", "BUILD_URL", "BUILD_NUMBER", "JOB_NAME"):
        del environ[name]
    done = run("publish", BANDIT, "--build-status", **environ)
    assert done.returncode == 2
    assert "--build-url" in done.stderr
    assert sandbox.requests == []


def test_coverage_goes_to_the_app(run: Run, sandbox: Sandbox) -> None:
    done = run("publish", COVERAGE, "--to", "code-coverage", **settings(sandbox))
    assert done.returncode == 0, done.stderr
    [files] = sandbox.coverage.files.values()
    measured = {
        each.get("filename"): sum(1 for _ in each.iter("line"))
        for each in ET.parse(COVERAGE).iter("class")
    }
    lines = {
        path: sum(len(group.partition(":")[2].split(",")) for group in text.split(";"))
        for path, text in files.items()
    }
    assert len(lines) == len(measured)
    assert sum(lines.values()) == sum(measured.values())
    assert all(path.startswith("src/dotenv/") for path in lines)


def test_preview_shows_every_body(run: Run, sandbox: Sandbox) -> None:
    environ = settings(sandbox)
    for name in ("BITBUCKET_URL", "BITBUCKET_TOKEN"):
        del environ[name]
    arguments = ("--to", "code-insights", "--to", "build-status", "--to", "code-coverage")
    done = run("preview", COVERAGE, *arguments, "--format", "json", **environ)
    assert done.returncode == 0, done.stderr
    told = {each["destination"]: each for each in json.loads(done.stdout)["destinations"]}
    assert list(told) == ["build-status", "code-coverage"]
    [request] = told["build-status"]["requests"]
    assert request["method"] == "POST"
    assert request["address"].endswith("/builds")
    assert request["body"]["state"] == "SUCCESSFUL"
    done = run("preview", COVERAGE, *arguments, **environ)
    assert "POST /rest/code-coverage/1.0/commits/" in done.stdout
    assert sandbox.requests == []


def test_the_checkouts_settings_name_no_destination(
    run: Run, sandbox: Sandbox, exchanges: Exchanges, dotenv: Path, tmp_path: Path
) -> None:
    own = tmp_path / "own.toml"
    own.write_text('to = ["code-insights", "build-status"]\noptional = ["build-status"]\n')
    done = run("publish", BANDIT, "--config", own, **settings(sandbox))
    assert done.returncode == 0, done.stderr
    assert states(exchanges) == ["INPROGRESS", "SUCCESSFUL"]
    copy = tmp_path / "copy"
    subprocess.run(["cp", "-r", dotenv, copy], check=True)
    (copy / "insights-uploader.toml").write_text('to = ["code-insights"]\n')
    done = run("publish", BANDIT, cwd=copy, **settings(sandbox))
    assert done.returncode == 2
    assert "insights-uploader.toml" in done.stderr
