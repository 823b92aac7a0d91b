"""What a server gives for a token, whatever it is, on both ways to one."""

from collections.abc import Callable

import pytest

from insights_uploader.destinations.bitbucket_cloud import authorization as bitbucket
from insights_uploader.destinations.http import Http
from insights_uploader.destinations.jira_cloud import oauth as jira
from insights_uploader.destinations.oauth import OAuthClient
from insights_uploader.model.errors import ServerError
from insights_uploader.sandbox.faults import Answer
from insights_uploader.sandbox.server import Sandbox

Client = Callable[[Http, Callable[[], float]], OAuthClient]


def of_jira(http: Http, now: Callable[[], float]) -> OAuthClient:
    return jira.ClientCredentials(http, "id", "client-secret", now=now)


def of_bitbucket(http: Http, now: Callable[[], float]) -> OAuthClient:
    consumer = bitbucket.OAuthConsumer("id", "client-secret")
    return bitbucket.ClientCredentials(http, consumer, now=now)


ways = pytest.mark.parametrize("client", [of_jira, of_bitbucket])


def give(sandbox: Sandbox, *bodies: str) -> None:
    for body in bodies:
        sandbox.faults.add(Answer(200, body, {"Content-Type": "application/json"}))


@ways
@pytest.mark.parametrize(
    "more",
    [
        '"scope": {"a": 1}',
        '"scope": [1]',
        '"refresh_token": {}',
        '"expires_in": 1' + "0" * 400,
        '"expires_in": 3600.5',
        '"expires_in": null',
        '"expires_in": -1',
    ],
)
def test_a_token_is_a_token_whatever_comes_with_it(
    sandbox: Sandbox, client: Client, more: str
) -> None:
    give(sandbox, '{"access_token": "first", ' + more + "}", '{"access_token": "second"}')
    now = 0.0
    with Http(sandbox.url, "") as http:
        tokens = client(http, lambda: now)
        assert tokens.header("GET", "/", ()) == "Bearer first"
        now = 24 * 60 * 60.0  # a day is the longest that one is kept
        assert tokens.header("GET", "/", ()) == "Bearer second"


@ways
@pytest.mark.parametrize(
    "body",
    [
        '{"access_token": "t", "expires_in": 1' + "0" * 5000 + "}",
        '{"access_token": "t", "expires_in": 1e999}',
        '{"access_token": "t", "expires_in": {"a": 1}}',
        '{"access_token": "t", "token_type": ["Bearer"]}',
        '{"access_token": {"a": 1}}',
        '{"access_token": "' + "t" * 8193 + '"}',
        '{"access_token": "client-secret \\u0000"}',
        "7",
        "[" * 100_000,
    ],
)
def test_what_is_no_token_is_said_to_be_none(sandbox: Sandbox, client: Client, body: str) -> None:
    give(sandbox, body)
    with Http(sandbox.url, "") as http, pytest.raises(ServerError) as caught:
        client(http, lambda: 0.0).header("GET", "/", ())
    assert caught.value.slug in ("odd-reply", "not-json")
    assert "client-secret" not in caught.value.message
