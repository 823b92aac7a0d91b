"""The builds of a Jira site from the command line, with the installed program."""

import json
import os
import subprocess
import time
from pathlib import Path

import pytest
from jira import CONNECT, OAUTH, SECRETS, environment
from program import Run

from insights_uploader.sandbox.faults import Answer, Edit
from insights_uploader.sandbox.jira_settings import JiraSettings
from insights_uploader.sandbox.server import Sandbox

BUILD_URL = "https://ci.example.com/demo/16"
SUBMIT = ("jira", "builds", "submit", "--pipeline=demo", "--state=failed")
BUILD = ("--number=16", f"--build-url={BUILD_URL}")


@pytest.fixture
def history(tmp_path: Path) -> Path:
    """A checkout whose branch and commits name issues, and what only looks like one."""
    folder = tmp_path / "history"

    def git(*arguments: str) -> None:
        who = {
            f"GIT_{each}_{what}": "ada@example.com"
            for each in ("AUTHOR", "COMMITTER")
            for what in ("NAME", "EMAIL")
        }
        environ = {"PATH": os.environ["PATH"], "HOME": os.devnull, **who}
        subprocess.run(["git", "-C", str(folder), *arguments], check=True, env=environ)

    folder.mkdir()
    git("init", "-q", "-b", "main")
    git("commit", "-q", "--allow-empty", "-m", "DEMO-1 is of main")
    git("checkout", "-q", "-b", "feature/DEMO-7-login")
    git("commit", "-q", "--allow-empty", "-m", "DEMO-8: read UTF-8 (see CVE-2024-12345)")
    git("commit", "-q", "--allow-empty", "-m", "OPS-3, DEMO-7: and this")
    return folder


@pytest.mark.parametrize("who", [OAUTH, CONNECT], ids=["oauth", "connect"])
def test_a_build_goes_there_and_is_read_back_and_deleted(
    run: Run, sandbox: Sandbox, history: Path, who: dict[str, str]
) -> None:
    site = environment(sandbox, who)
    before_ms = time.time_ns() // 1_000_000
    done = run(*SUBMIT, *BUILD, "--base=main", "--wait=5", cwd=history, **site)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "stored: build demo #16 for DEMO-7, OPS-3, DEMO-8\n"

    shown = run("jira", "builds", "get", "demo", "16", "--json", cwd=history, **site)
    stored = json.loads(shown.stdout)
    assert stored["issueKeys"] == ["DEMO-7", "OPS-3", "DEMO-8"]
    assert (stored["state"], stored["url"]) == ("failed", BUILD_URL)
    assert before_ms <= stored["updateSequenceNumber"] <= time.time_ns() // 1_000_000
    plain = run("jira", "builds", "get", "demo", "16", cwd=history, **site)
    assert "displayName: demo #16\n" in plain.stdout

    deleted = run("jira", "builds", "delete", "demo", "16", cwd=history, **site)
    assert (deleted.returncode, deleted.stdout) == (0, "deletion accepted: build demo #16\n")
    gone = run("jira", "builds", "get", "demo", "16", cwd=history, **site)
    assert gone.returncode == 4
    assert "Jira has no build demo #16" in gone.stderr


def test_the_ci_says_which_build_and_files_which_tests(
    run: Run, sandbox: Sandbox, history: Path
) -> None:
    results = history / "junit.xml"
    results.write_text(
        '<testsuites><testsuite name="s"><testcase name="a"/><testcase name="b"><failure/></testcase>'
        '<testcase name="c"><skipped/></testcase><testcase name="d"><error/></testcase></testsuite></testsuites>'
    )
    jenkins = {
        "JENKINS_URL": "https://ci.example.com/",
        "BUILD_URL": BUILD_URL,
        "BUILD_NUMBER": "16",
        "BRANCH_NAME": "bugfix/DEMO-9",
    }
    more = ("--tests=*.xml", "--json", "--property=run=7", "--issue-keys-from=branch")
    done = run(*SUBMIT, *more, cwd=history, **environment(sandbox), **jenkins)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert (told["sent"], told["confirmation"]) == (True, None)
    assert told["accepted"] == [{"pipeline": "demo", "number": 16}]
    assert told["build"]["issueKeys"] == ["DEMO-9"]
    assert told["build"]["testInfo"] == {
        "totalNumber": 4, "numberPassed": 1, "numberFailed": 2, "numberSkipped": 1,
    }  # fmt: skip
    site = environment(sandbox)
    deletion = ("jira", "builds", "delete-by-properties", "--property=run=7", "--json")
    assert json.loads(run(*deletion, cwd=history, **site).stdout)["properties"] == {"run": "7"}
    assert run("jira", "builds", "get", "demo", "16", cwd=history, **site).returncode == 4


def test_the_pipeline_of_the_ci_is_one_that_can_be_looked_up(
    run: Run, sandbox: Sandbox, history: Path
) -> None:
    jenkins = {
        "JENKINS_URL": "https://ci.example.com/",
        "JOB_NAME": "widgets/PR-1",
        "BUILD_URL": BUILD_URL,
        "BUILD_NUMBER": "16",
    }
    site = environment(sandbox)
    submit = ("jira", "builds", "submit", "--state=failed", "--issue-key=DEMO-1", "--wait=5")
    done = run(*submit, cwd=history, **site, **jenkins)
    assert (done.returncode, done.stdout) == (0, "stored: build widgets~2FPR-1 #16 for DEMO-1\n")
    shown = run("jira", "builds", "get", "widgets~2FPR-1", "16", cwd=history, **site)
    assert "displayName: widgets/PR-1 #16\n" in shown.stdout


def test_without_an_issue_nothing_is_sent(run: Run, sandbox: Sandbox, history: Path) -> None:
    none = ("--issue-project=GONE", "--base=main")
    done = run(*SUBMIT, *BUILD, *none, cwd=history, **environment(sandbox))
    assert done.returncode == 0
    assert done.stdout == (
        "no issue key is in the name of branch feature/DEMO-7-login or in the messages of "
        "2 commits (DEMO-7, OPS-3, DEMO-8, UTF-8, CVE-2024: not of GONE): "
        "nothing is sent\n"
    )
    of_branch = ("--issue-keys-from=branch", "--branch=renew")
    other = run(*SUBMIT, *BUILD, *of_branch, cwd=history, **environment(sandbox))
    assert other.stdout == "no issue key is in the name of branch renew: nothing is sent\n"
    as_json = run(*SUBMIT, *BUILD, *none, "--json", cwd=history, **environment(sandbox))
    assert json.loads(as_json.stdout)["sent"] is False
    assert not sandbox.requests


def test_where_it_is_not_known_what_the_branch_is_the_last_commit_is_searched(
    run: Run, sandbox: Sandbox, history: Path
) -> None:
    done = run(*SUBMIT, *BUILD, "--branch=x", cwd=history, **environment(sandbox))
    assert done.stdout == "accepted: build demo #16 for OPS-3, DEMO-7\n"
    assert "only the last commit is searched for issue keys" in done.stderr


@pytest.mark.parametrize(
    "sandbox", [{"jira": JiraSettings(issue_keys=frozenset({"DEMO-1"}))}], indirect=True
)
def test_unknown_keys_are_warned_of(run: Run, sandbox: Sandbox, history: Path) -> None:
    keys = ("--issue-key=DEMO-1", "--issue-key=UTF-8")
    done = run(*SUBMIT, *BUILD, *keys, "--wait=5", cwd=history, **environment(sandbox))
    assert (done.returncode, done.stderr) == (0, "warning: Jira knows no issue UTF-8\n")
    assert done.stdout == "stored: build demo #16 for DEMO-1\n"


def test_what_jira_rejects_or_does_not_store_fails(
    run: Run, sandbox: Sandbox, history: Path
) -> None:
    named = ("--issue-key=DEMO-1", "--json")
    answer = b"""{"rejectedBuilds": [{"key": {"pipelineId": "demo", "buildNumber": 16},
        "errors": [{"message": "no \\u001b[31mred\\u001b[0m builds"}]}]}"""
    sandbox.faults.add(Edit(lambda _: answer), path="/bulk")
    rejected = run(*SUBMIT, *BUILD, *named, cwd=history, **environment(sandbox))
    assert rejected.returncode == 4
    assert "Jira rejects build demo #16" in rejected.stderr
    assert "\x1b" not in rejected.stderr + rejected.stdout
    assert len(json.loads(rejected.stdout)["rejected"]) == 1

    newer = (*named, "--sequence=20")
    older = (*named, "--sequence=19", "--wait=0")
    assert run(*SUBMIT, *BUILD, *newer, cwd=history, **environment(sandbox)).returncode == 0
    late = run(*SUBMIT, *BUILD, *older, cwd=history, **environment(sandbox))
    assert late.returncode == 4
    assert "greater sequence number" in late.stderr
    assert json.loads(late.stdout)["confirmation"] == "superseded"


def test_no_output_shows_a_secret_or_a_token(
    run: Run, sandbox: Sandbox, history: Path, tmp_path: Path
) -> None:
    keys = (*SUBMIT, *BUILD, "--issue-key=DEMO-1", "--tries=1")
    for who in (OAUTH, CONNECT):
        for status in (302, 401, 403, 500):
            sandbox.faults.add(Answer(status, " ".join(SECRETS)), path="/bulk")
            done = run(*keys, cwd=history, **environment(sandbox, who))
            assert done.returncode == 4, done.stderr
            assert not any(each in done.stdout + done.stderr for each in (*SECRETS, "eyJ"))


def test_the_secret_may_stand_in_a_file(
    run: Run, sandbox: Sandbox, history: Path, tmp_path: Path
) -> None:
    file = tmp_path / "secret"
    file.write_text(f"{JiraSettings().client_secret}\n")
    site = environment(sandbox, {"JIRA_CLIENT_ID": JiraSettings().client_id})
    get = ("jira", "builds", "get", "demo", "16", f"--jira-secret-file={file}")
    assert "Jira has no build" in run(*get, cwd=history, **site).stderr
    assert (
        "no such file"
        in run(*get[:-1], "--jira-secret-file=nowhere", cwd=history, **site).stderr.lower()
    )


def test_no_secret_and_no_deployment_is_waited_for_at_a_pipe(
    run: Run, sandbox: Sandbox, history: Path, tmp_path: Path
) -> None:
    os.mkfifo(tmp_path / "pipe")
    for words in (
        ("jira", "builds", "get", "demo", "16", f"--jira-secret-file={tmp_path}/pipe"),
        ("jira", "deployments", "submit", f"--file={tmp_path}/pipe"),
    ):
        done = run(*words, cwd=history, **environment(sandbox))
        assert (done.returncode, "pipe: is not a regular file" in done.stderr) == (2, True)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"JIRA_SITE": ""}, "--jira-site is missing"),
        ({"JIRA_SITE": "http://example.atlassian.net"}, "must begin with https://"),
        ({"JIRA_API_URL": "http://example.com"}, "must begin with https://"),
        ({"JIRA_SITE": "foo bar"}, "--jira-site: is not an address"),
        ({"JIRA_CLIENT_ID": ""}, "JIRA_CLIENT_ID is missing, though JIRA_CLIENT_SECRET is set"),
        (
            {"JIRA_CLIENT_ID": "", "JIRA_CLIENT_SECRET": ""},
            "neither OAuth credentials nor those of a Connect app",
        ),
        ({"JIRA_CONNECT_KEY": "app"}, "both OAuth credentials and"),
        ({"JIRA_CLIENT_SECRET": ""}, "JIRA_CLIENT_SECRET: holds no secret"),
        ({"JIRA_CLOUD_ID": "../x"}, "is no cloud id"),
        ({"JIRA_CLIENT_ID": "\udcff"}, "--jira-client-id: holds characters that none has"),
        ({"JIRA_CLIENT_ID": "", "JIRA_CONNECT_KEY": "\u00e9"}, "--jira-connect-key: holds"),
    ],
    ids=str,
)
def test_what_is_missing_is_named_before_anything_is_sent(
    run: Run, sandbox: Sandbox, history: Path, change: dict[str, str], words: str
) -> None:
    done = run("jira", "builds", "get", "demo", "1", cwd=history, **environment(sandbox) | change)
    assert done.returncode == 2
    assert words in done.stderr
    assert not sandbox.requests


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ((*BUILD, "--issue-key=demo 1"), "is no issue's key"),
        ((*BUILD, "--issue-key=A-1", "--property=x"), "must be KEY=VALUE"),
        ((*BUILD, "--issue-key=A-1", "--property=_x=1"), "no underscore"),
        ((*BUILD, "--issue-project=demo"), "is no project's key"),
        (("--issue-key=A-1",), "the build is not known: --number and --build-url"),
        ((*BUILD, "--issue-key=A-1", "--pipeline=a/b"), "could not be looked up"),
        ((*BUILD, "--issue-key=A-1", "--tests=x.xml", "--tests-passed=1"), "counts the test cases"),
    ],
    ids=str,
)
def test_what_jira_would_refuse_is_not_sent(
    run: Run, sandbox: Sandbox, history: Path, options: tuple[str, ...], words: str
) -> None:
    done = run(*SUBMIT, *options, cwd=history, **environment(sandbox))
    assert done.returncode == 2
    assert words in done.stderr
    assert not sandbox.requests


@pytest.mark.parametrize("option", ["JIRA_SITE", "JIRA_API_URL"])
def test_what_cannot_be_reached_is_named_by_its_own_option(
    run: Run, sandbox: Sandbox, history: Path, option: str
) -> None:
    site = environment(sandbox) | {option: "http://127.0.0.1:1"}
    done = run("jira", "builds", "get", "demo", "1", "--tries=1", cwd=history, **site)
    assert done.returncode == 4
    assert f"Check --{option.lower().replace('_', '-')}, the network" in done.stderr


def test_a_cloud_id_of_another_site_is_thought_of(
    run: Run, sandbox: Sandbox, history: Path
) -> None:
    sandbox.faults.add(Answer(401), path="/cloud/another-id/", times=None)
    site = environment(sandbox) | {"JIRA_CLOUD_ID": "another-id"}
    done = run("jira", "builds", "get", "demo", "1", cwd=history, **site)
    assert done.returncode == 4
    assert "Check JIRA_CLOUD_ID" in done.stderr


def test_the_settings_file_of_a_checkout_names_no_site(
    run: Run, sandbox: Sandbox, history: Path
) -> None:
    (history / "insights-uploader.toml").write_text('jira-site = "evil"\n')
    done = run("jira", "builds", "get", "demo", "1", cwd=history, **environment(sandbox))
    assert done.returncode == 2
    assert "jira-site" in done.stderr
    assert not sandbox.requests
