"""Which requests are sent again, how often and when: counted by a server over real HTTP."""

import logging
import socket
import subprocess
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
from destinations.scripts import Script, answer, deaf, server
from program import TOKEN

from insights_uploader import __version__
from insights_uploader.destinations import http as http_module
from insights_uploader.destinations.bitbucket_dc.address import HEADERS
from insights_uploader.destinations.http import Http, NoAnswerError, Reply, Retries
from insights_uploader.destinations.retrying import asked_wait
from insights_uploader.model.errors import ServerError
from insights_uploader.sandbox.faults import Action, Answer, Delay, Drop
from insights_uploader.sandbox.server import Sandbox

BEARER = f"Bearer {TOKEN}"
TRIES = 3
METHODS = ("GET", "PUT", "DELETE", "POST")
HTML = {"Content-Type": "text/html"}
AGAIN, ONCE, CAREFULLY = (3, 3, 3, 3), (1, 1, 1, 1), (3, 3, 3, 1)


class Waits:
    """Takes the place of sleep, and hears what the user is told."""

    def __init__(self) -> None:
        self.seconds: list[float] = []
        self.lines: list[str] = []

    def retries(self, tries: int = TRIES) -> Retries:
        return Retries(tries, self.seconds.append, self.lines.append)


@pytest.fixture
def waits() -> Waits:
    return Waits()


FOR_EVER: Mapping[str, tuple[Action, tuple[int, ...], int | str]] = {
    # fault: what happens each time, requests by GET PUT DELETE POST, the last status or error
    "dropped": (Drop(), CAREFULLY, "broken-connection"),
    "dropped after effect": (Drop(applied=True), CAREFULLY, "broken-connection"),
    "stalled": (Delay(30), CAREFULLY, "timeout"),
    "stalled after effect": (Delay(30, applied=True), CAREFULLY, "timeout"),
    "302": (Answer(302, "", {"Location": "/elsewhere"}), ONCE, 302),
    "307": (Answer(307, "", {"Location": "/elsewhere"}), ONCE, 307),
    "400": (Answer(400), ONCE, 400),
    "401": (Answer(401, headers={"Retry-After": "1"}), ONCE, 401),
    "403": (Answer(403, headers={"Retry-After": "1"}), ONCE, 403),
    "404": (Answer(404), ONCE, 404),
    "409": (Answer(409), ONCE, 409),
    "413": (Answer(413), ONCE, 413),
    "500": (Answer(500), ONCE, 500),
    "502 with a page": (Answer(502, "<h1>Bad Gateway</h1>", HTML), CAREFULLY, 502),
    "503": (Answer(503), CAREFULLY, 503),
    "503 after effect": (Answer(503, applied=True), CAREFULLY, 503),
    "504": (Answer(504), CAREFULLY, 504),
    "200 with a page": (Answer(200, "<h1>Log in</h1>", HTML), ONCE, 200),
    "broken JSON": (Answer(200, "{", {"Content-Type": "application/json"}), ONCE, 200),
}


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("fault", FOR_EVER)
def test_a_fault_that_lasts(
    sandbox: Sandbox, waits: Waits, caplog: pytest.LogCaptureFixture, fault: str, method: str
) -> None:
    action, counts, end = FOR_EVER[fault]
    count = counts[METHODS.index(method)]
    caplog.set_level(logging.DEBUG)
    sandbox.faults.add(action, times=None)
    request_s = 0.1 if isinstance(action, Delay) else 60
    with Http(sandbox.url, BEARER, retries=waits.retries(), request_s=request_s) as http:
        outcome = _outcome(lambda: http.send(method, ["x"], body={}))
    assert outcome[0] == end
    assert [request.method for request in sandbox.requests] == [method] * count
    assert len(waits.seconds) == len(waits.lines) == count - 1
    assert TOKEN not in caplog.text + "".join(waits.lines) + outcome[1]


def _outcome(send: Callable[[], Reply]) -> tuple[int | str, str]:
    """The status or the error's name, and all words."""
    try:
        reply = send()
    except NoAnswerError as error:
        return error.slug, f"{error!r} {error.hint} {vars(error)}"
    return reply.status, repr(reply)


@pytest.mark.parametrize("method", METHODS)
def test_a_server_that_cannot_be_reached_has_seen_nothing(waits: Waits, method: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    with (
        Http(f"http://127.0.0.1:{port}", BEARER, retries=waits.retries()) as http,
        pytest.raises(NoAnswerError) as caught,
    ):
        http.send(method, ["x"])
    assert (caught.value.slug, caught.value.is_sent) == ("unreachable", False)
    assert len(waits.seconds) == TRIES - 1


@pytest.mark.parametrize("method", METHODS)
def test_429_is_obeyed_until_the_deadline_by_every_method(
    sandbox: Sandbox, waits: Waits, method: str
) -> None:
    sandbox.faults.add(Answer(429, headers={"Retry-After": "7"}), times=None)
    with Http(sandbox.url, BEARER, retries=waits.retries(), deadline_s=100) as http:
        assert http.send(method, ["x"], body={}).status == 429
    assert len(sandbox.requests) == len(waits.seconds) + 1 > TRIES
    assert 100 - 61 < sum(waits.seconds) < 100
    assert all(seconds >= 7 for seconds in waits.seconds)


@pytest.mark.parametrize(("repeatable", "count"), [(True, 3), (False, 1), (None, 1)])
def test_the_caller_knows_best_whether_a_post_may_be_repeated(
    sandbox: Sandbox, waits: Waits, repeatable: bool | None, count: int
) -> None:
    sandbox.faults.add(Drop(), times=None)
    with (
        Http(sandbox.url, BEARER, retries=waits.retries()) as http,
        pytest.raises(NoAnswerError) as caught,
    ):
        http.send("POST", ["x"], body={}, repeatable=repeatable)
    assert len(sandbox.requests) == count
    assert caught.value.is_sent


@pytest.mark.parametrize("times", [1, 2])
@pytest.mark.parametrize("action", [Drop(), Drop(applied=True), Answer(429), Answer(503)], ids=repr)
def test_a_fault_that_passes_leaves_the_report_as_if_it_had_never_been(
    sandbox: Sandbox, waits: Waits, dotenv: Path, action: Action, times: int
) -> None:
    head = subprocess.check_output(["git", "rev-parse", "HEAD"], cwd=dotenv, text=True).strip()
    report = [*["rest", "insights", "latest", "projects", "PRJ", "repos", "repo", "commits"], head]
    report += ["reports", "ci.x"]
    sandbox.faults.add(action, times=times)
    with Http(sandbox.url, BEARER, headers=HEADERS, retries=waits.retries()) as http:
        assert http.send("PUT", report, body={"title": "t", "data": []}).status == 200
        assert http.send("GET", report).json()["title"] == "t"
        sandbox.faults.add(action, times=times)
        assert http.send("DELETE", report).status == 204
        assert http.send("GET", report).status == 404
    assert len(waits.seconds) == 2 * times
    agents = {request.headers["user-agent"] for request in sandbox.requests}
    assert agents == {f"insights-uploader/{__version__}"}


def test_without_retries_nothing_is_sent_twice(sandbox: Sandbox) -> None:
    sandbox.faults.add(Answer(429), times=None)
    with Http(sandbox.url, BEARER) as http:
        assert http.send("GET", ["x"]).status == 429
    assert len(sandbox.requests) == 1


def test_the_user_is_told_of_every_wait(sandbox: Sandbox, waits: Waits) -> None:
    sandbox.faults.add(Answer(503, headers={"Retry-After": "2"}))
    sandbox.faults.add(Drop())
    with Http(sandbox.url, BEARER, retries=waits.retries()) as http:
        http.send("GET", ["x"])
    first, second = waits.lines
    assert first.startswith(f"GET {sandbox.url}/x: the server said 503; trying again in ")
    assert second.startswith(f"GET {sandbox.url}/x: ")
    assert second.endswith(f"; trying again in {waits.seconds[1]:.1f} s")


def test_waits_grow_and_are_never_the_same(sandbox: Sandbox) -> None:
    sandbox.faults.add(Answer(503), times=None)
    runs = [Waits(), Waits()]
    for waits in runs:
        with Http(sandbox.url, BEARER, retries=waits.retries(tries=6)) as http:
            http.send("GET", ["x"])
        for expected, seconds in zip((0.5, 1, 2, 4, 8), waits.seconds, strict=True):
            assert expected <= seconds <= expected + 1
    assert runs[0].seconds != runs[1].seconds


NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def http_date(seconds: float) -> str:
    return format_datetime(NOW + timedelta(seconds=seconds), usegmt=True)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, 0),
        ({"retry-after": "0"}, 0),
        ({"retry-after": " 7 "}, 7),
        ({"retry-after": "3600"}, 60),
        ({"retry-after": "9223372036854775807"}, 60),
        ({"retry-after": "9" * 10_000}, 60),
        ({"retry-after": http_date(20)}, 20),
        ({"retry-after": http_date(-20)}, 0),
        ({"retry-after": http_date(10**9)}, 60),
        ({"retry-after": http_date(320), "date": http_date(300)}, 20),  # our clock is slow
        ({"retry-after": http_date(20), "date": "yesterday"}, 20),
        ({"retry-after": "Sunday, 01-Mar-26 12:00:20 GMT"}, 20),  # RFC 850
        ({"retry-after": "-7"}, 0),
        ({"retry-after": "1.5"}, 0),
        ({"retry-after": "\u0667"}, 0),  # a digit, in Arabic
        ({"retry-after": "soon"}, 0),
        ({"retry-after": "Sun, 99 Mar 2026 12:00:00 GMT"}, 0),
        ({"retry-after": "Sun, 01 Mar 99999999999 12:00:00 GMT"}, 0),
        ({"retry-after": "Mon, 01 Jan 0001 00:00:00 +2359"}, 0),
    ],
)
def test_what_the_server_asks_for(headers: Mapping[str, str], seconds: float) -> None:
    assert asked_wait(headers, NOW.timestamp()) == seconds


@pytest.mark.parametrize(
    ("asked", "least", "most"), [("5", 5, 6), ("9223372036854775807", 60, 61), ("soon", 0.5, 1.5)]
)
@pytest.mark.parametrize("status", [429, 503])
def test_and_gets(
    sandbox: Sandbox, waits: Waits, status: int, asked: str, least: float, most: float
) -> None:
    sandbox.faults.add(Answer(status, headers={"Retry-After": asked}))
    with Http(sandbox.url, BEARER, retries=waits.retries()) as http:
        http.send("GET", ["x"])
    [seconds] = waits.seconds
    assert least <= seconds <= most


def test_those_who_were_sent_away_together_do_not_return_together(sandbox: Sandbox) -> None:
    runs = [Waits(), Waits()]
    for waits in runs:
        sandbox.faults.add(Answer(429, headers={"Retry-After": "30"}))
        with Http(sandbox.url, BEARER, retries=waits.retries()) as http:
            http.send("GET", ["x"])
    assert runs[0].seconds != runs[1].seconds


def test_no_wait_begins_that_would_outlast_the_deadline(sandbox: Sandbox, waits: Waits) -> None:
    sandbox.faults.add(Answer(429, headers={"Retry-After": "30"}))
    with Http(sandbox.url, BEARER, retries=waits.retries(), deadline_s=20) as http:
        assert http.send("GET", ["x"]).status == 429
    assert not waits.seconds


def test_one_deadline_is_for_all_requests(sandbox: Sandbox, waits: Waits) -> None:
    sandbox.faults.add(Delay(30), times=None)
    start = time.monotonic()
    with Http(
        sandbox.url, BEARER, retries=waits.retries(99), deadline_s=2.5, request_s=0.2
    ) as http:
        slugs = [_outcome(lambda: http.send("GET", ["x"]))[0] for _ in range(20)]
    took = time.monotonic() - start
    assert slugs[0] == "timeout"
    assert slugs[-1] == "deadline"
    assert took < 2.5 + 1 - sum(waits.seconds)
    assert len(sandbox.requests) < 20  # what is past the deadline is not sent


def test_a_connection_that_never_comes_ends_in_time(waits: Waits) -> None:
    with (
        deaf() as port,
        Http(f"http://127.0.0.1:{port}", BEARER, retries=waits.retries(), deadline_s=0.2) as http,
        pytest.raises(NoAnswerError) as caught,
    ):
        http.send("POST", ["x"])
    assert (caught.value.slug, caught.value.is_sent) == ("timeout", False)


def test_a_handshake_that_never_ends_is_ended_in_time(waits: Waits) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"https://127.0.0.1:{listener.getsockname()[1]}"
        start = time.monotonic()
        with Http(url, BEARER, deadline_s=0.2) as http, pytest.raises(ServerError) as caught:
            http.send("GET", ["x"])
    assert caught.value.slug == "timeout"
    assert time.monotonic() - start < 5


@pytest.mark.parametrize(("method", "count"), [("GET", 2), ("PUT", 2), ("POST", 1)])
def test_an_answer_cut_in_its_body_is_no_answer(waits: Waits, method: str, count: int) -> None:
    def cut(connection: socket.socket, _: bytes) -> None:
        connection.sendall(
            b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n[1"
        )

    scripts: list[Script] = [cut] * count
    with (
        server(*scripts) as url,
        Http(url, BEARER, retries=waits.retries(count)) as http,
        pytest.raises(NoAnswerError) as caught,
    ):
        http.send(method, ["x"])
    assert caught.value.slug == "broken-connection"
    assert caught.value.is_sent
    assert len(waits.seconds) == count - 1


SHAPES: Mapping[str, Callable[[int], Script]] = {
    # what makes the body of a refusal one that cannot be had
    "packed": lambda status: answer(status, b"\x1f\x8b", "Content-Encoding: gzip", ASKED),
    "cut": lambda status: _raw(status, "Content-Length: 99", "{"),
    "oversized": lambda status: _raw(status, f"Content-Length: {2**40}", " " * 2000),
    "never ending": lambda status: _raw(status, "Transfer-Encoding: chunked", "1\r\n{\r\n", hold=True),
    "broken chunks": lambda status: _raw(status, "Transfer-Encoding: chunked", "zz\r\n"),
    "a page": lambda status: answer(status, b"<h1>Oh</h1>", ASKED, kind="text/html"),
}  # fmt: skip
ASKED = "Retry-After: 7"


def _raw(status: int, length: str, body: str, *, hold: bool = False) -> Script:
    def script(connection: socket.socket, _: bytes) -> None:
        head = f"HTTP/1.1 {status} x\r\nContent-Type: application/json\r\n{ASKED}\r\n{length}\r\n"
        connection.sendall(f"{head}\r\n{body}".encode())
        if hold:
            connection.recv(1)

    return script


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(
    ("status", "counts"),
    [(429, AGAIN), (502, CAREFULLY), (503, CAREFULLY), (401, ONCE), (403, ONCE), (404, ONCE)],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_the_status_decides_whatever_the_body_is(
    monkeypatch: pytest.MonkeyPatch,
    waits: Waits,
    shape: str,
    status: int,
    counts: tuple[int, ...],
    method: str,
) -> None:
    monkeypatch.setattr(http_module, "_MAX_REFUSAL", 1000)
    count = counts[METHODS.index(method)]
    refusals = [SHAPES[shape](status)] * (count - 1 or 1)
    good = [answer(200, b"[1]")] if count > 1 else []
    request_s = 0.2 if shape == "never ending" else 60
    with (
        server(*refusals, *good) as url,
        Http(url, BEARER, retries=waits.retries(), request_s=request_s) as http,
    ):
        assert http.send(method, ["x"]).status == (200 if good else status)
    assert len(waits.seconds) == len(good) * (count - 1)
    assert all(seconds >= 7 for seconds in waits.seconds)
