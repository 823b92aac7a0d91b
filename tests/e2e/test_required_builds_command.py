"""Required builds from the command line, by the installed program."""

import json
from typing import Any

import pytest
from program import TOKEN, Run

from insights_uploader.sandbox.faults import Answer
from insights_uploader.sandbox.server import Sandbox
from insights_uploader.sandbox.settings import Permission, User

ADMIN = User("ada", "a-password", Permission.ADMIN, tokens=("admin-token",))

pytestmark = pytest.mark.parametrize("sandbox", [{"users": (ADMIN,)}], indirect=True)


def settings(sandbox: Sandbox, token: str = "admin-token", **other: str) -> dict[str, str]:
    return {
        "BITBUCKET_URL": sandbox.url,
        "BITBUCKET_PROJECT": "PRJ",
        "BITBUCKET_REPOSITORY": "repo",
        "BITBUCKET_TOKEN": token,
    } | other


def listed(run: Run, sandbox: Sandbox) -> Any:
    done = run("required-builds", "list", "--json", **settings(sandbox, TOKEN))
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_condition_from_its_creation_to_its_end(run: Run, sandbox: Sandbox) -> None:
    assert listed(run, sandbox) == []
    what = ("--parent", "plan-a", "--parent", "plan-b", "--ref", "BRANCH:main")
    created = run("required-builds", "create", *what, **settings(sandbox))
    assert created.returncode == 0, created.stderr
    assert created.stdout == (
        "created in PRJ/repo: 1  requires plan-a, plan-b  for BRANCH refs/heads/main\n"
    )
    other = ("--parent", "plan-c", "--ref", "any_ref", "--exempt", "PATTERN:hotfix/*")
    updated = run("required-builds", "update", "1", *other, "--json", **settings(sandbox))
    assert (
        json.loads(updated.stdout)
        == listed(run, sandbox)[0]
        == {
            "id": 1,
            "buildParentKeys": ["plan-c"],
            "refMatcher": {
                "id": "ANY_REF_MATCHER_ID",
                "displayId": "ANY_REF_MATCHER_ID",
                "type": {"id": "ANY_REF", "name": "Any branch"},
            },
            "exemptRefMatcher": {
                "id": "hotfix/*",
                "displayId": "hotfix/*",
                "type": {"id": "PATTERN", "name": "Pattern"},
            },
        }
    )
    text = "1  requires plan-c  for ANY_REF  exempt PATTERN hotfix/*\n"
    assert run("required-builds", "list", **settings(sandbox)).stdout == f"PRJ/repo:\n{text}"
    deleted = run("required-builds", "delete", "1", **settings(sandbox))
    assert deleted.stdout == f"deleted from PRJ/repo: {text}"
    assert listed(run, sandbox) == []
    for absent in (("delete", "1"), ("update", "1", *other)):
        again = run("required-builds", *absent, **settings(sandbox))
        assert (again.returncode, "has no condition 1" in again.stderr) == (4, True)
        assert "`required-builds list` shows the ids" in again.stderr


def test_what_the_server_ignores_is_said(run: Run, sandbox: Sandbox) -> None:
    what = ("--parent", "p", "--ref", "ANY_REF", "--for-merge-queue")
    done = run("required-builds", "create", *what, **settings(sandbox))
    assert done.returncode == 0
    assert (
        "the server ignores requiredForMergeQueue, which Bitbucket has from 10.2 on" in done.stderr
    )


@pytest.mark.parametrize(
    ("what", "words"),
    [
        (("--parent", "p", "--ref", "main"), "'main' is no kind of matcher"),
        (("--parent", "", "--ref", "ANY_REF"), "--parent ''"),
        (("--parent", "p", "--ref", "ANY_REF", "--exempt", ""), "is no kind of matcher"),
        (("--ref", "ANY_REF"), "--parent"),
    ],
)
def test_what_is_wrong_is_refused_here(
    run: Run, sandbox: Sandbox, what: tuple[str, ...], words: str
) -> None:
    done = run("required-builds", "create", *what, **settings(sandbox))
    assert (done.returncode, words in done.stderr) == (2, True), done.stderr
    assert sandbox.requests == []


def test_a_reader_changes_nothing(run: Run, sandbox: Sandbox) -> None:
    what = ("--parent", "p", "--ref", "ANY_REF")
    done = run("required-builds", "create", *what, **settings(sandbox, TOKEN))
    assert done.returncode == 4
    assert "the permission of an administrator" in done.stderr
    assert TOKEN not in done.stdout + done.stderr


@pytest.fixture
def three(run: Run, sandbox: Sandbox) -> Sandbox:
    """A server that asks for one build on main, another on releases, a third by its model."""
    for parent, ref in (
        ("plan", "BRANCH:main"),
        ("release-plan", "PATTERN:release/*"),
        ("model-plan", "MODEL_CATEGORY:RELEASE"),
    ):
        what = ("--parent", parent, "--ref", ref, "--exempt", "PATTERN:hotfix/*")
        done = run("required-builds", "create", *what, **settings(sandbox))
        assert done.returncode == 0, done.stderr
    return sandbox


def test_what_is_posted_meets_the_conditions_or_not(run: Run, three: Sandbox) -> None:
    def check(*arguments: str) -> Any:
        return run("required-builds", "check", *arguments, **settings(three, TOKEN))

    met = check("--parent", "plan", "--target", "main", "--source", "feature")
    assert met.returncode == 0, met.stderr
    assert met.stdout == (
        "PRJ/repo, to refs/heads/main, with the parent plan:\n"
        "1  met: what is posted has all of its parents\n"
        "2  other branch: it is not for refs/heads/main\n"
        "3  unknown: nothing that is posted has the parent model-plan; "
        "whether it is for refs/heads/main the server alone knows\n"
    )
    not_met = check("--parent", "plan", "--target", "release/1", "--source", "feature", "--json")
    assert not_met.returncode == 1
    told = json.loads(not_met.stdout)
    assert (told["target"], told["parents"], told["legacy"]) == (
        "refs/heads/release/1",
        ["plan"],
        False,
    )
    assert [each["standing"] for each in told["conditions"]] == [
        "other branch",
        "not met",
        "unknown",
    ]
    assert told["conditions"][1]["missing"] == ["release-plan"]
    exempt = check("--parent", "x", "--target", "main", "--source", "hotfix/1")
    assert (exempt.returncode, exempt.stdout.count("refs/heads/hotfix/1 is exempt")) == (0, 2)


def test_the_ci_tells_what_is_merged_and_the_settings_what_is_posted(
    run: Run, three: Sandbox
) -> None:
    jenkins = {
        "JENKINS_URL": "https://ci.example.com/",
        "BUILD_URL": "https://ci.example.com/job/x/1/",
        "CHANGE_ID": "7",
        "CHANGE_TARGET": "main",
        "CHANGE_BRANCH": "feature",
    }
    posted = {"INSIGHTS_UPLOADER_BUILD_PARENT": "plan"}
    done = run("required-builds", "check", **settings(three, TOKEN, **jenkins, **posted))
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("PRJ/repo, to refs/heads/main, with the parent plan:\n1  met")
    job = {"JOB_NAME": "team/shop/PR-7", "BRANCH_NAME": "PR-7"}
    by_plan = run("required-builds", "check", **settings(three, TOKEN, **jenkins, **job))
    assert (by_plan.returncode, "with the parent team/shop:" in by_plan.stdout) == (1, True)
    nobody = run("required-builds", "check", "--parent", "p", **settings(three, TOKEN))
    assert (nobody.returncode, "--target" in nobody.stderr) == (2, True)
    outside = run("required-builds", "check", "--target", "main", **settings(three, TOKEN))
    assert "with the parent insights-uploader:" in outside.stdout  # as publish would post it


def test_legacy_build_status_meets_none(run: Run, three: Sandbox) -> None:
    what = ("required-builds", "check", "--parent", "plan", "--target", "main")
    asked = run(*what, "--source", "x", "--legacy", **settings(three, TOKEN))
    assert asked.returncode == 1
    assert "legacy build status is asked for; it has no parent" in asked.stderr
    capabilities = Answer(200, '{"buildStatus": []}', {"content-type": "application/json"})
    three.faults.add(capabilities, path="/build/capabilities")
    old = run(*what, "--source", "x", **settings(three, TOKEN))
    assert (old.returncode, "all that this server has" in old.stderr) == (1, True)


def test_nothing_is_required(run: Run, sandbox: Sandbox) -> None:
    what = ("--parent", "p", "--target", "main", "--legacy")
    done = run("required-builds", "check", *what, **settings(sandbox, TOKEN))
    assert (done.returncode, "no builds are required" in done.stdout) == (0, True)
