"""What helps, said where somebody stumbles: each hint is true of the command that gives it."""

import os
import re
import socket
import subprocess
from pathlib import Path

import pytest
import repository
from fixture_records import RUFF
from program import Run, settings

from insights_uploader.sandbox.server import Sandbox


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (["publish", RUFF, "--pull-request", "auto"], "Push it first"),
        (["publish", RUFF, "--pull-request", "77"], "Check the number after --pull-request"),
        (["report", "list"], "name the pull request's own commit with --commit"),
        (["report", "list", "--commit", "deadbeef"], "Give the commit's full id with --commit"),
    ],
)
def test_a_commit_that_is_not_there(
    run: Run, sandbox: Sandbox, dotenv: Path, tmp_path: Path, arguments: list[str], hint: str
) -> None:
    clone = tmp_path / "clone"
    repository.git(tmp_path, "clone", "--quiet", str(dotenv), str(clone))
    repository.git(clone, "commit", "--quiet", "--allow-empty", "-m", "not pushed")
    done = run(*arguments, cwd=clone, **settings(sandbox))
    assert done.returncode in (3, 4), done.stdout
    assert hint in done.stderr
    assert not ("auto" in arguments and "--pull-request auto" in done.stderr)
    assert "--base" not in done.stderr


@pytest.mark.parametrize("command", ["show", "annotations", "delete"])
def test_a_report_that_is_not_there(run: Run, sandbox: Sandbox, command: str) -> None:
    done = run("report", command, "nope", **settings(sandbox))
    assert done.returncode == 4
    assert "\n  `report list` shows the keys that the commit has.\n" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (["--base", "nosuch"], "Check the spelling: this checkout has no remote to fetch it from."),
        ([], "This checkout has no remote: name the branch to compare with, as --base main."),
    ],
)
def test_a_base_that_is_not_there(
    run: Run, tmp_path: Path, arguments: list[str], hint: str
) -> None:
    repository.git(tmp_path, "init", "--quiet", "--initial-branch=main")
    repository.git(tmp_path, "commit", "--quiet", "--allow-empty", "-m", "first")
    done = run("preview", RUFF, *arguments, cwd=tmp_path)
    assert (done.returncode, done.stderr.splitlines()[-1]) == (3, f"  {hint}")


def test_a_port_that_speaks_no_https(run: Run, sandbox: Sandbox) -> None:
    url = sandbox.url.replace("http:", "https:")
    done = run("report", "list", **settings(sandbox, BITBUCKET_URL=url))
    assert done.returncode == 4
    assert "what answers there does not speak https\n  Check the port of --url" in done.stderr


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("127.0.0.1:7990", "for this machine with http://\n  As in http://127.0.0.1:7990\n"),
        ("localhost:7990/bb", "for this machine with http://\n  As in http://localhost:7990\n"),
        ("bitbucket.example.org", "must begin with https://\n"),
        ("http://127.0.0.1:99999", "what follows the host is no port, a number up to 65535"),
        ("https://ann:hid/den@host", "what follows the host is no port"),
        ("https://bitbucket\u3002org", "holds characters that none has\n  Other letters go as in"),
        ("https://xn--0.com", "--url: is not an address"),
    ],
)
def test_an_address_that_is_none(run: Run, sandbox: Sandbox, url: str, words: str) -> None:
    done = run("report", "list", **settings(sandbox, BITBUCKET_URL=url))
    assert done.returncode == 2
    assert words in done.stderr
    assert not re.search("hid|den|ann", done.stderr)


def test_explain_of_a_file_that_the_repository_has_not(run: Run) -> None:
    done = run("explain", "no/such.py:12", RUFF, "--base", "main")
    assert done.stdout.endswith("is at no/such.py:12, and the commit has no such file\n")
    known = run("explain", "cli.py:1", RUFF, "--base", "main")
    assert known.stdout.endswith("is at cli.py:1\n")


def test_no_summary_of_a_command_is_cut(run: Run) -> None:
    assert "..." not in run("report", "--help").stdout.partition("Commands:")[2]
    assert "gets the reports" not in run("report", "list", "--help").stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--pull-request", "nope:main"], "'nope' is no branch of "),
        (["--checkout", "."], "is in no git repository\n  Name a git checkout"),
        (["--checkout", "nowhere"], "nowhere: is no folder\n"),
    ],
)
def test_what_the_sandbox_cannot_serve(
    run: Run, dotenv: Path, tmp_path: Path, arguments: list[str], message: str
) -> None:
    place = tmp_path if "--checkout" in arguments else dotenv
    done = run("sandbox", "--port", "0", *arguments, cwd=place)
    assert done.returncode == 2
    assert message in done.stderr


def test_a_port_that_is_taken(run: Run) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = run("sandbox", "--port", str(taken.getsockname()[1]))
    assert done.returncode == 2
    assert "in use\n  Choose another port with --port; 0 takes a free one.\n" in done.stderr


@pytest.mark.parametrize("token", [None, "own"])
def test_the_sandbox_prints_what_points_the_others_at_it(
    installed: Path, dotenv: Path, token: str | None
) -> None:
    command: list[str | Path] = [
        installed / "insights-uploader",
        "sandbox",
        "--port",
        "0",
        "--checkout",
        dotenv,
        "--project",
        "~ann",
    ]
    environ = {"PATH": os.environ["PATH"]} | ({"BITBUCKET_TOKEN": token} if token else {})
    with subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        lines = [server.stdout.readline() for _ in range(11 if token else 12)]
        server.terminate()
        rest = server.stdout.read()
    url = lines[0].removeprefix("sandbox: ")
    assert lines[1:4] == [
        f"export BITBUCKET_URL={url}",
        "export BITBUCKET_PROJECT='~ann'\n",
        "export BITBUCKET_REPOSITORY=repo\n",
    ]
    assert lines[4:-7] == ([] if token else ["export BITBUCKET_TOKEN=sandbox-secret\n"])
    assert lines[-7:] == [
        f"export JIRA_SITE={url}",
        f"export JIRA_API_URL={url}",
        "export JIRA_CLIENT_ID=sandbox-client\n",
        "export JIRA_CLIENT_SECRET=sandbox-client-secret\n",
        "# as Bitbucket Cloud:\n",
        f"# export BITBUCKET_URL={url.strip()}/2.0\n",
        "# export BITBUCKET_PROJECT=acme\n",
    ]
    assert rest == ""


def test_what_the_sandbox_prints_opens_all_that_it_is(
    run: Run, installed: Path, dotenv: Path
) -> None:
    """Bitbucket Data Center, as an administrator; Jira; and Bitbucket Cloud."""
    command: list[str | Path] = [installed / "insights-uploader", "sandbox"]
    command += ["--port=0", "--issue=DEMO-7"]
    environ = {"PATH": os.environ["PATH"]}
    with subprocess.Popen(
        command, env=environ, cwd=dotenv, stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdout is not None
        words = [server.stdout.readline().split() for _ in range(12)]
        here = dict(each[1].split("=", 1) for each in words if each[0] == "export")
        cloud = here | dict(each[2].split("=", 1) for each in words if each[:2] == ["#", "export"])
        condition = ("--parent=plan", "--ref=ANY_REF")
        created = run("required-builds", "create", *condition, cwd=dotenv, **here)
        page = "--build-url=https://ci.example.com/1"
        told = run(
            *("jira", "builds", "submit", "--pipeline=web", "--number=1", "--state=failed", page),
            *("--issue-key=DEMO-7", "--issue-key=DEMO-8", "--wait=9"),
            **here,
        )
        built = run("build", "set", "FAILED", page, cwd=dotenv, **cloud)
        server.terminate()
    assert created.returncode == 0, created.stderr
    assert told.stdout == "stored: build web #1 for DEMO-7\n"
    assert told.stderr == "warning: Jira knows no issue DEMO-8\n"
    assert built.returncode == 0, built.stderr
