"""What is not there, and what no resource answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import pytest

from insights_uploader.sandbox.server import Sandbox, serve
from insights_uploader.sandbox.settings import AccessToken, SandboxSettings

if TYPE_CHECKING:
    from sandbox.conftest import Checkout, Conforms, Connect, ErrorOf

ABSENT = "0123456789" * 4
JSON = {"Accept": "application/json"}


@pytest.mark.parametrize("rest", ["", "/pull-requests/1", f"/commits/{ABSENT}"])
def test_unknown_project_and_repository(client: httpx.Client, error_of: ErrorOf, rest: str) -> None:
    projects = "/rest/api/latest/projects"
    assert error_of(client.get(f"{projects}/NOPE/repos/repo{rest}")) == (
        404,
        "NoSuchProjectException",
        "Project NOPE does not exist.",
    )
    assert error_of(client.get(f"{projects}/PRJ/repos/nope{rest}")) == (
        404,
        "NoSuchRepositoryException",
        "Repository PRJ/nope does not exist.",
    )


def test_the_full_names_of_exceptions(client: httpx.Client, api: str) -> None:
    answer = client.get(f"{api}/commits/{ABSENT}")
    assert answer.json() == {
        "errors": [
            {
                "context": None,
                "message": f"Commit '{ABSENT}' does not exist in repository 'repo'.",
                "exceptionName": "com.atlassian.bitbucket.commit.NoSuchCommitException",
            }
        ]
    }


def test_keys_and_slugs_ignore_case(client: httpx.Client, conforms: Conforms) -> None:
    answer = client.get("/rest/api/1.0/projects/prj/repos/Repo")
    assert (answer.json()["slug"], answer.json()["project"]["key"]) == ("repo", "PRJ")
    conforms("RestRepository", answer.json())


def test_a_code_insights_commit_is_a_full_id(
    client: httpx.Client, commits: str, checkout: Checkout, error_of: ErrorOf
) -> None:
    for malformed in (checkout.feature[:12], "main", "-h", checkout.feature + "0"):
        for rest in ("reports", "reports/k", "annotations", "reports/k/annotations"):
            answer = client.get(f"{commits}/{malformed}/{rest}")
            assert error_of(answer)[:2] == (400, "ArgumentValidationException")
    put = client.put(f"{commits}/main/reports/k", json={"title": "t"})
    assert put.status_code == 400
    absent = client.put(f"{commits}/{ABSENT}/reports/k", json={"title": "t"})
    assert error_of(absent)[:2] == (404, "NoSuchCommitException")
    blob = checkout.git("rev-parse", "main:many.txt").strip()
    assert client.get(f"{commits}/{blob}/reports").status_code == 404


@pytest.mark.parametrize(
    "url",
    [
        "/rest/insights/latest/projects/PRJ/repos/repo",
        "/rest/insights/2.0/projects/PRJ/repos/repo/commits/x/reports",
        "/rest/build-status/2.0/x",
        "/rest/api/latest/definitely-not-a-route",
        "/rest/api/latest/application-properties/",
    ],
)
def test_an_unknown_route_is_no_envelope(client: httpx.Client, url: str) -> None:
    as_json = client.get(url, headers=JSON)
    assert as_json.status_code == 404
    assert as_json.json() == {"message": "HTTP 404 Not Found", "status-code": 404, "sub-code": -1}
    as_xml = client.get(url)
    assert as_xml.status_code == 404
    assert as_xml.headers["content-type"].startswith("application/xml")
    assert "<status-code>404</status-code>" in as_xml.text


def test_a_wrong_method_is_no_envelope(client: httpx.Client, report_url: str) -> None:
    answer = client.post(report_url, json={}, headers=JSON)
    assert answer.status_code == 405
    assert answer.json()["message"] == "HTTP 405 Method Not Allowed"


def test_what_is_not_rest_is_html(client: httpx.Client) -> None:
    answer = client.get("/projects/PRJ/repos/repo/browse", headers=JSON)
    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("text/html")


@pytest.mark.parametrize("rest", ["", "/pull-requests", "/pull-requests/1.diff", "/commits/main"])
def test_an_unsupported_accept_is_406_without_a_body(
    client: httpx.Client, api: str, rest: str
) -> None:
    answer = client.get(f"{api}{rest}", headers={"Accept": "image/png"})
    assert (answer.status_code, answer.content) == (406, b"")


def test_application_properties_need_no_login(
    sandbox: Sandbox, connect: Connect, conforms: Conforms
) -> None:
    for version in ("latest", "1.0"):
        answer = connect(sandbox, None).get(f"/rest/api/{version}/application-properties")
        conforms("RestApplicationProperties", answer.json())
        assert (answer.json()["version"], answer.json()["displayName"]) == ("9.4.22", "Bitbucket")


def test_a_context_path_is_before_everything(checkout: Checkout, connect: Connect) -> None:
    settings = SandboxSettings(
        checkout.path,
        context_path="/git/bitbucket",
        project="~ada",
        tokens=(AccessToken("ci", "ci-secret"),),
    )
    with serve(settings) as sandbox:
        assert sandbox.url.endswith("/git/bitbucket")
        client = connect(sandbox)
        assert client.get("/rest/api/latest/application-properties").status_code == 200
        shown = client.get("/rest/api/latest/projects/%7Eada/repos/repo").json()
        assert shown["project"] == shown["project"] | {"key": "~ada", "type": "PERSONAL"}
        assert client.get("/").status_code == 200
        unknown = client.get("/rest/nope", headers=JSON)
        assert unknown.json()["status-code"] == 404
        root = httpx.URL(sandbox.url).copy_with(path="/rest/api/latest/application-properties")
        outside = client.get(root)
        assert (outside.status_code, outside.headers["content-type"][:9]) == (404, "text/html")


@pytest.mark.parametrize("path", ["a%2Fb", "a%2fb", "..%2f..%2fetc", "a%5Cb", "a%00b"])
def test_tomcat_refuses_an_encoded_slash(client: httpx.Client, report_url: str, path: str) -> None:
    answer = client.get(f"{report_url}{path}")
    assert answer.status_code == 400
    assert answer.headers["content-type"].startswith("text/html")


def test_tomcat_refuses_a_long_request_line(client: httpx.Client, report_url: str) -> None:
    ids = [f"{number:040}" for number in range(200)]
    answer = client.delete(f"{report_url}/annotations", params={"externalId": ids})
    assert answer.status_code == 400
    few = client.delete(f"{report_url}/annotations", params={"externalId": ids[:50]})
    assert few.status_code == 404


def test_a_body_above_the_limit_is_refused(checkout: Checkout, connect: Connect) -> None:
    settings = SandboxSettings(
        checkout.path, tokens=(AccessToken("ci", "ci-secret"),), body_limit=1000
    )
    url = f"/rest/insights/latest/projects/PRJ/repos/repo/commits/{checkout.main}/reports/k"
    with serve(settings) as sandbox:
        client = connect(sandbox)
        padding = {"title": "t", "ignored": "x" * 900}
        assert client.put(url, json=padding).status_code == 200
        over = client.put(url, json=padding | {"title": "u", "more": "x" * 100})
        assert over.status_code == 413
        assert client.get(url).json()["title"] == "t"
        # unread, but counted
        assert sandbox.requests[-2].body_size > 1000
