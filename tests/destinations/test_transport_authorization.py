"""What each API may want of the same way: proofs made per request, forms, arrays, its own headers."""

import hashlib
import json
import socket
from urllib.parse import parse_qsl, quote

import pytest
from destinations.scripts import Script, answer, header, server

from insights_uploader.destinations.authorization import Fixed, Query
from insights_uploader.destinations.http import Http, NoAnswerError, Retries
from insights_uploader.model.errors import ServerError


class Signed:
    """A proof of one request's method, path and query, as in Atlassian Connect's `qsh` claim."""

    def __init__(self) -> None:
        self.count = 0

    def header(self, method: str, path: str, query: Query) -> str:
        self.count += 1
        pairs = sorted(
            (quote(name, safe="~"), quote(str(value), safe="~")) for name, value in query
        )
        words = "&".join([method, path, "&".join(f"{name}={value}" for name, value in pairs)])
        return f"JWT {hashlib.sha256(words.encode()).hexdigest()}.{self.count}"


class Renewed:
    """A token that is another one each time."""

    def __init__(self) -> None:
        self.count = 0

    def header(self, _method: str, _path: str, _query: Query) -> str | None:
        self.count += 1
        return f"Bearer s3cret-t0ken-{self.count}"


class Missing:
    """None to be had, for this reason."""

    def __init__(self, error: ServerError) -> None:
        self.error = error
        self.count = 0

    def header(self, _method: str, _path: str, _query: Query) -> str | None:
        self.count += 1
        raise self.error


def heard(heads: list[bytes], reply: Script) -> Script:
    """Answer, and keep the request as it came."""

    def script(connection: socket.socket, head: bytes) -> None:
        length = int(header(head, "content-length")) if b"ontent-Length" in head else 0
        start, end, body = head.partition(b"\r\n\r\n")
        while len(body) < length:
            body += connection.recv(65536)
        heads.append(start + end + body)
        reply(connection, head)

    return script


def names(head: bytes) -> set[str]:
    """The names of a request's headers."""
    lines = head.partition(b"\r\n\r\n")[0].decode().split("\r\n")[1:]
    return {line.partition(":")[0].lower() for line in lines}


def test_a_proof_is_of_the_request_as_it_is_sent() -> None:
    heads: list[bytes] = []
    with server(heard(heads, answer(200, b"[]"))) as url, Http(url, Signed()) as http:
        segments = ["rest", "builds", "0.1", "pipelines", "a b/ü~"]
        http.send("DELETE", segments, query=[("b", "x y&="), ("a", 7)])
    method, target, _ = heads[0].split(b"\r\n")[0].decode().split(" ")
    path, _, query = target.partition("?")
    pairs = sorted(f"{quote(k, safe='~')}={quote(v, safe='~')}" for k, v in parse_qsl(query))
    seen = hashlib.sha256("&".join([method, path, "&".join(pairs)]).encode()).hexdigest()
    assert header(heads[0], "authorization") == f"JWT {seen}.1"


def test_the_path_in_a_proof_begins_below_the_base_address() -> None:
    paths: list[str] = []

    class Noting(Fixed):
        def header(self, method: str, path: str, query: Query) -> str | None:
            paths.append(path)
            return super().header(method, path, query)

    heads: list[bytes] = []
    with server(heard(heads, answer(200, b"[]"))) as url:
        cloud = f"{url}/jira/builds/0.1/cloud/11f5/"
        with Http(cloud, Noting("Bearer x")) as http:
            http.send("POST", ["bulk"], body={})
    assert heads[0].startswith(b"POST /jira/builds/0.1/cloud/11f5/bulk HTTP/1.1\r\n")
    assert paths == ["/bulk"]


def echo(status: int) -> Script:
    def script(connection: socket.socket, head: bytes) -> None:
        answer(status, json.dumps(header(head, "authorization")).encode())(connection, head)

    return script


def test_each_try_has_a_proof_of_its_own_and_shows_none() -> None:
    heads: list[bytes] = []
    scripts = [heard(heads, echo(status)) for status in (503, 503, 400)]
    retries = Retries(3, lambda _: None)
    with server(*scripts) as url, Http(url, Renewed(), retries=retries) as http:
        reply = http.send("GET", ["x"])
    proofs = [header(head, "authorization") for head in heads]
    assert proofs == [f"Bearer s3cret-t0ken-{n}" for n in (1, 2, 3)]
    error = reply.error("refused", reply.quoted(str(reply.json())), str(reply.json()))
    assert "s3cret" not in error.message + error.hint
    assert "***" in error.message


@pytest.mark.parametrize("authorization", ["", Fixed("")])
def test_without_a_proof_no_header_is_sent(authorization: str | Fixed) -> None:
    heads: list[bytes] = []
    with server(heard(heads, answer(200, b"[]"))) as url, Http(url, authorization) as http:
        http.send("GET", ["x"])
    assert "authorization" not in names(heads[0])
    assert "s3cret" not in repr(Fixed("s3cret"))


NONE_TO_BE_HAD = (
    ServerError("bad-token", "the token cannot be renewed"),
    NoAnswerError("timeout", "the token cannot be renewed", is_sent=True, is_passing=True),
)


@pytest.mark.parametrize("error", NONE_TO_BE_HAD)
def test_when_there_is_none_to_be_had_nothing_is_sent(error: ServerError) -> None:
    """It is no failure of this way, which therefore neither tries again nor doubts what it did."""
    missing = Missing(error)
    with (
        Http("http://127.0.0.1:9", missing, retries=Retries(3)) as http,
        pytest.raises(ServerError, match="cannot be renewed") as caught,
    ):
        http.send("GET", ["x"])
    assert not isinstance(caught.value, NoAnswerError)
    assert missing.count == 1


def test_only_the_headers_that_an_api_wants() -> None:
    heads: list[bytes] = []
    scripts = [heard(heads, answer(200, b"[]"))] * 2
    with server(*scripts) as url:
        with Http(url, "Bearer x") as http:
            http.send("POST", ["x"], body=[])
        with Http(url, "Bearer x", headers={"X-Atlassian-Token": "no-check"}) as http:
            http.send("DELETE", ["x"], accept="text/plain")
    plain, atlassian = heads
    assert names(plain) == {
        "host", "authorization", "accept", "accept-encoding", "user-agent", "content-type",
        "content-length",
    }  # fmt: skip
    assert header(plain, "accept") == "application/json"
    assert names(atlassian) - names(plain) == {"x-atlassian-token"}
    assert header(atlassian, "accept") == "text/plain"


def test_arrays_go_both_ways() -> None:
    heads: list[bytes] = []
    reply = heard(heads, answer(200, b'[{"a": 1}]'))
    with server(reply) as url, Http(url, "Bearer x") as http:
        answered = http.send("POST", ["x"], body=[{"b": 2}])
    assert json.loads(heads[0].partition(b"\r\n\r\n")[2]) == [{"b": 2}]
    assert answered.decoded(list[dict[str, int]]) == [{"a": 1}]


def test_a_form() -> None:
    heads: list[bytes] = []
    with server(heard(heads, answer(200, b"{}"))) as url, Http(url, "Basic eDp5") as http:
        http.send("POST", ["token"], form={"grant_type": "client_credentials", "a b": "ü&="})
    assert header(heads[0], "content-type") == "application/x-www-form-urlencoded"
    body = heads[0].partition(b"\r\n\r\n")[2].decode()
    assert dict(parse_qsl(body)) == {"grant_type": "client_credentials", "a b": "ü&="}


def test_a_proxy_of_the_builds_own_that_adds_the_proof() -> None:
    """As in Bitbucket Pipelines: plain http to the proxy, which alone knows the token."""
    heads: list[bytes] = []
    address = "http://api.bitbucket.org/2.0"
    with (
        server(heard(heads, answer(429, b"Too many", kind="text/plain"))) as proxy,
        Http(address, "", proxy=proxy, allow_http=True) as http,
    ):
        reply = http.send("GET", ["repositories", "{team}", "repo"])
    assert heads[0].startswith(
        b"GET http://api.bitbucket.org/2.0/repositories/%7Bteam%7D/repo HTTP/1.1\r\n"
    )
    assert "authorization" not in names(heads[0])
    assert (reply.status, reply.content, reply.is_json) == (429, b"Too many", False)


def test_no_cookie_is_kept() -> None:
    heads: list[bytes] = []
    scripts = [heard(heads, answer(200, b"[]", "Set-Cookie: session=1; Path=/"))] * 2
    with server(*scripts) as url, Http(url, "Bearer x") as http:
        http.send("GET", ["x"])
        http.send("GET", ["x"])
    assert "cookie" not in names(heads[1])
