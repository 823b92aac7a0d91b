"""The sandbox's deployments on a Jira Cloud site: what it takes, rejects, ignores and answers."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from insights_uploader.sandbox.jira_deployments import JiraDeployments
from insights_uploader.sandbox.jira_settings import JiraSettings
from insights_uploader.sandbox.server import Sandbox, serve
from insights_uploader.sandbox.settings import SandboxSettings

if TYPE_CHECKING:
    from sandbox.conftest import Checkout

THERE = JiraSettings()
GRANT = {
    "audience": "api.atlassian.com",
    "grant_type": "client_credentials",
    "client_id": THERE.client_id,
    "client_secret": THERE.client_secret,
}
BULK = "/bulk"
ONE = "/pipelines/p/environments/e/deployments/1"
GATE = f"{ONE}/gating-status"
KEY = {"pipelineId": "p", "environmentId": "e", "deploymentSequenceNumber": 1}
OF_ISSUE = {"associationType": "issueIdOrKeys", "values": ["DEMO-1"]}
OF_SERVICE = {"associationType": "serviceIdOrKeys", "values": ["shop"]}
OF_COMMIT = {"associationType": "commit", "values": [{"commitHash": "c0ffee", "repositoryId": "r"}]}
GATED = [{"command": "initiate_deployment_gating"}]
DEPLOYMENT = {
    "deploymentSequenceNumber": 1,
    "updateSequenceNumber": 5,
    "associations": [OF_ISSUE],
    "displayName": "p #1",
    "url": "https://ci.example.com/1",
    "description": "v1",
    "lastUpdated": "2026-11-21T18:00:00Z",
    "state": "pending",
    "pipeline": {"id": "p", "displayName": "P", "url": "https://ci.example.com"},
    "environment": {"id": "e", "displayName": "E", "type": "testing"},
}


@pytest.fixture
def sandbox(checkout: "Checkout", request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    """A sandbox of its own, since tests change what it knows; parametrise it with its site."""
    jira = getattr(request, "param", JiraSettings())
    with serve(SandboxSettings(checkout.path, jira=jira)) as running:
        yield running


@pytest.fixture
def is_careful() -> bool:
    return False  # what is refused is sent here on purpose


@pytest.fixture
def member(sandbox: Sandbox) -> Iterator[httpx.Client]:
    """One who has a token, at the API's address below the gateway."""
    base = f"{sandbox.url}/jira/deployments/0.1/cloud/{THERE.cloud_id}"
    with httpx.Client(base_url=base, trust_env=False, verify=False) as client:
        token = client.post(f"{sandbox.url}/oauth/token", json=GRANT).json()["access_token"]
        client.headers["Authorization"] = f"Bearer {token}"
        yield client


def there(sandbox: Sandbox) -> JiraDeployments:
    found = sandbox.jira.apis["deployments"]
    assert isinstance(found, JiraDeployments)
    return found


def submit(member: httpx.Client, *deployments: Any, **more: Any) -> Any:
    """What is said to some deployments."""
    answer = member.post(BULK, json={"deployments": [*deployments], **more})
    assert answer.status_code == 202
    return answer.json()


def made(**changes: Any) -> dict[str, Any]:
    return {n: each for n, each in {**DEPLOYMENT, **changes}.items() if each is not None}


def test_a_deployment_is_taken_given_and_deleted(member: httpx.Client) -> None:
    assert submit(member, DEPLOYMENT) == {
        "acceptedDeployments": [KEY],
        "rejectedDeployments": [],
        "unknownIssueKeys": [],
        "unknownAssociations": [],
    }
    assert member.get(ONE).json() == DEPLOYMENT
    gone = member.delete(ONE)
    assert (gone.status_code, gone.content) == (202, b"")
    missing = member.get(ONE)
    assert (missing.status_code, missing.content) == (404, b"")


@pytest.mark.parametrize("changes", [{"state": "failed"}, {"updateSequenceNumber": 4}])
def test_an_update_that_is_not_newer_is_accepted_and_ignored(
    member: httpx.Client, changes: dict[str, Any]
) -> None:
    submit(member, DEPLOYMENT)
    assert submit(member, made(**changes))["acceptedDeployments"] == [KEY]
    assert member.get(ONE).json() == DEPLOYMENT


def test_pipeline_environment_and_number_tell_deployments_apart(member: httpx.Client) -> None:
    submit(
        member,
        DEPLOYMENT,
        made(deploymentSequenceNumber=2),
        made(pipeline={**DEPLOYMENT["pipeline"], "id": "q"}),  # type: ignore[dict-item]
        made(environment={**DEPLOYMENT["environment"], "id": "f"}),  # type: ignore[dict-item]
    )
    for path in (
        ONE,
        ONE.replace("/1", "/2"),
        ONE.replace("/p/", "/q/"),
        ONE.replace("/e/", "/f/"),
    ):
        assert member.get(path).status_code == 200


@pytest.mark.parametrize("sandbox", [JiraSettings(stored_after_reads=1)], indirect=True)
def test_what_is_accepted_or_deleted_is_so_later(member: httpx.Client) -> None:
    submit(member, DEPLOYMENT)
    assert [member.get(ONE).status_code for _ in range(2)] == [404, 200]
    member.delete(ONE)
    assert [member.get(ONE).status_code for _ in range(2)] == [200, 404]


def test_properties_delete_together_what_was_submitted_with_them(member: httpx.Client) -> None:
    submit(member, DEPLOYMENT, properties={"a": "1", "b": "2"})
    for query, left in (("a=1&b=3", 200), ("a=1&_updateSequenceNumber=1", 404)):
        assert member.delete(f"/bulkByProperties?{query}").status_code == 202
        assert member.get(ONE).status_code == left
    refused = member.delete("/bulkByProperties")
    assert refused.status_code == 400
    assert refused.json() == [{"message": "At least one property must be given"}]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"state": "done"}, "$.state"),
        ({"displayName": "x" * 256}, "$.displayName"),
        ({"description": None}, "description"),
        ({"lastUpdated": "yesterday"}, "$.lastUpdated"),
        ({"associations": None}, "issueKeys or associations"),
        ({"associations": []}, "$.associations"),
        ({"associations": [OF_ISSUE] * 4}, "$.associations"),
        ({"associations": [OF_COMMIT]}, "at least one of"),
        ({"associations": [{**OF_ISSUE, "values": ["DEMO"]}]}, "$.associations[0]"),
        ({"associations": [{**OF_SERVICE, "values": ["s"] * 300}] * 2}, "more than 500"),
        ({"issueKeys": ["DEMO"]}, "$.issueKeys"),
    ],
)
def test_one_deployment_is_rejected_by_itself(
    member: httpx.Client, changes: dict[str, Any], words: str
) -> None:
    answer = submit(member, made(**changes), made(deploymentSequenceNumber=2))
    [rejected] = answer["rejectedDeployments"]
    assert rejected["key"] == KEY
    assert words in rejected["errors"][0]["message"]
    assert answer["acceptedDeployments"] == [{**KEY, "deploymentSequenceNumber": 2}]
    assert member.get(ONE).status_code == 404


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{}",
        b'{"deployments": []}',
        b'{"deployments": [7]}',
        b'{"deployments": [{}]}',
        b'{"deployments": [{"pipeline": 7}]}',
    ],
)
def test_a_submission_that_tells_no_deployments_apart_is_refused(
    member: httpx.Client, body: bytes
) -> None:
    answer = member.post(BULK, content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 400
    assert answer.json()[0]["message"]


def test_a_submission_has_limits(member: httpx.Client) -> None:
    some = [made(deploymentSequenceNumber=number) for number in range(101)]
    for body in (
        {"deployments": some},
        {"deployments": [DEPLOYMENT], "properties": {str(number): "" for number in range(6)}},
        {"deployments": [DEPLOYMENT], "properties": {"_a": "b"}},
    ):
        assert member.post(BULK, json=body).status_code == 400


@pytest.mark.parametrize("sandbox", [JiraSettings(issue_keys=frozenset({"DEMO-1"}))], indirect=True)
def test_what_is_unknown_is_listed_and_alone_it_is_not_stored(
    member: httpx.Client, sandbox: Sandbox
) -> None:
    there(sandbox).services = frozenset({"shop"})
    there(sandbox).repositories = frozenset({"q"})
    utf_8 = {"associationType": "issueIdOrKeys", "values": ["UTF-8"]}
    answer = submit(member, made(associations=[OF_SERVICE, OF_COMMIT], issueKeys=["SHA-256"]))
    assert answer["acceptedDeployments"] == [KEY]
    assert answer["unknownIssueKeys"] == ["SHA-256"]
    assert answer["unknownAssociations"] == [OF_COMMIT]
    answer = submit(member, made(associations=[utf_8], deploymentSequenceNumber=2))
    assert (answer["acceptedDeployments"], answer["rejectedDeployments"]) == ([], [])
    assert answer["unknownAssociations"] == [utf_8]
    assert member.get(ONE.replace("/1", "/2")).status_code == 404


def test_a_gate_is_there_once_it_was_asked_for(member: httpx.Client, sandbox: Sandbox) -> None:
    submit(member, DEPLOYMENT)
    assert member.get(GATE).status_code == 404
    submit(member, made(updateSequenceNumber=6, commands=GATED))
    gate = member.get(GATE).json()
    assert gate["gatingStatus"] == "awaiting"
    assert {name: gate[name] for name in KEY} == KEY
    assert gate["details"][0]["type"] == "issue"
    there(sandbox).gates["p", "e", 1] = ["awaiting", "prevented"]
    words = [member.get(GATE).json()["gatingStatus"] for _ in range(3)]
    assert words == ["awaiting", "prevented", "prevented"]


@pytest.mark.parametrize("sandbox", [JiraSettings(stored_after_reads=1)], indirect=True)
def test_a_gate_is_not_there_before_its_deployment(member: httpx.Client) -> None:
    submit(member, made(commands=GATED))
    assert [member.get(GATE).status_code for _ in range(2)] == [404, 200]


@pytest.mark.parametrize(
    ("sandbox", "status"),
    [
        (JiraSettings(permitted=frozenset({"builds"})), 403),
        (JiraSettings(body_limit=10), 413),
        (JiraSettings(), 401),
    ],
    indirect=["sandbox"],
)
def test_who_may_not_or_sends_too_much_is_refused(
    member: httpx.Client, sandbox: Sandbox, status: int
) -> None:
    if status == 401:
        sandbox.jira.access.revoke()
    answer = member.post(BULK, json={"deployments": [DEPLOYMENT]})
    assert answer.status_code == status
    assert bool(answer.content) == (status == 413)
