"""The shapes are Atlassian's, each deviation is one, and the check of an exchange can fail."""

import json
import time
from collections.abc import Mapping
from typing import Any

import httpx
import jsonschema
import pytest
from contract.cut import SUBJECTS, cut
from contract.deviations import DEVIATIONS, RELIED_UPON
from contract.exchanges import answer_faults, request_faults
from contract.shapes import raw_shapes, shapes
from fixture_records import ROOT
from program import TOKEN

from insights_uploader.sandbox.contract import SHAPES
from insights_uploader.sandbox.faults import Answer
from insights_uploader.sandbox.recording import Exchange, RecordedRequest
from insights_uploader.sandbox.server import Sandbox

ATLASSIANS = ROOT.parent / "shared" / "api"
COMMIT = f"/rest/insights/latest/projects/PRJ/repos/repo/commits/{'c0ffee00' * 5}"
REPORT = {"title": "t", "data": [{"title": "n", "type": "NUMBER", "value": 9}], "result": "PASS"}
NOTE = {"message": "m", "severity": "LOW", "path": "a.py", "line": 1, "externalId": "1"}
HEADERS = {"content-type": "application/json", "x-atlassian-token": "no-check"}


@pytest.fixture
def is_careful() -> bool:
    return False


@pytest.mark.parametrize("subject", SUBJECTS)
def test_the_shapes_are_what_is_cut_from_atlassians_file(subject: str) -> None:
    source, patterns = SUBJECTS[subject]
    path = ATLASSIANS / f"{source}.openapi.json"
    if not path.exists():
        pytest.skip(f"Atlassian's file is not here: {path.name}")
    whole = cut(json.loads(path.read_text()), patterns)
    assert raw_shapes(subject) == whole, "python tests/contract/cut.py FOLDER"


def test_no_file_of_shapes_is_left_over() -> None:
    found = {str(path.relative_to(SHAPES)) for path in SHAPES.rglob("*.json")}
    assert found == {f"{subject}.schema.json" for subject in SUBJECTS}


@pytest.mark.parametrize("subject", SUBJECTS)
def test_every_shape_is_a_schema_without_prose(subject: str) -> None:
    file = shapes(subject)
    for schema in file.document["$defs"].values():
        jsonschema.Draft202012Validator.check_schema(schema)
    assert all(file.document["operations"].values())
    assert not {"description", "summary", "example"} & _words(raw_shapes(subject))


def _words(shape: Any) -> set[str]:
    """The words of a shape that are not the names of properties."""
    if isinstance(shape, list):
        return set().union(*map(_words, shape))
    if not isinstance(shape, dict):
        return set()
    named = shape.get("properties", {})
    inner = [each for word, each in shape.items() if word != "properties"]
    return set(shape).union(*map(_words, [*inner, *named.values()]))


@pytest.mark.parametrize("subject", SUBJECTS)
def test_every_deviation_deviates(subject: str) -> None:
    document = raw_shapes(subject)
    for deviation in DEVIATIONS:
        if subject in deviation.subjects:
            assert deviation.reason
            deviation.apply(document)
            with pytest.raises(KeyError):
                deviation.apply(document)


def test_what_we_rely_on_has_a_shape() -> None:
    known = {name for subject in SUBJECTS for name in raw_shapes(subject)["$defs"]}
    assert set(RELIED_UPON) <= known


def _exchange(
    method: str,
    path: str,
    body: Any = None,
    query: str = "",
    status: int = 200,
    answer: Any = None,
    headers: Mapping[str, str] = HEADERS,
) -> Exchange:
    content = b"" if body is None else json.dumps(body).encode()
    request = RecordedRequest(method, path, query, headers, len(content), status)
    told = b"" if answer is None else json.dumps(answer).encode()
    return Exchange(
        request, content, {"content-type": "application/json;charset=UTF-8"}, told, False
    )


@pytest.mark.parametrize("version", ["latest", "1.0"])
def test_a_careful_request_has_no_fault(version: str) -> None:
    commit = COMMIT.replace("latest", version)
    for exchange in (
        _exchange("PUT", f"/bitbucket{commit}/reports/key", REPORT),
        _exchange("POST", f"{commit}/reports/key/annotations", {"annotations": [NOTE]}),
        _exchange("DELETE", f"{commit}/reports/key/annotations", query="externalId=a&externalId=b"),
        _exchange("GET", f"{commit}/annotations", query="severity=LOW", headers={}),
    ):
        assert request_faults(exchange) == []


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ({"message": "m"}, "'severity' is a required property"),
        (NOTE | {"severity": "LOWER"}, "does not match"),
        (NOTE | {"severity": "CRITICAL"}, "does not match"),
        (NOTE | {"message": "\U0001f600" * 1001}, "is longer than 2000"),
        (NOTE | {"line": -1}, "less than the minimum"),
        (NOTE | {"line": 2**31}, "is no int32"),
        (NOTE | {"line": "1"}, "is not of type 'integer'"),
        (NOTE | {"externalId": "x" * 450}, "is longer than 449"),
        (NOTE | {"link": "ftp://example.org"}, "does not match"),
        (NOTE | {"summary": "Cloud's word"}, "'summary' was unexpected"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_an_annotation_that_the_server_would_refuse_is_a_fault(body: Any, fault: str) -> None:
    [found] = request_faults(
        _exchange("POST", f"{COMMIT}/reports/key/annotations", {"annotations": [body]})
    )
    assert fault in found


@pytest.mark.parametrize(
    ("exchange", "fault"),
    [
        (_exchange("PUT", f"{COMMIT}/reports/key", {"data": []}), "'title' is a required"),
        (_exchange("PUT", f"{COMMIT}/reports/{'k' * 51}", REPORT), "is longer than 50"),
        (_exchange("PUT", f"{COMMIT}/reports/key", REPORT | {"result": "PASSED"}), "match"),
        (_exchange("PUT", f"{COMMIT}/reports/key", REPORT, headers={}), "no body is"),
        (_exchange("POST", f"{COMMIT}/reports/key/annotations", {"annotations": []}), "non-empty"),
        (_exchange("POST", f"{COMMIT}/reports/key/annotations", [NOTE]), "is not of type 'object'"),
        (_exchange("DELETE", f"{COMMIT}/reports/key", headers={}), "X-Atlassian-Token"),
        (_exchange("DELETE", f"{COMMIT}/reports/key", {}), "it has no body"),
        (_exchange("GET", f"{COMMIT}/annotations", query="id=1"), "query id: unknown"),
        (_exchange("GET", f"{COMMIT}/notes"), "no such operation"),
        (_exchange("PATCH", f"{COMMIT}/reports/key"), "reports/key: no such operation"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_another_request_that_the_server_does_not_know_is_a_fault(
    exchange: Exchange, fault: str
) -> None:
    assert any(fault in found for found in request_faults(exchange))


@pytest.mark.parametrize(
    ("method", "path", "status", "answer", "fault"),
    [
        ("GET", "/reports/k", 200, {"title": "t"}, "'key' is a required property"),
        ("GET", "/reports/k", 200, {"key": "k", "title": "t", "owner": "me"}, "unexpected"),
        ("GET", "/reports/k", 200, None, "no JSON"),
        ("GET", "/reports/k", 201, {"key": "k", "title": "t"}, "is not declared"),
        ("GET", "/reports", 200, {"values": []}, "'isLastPage' is a required property"),
        ("GET", "/reports/k", 404, {"error": "none"}, "not valid under any"),
        ("GET", "/reports/k", 404, {"errors": [{"message": "none"}]}, "not valid under any"),
        ("DELETE", "/reports/k", 204, {}, "a body with 204"),
        ("GET", "/reports/k/annotations", 200, {"annotations": [NOTE]}, "'reportKey'"),
    ],
    ids=str,
)
def test_an_answer_that_is_none_of_the_servers_is_a_fault(
    method: str, path: str, status: int, answer: Any, fault: str
) -> None:
    exchange = _exchange(method, f"{COMMIT}{path}", status=status, answer=answer)
    assert any(fault in found for found in answer_faults(exchange))


CLOUD = f"/2.0/repositories/acme/repo/commit/{'c0ffee00' * 5}"
JIRA = "/jira/builds/0.1/cloud/some-site"
CLOUD_NOTE = {"external_id": "1", "annotation_type": "BUG", "summary": "s", "line": 1}
STATUS = {"key": "k", "state": "FAILED", "url": "https://ci.example.com"}
BUILD = {
    "pipelineId": "p", "buildNumber": 1, "updateSequenceNumber": 1, "displayName": "n",
    "url": "https://ci.example.com", "state": "failed", "issueKeys": ["A-1"],
    "lastUpdated": "2026-11-21T18:00:00Z",
}  # fmt: skip
COMMITS = {"repositories": [{"id": "r", "name": "n", "url": "https://example.com"}]}


@pytest.mark.parametrize(
    ("method", "path", "body", "fault"),
    [
        ("POST", f"{CLOUD}/reports/k/annotations", [CLOUD_NOTE], None),
        ("POST", f"{CLOUD}/reports/k/annotations", [CLOUD_NOTE | {"message": "m"}], "'message'"),
        ("POST", f"{CLOUD}/reports/k/annotations", [CLOUD_NOTE] * 101, "annotations: $: ["),
        ("POST", f"{CLOUD}/reports/k/annotations", {"annotations": [CLOUD_NOTE]}, "type 'array'"),
        ("PUT", f"{CLOUD}/reports/k", {"title": "t", "result": "PASSED"}, None),
        ("PUT", f"{CLOUD}/reports/k", {"title": "t", "result": "PASS"}, "is not one of"),
        ("PUT", f"{CLOUD}/reports/k", {"title": "t", "logoUrl": "https://a.com"}, "'logoUrl'"),
        ("POST", f"{CLOUD}/statuses/build", STATUS, None),
        ("POST", f"{CLOUD}/statuses/build", STATUS | {"buildNumber": 1}, "'buildNumber'"),
        ("GET", f"{CLOUD}/reports/", None, "no such operation"),
        ("POST", f"{JIRA}/bulk", {"builds": [BUILD]}, None),
        ("POST", f"{JIRA}/bulk", {"builds": [BUILD], "sequence": 1}, "'sequence'"),
        ("POST", f"{JIRA}/bulk", {"builds": [BUILD | {"testinfo": {}}]}, "'testinfo'"),
        ("POST", f"{JIRA}/bulk", {"builds": [BUILD], "properties": {"any": "word"}}, None),
        ("POST", "/rest/builds/0.1/bulk", {"builds": []}, "non-empty"),
        ("POST", "/rest/devinfo/0.10/bulk", COMMITS, "'updateSequenceId' is a required"),
    ],
    ids=lambda value: str(value)[-60:],
)
def test_a_request_to_cloud_or_to_jira_is_read_likewise(
    method: str, path: str, body: Any, fault: str | None
) -> None:
    found = request_faults(_exchange(method, path, body))
    assert (fault in " ".join(found)) if fault else found == []


@pytest.mark.parametrize(
    ("method", "path", "status", "answer", "fault"),
    [
        ("GET", f"{CLOUD}/reports/k", 200, {"type": "report", "title": 1}, "type 'string'"),
        ("GET", f"{CLOUD}/reports/k", 200, {"type": "report", "key": "k"}, "'key'"),
        ("GET", f"{CLOUD}/reports/k", 404, {"errors": []}, "not valid under any"),
        ("GET", f"{CLOUD}/statuses/build/k", 200, {"key": "k", "state": "FAIL"}, "one of"),
        ("DELETE", f"{CLOUD}/reports/k", 204, {}, "a body with 204"),
        ("POST", f"{JIRA}/bulk", 202, {"accepted": []}, "'accepted'"),
        ("POST", f"{JIRA}/bulk", 200, {}, "200 is not declared"),
        ("POST", f"{JIRA}/bulk", 400, {"errors": []}, "type 'array'"),
        ("POST", f"{JIRA}/bulk", 401, {}, "a body with 401"),
    ],
    ids=str,
)
def test_an_answer_of_cloud_or_of_jira_is_read_likewise(
    method: str, path: str, status: int, answer: Any, fault: str
) -> None:
    found = answer_faults(_exchange(method, path, status=status, answer=answer))
    assert fault in " ".join(found)


def test_every_exchange_of_a_sandbox_is_seen(
    sandbox: Sandbox, exchanges: dict[object, Exchange]
) -> None:
    headers = HEADERS | {"authorization": f"Bearer {TOKEN}"}
    with httpx.Client(base_url=sandbox.url, headers=headers, trust_env=False) as client:
        client.put(f"{COMMIT}/reports/key", json={"title": 1})
        sandbox.faults.add(Answer(200, "{"))
        client.get(f"{COMMIT}/reports")
    while len(exchanges) < 2:  # the server is told of the end after we are
        time.sleep(0.001)
    sent, struck = exchanges.values()
    assert (json.loads(sent.body), sent.request.status) == ({"title": 1}, 404)
    assert "NoSuchCommitException" in sent.answer.decode()
    assert (struck.struck, struck.answer) == (True, b"{")
    assert [len(request_faults(sent)) > 0, request_faults(struck)] == [True, []]
    assert [*answer_faults(sent), *answer_faults(struck)] == []
