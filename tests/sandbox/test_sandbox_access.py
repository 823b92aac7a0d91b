"""Logins, permissions and XSRF: 401 where others say 403."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import pytest

from insights_uploader.sandbox.server import Sandbox, serve
from insights_uploader.sandbox.settings import Permission, SandboxSettings, User

if TYPE_CHECKING:
    from sandbox.conftest import Checkout, Connect, ErrorOf

WRONG = (
    401,
    "IncorrectPasswordAuthenticationException",
    "Authentication failed. Please check your credentials and try again.",
)
REPORT = {"title": "t", "data": []}


@pytest.fixture
def reports(commits: str, checkout: Checkout) -> str:
    return f"{commits}/{checkout.feature}/reports"


@pytest.mark.parametrize("token", ["ci-secret", "ada-token", "rea-token"])
def test_a_token_is_a_bearer(sandbox: Sandbox, connect: Connect, reports: str, token: str) -> None:
    answer = connect(sandbox, token).get(reports)
    assert answer.status_code == 200
    assert answer.headers["x-ausername"] == token.partition("-")[0]


@pytest.mark.parametrize("password", ["ada-password", "ada-token"])
def test_a_user_logs_in_with_password_or_personal_token(
    sandbox: Sandbox, connect: Connect, reports: str, password: str
) -> None:
    answer = connect(sandbox, None, auth=("ada", password)).get(reports)
    assert (answer.status_code, answer.headers["x-ausername"]) == (200, "ada")


@pytest.mark.parametrize(
    "authorization",
    [
        "Bearer wrong",
        "Bearer",
        "Bearer ci-secret2",
        "Bearer ada-password",
        "Basic !",
        "Basic /w==",
    ],
)
def test_wrong_credentials(
    sandbox: Sandbox, connect: Connect, reports: str, error_of: ErrorOf, authorization: str
) -> None:
    answer = connect(sandbox, None).get(reports, headers={"Authorization": authorization})
    assert error_of(answer) == WRONG
    assert "x-ausername" not in answer.headers


def test_a_repository_token_is_no_password(
    sandbox: Sandbox, connect: Connect, reports: str, error_of: ErrorOf
) -> None:
    assert error_of(connect(sandbox, None, auth=("ci", "ci-secret")).get(reports)) == WRONG


def test_wrong_credentials_are_refused_where_none_are_needed(
    sandbox: Sandbox, connect: Connect, error_of: ErrorOf
) -> None:
    url = "/rest/api/latest/application-properties"
    assert connect(sandbox, None).get(url).status_code == 200
    assert error_of(connect(sandbox, "wrong").get(url)) == WRONG


def test_anonymous_is_asked_to_log_in(
    sandbox: Sandbox, connect: Connect, reports: str, error_of: ErrorOf
) -> None:
    anonymous = connect(sandbox, None)
    answers = [
        anonymous.get(reports),
        anonymous.put(f"{reports}/k", json=REPORT),
        anonymous.get(reports.replace("/PRJ/", "/NOSUCH/")),
    ]
    for answer in answers:
        assert error_of(answer)[:2] == (401, "AuthenticationRequiredException")
        assert "x-ausername" not in answer.headers


def test_a_user_without_permission_gets_401_but_is_named(
    sandbox: Sandbox, connect: Connect, reports: str, api: str, error_of: ErrorOf
) -> None:
    nobody = connect(sandbox, "nor-token")
    answers = [
        nobody.get(reports),
        nobody.get(f"{reports}/k"),
        nobody.put(f"{reports}/k", json=REPORT),
        nobody.delete(f"{reports}/k"),
        nobody.post(f"{reports}/k/annotations", json={}),
        nobody.get(api),
        nobody.get(f"{api}/pull-requests"),
        nobody.get(f"{api}/pull-requests/1.diff"),
        nobody.get(f"{api}/pull-requests/1/diff"),
        nobody.get(f"{api}/pull-requests/1/changes"),
        nobody.get(f"{api}/commits/main"),
        nobody.get(f"{api}/diff?until=main"),
    ]
    expected = (401, "AuthorisationException", "You are not permitted to access this resource")
    assert [error_of(each) for each in answers] == [expected] * len(answers)
    assert answers[0].headers["x-ausername"] == "nor"


def test_reading_is_enough_to_publish(sandbox: Sandbox, connect: Connect, reports: str) -> None:
    assert connect(sandbox, "rea-token").put(f"{reports}/k", json=REPORT).status_code == 200


def test_whoami_is_plain_text(sandbox: Sandbox, connect: Connect) -> None:
    url = "/plugins/servlet/applinks/whoami"
    assert connect(sandbox).get(url).text == "ci"
    assert connect(sandbox, None).get(url).text == ""


def test_five_wrong_passwords_lock_the_user(
    checkout: Checkout, connect: Connect, reports: str, error_of: ErrorOf
) -> None:
    users = (
        User("eve", "right", tokens=("eve-token",)),
        User("bob", "bob-password", Permission.READ),
    )
    with serve(SandboxSettings(checkout.path, users=users)) as sandbox:
        wrong, right = (
            connect(sandbox, None, auth=("eve", password)) for password in ("wrong", "right")
        )
        for _ in range(4):
            assert error_of(wrong.get(reports)) == WRONG
        # a success in between starts the count again
        assert right.get(reports).status_code == 200
        for _ in range(5):
            assert error_of(wrong.get(reports)) == WRONG
        locked = right.get(reports)
        status, name, message = error_of(locked)
        assert (status, name) == (401, "CaptchaRequiredAuthenticationException")
        assert message.startswith("CAPTCHA required. Your Bitbucket account has been locked.")
        assert locked.headers["www-authenticate"] == 'Basic realm="Atlassian Bitbucket"'
        bob = connect(sandbox, None, auth=("bob", "bob-password"))
        assert bob.get(reports).status_code == 200


@pytest.fixture
def bare(sandbox: Sandbox) -> httpx.Client:
    """A client that sends nothing but its token."""
    headers = {"Authorization": "Bearer ci-secret"}
    return httpx.Client(base_url=sandbox.url, headers=headers, trust_env=False, verify=False)


@pytest.mark.parametrize("content_type", [None, "text/plain", "application/x-www-form-urlencoded"])
def test_a_mutation_that_a_foreign_page_could_send_is_refused(
    bare: httpx.Client, reports: str, content_type: str | None
) -> None:
    headers = {"Content-Type": content_type} if content_type else {}
    with bare:
        answers = [
            bare.request(method, f"{reports}/{rest}", headers=headers, content=b"{}")
            for method, rest in (
                ("PUT", "k"),
                ("DELETE", "k"),
                ("POST", "k/annotations"),
                ("DELETE", "k/annotations"),
                ("PUT", "k/annotations/a"),
            )
        ]
    assert [(each.status_code, each.text) for each in answers] == [(403, "XSRF check failed")] * 5
    assert answers[0].headers["content-type"].startswith("text/plain")


def test_json_or_the_header_satisfies_the_xsrf_check(bare: httpx.Client, reports: str) -> None:
    with bare:
        json_type = {"Content-Type": "application/json; charset=utf-8"}
        assert bare.put(f"{reports}/k", json=REPORT, headers=json_type).status_code == 200
        assert bare.delete(f"{reports}/k", headers=json_type).status_code == 204
        header = {"X-Atlassian-Token": "no-check"}
        assert bare.delete(f"{reports}/k", headers=header).status_code == 204
        assert bare.get(reports).status_code == 200


@pytest.mark.parametrize("content_type", [None, "text/plain", "application/xml"])
def test_a_body_of_another_type_is_unsupported(
    bare: httpx.Client, reports: str, content_type: str | None
) -> None:
    headers = {"X-Atlassian-Token": "no-check"}
    if content_type:
        headers["Content-Type"] = content_type
    with bare:
        put = bare.put(f"{reports}/k", content=b'{"title":"t"}', headers=headers)
        post = bare.post(f"{reports}/k/annotations", content=b"{}", headers=headers)
    assert put.status_code == post.status_code == 415
