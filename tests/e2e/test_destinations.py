"""One run, many destinations: each gets the outcome by itself."""

import json
import os
import re
import signal
import subprocess
import time
import xml.etree.ElementTree as ET
from collections.abc import Hashable, Mapping, Sequence
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from fixture_records import BANDIT, FIXTURES, PYTEST, ROOT
from jira import environment
from program import TOKEN, Run

from insights_uploader.sandbox.cloud_settings import CloudSettings
from insights_uploader.sandbox.faults import Answer, Delay, Edit
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
    sandbox.faults.add(Answer(500), method="PUT", times=None)
    arguments = (BANDIT, "--build-status", "--receipt", receipt)
    done = run("publish", *arguments, **settings(sandbox))
    assert done.returncode == 4
    assert states(exchanges) == ["INPROGRESS", "SUCCESSFUL"]
    told = {each["destination"]: each for each in json.loads(receipt.read_text())["destinations"]}
    assert told["build-status"]["error"] is None
    assert told["build-status"]["details"]["state"] == "SUCCESSFUL"
    assert "500" in told["code-insights"]["error"]


def test_what_is_optional_changes_no_exit_code(run: Run, sandbox: Sandbox) -> None:
    sandbox.faults.add(Answer(404), path=BUILD, times=None)
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


def test_a_slow_destination_uses_up_no_others_time(
    run: Run, sandbox: Sandbox, exchanges: Exchanges
) -> None:
    sandbox.faults.add(Delay(30), method="PUT", times=None)
    done = run("publish", BANDIT, "--build-status", "--deadline", "2", **settings(sandbox))
    assert done.returncode == 4
    assert states(exchanges) == ["INPROGRESS", "SUCCESSFUL"]


def test_a_refused_login_is_used_no_more(run: Run, sandbox: Sandbox, tmp_path: Path) -> None:
    """A server locks an account that is refused too often."""
    receipt = tmp_path / "receipt.json"
    sandbox.faults.add(Answer(401), times=None)
    arguments = ("--build-status", "--receipt", receipt, "--to", "code-coverage")
    done = run("publish", BANDIT, *arguments, **settings(sandbox))
    assert done.returncode == 4
    assert len(sandbox.requests) == 1
    told = {each["destination"]: each for each in json.loads(receipt.read_text())["destinations"]}
    assert "(401)" in told["build-status"]["error"]
    for name in ("code-insights", "code-coverage"):
        assert told[name]["error"] == "not tried: the login was refused"
        assert f"error: {name}: not tried: the login was refused" in done.stderr
    assert done.stderr.count("(401)") == 1


def test_a_login_that_was_refused_at_the_look_up_is_used_no_more(
    run: Run, sandbox: Sandbox
) -> None:
    sandbox.faults.add(Answer(401), times=None)
    pull = {"CHANGE_ID": "1", "CHANGE_BRANCH": "feature", "CHANGE_TARGET": "main"}
    done = run("publish", BANDIT, "--build-status", **settings(sandbox, **pull))
    assert done.returncode == 4
    assert [request.method for request in sandbox.requests] == ["GET"]
    assert "the token is not accepted (401)" in done.stdout + done.stderr


@pytest.mark.parametrize("applied", [False, True])
def test_an_end_that_may_be_there_is_repeated_and_never_another(
    run: Run, sandbox: Sandbox, exchanges: Exchanges, applied: bool
) -> None:
    """An end whose answer is lost may be stored, so nothing else may follow it."""
    sandbox.faults.add(Answer(500, applied=applied), method="POST", path=BUILD, after=1)
    done = run("publish", BANDIT, "--build-status", **settings(sandbox))
    assert done.returncode == 0, done.stderr
    assert states(exchanges) == ["INPROGRESS", "SUCCESSFUL", "SUCCESSFUL"]
    assert "is SUCCESSFUL" in done.stdout


def test_a_build_that_cannot_be_ended_is_named(run: Run, sandbox: Sandbox) -> None:
    sandbox.faults.add(Answer(500), method="POST", path=BUILD, after=1, times=None)
    arguments = ("--build-status", "--optional", "build-status")
    done = run("publish", BANDIT, *arguments, **settings(sandbox))
    assert done.returncode == 0
    posts = [each for each in sandbox.requests if each.path.endswith("/builds")]
    assert [each.method for each in posts].count("POST") == 3
    [line] = [each for each in done.stderr.splitlines() if "build-status" in each]
    assert line.startswith("warning: build-status: ")
    assert line.endswith("The build may be left in progress there.")


def test_an_optional_destination_may_lack_its_settings(
    run: Run, sandbox: Sandbox, exchanges: Exchanges, tmp_path: Path
) -> None:
    """As on the build of a fork, which is given no secrets."""
    receipt = tmp_path / "receipt.json"
    arguments = ("--build-status", "--receipt", receipt)
    environ = settings(sandbox)
    for name in ("JENKINS_URL", "BUILD_URL", "BUILD_NUMBER", "JOB_NAME"):
        del environ[name]
    done = run("publish", BANDIT, *arguments, **environ)
    assert done.returncode == 2
    assert done.stderr.startswith("error: build-status: ")
    done = run("publish", BANDIT, *arguments, "--optional", "build-status", **environ)
    assert done.returncode == 0, done.stderr
    assert "warning: build-status: the address of the build's page" in done.stderr
    assert "published insights-uploader.bandit" in done.stdout
    told = {each["destination"]: each for each in json.loads(receipt.read_text())["destinations"]}
    assert "build's page" in told["build-status"]["error"]
    assert told["code-insights"]["error"] is None
    assert states(exchanges) == []


def test_a_run_that_breaks_off_at_its_beginning_ends_its_build(
    run: Run, sandbox: Sandbox, exchanges: Exchanges
) -> None:
    done = run("publish", BANDIT, "--build-status", "--base", "gone", **settings(sandbox))
    assert done.returncode == 3
    assert states(exchanges) == ["FAILED"]
    assert posted(exchanges)[0]["description"].startswith("The run broke off: ")


def test_the_checkouts_key_names_no_build(
    run: Run, sandbox: Sandbox, exchanges: Exchanges, dotenv: Path, tmp_path: Path
) -> None:
    """Its author could claim the build that a merge check asks for."""
    copy = tmp_path / "copy"
    subprocess.run(["cp", "-r", dotenv, copy], check=True)
    (copy / "insights-uploader.toml").write_text('key = "nightly"\n')
    environ = settings(sandbox, INSIGHTS_UPLOADER_BUILD_URL="https://ci.example.com/7")
    for name in ("JENKINS_URL", "BUILD_URL", "BUILD_NUMBER", "JOB_NAME"):
        del environ[name]
    done = run("publish", BANDIT, "--build-status", cwd=copy, **environ)
    assert done.returncode == 0, done.stderr
    assert {body["key"] for body in posted(exchanges)} == {"insights-uploader"}
    assert {body["parent"] for body in posted(exchanges)} == {"insights-uploader"}
    done = run("publish", BANDIT, "--build-status", "--key", "mine", cwd=copy, **environ)
    assert posted(exchanges)[-1]["key"] == "mine"


def test_an_interrupted_run_does_not_wait_for_a_server_that_hangs(
    installed: Path, dotenv: Path, sandbox: Sandbox
) -> None:
    """A CI that ends a job waits a few seconds before it kills it."""
    sandbox.faults.add(Delay(60), method="PUT", times=None)
    sandbox.faults.add(Delay(60), method="POST", path=BUILD, after=1, times=None)
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
        start = time.monotonic()
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=30)
    assert process.returncode == 130
    assert time.monotonic() - start < 9
    assert "warning: build-status: " in errors


OVERTAKEN = Edit(
    lambda body: re.sub(rb'"createdDate":\s*\d+', b'"createdDate":9999999999999', body)
)


@pytest.mark.parametrize("code", [5, 1])
def test_a_run_that_is_overtaken_posts_no_green_end(
    run: Run, sandbox: Sandbox, exchanges: Exchanges, code: int
) -> None:
    sandbox.faults.add(OVERTAKEN, method="GET", path="/reports/", times=None)
    results = BANDIT if code == 5 else PYTEST
    done = run("publish", results, "--build-status", **settings(sandbox))
    assert done.returncode == code
    assert states(exchanges) == ["INPROGRESS", "CANCELLED"]
    words = "build-status: not sent: another run has taken over this commit"
    assert f"error: {words}" in done.stderr


@pytest.mark.parametrize("overtaken", [True, False])
def test_the_build_of_another_run_stays(
    run: Run, sandbox: Sandbox, exchanges: Exchanges, overtaken: bool
) -> None:
    newer = Edit(lambda body: body.replace(b"/job/widgets/7/", b"/job/widgets/8/"))
    sandbox.faults.add(newer, method="GET", path="/builds", after=1, times=None)
    if overtaken:
        sandbox.faults.add(OVERTAKEN, method="GET", path="/reports/", times=None)
    done = run("publish", BANDIT, "--build-status", **settings(sandbox))
    assert done.returncode == 5
    assert states(exchanges) == ["INPROGRESS"]
    assert "error: build-status: not sent: another run has" in done.stderr


def test_a_failed_build_of_the_same_number_is_not_made_green(
    run: Run, sandbox: Sandbox, exchanges: Exchanges
) -> None:
    failed = Edit(lambda body: body.replace(b'"INPROGRESS"', b'"FAILED"'))
    sandbox.faults.add(failed, method="GET", path="/builds", after=1)
    done = run("publish", BANDIT, "--build-status", **settings(sandbox))
    assert done.returncode == 5
    assert states(exchanges) == ["INPROGRESS"]


def test_a_number_that_jira_lacks_ends_the_run_before_anything_is_sent(
    run: Run, sandbox: Sandbox
) -> None:
    environ = settings(sandbox, BRANCH_NAME="feature/DEMO-7", **environment(sandbox))
    del environ["BUILD_NUMBER"]
    done = run("publish", BANDIT, "--build-status", "--to", "jira-builds", **environ)
    assert done.returncode == 2
    assert done.stderr.startswith("error: jira-builds: ")
    assert "--build-number" in done.stderr
    assert sandbox.requests == []


def test_a_receipt_of_cloud_has_the_gates_words(run: Run, sandbox: Sandbox, tmp_path: Path) -> None:
    there, receipt = CloudSettings(), tmp_path / "receipt.json"
    environ = {
        "BITBUCKET_URL": f"{sandbox.url}/2.0",
        "BITBUCKET_PROJECT": there.workspace,
        "BITBUCKET_REPOSITORY": "repo",
        "BITBUCKET_TOKEN": there.access_token,
        "INSIGHTS_UPLOADER_BASE": "main",
    }
    done = run("publish", BANDIT, PYTEST, "--receipt", receipt, **environ)
    assert done.returncode == 1, done.stderr
    told = json.loads(receipt.read_text())
    schema = json.loads((ROOT / "docs/receipt.schema.json").read_text())
    jsonschema.Draft202012Validator(schema).validate(told)
    assert sorted(each["result"] for each in told["reports"]) == ["FAIL", "PASS"]


def test_a_receipt_repeats_no_secret(run: Run, sandbox: Sandbox, tmp_path: Path) -> None:
    """A server may say it where it should say something else, and results may hold it."""
    receipt, secret = tmp_path / "receipt.json", "s3cr3t-of-the-run"
    results = tmp_path / "report.json"
    results.write_text(BANDIT.read_text().replace("src/dotenv/", f"src/{secret}/"))
    environ = settings(sandbox, BITBUCKET_TOKEN=secret)
    arguments = (results, "--receipt", receipt, "--on-upload-error", "warn")
    run("publish", *arguments, **environ)
    text = receipt.read_text()
    assert '"***' in text or "/***/" in text
    assert secret not in text
