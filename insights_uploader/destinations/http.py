"""The one way to a server: one connection, bounded in time and size. The only user of httpx.

No secret that it knows of leaves it in words: neither those of an error nor those of an answer.
"""

import os
import ssl
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any, Self, TypeVar
from urllib.parse import quote, urlsplit
from urllib.request import getproxies, proxy_bypass

import httpx
import msgspec

from insights_uploader import __version__
from insights_uploader.credentials import Secrets, basic
from insights_uploader.destinations.deadline import Deadline
from insights_uploader.model.errors import ServerError, UsageError

_CONNECT_S = 10.0
_READ_S = 60.0
_DEADLINE_S = 120.0
_MAX_REPLY = 64 * 1024 * 1024
_MAX_WORDS = 1000
_T = TypeVar("_T")


class Reply(msgspec.Struct, frozen=True):
    """A server's answer.

    Attributes:
        request: "PUT https://…/reports/key", for messages; holds no secret.
        status: the HTTP status.
        headers: names in lower case.
        content: the body.
        secrets: what the server knows and no message may repeat.
    """

    request: str
    status: int
    headers: Mapping[str, str]
    content: bytes
    secrets: Secrets

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
        return self.decoded(Any)

    def decoded(self, kind: type[_T]) -> _T:
        """The body as JSON of a kind.

        Args:
            kind: a type that msgspec knows; nothing is converted into it.

        Raises:
            ServerError: it is no JSON, or of another kind.
        """
        if not self.is_json:
            raise self.error(
                "not-json",
                f"the answer is {describe(self)}, not JSON",
                "A proxy or a login page may stand before the server; check --url.",
            )
        try:
            return msgspec.json.decode(self.content, type=kind)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            if kind is not Any and isinstance(error, msgspec.ValidationError):
                words = f"the answer is not what it should be: {self.quoted(str(error))}"
                raise self.error("odd-reply", words) from None
            raise self.error("not-json", f"the answer is broken JSON: {error}") from None

    def error(self, slug: str, words: str, hint: str = "") -> ServerError:
        """The error that this answer amounts to; the words may hold the server's own."""
        masked = self.secrets.masked
        return ServerError(slug, f"{self.request}: {masked(words)}", masked(hint), self.status)

    def quoted(self, words: str) -> str:
        """The server's own words, short enough for a message. Masked first: half a token leaks."""
        return self.secrets.masked(words)[:_MAX_WORDS]


class Http:
    """Requests to one server, below its base address; nothing is sent before `send`."""

    def __init__(self, base_url: str, authorization: str, deadline_s: float = _DEADLINE_S) -> None:
        """Prepare.

        Args:
            base_url: the server's address, as the user gave it.
            authorization: the value of the header of that name.
            deadline_s: how long one request may take, from first to last byte.

        Raises:
            UsageError: the address, or a proxy or TLS setting of the environment, cannot work.
        """
        self.base_url = normalised_url(base_url)
        proxy = _proxy(self.base_url)
        self._secrets = Secrets(authorization, basic(*proxy.auth) if proxy and proxy.auth else "")
        self._deadline = Deadline(deadline_s)
        self._client = httpx.Client(
            headers={
                "Authorization": authorization,
                "Accept-Encoding": "identity",  # what is packed has no size that can be bounded
                "User-Agent": f"insights-uploader/{__version__}",
            },
            timeout=httpx.Timeout(_READ_S, connect=_CONNECT_S),
            follow_redirects=False,
            trust_env=False,  # _proxy and _tls read the environment, and name what is wrong in it
            proxy=proxy,
            verify=_tls(),
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
        accept: str = "application/json",
    ) -> Reply:
        """Send a request and read the whole answer; a status of any kind is an answer.

        Every write says that it is JSON and asks for no XSRF check, bodyless ones too: the server
        refuses others.

        Args:
            method: GET, PUT, POST or DELETE.
            segments: of the path below the base address, each quoted here.
            query: the query's pairs.
            body: an object to send as JSON.
            accept: the kind of answer that is asked for.

        Raises:
            UsageError: a segment can be in no address; nothing was sent.
            ServerError: no answer came; what the server did is then not known.
        """
        url = "/".join([self.base_url, *map(_quoted, segments)])
        request = f"{method} {url}"
        headers = {"Accept": accept}
        if method != "GET":
            headers |= {"Content-Type": "application/json", "X-Atlassian-Token": "no-check"}
        content = None if body is None else msgspec.json.encode(body)
        extensions = {"trace": self._deadline.trace}
        try:
            with (
                self._deadline.running(),
                self._client.stream(
                    method,
                    url,
                    params=list(query),
                    content=content,
                    headers=headers,
                    extensions=extensions,
                ) as response,
            ):
                answer = _read(request, response)
        except (httpx.HTTPError, httpx.InvalidURL, ssl.SSLError, UnicodeError) as error:
            raise self._failure(request, error) from None
        if self._deadline.expired:  # what was cut may look whole
            raise self._failure(request, TimeoutError())
        return Reply(request, response.status_code, _headers(response), answer, self._secrets)

    def _failure(self, request: str, error: Exception) -> ServerError:
        words = self._secrets.masked(str(error) or type(error).__name__)
        if self._deadline.expired:
            words = f"more than {self._deadline.seconds:g} s"
        if self._deadline.expired or isinstance(error, httpx.TimeoutException):
            return ServerError("timeout", f"{request}: no answer in time ({words})")
        if isinstance(error, httpx.ConnectError):
            return ServerError(
                "unreachable",
                f"{request}: cannot reach the server: {words}",
                "Check --url, the network, and the settings HTTPS_PROXY, NO_PROXY, SSL_CERT_FILE.",
            )
        return ServerError("broken-connection", f"{request}: {words}")


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
    address = f"{parts.scheme}://{parts.netloc}{path}"
    try:
        _check_host(httpx.URL(address))
    except (ValueError, httpx.InvalidURL):
        raise UsageError("bad-url", "--url: is not an address") from None
    return address


def describe(reply: Reply) -> str:
    """What kind of body came, in words."""
    if not reply.content:
        return "empty"
    kind = reply.headers.get("content-type", "").partition(";")[0].strip()
    page = kind in ("text/html", "application/xhtml+xml")
    return "a web page" if page else reply.quoted(kind) or "untyped"


def _proxy(base_url: str) -> httpx.Proxy | None:
    """The proxy that the environment names for this address.

    Raises:
        UsageError: it cannot be used. Its address, which may hold a password, is not shown.
    """
    parts = urlsplit(base_url)
    known = getproxies()
    name = next((name for name in (parts.scheme, "all") if known.get(name)), None)
    if name is None or proxy_bypass(parts.netloc) or proxy_bypass(parts.hostname or ""):
        return None
    address = known[name] if "://" in known[name] else f"http://{known[name]}"
    try:
        proxy = httpx.Proxy(address)
        _check_host(proxy.url)
    except (ValueError, httpx.InvalidURL):
        proxy = None
    if proxy is None or proxy.url.scheme not in ("http", "https"):
        raise UsageError(
            "bad-proxy",
            f"{name.upper()}_PROXY: is no address of a proxy that can be used",
            "As in http://proxy.example.com:8080; a password's special characters are written as "
            "%2F and so on; SOCKS is not supported. NO_PROXY names servers that need no proxy.",
        )
    return proxy


def _tls() -> ssl.SSLContext:
    """Certificates as in SSL_CERT_FILE or SSL_CERT_DIR, else those that most systems trust.

    Raises:
        UsageError: a setting of the environment names a file that cannot be used.
    """
    try:
        return httpx.create_ssl_context()
    except OSError as error:
        name = "SSL_CERT_FILE" if error.filename is None else "SSLKEYLOGFILE"
        reason = "holds no certificate" if isinstance(error, ssl.SSLError) else error.strerror
        path = os.environ.get(name, "")
        raise UsageError("bad-tls-setting", f"{name}: {path}: {reason}") from None


def _check_host(url: httpx.URL) -> None:
    """Raise ValueError unless the host can be looked up: Python does so in the IDNA encoding."""
    if not url.raw_host.decode("ascii").encode("idna"):
        raise ValueError("no host")


def _quoted(segment: str) -> str:
    try:
        return quote(segment, safe="~")
    except UnicodeEncodeError:
        raise UsageError(
            "bad-name",
            f"{segment!r} holds characters that no address can carry",
            "Check --project and --repository.",
        ) from None


def _headers(response: httpx.Response) -> Mapping[str, str]:
    return {name.lower(): value for name, value in response.headers.items()}


def _read(request: str, response: httpx.Response) -> bytes:
    status = response.status_code
    if response.headers.get("content-encoding", "identity").strip().lower() not in ("", "identity"):
        raise ServerError("packed", f"{request}: the answer is packed, unasked", "", status)
    content = bytearray()
    for chunk in response.iter_raw():
        content += chunk
        if len(content) > _MAX_REPLY:
            words = f"the answer exceeds {_MAX_REPLY} bytes"
            raise ServerError("oversized", f"{request}: {words}", "", status)
    return bytes(content)
