"""Reports and annotations over HTTP, as Atlassian documents them."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest

from insights_uploader.sandbox.server import Sandbox, serve
from insights_uploader.sandbox.settings import AccessToken, SandboxSettings

if TYPE_CHECKING:
    import httpx
    from sandbox.conftest import Checkout, Conforms, Connect, ErrorOf

REPORT: dict[str, Any] = {"title": "Tool", "data": []}
FULL_REPORT: dict[str, Any] = {
    "title": "Tool",
    "details": "two\nlines",
    "result": "FAIL",
    "reporter": "us",
    "link": "https://ci.example/1",
    "logoUrl": "https://ci.example/logo.png",
    "createdDate": 1630041546433,
    "data": [
        {"title": "safe", "type": "BOOLEAN", "value": True},
        {"title": "when", "type": "DATE", "value": 1630041546433},
        {"title": "took", "type": "DURATION", "value": 1500},
        {"title": "see", "type": "LINK", "value": {"linktext": "x", "href": "https://x.example"}},
        {"title": "rate", "type": "PERCENTAGE", "value": 12.5},
        {"title": "untyped", "value": "text"},
    ],
}
NOTE: dict[str, Any] = {"message": "m", "severity": "LOW"}
FULL_NOTE: dict[str, Any] = {
    "externalId": "id 1",
    "path": "dir/a.py",
    "line": 7,
    "message": "hm",
    "severity": "HIGH",
    "type": "BUG",
    "link": "http://ci.example/finding",
}


@pytest.fixture
def report(client: httpx.Client, report_url: str) -> str:
    """The address of a report that exists."""
    assert client.put(report_url, json=REPORT).status_code == 200
    return report_url


def notes_of(client: httpx.Client, report: str) -> list[dict[str, Any]]:
    notes: list[dict[str, Any]] = client.get(f"{report}/annotations").json()["annotations"]
    return notes


def post(client: httpx.Client, report: str, *notes: dict[str, Any]) -> httpx.Response:
    return client.post(f"{report}/annotations", json={"annotations": notes})


def test_a_report_is_given_back_as_put(
    client: httpx.Client, report_url: str, conforms: Conforms
) -> None:
    put = client.put(report_url, json=FULL_REPORT)
    assert put.status_code == 200
    assert put.headers["content-type"] == "application/json;charset=UTF-8"
    assert put.json() == {"key": "tool", **FULL_REPORT}
    conforms("RestInsightReport", put.json())
    assert client.get(report_url).json() == put.json()


def test_unknown_fields_are_ignored_and_null_means_absent(
    client: httpx.Client, report_url: str, conforms: Conforms
) -> None:
    body = {"title": "Tool", "data": None, "details": None, "logoURL": "x", "report_type": "BUG"}
    shown = client.put(report_url, json=body).json()
    conforms("RestInsightReport", shown)
    assert shown.keys() == {"key", "title", "data", "createdDate"}
    assert shown["data"] == []


def test_the_coverage_provider_is_taken_but_not_shown(
    client: httpx.Client, report_url: str, sandbox: Sandbox, checkout: Checkout
) -> None:
    shown = client.put(report_url, json=REPORT | {"coverageProviderKey": "cov"}).json()
    assert "coverageProviderKey" not in shown
    stored = sandbox.store.report(checkout.feature, "tool")
    assert stored
    assert stored.body["coverageProviderKey"] == "cov"


def test_created_date_defaults_to_now(client: httpx.Client, report_url: str) -> None:
    before = time.time_ns() // 1_000_000
    created = client.put(report_url, json=REPORT).json()["createdDate"]
    assert before <= created <= time.time_ns() // 1_000_000


def test_1_0_and_latest_are_the_same_server(client: httpx.Client, report: str) -> None:
    old = client.get(report.replace("latest", "1.0"))
    assert old.json()["key"] == "tool"


def test_text_of_any_alphabet_survives(client: httpx.Client, report: str) -> None:
    raw = b'{"annotations":[{"severity":"LOW","message":"\\ud800 \xe2\x82\xac \xf0\x9f\x98\x80"}]}'
    assert client.post(f"{report}/annotations", content=raw).status_code == 204
    assert notes_of(client, report)[0]["message"] == "\ud800 € 😀"


def test_the_list_of_reports_is_paged(
    client: httpx.Client, commits: str, checkout: Checkout, conforms: Conforms
) -> None:
    url = f"{commits}/{checkout.feature}/reports"
    for number in range(27):
        client.put(f"{url}/tool-{number}", json=REPORT)
    client.put(f"{commits}/{checkout.main}/reports/elsewhere", json=REPORT)

    first = client.get(url).json()
    assert (first["size"], first["limit"], first["start"]) == (25, 25, 0)
    assert (first["isLastPage"], first["nextPageStart"]) == (False, 25)
    last = client.get(url, params={"start": 25}).json()
    assert (last["size"], last["start"], last["isLastPage"]) == (2, 25, True)
    assert last["nextPageStart"] is None
    keys = [each["key"] for each in first["values"] + last["values"]]
    assert keys == [f"tool-{number}" for number in range(27)]
    for each in first["values"]:
        conforms("RestInsightReport", each)


@pytest.mark.parametrize("query", ["start=-1", "limit=0", "limit=x", "start=99999999999"])
def test_a_senseless_page_is_refused(
    client: httpx.Client, commits: str, checkout: Checkout, error_of: ErrorOf, query: str
) -> None:
    answer = client.get(f"{commits}/{checkout.feature}/reports?{query}")
    assert error_of(answer)[:2] == (400, "ArgumentValidationException")


def test_annotations_are_given_back_as_posted(
    client: httpx.Client, report: str, conforms: Conforms
) -> None:
    answer = post(client, report, FULL_NOTE, NOTE)
    assert (answer.status_code, answer.content) == (204, b"")
    shown = client.get(f"{report}/annotations").json()
    conforms("RestInsightAnnotationsResponse", shown)
    # no line means 0
    assert shown["annotations"] == [
        {"reportKey": "tool", **FULL_NOTE},
        {"reportKey": "tool", "line": 0, **NOTE},
    ]


def test_nothing_is_deduplicated(client: httpx.Client, report: str) -> None:
    post(client, report, FULL_NOTE)
    post(client, report, FULL_NOTE)
    assert len(notes_of(client, report)) == 2


@pytest.mark.parametrize("body", [{"annotations": []}, {"annotations": None}, {}, [], "x"])
def test_a_post_needs_annotations(client: httpx.Client, report: str, body: object) -> None:
    answer = client.post(f"{report}/annotations", json=body)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["context"] == "annotations"


def test_one_invalid_annotation_refuses_them_all(client: httpx.Client, report: str) -> None:
    answer = post(client, report, NOTE, {"severity": "LOW"}, NOTE)
    assert answer.status_code == 400
    assert answer.json()["errors"] == [
        {"context": "message", "message": "The field 'message' is required", "exceptionName": None}
    ]
    assert notes_of(client, report) == []


def test_an_annotation_is_put_by_its_external_id(client: httpx.Client, report: str) -> None:
    post(client, report, NOTE | {"externalId": "a b"}, NOTE, NOTE | {"externalId": "a b"})
    assert client.put(f"{report}/annotations/a%20b", json=NOTE | {"line": 3}).status_code == 204
    assert client.put(f"{report}/annotations/new", json=NOTE).status_code == 204
    shown = [(each.get("externalId"), each["line"]) for each in notes_of(client, report)]
    assert shown == [("a b", 3), (None, 0), ("new", 0)]


def test_a_put_annotation_is_validated(
    client: httpx.Client, report: str, error_of: ErrorOf
) -> None:
    missing = client.put(f"{report}/annotations/a", json={"message": "m"})
    assert error_of(missing) == (400, None, "The field 'severity' is required")
    long = client.put(f"{report}/annotations/{'a' * 450}", json=NOTE)
    assert error_of(long)[2] == "The field 'externalId' cannot be more than 449 characters long"
    assert client.put(f"{report}/annotations/a", json=[]).status_code == 400
    assert notes_of(client, report) == []


def test_annotations_are_deleted_by_external_id_or_all(client: httpx.Client, report: str) -> None:
    post(client, report, *(NOTE | {"externalId": each} for each in "abca"), NOTE)
    url = f"{report}/annotations"
    assert client.delete(url, params={"externalId": ["a", "c", "z"]}).status_code == 204
    assert [each.get("externalId") for each in notes_of(client, report)] == ["b", None]
    assert client.delete(url).status_code == 204
    assert notes_of(client, report) == []


def test_a_report_is_deleted_with_its_annotations(client: httpx.Client, report: str) -> None:
    post(client, report, NOTE)
    answer = client.delete(report)
    assert (answer.status_code, answer.content) == (204, b"")
    assert client.get(report).status_code == 404
    client.put(report, json=REPORT)
    assert notes_of(client, report) == []


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["a1", "a2", "b1"]),
        ("key=b", ["b1"]),
        ("key=a&key=b", ["a1", "a2", "b1"]),
        ("severity=LOW&severity=HIGH", ["a1", "b1"]),
        ("type=BUG", ["a2"]),
        ("path=x.py", ["a1", "b1"]),
        ("path=x.py&severity=HIGH", ["b1"]),
        ("externalId=a1&externalId=b1&key=a", ["a1"]),
        ("key=none", []),
    ],
)
def test_the_commits_annotations_are_filtered(
    client: httpx.Client,
    commits: str,
    checkout: Checkout,
    conforms: Conforms,
    query: str,
    found: list[str],
) -> None:
    url = f"{commits}/{checkout.feature}"
    for key, external_id, severity, kind, path in (
        ("a", "a1", "LOW", "CODE_SMELL", "x.py"),
        ("a", "a2", "MEDIUM", "BUG", "y.py"),
        ("b", "b1", "HIGH", None, "x.py"),
    ):
        note = {"externalId": external_id, "severity": severity, "type": kind, "path": path}
        if external_id.endswith("1"):
            client.put(f"{url}/reports/{key}", json=REPORT)
        post(client, f"{url}/reports/{key}", {"message": "m", **note})
    shown = client.get(f"{url}/annotations?{query}").json()
    conforms("RestInsightAnnotationsResponse", shown)
    assert [each["externalId"] for each in shown["annotations"]] == found


def test_annotations_need_their_report(
    client: httpx.Client, report_url: str, error_of: ErrorOf
) -> None:
    url = f"{report_url}/annotations"
    answers = [
        client.post(url, json={"annotations": [NOTE]}),
        client.put(f"{url}/a", json=NOTE),
        client.get(url),
        client.delete(url),
        client.get(report_url),
    ]
    assert {error_of(answer)[0] for answer in answers} == {404}


def test_a_report_belongs_to_who_put_it(
    client: httpx.Client, sandbox: Sandbox, connect: Connect, report: str, error_of: ErrorOf
) -> None:
    post(client, report, FULL_NOTE)
    other = connect(sandbox, "other-secret")
    refused = [
        other.put(report, json=REPORT | {"title": "mine"}),
        post(other, report, NOTE),
        other.put(f"{report}/annotations/a", json=NOTE),
        other.delete(f"{report}/annotations"),
        other.delete(report),
    ]
    expected = (401, "AuthorisationException", "You are not permitted to access this resource")
    assert [error_of(each) for each in refused] == [expected] * 5
    assert client.get(report).json()["title"] == "Tool"
    assert notes_of(other, report) == [{"reportKey": "tool", **FULL_NOTE}]


def test_an_administrator_deletes_but_does_not_write_others_reports(
    client: httpx.Client, sandbox: Sandbox, connect: Connect, report: str
) -> None:
    post(client, report, NOTE)
    admin = connect(sandbox, "ada-token")
    assert admin.put(report, json=REPORT).status_code == 401
    assert post(admin, report, NOTE).status_code == 401
    assert admin.delete(f"{report}/annotations").status_code == 204
    assert admin.delete(report).status_code == 204


def test_switches(checkout: Checkout, connect: Connect, commits: str, error_of: ErrorOf) -> None:
    """The habits that Atlassian leaves open, the other way round."""
    settings = SandboxSettings(
        checkout.path,
        tokens=(AccessToken("ci", "ci-secret"),),
        annotation_limit=3,
        over_limit_status=400,
        put_keeps_annotations=False,
        delete_absent_status=404,
    )
    url = f"{commits}/{checkout.feature}/reports/tool"
    with serve(settings) as sandbox:
        client = connect(sandbox)
        assert error_of(client.delete(url))[0] == 404
        client.put(url, json=REPORT)
        assert post(client, url, *[NOTE] * 4).status_code == 400
        assert post(client, url, *[NOTE] * 3).status_code == 204
        client.put(url, json=REPORT)
        assert notes_of(client, url) == []


def test_defaults_of_the_switches(client: httpx.Client, report: str) -> None:
    assert client.delete(f"{report}-absent").status_code == 204
    post(client, report, NOTE)
    client.put(report, json=REPORT | {"title": "again"})
    assert client.get(report).json()["title"] == "again"
    assert len(notes_of(client, report)) == 1


def test_the_limit_counts_all_posts_and_refuses_whole_requests(
    client: httpx.Client, report: str, error_of: ErrorOf
) -> None:
    assert post(client, report, *[NOTE] * 999).status_code == 204
    answer = post(client, report, NOTE, NOTE)
    assert error_of(answer)[:2] == (413, "AnnotationsLimitExceededException")
    assert len(notes_of(client, report)) == 999
    assert client.put(f"{report}/annotations/a", json=NOTE).status_code == 204
    assert client.put(f"{report}/annotations/b", json=NOTE).status_code == 413
    # a replacement adds nothing
    assert client.put(f"{report}/annotations/a", json=NOTE).status_code == 204


def test_a_null_percentage_breaks_the_server(client: httpx.Client, report_url: str) -> None:
    data = [{"title": "coverage", "type": "PERCENTAGE", "value": None}]
    answer = client.put(report_url, json={"title": "t", "data": data})
    assert answer.status_code == 500
    assert client.get(report_url).status_code == 404


@pytest.mark.parametrize(
    "content", [b"", b"{", b"\xff", b'{"title":NaN}', b"[" * 100_000, b'{"title":"t"}x']
)
def test_what_is_no_json_is_refused(
    client: httpx.Client, report_url: str, error_of: ErrorOf, content: bytes
) -> None:
    answer = client.put(report_url, content=content)
    assert error_of(answer)[:2] == (400, "JsonParseException")
