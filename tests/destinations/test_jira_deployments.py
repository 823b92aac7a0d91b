"""Every operation of Jira's API of deployments over HTTP, and how each fails."""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import msgspec
import pytest
from jira import as_app, as_client

from insights_uploader.destinations.http import Retries
from insights_uploader.destinations.jira_cloud.site import JiraSite
from insights_uploader.destinations.jira_deployments.client import JiraDeployments
from insights_uploader.destinations.jira_deployments.deployment import (
    Deployment,
    DeploymentKey,
    DeploymentState,
)
from insights_uploader.destinations.jira_deployments.gating import awaited, word_of
from insights_uploader.destinations.jira_deployments.payload import read_deployments
from insights_uploader.destinations.jira_deployments.submitting import Standing, Told, submit
from insights_uploader.model.errors import PartialError, ServerError, UsageError
from insights_uploader.sandbox import jira_deployments as stand_in
from insights_uploader.sandbox.faults import Answer, Edit
from insights_uploader.sandbox.jira_settings import JiraSettings
from insights_uploader.sandbox.server import Sandbox

KEY = DeploymentKey("shop", "prod-east", 16)
BODY: Mapping[str, Any] = {
    "deploymentSequenceNumber": 16,
    "updateSequenceNumber": 1_790_000_000_123,
    "associations": [{"associationType": "issueIdOrKeys", "values": ["DEMO-1"]}],
    "displayName": "Shop 1.2",
    "url": "https://ci.example.com/shop/16",
    "description": "The bits are being transferred",
    "lastUpdated": "2026-11-21T18:00:00Z",
    "state": "pending",
    "pipeline": {"id": "shop", "displayName": "Shop", "url": "https://ci.example.com/shop"},
    "environment": {"id": "prod-east", "displayName": "US East", "type": "production"},
}
JSON = {"Content-Type": "application/json"}


def made(**changes: Any) -> Deployment:
    """The deployment, with other members."""
    [found] = read_deployments(json.dumps({**BODY, **changes}).encode())
    return found


def belonging(*values: str, kind: str = "issueIdOrKeys") -> list[Mapping[str, Any]]:
    return [{"associationType": kind, "values": [*values]}]


def there(sandbox: Sandbox) -> stand_in.JiraDeployments:
    """The deployments of the sandbox."""
    found = sandbox.jira.apis["deployments"]
    assert isinstance(found, stand_in.JiraDeployments)
    return found


@pytest.fixture(params=[as_client, as_app], ids=["oauth", "connect"])
def site(sandbox: Sandbox, request: pytest.FixtureRequest) -> Iterator[JiraSite]:
    with request.param(sandbox) as connected:
        yield connected


@pytest.fixture
def api(site: JiraSite) -> JiraDeployments:
    return JiraDeployments(site)


def tell(api: JiraDeployments, *some: Deployment, wait_s: float | None = None) -> Told:
    return submit(api, some or [made()], {}, wait_s=wait_s)


def standings(told: Told) -> list[Standing]:
    return [fate.standing for fate in told.fates]


def sent(sandbox: Sandbox, method: str) -> list[int | None]:
    """How requests of a method were answered; but for the token's."""
    return [r.status for r in sandbox.requests if r.method == method and "oauth" not in r.path]


def test_a_deployment_is_submitted_got_and_deleted(api: JiraDeployments) -> None:
    told = submit(api, [made()], {"account": "a-1"}, product="Bamboo 6.10.2")
    assert (standings(told), told.failure) == ([Standing.ACCEPTED], None)
    assert api.get(KEY) == BODY
    api.delete(KEY)
    assert api.get(KEY) is None


def test_deployments_are_deleted_that_have_all_of_the_properties(api: JiraDeployments) -> None:
    submit(api, [made()], {"account": "a b,1", "of": "us"})
    api.delete_by_properties({"account": "a b,1", "of": "them"})
    assert api.get(KEY)
    api.delete_by_properties({"account": "a b,1", "of": "us"})
    assert api.get(KEY) is None


def test_a_deletion_without_properties_is_not_asked_for(
    api: JiraDeployments, sandbox: Sandbox
) -> None:
    for properties in ({}, {"_updateSequenceNumber": "1"}):
        with pytest.raises(UsageError):
            api.delete_by_properties(properties)
    assert not sandbox.requests


def test_a_deployment_belongs_to_issues_services_and_commits(api: JiraDeployments) -> None:
    some = [
        *belonging("DEMO-1", "10001", kind="issueKeys"),
        *belonging("a-service", kind="serviceIdOrKeys"),
        {"associationType": "commit", "values": [{"commitHash": "c0ffee", "repositoryId": "r"}]},
    ]
    assert standings(tell(api, made(associations=some), wait_s=0)) == [Standing.STORED]
    stored = api.get(KEY)
    assert stored is not None
    assert stored["associations"] == some
    [of_repository] = [{"associationType": "repository", "values": [{"repositoryId": "r"}]}]
    other = made(associations=[some[0], of_repository], updateSequenceNumber=2**62)
    assert standings(tell(api, other, wait_s=0)) == [Standing.STORED]


def test_a_hundred_go_at_a_time(api: JiraDeployments, sandbox: Sandbox) -> None:
    some = [made(deploymentSequenceNumber=number) for number in range(201)]
    told = tell(api, *some)
    assert told.failure is None
    assert [fate.key.deployment_sequence_number for fate in told.fates] == [*range(201)]
    assert sent(sandbox, "POST") == [202, 202, 202]


def test_all_are_checked_before_the_first_is_sent(api: JiraDeployments, sandbox: Sandbox) -> None:
    some = [made(deploymentSequenceNumber=number) for number in range(100)]
    for last in (some[0], msgspec.structs.replace(made(), description="")):
        with pytest.raises(UsageError, match=r"deployments\[100\]"):
            tell(api, *some, last)
    assert not sent(sandbox, "POST")


@pytest.mark.parametrize("sandbox", [{"jira": JiraSettings(body_limit=1100)}], indirect=True)
def test_what_is_too_large_goes_in_halves(api: JiraDeployments, sandbox: Sandbox) -> None:
    some = [made(deploymentSequenceNumber=number) for number in range(7)]
    assert standings(tell(api, *some, wait_s=0)) == [Standing.STORED] * 7
    assert sent(sandbox, "POST") == [413, 413, 202, 202, 413, 202, 202]  # 7, 3, 1, 2, 4, 2, 2


@pytest.mark.parametrize("sandbox", [{"jira": JiraSettings(body_limit=100)}], indirect=True)
def test_one_that_is_too_large_alone_is_refused(api: JiraDeployments) -> None:
    with pytest.raises(ServerError, match="larger than 100 bytes") as error:
        tell(api)
    assert (error.value.slug, error.value.status) == ("too-large", 413)


@pytest.mark.parametrize("sandbox", [{"jira": JiraSettings(stored_after_reads=2)}], indirect=True)
def test_accepted_is_not_stored(api: JiraDeployments) -> None:
    assert standings(tell(api)) == [Standing.ACCEPTED]
    assert api.get(KEY) is None
    told = tell(api, made(updateSequenceNumber=2**62, state="successful"), wait_s=0)
    assert standings(told) == [Standing.NOT_YET]
    assert told.failure is not None
    assert type(told.failure) is ServerError
    assert standings(tell(api, made(updateSequenceNumber=2**62 + 1), wait_s=9)) == [Standing.STORED]


def test_an_update_that_is_not_newer_is_ignored_and_that_is_said(api: JiraDeployments) -> None:
    tell(api, made(updateSequenceNumber=8, state="successful"))
    for number in (7, 8):
        told = tell(api, made(updateSequenceNumber=number, state="failed"), wait_s=0)
        assert standings(told) == [Standing.SUPERSEDED]
        assert told.failure is not None
        assert "same or a greater sequence number" in told.fates[0].line
    again = tell(api, made(updateSequenceNumber=8, state="successful"), wait_s=0)
    assert standings(again) == [Standing.STORED]


@pytest.fixture
def known(sandbox: Sandbox) -> None:
    there(sandbox).services = frozenset({"a-service"})
    there(sandbox).repositories = frozenset({"r"})


DEMO = {"jira": JiraSettings(issue_keys=frozenset({"DEMO-1"}))}


@pytest.mark.usefixtures("known")
@pytest.mark.parametrize("sandbox", [DEMO], indirect=True)
def test_what_jira_does_not_know_is_told_one_by_one(api: JiraDeployments) -> None:
    some = [
        *belonging("DEMO-1", "UTF-8"),
        *belonging("no-service", kind="serviceIdOrKeys"),
        {"associationType": "commit", "values": [{"commitHash": "c0ffee", "repositoryId": "q"}]},
    ]
    told = tell(api, made(associations=some), wait_s=0)
    assert (standings(told), told.failure) == ([Standing.STORED], None)
    assert told.unknown == ["issue UTF-8", "service no-service", "commit q c0ffee"]


@pytest.mark.usefixtures("known")
@pytest.mark.parametrize("sandbox", [DEMO], indirect=True)
def test_what_belongs_to_nothing_that_is_known_is_not_stored(api: JiraDeployments) -> None:
    strange = made(associations=belonging("UTF-8"), deploymentSequenceNumber=17)
    told = tell(api, strange, wait_s=0)
    assert standings(told) == [Standing.UNKNOWN]
    assert type(told.failure) is ServerError
    assert told.failure.slug == "not-confirmed"
    assert api.get(strange.key) is None
    told = tell(api, made(), strange, wait_s=0)
    assert standings(told) == [Standing.STORED, Standing.UNKNOWN]
    assert type(told.failure) is PartialError
    told = tell(api, made(), strange)
    assert standings(told) == [Standing.ACCEPTED, Standing.UNKNOWN]
    assert told.failure is None  # it was not to be seen there


@pytest.mark.parametrize("place", ["pipeline", "environment"])
def test_what_could_not_be_looked_up_is_not_sent(
    api: JiraDeployments, sandbox: Sandbox, place: str
) -> None:
    named = {**BODY[place], "id": "widgets/PR-1"}
    with pytest.raises(UsageError, match=f"{place}.id: .*could not be looked up") as error:
        tell(api, made(**{place: named}))
    assert "widgets~2FPR-1" in error.value.hint
    assert not sandbox.requests


def answered(sandbox: Sandbox, **answer: Any) -> None:
    """Let the next submission be answered so, though it is taken."""
    sandbox.faults.add(Edit(lambda _: json.dumps(answer).encode()), method="POST", path="/bulk")


def test_unknown_comes_before_accepted_and_rejected(api: JiraDeployments, sandbox: Sandbox) -> None:
    key = msgspec.to_builtins(KEY)
    unknown = {"unknownAssociations": belonging("DEMO-1", kind="issueKeys")}
    for other in (
        {"acceptedDeployments": [key]},
        {"rejectedDeployments": [{"key": key, "errors": [{"message": "no"}]}]},
        {"unknownIssueKeys": None},
    ):
        answered(sandbox, **unknown, **other)
        assert standings(tell(api)) == [Standing.UNKNOWN]
    answered(sandbox, unknownIssueKeys=["DEMO-1"], unknownAssociations=["odd", {"values": 7}])
    told = tell(api)
    assert standings(told) == [Standing.UNKNOWN]
    assert told.unknown == ["issue DEMO-1", "something that Jira does not name"]


def test_every_error_of_a_rejected_deployment_is_told(
    api: JiraDeployments, sandbox: Sandbox
) -> None:
    key = msgspec.to_builtins(KEY)
    errors = [{"message": "too old"}, {"message": "too odd", "errorTraceId": "t-1"}]
    answered(sandbox, rejectedDeployments=[{"key": key, "errors": errors}])
    told = tell(api)
    assert standings(told) == [Standing.REJECTED]
    assert told.fates[0].reasons == ["too old", "too odd (trace t-1)"]
    answered(sandbox, rejectedDeployments=[{"key": key, "errors": [{"message": "x" * 10_000}]}])
    assert len(tell(api).fates[0].line) < 2000


def test_a_deployment_that_is_not_mentioned_is_not_taken(
    api: JiraDeployments, sandbox: Sandbox
) -> None:
    answered(sandbox, acceptedDeployments=None)
    told = tell(api)
    assert standings(told) == [Standing.UNANSWERED]
    assert told.failure is not None


@pytest.mark.parametrize("answer", ["[]", "7", '{"acceptedDeployments": [7]}', "<html>"])
def test_what_is_no_answer_is_an_error(api: JiraDeployments, sandbox: Sandbox, answer: str) -> None:
    sandbox.faults.add(Answer(202, answer, JSON), path="/bulk")
    with pytest.raises(ServerError) as error:
        tell(api)
    assert error.value.slug in ("odd-reply", "not-json")


def test_what_was_taken_before_a_failure_is_told(api: JiraDeployments, sandbox: Sandbox) -> None:
    sandbox.faults.add(Answer(400, '[{"message": "no"}]', JSON), path="/bulk", after=1)
    some = [made(deploymentSequenceNumber=number) for number in range(101)]
    told = tell(api, *some, wait_s=0)
    assert standings(told) == [Standing.ACCEPTED] * 100 + [Standing.NOT_SENT]
    assert isinstance(told.failure, PartialError)
    assert "1 of 101" in told.failure.message
    assert "Jira says: no" in told.failure.message


def test_a_look_that_fails_does_not_hide_what_was_accepted(
    api: JiraDeployments, sandbox: Sandbox
) -> None:
    sandbox.faults.add(Answer(403), method="GET", path="/pipelines/")
    told = tell(api, wait_s=0)
    assert standings(told) == [Standing.ACCEPTED]
    assert told.failure is not None
    assert told.failure.slug == "forbidden"


OPERATIONS: Mapping[str, Callable[[JiraDeployments], object]] = {
    "submit": tell,
    "get": lambda api: api.get(KEY),
    "delete": lambda api: api.delete(KEY),
    "delete-by-properties": lambda api: api.delete_by_properties({"a": "b"}),
    "gating-status": lambda api: api.gating_status(KEY),
}
each_operation = pytest.mark.parametrize("operation", OPERATIONS.values(), ids=list(OPERATIONS))


@each_operation
@pytest.mark.parametrize(
    ("status", "body", "slug", "words"),
    [
        (400, '[{"message": "one"}, {"message": "two"}]', "refused", "one; two"),
        (401, "", "bad-token", "401"),
        (403, "", "forbidden", "403"),
        (429, "", "rate-limited", "429"),
        (503, "", "server-failed", "503"),
        (302, "", "redirected", "302"),
    ],
)
def test_every_operation_tells_why_it_is_refused(
    api: JiraDeployments,
    sandbox: Sandbox,
    operation: Callable[[JiraDeployments], object],
    status: int,
    body: str,
    slug: str,
    words: str,
) -> None:
    sandbox.faults.add(Answer(status, body, JSON if body else {}), path="deployments", times=None)
    with pytest.raises(ServerError) as error:
        operation(api)
    assert (error.value.slug, error.value.status) == (slug, status)
    assert words in error.value.message


@each_operation
def test_every_operation_is_repeated_where_that_does_no_harm(
    sandbox: Sandbox, operation: Callable[[JiraDeployments], object]
) -> None:
    waits: list[float] = []
    for status in (503, 429):
        sandbox.faults.add(Answer(status, "", {"Retry-After": "7"}), path="deployments", times=1)
    with as_client(sandbox, retries=Retries(sleep=waits.append)) as site:
        operation(JiraDeployments(site))
    assert len(waits) == 2
    assert all(7 <= wait <= 8 for wait in waits)


@each_operation
@pytest.mark.parametrize("sandbox", [{"jira": JiraSettings(permitted=frozenset())}], indirect=True)
def test_an_app_without_the_module_is_told_what_it_needs(
    sandbox: Sandbox, operation: Callable[[JiraDeployments], object]
) -> None:
    with as_app(sandbox) as site, pytest.raises(ServerError) as error:
        operation(JiraDeployments(site))
    assert "jiraDeploymentInfoProvider" in error.value.hint


def test_the_name_of_no_deployment_is_not_asked_for(api: JiraDeployments, sandbox: Sandbox) -> None:
    for key in (
        DeploymentKey("", "e", 1),
        DeploymentKey("p", "e" * 256, 1),
        DeploymentKey("p", "e", -1),
        DeploymentKey("p", "..", 1),
    ):
        for operation in (api.get, api.delete, api.gating_status):
            with pytest.raises(UsageError):
                operation(key)
    assert not [each for each in sandbox.requests if "deployments" in each.path]


class Clock:
    """Time that passes while one sleeps, and by an hour a read."""

    def __init__(self) -> None:
        self.now = 0.0
        self.waits: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds


def wait(api: JiraDeployments, wait_s: float) -> tuple[Mapping[str, Any] | None, list[Any], Clock]:
    """What a gate said at last, what was heard meanwhile, and how time went."""
    heard: list[Any] = []
    clock = Clock()

    def tell(gate: Mapping[str, Any] | None) -> None:
        heard.append(gate["gatingStatus"] if gate else None)

    gate = awaited(
        lambda: api.gating_status(KEY), wait_s=wait_s, tell=tell, sleep=clock.sleep, clock=clock
    )
    return gate, heard, clock


GATED = [{"command": "initiate_deployment_gating"}]


@pytest.mark.parametrize("word", ["allowed", "prevented", "invalid"])
def test_a_gate_is_waited_for_until_its_last_word(
    api: JiraDeployments, sandbox: Sandbox, word: str
) -> None:
    tell(api, made(commands=GATED))
    there(sandbox).gates["shop", "prod-east", 16] = ["awaiting", "awaiting", word]
    gate, heard, clock = wait(api, 600)
    assert gate is not None
    assert word_of(gate) == word
    assert gate["details"][0]["issueKey"] == "CHANGE-1"
    assert heard == ["awaiting"]
    assert clock.waits == [2.0, 3.0]


def test_a_gate_that_does_not_decide_is_left_when_time_is_over(api: JiraDeployments) -> None:
    tell(api, made(commands=GATED))
    gate, heard, clock = wait(api, 120)
    assert gate is not None
    assert word_of(gate) == "awaiting"
    assert heard == ["awaiting"]
    assert sum(clock.waits) == 120
    assert max(clock.waits) == 30
    assert wait(api, 0)[2].waits == []


@pytest.mark.parametrize("sandbox", [{"jira": JiraSettings(stored_after_reads=1)}], indirect=True)
def test_a_gate_may_come_while_one_waits(api: JiraDeployments, sandbox: Sandbox) -> None:
    tell(api, made(commands=GATED))
    there(sandbox).gates["shop", "prod-east", 16] = ["allowed"]
    gate, heard, _ = wait(api, 60)
    assert gate is not None
    assert word_of(gate) == "allowed"
    assert heard == [None]


def test_a_deployment_whose_gate_nobody_asked_for_has_none(api: JiraDeployments) -> None:
    tell(api)
    assert api.gating_status(KEY) is None


def test_a_word_of_a_newer_server_allows_nothing(api: JiraDeployments, sandbox: Sandbox) -> None:
    tell(api, made(commands=GATED))
    odd = json.dumps({"gatingStatus": "expired", "details": None})
    sandbox.faults.add(Answer(200, odd, JSON), path="gating-status", times=None)
    gate, heard, _ = wait(api, 10)
    assert gate is not None
    assert word_of(gate) is None
    assert heard == ["expired"]
    assert word_of({}) is None
    assert word_of({"gatingStatus": ["allowed"]}) is None


def test_the_states_of_a_deployment_are_kept(api: JiraDeployments) -> None:
    for at, state in enumerate(DeploymentState):
        told = tell(api, made(updateSequenceNumber=at, state=state), wait_s=0)
        assert standings(told) == [Standing.STORED]
