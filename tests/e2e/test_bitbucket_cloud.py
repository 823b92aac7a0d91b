"""Whole runs of the installed program to Bitbucket Cloud: logins, reports, statuses, a step's proxy."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
import repository
from fixture_records import BANDIT, PYTEST, RUFF
from program import Run

from insights_uploader.sandbox.cloud_settings import CloudSettings
from insights_uploader.sandbox.faults import Answer
from insights_uploader.sandbox.server import Sandbox
from insights_uploader.sandbox.settings import PullRequest

THERE = CloudSettings()
CLEAN = RUFF.parent.parent / "ruff-clean-python-dotenv/ruff.sarif"
API_TOKEN = {"BITBUCKET_USERNAME": THERE.email, "BITBUCKET_TOKEN": THERE.api_token}
CONSUMER = {
    "BITBUCKET_CLIENT_ID": THERE.client_id,
    "BITBUCKET_CLIENT_SECRET": THERE.client_secret,
}
STEP = {
    "BITBUCKET_PIPELINE_UUID": "{3f5b4b4c-6f0e-4b3a-9f26-5a3cf5a3b2f1}",
    "BITBUCKET_WORKSPACE": THERE.workspace,
    "BITBUCKET_REPO_SLUG": "repo",
    "BITBUCKET_REPO_FULL_NAME": f"{THERE.workspace}/repo",
    "BITBUCKET_BUILD_NUMBER": "7",
}
SECRETS = (THERE.api_token, THERE.access_token, THERE.client_secret)
PAGE = "https://ci.example.com/job/7"


@pytest.fixture
def head(dotenv: Path) -> str:
    return repository.git(dotenv, "rev-parse", "HEAD").strip()


def there(sandbox: Sandbox, login: dict[str, str] = API_TOKEN) -> dict[str, str]:
    return {
        "BITBUCKET_URL": f"{sandbox.url}/2.0",
        "BITBUCKET_PROJECT": THERE.workspace,
        "BITBUCKET_REPOSITORY": "repo",
        **login,
    }


@pytest.mark.parametrize(
    "login",
    [API_TOKEN, {"BITBUCKET_TOKEN": THERE.access_token}, CONSUMER],
    ids=["API token", "access token", "OAuth consumer"],
)
def test_each_login_publishes_what_is_previewed(
    run: Run, sandbox: Sandbox, head: str, login: dict[str, str]
) -> None:
    arguments = [BANDIT, PYTEST, "--base", "main"]
    plan = json.loads(
        run("preview", *arguments, "--format", "json", **there(sandbox, login)).stdout
    )
    done = run("publish", *arguments, **there(sandbox, login))
    assert done.returncode == 1, done.stderr  # pytest's failures
    assert not any(secret in done.stdout + done.stderr for secret in SECRETS)
    assert {report["key"] for report in plan["reports"]} == {*sandbox.cloud.insights.reports(head)}
    for planned in plan["reports"]:
        stored = sandbox.cloud.insights.report(head, planned["key"])
        assert stored is not None
        sent = {**planned["body"], "data": stored.body["data"]}
        assert sent == {name: stored.body.get(name) for name in sent}
        for annotation in planned["annotations"]:
            held = stored.annotations[annotation["external_id"]]
            assert annotation == {name: held.get(name) for name in annotation}
        assert len(stored.annotations) == len(planned["annotations"])
    types = {r["key"]: r["body"]["report_type"] for r in plan["reports"]}
    assert types == {"insights-uploader.bandit": "SECURITY", "insights-uploader.junit": "TEST"}
    assert not any("/rest/" in request.path for request in sandbox.requests)


def test_an_older_report_is_replaced_and_the_same_one_is_left(
    run: Run, sandbox: Sandbox, head: str
) -> None:
    failing = run("publish", RUFF, "--base", "main", **there(sandbox))
    assert failing.returncode == 1, failing.stderr
    old = sandbox.cloud.insights.report(head, "insights-uploader.ruff")
    assert old
    assert old.body["result"] == "FAILED"
    assert old.annotations
    begun = len(sandbox.requests)
    passing = run("publish", CLEAN, "--base", "main", **there(sandbox))
    assert passing.returncode == 0, passing.stderr
    new = sandbox.cloud.insights.report(head, "insights-uploader.ruff")
    assert new
    assert (new.body["result"], new.annotations) == ("PASSED", {})
    assert "DELETE" in [request.method for request in sandbox.requests[begun:]]
    begun = len(sandbox.requests)
    same = run("publish", CLEAN, "--base", "main", **there(sandbox))
    assert "unchanged insights-uploader.ruff: PASS" in same.stdout
    assert {request.method for request in sandbox.requests[begun:]} == {"GET"}


def test_a_run_that_dies_before_its_annotations_leaves_a_pending_report(
    run: Run, sandbox: Sandbox, head: str
) -> None:
    sandbox.faults.add(Answer(502, "<html/>"), path="/annotations", times=None)
    done = run("publish", BANDIT, "--base", "main", "--tries", "1", **there(sandbox))
    assert done.returncode == 5
    assert "is not finished" in done.stderr
    stored = sandbox.cloud.insights.report(head, "insights-uploader.bandit")
    assert stored
    assert stored.body["result"] == "PENDING"


def test_a_run_that_was_planned_before_the_one_that_is_there_stops(
    run: Run, sandbox: Sandbox, head: str
) -> None:
    assert run("publish", CLEAN, "--base", "main", **there(sandbox)).returncode == 0
    stored = sandbox.cloud.insights.report(head, "insights-uploader.ruff")
    assert stored
    [made] = [each for each in stored.body["data"] if each["title"] == "Results of"]
    made["value"] += 3_600_000
    done = run("publish", RUFF, "--base", "main", **there(sandbox))
    assert "superseded" in done.stderr or "made 3" in done.stderr
    assert sandbox.cloud.insights.report(head, "insights-uploader.ruff") is stored


def test_a_build_status_tells_of_the_run(run: Run, sandbox: Sandbox, head: str) -> None:
    build = ("--build-status", "--build-key", "main-build", "--build-url", PAGE)
    done = run("publish", CLEAN, "--base", "main", *build, **there(sandbox))
    assert done.returncode == 0, done.stderr
    status = sandbox.cloud.statuses.status(head, "main-build")
    assert status
    assert (status.body["state"], status.body["url"]) == ("SUCCESSFUL", PAGE)
    posts = [r for r in sandbox.requests if r.path.endswith("/statuses/build")]
    assert len(posts) == 2  # in progress, then how it ended


def test_the_diff_is_the_pull_requests(run: Run, sandbox: Sandbox, dotenv: Path) -> None:
    branch = repository.git(dotenv, "rev-parse", "--abbrev-ref", "HEAD").strip()
    sandbox.open(PullRequest(3, branch, "main"))
    by_server = run("preview", BANDIT, "--pull-request", "3", "--format", "json", **there(sandbox))
    assert by_server.returncode == 0, by_server.stderr
    by_git = run("preview", BANDIT, "--base", "main", "--format", "json", **there(sandbox))
    mine, theirs = json.loads(by_git.stdout), json.loads(by_server.stdout)
    assert theirs["diff"]["source"] == "pull request 3"
    assert theirs["diff"]["lines"] == mine["diff"]["lines"] > 0
    assert [r["annotations"] for r in theirs["reports"]] == [
        r["annotations"] for r in mine["reports"]
    ]


def test_what_is_of_data_center_alone_never_goes_there(run: Run, sandbox: Sandbox) -> None:
    for command in (["required-builds", "list"], ["build", "stats"], ["build", "list"]):
        done = run(*command, **there(sandbox))
        assert done.returncode == 2
        assert "Bitbucket Cloud" in done.stderr
    assert sandbox.requests == []


def test_a_step_that_names_another_server_tells_it_nothing_of_cloud(
    run: Run, sandbox: Sandbox
) -> None:
    elsewhere = {"BITBUCKET_URL": sandbox.url, "BITBUCKET_TOKEN": "t0ken"}
    done = run("publish", CLEAN, "--base", "main", **elsewhere, **STEP, BITBUCKET_PR_ID="3")
    assert done.returncode == 2
    assert "--project is missing" in done.stderr
    assert sandbox.requests == []


def test_without_a_login_it_says_which_there_are(run: Run, sandbox: Sandbox) -> None:
    done = run("publish", CLEAN, "--base", "main", **there(sandbox, {}))
    assert done.returncode == 2
    assert "BITBUCKET_CLIENT_ID" in done.stderr


@pytest.fixture
def step_proxy(sandbox: Sandbox, tmp_path: Path) -> Iterator[None]:
    """What a step of Pipelines has at port 29418, for as long as a test needs it."""
    (tmp_path / "to_sandbox.py").write_text(
        "import os\n"
        "from urllib.parse import urlsplit\n"
        "from proxy.http.proxy import HttpProxyBasePlugin\n"
        "class ToSandbox(HttpProxyBasePlugin):\n"
        "    def before_upstream_connection(self, request):\n"
        "        if request.host == b'api.bitbucket.org':\n"
        "            there = urlsplit(os.environ['SANDBOX'])\n"
        "            request.set_url(b'http://' + there.netloc.encode() + (request.path or b'/'))\n"
        "        return request\n"
    )
    command = [sys.executable, "-m", "proxy", "--hostname", "127.0.0.1", "--port", "29418"]
    command += ["--plugins", "to_sandbox.ToSandbox", "--num-workers", "1"]
    command += ["--num-acceptors", "1", "--log-level", "ERROR"]
    environ = {**os.environ, "PYTHONPATH": str(tmp_path), "SANDBOX": sandbox.url}
    with subprocess.Popen(command, cwd=tmp_path, env=environ, stdout=subprocess.DEVNULL) as process:
        try:
            for _ in range(200):
                with suppress(OSError):
                    socket.create_connection(("127.0.0.1", 29418)).close()
                    break
                time.sleep(0.05)
            assert process.poll() is None, "the port is taken"
            yield
        finally:
            process.terminate()


@pytest.mark.usefixtures("step_proxy")
def test_a_step_of_pipelines_needs_no_login_and_no_settings(
    run: Run, sandbox: Sandbox, head: str
) -> None:
    done = run("publish", BANDIT, "--base", "main", "--build-status", **STEP)
    assert done.returncode == 0, done.stderr
    stored = sandbox.cloud.insights.report(head, "insights-uploader.bandit")
    assert stored
    assert stored.body["result"] == "PASSED"
    assert stored.body["link"].startswith("https://bitbucket.org/acme/repo/")
    assert not any("authorization" in request.headers for request in sandbox.requests)
    assert {request.headers["host"] for request in sandbox.requests} == {"api.bitbucket.org"}


def test_report_shows_and_changes_what_is_there(run: Run, sandbox: Sandbox, head: str) -> None:
    where = there(sandbox)
    assert run("publish", BANDIT, "--base", "main", **where).returncode == 0
    key = "insights-uploader.bandit"
    assert f"{key}  PASSED" in run("report", "list", **where).stdout
    shown = json.loads(run("report", "show", key, "--json", **where).stdout)
    assert (shown["external_id"], shown["report_type"]) == (key, "SECURITY")
    place = ("--path", "src/dotenv/main.py", "--line", "3")
    words = ("--message", "Look here\nand there", "--severity", "low")
    noted = run("report", "annotate", key, *words, *place, "--json", **where)
    assert noted.returncode == 0, noted.stderr
    body = json.loads(noted.stdout)
    stored = sandbox.cloud.insights.report(head, key)
    assert stored
    assert stored.annotations[body["external_id"]]["details"] == "Look here\nand there"
    found = run("report", "annotations", "--severity", "low", "--json", **where)
    assert body["external_id"] in {a["external_id"] for a in json.loads(found.stdout)}
    named = run("report", "annotations", "--external-id", body["external_id"], **where)
    assert "src/dotenv/main.py:3  LOW CODE_SMELL  Look here" in named.stdout
    assert sandbox.requests[-1].path.endswith(f"/annotations/{body['external_id']}")
    gone = run("report", "delete-annotations", key, body["external_id"], **where)
    assert gone.returncode == 0, gone.stderr
    assert body["external_id"] not in stored.annotations
    assert run("report", "delete", key, **where).returncode == 0
    assert sandbox.cloud.insights.report(head, key) is None


def test_build_says_how_far_a_build_is(run: Run, sandbox: Sandbox, head: str) -> None:
    where = there(sandbox)
    given = (
        "--key",
        "widgets",
        "--build-url",
        PAGE,
        "--ref",
        "refs/heads/main",
        "--tests-passed",
        "3",
    )
    done = run("build", "set", "CANCELLED", *given, **where)
    assert done.returncode == 0, done.stderr
    assert "no place for the build's tests" in done.stderr
    status = sandbox.cloud.statuses.status(head, "widgets")
    assert status
    assert (status.body["state"], status.body["refname"]) == ("STOPPED", "main")
    read = json.loads(run("build", "get", "widgets", "--json", **where).stdout)
    assert (read["state"], read["url"]) == ("STOPPED", PAGE)
    assert run("build", "get", "absent", **where).returncode != 0
    assert run("build", "set", "UNKNOWN", *given, **where).returncode == 2


def test_doctor_asks_cloud_and_changes_nothing(run: Run, sandbox: Sandbox) -> None:
    where = there(sandbox)
    well = run("doctor", "--base", "main", **where)
    assert "passed       reports: the commit has 0 reports" in well.stdout
    assert "failed" not in well.stdout
    ill = run("doctor", "--base", "main", **{**where, "BITBUCKET_TOKEN": "wrong"})
    assert ill.returncode == 4
    assert "failed       token:" in ill.stdout
    assert {request.method for request in sandbox.requests} == {"GET"}
