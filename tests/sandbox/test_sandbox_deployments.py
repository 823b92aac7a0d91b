"""The sandbox's deployments, as Atlassian's OpenAPI file has them."""

from typing import Any

import httpx
import pytest
from sandbox.conftest import Checkout, Connect, ErrorOf

from insights_uploader.sandbox.server import Sandbox

WHICH = {"key": "shop", "environmentKey": "east", "deploymentSequenceNumber": "2"}
BODY = {
    "deploymentSequenceNumber": 2,
    "description": "2nd deployment",
    "displayName": "The shop",
    "environment": {"key": "east", "displayName": "US East", "type": "PRODUCTION"},
    "key": "shop",
    "state": "SUCCESSFUL",
    "url": "https://my-dep-tool/shop/2",
}


@pytest.fixture
def url(api: str, checkout: Checkout) -> str:
    return f"{api}/commits/{checkout.feature}/deployments"


def test_it_has_deployments(client: httpx.Client) -> None:
    response = client.get("/rest/api/latest/deployment/capabilities")
    assert (response.status_code, response.json()) == (200, {})


def test_a_deployment_is_set_shown_replaced_and_deleted(
    sandbox: Sandbox, connect: Connect, client: httpx.Client, url: str, checkout: Checkout
) -> None:
    stored = client.post(url, json=BODY)
    assert (stored.status_code, stored.json()["toCommit"]["id"]) == (200, checkout.feature)
    assert stored.json().items() >= BODY.items()
    assert client.get(url, params=WHICH).json() == stored.json()
    assert client.post(url, json=BODY | {"state": "FAILED"}).json()["state"] == "FAILED"
    assert client.get(url, params=WHICH).json()["state"] == "FAILED"
    admin = connect(sandbox, "ada-token")
    for _ in range(2):  # the second is of one that is not there
        assert admin.delete(url, params=WHICH).status_code == 204
    assert client.get(url, params=WHICH).status_code == 404


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"state": "DONE"}, "state"),
        ({"deploymentSequenceNumber": "2"}, "deploymentSequenceNumber"),
        ({"deploymentSequenceNumber": 2**63}, "deploymentSequenceNumber"),
        ({"description": "x" * 256}, "description"),
        ({"displayName": "😀" * 128}, "displayName"),
        ({"key": " "}, "key"),
        ({"url": "x" * 1025}, "url"),
        ({"lastUpdated": -1}, "lastUpdated"),
        (
            {"environment": {"key": "e", "displayName": "E", "type": "production"}},
            "environment.type",
        ),
        ({"environment": {"displayName": "E"}}, "key"),
    ],
)
def test_what_it_does_not_take(
    client: httpx.Client, url: str, change: dict[str, Any], field: str
) -> None:
    response = client.post(url, json=BODY | change)
    [error] = response.json()["errors"]
    assert (response.status_code, error["context"]) == (400, field)


@pytest.mark.parametrize("missing", list(WHICH))
def test_three_names_name_a_deployment(
    client: httpx.Client, url: str, missing: str, error_of: ErrorOf
) -> None:
    given = {name: value for name, value in WHICH.items() if name != missing}
    assert error_of(client.get(url, params=given))[:2] == (400, "ArgumentValidationException")


def test_a_reader_sets_and_an_administrator_deletes(
    sandbox: Sandbox, connect: Connect, url: str, error_of: ErrorOf
) -> None:
    reader, nobody = connect(sandbox, "rea-token"), connect(sandbox, "nor-token")
    assert reader.post(url, json=BODY).status_code == 200
    for response in (
        reader.delete(url, params=WHICH),
        nobody.post(url, json=BODY),
        nobody.get(url, params=WHICH),
    ):
        assert error_of(response)[:2] == (401, "AuthorisationException")
    assert reader.get(url, params=WHICH).status_code == 200


def test_what_is_not_there(client: httpx.Client, api: str, error_of: ErrorOf) -> None:
    other = client.post(f"{api}/commits/{'a' * 40}/deployments", json=BODY)
    assert error_of(other)[:2] == (404, "NoSuchCommitException")
    short = client.post(f"{api}/commits/abc/deployments", json=BODY)
    assert error_of(short)[:2] == (400, "ArgumentValidationException")
