"""A resolver that does not answer: nothing else can bound it, and nothing is sent once we gave up."""

import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from insights_uploader.destinations.http import Http, NoAnswerError, Retries


@pytest.fixture
def answered(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Until this is set every look-up hangs, as it does in the C library."""
    event, look_up = threading.Event(), socket.getaddrinfo

    def hang(*arguments: Any, **named: Any) -> Any:
        event.wait()
        return look_up(*arguments, **named)

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    yield event
    event.set()


def failure(http: Http, method: str) -> NoAnswerError:
    with pytest.raises(NoAnswerError) as caught:
        http.send(method, ["x"])
    return caught.value


def test_it_ends_in_time_and_is_tried_again_even_for_a_post(answered: threading.Event) -> None:
    waits: list[float] = []
    retries = Retries(2, waits.append)
    with Http("http://localhost:9", "Bearer x", request_s=0.1, retries=retries) as http:
        error = failure(http, "POST")
    assert (error.slug, error.is_sent, len(waits)) == ("timeout", False, 1)
    assert "no connection in time (more than 0.1 s)" in error.message
    assert "--url" in error.hint
    assert not answered.is_set()


def test_what_connects_too_late_sends_nothing(answered: threading.Event) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(10)
        url = f"http://localhost:{listener.getsockname()[1]}"
        with Http(url, "Bearer x", deadline_s=0.1) as http:
            assert failure(http, "PUT").slug == "timeout"
            answered.set()
            connection, _ = listener.accept()
            with connection:
                connection.settimeout(10)
                assert connection.recv(1) == b""
