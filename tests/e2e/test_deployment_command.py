"""Deployments from the command line, by the installed program."""

import json
from pathlib import Path

import pytest
import repository
from program import TOKEN, Run

from insights_uploader.sandbox.faults import Answer, Edit
from insights_uploader.sandbox.server import Sandbox
from insights_uploader.sandbox.settings import Permission, User

ADMIN = User("ada", "a-password", Permission.ADMIN, tokens=("admin-token",))
WHICH = ("--key", "shop", "--environment", "us-east", "--sequence-number", "7")
SET = ("deployment", "set", *WHICH, "--state", "in_progress", "--link", "https://d.example.com/7")

pytestmark = pytest.mark.parametrize("sandbox", [{"users": (ADMIN,)}], indirect=True)


def settings(sandbox: Sandbox, token: str = "admin-token", **other: str) -> dict[str, str]:
    return {
        "BITBUCKET_URL": sandbox.url,
        "BITBUCKET_PROJECT": "PRJ",
        "BITBUCKET_REPOSITORY": "repo",
        "BITBUCKET_TOKEN": token,
    } | other


@pytest.fixture
def head(dotenv: Path) -> str:
    return repository.git(dotenv, "rev-parse", "HEAD").strip()


def test_a_deployment_from_its_begin_to_its_end(run: Run, sandbox: Sandbox, head: str) -> None:
    begun = run(*SET, **settings(sandbox, TOKEN))
    assert begun.returncode == 0, begun.stderr
    assert begun.stdout == f"set on commit {head} of PRJ/repo: shop 7 to us-east: IN_PROGRESS\n"
    more = ("--state", "successful", "--environment-type", "production", "--name", "The shop")
    done = run(*SET, *more, "--environment-url", "https://shop.example.com", **settings(sandbox))
    assert done.returncode == 0, done.stderr
    shown = run("deployment", "get", *WHICH, **settings(sandbox))
    assert shown.stdout == (
        "shop 7 to us-east (PRODUCTION): SUCCESSFUL\n"
        "  name: The shop\n"
        "  description: Deployment 7 to us-east\n"
        "  link: https://d.example.com/7\n"
        "  environment: us-east\n"
        "  environment url: https://shop.example.com\n"
        f"  commit: {head}\n"
    )
    as_json = run("deployment", "get", *WHICH, "--json", **settings(sandbox))
    assert json.loads(as_json.stdout) == {
        "key": "shop",
        "deploymentSequenceNumber": 7,
        "state": "SUCCESSFUL",
        "environment": {
            "key": "us-east",
            "displayName": "us-east",
            "type": "PRODUCTION",
            "url": "https://shop.example.com",
        },
        "displayName": "The shop",
        "description": "Deployment 7 to us-east",
        "url": "https://d.example.com/7",
        "toCommit": {"id": head},
    }
    deleted = run("deployment", "delete", *WHICH, **settings(sandbox))
    assert deleted.stdout.startswith(f"deleted from commit {head} of PRJ/repo: shop 7 to us-east")
    for verb in ("get", "delete"):
        gone = run("deployment", verb, *WHICH, **settings(sandbox))
        assert (gone.returncode, "no such thing on the server (404)" in gone.stderr) == (4, True)
        assert "--sequence-number" in gone.stderr


def test_the_page_of_the_cis_build_is_the_link(run: Run, sandbox: Sandbox) -> None:
    jenkins = {"JENKINS_URL": "https://ci.example.com/", "BUILD_URL": "https://ci.example.com/1/"}
    done = run(*SET[:-2], "--json", **settings(sandbox, **jenkins))
    assert json.loads(done.stdout)["url"] == "https://ci.example.com/1/"
    without = run(*SET[:-2], **settings(sandbox))
    assert (without.returncode, "--link is missing" in without.stderr) == (2, True)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (("--key", " "), "--key: must be 1 to 255"),
        (("--environment", "x" * 256), "--environment: must be 1 to 255"),
        (("--link", "ftp://example.com"), "--link: must be an http or https address"),
        (("--description", ""), "--description: must be 1 to 255"),
        (("--environment-type", "live"), "--environment-type"),
        (("--sequence-number", "-1"), "--sequence-number"),
    ],
)
def test_what_is_wrong_is_refused_here(
    run: Run, sandbox: Sandbox, wrong: tuple[str, str], words: str
) -> None:
    done = run(*SET, *wrong, **settings(sandbox))
    assert (done.returncode, words in done.stderr) == (2, True), done.stderr
    assert sandbox.requests == []


def test_a_reader_deletes_nothing(run: Run, sandbox: Sandbox) -> None:
    assert run(*SET, **settings(sandbox, TOKEN)).returncode == 0
    done = run("deployment", "delete", *WHICH, **settings(sandbox, TOKEN))
    assert (done.returncode, "the permission of an administrator" in done.stderr) == (4, True)
    assert TOKEN not in done.stdout + done.stderr
    assert run("deployment", "get", *WHICH, **settings(sandbox)).returncode == 0


def test_a_server_without_deployments(run: Run, sandbox: Sandbox) -> None:
    sandbox.faults.add(
        Answer(404, "{}", {"content-type": "application/json"}), path="/deployment", times=None
    )
    done = run(*SET, **settings(sandbox))
    assert (done.returncode, "supports no deployments" in done.stderr) == (4, True)


def test_what_is_stored_otherwise_is_no_success(run: Run, sandbox: Sandbox) -> None:
    sandbox.faults.add(
        Edit(lambda body: body.replace(b"IN_PROGRESS", b"CANCELLED")), path="/deployments"
    )
    done = run(*SET, **settings(sandbox))
    assert done.returncode == 4
    assert "is not as it was sent: state is 'CANCELLED', not 'IN_PROGRESS'" in done.stderr


@pytest.mark.parametrize("how", [(), ("--json",)])
def test_a_token_that_the_server_holds_is_not_shown(
    run: Run, sandbox: Sandbox, how: tuple[str, ...]
) -> None:
    assert run(*SET, "--name", "with admin-token!", **settings(sandbox)).returncode == 0
    done = run("deployment", "get", *WHICH, *how, **settings(sandbox))
    assert (done.returncode, "admin-token" in done.stdout) == (0, False), done.stderr
    assert "with ***!" in done.stdout
