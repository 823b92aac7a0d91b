"""The one way to a server: one connection, bounded in time and size. The only user of httpx."""

import ssl
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote, urlsplit

import httpx
import msgspec

from insights_uploader import __version__
from insights_uploader.model.errors import ServerError, UsageError

_CONNECT_S = 10.0
_READ_S = 60.0
_MAX_REPLY = 64 * 1024 * 1024


class Reply(msgspec.Struct, frozen=True):
    """A server's answer.

    Attributes:
        request: "PUT https://…/reports/key", for messages; holds no secret.
        status: the HTTP status.
        headers: names in lower case.
        content: the body.
    """

    request: str
    status: int
    headers: Mapping[str, str]
    content: bytes

    @property
    def is_json(self) -> bool:
        """True when the server says that the body is JSON."""
        kind = self.headers.get("content-type", "").partition(";")[0].strip().lower()
        return kind == "application/json" or kind.endswith("+json")

    def json(self) -> Any:
        """The body as JSON.

        Raises:
            ServerError: it is none, as when a proxy or a login page answered.
        """
        if not self.is_json:
            raise ServerError(
                "not-json",
                f"{self.request}: the answer is {describe(self)}, not JSON",
                "A proxy or a login page may stand before the server; check --url.",
                self.status,
            )
        try:
            return msgspec.json.decode(self.content)
        except (msgspec.DecodeError, RecursionError) as error:
            raise ServerError(
                "not-json", f"{self.request}: the answer is broken JSON: {error}", "", self.status
            ) from None


class Http:
    """Requests to one server, below its base address."""

    def __init__(self, base_url: str, authorization: str) -> None:
        self.base_url = normalised_url(base_url)
        self._client = httpx.Client(
            headers={
                "Authorization": authorization,
                "Accept": "application/json",
                "User-Agent": f"insights-uploader/{__version__}",
            },
            timeout=httpx.Timeout(_READ_S, connect=_CONNECT_S),
            follow_redirects=False,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._client.close()

    def send(
        self,
        method: str,
        segments: Sequence[str],
        *,
        query: Sequence[tuple[str, str | int]] = (),
        body: object = None,
    ) -> Reply:
        """Send a request and read the whole answer; a status of any kind is an answer.

        Every write says that it is JSON and asks for no XSRF check, bodyless ones too: the server
        refuses others.

        Args:
            method: GET, PUT, POST or DELETE.
            segments: of the path below the base address, each quoted here.
            query: the query's pairs.
            body: an object to send as JSON.

        Raises:
            ServerError: no answer came; what the server did is then not known.
        """
        url = "/".join([self.base_url, *(quote(segment, safe="~") for segment in segments)])
        request = f"{method} {url}"
        headers = {}
        if method != "GET":
            headers = {"Content-Type": "application/json", "X-Atlassian-Token": "no-check"}
        content = None if body is None else msgspec.json.encode(body)
        try:
            with self._client.stream(
                method, url, params=list(query), content=content, headers=headers
            ) as response:
                return Reply(request, response.status_code, _headers(response), _read(response))
        except httpx.TimeoutException as error:
            raise ServerError(
                "timeout", f"{request}: no answer in time ({_words(error)})"
            ) from None
        except httpx.ConnectError as error:
            raise ServerError(
                "unreachable",
                f"{request}: cannot reach the server: {_words(error)}",
                "Check --url, the network, and the proxy settings (HTTPS_PROXY, NO_PROXY).",
            ) from None
        except (httpx.HTTPError, httpx.InvalidURL, ssl.SSLError) as error:
            raise ServerError("broken-connection", f"{request}: {_words(error)}") from None


def normalised_url(url: str) -> str:
    """A server's base address, without the parts of it that people paste along.

    Raises:
        UsageError: it is no address of a Bitbucket Data Center server.
    """
    try:
        parts = urlsplit(url.strip())
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise UsageError("bad-url", f"--url: is not an address: {error}") from None
    if parts.scheme not in ("http", "https") or not host:
        raise UsageError(
            "bad-url", "--url: must begin with https://", "As in https://bitbucket.example.com"
        )
    if parts.username is not None or parts.password is not None:
        raise UsageError(
            "bad-url", "--url: must hold no user name or password", "Set BITBUCKET_TOKEN instead."
        )
    if host == "bitbucket.org" or host.endswith(".bitbucket.org"):
        raise UsageError(
            "bitbucket-cloud",
            "--url: bitbucket.org is Bitbucket Cloud, whose API is another one",
            "This program publishes to Bitbucket Data Center.",
        )
    path = parts.path.partition("/rest/")[0].rstrip("/").removesuffix("/rest")
    return f"{parts.scheme}://{parts.netloc}{path}"


def describe(reply: Reply) -> str:
    """What kind of body came, in words."""
    if not reply.content:
        return "empty"
    kind = reply.headers.get("content-type", "").partition(";")[0].strip()
    return "a web page" if kind in ("text/html", "application/xhtml+xml") else kind or "untyped"


def _headers(response: httpx.Response) -> Mapping[str, str]:
    return {name.lower(): value for name, value in response.headers.items()}


def _read(response: httpx.Response) -> bytes:
    content = bytearray()
    for chunk in response.iter_bytes():
        content += chunk
        if len(content) > _MAX_REPLY:
            raise ServerError("oversized", f"the server's answer exceeds {_MAX_REPLY} bytes")
    return bytes(content)


def _words(error: Exception) -> str:
    return str(error) or type(error).__name__
