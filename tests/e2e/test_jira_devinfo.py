"""Development information on a Jira site from the command line, with the installed program."""

import json
import os
import re
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fixture_records import BANDIT
from jira import CONNECT, OAUTH, SECRETS, environment
from program import TOKEN, Run

from insights_uploader.sandbox.cloud_settings import CloudSettings
from insights_uploader.sandbox.contract import document
from insights_uploader.sandbox.faults import Answer
from insights_uploader.sandbox.jira_settings import JiraSettings
from insights_uploader.sandbox.server import Sandbox, serve
from insights_uploader.sandbox.settings import AccessToken, PullRequest, SandboxSettings

DEVINFO = ("jira", "devinfo")
SUBMIT = (*DEVINFO, "submit", "--base=main")
BRANCH = "feature/DEMO-7-login"


def git(folder: Path, *arguments: str) -> str:
    who = {
        f"GIT_{each}_{what}": value
        for each in ("AUTHOR", "COMMITTER")
        for what, value in (
            ("NAME", "Ada"),
            ("EMAIL", "ada@example.com"),
            ("DATE", "1700000000 +0100"),
        )
    }
    environ = {"PATH": os.environ["PATH"], "HOME": os.devnull, **who}
    command = ["git", "-C", str(folder), *arguments]
    return subprocess.run(command, check=True, env=environ, stdout=subprocess.PIPE).stdout.decode()


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout with a branch of three commits: a change, one without issue, and a merge."""
    folder = tmp_path_factory.mktemp("history")
    git(folder, "init", "-q", "-b", "main")
    (folder / "old name.py").write_text("".join(f"line {n}\n" for n in range(40)))
    (folder / "gone.py").write_text("gone\n")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "DEMO-1 is of main")
    git(folder, "checkout", "-q", "-b", BRANCH)
    git(folder, "mv", "old name.py", "new name.py")
    with (folder / "new name.py").open("a") as file:
        file.write("one more\n")
    (folder / "gone.py").unlink()
    for number in range(11):
        (folder / f"z{number:02}.bin").write_bytes(b"\0\1")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "DEMO-8: read UTF-8\n\nall of it")
    git(folder, "commit", "-q", "--allow-empty", "-m", "no issue")
    git(folder, "checkout", "-q", "main")
    git(folder, "commit", "-q", "--allow-empty", "-m", "more")
    git(folder, "checkout", "-q", BRANCH)
    git(folder, "merge", "-q", "--no-ff", "-m", "OPS-3 merge", "main")
    git(folder, "branch", "-f", "main", "main~1")
    return folder


@pytest.fixture
def sandbox(history: Path, request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    pull_requests = (PullRequest(7, BRANCH, "main", title="OPS-4 Log in"),)
    settings = SandboxSettings(
        checkout=history,
        tokens=(AccessToken("ci", TOKEN),),
        pull_requests=pull_requests,
        jira=getattr(request, "param", JiraSettings()),
    )
    with serve(settings) as running:
        yield running


def settings(sandbox: Sandbox, who: dict[str, str] = OAUTH) -> dict[str, str]:
    return {
        "BITBUCKET_URL": sandbox.url,
        "BITBUCKET_PROJECT": "PRJ",
        "BITBUCKET_REPOSITORY": "repo",
        **environment(sandbox, who),
    }


def stored(run: Run, sandbox: Sandbox, history: Path) -> Any:
    done = run(*DEVINFO, "get", "--json", cwd=history, **settings(sandbox))
    return json.loads(done.stdout) if done.returncode == 0 else None


@pytest.mark.parametrize("who", [OAUTH, CONNECT], ids=["oauth", "connect"])
def test_a_branch_goes_there_with_its_commits_and_its_pull_request(
    run: Run, sandbox: Sandbox, history: Path, who: dict[str, str]
) -> None:
    site = settings(sandbox, who)
    before_ms = time.time_ns() // 1_000_000
    token = {"BITBUCKET_TOKEN": TOKEN}
    done = run(*SUBMIT, "--pull-request=7", "--wait=5", cwd=history, **site, **token)
    merge, _, change = _commits(history)
    assert done.returncode == 0, done.stderr
    assert sorted(done.stdout.splitlines()) == sorted(
        [
            f"stored: commit {merge} for OPS-3",
            f"stored: commit {change} for DEMO-8",
            "stored: branch feature~2FDEMO-7-login for DEMO-7",
            "stored: pull request 7 for OPS-4, DEMO-7, OPS-3, DEMO-8",
        ]
    )
    assert "of 4 commits name no issue" in done.stderr

    shown = stored(run, sandbox, history)
    page = f"{sandbox.url}/projects/PRJ/repos/repo"
    host = sandbox.url.removeprefix("http://").replace(":", "~3A")
    assert (shown["id"], shown["name"], shown["url"]) == (f"{host}~2FPRJ~2Frepo", "PRJ/repo", page)
    assert before_ms <= shown["updateSequenceId"] <= time.time_ns() // 1_000_000
    commits = {each["id"]: each for each in shown["commits"]}
    assert commits[merge]["flags"] == ["MERGE_COMMIT"]
    body = commits[change]
    assert (body["message"], body["author"]) == ("DEMO-8: read UTF-8\n\nall of it", {"name": "Ada"})
    assert body["authorTimestamp"] == "2023-11-14T22:13:20+00:00"
    assert (body["fileCount"], len(body["files"])) == (13, 10)
    changes = [
        (each["path"], each["changeType"], each["linesAdded"], each["linesRemoved"])
        for each in body["files"][:3]
    ]
    assert changes == [
        ("gone.py", "DELETED", 0, 1),
        ("new name.py", "MOVED", 1, 0),
        ("z00.bin", "ADDED", 0, 0),
    ]
    assert body["files"][1]["url"] == f"{page}/commits/{change}#new%20name.py"
    [branch], [pull] = shown["branches"], shown["pullRequests"]
    assert (branch["name"], branch["lastCommit"]["id"]) == (BRANCH, merge)
    assert (pull["title"], pull["status"], pull["displayId"]) == ("OPS-4 Log in", "OPEN", "#7")
    assert pull["sourceBranchUrl"] == branch["url"]


def _commits(history: Path) -> tuple[str, str, str]:
    """The merge, the one without issue, and the change."""
    merge, mute, change = (
        git(history, "rev-parse", each).strip() for each in ("HEAD", "HEAD^", "HEAD^^")
    )
    return merge, mute, change


def test_what_is_stored_is_shown_in_lines(run: Run, sandbox: Sandbox, history: Path) -> None:
    assert run(*SUBMIT, cwd=history, **settings(sandbox)).returncode == 0
    shown = run(*DEVINFO, "get", cwd=history, **settings(sandbox)).stdout
    assert f"commit {_commits(history)[2]} for DEMO-8: DEMO-8: read UTF-8\n" in shown
    assert f"branch feature~2FDEMO-7-login for DEMO-7: {BRANCH}\n" in shown


def test_addresses_of_people_go_only_when_asked(run: Run, sandbox: Sandbox, history: Path) -> None:
    run(*SUBMIT, cwd=history, **settings(sandbox))
    assert "ada@example.com" not in json.dumps(stored(run, sandbox, history))
    run(*SUBMIT, "--author-emails", cwd=history, **settings(sandbox))
    assert stored(run, sandbox, history)["commits"][0]["author"] == {
        "name": "Ada",
        "email": "ada@example.com",
    }


def test_nothing_with_an_issue_is_nothing_to_send(
    run: Run, sandbox: Sandbox, history: Path
) -> None:
    only = (*SUBMIT, "--issue-project=NONE")
    done = run(*only, cwd=history, **settings(sandbox))
    assert (done.returncode, "nothing is sent to Jira" in done.stdout) == (0, True)
    assert done.stdout.startswith("no issue key of NONE is in the branch's name, ")
    assert f"branch {BRANCH} names no issue of NONE\n" in done.stderr
    told = json.loads(run(*only, "--json", cwd=history, **settings(sandbox)).stdout)
    assert told["sent"] is False
    assert not sandbox.requests


@pytest.mark.parametrize("sandbox", [JiraSettings(issue_keys=frozenset({"DEMO-8"}))], indirect=True)
def test_unknown_issues_are_told_and_are_no_failure(
    run: Run, sandbox: Sandbox, history: Path
) -> None:
    done = run(*SUBMIT, "--wait=5", cwd=history, **settings(sandbox))
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"stored: commit {_commits(history)[2]} for DEMO-8\n"
    assert "warning: Jira knows no issue DEMO-7\n" in done.stderr
    assert "belongs to no issue that Jira knows: branch feature~2FDEMO-7-login" in done.stderr


def test_a_stale_update_is_noticed(run: Run, sandbox: Sandbox, history: Path) -> None:
    run(*SUBMIT, cwd=history, **settings(sandbox))
    done = run(*SUBMIT, "--sequence=1700000000", "--wait=0", cwd=history, **settings(sandbox))
    assert done.returncode == 4
    assert "superseded: branch feature~2FDEMO-7-login" in done.stderr


@pytest.mark.parametrize("sandbox", [JiraSettings(stored_after_s=3600)], indirect=True)
def test_what_is_not_stored_in_time_fails(run: Run, sandbox: Sandbox, history: Path) -> None:
    done = run(*SUBMIT, "--wait=0", "--json", cwd=history, **settings(sandbox))
    assert (done.returncode, "3 of 3 entities" in done.stderr) == (4, True), done.stderr
    told = json.loads(done.stdout)
    assert {each["standing"] for each in told["entities"]} == {"not stored yet"}


def test_single_entities_and_the_whole_are_deleted(
    run: Run, sandbox: Sandbox, history: Path
) -> None:
    site = settings(sandbox)
    run(*SUBMIT, cwd=history, **site)
    done = run(*DEVINFO, "delete-entity", "branch", BRANCH, cwd=history, **site)
    assert done.stdout == "deletion accepted: branch feature~2FDEMO-7-login\n"
    merge, _, change = _commits(history)
    run(*DEVINFO, "delete-entity", "commit", merge, "--up-to=5", cwd=history, **site)
    run(*DEVINFO, "delete-entity", "commit", change, "--json", cwd=history, **site)
    left = stored(run, sandbox, history)
    assert (left["branches"], [each["id"] for each in left["commits"]]) == ([], [merge])
    done = run(*DEVINFO, "delete", "--up-to=5", "--json", cwd=history, **site)
    assert json.loads(done.stdout)["upTo"] == 5
    assert stored(run, sandbox, history)
    assert run(*DEVINFO, "delete", cwd=history, **site).returncode == 0
    gone = run(*DEVINFO, "get", cwd=history, **site)
    assert (gone.returncode, "Jira has no repository" in gone.stderr) == (4, True)


def test_properties_find_and_delete(run: Run, sandbox: Sandbox, history: Path) -> None:
    site, mine = settings(sandbox), ("--property=account=a b", "--property=run=1")
    run(*SUBMIT, *mine, "--repository-id=mine", cwd=history, **site)

    def exists(*properties: str) -> Any:
        done = run(*DEVINFO, "exists", *properties, "--json", **site)
        return json.loads(done.stdout)["hasDataMatchingProperties"]

    assert exists(*mine)
    assert not exists(*mine, "--up-to=5")
    assert not exists("--property=run=2")
    plain = run(*DEVINFO, "exists", "--property=run=1", **site)
    assert plain.stdout == "there are repositories with run=1\n"
    done = run(*DEVINFO, "delete-by-properties", *mine, "--up-to=99999999999999", **site)
    assert done.stdout.startswith("deletion accepted: repositories with account=a b and run=1")
    assert "no longer heed --up-to" in done.stderr
    assert not exists(*mine)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("submit", "--issue-project=demo"), "--issue-project"),
        (("submit", "--base=main", "--issue-key=x"), "no issue's key"),
        (("submit", "--base=main", "--repository-id=a/b"), "no id"),
        (("submit", "--property=x"), "KEY=VALUE"),
        (("submit", "--property=_x=1"), "_x"),
        (("submit", "--base=nowhere"), "nowhere"),
        (("delete-entity", "tag", "x"), "tag"),
        (("delete-by-properties",), "no property"),
        (("exists",), "no property"),
    ],
)
def test_what_cannot_be_sent_is_told_before(
    run: Run, sandbox: Sandbox, history: Path, arguments: tuple[str, ...], words: str
) -> None:
    done = run(*DEVINFO, *arguments, cwd=history, **settings(sandbox))
    assert done.returncode in (2, 3), done.stderr
    assert words in done.stderr
    assert not sandbox.requests


@pytest.mark.parametrize(("who", "secret"), [(OAUTH, 0), (CONNECT, 1)])
def test_a_refusal_shows_no_secret(
    run: Run, sandbox: Sandbox, history: Path, who: dict[str, str], secret: int
) -> None:
    echo = json.dumps({"errorMessages": [{"message": f"no: {SECRETS[secret]}"}]})
    sandbox.faults.add(Answer(400, echo, {"Content-Type": "application/json"}), path="/bulk")
    done = run(*SUBMIT, cwd=history, **settings(sandbox, who))
    assert (done.returncode, "no: ***" in done.stderr) == (4, True), done.stderr
    assert SECRETS[secret] not in done.stdout + done.stderr


# Bitbucket Cloud


def on_cloud(sandbox: Sandbox, **more: str) -> dict[str, str]:
    there = {
        "BITBUCKET_URL": f"{sandbox.url}/2.0",
        "BITBUCKET_PROJECT": "acme",
        "BITBUCKET_TOKEN": CloudSettings().access_token,
    }
    return settings(sandbox) | there | more


def test_on_bitbucket_cloud_all_links_lead_to_its_pages(
    run: Run, sandbox: Sandbox, history: Path
) -> None:
    asked = ("--pull-request=7", "--wait=5")
    done = run(*SUBMIT, *asked, cwd=history, **on_cloud(sandbox))
    assert done.returncode == 0, done.stderr
    got = run(*DEVINFO, "get", "--json", cwd=history, **on_cloud(sandbox))
    shown = json.loads(got.stdout)
    page = "https://bitbucket.org/acme/repo"
    assert (shown["id"], shown["url"]) == ("bitbucket.org~2FACME~2Frepo", page)
    [branch], [pull] = shown["branches"], shown["pullRequests"]
    assert branch["url"] == f"{page}/branch/{BRANCH}"
    new = f"{page}/pull-requests/new?source=feature%2FDEMO-7-login"
    assert branch["createPullRequestUrl"] == new
    assert (pull["url"], pull["status"]) == (f"{page}/pull-requests/7", "OPEN")
    assert (pull["title"], pull["author"]["name"]) == ("OPS-4 Log in", "Sandbox author")
    assert pull["lastUpdate"].startswith("2026-01-02T03:04:05")
    assert pull["sourceBranchUrl"] == f"{page}/branch/{BRANCH}"
    change = _commits(history)[2]
    [commit] = [each for each in shown["commits"] if each["id"] == change]
    assert commit["url"] == f"{page}/commits/{change}"
    pages = {each["path"]: each["url"] for each in commit["files"]}
    assert pages["new name.py"] == f"{page}/src/{change}/new%20name.py"
    assert pages["gone.py"] == commit["url"]


def test_in_pipelines_it_is_known_where_the_repository_is(
    run: Run, sandbox: Sandbox, history: Path
) -> None:
    pipelines = {
        "BITBUCKET_PIPELINE_UUID": "{p}",
        "BITBUCKET_BUILD_NUMBER": "12",
        "BITBUCKET_WORKSPACE": "acme",
        "BITBUCKET_REPO_SLUG": "repo",
        "BITBUCKET_REPO_FULL_NAME": "acme/repo",
        "BITBUCKET_GIT_HTTP_ORIGIN": "https://bitbucket.org/acme/repo",
        "BITBUCKET_BRANCH": BRANCH,
        "BITBUCKET_COMMIT": _commits(history)[0],
    }
    site = environment(sandbox) | pipelines
    assert run(*SUBMIT, "--wait=5", cwd=history, **site).returncode == 0
    shown = run(*DEVINFO, "get", cwd=history, **site).stdout
    assert "repository acme/repo: https://bitbucket.org/acme/repo\n" in shown


# A run's outcome

PUBLISH = (BANDIT, "--to=jira-devinfo", "--filter=all", "--exit-zero")


def run_settings(sandbox: Sandbox, **more: str) -> dict[str, str]:
    return settings(sandbox) | {
        "BITBUCKET_TOKEN": TOKEN,
        "INSIGHTS_UPLOADER_BASE": "main",
        **more,
    }


def test_a_run_tells_jira_what_it_was_made_for(run: Run, sandbox: Sandbox, history: Path) -> None:
    done = run("publish", *PUBLISH, "--pull-request=7", cwd=history, **run_settings(sandbox))
    assert done.returncode == 0, done.stderr
    assert "pull request 7 for OPS-4, DEMO-7, OPS-3, DEMO-8" in done.stdout
    shown = stored(run, sandbox, history)
    assert {each["id"] for each in shown["commits"]} == set(_commits(history)[::2])
    assert [each["name"] for each in shown["branches"]] == [BRANCH]


def test_a_run_on_bitbucket_cloud_tells_jira_too(run: Run, sandbox: Sandbox, history: Path) -> None:
    there = on_cloud(sandbox, INSIGHTS_UPLOADER_BASE="main")
    done = run("publish", *PUBLISH, "--pull-request=7", cwd=history, **there)
    assert done.returncode == 0, done.stderr
    assert "pull request 7 for OPS-4, DEMO-7, OPS-3, DEMO-8" in done.stdout


def test_a_run_is_shown_without_credentials(run: Run, sandbox: Sandbox, history: Path) -> None:
    bare = {"INSIGHTS_UPLOADER_BASE": "main"}
    shown = run("preview", *PUBLISH, "--format=json", cwd=history, **bare)
    assert shown.returncode == 0, shown.stderr
    assert "/rest/devinfo/0.10/bulk" in shown.stdout
    assert "feature~2FDEMO-7-login" in shown.stdout
    assert not sandbox.requests


def test_a_run_of_no_issue_needs_no_jira(run: Run, sandbox: Sandbox, history: Path) -> None:
    without = {"INSIGHTS_UPLOADER_BASE": "HEAD^", "JIRA_CLIENT_ID": ""}
    git(history, "checkout", "-q", "HEAD^")
    try:
        done = run("publish", *PUBLISH, cwd=history, **run_settings(sandbox, **without))
    finally:
        git(history, "checkout", "-q", BRANCH)
    assert done.returncode in (0, 1), done.stderr
    assert "nothing is sent to Jira" in done.stdout
    assert not [each for each in sandbox.requests if "/jira/" in each.path]


# Every operation


def test_every_operation_is_reachable(run: Run, sandbox: Sandbox, history: Path) -> None:
    site = settings(sandbox, CONNECT)
    for command in (
        ("submit", "--base=main", "--property=a=1"),
        ("get",),
        ("exists", "--property=a=1"),
        ("delete-entity", "branch", BRANCH),
        ("delete-by-properties", "--property=a=1"),
        ("delete",),
    ):
        assert run(*DEVINFO, *command, cwd=history, **site).returncode == 0
    reached = {f"{each.method} {each.path}" for each in sandbox.requests}
    for operation in document("jira-cloud/devinfo")["operations"]:
        pattern = re.sub(r"\{\w+\}", "[^/]+", operation)
        assert any(re.fullmatch(pattern, each) for each in reached), operation
