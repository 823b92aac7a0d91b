"""What doctor says of whole set-ups, good and bad, over HTTP."""

import datetime as dt
import email.utils
import json
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import repository
from fixture_records import BANDIT
from jira import environment
from program import TOKEN, Run

from insights_uploader.sandbox.faults import Answer, Delay, Drop
from insights_uploader.sandbox.recording import RecordedRequest
from insights_uploader.sandbox.server import Sandbox, serve
from insights_uploader.sandbox.settings import (
    AccessToken,
    Permission,
    PullRequest,
    SandboxSettings,
)

JSON = {"content-type": "application/json"}
HTML = Answer(200, "<html>Log in</html>", {"content-type": "text/html"})
TERMINAL = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]")
OF_SERVER = (
    "server", "version", "clock", "token", "repository", "commit", "pull-request", "reports",
    "rate-limit",
)  # fmt: skip
ALL = {
    "settings",
    "ci",
    "plugins",
    "checkout",
    "files",
    "changes",
    "limit",
    "merge-checks",
    *OF_SERVER,
}

Checks = Mapping[str, Mapping[str, Any]]


@pytest.fixture
def server(dotenv: Path) -> Iterator[Sandbox]:
    """A server with a pull request whose head is checked out."""
    branch = repository.git(dotenv, "rev-parse", "--abbrev-ref", "HEAD").strip()
    settings = SandboxSettings(
        checkout=dotenv,
        tokens=(
            AccessToken("ci", TOKEN),
            AccessToken("stranger", "a-strangers", permission=Permission.NONE),
        ),
        pull_requests=(PullRequest(7, branch, "main"),),
    )
    with serve(settings) as sandbox:
        yield sandbox


def settings(sandbox: Sandbox, **other: str) -> dict[str, str]:
    return {
        "BITBUCKET_URL": sandbox.url,
        "BITBUCKET_PROJECT": "PRJ",
        "BITBUCKET_REPOSITORY": "repo",
        "BITBUCKET_TOKEN": TOKEN,
        "INSIGHTS_UPLOADER_BASE": "main",
    } | other


def checks(
    run: Run, environ: Mapping[str, str], *arguments: str, code: int = 0, cwd: Path | None = None
) -> Checks:
    """All checks by name; each run names every one, whatever fails, and no run shows the token."""
    place: dict[str, Any] = {} if cwd is None else {"cwd": cwd}
    done = run("doctor", "--json", *arguments, **place, **environ)
    assert done.returncode == code, done.stdout + done.stderr
    assert done.stderr == ""
    assert not TERMINAL.search(done.stdout)
    for name in ("BITBUCKET_TOKEN", "BITBUCKET_PASSWORD"):
        if environ.get(name):
            assert environ[name] not in done.stdout
    listed = json.loads(done.stdout)["checks"]
    found = {check["name"]: check for check in listed}
    assert len(found) == len(listed)
    assert set(found) == ALL
    return found


def statuses(found: Checks, status: str) -> set[str]:
    return {name for name, check in found.items() if check["status"] == status}


def has_token(request: RecordedRequest) -> bool:
    return request.headers.get("authorization", "").startswith("Bearer")


def test_a_good_set_up_passes(run: Run, server: Sandbox, dotenv: Path) -> None:
    head = repository.git(dotenv, "rev-parse", "HEAD").strip()
    base = repository.git(dotenv, "merge-base", "main", "HEAD").strip()
    found = checks(run, settings(server))
    assert statuses(found, "failed") == statuses(found, "warned") == set()
    assert statuses(found, "not checked") == {"clock", "merge-checks"}  # this server has no clock
    assert head in found["commit"]["words"]
    assert base in found["changes"]["words"]
    assert f"its head is {head}" in found["pull-request"]["words"]
    assert "as ci" in found["token"]["words"]
    assert found["version"]["words"].startswith("Bitbucket 9.4.22")
    details = found["settings"]["details"]
    assert f"url = {server.url} (the environment: BITBUCKET_URL)" in details
    assert "base = main (the environment: INSIGHTS_UPLOADER_BASE)" in details


def test_nothing_that_it_sends_changes_anything(run: Run, server: Sandbox) -> None:
    checks(run, settings(server))
    assert {request.method for request in server.requests} == {"GET"}
    first, *others = map(has_token, server.requests)
    assert not first  # strangers are told the version
    assert all(others)


def test_as_text_each_line_has_its_remedy(run: Run, server: Sandbox) -> None:
    done = run("doctor", **settings(server, BITBUCKET_PROJECT="NOPE"))
    assert done.returncode == 4
    assert "passed       token: it is accepted, as ci" in done.stdout
    assert re.search(r"failed       repository: .*\n {13}Check --project", done.stdout)
    assert re.search(r"\d+ passed, 1 failed, \d+ not checked\n$", done.stdout)
    quiet = run("doctor", "-q", **settings(server, BITBUCKET_PROJECT="NOPE"))
    assert quiet.stdout.startswith("failed ")
    assert "passed" not in quiet.stdout


def test_without_a_server_it_fails_as_publish_does(run: Run, sandbox: Sandbox) -> None:
    found = checks(run, {}, "--base", "main", code=2)
    assert statuses(found, "failed") == {"server"}
    assert statuses(found, "not checked") == {*OF_SERVER, "merge-checks"} - {"server"}
    assert found["server"]["words"] == "--url is missing"
    quiet = run("doctor", "-q", "--base", "main")
    assert (quiet.returncode, quiet.stdout[:6]) == (2, "failed")


def test_of_two_variables_the_one_that_counts_is_named(run: Run, server: Sandbox) -> None:
    environ = settings(server, INSIGHTS_UPLOADER_URL="http://127.0.0.1:9")
    assert (
        f"url = {server.url} (the environment: BITBUCKET_URL)"
        in (checks(run, environ)["settings"]["details"])
    )


def test_a_settings_file_that_does_not_count_is_named(
    run: Run, server: Sandbox, dotenv: Path, tmp_path: Path
) -> None:
    clone = tmp_path / "clone"
    repository.git(tmp_path, "clone", "--quiet", str(dotenv), str(clone))
    (clone / "insights-uploader.toml").write_text("context = 2\n")
    (clone / "pyproject.toml").write_text("[tool.insights-uploader]\ncontext = 1\n")
    environ = settings(server, INSIGHTS_UPLOADER_BASE="origin/main")
    details = checks(run, environ, cwd=clone)["settings"]["details"]
    assert "context = 2 (insights-uploader.toml)" in details
    assert "pyproject.toml is ignored: insights-uploader.toml comes before it" in details


def test_without_a_checkout_the_server_is_checked(
    run: Run, server: Sandbox, tmp_path: Path
) -> None:
    found = checks(run, settings(server), code=3, cwd=tmp_path)
    assert statuses(found, "failed") == {"checkout", "commit"}
    assert {"server", "version", "token", "repository"} <= statuses(found, "passed")


def test_no_server_there(run: Run, server: Sandbox) -> None:
    found = checks(run, settings(server, BITBUCKET_URL="http://127.0.0.1:9"), code=4)
    assert statuses(found, "failed") == {"server"}
    assert "cannot reach the server" in found["server"]["words"]
    assert statuses(found, "not checked") >= {*OF_SERVER} - {"server"}


LIMITS: Sequence[tuple[Sequence[str], Mapping[str, str]]] = (
    (("--tries", "3", "--deadline", "20"), {}),
    ((), {"INSIGHTS_UPLOADER_TRIES": "3", "INSIGHTS_UPLOADER_DEADLINE": "20"}),
)


@pytest.mark.parametrize(("arguments", "environ"), LIMITS)
def test_it_tries_again_as_often_as_it_is_told(
    run: Run, server: Sandbox, arguments: Sequence[str], environ: Mapping[str, str]
) -> None:
    server.faults.add(Answer(503), times=2)
    done = run("doctor", *arguments, **settings(server, **environ))
    assert done.returncode == 0, done.stdout
    assert done.stderr.count("the server said 503; trying again in ") == 2


def test_and_else_once_so_that_what_fails_now_and_then_is_seen(run: Run, server: Sandbox) -> None:
    server.faults.add(Answer(503))
    assert statuses(checks(run, settings(server), code=4), "failed") == {"server"}
    assert len(server.requests) == 1


@pytest.mark.parametrize("path", ["application-properties", "repos/repo$"])
@pytest.mark.parametrize(
    ("arguments", "environ"),
    [(["--deadline", "1"], {}), ([], {"INSIGHTS_UPLOADER_DEADLINE": "1"})],
)
def test_it_ends_by_the_deadline(
    run: Run, server: Sandbox, path: str, arguments: Sequence[str], environ: Mapping[str, str]
) -> None:
    server.faults.add(Delay(40), path=path, times=None)
    start = time.monotonic()
    found = checks(run, settings(server, **environ), *arguments, code=4)
    assert time.monotonic() - start < 20
    failing = "server" if path == "application-properties" else "repository"
    assert found[failing]["status"] == "failed"
    assert "no answer in time" in found[failing]["words"]


def test_a_wrong_token_is_sent_once(run: Run, server: Sandbox) -> None:
    """The account would be locked."""
    found = checks(run, settings(server, BITBUCKET_TOKEN="wrong-token"), code=4)
    assert statuses(found, "failed") == {"token"}
    assert "Check BITBUCKET_TOKEN" in found["token"]["remedy"]
    assert {"server", "version", "changes"} <= statuses(found, "passed")
    assert sum(map(has_token, server.requests)) == 1


@pytest.mark.parametrize(
    ("setting", "code", "name", "words"),
    [
        ({"BITBUCKET_TOKEN": ""}, 2, "token", "there is no token"),
        ({"BITBUCKET_TOKEN": "two words"}, 2, "token", "characters that no token has"),
        ({"BITBUCKET_TOKEN": "a-strangers"}, 4, "repository", "may not do this"),
        ({"BITBUCKET_PROJECT": "NOPE"}, 4, "repository", "Project NOPE does not exist"),
        ({"BITBUCKET_REPOSITORY": "nope"}, 4, "repository", "PRJ/nope does not exist"),
        ({"BITBUCKET_PROJECT": ""}, 2, "repository", "--project is missing"),
        ({"BITBUCKET_REPOSITORY": "PRJ/repo"}, 2, "repository", "'PRJ/repo': holds a slash"),
        ({"BITBUCKET_URL": ""}, 2, "server", "--url is missing"),
        ({"INSIGHTS_UPLOADER_FAIL_ON": "x"}, 2, "settings", "INSIGHTS_UPLOADER_FAIL_ON: 'x'"),
        ({"INSIGHTS_UPLOADER_CONTEXT": "a"}, 2, "settings", "CONTEXT: 'a' is no whole number"),
        ({"BITBUCKET_URL": "bitbucket.example.org"}, 2, "server", "must begin with https://"),
        ({"BITBUCKET_URL": "https://ann:hidden@h/"}, 2, "server", "no user name or password"),
        ({"INSIGHTS_UPLOADER_BASE": "nope"}, 3, "changes", "nope: names no commit"),
        ({"INSIGHTS_UPLOADER_PULL_REQUEST": "8"}, 4, "changes", "does not exist"),
        ({"INSIGHTS_UPLOADER_FAIL_UN": "low"}, 2, "settings", "there is no such setting"),
        ({"HTTP_PROXY": "ftp://x"}, 2, "server", "HTTP_PROXY"),
        ({"INSIGHTS_UPLOADER_TOKEN_FILE": "/nope"}, 2, "token", "/nope"),
    ],
)  # fmt: skip
def test_a_wrong_setting_is_the_one_that_fails(
    run: Run, server: Sandbox, setting: Mapping[str, str], code: int, name: str, words: str
) -> None:
    found = checks(run, settings(server, **setting), code=code)
    assert statuses(found, "failed") == {name}
    assert words in found[name]["words"]
    if name == "repository":
        assert found["token"]["status"] == "passed"
    assert "hidden" not in str(found)


def test_a_commit_that_the_server_does_not_have(
    run: Run, server: Sandbox, dotenv: Path, tmp_path: Path
) -> None:
    clone = tmp_path / "clone"
    repository.git(tmp_path, "clone", "--quiet", str(dotenv), str(clone))
    repository.git(clone, "commit", "--quiet", "--allow-empty", "-m", "not pushed")
    environ = settings(server, INSIGHTS_UPLOADER_BASE="origin/main")
    found = checks(run, environ, code=4, cwd=clone)
    assert statuses(found, "failed") == {"commit"}
    assert "Push it first" in found["commit"]["remedy"]
    assert statuses(found, "not checked") >= {"reports", "pull-request"}


def test_a_commit_that_is_no_longer_the_head(run: Run, dotenv: Path, tmp_path: Path) -> None:
    origin, clone = tmp_path / "origin", tmp_path / "clone"
    repository.git(tmp_path, "clone", "--quiet", str(dotenv), str(origin))
    repository.git(origin, "commit", "--quiet", "--allow-empty", "-m", "pushed since")
    repository.git(origin, "branch", "--quiet", "--track", "main", "origin/main")
    repository.git(tmp_path, "clone", "--quiet", str(origin), str(clone))
    repository.git(clone, "checkout", "--quiet", "HEAD^")
    newest = repository.git(origin, "rev-parse", "HEAD").strip()
    branch = repository.git(origin, "rev-parse", "--abbrev-ref", "HEAD").strip()
    pulls, tokens = (PullRequest(7, branch, "main"),), (AccessToken("ci", TOKEN),)
    with serve(SandboxSettings(checkout=origin, tokens=tokens, pull_requests=pulls)) as server:
        found = checks(run, settings(server, INSIGHTS_UPLOADER_BASE="origin/main"), cwd=clone)
    assert statuses(found, "warned") == {"pull-request"}
    assert f"its head is {newest}, and not " in found["pull-request"]["words"]


def test_a_commit_of_no_pull_request(
    run: Run, server: Sandbox, dotenv: Path, tmp_path: Path
) -> None:
    clone = tmp_path / "clone"
    repository.git(tmp_path, "clone", "--quiet", str(dotenv), str(clone))
    repository.git(clone, "checkout", "--quiet", "HEAD^")
    found = checks(run, settings(server, INSIGHTS_UPLOADER_BASE="origin/main"), cwd=clone)
    assert statuses(found, "warned") == {"pull-request"}
    assert "no open pull request has" in found["pull-request"]["words"]


def test_a_merge_by_the_ci_is_told_apart_from_the_head(
    run: Run, server: Sandbox, dotenv: Path, tmp_path: Path
) -> None:
    clone = tmp_path / "clone"
    repository.git(tmp_path, "clone", "--quiet", str(dotenv), str(clone))
    head = repository.git(clone, "rev-parse", "HEAD").strip()
    repository.git(clone, "checkout", "--quiet", "--detach")
    target = repository.git(
        clone, "commit-tree", "-p", "origin/main", "-m", "m", "origin/main^{tree}"
    )
    repository.git(clone, "merge", "--quiet", "--no-edit", target.strip())
    environ = {"CI": "woodpecker", "CI_COMMIT_PULL_REQUEST": "7", "CI_REPO_NAME": "repo"}
    environ |= settings(server, INSIGHTS_UPLOADER_BASE="origin/main")
    found = checks(run, environ, "--pull-request", "7", cwd=clone)
    assert head in found["commit"]["words"]
    assert statuses(found, "warned") <= {"changes", "ci"}
    assert any("HEAD is a merge" in line for line in found["changes"]["details"])
    assert found["pull-request"]["status"] == "passed"


def test_what_differs_on_disk_and_a_shallow_clone_are_told(
    run: Run, dotenv: Path, tmp_path: Path
) -> None:
    clone = tmp_path / "clone"
    repository.git(tmp_path, "clone", "--quiet", "--depth=1", f"file://{dotenv}", str(clone))
    (clone / "README.md").write_text("other\n")
    found = checks(run, {}, "--base", "HEAD", code=2, cwd=clone)
    assert statuses(found, "warned") == {"files"}
    assert found["files"]["details"] == ["README.md"]
    assert "the clone is shallow" in found["checkout"]["words"]
    found = checks(run, {}, "--base", "origin/main", code=2, cwd=clone)
    assert statuses(found, "failed") == {"server", "changes"}
    assert "git fetch" in found["changes"]["remedy"]


def test_the_ci_and_what_of_it_is_ignored_are_told(run: Run) -> None:
    environ = {
        "JENKINS_URL": "https://jenkins.example.com/",
        "BITBUCKET_PULL_REQUEST_ID": "x;rm",
        "GITLAB_CI": "true",
    }
    found = checks(run, environ, "--base", "main", code=2)  # for want of a server
    assert found["ci"]["status"] == "warned"
    assert found["ci"]["words"].startswith("Jenkins")
    assert any("BITBUCKET_PULL_REQUEST_ID" in line for line in found["ci"]["details"])
    assert any("GitLab" in line for line in found["ci"]["details"])
    assert "x;rm" not in str(found)


@pytest.mark.parametrize(
    ("off", "status", "words"),
    [(0, "passed", "within"), (-600, "warned", "ahead of"), (600, "warned", "behind")],
)
def test_the_clock_is_held_against_the_servers(
    run: Run, server: Sandbox, off: int, status: str, words: str
) -> None:
    moment = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=off)
    date = email.utils.format_datetime(moment, usegmt=True)
    server.faults.add(Answer(200, '{"version": "8.19.1"}', {**JSON, "date": date}))
    found = checks(run, settings(server))
    assert found["clock"]["status"] == status
    assert words in found["clock"]["words"]


@pytest.mark.parametrize(
    ("headers", "status", "words"),
    [
        ({"x-ratelimit-limit": "60", "x-ratelimit-remaining": "59"}, "passed", "59 of 60"),
        ({"x-ratelimit-limit": "60", "x-ratelimit-remaining": "2"}, "warned", "2 of 60"),
        ({"x-ratelimit-remaining": "9" * 500}, "not checked", "cannot be read"),
        ({"x-ratelimit-remaining": "-1"}, "not checked", "cannot be read"),
        ({}, "passed", "names none"),
    ],
)
def test_the_requests_that_are_left(
    run: Run, server: Sandbox, dotenv: Path, headers: Mapping[str, str], status: str, words: str
) -> None:
    head = repository.git(dotenv, "rev-parse", "HEAD").strip()
    answer = Answer(200, json.dumps({"id": head}), {**JSON, **headers})
    server.faults.add(answer, path=f"commits/{head}$")
    found = checks(run, settings(server))
    assert found["rate-limit"]["status"] == status
    assert words in found["rate-limit"]["words"]


@pytest.mark.parametrize(
    ("version", "code"), [("5.14.3", 4), ("4.0.0", 4), ("10.2.0", 0), ("5.15.0", 0)]
)
def test_a_server_without_code_insights(run: Run, server: Sandbox, version: str, code: int) -> None:
    server.faults.add(Answer(200, json.dumps({"version": version}), JSON))
    found = checks(run, settings(server), code=code)
    assert (found["version"]["status"] == "failed") == bool(code)


HOSTILE = (
    HTML,
    Answer(200, "{", JSON),
    Answer(200, "[]", JSON),
    Answer(200, '{"version": 9, "slug": [], "id": {}, "values": null}', JSON),
    Answer(200, "[" * 100_000, JSON),
    Answer(302, "", {"location": "https://sso.example.org/"}),
    Answer(503, "\x1b[2J", {"content-type": "text/\u009b"[:5]}),
    Drop(),
)


@pytest.mark.parametrize("action", HOSTILE)
@pytest.mark.parametrize(
    ("path", "failing"),
    [
        ("application-properties", "server"),
        ("repos/repo$", "repository"),
        ("commits/[0-9a-f]+$", "commit"),
    ],
)
def test_a_hostile_answer_fails_its_own_check_only(
    run: Run, server: Sandbox, path: str, failing: str, action: Answer | Drop
) -> None:
    server.faults.add(action, path=path, times=None)
    found = checks(run, settings(server), code=4)
    assert statuses(found, "failed") == {failing}


def test_hostile_words_move_no_terminal(run: Run, server: Sandbox, dotenv: Path) -> None:
    evil = "\x1b]0;title\x07\u009b2J\u202e"
    body = {"errors": [{"context": None, "message": evil + TOKEN, "exceptionName": None}]}
    server.faults.add(Answer(404, json.dumps(body), JSON), path="repos/repo$", times=None)
    server.faults.add(Answer(200, json.dumps({"version": evil}), JSON))
    found = checks(run, settings(server), code=4)
    assert statuses(found, "warned") == {"version"}
    server.faults.add(Answer(200, json.dumps({"version": evil}), JSON))
    done = run("doctor", **settings(server))
    assert not TERMINAL.search(done.stdout)
    assert TOKEN not in done.stdout


def test_the_token_is_not_shown_wherever_it_stands(
    run: Run, server: Sandbox, tmp_path: Path
) -> None:
    (tmp_path / "token").write_text(TOKEN)
    environ = settings(server, BITBUCKET_TOKEN="", INSIGHTS_UPLOADER_TITLE=f"of {TOKEN}")
    for arguments in ((), ("--json",)):
        server.faults.add(Answer(200, json.dumps({"version": TOKEN}), JSON))
        done = run("doctor", *arguments, "--token-file", tmp_path / "token", **environ)
        assert done.returncode == 0, done.stdout
        assert TOKEN not in done.stdout + done.stderr
        assert "title = of ***" in done.stdout


def test_an_answer_of_another_commit_is_none(run: Run, server: Sandbox) -> None:
    server.faults.add(Answer(200, json.dumps({"id": "0" * 40}), JSON), path="commits/[0-9a-f]+$")
    found = checks(run, settings(server), code=4)
    assert statuses(found, "failed") == {"commit"}


def test_what_it_finds_good_publishes(run: Run, server: Sandbox) -> None:
    checks(run, settings(server))
    assert run("publish", BANDIT, **settings(server)).returncode == 0
    assert "has 1, 1 with our prefix" in checks(run, settings(server))["reports"]["words"]


def jira(sandbox: Sandbox, **other: str) -> dict[str, str]:
    return settings(sandbox) | environment(sandbox) | other


TO_NAMES = ("jira-builds", "jira-devinfo")
TO_JIRA = ("--to=code-insights", "--to=jira-builds", "--to=jira-devinfo")


def examined(run: Run, environ: Mapping[str, str]) -> Checks:
    done = run("doctor", "--json", *TO_JIRA, **environ)
    return {each["name"]: each for each in json.loads(done.stdout)["checks"]}


def test_the_login_at_jira_is_tried_where_a_run_is_to_go_there(run: Run, server: Sandbox) -> None:
    assert "jira-builds" not in checks(run, settings(server))
    found = examined(run, jira(server))
    assert {found[name]["status"] for name in TO_NAMES} == {"passed"}
    assert {each.method for each in server.requests if "/jira/" in each.path} == {"GET"}


def test_a_jira_that_would_refuse_the_run_is_told(run: Run, server: Sandbox) -> None:
    nowhere = examined(run, jira(server, JIRA_SITE=""))
    assert nowhere["jira-builds"]["words"] == "JIRA_SITE is missing"
    wrong = examined(run, jira(server, JIRA_CLIENT_SECRET="of-another"))
    assert (wrong["jira-builds"]["status"], wrong["jira-builds"]["exit_code"]) == ("failed", 4)
    assert "of-another" not in str(wrong)
    server.faults.add(Answer(403), path="/jira/devinfo/")
    partly = examined(run, jira(server))
    assert [partly[name]["status"] for name in TO_NAMES] == ["passed", "failed"]
