"""The stand-in for Bitbucket Cloud: what it serves, to whom, and how it refuses."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from sandbox.conftest import QUOTED, Checkout, run_git

from insights_uploader.credentials import basic
from insights_uploader.destinations.bitbucket_cloud.pull_request_diff import CloudPullRequestDiff
from insights_uploader.destinations.bitbucket_cloud.pull_requests import CloudPullRequests
from insights_uploader.destinations.http import Http
from insights_uploader.repository.checkout import Checkout as GitCheckout
from insights_uploader.sandbox.cloud_settings import CloudSettings
from insights_uploader.sandbox.server import Sandbox

THERE = CloudSettings()
REPORT = {"title": "Ruff", "details": "Nothing was found.", "report_type": "BUG", "data": []}
LOGINS: dict[str, Any] = {
    "API token": {"auth": (THERE.email, THERE.api_token)},
    "access token": {"headers": {"Authorization": f"Bearer {THERE.access_token}"}},
    "through the proxy of Pipelines": {"headers": {"Host": "api.bitbucket.org"}},
}


@pytest.fixture
def is_careful() -> bool:
    return False


@pytest.fixture
def client(sandbox: Sandbox) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=sandbox.url, trust_env=False) as opened:
        yield opened


@pytest.fixture
def reports(checkout: Checkout) -> str:
    return f"/2.0/repositories/acme/repo/commit/{checkout.feature}/reports"


@pytest.mark.parametrize("login", LOGINS)
def test_each_login_opens_it(client: httpx.Client, reports: str, login: str) -> None:
    assert client.put(f"{reports}/ci.ruff", json=REPORT, **LOGINS[login]).status_code == 200


@pytest.mark.parametrize(
    "headers", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic %%%"}]
)
def test_nobody_else_gets_in(client: httpx.Client, reports: str, headers: dict[str, str]) -> None:
    answer = client.get(reports, headers=headers)
    assert answer.status_code == 401
    assert answer.json()["type"] == "error"


def test_an_address_that_ends_in_a_slash_is_refused(client: httpx.Client, reports: str) -> None:
    answer = client.get(f"{reports}/", **LOGINS["API token"])
    assert (answer.status_code, answer.json()["code"]) == (400, 400)


@pytest.mark.parametrize(
    ("auth", "form", "status", "error"),
    [
        (("other", "x"), {"grant_type": "client_credentials"}, 401, "unauthorized_client"),
        ((THERE.client_id, THERE.client_secret), {"grant_type": "password"}, 400, "invalid_grant"),
    ],
)
def test_no_token_is_given_to_others(
    client: httpx.Client, auth: tuple[str, str], form: dict[str, str], status: int, error: str
) -> None:
    answer = client.post("/site/oauth2/access_token", auth=auth, data=form)
    assert (answer.status_code, answer.json()["error"]) == (status, error)


def test_a_pull_request_shows_short_ids_and_its_diff_redirects(
    client: httpx.Client, checkout: Checkout
) -> None:
    pull = "/2.0/repositories/acme/repo/pullrequests/1"
    shown = client.get(pull, **LOGINS["API token"]).json()
    assert shown["source"]["commit"]["hash"] == checkout.feature[:12]
    led = client.get(f"{pull}/diff", **LOGINS["API token"])
    assert led.status_code == 302
    assert checkout.feature[:12] in led.headers["location"]


def test_our_reader_takes_a_diff_of_every_kind_of_change(
    sandbox: Sandbox, checkout: Checkout
) -> None:
    run_git(checkout.path, "checkout", "-q", "feature")
    try:
        with Http(sandbox.url, basic(THERE.email, THERE.api_token)) as http:
            pull = CloudPullRequests(http, "acme", "repo").get(1)
            head = GitCheckout(checkout.path, {}).head
            diff = CloudPullRequestDiff(http, "acme", "repo", pull, head).changed_lines()
    finally:
        run_git(checkout.path, "checkout", "-q", "main")
    assert {QUOTED, "dir/new-name.py", "link.txt", "blob.bin", "tool.sh"} <= {
        file.path for file in diff.changes.files
    }
    assert not diff.changes.touches_file("removed.txt")


def test_it_forgets_all_when_it_is_cleared(
    client: httpx.Client, sandbox: Sandbox, reports: str
) -> None:
    client.put(f"{reports}/ci.ruff", json=REPORT, **LOGINS["API token"])
    sandbox.clear()
    assert client.get(reports, **LOGINS["API token"]).json()["values"] == []
