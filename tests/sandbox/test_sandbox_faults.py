"""Networks and proxies at their worst, on order; and the record of what came in."""

from __future__ import annotations

from contextlib import closing
from http.client import HTTPConnection
from typing import TYPE_CHECKING

import httpx
import pytest

from insights_uploader.sandbox.faults import Action, Answer, Delay, Drop, Edit
from insights_uploader.sandbox.server import Sandbox

if TYPE_CHECKING:
    from sandbox.conftest import Checkout, Connect

REPORT = {"title": "t", "data": []}
PROPERTIES = "/rest/api/latest/application-properties"


@pytest.mark.parametrize("applied", [False, True])
@pytest.mark.parametrize("length", [0, 100_000])
def test_a_dropped_connection(
    sandbox: Sandbox, client: httpx.Client, report_url: str, applied: bool, length: int
) -> None:
    sandbox.faults.add(Drop(applied), method="PUT")
    with pytest.raises((httpx.NetworkError, httpx.RemoteProtocolError)):
        client.put(report_url, json=REPORT | {"ignored": "x" * length})
    assert sandbox.requests[-1].status is None
    assert client.get(report_url).status_code == (200 if applied else 404)
    # once only
    assert client.put(report_url, json=REPORT).status_code == 200


def test_a_proxys_page_instead_of_the_servers_answer(
    sandbox: Sandbox, client: httpx.Client, report_url: str
) -> None:
    page = Answer(502, "<h1>Bad Gateway</h1>", {"Content-Type": "text/html"})
    sandbox.faults.add(page, method="PUT", times=2)
    for _ in range(2):
        answer = client.put(report_url, json=REPORT)
        assert (answer.status_code, answer.text) == (502, "<h1>Bad Gateway</h1>")
        assert answer.headers["content-type"] == "text/html"
        assert "x-ausername" not in answer.headers
    assert client.get(report_url).status_code == 404
    assert client.put(report_url, json=REPORT).status_code == 200


def test_an_answer_that_hides_an_effect(
    sandbox: Sandbox, client: httpx.Client, report_url: str
) -> None:
    sandbox.faults.add(Answer(504, applied=True), method="PUT")
    assert client.put(report_url, json=REPORT).status_code == 504
    assert sandbox.requests[-1].status == 504
    assert client.get(report_url).status_code == 200


def test_an_answer_whose_body_is_another(
    sandbox: Sandbox, client: httpx.Client, api: str, report_url: str
) -> None:
    url = f"{api}/pull-requests/1.diff"
    whole = client.get(url)
    sandbox.faults.add(Edit(lambda body: body[:100]), path=r"\.diff$")
    cut = client.get(url)
    assert (cut.status_code, cut.content) == (200, whole.content[:100])
    assert cut.headers["content-type"] == whole.headers["content-type"]
    assert (cut.headers["content-length"], whole.headers["content-length"] != "100") == (
        "100",
        True,
    )
    assert client.get(url).content == whole.content
    # the request takes effect
    client.put(report_url, json=REPORT)
    sandbox.faults.add(Edit(lambda body: body), method="DELETE")
    assert client.delete(report_url).status_code == 204
    assert client.get(report_url).status_code == 404


def test_headers_of_an_answer(sandbox: Sandbox, client: httpx.Client, report_url: str) -> None:
    sandbox.faults.add(Answer(429, '{"message":"slow"}', {"Retry-After": "7"}))
    sandbox.faults.add(Answer(307, headers={"Location": "/elsewhere"}))
    assert client.get(report_url).headers["retry-after"] == "7"
    assert client.get(report_url).headers["location"] == "/elsewhere"


def test_faults_strike_what_they_match(
    sandbox: Sandbox, client: httpx.Client, report_url: str
) -> None:
    sandbox.faults.add(Answer(503), method="GET", path=r"/annotations$")
    client.put(report_url, json=REPORT)
    assert client.get(report_url).status_code == 200
    assert client.delete(f"{report_url}/annotations").status_code == 204
    assert client.get(f"{report_url}/annotations").status_code == 503
    assert client.get(f"{report_url}/annotations").status_code == 200


def test_a_fault_can_wait_and_last(sandbox: Sandbox, client: httpx.Client) -> None:
    sandbox.faults.add(Answer(503), after=2, times=None)
    assert [client.get(PROPERTIES).status_code for _ in range(5)] == [200, 200, 503, 503, 503]
    sandbox.faults.clear()
    assert client.get(PROPERTIES).status_code == 200


def test_a_delayed_answer_comes(sandbox: Sandbox, client: httpx.Client, report_url: str) -> None:
    for applied in (False, True):
        sandbox.faults.add(Delay(0.01, applied))
        assert client.put(report_url, json=REPORT).status_code == 200


@pytest.mark.parametrize("applied", [False, True])
def test_a_client_that_gives_up(
    sandbox: Sandbox, connect: Connect, client: httpx.Client, report_url: str, applied: bool
) -> None:
    sandbox.faults.add(Delay(3600, applied), method="PUT")
    impatient = connect(sandbox, timeout=0.2)
    with pytest.raises(httpx.ReadTimeout):
        impatient.put(report_url, json=REPORT)
    assert client.get(report_url).status_code == (200 if applied else 404)


@pytest.mark.parametrize("action", [Drop(), Answer(500), Delay(0)])
def test_other_connections_are_left_alone(
    sandbox: Sandbox, connect: Connect, action: Action
) -> None:
    first, url = connect(sandbox), httpx.URL(sandbox.url)
    # unlike httpx this one does not quietly connect again
    second = HTTPConnection(url.host, url.port)
    with closing(second):
        second.request("GET", PROPERTIES)
        second.getresponse().read()
        sandbox.faults.add(action, path="/nowhere")
        try:
            first.get("/nowhere")
        except httpx.RemoteProtocolError:
            assert action == Drop()
        second.request("GET", PROPERTIES)
        assert second.getresponse().status == 200


def test_requests_are_recorded(
    sandbox: Sandbox, client: httpx.Client, commits: str, checkout: Checkout
) -> None:
    url = f"{commits}/{checkout.feature}/reports/my%20key"
    client.put(url, json=REPORT)
    client.delete(f"{url}/annotations?externalId=a%26b")
    client.get("/nowhere")
    put, delete, get = sandbox.requests
    assert (put.method, put.path, put.query, put.status) == ("PUT", url, "", 200)
    assert put.body_size == len(b'{"title":"t","data":[]}')
    assert put.headers["content-type"] == "application/json"
    assert put.headers["x-atlassian-token"] == "no-check"
    assert (delete.path, delete.query) == (f"{url}/annotations", "externalId=a%26b")
    assert (delete.status, delete.body_size) == (204, 0)
    assert (get.path, get.status) == ("/nowhere", 404)


def test_a_record_holds_no_secret(sandbox: Sandbox, connect: Connect) -> None:
    cookie = {"Cookie": "BITBUCKETSESSIONID=cookie-secret"}
    connect(sandbox).get(PROPERTIES, headers=cookie)
    connect(sandbox, None, auth=("ada", "ada-password")).get(PROPERTIES)
    shown = repr(sandbox.requests)
    assert [each.headers["authorization"] for each in sandbox.requests] == ["Bearer", "Basic"]
    assert not any(secret in shown for secret in ("ci-secret", "cookie-secret", "YWRhOmFkYS1w"))


def test_clear_forgets_everything(
    sandbox: Sandbox, client: httpx.Client, report_url: str, checkout: Checkout
) -> None:
    client.put(report_url, json=REPORT)
    sandbox.faults.add(Answer(500), times=None)
    assert sandbox.store.commits() == [checkout.feature]
    sandbox.clear()
    assert (sandbox.requests, sandbox.store.commits()) == ([], [])
    assert client.get(report_url).status_code == 404
