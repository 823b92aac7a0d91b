"""The two ways to a Jira site, over a socket: who we are there, and what happens when it ends."""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager

import jira
import pytest
from jira import THERE, as_app, as_client

from insights_uploader.credentials import Secrets
from insights_uploader.destinations.http import Http, Reply
from insights_uploader.destinations.jira_cloud.address import Api, server_address, site_address
from insights_uploader.destinations.jira_cloud.connect import ConnectApp, canonical_request
from insights_uploader.destinations.jira_cloud.refusals import refusal
from insights_uploader.destinations.jira_cloud.site import JiraSite
from insights_uploader.model.errors import ServerError, UsageError
from insights_uploader.sandbox.faults import Answer
from insights_uploader.sandbox.jira_settings import JiraSettings
from insights_uploader.sandbox.server import Sandbox

BUILD = ("pipelines", "main", "builds", "1")
BODY = {
    "pipelineId": "main",
    "buildNumber": 1,
    "updateSequenceNumber": 1,
    "displayName": "main #1",
    "url": "https://ci.example.com/1",
    "state": "failed",
    "issueKeys": ["DEMO-1"],
    "lastUpdated": "2026-11-21T18:00:00Z",
}
GATEWAY = f"/jira/builds/0.1/cloud/{THERE.cloud_id}"
As = Callable[[Sandbox], AbstractContextManager[JiraSite]]


def asked(sandbox: Sandbox) -> list[str]:
    """What came in, in its order."""
    return [f"{each.method} {each.path} {each.status}" for each in sandbox.requests]


def read(site: JiraSite) -> int:
    """Ask for a build that is not there."""
    return site.send(Api.BUILDS, "GET", *BUILD, expected=(200, 404)).status


def test_oauth_credentials_get_one_token_for_many_requests(sandbox: Sandbox) -> None:
    with as_client(sandbox) as site:
        assert [read(site), read(site)] == [404, 404]
    build = f"GET {GATEWAY}/pipelines/main/builds/1 404"
    assert asked(sandbox) == ["POST /oauth/token 200", build, build]


def test_the_cloud_id_is_asked_for_once_without_any_credentials(sandbox: Sandbox) -> None:
    with as_client(sandbox, cloud_id=None) as site:
        assert [read(site), read(site)] == [404, 404]
    [first, *others] = sandbox.requests
    assert (first.path, first.status) == ("/_edge/tenant_info", 200)
    assert "authorization" not in first.headers
    assert [each.path for each in others] == ["/oauth/token", *[f"{GATEWAY}/{'/'.join(BUILD)}"] * 2]


def test_a_token_is_renewed_before_its_last_minute(sandbox: Sandbox) -> None:
    now = 1000.0
    with as_client(sandbox, now=lambda: now) as site:
        read(site)
        now += THERE.token_lifetime_s - 61
        read(site)
        assert [each.path for each in sandbox.requests].count("/oauth/token") == 1
        now += 2
        read(site)
    assert [each.path for each in sandbox.requests].count("/oauth/token") == 2


def test_a_token_that_was_ended_early_is_renewed_once(sandbox: Sandbox) -> None:
    with as_client(sandbox) as site:
        read(site)
        sandbox.jira.access.revoke()
        assert read(site) == 404
    statuses = [each.status for each in sandbox.requests]
    assert statuses == [200, 404, 401, 200, 404]


def test_a_new_token_that_is_refused_is_not_tried_again(sandbox: Sandbox) -> None:
    sandbox.faults.add(Answer(401), path=GATEWAY, times=None)
    with as_client(sandbox) as site, pytest.raises(ServerError) as error:
        read(site)
    assert (error.value.slug, error.value.status) == ("bad-token", 401)
    assert [each.status for each in sandbox.requests] == [200, 401]


def test_credentials_that_are_refused_are_tried_once_and_not_shown(sandbox: Sandbox) -> None:
    refused = pytest.raises(ServerError, match="Unauthorized")
    with as_client(sandbox, secret="wrong-client-secret") as site, refused as error:
        read(site)
    assert error.value.slug == "bad-token"
    assert "personal API token" in error.value.hint
    assert asked(sandbox) == ["POST /oauth/token 401"]


def test_a_secret_that_is_echoed_is_not_repeated(sandbox: Sandbox) -> None:
    echo = '{"error": "access_denied", "error_description": "no such secret: echoed-secret-1"}'
    sandbox.faults.add(Answer(401, echo, {"Content-Type": "application/json"}), path="/oauth/token")
    refused = pytest.raises(ServerError, match="no such secret: \\*\\*\\*")
    with as_client(sandbox, secret="echoed-secret-1") as site, refused:
        read(site)


@pytest.mark.parametrize(
    "body",
    [
        "[]",
        "{}",
        '{"access_token": 7}',
        '{"access_token": ""}',
        '{"access_token": "a b"}',
        '{"access_token": "a\\nb"}',
        '{"access_token": "\u00e9"}',
        '{"access_token": "t", "token_type": "mac"}',
        '{"access_token": "t", "expires_in": "soon"}',
        '{"error": "slow_down"}',
        "<html>",
    ],
)
def test_what_is_no_token_is_an_error(sandbox: Sandbox, body: str) -> None:
    sandbox.faults.add(
        Answer(200, body.encode(), {"Content-Type": "application/json"}), path="/oauth/token"
    )
    with as_client(sandbox) as site, pytest.raises(ServerError) as error:
        read(site)
    assert error.value.slug in ("odd-reply", "not-json")
    assert len(sandbox.requests) == 1


def test_a_site_that_tells_no_cloud_id_is_named(sandbox: Sandbox) -> None:
    for status, body in ((404, ""), (200, "{}"), (200, '{"cloudId": "../x"}')):
        sandbox.faults.add(
            Answer(status, body, {"Content-Type": "application/json"}), path="tenant_info"
        )
        with as_client(sandbox, cloud_id=None) as site, pytest.raises(ServerError) as error:
            read(site)
        assert error.value.slug in ("no-site", "odd-reply")


def test_a_connect_app_signs_every_request_for_itself(sandbox: Sandbox) -> None:
    properties = [("repo", "a b,*&~"), ("account", "é/ü"), ("empty", "")]
    with as_app(sandbox) as site:
        assert read(site) == 404
        site.send(Api.BUILDS, "DELETE", "bulkByProperties", query=properties)
        site.send(Api.BUILDS, "DELETE", "pipelines", "a&b ü~", "builds", "1")
    assert [each.status for each in sandbox.requests] == [404, 202, 202]
    assert {each.headers["authorization"] for each in sandbox.requests} == {"JWT"}


def test_a_signature_counts_for_no_other_request(sandbox: Sandbox) -> None:
    app = ConnectApp(THERE.app_key, THERE.shared_secret)
    signed = app.header("GET", "/rest/builds/0.1/pipelines/main/builds/1", ())
    with Http(sandbox.url, signed) as http:
        path = ("rest", "builds", "0.1", *BUILD)
        assert http.send("GET", path).status == 404
        assert http.send("DELETE", path).status == 401
        assert http.send("GET", (*path[:-1], "2")).status == 401


@pytest.mark.parametrize("offset", [-181, 300])
def test_a_signature_of_another_time_is_refused(sandbox: Sandbox, offset: int) -> None:
    refused = pytest.raises(ServerError)
    with as_app(sandbox, now=lambda: time.time() + offset) as site, refused as error:
        read(site)
    assert (error.value.slug, error.value.status) == ("bad-token", 401)
    assert "clock" in error.value.hint


def test_a_wrong_secret_is_refused_once(sandbox: Sandbox) -> None:
    with as_app(sandbox, secret="x" * 32) as site, pytest.raises(ServerError) as error:
        read(site)
    assert error.value.slug == "bad-token"
    assert len(sandbox.requests) == 1


def test_a_secret_that_is_too_short_to_sign_with_is_refused_here() -> None:
    with pytest.raises(UsageError, match="32 bytes"):
        ConnectApp("app", "short")


@pytest.mark.parametrize("sandbox", [{"jira": JiraSettings(permitted=frozenset())}], indirect=True)
@pytest.mark.parametrize(
    ("connect", "words"), [(as_client, "personal API token"), (as_app, "jiraBuildInfoProvider")]
)
def test_what_the_credentials_may_not_do_is_said_with_what_is_needed(
    sandbox: Sandbox, connect: As, words: str
) -> None:
    with connect(sandbox) as site, pytest.raises(ServerError) as error:
        read(site)
    assert (error.value.slug, error.value.status) == ("forbidden", 403)
    assert words in error.value.hint
    assert [each.status for each in sandbox.requests][-1:] == [403]


@pytest.mark.parametrize("connect", [as_client, as_app])
def test_the_new_name_of_a_site_is_told_and_not_followed(sandbox: Sandbox, connect: As) -> None:
    there = {"Location": "https://new-name.atlassian.net/rest/builds/0.1/bulk"}
    sandbox.faults.add(Answer(302, "", there), method="POST", path="/bulk")
    with connect(sandbox) as site, pytest.raises(ServerError) as error:
        site.send(Api.BUILDS, "POST", "bulk", body={"builds": [BODY]})
    assert error.value.slug == "redirected"
    assert "https://new-name.atlassian.net" in error.value.hint


@pytest.mark.parametrize(
    ("status", "body", "slug", "words"),
    [
        (400, '[{"message": "one"}, {"message": "two", "errorTraceId": "t-1"}]', "refused", "one; two (trace t-1)"),
        (400, '{"errorMessages": [{"message": "one"}, "two"]}', "refused", "one; two"),
        (401, '{"code": 401, "message": "Unauthorized"}', "bad-token", "Unauthorized"),
        (413, '[{"message": "too much"}]', "too-large", "too much"),
        (429, "", "rate-limited", "429"),
        (503, "", "server-failed", "503"),
        (500, '[{"message": 7}, 8, {}]', "server-failed", "no reason"),
        (400, '{"errorMessages": 7}', "refused", "400"),
        (400, "[" * 10_000, "refused", "400"),
    ],
    ids=lambda value: str(value)[:40],
)  # fmt: skip
def test_every_envelope_is_put_into_words(
    sandbox: Sandbox, status: int, body: str, slug: str, words: str
) -> None:
    sandbox.faults.add(Answer(status, body, {"Content-Type": "application/json"}), path="/rest/")
    with as_app(sandbox) as site, pytest.raises(ServerError) as error:
        site.send(Api.BUILDS, "POST", "bulk", body={"builds": [BODY]})
    assert (error.value.slug, error.value.status) == (slug, status)
    assert words in error.value.message


def test_the_canonical_request_is_atlassians() -> None:
    query = [
        *(("zee_last", "param"), ("repeated", "parameter 1"), ("first", "param")),
        *(("repeated", "parameter 2"), ("repeated", "Parameter 2"), ("jwt", "token")),
    ]
    assert canonical_request("get", "/path/to/service/", query) == (  # atlassian-jwt-js's own test
        "GET&/path/to/service&first=param&repeated=Parameter%202,parameter%201,parameter%202"
        "&zee_last=param"
    )
    assert canonical_request("POST", "", ()) == "POST&/&"
    assert canonical_request("GET", "/a&b", [("*", "~, +")]) == "GET&/a%26b&%2A=~%2C%20%2B"


@pytest.mark.parametrize(
    ("given", "address"),
    [
        ("example", "https://example.atlassian.net"),
        ("example.atlassian.net", "https://example.atlassian.net"),
        ("https://example.atlassian.net/jira/your-work?a=b", "https://example.atlassian.net"),
        ("https://jira.example.com", "https://jira.example.com"),
        ("http://127.0.0.1:7990", "http://127.0.0.1:7990"),
    ],
)
def test_a_site_has_a_name_or_an_address(given: str, address: str) -> None:
    assert site_address(given) == address


@pytest.mark.parametrize(
    "given",
    [
        "",
        "http://example.atlassian.net",
        "ftp://example.com",
        "https://u:p4ss@example.com",
        "https://[x",
        "https://good.atlassian.net\\.example.com",
        "https://example\u3002atlassian.net",
    ],
)
def test_another_address_is_none_and_is_not_repeated(given: str) -> None:
    with pytest.raises(UsageError) as error:
        server_address(given, "--jira-api-url")
    assert error.value.slug == "bad-jira"
    assert "p4ss" not in error.value.message


def test_no_text_form_shows_a_secret() -> None:
    assert THERE.shared_secret not in repr(ConnectApp(THERE.app_key, THERE.shared_secret))
    assert all(secret not in repr(THERE) for secret in jira.SECRETS)


def test_an_id_with_a_slash_that_has_no_address_is_told_from_a_login_page() -> None:
    page = {"content-type": "text/html"}
    request = "GET https://api.atlassian.com/jira/builds/0.1/cloud/x/pipelines"
    for path, words in (("widgets%2FPR-1", "submitted with ~2F"), ("shop", "a login page")):
        reply = Reply(f"{request}/{path}", 400, page, b"<h1>Bad Request</h1>", Secrets(""))
        assert words in refusal(reply, Api.BUILDS, is_connect=False).hint
