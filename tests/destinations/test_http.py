"""The way to a server: its limits, and that nothing secret comes back along it."""

import base64
import gzip
import json
import math
import socket
import traceback
from collections.abc import Callable, Mapping, Sequence

import pytest
from destinations.scripts import DRIPS, Script, answer, drip, header, server

from insights_uploader.credentials import basic
from insights_uploader.destinations.bitbucket_dc.client import CodeInsights
from insights_uploader.destinations.bitbucket_dc.refusals import refusal
from insights_uploader.destinations.http import Http
from insights_uploader.model.errors import InsightsError, ServerError, UsageError

BEARER = "Bearer tok3n-0f-the-ci"


def shown(error: BaseException) -> str:
    """All that could reach a log."""
    hint = error.hint if isinstance(error, InsightsError) else ""
    return "".join(traceback.format_exception(error)) + hint


def failure(http: Http) -> ServerError:
    """The error in which a request ends."""
    with pytest.raises(ServerError) as caught:
        http.send("GET", ["x"])
    return caught.value


DRIPPING: Mapping[str, Script] = {
    "body": drip(b"HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n", b" "),
    "endless body": drip(b"HTTP/1.1 200 OK\r\n\r\n", b" "),
    "headers": drip(b"HTTP/1.1 200 OK\r\n", b"X: y\r\n"),
    "100 Continue": drip(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "nothing": lambda connection, _: connection.recv(1),
}


@pytest.mark.parametrize("script", DRIPPING.values(), ids=DRIPPING)
def test_a_request_ends_in_time_however_the_answer_drips(script: Script) -> None:
    with server(script) as url, Http(url, BEARER, deadline_s=0.1) as http:
        caught = failure(http)
    assert caught.slug == "timeout"
    assert "more than 0.1 s" in caught.message or "no answer in time" in caught.message


@pytest.mark.parametrize("seconds", [math.nan, math.inf, -1.0])
def test_a_deadline_that_never_comes_is_none(seconds: float) -> None:
    with pytest.raises(UsageError, match=r"--deadline: .* is no number of seconds"):
        Http("http://127.0.0.1", BEARER, deadline_s=seconds)


def test_the_next_request_has_a_connection_and_a_time_of_its_own() -> None:
    scripts = DRIPPING["body"], answer(200, b"[1]")
    with server(*scripts) as url, Http(url, BEARER, deadline_s=0.1) as http:
        assert failure(http).slug == "timeout"
        http._deadline.left_s = 60
        assert http.send("GET", ["x"]).json() == [1]


def test_a_packed_answer_is_neither_asked_for_nor_unpacked() -> None:
    heads: list[bytes] = []
    packed = gzip.compress(gzip.compress(b" " * 10**7))
    reply = answer(200, packed, "Content-Encoding: gzip, gzip")

    def script(connection: socket.socket, head: bytes) -> None:
        heads.append(head)
        reply(connection, head)

    with server(script) as url, Http(url, BEARER) as http:
        caught = failure(http)
    assert caught.slug == "packed"
    assert header(heads[0], "accept-encoding") == "identity"


@pytest.mark.parametrize(("accept", "most"), [("application/json", 16), ("text/plain", 64)])
def test_an_endless_answer_is_not_kept(accept: str, most: int) -> None:
    def script(connection: socket.socket, _: bytes) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        for _number in range(DRIPS):
            connection.sendall(b" " * 65536)

    with (
        server(script) as url,
        Http(url, BEARER) as http,
        pytest.raises(ServerError, match=f"exceeds {most << 20} bytes") as caught,
    ):
        http.send("GET", ["x"], accept=accept)
    assert caught.value.slug == "oversized"


def test_of_annotations_there_may_be_too_many() -> None:
    body = b'{"annotations": [' + b"{}," * 10**6 + b"{}]}"
    with server(answer(200, body)) as url, Http(url, BEARER) as http:
        stored = CodeInsights(http, "PRJ", "repo", "c" * 40)
        with pytest.raises(ServerError, match="lists 1000001 annotations"):
            stored.annotations("key")


def echo(say: Callable[[str], str], status: int = 400, of: str = "authorization") -> Script:
    """Refuse with words made from a header of the request."""

    def script(connection: socket.socket, head: bytes) -> None:
        said = say(header(head, of))
        body = json.dumps(
            {"errors": [{"message": said, "exceptionName": "x.AuthorisationException"}]}
        )
        answer(status, body.encode(), f"X-AUSERNAME: {said}", kind="application/json")(
            connection, head
        )

    return script  # fmt: skip


def decoded(value: str) -> str:
    return base64.b64decode(value.partition(" ")[2]).decode()


@pytest.mark.parametrize(
    ("authorization", "say", "secrets"),
    [
        (BEARER, lambda value: f"bad header {value}", ["tok3n"]),
        (BEARER, lambda value: f"bad token {value.partition(' ')[2]}!", ["tok3n"]),
        (BEARER, lambda value: "p" * 985 + value, ["tok3n", "Bearer t"]),  # cut in its middle
        (basic("ann", "pa55:w0rd"), lambda value: f"bad header {value}", ["YW5u"]),
        (basic("ann", "pa55:w0rd"), lambda value: f"bad pair {value[6:]}", ["YW5u"]),
        (basic("ann", "pa55:w0rd"), lambda value: f"bad pair {decoded(value)}", ["pa55", "w0rd"]),
        (basic("ann", "pa55:w0rd"), lambda value: f"bad word {decoded(value)[4:]}", ["pa55", "w0rd"]),
    ],
)  # fmt: skip
@pytest.mark.parametrize("status", [400, 401])
def test_a_server_that_echoes_our_secret_does_not_bring_it_into_an_error(
    authorization: str, say: Callable[[str], str], secrets: Sequence[str], status: int
) -> None:
    with server(echo(say, status)) as url, Http(url, authorization) as http:
        error = refusal(http.send("GET", ["x"]))
    assert "***" in error.message
    assert not [secret for secret in secrets if secret in shown(error)]


@pytest.mark.parametrize("kind", ["text/tok3n-0f-the-ci", "text/" + "k" * 990 + "tok3n-0f-the-ci"])
def test_nor_does_a_header_of_the_answer(kind: str) -> None:
    with server(answer(502, b"x", kind=kind)) as url, Http(url, BEARER) as http:
        reply = http.send("GET", ["x"])
    with pytest.raises(ServerError) as caught:
        reply.json()
    errors = caught.value, refusal(reply), reply.error("slug", kind, kind)
    assert not [error for error in errors if "tok3n" in shown(error)]
    assert "tok3n" not in repr(reply.secrets)


TOKEN = "tok3n-0f-the-ci"
ELSEWHERE = {
    # Location, by what the server was told -> what the hint names
    "another site": ("https://new.atlassian.net/rest/x", "https://new.atlassian.net"),
    "without a scheme": ("//new.atlassian.net/", "http://new.atlassian.net"),
    "a port": ("https://new.example.com:8443/", "https://new.example.com:8443"),
    "our secret in its query": ("https://sso.example.org/?to={}", "https://sso.example.org"),
    "our secret in its path": ("https://sso.example.org/{}", "https://sso.example.org"),
    "our secret as a password": ("https://ann:{}@sso.example.org/", "https://sso.example.org"),
    "our secret as a host": ("https://{}.example.org/", "https://***.example.org"),
    "only our secret": ("{}", None),
    "the same server": ("/projects/NEW/repos/x", None),
    "no host": ("https:///x", None),
    "no address": ("https://[x", None),
    "no host's letters": ("https://a'b/", None),
    "what no address holds": ("https://a\x7f;b/", None),
}


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("case", ELSEWHERE)
def test_a_redirect_is_not_followed_and_names_the_other_server_without_our_secret(
    case: str, method: str
) -> None:
    location, named = ELSEWHERE[case]
    moved = answer(302, b"", f"Location: {location.format(TOKEN)}")
    with server(moved) as url, Http(url, BEARER) as http:
        error = refusal(http.send(method, ["x"]))
    assert (error.slug, error.status) == ("redirected", 302)
    assert error.hint.partition("The server names ")[2] == (named or "")
    assert "tok3n" not in shown(error)


def test_nor_does_what_breaks_the_protocol() -> None:
    def script(connection: socket.socket, head: bytes) -> None:
        secret = header(head, "authorization")
        connection.sendall(f"HTTP/1.1 200 OK\r\nContent-Length: {secret}\r\n\r\n".encode())
        connection.sendall(f"{secret}\r\n\r\n".encode())

    with server(script) as url, Http(url, BEARER) as http:
        caught = failure(http)
    assert "tok3n" not in shown(caught)


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_proxy_is_used_and_its_password_does_not_come_back(
    monkeypatch: pytest.MonkeyPatch, scheme: str
) -> None:
    def proxy(connection: socket.socket, head: bytes) -> None:
        said = decoded(header(head, "proxy-authorization"))
        assert said == "ann:pa55/w0rd"
        body = json.dumps({"errors": [{"message": said}]})
        lines = [
            f"HTTP/1.1 407 {said}",
            "Content-Type: application/json",
            f"Content-Length: {len(body)}",
        ]
        connection.sendall("\r\n".join([*lines, "", body]).encode())  # fmt: skip

    with server(proxy) as url:
        address = url.replace("//", "//ann:pa55%2Fw0rd@")
        monkeypatch.setenv(f"{scheme.upper()}_PROXY", address)
        with Http(f"{scheme}://bitbucket.invalid", BEARER, allow_http=True) as http:
            # an https server is reached through a tunnel, which the proxy refuses
            error = refusal(http.send("GET", ["x"])) if scheme == "http" else failure(http)
    assert "***" in error.message
    assert "w0rd" not in shown(error)


def test_a_proxy_that_is_not_for_this_server_need_not_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", "socks5://127.0.0.1:1")
    monkeypatch.setenv("NO_PROXY", "example.com,127.0.0.1")
    with server(answer(200, b"[1]")) as url, Http(url, BEARER) as http:
        assert http.send("GET", ["x"]).json() == [1]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ALL_PROXY", "socks5://127.0.0.1:1080"),
        ("HTTPS_PROXY", "ftp://ann:pa55w0rd@proxy:8080"),
        ("HTTPS_PROXY", "http://ann:pa55/w0rd@proxy:8080"),
        ("HTTPS_PROXY", "http://ann:pa55\udcffw0rd@proxy:8080"),
        ("HTTPS_PROXY", "http://:8080"),
        ("HTTPS_PROXY", "http://pa55..w0rd"),
        ("SSL_CERT_FILE", "/nonexistent.pem"),
        ("SSL_CERT_FILE", __file__),
    ],
)
def test_a_setting_of_the_environment_that_cannot_work_is_named(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(UsageError, match=f"^{name}: ") as caught:
        Http("https://bitbucket.example.com", BEARER)
    assert "pa55" not in shown(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        *("https://a..b", "https://.x", "https://\udcff", "https://x/\udcff"),
        *("https://xn--0.com", "https://xn--a", "https://bitbucket\u3002org", "https://a\\.b"),
        *("https://b\u00fccher.example", "https://bitbucket.org%00", "https://[fe80::1%25eth0]"),
    ],
)
def test_an_address_that_cannot_be_looked_up(url: str) -> None:
    with pytest.raises(UsageError, match=r"^--url: "):
        Http(url, BEARER)


def test_a_name_that_no_address_can_carry() -> None:
    with Http("https://bitbucket.invalid", BEARER) as http:
        reports = CodeInsights(http, "PRJ", "caf\udce9", "c0ffee")
        with pytest.raises(UsageError, match="no address can carry"):
            reports.report("key")


@pytest.mark.parametrize("value", ["caf\udce9", "x" * 70_000])
def test_nor_a_query(value: str) -> None:
    with (
        Http("https://bitbucket.invalid", BEARER) as http,
        pytest.raises(UsageError, match="no address can carry"),
    ):
        http.send("GET", ["x"], query=[("at", value)])


BROKEN = [b"[" * 10**5, b"9" * 5000, b"{", b'{"errors": [', b'{"a": "' + b"x" * 10**5 + b'"}']
ODD = [b'{"a": "\xff"}', b'{"errors": [{"message": "\xff"}]}', rb'{"a": "\ud800"}', *BROKEN[:4]]


@pytest.mark.parametrize("body", ODD, ids=range(len(ODD)))
def test_broken_json_is_the_servers_trouble(body: bytes) -> None:
    with server(answer(200, body)) as url, Http(url, BEARER) as http:
        reply = http.send("GET", ["x"])
    with pytest.raises(ServerError, match="broken JSON"):
        reply.json()


@pytest.mark.parametrize("body", BROKEN, ids=range(len(BROKEN)))
def test_of_a_refusal_that_cannot_be_read_it_is_said(body: bytes) -> None:
    with server(answer(400, body)) as url, Http(url, BEARER) as http:
        refused = refusal(http.send("GET", ["x"]))
    assert refused.slug == "refused"
    assert "too long, cut off, or broken JSON" in refused.message


@pytest.mark.parametrize(
    "broken", [rb"\ud800", rb"\udead", b"\xff\xfe", rb"\ud83d", b"\xed\xa0\x80"]
)
def test_a_refusal_with_broken_characters_is_told(broken: bytes) -> None:
    body = b'{"errors": [{"message": "the path %b is bad", "exceptionName": "a.B"}]}' % broken
    with server(answer(400, body)) as url, Http(url, BEARER) as http:
        message = refusal(http.send("GET", ["x"])).message
    assert "The server says: the path " in message
    assert " is bad" in message
    message.encode()  # it can be written


@pytest.mark.parametrize("status", [400, 401, 413, 500])
def test_no_more_of_a_refusal_is_read_than_words_need(status: int) -> None:
    sent = 0

    def script(connection: socket.socket, _: bytes) -> None:
        nonlocal sent
        connection.sendall(f"HTTP/1.1 {status} x\r\n\r\n".encode())
        for _number in range(DRIPS):
            connection.sendall(b" " * 65536)
            sent += 65536

    with server(script) as url, Http(url, BEARER) as http:
        reply = http.send("GET", ["x"])
    assert reply.status == status
    assert len(reply.content) == 65536
    assert sent < 16 << 20  # what the system takes before it is read


@pytest.mark.parametrize("value", [b"[" * 900 + b"]" * 900, b"7", b"null", b'{"a": 1}'])
def test_an_error_envelope_of_odd_values(value: bytes) -> None:
    entry = b'{"message": %b, "context": %b, "exceptionName": %b}' % (value, value, value)
    with server(answer(400, b'{"errors": [%b, 5]}' % entry)) as url, Http(url, BEARER) as http:
        assert "no reason" in refusal(http.send("GET", ["x"])).message
