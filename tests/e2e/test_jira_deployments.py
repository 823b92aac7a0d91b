"""The deployments of a Jira site from the command line, with the installed program."""

import json
import re
from collections.abc import Sequence
from typing import Any

import pytest
from jira import CONNECT, OAUTH, SECRETS, environment
from program import Run

from insights_uploader.sandbox.faults import Answer, Edit
from insights_uploader.sandbox.jira_deployments import JiraDeployments
from insights_uploader.sandbox.jira_settings import JiraSettings
from insights_uploader.sandbox.server import Sandbox

KEY = ("shop", "prod-east", "16")
DEPLOYMENT = (
    *("jira", "deployments", "submit", "--pipeline=shop", "--environment=prod-east"),
    *("--number=16", "--deployment-url=https://ci.example.com/shop/16"),
)
SUBMIT = (*DEPLOYMENT, "--state=pending", "--issue-key=DEMO-1")
JSON = {"Content-Type": "application/json"}
TERMINAL = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]")


def there(sandbox: Sandbox) -> JiraDeployments:
    found = sandbox.jira.apis["deployments"]
    assert isinstance(found, JiraDeployments)
    return found


def stored(sandbox: Sandbox) -> list[Any]:
    return [entry.body for entry in there(sandbox).store.stored().values()]


def submitted(sandbox: Sandbox) -> list[int | None]:
    return [each.status for each in sandbox.requests if each.path.endswith("/bulk")]


@pytest.mark.parametrize("who", [OAUTH, CONNECT], ids=["oauth", "connect"])
def test_a_deployment_goes_there_and_is_read_back_and_deleted(
    run: Run, sandbox: Sandbox, who: dict[str, str]
) -> None:
    site = environment(sandbox, who)
    more = ("--environment-type=production", "--label=v1", "--duration=47", "--property=team=a b")
    done = run(*SUBMIT, *more, "--wait=5", **site)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "stored: deployment 16 of pipeline shop to prod-east\n"

    shown = run("jira", "deployments", "get", *KEY, "--json", **site)
    body = json.loads(shown.stdout)
    assert body["associations"] == [{"associationType": "issueIdOrKeys", "values": ["DEMO-1"]}]
    assert body["environment"] == {
        "id": "prod-east",
        "displayName": "prod-east",
        "type": "production",
    }
    assert (body["state"], body["label"], body["duration"]) == ("pending", "v1", 47)
    assert "issueKeys" not in body
    assert "commands" not in body
    plain = run("jira", "deployments", "get", *KEY, **site)
    assert "state: pending\n" in plain.stdout

    gone = run("jira", "deployments", "delete-by-properties", "--property=team=a b", **site)
    assert gone.stdout == "deletion accepted: deployments with team=a b\n"
    assert not stored(sandbox)
    run(*SUBMIT, **site)
    gone = run("jira", "deployments", "delete", *KEY, "--json", **site)
    assert json.loads(gone.stdout)["deletion"] == "accepted"
    missing = run("jira", "deployments", "get", *KEY, **site)
    assert (missing.returncode, missing.stdout) == (4, "")
    assert "Jira has no deployment 16 of pipeline shop to prod-east" in missing.stderr
    assert not any(secret in done.stdout + missing.stderr for secret in SECRETS)


def test_all_that_a_deployment_belongs_to_is_sent(run: Run, sandbox: Sandbox) -> None:
    commit = "c0ffee00" * 5
    more = ("--service=shop", "--commit-in=repo-1", f"--commit={commit}", "--gate")
    done = run(*SUBMIT, *more, "--json", **environment(sandbox))
    assert done.returncode == 0, done.stderr
    [body] = stored(sandbox)
    assert body["associations"] == [
        {"associationType": "issueIdOrKeys", "values": ["DEMO-1"]},
        {"associationType": "serviceIdOrKeys", "values": ["shop"]},
        {"associationType": "commit", "values": [{"repositoryId": "repo-1", "commitHash": commit}]},
    ]
    assert body["commands"] == [{"command": "initiate_deployment_gating"}]
    assert json.loads(done.stdout)["deployments"][0]["standing"] == "accepted"
    too_many = run(*SUBMIT, *more, "--repository-id=repo-1", **environment(sandbox))
    assert (too_many.returncode, submitted(sandbox)) == (2, [202])
    assert "associations: there must be 1 to 3" in too_many.stderr


def test_the_branch_names_the_issues_and_what_is_too_many_is_said(
    run: Run, sandbox: Sandbox
) -> None:
    keys = [f"DEMO-{number}" for number in range(1, 601)]
    branch = ("--issue-keys-from=branch", f"--branch=feature/UTF-8,{','.join(keys)}")
    done = run(*DEPLOYMENT, "--state=pending", "--service=s", *branch, **environment(sandbox))
    assert (done.returncode, done.stderr) == (0, "warning: 101 of 600 issues are left out\n")
    [body] = stored(sandbox)
    assert [each["values"] for each in body["associations"]] == [keys[:499], ["s"]]


def test_a_deployment_that_belongs_to_nothing_is_not_sent(run: Run, sandbox: Sandbox) -> None:
    lone = (*DEPLOYMENT, "--state=pending", "--issue-project=NONE")
    done = run(*lone, **environment(sandbox))
    assert (done.returncode, sandbox.requests) == (0, [])
    assert "nothing is sent" in done.stdout
    gated = run(*lone, "--gate", **environment(sandbox))
    assert (gated.returncode, sandbox.requests) == (2, [])


def body(number: int, issue: str = "DEMO-1") -> dict[str, Any]:
    return {
        "deploymentSequenceNumber": number,
        "updateSequenceNumber": 7,
        "associations": [{"associationType": "issueKeys", "values": [issue]}],
        "displayName": "Shop",
        "description": "v1",
        "url": "https://ci.example.com/1",
        "lastUpdated": "2026-11-21T18:00:00+02:00",
        "state": "successful",
        "pipeline": {"id": "shop", "displayName": "Shop", "url": "https://ci.example.com"},
        "environment": {"id": "prod-east", "displayName": "US East", "type": "production"},
    }


DEMO = {"jira": JiraSettings(issue_keys=frozenset({"DEMO-1"}))}


def run_file(run: Run, sandbox: Sandbox, some: Any, *more: str) -> Any:
    command = ("jira", "deployments", "submit", "--file=-", *more)
    return run(*command, stdin=json.dumps(some).encode(), **environment(sandbox))


def test_the_pipeline_of_the_ci_is_one_that_can_be_looked_up(run: Run, sandbox: Sandbox) -> None:
    jenkins = {
        "JENKINS_URL": "https://ci.example.com/",
        "JOB_NAME": "widgets/PR-1",
        "BUILD_URL": "https://ci.example.com/shop/16",
        "BUILD_NUMBER": "16",
    }
    submit = ("jira", "deployments", "submit", "--environment=east", "--state=pending", "--wait=5")
    done = run(*submit, "--issue-key=DEMO-1", **environment(sandbox), **jenkins)
    assert done.stdout == "stored: deployment 16 of pipeline widgets~2FPR-1 to east\n"
    [body] = stored(sandbox)
    assert body["pipeline"]["displayName"] == "widgets/PR-1"

    missing = run(*submit[:3], "--issue-key=DEMO-1", **environment(sandbox)).stderr
    assert "--pipeline and --environment and --state and --number and --deployment-url" in missing


@pytest.mark.parametrize("sandbox", [DEMO], indirect=True)
def test_what_became_of_each_deployment_of_a_file_is_told(run: Run, sandbox: Sandbox) -> None:
    done = run_file(run, sandbox, [body(1), body(2, "UTF-8")], "--wait=1")
    assert done.returncode == 5
    assert done.stdout.splitlines() == [
        "stored: deployment 1 of pipeline shop to prod-east",
        "belongs to nothing that Jira knows: deployment 2 of pipeline shop to prod-east",
    ]
    assert "warning: Jira does not know issue UTF-8\n" in done.stderr
    assert "1 of 2 deployments are not on Jira" in done.stderr
    none = run_file(run, sandbox, body(3, "UTF-8"), "--json")
    assert none.returncode == 0
    assert "warning: Jira does not know issue UTF-8\n" in none.stderr
    assert run_file(run, sandbox, body(3, "UTF-8"), "--json", "--wait=9").returncode == 4
    assert json.loads(none.stdout)["unknownAssociations"] == [
        {"associationType": "issueKeys", "values": ["UTF-8"]}
    ]


def test_an_update_that_jira_ignores_is_told(run: Run, sandbox: Sandbox) -> None:
    assert run_file(run, sandbox, body(1), "--wait=1").returncode == 0
    older = {**body(1), "updateSequenceNumber": 6, "state": "failed"}
    assert run_file(run, sandbox, older).returncode == 0  # Jira says that it accepts it
    done = run_file(run, sandbox, older, "--wait=1")
    assert done.returncode == 4
    assert done.stdout.startswith("superseded: deployment 1 of pipeline shop to prod-east: ")


def test_a_rejected_deployment_is_told_with_each_reason(run: Run, sandbox: Sandbox) -> None:
    key = {"pipelineId": "shop", "environmentId": "prod-east", "deploymentSequenceNumber": 16}
    errors = [{"message": "too \x1b[31mred"}, {"message": "too old", "errorTraceId": "t-1"}]
    answer = json.dumps({"rejectedDeployments": [{"key": key, "errors": errors}]}).encode()
    sandbox.faults.add(Edit(lambda _: answer), path="/bulk")
    done = run(*SUBMIT, **environment(sandbox))
    assert done.returncode == 4
    assert done.stdout == (
        "rejected: deployment 16 of pipeline shop to prod-east: too \\x1b[31mred: "
        "too old (trace t-1)\n"
    )
    assert not TERMINAL.search(done.stdout + done.stderr)


@pytest.mark.parametrize(
    "arguments",
    [
        ("--state=done",),
        ("--state=pending", "--issue-key=demo"),
        ("--state=pending", "--issue-key=DEMO-1", "--property=_a=b"),
        ("--state=pending", "--issue-key=DEMO-1", "--property=a"),
        ("--state=pending", "--issue-key=DEMO-1", "--environment=\udcff"),
        ("--state=pending", "--issue-key=DEMO-1", "--file=-"),
        ("--issue-key=DEMO-1",),
    ],
)
def test_what_jira_could_not_take_is_not_sent(
    run: Run, sandbox: Sandbox, arguments: Sequence[str]
) -> None:
    done = run(*DEPLOYMENT, *arguments, **environment(sandbox))
    assert (done.returncode, done.stdout, submitted(sandbox)) == (2, "", [])


@pytest.mark.parametrize("content", [b"", b"[]", b"\xff", b"[" * 90_000, b'{"issueKeys": ["A-1"]}'])
def test_a_file_that_holds_no_deployment_is_refused(
    run: Run, sandbox: Sandbox, content: bytes
) -> None:
    command = ("jira", "deployments", "submit", "--file=-")
    done = run(*command, stdin=content, **environment(sandbox))
    assert (done.returncode, sandbox.requests) == (2, [])
    assert ("deprecated issueKeys" in done.stderr) is (b"issueKeys" in content)


GATE = ("jira", "deployments", "gating-status", *KEY)


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["allowed"], 0),
        (["prevented"], 1),
        (["invalid"], 3),
        (["awaiting"], 5),
        (["awaiting", "allowed"], 5),
    ],
)
def test_a_gates_word_is_the_exit_code(
    run: Run, sandbox: Sandbox, words: list[str], code: int
) -> None:
    assert run(*SUBMIT, "--gate", **environment(sandbox)).returncode == 0
    there(sandbox).gates["shop", "prod-east", 16] = [*words]
    done = run(*GATE, **environment(sandbox))
    assert (done.returncode, done.stderr) == (code, "")
    assert done.stdout.splitlines() == [
        f"{words[0]}: deployment 16 of pipeline shop to prod-east",
        "  type: issue, issueKey: CHANGE-1, issueLink: "
        "https://example.atlassian.net/servicedesk/customer/portal/1/CHANGE-1",
    ]


def test_a_pipeline_waits_for_its_gate(run: Run, sandbox: Sandbox) -> None:
    run(*SUBMIT, "--gate", **environment(sandbox))
    there(sandbox).gates["shop", "prod-east", 16] = ["awaiting", "allowed"]
    done = run(*GATE, "--wait=30", "--json", **environment(sandbox))
    assert done.returncode == 0
    assert json.loads(done.stdout)["gatingStatus"] == "allowed"
    assert json.loads(done.stdout)["details"][0]["issueKey"] == "CHANGE-1"
    assert done.stderr == "awaiting: deployment 16 of pipeline shop to prod-east\n"


def test_that_time_is_over_is_told(run: Run, sandbox: Sandbox) -> None:
    run(*SUBMIT, "--gate", **environment(sandbox))
    there(sandbox).gates["shop", "prod-east", 16] = ["awaiting"]
    done = run(*GATE, "--wait=0.1", **environment(sandbox))
    assert done.returncode == 5
    assert done.stdout.startswith(
        "awaiting: deployment 16 of pipeline shop to prod-east: it has not decided within 0.1 s\n"
    )


def test_there_is_no_gate_that_nobody_asked_for(run: Run, sandbox: Sandbox) -> None:
    run(*SUBMIT, **environment(sandbox))
    done = run(*GATE, **environment(sandbox))
    assert (done.returncode, done.stdout) == (4, "")
    assert "no gate" in done.stderr
    assert "--gate" in done.stderr


def test_what_a_gate_says_reaches_no_terminal_unescaped(run: Run, sandbox: Sandbox) -> None:
    details = [{"type": "issue", "message": "\x1b]0;title\x07 \u202e"}, "odd", 7, {"a": {"b": [1]}}]
    odd = json.dumps({"gatingStatus": "expired\x1b[2J", "details": details, "more": 1})
    sandbox.faults.add(Answer(200, odd, JSON), path="gating-status", times=None)
    shown, as_json = (run(*GATE, *more, **environment(sandbox)) for more in ((), ("--json",)))
    for done in (shown, as_json):
        assert done.returncode == 4  # no word that is known, and so none that allows
        assert not TERMINAL.search(done.stdout + done.stderr)
    assert json.loads(as_json.stdout)["more"] == 1


def test_what_is_told_while_a_gate_is_waited_for_is_one_line(run: Run, sandbox: Sandbox) -> None:
    odd = json.dumps({"gatingStatus": "expired\x07\n::set-output name=a::b"})
    sandbox.faults.add(Answer(200, odd, JSON), path="gating-status", times=None)
    done = run(*GATE, "--wait=0.1", **environment(sandbox))
    assert done.returncode == 4
    assert "set-output" in done.stderr
    assert not TERMINAL.search(done.stderr)
    assert not any(line.startswith("::") for line in done.stderr.splitlines())


def test_a_secret_that_jira_repeats_is_not_shown(run: Run, sandbox: Sandbox) -> None:
    [client_secret, _] = SECRETS
    echo = json.dumps({"state": "pending", "label": f"Bearer {client_secret}"})
    sandbox.faults.add(Answer(200, echo, JSON), method="GET", path="deployments", times=None)
    for arguments in ((), ("--json",)):
        done = run("jira", "deployments", "get", *KEY, *arguments, **environment(sandbox))
        assert done.returncode == 0
        assert client_secret not in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("status", "command"),
    [
        (401, SUBMIT),
        (403, GATE),
        (429, ("jira", "deployments", "get", *KEY)),
        (503, ("jira", "deployments", "delete", *KEY)),
        (403, ("jira", "deployments", "delete-by-properties", "--property=a=b")),
    ],
)
def test_a_refusal_ends_with_words_and_4(
    run: Run, sandbox: Sandbox, status: int, command: Sequence[str]
) -> None:
    sandbox.faults.add(Answer(status), path="deployments", times=None)
    done = run(*command, "--tries=1", "--deadline=1", **environment(sandbox))
    assert (done.returncode, done.stdout) == (4, "")
    assert str(status) in done.stderr
