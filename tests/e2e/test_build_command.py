"""The build statuses of a commit, from the command line."""

import json
from pathlib import Path
from typing import Any

import pytest
import repository
from program import TOKEN, Run, settings

from insights_uploader.sandbox.faults import Answer
from insights_uploader.sandbox.server import Sandbox
from insights_uploader.sandbox.settings import Permission, User

PAGE = "https://ci.example.com/widgets/12"
ADMINISTERED: dict[str, Any] = {"users": (User("ada", "", Permission.ADMIN, ("ada-token",)),)}
OLD: dict[str, Any] = {"build_capabilities": None}
JSON = {"content-type": "application/json"}
JENKINS = {
    "JENKINS_URL": "https://jenkins.example.com/",
    "JOB_NAME": "widgets/main",
    "BRANCH_NAME": "main",
    "BUILD_URL": "https://jenkins.example.com/job/widgets/job/main/12/",
    "BUILD_NUMBER": "12",
}
JUNIT = """<testsuite name="s" tests="5">
  <testcase classname="c" name="a"/><testcase classname="c" name="b"/>
  <testcase classname="c" name="f"><failure message="no"/></testcase>
  <testcase classname="c" name="e"><error message="oh"/></testcase>
  <testcase classname="c" name="s"><skipped/></testcase>
</testsuite>
"""


@pytest.fixture
def head(dotenv: Path) -> str:
    return repository.git(dotenv, "rev-parse", "HEAD").strip()


def body(sandbox: Sandbox, commit: str) -> dict[str, Any]:
    [build] = sandbox.builds.latest(commit)
    return dict(build.body)


def test_a_build_is_set_with_all_that_it_has_shown_and_listed(
    run: Run, sandbox: Sandbox, head: str, tmp_path: Path
) -> None:
    (tmp_path / "a.xml").write_text(JUNIT)
    done = run(
        *("build", "set", "failed", "--key", "widgets", "--name", "Widgets", "--build-url", PAGE),
        *("--build-number", "12", "--parent", "plan", "--ref", "refs/heads/main"),
        *("--duration", "93.5", "--description", "No.", "--tests", f"{tmp_path}/*.xml"),
        **settings(sandbox),
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"commit {head} of PRJ/repo: widgets  FAILED  Widgets  {PAGE}\n"
    assert body(sandbox, head) == {
        "key": "widgets",
        "state": "FAILED",
        "url": PAGE,
        "name": "Widgets",
        "description": "No.",
        "buildNumber": "12",
        "parent": "plan",
        "ref": "refs/heads/main",
        "duration": 93_500,
        "testResults": {"successful": 2, "failed": 2, "skipped": 1},
    }
    shown = run("build", "get", "widgets", **settings(sandbox))
    assert "  tests: 2 passed, 2 failed, 1 skipped\n" in shown.stdout
    assert "  duration: 0:01:33.5\n" in shown.stdout
    as_json = json.loads(run("build", "get", "widgets", "--json", **settings(sandbox)).stdout)
    assert (as_json["parent"], as_json["projectKey"]) == ("plan", "PRJ")
    listed = run("build", "list", **settings(sandbox))
    assert listed.stdout == f"commit {head}:\nwidgets  FAILED  Widgets  {PAGE}\n"
    [item] = json.loads(run("build", "list", "--json", **settings(sandbox)).stdout)
    assert (item["key"], item["state"]) == ("widgets", "FAILED")


def test_the_ci_says_which_build_it_is(run: Run, sandbox: Sandbox, head: str) -> None:
    done = run("build", "set", "InProgress", "--commit", head, **settings(sandbox), **JENKINS)
    assert done.returncode == 0, done.stderr
    sent = body(sandbox, head)
    assert sent["key"] == sent["name"] == "widgets/main"
    assert sent["parent"] == "widgets"
    assert (sent["url"], sent["buildNumber"]) == (JENKINS["BUILD_URL"], "12")
    assert (sent["state"], sent["ref"]) == ("INPROGRESS", "refs/heads/main")


def test_numbers_of_tests_can_be_said(run: Run, sandbox: Sandbox, head: str) -> None:
    numbers = ("--tests-passed", "7", "--tests-failed", "1")
    options = ("--key", "k", "--build-url", PAGE, *numbers, "--json")
    done = run("build", "set", "FAILED", *options, **settings(sandbox))
    told = json.loads(done.stdout)
    assert told["sent"]["testResults"] == {"successful": 7, "failed": 1, "skipped": 0}
    assert (told["api"], told["commit"], told["stored"]["state"]) == ("rich", head, "FAILED")
    both = run("build", "set", "FAILED", *options, "--tests", "x.xml", **settings(sandbox))
    assert (both.returncode, "--tests counts" in both.stderr) == (2, True)


def test_the_legacy_api_by_request(run: Run, sandbox: Sandbox, head: str) -> None:
    options = ("--key", "k", "--build-url", PAGE, "--legacy")
    done = run("build", "set", "CANCELLED", *options, **settings(sandbox))
    assert done.returncode == 0, done.stderr
    assert "posted as FAILED" in done.stderr
    assert body(sandbox, head) == {
        "key": "k",
        "state": "FAILED",
        "url": PAGE,
        "name": "k",
        "description": "Cancelled.",
    }
    shown = run("build", "get", "k", "--legacy", "--json", **settings(sandbox))
    assert json.loads(shown.stdout)["state"] == "FAILED"
    assert {each.path.split("/")[2] for each in sandbox.requests} == {"build-status"}
    unknown = run("build", "set", "UNKNOWN", *options, **settings(sandbox))
    assert (unknown.returncode, "UNKNOWN" in unknown.stderr) == (2, True)


@pytest.mark.parametrize("sandbox", [OLD], indirect=True, ids=["old"])
def test_an_old_server_gets_what_it_knows(run: Run, sandbox: Sandbox, head: str) -> None:
    options = ("--key", "k", "--build-url", PAGE, "--tests-passed", "7")
    done = run("build", "set", "SUCCESSFUL", *options, **settings(sandbox))
    assert done.returncode == 0, done.stderr
    assert "only the legacy API" in done.stderr
    assert "testResults" not in body(sandbox, head)
    assert run("build", "get", "k", **settings(sandbox)).stdout.startswith("k  SUCCESSFUL")
    refused = run("build", "delete", "k", **settings(sandbox))
    assert (refused.returncode, "cannot delete" in refused.stderr) == (2, True)


@pytest.mark.parametrize("sandbox", [ADMINISTERED], indirect=True, ids=["admin"])
def test_a_build_is_deleted_by_an_administrator(run: Run, sandbox: Sandbox, head: str) -> None:
    run("build", "set", "FAILED", "--key", "k", "--build-url", PAGE, **settings(sandbox))
    reader = run("build", "delete", "k", **settings(sandbox))
    assert (reader.returncode, "may not do this (401)" in reader.stderr) == (4, True)
    assert "administration" in reader.stderr
    admin = settings(sandbox, BITBUCKET_TOKEN="ada-token")
    done = run("build", "delete", "k", **admin)
    assert done.stdout == f"deleted from commit {head} of PRJ/repo: k  FAILED  k  {PAGE}\n"
    assert sandbox.builds.latest(head) == []
    again = run("build", "delete", "k", **admin)
    assert (again.returncode, "has no build k" in again.stderr) == (4, True)
    assert run("build", "get", "k", **admin).returncode == 4


def test_builds_are_counted(run: Run, sandbox: Sandbox, head: str, dotenv: Path) -> None:
    base = repository.git(dotenv, "rev-parse", "main").strip()
    for key, state in (("a", "FAILED"), ("b", "SUCCESSFUL"), ("c", "SUCCESSFUL")):
        page = {"key": key, "state": state, "url": PAGE}
        sandbox.builds.put(head, page, is_of_repository=True, now_ms=1)
    counted = "2 successful, 1 failed, 0 in progress, 0 cancelled, 0 unknown"
    assert run("build", "stats", **settings(sandbox)).stdout == f"{head}  {counted}\n"
    unique = run("build", "stats", "HEAD", "--include-unique", "--json", **settings(sandbox))
    assert json.loads(unique.stdout)["result"]["key"] == "a"
    many = run("build", "stats", "HEAD", "main", **settings(sandbox))
    assert many.stdout == f"{head}  {counted}\n{base}  no builds\n"
    as_json = run("build", "stats", head, base, "--json", **settings(sandbox))
    assert json.loads(as_json.stdout) == {
        head: {"successful": 2, "inProgress": 0, "failed": 1, "cancelled": 0, "unknown": 0}
    }
    both = run("build", "stats", head, base, "--include-unique", **settings(sandbox))
    assert both.returncode == 2


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ((), "page is not known"),
        (("--build-url", "ci.example.com"), "no http or https address"),
        (("--build-url", f"https://ci.example.com/{'x' * 450}"), "450 characters"),
        (("--build-url", PAGE, "--key", " "), "key is empty"),
        (("--build-url", PAGE, "--ref", "main"), "begin with refs/"),
        (("--build-url", PAGE, "--parent", "p" * 1025), "1024 characters"),
    ],
    ids=["no-page", "no-address", "long", "no-key", "no-ref", "long-parent"],
)
def test_what_the_server_would_refuse_is_not_sent(
    run: Run, sandbox: Sandbox, options: tuple[str, ...], words: str
) -> None:
    done = run("build", "set", "SUCCESSFUL", *options, **settings(sandbox))
    assert (done.returncode, words in done.stderr) == (2, True), done.stderr
    assert "Nothing was sent." in done.stderr
    assert sandbox.requests == []


def test_a_token_is_not_shown_though_the_server_says_it(run: Run, sandbox: Sandbox) -> None:
    said = (
        f'{{"errors":[{{"context":null,"message":"bad {TOKEN}\\u001b[2J","exceptionName":null}}]}}'
    )
    sandbox.faults.add(Answer(400, said.encode(), JSON), method="POST")
    done = run("build", "set", "FAILED", "--build-url", PAGE, **settings(sandbox))
    assert (done.returncode, "The server says: bad" in done.stderr) == (4, True)
    assert TOKEN not in done.stdout + done.stderr
    assert "\x1b" not in done.stderr


@pytest.mark.parametrize("how", [(), ("--json",)])
def test_a_token_that_the_server_holds_is_not_shown(
    run: Run, sandbox: Sandbox, head: str, how: tuple[str, ...]
) -> None:
    told = ("--key", "k", "--build-url", PAGE, "--description", f"with {TOKEN}!")
    assert run("build", "set", "FAILED", *told, **settings(sandbox)).returncode == 0
    assert TOKEN in body(sandbox, head)["description"]
    done = run("build", "get", "k", *how, **settings(sandbox))
    assert (done.returncode, TOKEN in done.stdout) == (0, False), done.stderr
    assert "with ***!" in done.stdout
