"""Build statuses over HTTP, as Atlassian documents both APIs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from contract.shapes import shapes
from sandbox.conftest import SETTINGS

from insights_uploader.sandbox.server import Sandbox, serve
from insights_uploader.sandbox.settings import SandboxSettings

if TYPE_CHECKING:
    import httpx
    from sandbox.conftest import Checkout, Connect, ErrorOf

LEAST: dict[str, Any] = {"key": "k", "state": "INPROGRESS", "url": "https://ci.example/1"}
FULL: dict[str, Any] = {
    "key": "TEST-REP3",
    "state": "FAILED",
    "url": "https://bamboo.example.com/browse/TEST-REP3",
    "name": "Database Matrix Tests",
    "description": "A description of the build goes here",
    "buildNumber": "3",
    "parent": "TEST-REP",
    "ref": "refs/heads/master",
    "duration": 1_500_000,
    "testResults": {"successful": 134, "failed": 1, "skipped": 5},
}
ANY = "e00cf62997a027bbf785614a93e2e55bb331d268"
"""A commit of some repository; not of the sandbox's."""
CAPABILITIES = "/rest/api/latest/build/capabilities"


@pytest.fixture
def builds(api: str, checkout: Checkout) -> str:
    return f"{api}/commits/{checkout.feature}/builds"


@pytest.fixture
def legacy(checkout: Checkout) -> str:
    return f"/rest/build-status/latest/commits/{checkout.feature}"


def conforms(name: str, body: Any) -> None:
    assert shapes("bitbucket-dc/builds").component_refusals(name, body) == []


def keys(client: httpx.Client, legacy: str, **query: Any) -> list[str]:
    return [each["key"] for each in client.get(legacy, params=query).json()["values"]]


def test_a_build_is_given_back_as_posted(client: httpx.Client, builds: str) -> None:
    posted = client.post(builds, json=FULL)
    assert (posted.status_code, posted.content) == (204, b"")
    shown = client.get(builds, params={"key": "TEST-REP3"}).json()
    conforms("RestBuildStatus", shown)
    dates = [shown.pop(name) for name in ("createdDate", "updatedDate")]
    assert dates[0] == dates[1] > 1_700_000_000_000
    assert shown == {**FULL, "projectKey": "PRJ", "repositorySlug": "repo"}


def test_a_later_build_of_the_key_replaces_the_first(client: httpx.Client, builds: str) -> None:
    client.post(builds, json=FULL | {"key": "k"})
    client.post(builds, json=LEAST)
    shown = client.get(builds, params={"key": "k"}).json()
    assert shown["state"] == "INPROGRESS"
    assert "testResults" not in shown


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("key", None),
        ("key", " "),
        ("key", "\U0001f600" * 128),
        ("state", None),
        ("state", "successful"),
        ("state", "PENDING"),
        ("url", None),
        ("url", " "),
        ("url", "https://h/" + "x" * 441),
        ("ref", "main"),
        ("ref", "refs/heads/" + "x" * 1014),
        ("parent", "p" * 1025),
        ("name", "n" * 256),
        ("buildNumber", 3),
        ("buildNumber", "3" * 256),
        ("duration", 1.5),
        ("duration", 2**63),
        ("lastUpdated", "2013-01-25"),
        ("testResults", [1]),
        ("successful", 2**31),
    ],
)
def test_a_bad_field_is_named(client: httpx.Client, builds: str, field: str, value: Any) -> None:
    body = FULL | ({"testResults": {field: value}} if field == "successful" else {field: value})
    refused = client.post(builds, json=body)
    assert refused.status_code == 400
    assert [error["context"] for error in refused.json()["errors"]] == [field]
    assert client.get(builds, params={"key": "TEST-REP3"}).status_code == 404


@pytest.mark.parametrize("method", ["GET", "DELETE"])
@pytest.mark.parametrize("key", [None, "", "  ", "k" * 256])
def test_a_build_is_asked_for_by_a_key(
    sandbox: Sandbox, connect: Connect, builds: str, error_of: ErrorOf, method: str, key: str | None
) -> None:
    answer = connect(sandbox, "ada-token").request(
        method, builds, params={} if key is None else {"key": key}
    )
    assert error_of(answer) == (
        400,
        "ArgumentValidationException",
        "Please specify a non-blank key smaller than 255 characters",
    )


def test_who_reads_may_post_and_who_administers_may_delete(
    sandbox: Sandbox, connect: Connect, builds: str, error_of: ErrorOf
) -> None:
    nobody, reader, admin = (
        connect(sandbox, name) for name in ("nor-token", "rea-token", "ada-token")
    )
    assert error_of(nobody.post(builds, json=LEAST))[:2] == (401, "AuthorisationException")
    assert reader.post(builds, json=LEAST).status_code == 204
    assert error_of(reader.delete(builds, params={"key": "k"}))[:2] == (
        401,
        "AuthorisationException",
    )
    assert admin.delete(builds, params={"key": "k"}).status_code == 204
    assert error_of(reader.get(builds, params={"key": "k"}))[0] == 404
    assert admin.delete(builds, params={"key": "k"}).status_code == 204


def test_a_commit_that_is_none_or_is_not_there(
    client: httpx.Client, api: str, error_of: ErrorOf
) -> None:
    assert error_of(client.post(f"{api}/commits/{ANY[:7]}/builds", json=LEAST))[0] == 400
    missing = client.post(f"{api}/commits/{ANY}/builds", json=LEAST)
    assert error_of(missing)[:2] == (404, "NoSuchCommitException")


def test_the_legacy_api_stores_for_any_commit_and_shows_pages(
    client: httpx.Client, legacy: str
) -> None:
    for number in range(30):
        body = {**LEAST, "key": f"k{number}", "name": "n", "description": "d", "ref": "ignored"}
        posted = client.post(legacy, json=body)
        assert (posted.status_code, posted.content) == (204, b"")
    client.post(legacy, json={**LEAST, "key": "k0", "state": "FAILED"})
    page = client.get(legacy).json()
    assert (page["size"], page["isLastPage"], page["nextPageStart"]) == (25, False, 25)
    conforms("RestBuildStatus", page["values"][0])
    assert page["values"][1].keys() == {"key", "state", "url", "name", "description", "dateAdded"}
    newest = ["k0", *(f"k{number}" for number in range(29, 0, -1))]
    assert keys(client, legacy, limit=100) == newest
    assert keys(client, legacy, limit=100, orderBy="OLDEST") == newest[::-1]
    assert keys(client, legacy, limit=1, orderBy="STATUS") == ["k0"]
    assert client.get(legacy, params={"orderBy": "random"}).status_code == 400
    other = legacy.replace(legacy.rpartition("/")[2], ANY).replace("latest", "1.0")
    assert client.post(other, json=LEAST).status_code == 204
    assert keys(client, other) == ["k"]


def test_only_the_latest_hundred_are_shown(
    client: httpx.Client, legacy: str, sandbox: Sandbox
) -> None:
    commit = legacy.rpartition("/")[2]
    for number in range(103):
        sandbox.builds.put(
            commit, {**LEAST, "key": str(number)}, is_of_repository=False, now_ms=number
        )
    assert keys(client, legacy, limit=1000) == [str(number) for number in range(102, 2, -1)]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("state", "CANCELLED"),
        ("state", "UNKNOWN"),
        ("key", ""),
        ("url", None),
        ("name", "n" * 256),
        ("description", "d" * 256),
        ("url", "https://h/" + "x" * 441),
    ],
)
def test_the_legacy_api_refuses(client: httpx.Client, legacy: str, field: str, value: Any) -> None:
    refused = client.post(legacy, json=LEAST | {field: value})
    assert refused.status_code == 400
    assert [error["context"] for error in refused.json()["errors"]] == [field]


def test_the_legacy_api_wants_a_full_hash_and_a_login(
    sandbox: Sandbox, connect: Connect, client: httpx.Client, error_of: ErrorOf
) -> None:
    address = "/rest/build-status/latest/commits"
    assert error_of(client.post(f"{address}/{ANY[:7]}", json=LEAST))[0] == 400
    stranger = connect(sandbox, None)
    for answer in (
        stranger.post(f"{address}/{ANY}", json=LEAST),
        stranger.get(f"{address}/{ANY}"),
        stranger.get(f"{address}/stats/{ANY}"),
        stranger.post(f"{address}/stats", json=[ANY]),
    ):
        assert error_of(answer)[:2] == (401, "AuthenticationRequiredException")


def test_builds_of_both_apis_are_counted_by_their_state(
    client: httpx.Client, builds: str, legacy: str, checkout: Checkout
) -> None:
    for number, state in enumerate(("FAILED", "CANCELLED", "UNKNOWN", "SUCCESSFUL", "SUCCESSFUL")):
        client.post(builds, json={**LEAST, "key": str(number), "state": state})
    client.post(legacy, json=LEAST)
    address = "/rest/build-status/latest/commits/stats"
    counts = client.get(f"{address}/{checkout.feature}").json()
    assert counts == {"successful": 2, "failed": 1, "inProgress": 1, "cancelled": 1, "unknown": 1}
    conforms("RestBuildStats", counts)
    unique = client.get(f"{address}/{checkout.feature}", params={"includeUnique": "true"}).json()
    assert unique["result"]["key"] == "0"
    assert client.post(address, json=[checkout.feature, ANY]).json() == {checkout.feature: counts}
    assert client.get(f"{address}/{ANY}").json() == dict.fromkeys(counts, 0)
    assert client.post(address, json={"commits": [ANY]}).status_code == 400


def test_what_the_server_can(client: httpx.Client) -> None:
    answer = client.get(CAPABILITIES)
    assert answer.json() == {"buildStatus": ["richBuildStatus", "cancelledStatus"]}


@pytest.fixture
def old(checkout: Checkout, request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    settings = SandboxSettings(checkout.path, **SETTINGS, build_capabilities=request.param)  # type: ignore[arg-type]
    with serve(settings) as sandbox:
        yield sandbox


@pytest.mark.parametrize("old", [None, ()], indirect=True, ids=["older", "old"])
def test_an_old_server_does_not_know_the_address(
    old: Sandbox, connect: Connect, builds: str, legacy: str
) -> None:
    client = connect(old)
    client.headers["Accept"] = "application/json"
    unknown = {"message": "HTTP 404 Not Found", "status-code": 404, "sub-code": -1}
    for answer in (
        client.post(builds, json=LEAST),
        client.get(builds, params={"key": "k"}),
        client.delete(builds, params={"key": "k"}),
    ):
        assert (answer.status_code, answer.json()) == (404, unknown)
    assert client.post(legacy, json=LEAST).status_code == 204


@pytest.mark.parametrize("old", [("richBuildStatus",)], indirect=True, ids=["no-cancelled"])
def test_a_server_that_knows_no_cancelled(old: Sandbox, connect: Connect, builds: str) -> None:
    refused = connect(old).post(builds, json={**LEAST, "state": "CANCELLED"})
    assert [error["context"] for error in refused.json()["errors"]] == ["state"]
