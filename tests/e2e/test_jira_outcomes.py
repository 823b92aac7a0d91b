"""One run's outcome as a build on Jira, beside the reports on Bitbucket."""

import json
from pathlib import Path

import pytest
from fixture_records import BANDIT
from jira import THERE, environment
from program import TOKEN, Run

from insights_uploader.sandbox.faults import Answer
from insights_uploader.sandbox.server import Sandbox

TO = ("--to=code-insights", "--to=jira-builds")


def settings(sandbox: Sandbox, **more: str) -> dict[str, str]:
    return {
        "BITBUCKET_URL": sandbox.url,
        "BITBUCKET_PROJECT": "PRJ",
        "BITBUCKET_REPOSITORY": "repo",
        "BITBUCKET_TOKEN": TOKEN,
        "INSIGHTS_UPLOADER_BASE": "main",
        "JENKINS_URL": "https://ci.example.com/",
        "BUILD_URL": "https://ci.example.com/job/widgets/7/",
        "BUILD_NUMBER": "7",
        "JOB_NAME": "widgets",
        "BRANCH_NAME": "feature/DEMO-7",
        **environment(sandbox),
        **more,
    }


def test_jira_hears_of_the_beginning_and_the_end(run: Run, sandbox: Sandbox) -> None:
    done = run("publish", BANDIT, *TO, **settings(sandbox))
    assert done.returncode == 0, done.stderr
    assert "build widgets #7 for DEMO-7" in done.stdout
    bulk = [each.status for each in sandbox.requests if each.path.endswith("/bulk")]
    assert bulk == [202, 202]
    entry = sandbox.jira.apis["builds"].store.read(("widgets", 7))
    assert entry is not None
    assert (entry.body["state"], entry.body["issueKeys"]) == ("successful", ["DEMO-7"])


def test_it_can_be_shown_without_credentials(run: Run, sandbox: Sandbox) -> None:
    bare = {k: v for k, v in settings(sandbox).items() if not k.startswith(("JIRA", "BITBUCKET"))}
    shown = run("preview", BANDIT, *TO, "--format=json", **bare)
    assert shown.returncode == 0, shown.stderr
    assert "/rest/builds/0.1/bulk" in shown.stdout
    assert json.loads(shown.stdout)
    assert not sandbox.requests


def test_a_branch_of_no_issue_is_none_of_jiras(run: Run, sandbox: Sandbox) -> None:
    plain = settings(sandbox, BRANCH_NAME="main", JIRA_CLIENT_ID="")
    done = run("publish", BANDIT, *TO, **plain)
    assert done.returncode == 0, done.stderr
    assert "nothing is sent to Jira" in done.stdout
    assert not [each for each in sandbox.requests if "/jira/" in each.path]


@pytest.mark.parametrize(("option", "code"), [((), 4), (("--optional=jira-builds",), 0)])
def test_a_jira_that_fails_spoils_no_report(
    run: Run, sandbox: Sandbox, option: tuple[str, ...], code: int
) -> None:
    sandbox.faults.add(Answer(403), path="/jira/", times=None)
    done = run("publish", BANDIT, *TO, *option, **settings(sandbox))
    assert done.returncode == code
    assert "published insights-uploader.bandit" in done.stdout
    assert "may not do this (403)" in done.stderr
    assert THERE.client_secret not in done.stdout + done.stderr


def test_missing_credentials_are_told_before_anything_is_sent(
    run: Run, sandbox: Sandbox, tmp_path: Path
) -> None:
    done = run("publish", BANDIT, *TO, **settings(sandbox, JIRA_CLIENT_ID=""))
    assert done.returncode == 2
    assert "JIRA_CLIENT_ID is missing, though JIRA_CLIENT_SECRET is set" in done.stderr
    assert "--jira" not in done.stderr  # publish has no such option
    done = run("publish", BANDIT, *TO, **settings(sandbox, JIRA_SITE="foo bar"))
    assert (done.returncode, "error: jira-builds: JIRA_SITE: is not an address" in done.stderr) == (
        2,
        True,
    )
    assert not sandbox.requests
