"""The way through a proxy, which is a process of its own, and where a token may travel in clear."""

import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
import trustme
from destinations.scripts import answer, server
from program import TOKEN

from insights_uploader.destinations.http import Http, NoAnswerError, Retries
from insights_uploader.model.errors import UsageError
from insights_uploader.sandbox.server import Sandbox

BEARER = f"Bearer {TOKEN}"


@pytest.fixture(scope="module")
def proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """host:port of a running proxy.py that lets ann in."""
    port = tmp_path_factory.mktemp("proxy") / "port"
    command = [sys.executable, "-m", "proxy", "--hostname", "127.0.0.1", "--port", "0"]
    command += ["--port-file", str(port), "--basic-auth", "ann:pa55", "--num-workers", "1"]
    command += ["--num-acceptors", "1", "--log-level", "ERROR"]
    with subprocess.Popen(command, cwd=port.parent, stdout=subprocess.DEVNULL) as process:
        try:
            yield f"127.0.0.1:{_listening(port)}"
        finally:
            process.terminate()


def _listening(file: Path) -> int:
    """The port in the file, once somebody answers there."""
    for _ in range(200):
        with suppress(OSError, ValueError, IndexError):
            port = int(file.read_text().split()[0])
            socket.create_connection(("127.0.0.1", port)).close()
            return port
        time.sleep(0.05)
    raise AssertionError("the proxy did not start")


def vias(sandbox: Sandbox) -> list[str | None]:
    return [request.headers.get("via") for request in sandbox.requests]


@pytest.mark.parametrize("name", ["HTTP_PROXY", "http_proxy", "ALL_PROXY"])
def test_a_request_goes_through_the_proxy(
    monkeypatch: pytest.MonkeyPatch, sandbox: Sandbox, proxy: str, name: str
) -> None:
    monkeypatch.setenv(name, f"http://ann:pa55@{proxy}")
    with Http(sandbox.url, BEARER, allow_http=True) as http:
        body = {"title": "t"}
        assert http.send("PUT", ["x"], body=body).status == 404
        assert http.send("GET", ["rest", "api", "latest", "application-properties"]).json()
    first, _ = vias(sandbox)  # of one connection, proxy.py marks the first request only
    assert first is not None
    assert "proxy.py" in first


@pytest.mark.parametrize("names", ["127.0.0.1", "example.com, 127.0.0.1", "*"])
def test_or_past_it(
    monkeypatch: pytest.MonkeyPatch, sandbox: Sandbox, proxy: str, names: str
) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://ann:pa55@{proxy}")
    monkeypatch.setenv("NO_PROXY", names)
    with Http(sandbox.url, BEARER) as http:
        http.send("GET", ["x"])
    assert vias(sandbox) == [None]


def test_https_goes_through_a_tunnel_to_the_servers_own_certificate(
    monkeypatch: pytest.MonkeyPatch, proxy: str, tmp_path: Path
) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(tls)
    monkeypatch.setenv("HTTPS_PROXY", f"http://ann:pa55@{proxy}")
    with (
        server(answer(200, b"[1]"), tls=tls) as url,
        Http(url, BEARER, ca_file=tmp_path / "ca.pem") as http,
    ):
        assert http.send("GET", ["x"]).json() == [1]


def test_a_proxy_that_does_not_know_us_is_not_asked_twice(
    monkeypatch: pytest.MonkeyPatch, sandbox: Sandbox, proxy: str
) -> None:
    told: list[str] = []
    retries = Retries(3, lambda _: None, told.append)
    for name in ("HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, f"http://ann:wr0ng@{proxy}")
    with Http(sandbox.url, BEARER, allow_http=True, retries=retries) as http:
        assert http.send("GET", ["x"]).status == 407
    with (
        Http("https://bitbucket.invalid", BEARER, retries=retries) as http,
        pytest.raises(NoAnswerError, match="407") as caught,
    ):
        http.send("POST", ["x"])
    assert not caught.value.is_sent
    assert not [words for words in (caught.value.message, *told) if "wr0ng" in words]
    assert (told, sandbox.requests) == ([], [])


def test_a_proxy_that_cannot_reach_the_server_now_is_asked_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told: list[str] = []
    busy = answer(503, b"busy")
    with server(busy, busy, busy) as url:
        monkeypatch.setenv("HTTPS_PROXY", url)
        with (
            Http(
                "https://bitbucket.invalid",
                BEARER,
                retries=Retries(3, lambda _: None, told.append),
            ) as http,
            pytest.raises(NoAnswerError, match="503"),
        ):
            http.send("POST", ["x"])
    assert len(told) == 2  # nothing was sent to the server, so that even a POST may be repeated


@pytest.mark.parametrize(
    "url",
    [
        "http://bitbucket.example.com",
        "http://bitbucket.example.com:7990/bitbucket",
        "http://localhost.example.com",
        "http://127.0.0.1.example.com",
        "http://192.168.0.1",
        "http://0.0.0.0",
        "http://[fe80::1]",
        "HTTP://BITBUCKET.EXAMPLE.COM",
    ],
)
def test_a_token_travels_no_network_in_clear_unless_allowed(url: str) -> None:
    with pytest.raises(UsageError) as caught:
        Http(url, BEARER)
    assert caught.value.slug == "plain-http"
    assert "--allow-http" in caught.value.hint
    assert TOKEN not in caught.value.message
    with Http(url, BEARER, allow_http=True):
        pass


@pytest.mark.parametrize(
    "url", ["http://localhost:7990", "http://LocalHost", "http://127.8.9.1/x", "http://[::1]:7990"]
)
def test_this_machine_is_no_network(url: str) -> None:
    with Http(url, BEARER):
        pass


def test_a_proxy_makes_it_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://ann:pa55@proxy.example.com:8080")
    with pytest.raises(UsageError, match="through a proxy") as caught:
        Http("http://localhost:7990", BEARER)
    assert "pa55" not in caught.value.message + caught.value.hint
