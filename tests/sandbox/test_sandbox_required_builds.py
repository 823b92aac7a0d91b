"""The sandbox's required builds, as Atlassian's OpenAPI file and real servers have them."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from sandbox.conftest import SETTINGS, Checkout, Connect, ErrorOf

from insights_uploader.sandbox.server import Sandbox, serve
from insights_uploader.sandbox.settings import SandboxSettings

URL = "/rest/required-builds/latest/projects/PRJ/repos/repo"
MAIN = {"id": "refs/heads/main", "type": {"id": "BRANCH"}}
BODY = {"buildParentKeys": ["a", "b"], "refMatcher": MAIN}


@pytest.fixture
def admin(sandbox: Sandbox, connect: Connect) -> httpx.Client:
    return connect(sandbox, "ada-token")


def test_a_condition_is_created_listed_replaced_and_deleted(admin: httpx.Client) -> None:
    created = admin.post(f"{URL}/condition", json=BODY)
    assert created.status_code == 200
    number = created.json()["id"]
    assert created.json() == {
        "id": number,
        "buildParentKeys": ["a", "b"],
        "refMatcher": {
            "id": "refs/heads/main",
            "displayId": "main",
            "type": {"id": "BRANCH", "name": "Branch"},
        },
    }
    assert admin.get(f"{URL}/conditions").json()["values"] == [created.json()]
    put = admin.put(f"{URL}/condition/{number}", json=BODY | {"exemptRefMatcher": MAIN})
    assert put.json()["exemptRefMatcher"] == created.json()["refMatcher"]
    for _ in range(2):  # the second is of one that is not there
        assert admin.delete(f"{URL}/condition/{number}").status_code == 204
    assert admin.get(f"{URL}/conditions").json()["values"] == []


@pytest.mark.parametrize(
    ("change", "status", "field"),
    [
        ({"buildParentKeys": []}, 400, "buildParentKeys"),
        ({"buildParentKeys": ["x"] * 101}, 400, "buildParentKeys"),
        ({"buildParentKeys": "a"}, 400, "buildParentKeys"),
        ({"refMatcher": {"id": "x", "type": {"id": "TAG"}}}, 400, "refMatcher.type.id"),
        ({"refMatcher": {"id": "main", "type": {"id": "BRANCH"}}}, 400, "refMatcher.id"),
        ({"refMatcher": {"id": "", "type": {"id": "PATTERN"}}}, 400, "refMatcher.id"),
        ({"refMatcher": {"id": "x", "type": {"id": "MODEL_BRANCH"}}}, 400, "refMatcher.id"),
        ({"refMatcher": {"id": "refs/heads/main"}}, 500, None),
    ],
)
def test_what_it_does_not_take(
    admin: httpx.Client, change: dict[str, Any], status: int, field: str | None
) -> None:
    response = admin.post(f"{URL}/condition", json=BODY | change)
    [error] = response.json()["errors"]
    assert (response.status_code, error["context"]) == (status, field)
    assert admin.get(f"{URL}/conditions").json()["values"] == []


def test_any_ref_comes_back_under_another_name(admin: httpx.Client) -> None:
    anything = {"id": "ANY_REF", "type": {"id": "ANY_REF"}}
    stored = admin.post(f"{URL}/condition", json=BODY | {"refMatcher": anything}).json()
    assert stored["refMatcher"]["id"] == "ANY_REF_MATCHER_ID"


def test_an_administrator_writes_and_a_reader_reads(
    sandbox: Sandbox, connect: Connect, error_of: ErrorOf
) -> None:
    reader, nobody = connect(sandbox, "rea-token"), connect(sandbox, "nor-token")
    for response in (
        reader.post(f"{URL}/condition", json=BODY),
        reader.put(f"{URL}/condition/1", json=BODY),
        reader.delete(f"{URL}/condition/1"),
        nobody.get(f"{URL}/conditions"),
    ):
        assert error_of(response)[:2] == (401, "AuthorisationException")
    assert reader.get(f"{URL}/conditions").status_code == 200
    anonymous = connect(sandbox, None).get(f"{URL}/conditions")
    assert error_of(anonymous)[:2] == (401, "AuthenticationRequiredException")


def test_what_is_not_there(admin: httpx.Client, error_of: ErrorOf) -> None:
    assert error_of(admin.put(f"{URL}/condition/99", json=BODY))[:2] == (
        404,
        "NoSuchEntityException",
    )
    other = admin.get(f"{URL.replace('repos/repo', 'repos/none')}/conditions")
    assert error_of(other)[:2] == (404, "NoSuchRepositoryException")


@pytest.fixture
def newer(checkout: Checkout) -> Iterator[Sandbox]:
    settings: dict[str, Any] = {**SETTINGS, "version": "10.2.1"}
    with serve(SandboxSettings(checkout.path, **settings)) as running:
        yield running


def test_from_10_2_on_it_knows_where_a_condition_holds(newer: Sandbox, connect: Connect) -> None:
    client = connect(newer, "ada-token")
    stored = client.post(f"{URL}/condition", json=BODY | {"requiredForMergeQueue": False}).json()
    assert (stored["requiredForPullRequest"], stored["requiredForMergeQueue"]) == (True, False)


def test_before_it_does_not(admin: httpx.Client) -> None:
    stored = admin.post(f"{URL}/condition", json=BODY | {"requiredForMergeQueue": False}).json()
    assert "requiredForMergeQueue" not in stored
