"""The sandbox as a Jira Cloud site: who gets in, and what is stored when."""

import time
from collections.abc import Iterator
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import httpx
import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from insights_uploader.sandbox.jira_settings import JiraSettings
from insights_uploader.sandbox.jira_store import Entry, EventualStore
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
GET = "/rest/builds/0.1/pipelines/p/builds/1"
GATEWAY = f"/jira/builds/0.1/cloud/{THERE.cloud_id}/pipelines/p/builds/1"
BUILD = {
    "pipelineId": "p",
    "buildNumber": 1,
    "updateSequenceNumber": 1,
    "displayName": "p #1",
    "url": "https://ci.example.com/1",
    "state": "failed",
    "lastUpdated": "2026-11-21T18:00:00Z",
    "issueKeys": ["DEMO-1"],
}


@pytest.fixture
def client(sandbox: Sandbox) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=sandbox.url, trust_env=False, verify=False) as opened:
        yield opened


@pytest.fixture
def member(client: httpx.Client) -> httpx.Client:
    """One who has a token."""
    client.headers["Authorization"] = (
        f"Bearer {client.post('/oauth/token', json=GRANT).json()['access_token']}"
    )
    return client


def signed(method: str, canonical: str, **claims: Any) -> dict[str, str]:
    """A request's proof, made by hand from its canonical form."""
    now = int(time.time())
    qsh = sha256(f"{method}&{canonical}".encode()).hexdigest()
    known = {"iss": THERE.app_key, "iat": now, "exp": now + 60, "qsh": qsh}
    told = {name: value for name, value in (known | claims).items() if value is not None}
    return {"Authorization": f"JWT {jwt.encode(told, THERE.shared_secret, 'HS256')}"}


# OAuth credentials


def test_a_token_is_given_for_credentials(client: httpx.Client) -> None:
    answer = client.post("/oauth/token", json=GRANT)
    assert answer.status_code == 200
    token = answer.json()
    assert (token["token_type"], token["expires_in"]) == ("Bearer", 900)
    assert client.get(GATEWAY).status_code == 401
    proof = {"Authorization": f"Bearer {token['access_token']}"}
    assert client.get(GATEWAY, headers=proof).status_code == 404
    assert client.get(GET, headers=proof).status_code == 401
    other = GATEWAY.replace(THERE.cloud_id, "another-site")
    assert client.get(other, headers=proof).status_code == 401


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"client_secret": "x"}, 401), ({"client_id": "x"}, 401), ({"audience": "x"}, 403),
        ({"grant_type": "password"}, 400), ({"client_secret": None}, 401),
    ],
    ids=str,
)  # fmt: skip
def test_no_token_is_given_for_anything_else(
    client: httpx.Client, change: dict[str, Any], status: int
) -> None:
    answer = client.post("/oauth/token", json=GRANT | change)
    assert answer.status_code == status
    assert set(answer.json()) == {"error", "error_description"}


def test_a_token_ends(sandbox: Sandbox, member: httpx.Client) -> None:
    assert member.get(GATEWAY).status_code == 404
    sandbox.jira.access.revoke()
    answer = member.get(GATEWAY)
    assert (answer.status_code, answer.content) == (401, b"")


def test_a_token_ends_with_its_time(checkout: "Checkout") -> None:
    now = 0.0
    settings = SandboxSettings(checkout.path, jira=JiraSettings(token_lifetime_s=60))
    with serve(settings, clock=lambda: now) as sandbox, httpx.Client(base_url=sandbox.url) as asked:
        token = asked.post("/oauth/token", json=GRANT).json()["access_token"]
        asked.headers["Authorization"] = f"Bearer {token}"
        now = 59.9
        assert asked.get(GATEWAY).status_code == 404
        now = 60.0
        assert asked.get(GATEWAY).status_code == 401


def test_a_token_of_a_form_is_none(client: httpx.Client) -> None:
    assert client.post("/oauth/token", data=GRANT).status_code == 400


def test_a_site_tells_its_id_to_anybody(client: httpx.Client) -> None:
    assert client.get("/_edge/tenant_info").json() == {"cloudId": THERE.cloud_id}


def test_bitbucket_has_its_own_tokens(member: httpx.Client) -> None:
    commits = "/rest/insights/latest/projects/PRJ/repos/repo/commits"
    assert member.get(f"{commits}/{'0' * 40}/reports").status_code == 401


# Connect apps


def test_a_request_is_signed_by_its_canonical_form(client: httpx.Client) -> None:
    assert client.get(GET, headers=signed("GET", f"{GET}&")).status_code == 404
    path = "/rest/builds/0.1/bulkByProperties"
    sent = f"{path}?b=x+y&a=%2A&b=W&jwt=ignored"
    canonical = f"{path}&a=%2A&b=W,x%20y"
    assert client.delete(sent, headers=signed("DELETE", canonical)).status_code == 202
    assert client.delete(sent, headers=signed("DELETE", f"{path}&")).status_code == 401


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "another"}, {"iss": None}, {"qsh": None}, {"qsh": "context-qsh"}, {"exp": None},
        {"iat": None}, {"exp": 1}, {"exp": 2**33}, {"iat": 2**33, "exp": 2**33 + 60},
    ],
    ids=str,
)  # fmt: skip
def test_other_claims_are_refused(client: httpx.Client, claims: dict[str, Any]) -> None:
    answer = client.get(GET, headers=signed("GET", f"{GET}&", **claims))
    assert (answer.status_code, answer.content) == (401, b"")


def test_a_signature_of_none_is_none(client: httpx.Client) -> None:
    claims = jwt.decode(
        signed("GET", f"{GET}&")["Authorization"][4:], options={"verify_signature": False}
    )
    for token in (jwt.encode(claims, "", "none"), jwt.encode(claims, "x" * 32, "HS256"), "x"):
        assert client.get(GET, headers={"Authorization": f"JWT {token}"}).status_code == 401


# Builds


def submit(client: httpx.Client, body: Any) -> httpx.Response:
    return client.post(f"/jira/builds/0.1/cloud/{THERE.cloud_id}/bulk", json=body)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ([], "no JSON object"),
        ({}, "builds: must be a list"),
        ({"builds": []}, "builds: must be a list of 1 to 100"),
        ({"builds": [BUILD] * 101}, "builds: must be a list of 1 to 100"),
        ({"builds": [{"pipelineId": "p"}]}, "'buildNumber' is a required property"),
        ({"builds": [BUILD], "properties": {"_a": "b"}}, "starts with '_'"),
        ({"builds": [BUILD], "properties": {"a:b": "b"}}, "contains ':'"),
        ({"builds": [BUILD], "properties": {"a": "b" * 256}}, "at most 255"),
        ({"builds": [BUILD], "properties": {str(n): "b" for n in range(6)}}, "more than 5"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_submission_that_is_none_is_refused_whole(
    member: httpx.Client, body: Any, words: str
) -> None:
    answer = submit(member, body)
    assert answer.status_code == 400
    assert any(words in each["message"] for each in answer.json())


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"state": "FAILED"}, "state"), ({"url": "x" * 2001}, "url"), ({"issueKeys": []}, "issueKeys"),
        ({"issueKeys": ["DEMO"]}, "issueKeys"), ({"issueKeys": ["é-1"]}, "issueKeys"),
        ({"lastUpdated": "yesterday"}, "lastUpdated"), ({"lastUpdated": "2026-13-01T00:00:00Z"}, "lastUpdated"),
        ({"references": [{}] * 6}, "references"), ({"testInfo": {"totalNumber": 1}}, "testInfo"),
        ({"label": "\U0001f600" * 128}, "label"),
    ],
    ids=str,
)  # fmt: skip
def test_a_build_that_is_none_is_rejected_alone(
    member: httpx.Client, change: dict[str, Any], place: str
) -> None:
    answer = submit(member, {"builds": [BUILD | change, BUILD | {"buildNumber": 2}]})
    assert answer.status_code == 202
    assert answer.json()["acceptedBuilds"] == [{"pipelineId": "p", "buildNumber": 2}]
    [rejected] = answer.json()["rejectedBuilds"]
    assert rejected["key"] == {"pipelineId": "p", "buildNumber": 1}
    assert place in rejected["errors"][0]["message"]


def test_a_deletion_names_a_property(member: httpx.Client) -> None:
    path = f"/jira/builds/0.1/cloud/{THERE.cloud_id}/bulkByProperties"
    assert member.delete(path).status_code == 400
    assert member.delete(path, params={"_updateSequenceNumber": 1}).status_code == 400


def test_another_address_or_method_is_none(member: httpx.Client) -> None:
    below = f"/jira/builds/0.1/cloud/{THERE.cloud_id}"
    assert member.get(f"{below}/bulk").status_code == 405
    assert member.get(f"{below}/nothing").status_code == 404
    assert member.get(f"{below}/pipelines/p/builds/x").status_code == 404


# The store

entries = st.tuples(st.sampled_from("ab"), st.integers(0, 5))


@given(st.lists(entries, max_size=20))
def test_the_greatest_sequence_number_wins_whatever_the_order(given: list[tuple[str, int]]) -> None:
    store = EventualStore(reads=0, seconds=0, clock=time.monotonic)
    for key, sequence in given:
        store.submit(key, Entry(sequence, {"at": sequence}, {}))
    for key in "ab":
        entry = store.read(key)
        sequences = [sequence for name, sequence in given if name == key]
        assert (entry.sequence if entry else None) == (max(sequences) if sequences else None)


def test_changes_take_effect_after_reads_and_seconds_in_their_order() -> None:
    now = 0.0
    store = EventualStore(reads=1, seconds=10, clock=lambda: now)
    store.submit("a", Entry(1, {}, {"x": "1"}))
    assert store.read("a") is None
    now = 9.0
    store.delete("a")
    assert store.read("a") is None
    now = 10.0
    assert store.read("a") == Entry(1, {}, {"x": "1"})
    now = 19.0
    assert store.read("a") is None


def test_a_deletion_may_spare_what_is_newer() -> None:
    store = EventualStore(reads=0, seconds=0, clock=time.monotonic)
    store.submit("a", Entry(1, {}, {"x": "1", "y": "2"}))
    store.submit("b", Entry(2, {}, {"x": "1"}))
    store.delete_where({"x": "1"}, up_to=1)
    assert set(store.stored()) == {"b"}
    store.delete_where({"x": "1", "y": "2"})
    store.delete("b", up_to=1)
    assert set(store.stored()) == {"b"}
