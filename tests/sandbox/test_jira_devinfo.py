"""The stand-in of Jira's development information is as strict as Atlassian's description."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import pytest
from jira import as_app

from insights_uploader.destinations.http import Reply
from insights_uploader.destinations.jira_cloud.address import Api
from insights_uploader.sandbox.jira_settings import JiraSettings
from insights_uploader.sandbox.server import Sandbox

COMMIT: Mapping[str, Any] = {
    "id": "c1",
    "issueKeys": ["DEMO-1"],
    "updateSequenceId": 5,
    "message": "m",
    "author": {},
    "fileCount": 0,
    "url": "https://example.com/c1",
    "authorTimestamp": "2026-11-21T18:00:00Z",
    "displayId": "c1",
}
REPOSITORY: Mapping[str, Any] = {
    "id": "r",
    "name": "r",
    "url": "https://example.com",
    "updateSequenceId": 5,
    "commits": [COMMIT],
}
BRANCH = {
    "id": "b",
    "issueKeys": ["DEMO-1"],
    "updateSequenceId": 5,
    "name": "b",
    "lastCommit": COMMIT,
    "url": "https://example.com/b",
}

Send = Callable[..., Reply]


@pytest.fixture
def is_careful() -> bool:
    """What is sent here is wrong on purpose."""
    return False


@pytest.fixture
def send(sandbox: Sandbox) -> Iterator[Send]:
    """Send a request below the API's address; any status will do."""
    with as_app(sandbox) as site:

        def _send(method: str, *below: str, **more: Any) -> Reply:
            return site.send(Api.DEVINFO, method, *below, expected=range(100, 600), **more)

        yield _send


def body(*repositories: Mapping[str, Any], **more: Any) -> Mapping[str, Any]:
    return {"repositories": list(repositories) or [REPOSITORY], **more}


def repository(identity: str, *commits: Mapping[str, Any], **more: Any) -> Mapping[str, Any]:
    return {**REPOSITORY, "id": identity, "commits": list(commits), **more}


def messages(reply: Reply) -> str:
    """The words of a refusal: an object with a list, unlike the other APIs'."""
    found = reply.json()
    assert list(found) == ["errorMessages"]
    return "; ".join(each["message"] for each in found["errorMessages"])


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({}, "repositories"),
        ({"repositories": []}, "repositories"),
        (body(*(repository(f"r{n}", COMMIT) for n in range(101))), "1 to 100"),
        (body(REPOSITORY, REPOSITORY), "duplicates"),
        (body({**REPOSITORY, "id": 7}), "repositories[0].id"),
        (body(repository("r")), "No development information entities"),
        (body(properties={str(n): "" for n in range(6)}), "more than 5"),
        (body(properties={"_x": ""}), "starts with '_'"),
        (body(properties={"x": "y" * 256}), "at most 255"),
        (body(operationType="ALL"), "$.operationType"),
        (body(preventTransitions="yes"), "$.preventTransitions"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_a_submission_as_a_whole_is_refused(
    send: Send, given: Mapping[str, Any], words: str
) -> None:
    reply = send("POST", "bulk", body=given)
    assert (reply.status, words in messages(reply)) == (400, True), reply.content


@pytest.mark.parametrize(
    ("kind", "entity", "words"),
    [
        ("commits", {"id": "c1"}, "required"),
        ("commits", {**COMMIT, "id": "a/b"}, "alphanumeric"),
        ("commits", {**COMMIT, "issueKeys": []}, "$.issueKeys"),
        ("commits", {**COMMIT, "issueKeys": ["DEMO-1"] * 501}, "$.issueKeys"),
        ("commits", {**COMMIT, "issueKeys": ["DEMO"]}, "no issue key"),
        ("commits", {**COMMIT, "message": "\U0001f600" * 513}, "longer than 1024"),
        ("commits", {**COMMIT, "fileCount": 2**31}, "int32"),
        ("commits", {**COMMIT, "files": [{}] * 11}, "$.files"),
        ("commits", {**COMMIT, "authorTimestamp": "yesterday"}, "ISO 8601"),
        ("branches", {**BRANCH, "name": "b" * 513}, "longer than 512"),
        ("branches", {**BRANCH, "lastCommit": {**COMMIT, "id": "ü"}}, "alphanumeric"),
        ("pullRequests", {"id": "1", "status": "MERGING"}, "required"),
    ],
)
def test_an_entity_fails_by_itself(
    send: Send, kind: str, entity: Mapping[str, Any], words: str
) -> None:
    given = repository("r", {**COMMIT, "id": "good"})
    lists: Sequence[Any] = [*given.get(kind, ()), entity]
    reply = send("POST", "bulk", body=body({**given, kind: lists}))
    told = reply.json()
    assert reply.status == 202
    assert told["acceptedDevinfoEntities"]["r"]["commits"] == ["good"]
    [failed] = told["failedDevinfoEntities"]["r"][kind]
    assert failed["id"] == entity["id"]
    assert words in "; ".join(each["message"] for each in failed["errorMessages"])


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (repository("a b", COMMIT), "alphanumeric"),
        (repository("x", COMMIT, name="n" * 256), "longer than 255"),
        (repository("x", COMMIT, COMMIT), "duplicate entity IDs"),
        (repository("x", *({**COMMIT, "id": f"c{n}"} for n in range(401))), "$.commits"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_a_repository_fails_by_itself(send: Send, given: Mapping[str, Any], words: str) -> None:
    told = send("POST", "bulk", body=body(REPOSITORY, given)).json()
    [error] = told["failedDevinfoEntities"][given["id"]]["errorMessages"]
    assert words in error["message"]
    assert list(told["acceptedDevinfoEntities"]) == ["r"]


@pytest.mark.parametrize(
    ("method", "below", "query"),
    [
        ("DELETE", ("repository", "r", "tag", "c1"), ()),
        ("DELETE", ("repository", "r", "commit", "c1"), (("_updateSequenceId", "x"),)),
        ("DELETE", ("bulkByProperties",), ()),
        ("DELETE", ("bulkByProperties",), (("_updateSequenceId", "5"),)),
        ("DELETE", ("bulkByProperties",), (("a", "1"), ("a", "2"))),
        ("GET", ("existsByProperties",), ()),
        ("GET", ("existsByProperties",), (("a", "1"), ("_updateSequenceId", "x"))),
    ],
)
def test_what_is_asked_wrongly_is_refused(
    send: Send, method: str, below: Sequence[str], query: Sequence[tuple[str, str]]
) -> None:
    reply = send(method, *below, query=query)
    assert (reply.status, bool(messages(reply))) == (400, True)


def test_the_newest_four_hundred_are_shown(send: Send) -> None:
    def commit(number: int, sequence: int = 5) -> Mapping[str, Any]:
        return {**COMMIT, "id": f"c{number}", "updateSequenceId": sequence}

    for commits in ([commit(n) for n in range(400)], [commit(0, 6), commit(400)], [commit(401, 7)]):
        send("POST", "bulk", body=body(repository("r", *commits)))
    shown = [each["id"] for each in send("GET", "repository", "r").json()["commits"]]
    assert (len(shown), shown[:3]) == (400, ["c401", "c0", "c400"])
    assert {"c1", "c2"}.isdisjoint(shown)


def test_what_is_as_old_as_the_stored_is_silently_ignored(send: Send) -> None:
    for sequence, message in ((5, "first"), (5, "same"), (4, "older"), (6, "newer")):
        commit = {**COMMIT, "updateSequenceId": sequence, "message": message}
        told = send("POST", "bulk", body=body(repository("r", commit))).json()
        assert told["acceptedDevinfoEntities"] == {
            "r": {"commits": ["c1"], "branches": [], "pullRequests": []}
        }
        [stored] = send("GET", "repository", "r").json()["commits"]
        assert stored["message"] == ("newer" if message == "newer" else "first")


@pytest.mark.parametrize("sandbox", [{"jira": JiraSettings(stored_after_reads=2)}], indirect=True)
def test_a_deletion_takes_what_was_submitted_before_it_though_not_stored_yet(send: Send) -> None:
    assert send("POST", "bulk", body=body()).status == 202
    assert send("DELETE", "repository", "r").status == 202
    assert [send("GET", "repository", "r").status for _ in range(4)] == [404] * 4
