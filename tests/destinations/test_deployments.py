"""Deployments over a socket: every operation, and how they are refused."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import repository
from contract.shapes import shapes
from hypothesis import given
from hypothesis import strategies as st
from program import TOKEN

from insights_uploader.destinations.bitbucket_dc.address import HEADERS
from insights_uploader.destinations.deployments.client import (
    CommitName,
    Deployment,
    Deployments,
    Environment,
    differences,
)
from insights_uploader.destinations.deployments.payload import (
    DeploymentState,
    EnvironmentType,
    Identity,
    deployment_body,
)
from insights_uploader.destinations.http import Http, Retries
from insights_uploader.model.errors import ServerError, UsageError
from insights_uploader.sandbox.faults import Answer
from insights_uploader.sandbox.server import Sandbox
from insights_uploader.sandbox.settings import Permission, RateLimit, User

ADMIN = User("ada", "a-password", Permission.ADMIN, tokens=("admin-token",))
NOBODY = User("nor", "a-password", Permission.NONE, tokens=("nobody-token",))
USERS = {"users": (ADMIN, NOBODY)}
with_users = pytest.mark.parametrize("sandbox", [USERS], indirect=True)

LIVE = Identity("shop", "us-east", 7)
PAGE = "https://deploy.example.com/shop/7"
BODY = deployment_body(LIVE, DeploymentState.SUCCESSFUL, PAGE)
JSON = {"content-type": "application/json"}


@pytest.fixture
def head(dotenv: Path) -> str:
    return repository.git(dotenv, "rev-parse", "HEAD").strip()


@contextmanager
def deployments(
    sandbox: Sandbox, commit: str, token: str = TOKEN, retries: Retries | None = None, **names: str
) -> Iterator[Deployments]:
    with Http(sandbox.url, f"Bearer {token}", headers=HEADERS, retries=retries) as http:
        yield Deployments(http, names.get("project", "PRJ"), "repo", commit)


# what is sent


def test_what_is_not_said_is_made_up_of_the_keys() -> None:
    assert BODY == {
        "key": "shop",
        "displayName": "shop",
        "deploymentSequenceNumber": 7,
        "description": "Deployment 7 to us-east",
        "state": "SUCCESSFUL",
        "url": PAGE,
        "environment": {"key": "us-east", "displayName": "us-east"},
    }


def test_all_that_can_be_said() -> None:
    body = deployment_body(
        LIVE,
        DeploymentState.ROLLED_BACK,
        PAGE,
        name="The shop",
        description="Back to 6",
        environment_name="US East",
        environment_type=EnvironmentType.PRODUCTION,
        environment_url="https://shop.example.com",
        last_updated=1359075920,
    )
    assert body["environment"] == {
        "key": "us-east",
        "displayName": "US East",
        "type": "PRODUCTION",
        "url": "https://shop.example.com",
    }
    assert (body["displayName"], body["description"]) == ("The shop", "Back to 6")
    assert (body["state"], body["lastUpdated"]) == ("ROLLED_BACK", 1359075920)


_TEXTS = st.text(max_size=4) | st.sampled_from(["é" * 255, "😀" * 127, "😀" * 128, "x" * 256])
_LINKS = st.text(max_size=4) | st.sampled_from(
    [PAGE, "https://e.example/" + "x" * 1006, "https://e.example/" + "x" * 1007, "ftp://e", "http:"]
)


@given(
    key=_TEXTS,
    place=_TEXTS,
    number=st.integers(-1, 2**63),
    url=_LINKS,
    name=st.none() | _TEXTS,
    description=st.none() | _TEXTS,
    environment_url=st.none() | _LINKS,
    last_updated=st.none() | st.integers(-1, 2**63),
)
def test_what_is_built_holds_to_atlassians_shape(
    key: str, place: str, number: int, url: str, **others: Any
) -> None:
    try:
        identity = Identity(key, place, number)
        body = deployment_body(identity, DeploymentState.PENDING, url, **others)
    except UsageError:
        return
    file = shapes("bitbucket-dc/deployments")
    assert file.component_refusals("RestDeploymentSetRequest", json.loads(json.dumps(body))) == []
    assert all(body[name].strip() for name in ("key", "displayName", "description"))


@pytest.mark.parametrize(
    ("wrong", "option"),
    [
        ({"name": ""}, "--name"),
        ({"name": "😀" * 128}, "--name"),
        ({"description": "two\nlines"}, "--description"),
        ({"environment_name": "x" * 256}, "--environment-name"),
        ({"environment_url": "ftp://example.com"}, "--environment-url"),
        ({"url": "https://example.com/" + "x" * 1010}, "--link"),
        ({"last_updated": -1}, "--last-updated"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(wrong: Mapping[str, Any], option: str) -> None:
    with pytest.raises(UsageError, match=f"^{option}: must be"):
        deployment_body(LIVE, DeploymentState.FAILED, **{"url": PAGE, **wrong})


# over the socket


@with_users
def test_a_deployment_is_set_read_updated_and_deleted(sandbox: Sandbox, head: str) -> None:
    begun = deployment_body(LIVE, DeploymentState.IN_PROGRESS, PAGE)
    with deployments(sandbox, head, "admin-token") as client:
        assert client.is_supported()
        stored = client.set(begun)
        assert stored == Deployment(
            key="shop",
            deployment_sequence_number=7,
            state="IN_PROGRESS",
            environment=Environment("us-east", "us-east"),
            display_name="shop",
            description="Deployment 7 to us-east",
            url=PAGE,
            to_commit=CommitName(head),
        )
        assert (client.one(LIVE), differences(begun, stored)) == (stored, [])
        assert client.set(BODY).state == "SUCCESSFUL"
        assert client.one(LIVE).state == "SUCCESSFUL"
        client.delete(LIVE)
        with pytest.raises(ServerError) as missing:
            client.one(LIVE)
        assert (missing.value.slug, missing.value.status) == ("not-found", 404)
        client.delete(LIVE)  # of one that never was the server says the same


@with_users
def test_every_state_is_taken(sandbox: Sandbox, head: str) -> None:
    with deployments(sandbox, head) as client:
        for state in DeploymentState:
            assert client.set(deployment_body(LIVE, state, PAGE)).state == state


def test_what_the_server_holds_otherwise_is_named() -> None:
    stored = Deployment("shop", 7, "FAILED", Environment("us-east", "East"), url=PAGE)
    assert differences(BODY, stored) == [
        "displayName is None, not 'shop'",
        "description is None, not 'Deployment 7 to us-east'",
        "state is 'FAILED', not 'SUCCESSFUL'",
        "environment.displayName is 'East', not 'us-east'",
    ]


def test_what_the_server_holds_is_not_repeated_without_end() -> None:
    stored = Deployment("shop", 7, "x" * 10_000, Environment("us-east", "us-east"))
    assert max(map(len, differences(BODY, stored))) < 300


@pytest.mark.parametrize(
    ("answer", "slug"),
    [
        ("{}", "odd-reply"),
        ("[]", "odd-reply"),
        (json.dumps({**BODY, "state": 7}), "odd-reply"),
        (json.dumps({**BODY, "environment": {"key": "us-east"}}), "odd-reply"),
        ("{", "not-json"),
        ("", "not-json"),
    ],
)
def test_what_is_no_deployment_is_no_success(
    sandbox: Sandbox, head: str, answer: str, slug: str
) -> None:
    sandbox.faults.add(Answer(200, answer, JSON), path="/deployments")
    with deployments(sandbox, head) as client, pytest.raises(ServerError) as refused:
        client.set(BODY)
    assert refused.value.slug == slug


@pytest.mark.parametrize(
    ("token", "project", "commit", "slug"),
    [
        ("wrong", "PRJ", None, "bad-token"),
        ("nobody-token", "PRJ", None, "not-permitted"),
        (TOKEN, "NONE", None, "no-project"),
        (TOKEN, "PRJ", "a" * 40, "no-commit"),
    ],
)
@with_users
def test_refusals_of_a_post(
    sandbox: Sandbox, head: str, token: str, project: str, commit: str | None, slug: str
) -> None:
    there = deployments(sandbox, commit or head, token, project=project)
    with there as client, pytest.raises(ServerError) as refused:
        client.set(BODY)
    assert (refused.value.slug, len(sandbox.requests)) == (slug, 1)


@with_users
def test_only_an_administrator_deletes(sandbox: Sandbox, head: str) -> None:
    with deployments(sandbox, head) as client:
        client.set(BODY)
        with pytest.raises(ServerError, match="ci is accepted") as refused:
            client.delete(LIVE)
        assert "administrator" in refused.value.hint
        assert client.one(LIVE).key == "shop"


@pytest.mark.parametrize(
    "body",
    [
        json.dumps({"message": "HTTP 404 Not Found", "status-code": 404, "sub-code": -1}),
        json.dumps({"errors": [{"context": None, "message": "no", "exceptionName": None}]}),
    ],
)
@with_users
def test_a_server_without_deployments(sandbox: Sandbox, head: str, body: str) -> None:
    sandbox.faults.add(Answer(404, body, JSON), path="/deployment", times=None)
    with deployments(sandbox, head) as client, pytest.raises(ServerError) as refused:
        client.set(BODY)
    assert refused.value.slug == "no-deployments"
    assert "plugin.deployment.capability.disabled" in refused.value.hint


@with_users
def test_a_proxys_page_says_nothing_of_deployments(sandbox: Sandbox, head: str) -> None:
    sandbox.faults.add(
        Answer(404, "<p>", {"content-type": "text/html"}), path="/deploy", times=None
    )
    with deployments(sandbox, head) as client, pytest.raises(ServerError) as refused:
        client.set(BODY)
    assert refused.value.slug == "no-endpoint"


@pytest.mark.parametrize(("status", "slug"), [(403, "forbidden"), (413, "too-large")])
@with_users
def test_refusals_from_before_the_server(
    sandbox: Sandbox, head: str, status: int, slug: str
) -> None:
    sandbox.faults.add(Answer(status, "no"), method="POST", path="/deployments")
    with deployments(sandbox, head) as client, pytest.raises(ServerError) as refused:
        client.set(BODY)
    assert (refused.value.slug, refused.value.status) == (slug, status)


@pytest.mark.parametrize(
    "sandbox", [{"rate_limit": RateLimit(capacity=1, per_second=5)}], indirect=True
)
def test_past_the_rate_limit_it_is_sent_again(sandbox: Sandbox, head: str) -> None:
    waits: list[str] = []
    with deployments(sandbox, head, retries=Retries(tell=waits.append)) as client:
        client.set(BODY)
        assert client.one(LIVE).state == "SUCCESSFUL"
    assert any("429" in wait for wait in waits)


@with_users
def test_what_got_no_answer_is_set_again(sandbox: Sandbox, head: str) -> None:
    sandbox.faults.add(Answer(503, "busy", applied=True), method="POST", path="/deployments")
    with deployments(sandbox, head, retries=Retries()) as client:
        assert client.set(BODY).state == "SUCCESSFUL"
    assert [each.status for each in sandbox.requests] == [503, 200]
