"""Whatever is wrong with the server: a message that says which, exit 4, and never the token."""

import json
import os
import re
import signal
import socket
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

import pytest
from fixture_records import BANDIT, PYTEST, RUFF
from program import OTHER_TOKEN, TOKEN, Run, settings

from insights_uploader.sandbox.faults import Answer, Delay, Drop
from insights_uploader.sandbox.server import Sandbox

HTML = Answer(200, "<html><h1>Log in</h1></html>", {"content-type": "text/html"})


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ({"BITBUCKET_TOKEN": "wrong-token"}, "the token is not accepted"),
        ({"BITBUCKET_PROJECT": "NOPE"}, "Check --project"),
        ({"BITBUCKET_REPOSITORY": "nope"}, "Check --repository"),
    ],
)
def test_a_wrong_setting_is_named(
    run: Run, sandbox: Sandbox, setting: Mapping[str, str], words: str
) -> None:
    done = run("publish", BANDIT, "--base", "main", **settings(sandbox, **setting))
    assert done.returncode == 4
    assert words in done.stderr
    assert setting.get("BITBUCKET_TOKEN", TOKEN) not in done.stdout + done.stderr


def test_a_commit_that_the_server_does_not_have(
    run: Run, sandbox: Sandbox, dotenv: Path, tmp_path: Path
) -> None:
    import repository

    clone = tmp_path / "clone"
    repository.git(tmp_path, "clone", "--quiet", str(dotenv), str(clone))
    repository.git(clone, "commit", "--quiet", "--allow-empty", "-m", "not pushed")
    done = run("publish", BANDIT, "--base", "origin/main", cwd=clone, **settings(sandbox))
    assert done.returncode == 4
    assert "The server does not have this commit" in done.stderr


def test_basic_authentication(run: Run, dotenv: Path) -> None:
    from insights_uploader.sandbox.server import serve
    from insights_uploader.sandbox.settings import Permission, SandboxSettings, User

    users = (User("ann", "pass:word"), User("bob", "secret", permission=Permission.NONE))
    with serve(SandboxSettings(checkout=dotenv, users=users)) as sandbox:
        unset = {"BITBUCKET_TOKEN": ""}
        ann = {"BITBUCKET_USERNAME": "ann", "BITBUCKET_PASSWORD": "pass:word"} | unset
        done = run("publish", BANDIT, "--base", "main", **settings(sandbox, **ann))
        assert done.returncode == 0, done.stderr
        bob = {"BITBUCKET_USERNAME": "bob", "BITBUCKET_PASSWORD": "secret"} | unset
        done = run("publish", BANDIT, "--base", "main", **settings(sandbox, **bob))
        assert done.returncode == 4
        assert "is accepted and may not do this" in done.stderr
        assert "secret" not in done.stdout + done.stderr


def test_a_token_file(run: Run, sandbox: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "token").write_text(TOKEN + "\n")
    arguments = ["--base", "main", "--token-file", tmp_path / "token"]
    done = run("publish", BANDIT, *arguments, **settings(sandbox, BITBUCKET_TOKEN=""))
    assert done.returncode == 0, done.stderr


def test_no_server_there(run: Run, sandbox: Sandbox) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"
        there = settings(sandbox, BITBUCKET_URL=url, INSIGHTS_UPLOADER_TRIES="2")
        done = run("publish", BANDIT, "--base", "main", **there)
    assert done.returncode == 4
    assert "cannot reach the server" in done.stderr


@pytest.mark.parametrize("name", ["..", "."])
def test_a_name_that_would_lead_elsewhere_is_sent_nowhere(
    run: Run, sandbox: Sandbox, name: str
) -> None:
    there = settings(sandbox, BITBUCKET_REPOSITORY=name)
    done = run("publish", BANDIT, "--base", "main", **there)
    assert done.returncode == 2
    assert f"{name!r} is no name in an address" in done.stderr
    assert sandbox.requests == []


def test_a_wrong_context_path(run: Run, sandbox: Sandbox) -> None:
    url = sandbox.url + "/stash"
    done = run("publish", BANDIT, "--base", "main", **settings(sandbox, BITBUCKET_URL=url))
    assert done.returncode == 4
    assert "does not know this address" in done.stderr


@pytest.mark.parametrize("pasted", ["/", "/rest", "/rest/api/1.0"])
def test_what_people_paste_after_the_address_is_cut(
    run: Run, sandbox: Sandbox, pasted: str
) -> None:
    done = run(
        "publish", BANDIT, "--base", "main", **settings(sandbox, BITBUCKET_URL=sandbox.url + pasted)
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("action", "method", "words"),
    [
        (HTML, "PUT", "a web page, not JSON"),
        (HTML, "GET", "a web page, not JSON"),
        (Answer(302, "", {"location": "https://sso.example.org/"}), "PUT", "sends us elsewhere (302)"),
        (Answer(429, '{"message":"slow down"}', {"content-type": "application/json"}), "PUT", "too many requests"),
        (Answer(403, "XSRF check failed", {"content-type": "text/plain"}), "PUT", "the server refuses (403)"),
        (Answer(200, "{", {"content-type": "application/json"}), "PUT", "broken JSON"),
        (Answer(200, "[]", {"content-type": "application/json"}), "GET", "no JSON object"),
        (Drop(), "PUT", "PUT http"),
    ],
)  # fmt: skip
def test_an_odd_answer_is_explained(
    run: Run, sandbox: Sandbox, action: Answer | Drop, method: str, words: str
) -> None:
    sandbox.faults.add(action, method=method)
    once = settings(sandbox, INSIGHTS_UPLOADER_TRIES="1")
    done = run("publish", BANDIT, "--base", "main", **once)
    assert done.returncode in (4, 5), done.stderr
    assert words in done.stderr
    assert TOKEN not in done.stdout + done.stderr


@pytest.mark.parametrize("method", ["GET", "PUT"])
@pytest.mark.parametrize("action", [Answer(429, headers={"Retry-After": "1"}), Answer(503), Drop()])
def test_what_passes_is_tried_again_and_told(
    run: Run, sandbox: Sandbox, action: Answer | Drop, method: str
) -> None:
    sandbox.faults.add(action, method=method)
    done = run("publish", BANDIT, "--base", "main", **settings(sandbox))
    assert done.returncode == 0, done.stderr
    assert f"{method} http" in done.stderr
    assert "trying again in " in done.stderr
    assert TOKEN not in done.stdout + done.stderr


@pytest.mark.parametrize("action", [Drop(), Drop(applied=True), Answer(502, applied=True)])
def test_a_lost_answer_to_the_annotations_costs_nothing(
    run: Run, sandbox: Sandbox, action: Answer | Drop
) -> None:
    sandbox.faults.add(action, method="POST")
    done = run("publish", BANDIT, "--base", "main", **settings(sandbox))
    assert done.returncode == 0, done.stderr
    assert "PASS, 6 annotations confirmed" in done.stdout


@pytest.mark.parametrize(("results", "code"), [(BANDIT, 0), (PYTEST, 1)])
def test_a_team_that_does_not_let_the_upload_stop_a_build(
    run: Run, sandbox: Sandbox, tmp_path: Path, results: Path, code: int
) -> None:
    receipt = tmp_path / "receipt.json"
    sandbox.faults.add(Answer(401), times=None)
    arguments = ["--base", "main", "--receipt", receipt, "--on-upload-error", "warn"]
    done = run("publish", results, *arguments, **settings(sandbox))
    assert done.returncode == code
    assert "warning: code-insights: GET http" in done.stderr
    assert "the token is not accepted" in json.loads(receipt.read_text())["error"]
    assert TOKEN not in done.stdout + done.stderr


@pytest.mark.parametrize("sandbox", [{"annotation_limit": 4}], indirect=True)
def test_a_server_that_takes_less_than_planned(run: Run, sandbox: Sandbox, tmp_path: Path) -> None:
    receipt = tmp_path / "receipt.json"
    arguments = ["--base", "main", "--receipt", receipt]
    done = run("publish", BANDIT, *arguments, **settings(sandbox))
    assert done.returncode == 0, done.stderr
    assert "takes 4 annotations; the last 2 in rank are left out" in done.stderr
    content = json.loads(receipt.read_text())
    assert content["target"]["limit"] == 4
    ends = content["ledger"]["dispositions"]
    assert (ends["over-cap"], ends["published"]) == (2, 4)
    assert content["confirmed"][0]["over_cap"] == 2


def test_reports_that_are_not_of_this_run_are_named_and_deleted_on_demand(
    run: Run, sandbox: Sandbox, dotenv: Path
) -> None:
    def keys() -> set[str]:
        [commit] = sandbox.store.commits()
        return {report.key for report in sandbox.store.reports(commit)}

    def publish(results: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
        return run("publish", results, "--base", "main", *arguments, **settings(sandbox))

    publish(BANDIT, "--key", "other")
    publish(BANDIT, "--key", "ours")
    done = publish(RUFF, "--key", "ours")
    assert "not of this run: ours.bandit; --prune deletes it" in done.stdout
    assert keys() == {"other.bandit", "ours.bandit", "ours.ruff"}
    done = publish(RUFF, "--key", "ours", "--prune")
    assert "deleted ours.bandit: it was not of this run" in done.stderr
    assert keys() == {"other.bandit", "ours.ruff"}


def test_a_longer_prefix_is_another_one(run: Run, sandbox: Sandbox) -> None:
    """A build of two steps, `ci` and `ci.web`: the first deletes nothing of the second."""
    for results, prefix in ((BANDIT, "ci.web"), (RUFF, "ci")):
        arguments = ("--base", "main", "--key", prefix, "--exit-zero")
        environ = settings(sandbox, INSIGHTS_UPLOADER_PRUNE="1")
        done = run("publish", results, *arguments, **environ)
        assert done.returncode == 0, done.stderr
    [commit] = sandbox.store.commits()
    assert {report.key for report in sandbox.store.reports(commit)} == {"ci.web.bandit", "ci.ruff"}


def test_what_cannot_be_deleted_is_told(run: Run, sandbox: Sandbox) -> None:
    arguments = ("--base", "main", "--prune")
    other = settings(sandbox, BITBUCKET_TOKEN=OTHER_TOKEN)
    run("publish", BANDIT, "--base", "main", **other)
    done = run("publish", RUFF, "--exit-zero", *arguments, **settings(sandbox))
    assert done.returncode == 5
    assert "All reports are published; not all others are deleted." in done.stderr
    assert "insights-uploader.ruff: FAIL, 36 annotations confirmed" in done.stdout


def test_the_token_goes_nowhere_else(run: Run, sandbox: Sandbox) -> None:
    sandbox.faults.add(Answer(307, "", {"location": sandbox.url + "/elsewhere"}), method="PUT")
    done = run("publish", BANDIT, "--base", "main", **settings(sandbox))
    assert done.returncode == 4
    assert [request.method for request in sandbox.requests] == ["GET", "PUT"]


def test_the_gates_word_outranks_the_servers_trouble(run: Run, sandbox: Sandbox) -> None:
    done = run("publish", PYTEST, "--base", "main", **settings(sandbox, BITBUCKET_TOKEN="wrong"))
    assert done.returncode == 1
    assert "the token is not accepted" in done.stderr


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ({"BITBUCKET_URL": ""}, "--url is missing"),
        ({"BITBUCKET_PROJECT": ""}, "--project is missing"),
        ({"BITBUCKET_TOKEN": ""}, "there is no token"),
        ({"BITBUCKET_TOKEN": '"t0ken"'}, "has a quotation mark around it"),
        ({"BITBUCKET_TOKEN": "$BB_TOKEN"}, "is the name of a variable"),
        ({"BITBUCKET_REPOSITORY": "PRJ/repo"}, "'PRJ/repo': holds a slash"),
        ({"BITBUCKET_TOKEN": "two words"}, "characters that no token has"),
        ({"BITBUCKET_URL": "https://user:pass@host/"}, "no user name or password"),
        ({"BITBUCKET_URL": "bitbucket.example.org"}, "must begin with https://"),
    ],
)
def test_a_setting_that_cannot_work_is_told_before_anything_is_read(
    run: Run, sandbox: Sandbox, setting: Mapping[str, str], words: str
) -> None:
    done = run("publish", "no-such-file.xml", **settings(sandbox, **setting))
    assert done.returncode == 2
    assert words in done.stderr
    assert not re.search("pass@|two words", done.stderr)
    assert sandbox.requests == []


def test_an_interrupted_run_says_what_it_leaves(
    installed: Path, dotenv: Path, sandbox: Sandbox, tmp_path: Path
) -> None:
    receipt = tmp_path / "receipt.json"
    run_it: list[str | Path] = [
        installed / "insights-uploader",
        "publish",
        BANDIT,
        "--base",
        "main",
    ]
    environ = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), **settings(sandbox)}
    subprocess.run(run_it, cwd=dotenv, env=environ, capture_output=True, check=True)
    sandbox.faults.add(Delay(30), method="PUT", times=None)
    command: list[str | Path] = [*run_it, "--force", "--receipt", receipt]
    with subprocess.Popen(
        command,
        cwd=dotenv,
        env=environ,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        before = len([r for r in sandbox.requests if r.method == "PUT"])
        while len([r for r in sandbox.requests if r.method == "PUT"]) == before:
            assert process.poll() is None
            time.sleep(0.05)
        process.send_signal(signal.SIGTERM)
        _, words = process.communicate(timeout=30)
    assert process.returncode == 130
    lost = "The older report insights-uploader.bandit is deleted, and no new one is confirmed."
    assert lost in words
    assert lost in json.loads(receipt.read_text())["error"]


def test_a_server_that_is_down_does_not_keep_the_gate_from_judging(
    run: Run, sandbox: Sandbox
) -> None:
    """Where the CI names the pull request, and the team lets no upload stop a build."""
    jenkins = {"JENKINS_URL": "https://ci.example.com/", "CHANGE_ID": "1", "CHANGE_TARGET": "main"}
    jenkins["CHANGE_URL"] = f"{sandbox.url}/projects/PRJ/repos/repo/pull-requests/1"
    sandbox.faults.add(Answer(500), times=None)
    arguments = (PYTEST, "--base", "main", "--on-upload-error", "warn", "--tries", "1")
    done = run("publish", *arguments, **settings(sandbox), **jenkins)
    assert done.returncode == 1
    assert "is not known: GET" in done.stdout


def test_a_receipt_that_cannot_be_kept_hides_no_failure(run: Run, sandbox: Sandbox) -> None:
    sandbox.faults.add(Answer(403), times=None)
    arguments = (BANDIT, "--base", "main", "--receipt", "/dev/full")
    done = run("publish", *arguments, **settings(sandbox))
    assert done.returncode == 4
    assert "403" in done.stderr
    assert "--receipt /dev/full: " in done.stderr


def test_a_stale_failure_that_a_faster_clock_made_is_told(
    run: Run, sandbox: Sandbox, tmp_path: Path
) -> None:
    gone = tmp_path / "gone.sarif"
    place = settings(sandbox)
    done = run("publish", gone, "--base", "main", **place)
    assert done.returncode == 3
    [commit] = sandbox.store.commits()
    [report] = sandbox.store.reports(commit)
    future = {**report.body, "createdDate": report.body["createdDate"] + 300_000}
    sandbox.store.put(commit, report.key, report.owner, future)
    gone.write_bytes(BANDIT.read_bytes())
    done = run("publish", gone, "--base", "main", **place)
    assert f"{report.key} was made after this run and stays" in done.stderr
    done = run("publish", gone, "--base", "main", "--force", **place)
    assert f"deleted {report.key}" in done.stderr
