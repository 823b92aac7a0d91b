"""What a commit has on the server, seen and changed from the command line."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import repository
from fixture_records import BANDIT, ROOT
from program import OTHER_TOKEN, TOKEN, Run, settings

from insights_uploader.sandbox.faults import Answer
from insights_uploader.sandbox.server import Sandbox

JSON = {"content-type": "application/json"}
TERMINAL = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]")
ANNOTATIONS: tuple[Mapping[str, Any], ...] = (
    {"externalId": "a", "message": "eval", "severity": "HIGH", "type": "BUG", "path": "a.py", "line": 3},
    {"externalId": "b", "message": "style", "severity": "LOW", "type": "CODE_SMELL", "path": "b.py"},
    {"externalId": "c", "message": "no place", "severity": "LOW"},
)  # fmt: skip


@pytest.fixture
def head(dotenv: Path) -> str:
    return repository.git(dotenv, "rev-parse", "HEAD").strip()


@pytest.fixture
def stored(sandbox: Sandbox, head: str) -> Sandbox:
    """A server with two reports on HEAD, the first with three annotations."""
    body = {
        "title": "Lint",
        "result": "FAIL",
        "createdDate": 1_700_000_000_000,
        "details": "one\ntwo",
    }
    data = [{"title": "Files", "type": "NUMBER", "value": 7}]
    report = sandbox.store.put(head, "ci.lint", "ci", {**body, "data": data})
    sandbox.store.add(report, ANNOTATIONS)
    sandbox.store.put(head, "ci.test", "ci", {"title": "Tests", "result": "PASS", "data": []})
    return sandbox


def keys(sandbox: Sandbox, commit: str) -> list[str]:
    return [report.key for report in sandbox.store.reports(commit)]


def ids(sandbox: Sandbox, commit: str) -> list[str]:
    report = sandbox.store.report(commit, "ci.lint")
    assert report is not None
    return [each["externalId"] for each in report.annotations]


def test_reports_are_listed_and_shown(run: Run, stored: Sandbox, head: str) -> None:
    listed = run("report", "list", **settings(stored))
    assert listed.returncode == 0, listed.stderr
    assert f"commit {head} of PRJ/repo" in listed.stdout
    assert "ci.lint  FAIL  Lint, made 2023-11-14 22:13:20 UTC" in listed.stdout
    assert "ci.test  PASS  Tests" in listed.stdout
    shown = run("report", "show", "ci.lint", **settings(stored))
    assert "  Files (NUMBER): 7\n  details:\n    one\n    two\n" in shown.stdout
    as_json = run("report", "show", "ci.lint", "--json", **settings(stored))
    assert json.loads(as_json.stdout) == {
        "key": "ci.lint",
        "title": "Lint",
        "result": "FAIL",
        "createdDate": 1_700_000_000_000,
        "details": "one\ntwo",
        "data": [{"title": "Files", "type": "NUMBER", "value": 7}],
    }


def test_a_commit_without_reports(run: Run, sandbox: Sandbox) -> None:
    done = run("report", "list", **settings(sandbox))
    assert (done.returncode, "there are no reports" in done.stdout) == (0, True)
    assert json.loads(run("report", "list", "--json", **settings(sandbox)).stdout) == []


def test_every_page_of_the_list_is_asked_for(run: Run, sandbox: Sandbox, head: str) -> None:
    expected = [f"key-{number:03}" for number in range(230)]
    for key in expected:
        sandbox.store.put(head, key, "ci", {"title": key, "data": []})
    done = run("report", "list", "--json", **settings(sandbox))
    assert [report["key"] for report in json.loads(done.stdout)] == expected


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ((), "abc"),
        (("ci.lint",), "abc"),
        (("ci.test",), ""),
        (("--severity", "low"), "bc"),
        (("--severity", "LOW", "--severity", "HIGH"), "abc"),
        (("--type", "bug"), "a"),
        (("--path", "a.py", "--path", "b.py"), "ab"),
        (("--external-id", "c"), "c"),
        (("ci.lint", "--severity", "LOW", "--type", "CODE_SMELL"), "b"),
        (("ci.test", "--severity", "LOW"), ""),
        (("ci.lint", "ci.test"), "abc"),
    ],
)
def test_annotations_by_report_by_commit_and_by_filter(
    run: Run, stored: Sandbox, arguments: tuple[str, ...], expected: str
) -> None:
    done = run("report", "annotations", *arguments, "--json", **settings(stored))
    assert done.returncode == 0, done.stderr
    assert [each["externalId"] for each in json.loads(done.stdout)] == list(expected)


def test_annotations_as_text(run: Run, stored: Sandbox) -> None:
    done = run("report", "annotations", **settings(stored))
    assert "a.py:3  HIGH BUG  eval  [ci.lint a]\n" in done.stdout
    assert "(no path)  LOW  no place  [ci.lint c]\n" in done.stdout


def test_what_is_deleted_is_named(run: Run, stored: Sandbox, head: str) -> None:
    done = run("report", "delete", "ci.lint", **settings(stored))
    assert done.returncode == 0, done.stderr
    assert f"deleted from commit {head} of PRJ/repo: ci.lint  FAIL  Lint" in done.stdout
    assert keys(stored, head) == ["ci.test"]


def test_nothing_is_deleted_when_one_is_not_there(run: Run, stored: Sandbox, head: str) -> None:
    done = run("report", "delete", "ci.lint", "ci.typo", **settings(stored))
    assert done.returncode == 4
    assert "The report 'ci.typo' does not exist" in done.stderr
    assert keys(stored, head) == ["ci.lint", "ci.test"]


def test_another_users_report_stays(run: Run, stored: Sandbox, head: str) -> None:
    done = run("report", "delete", "ci.lint", **settings(stored, BITBUCKET_TOKEN=OTHER_TOKEN))
    assert done.returncode == 4
    assert "the token of other is accepted and may not do this" in done.stderr
    assert keys(stored, head) == ["ci.lint", "ci.test"]


def test_what_was_deleted_before_a_failure_is_counted(run: Run, stored: Sandbox, head: str) -> None:
    stored.faults.add(Answer(403, "no"), method="DELETE", path="ci.test", times=None)
    done = run("report", "delete", "ci.lint", "ci.test", **settings(stored))
    assert done.returncode == 5
    assert "1 of 2 are deleted (ci.lint)" in done.stderr
    assert keys(stored, head) == ["ci.test"]


def test_what_the_server_says_it_deleted_and_keeps_is_told(
    run: Run, stored: Sandbox, head: str
) -> None:
    stored.faults.add(Answer(204), method="DELETE")
    done = run("report", "delete", "ci.lint", "ci.test", **settings(stored))
    assert (done.returncode, done.stdout) == (4, "")
    assert "report ci.lint was deleted, and is there still" in done.stderr
    assert keys(stored, head) == ["ci.lint", "ci.test"]


@pytest.mark.parametrize("key", ["", "..", "a/b", "a\\b"])
@pytest.mark.parametrize("command", ["delete", "annotations"])
def test_a_key_that_would_lead_elsewhere_is_no_key(
    run: Run, stored: Sandbox, head: str, command: str, key: str
) -> None:
    done = run("report", command, key, **settings(stored))
    assert (done.returncode, "KEY" in done.stderr) == (2, True)
    assert stored.requests == []


def test_an_annotation_is_added_and_replaced(run: Run, stored: Sandbox, head: str) -> None:
    place = ("--path", "a.py", "--line", "7", "--link", "https://example.com/r", "--type", "bug")
    first = ("--message", "first", "--severity", "low")
    done = run("report", "annotate", "ci.test", *first, *place, **settings(stored))
    assert done.returncode == 0, done.stderr
    for words in ("second", "third"):
        more = ("--message", words, "--severity", "high", "--external-id", "x ?y%")
        done = run("report", "annotate", "ci.test", *more, **settings(stored))
        assert done.returncode == 0, done.stderr
    report = stored.store.report(head, "ci.test")
    assert report is not None
    assert report.annotations == [
        {"message": "first", "severity": "LOW", "type": "BUG", "path": "a.py", "line": 7,
         "link": "https://example.com/r"},
        {"message": "third", "severity": "HIGH", "externalId": "x ?y%"},
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--message", " "), "--message"),
        (("--message", "x" * 2001), "--message"),
        (("--message", "m", "--line", "1"), "--line"),
        (("--message", "m", "--path", "a", "--line", "-1"), "--line"),
        (("--message", "m", "--path", "../a"), "--path"),
        (("--message", "m", "--path", "/a"), "--path"),
        (("--message", "m", "--link", "javascript:x"), "--link"),
        (("--message", "m", "--external-id", ""), "--external-id"),
        (("--message", "m", "--external-id", "a/b"), "--external-id"),
        (("--message", "m", "--external-id", ".."), "--external-id"),
        (("--message", "m", "--external-id", "x" * 450), "--external-id"),
    ],
)
def test_an_annotation_that_would_be_refused_is_not_sent(
    run: Run, stored: Sandbox, arguments: tuple[str, ...], words: str
) -> None:
    done = run("report", "annotate", "ci.lint", "--severity", "low", *arguments, **settings(stored))
    assert (done.returncode, words in done.stderr) == (2, True)
    assert stored.requests == []


def test_single_annotations_are_deleted_and_named(run: Run, stored: Sandbox, head: str) -> None:
    done = run("report", "delete-annotations", "ci.lint", "a", "c", **settings(stored))
    assert done.returncode == 0, done.stderr
    assert "deleted: a.py:3  HIGH BUG  eval" in done.stdout
    assert ids(stored, head) == ["b"]
    done = run("report", "delete-annotations", "ci.lint", "b", "--json", **settings(stored))
    assert [each["message"] for each in json.loads(done.stdout)] == ["style"]


@pytest.mark.parametrize("arguments", [("a", "typo"), (), ("",), ("a", "--all")])
def test_no_annotation_is_deleted_by_mistake(
    run: Run, stored: Sandbox, head: str, arguments: tuple[str, ...]
) -> None:
    done = run("report", "delete-annotations", "ci.lint", *arguments, **settings(stored))
    assert done.returncode == 2
    assert ids(stored, head) == ["a", "b", "c"]


def test_all_annotations_are_deleted_by_name(run: Run, stored: Sandbox, head: str) -> None:
    done = run("report", "delete-annotations", "ci.lint", "--all", **settings(stored))
    assert done.returncode == 0, done.stderr
    assert ids(stored, head) == []
    assert keys(stored, head) == ["ci.lint", "ci.test"]


def test_it_runs_outside_of_a_checkout_when_the_commit_is_named(
    run: Run, stored: Sandbox, head: str, tmp_path: Path
) -> None:
    done = run("report", "list", "--commit", head, cwd=tmp_path, **settings(stored))
    assert (done.returncode, "ci.lint" in done.stdout) == (0, True)
    done = run("report", "list", "--commit", head[:9], cwd=tmp_path, **settings(stored))
    assert (done.returncode, "Name it with --commit and its full id" in done.stderr) == (2, True)


def test_the_settings_of_other_commands_disturb_nothing(run: Run, stored: Sandbox) -> None:
    done = run("report", "list", INSIGHTS_UPLOADER_FAIL_ON="low", **settings(stored))
    assert done.returncode == 0, done.stderr
    done = run("report", "list", INSIGHTS_UPLOADER_FAIL_UN="low", **settings(stored))
    assert (done.returncode, "FAIL_ON" in done.stderr) == (2, True)


@pytest.mark.parametrize(
    ("setting", "code", "words"),
    [
        ({"BITBUCKET_TOKEN": "wrong-token"}, 4, "the token is not accepted"),
        ({"BITBUCKET_PROJECT": "NOPE"}, 4, "Check --project"),
        ({"BITBUCKET_REPOSITORY": "nope"}, 4, "Check --repository"),
        ({"INSIGHTS_UPLOADER_COMMIT": "0" * 40}, 4, "The server does not have this commit"),
        ({"BITBUCKET_URL": ""}, 2, "--url is missing"),
    ],
)
def test_a_wrong_setting_is_named(
    run: Run, sandbox: Sandbox, setting: Mapping[str, str], code: int, words: str
) -> None:
    for command in ("list", "annotations"):
        done = run("report", command, **settings(sandbox, **setting))
        assert (done.returncode, words in done.stderr) == (code, True), done.stderr
        assert setting.get("BITBUCKET_TOKEN", TOKEN) not in done.stdout + done.stderr


@pytest.mark.parametrize(
    "answer",
    [
        Answer(200, "<html>Log in</html>", {"content-type": "text/html"}),
        Answer(200, "{", JSON),
        Answer(200, "[]", JSON),
        Answer(200, '{"key": 1, "title": [], "values": {}, "annotations": 7}', JSON),
        Answer(200, '{"values": [null], "isLastPage": true, "start": 0}', JSON),
        Answer(200, "[" * 100_000, JSON),
        Answer(200, '{"annotations": [{"message": "m", "severity": "LOW", "line": "x"}]}', JSON),
    ],
)
@pytest.mark.parametrize("command", [("list",), ("annotations", "k")])
def test_a_hostile_answer_is_an_error(
    run: Run, sandbox: Sandbox, command: tuple[str, ...], answer: Answer
) -> None:
    sandbox.faults.add(answer, times=None)
    done = run("report", *command, **settings(sandbox))
    assert (done.returncode, done.stdout) == (4, ""), done.stderr
    assert not TERMINAL.search(done.stderr)


OPENAPI = ROOT.parent / "shared/api/bitbucket-dc-9.4.openapi.json"


@pytest.mark.skipif(not OPENAPI.exists(), reason="Atlassian's OpenAPI file is not here")
def test_every_operation_of_code_insights_is_reachable(run: Run, stored: Sandbox) -> None:
    paths = json.loads(OPENAPI.read_text(encoding="utf-8"))["paths"]
    expected = {
        (method.upper(), f"/rest{path}")
        for path, methods in paths.items()
        if path.startswith("/insights/")
        for method in methods
    }
    note = ("--message", "m", "--severity", "low")
    for command in (
        ("publish", BANDIT, "--base", "main"),
        ("report", "list"),
        ("report", "show", "ci.lint"),
        ("report", "annotations"),
        ("report", "annotations", "ci.lint"),
        ("report", "annotate", "ci.lint", *note),
        ("report", "annotate", "ci.lint", *note, "--external-id", "x"),
        ("report", "delete-annotations", "ci.lint", "x"),
        ("report", "delete", "ci.lint"),
    ):
        done = run(*command, **settings(stored))
        assert done.returncode == 0, done.stderr
    templates = {path: re.sub(r"\{\w+\}", "[^/]+", path) for _, path in expected}
    reached = {
        (request.method, path)
        for request in stored.requests
        for path, template in templates.items()
        if re.fullmatch(template, request.path)
    }
    assert reached == expected


def test_hostile_text_moves_no_terminal(run: Run, sandbox: Sandbox, head: str) -> None:
    evil = "\x1b]0;title\x07\x9b2J\u202e\x7f\U0001f600"
    data = [{"title": evil, "type": "TEXT", "value": evil}]
    body = {"title": evil, "result": "PASS", "details": evil, "reporter": evil, "data": data}
    report = sandbox.store.put(head, "k", "ci", body)
    note = {"message": evil, "severity": "LOW", "path": evil, "externalId": evil}
    sandbox.store.add(report, [note])
    for command in (("list",), ("show", "k"), ("annotations",), ("annotations", "k")):
        for options in ((), ("--json",)):
            done = run("report", *command, *options, **settings(sandbox))
            assert done.returncode == 0, done.stderr
            assert not TERMINAL.search(done.stdout + done.stderr)
            if options:
                assert json.dumps(evil) in json.dumps(json.loads(done.stdout))
    done = run("report", "delete", "k", **settings(sandbox))
    assert not TERMINAL.search(done.stdout)
