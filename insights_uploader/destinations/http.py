"""The one way to a server: one connection, bounded in time and size. The only user of httpx.

No secret that it knows of leaves it in words: neither those of an error nor those of an answer.
"""

import os
import ssl
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote, urlsplit
from urllib.request import getproxies, proxy_bypass

import httpx
import msgspec

from insights_uploader import __version__
from insights_uploader.credentials import Secrets, basic
from insights_uploader.destinations.causes import is_no_handshake, is_unknown_host, is_untrusted
from insights_uploader.destinations.deadline import Deadline
from insights_uploader.destinations.reply import NoAnswerError, Reply, describe
from insights_uploader.destinations.retrying import Retries
from insights_uploader.destinations.secrecy import check_secrecy
from insights_uploader.destinations.tls import tls_context
from insights_uploader.model.errors import ServerError, UsageError

__all__ = ["Http", "NoAnswerError", "Reply", "Retries", "describe", "normalised_url"]

_CONNECT_S = 10.0
_SILENCE_S = 60.0  # between two bytes, either way
_REQUEST_S = 120.0
_DEADLINE_S = 600.0
_MAX_REPLY = 64 * 1024 * 1024
_UNTRUSTED = "Name the file of the authority that signed the server's certificate with --ca-file."
_UNREACHABLE = "Check --url, the network, and the settings HTTPS_PROXY and NO_PROXY."
_REPEATABLE = frozenset({"GET", "PUT", "DELETE"})  # idempotent (RFC 9110, 9.2.2)


class Http:
    """Requests to one server, below its base address; nothing is sent before `send`."""

    def __init__(
        self,
        base_url: str,
        authorization: str,
        *,
        deadline_s: float = _DEADLINE_S,
        request_s: float = _REQUEST_S,
        retries: Retries | None = None,
        ca_file: Path | None = None,
        client_cert: Path | None = None,
        allow_http: bool = False,
    ) -> None:
        """Prepare.

        Args:
            base_url: the server's address, as the user gave it.
            authorization: the value of the header of that name.
            deadline_s: how long all requests may take together, in seconds, waits between tries
                included; what the program does meanwhile does not count.
            request_s: how long one try may take, from first to last byte, in seconds.
            retries: how to try again; never, if None.
            ca_file: the certificates to trust, PEM; else see `tls_context`.
            client_cert: our own certificate, PEM, with its key in it or beside it.
            allow_http: send the token in clear over a network, if the address begins with http:.

        Raises:
            UsageError: the address, or a proxy or TLS setting, cannot work, or is not allowed.
        """
        self.base_url = normalised_url(base_url)
        proxy = _proxy(self.base_url)
        if not allow_http:
            check_secrecy(self.base_url, proxied=proxy is not None)
        self._secrets = Secrets(authorization, basic(*proxy.auth) if proxy and proxy.auth else "")
        self._deadline = Deadline(deadline_s, request_s)
        self._retries = retries or Retries(tries=0)
        if self.base_url.startswith("https:") or proxy or ca_file or client_cert:
            verify = tls_context(ca_file, client_cert, os.environ)
        else:
            verify = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # not needed; it trusts nobody
        self._client = httpx.Client(
            headers={
                **({"Authorization": authorization} if authorization else {}),
                "Accept-Encoding": "identity",  # what is packed has no size that can be bounded
                "User-Agent": f"insights-uploader/{__version__}",
            },
            follow_redirects=False,
            trust_env=False,  # _proxy and tls_context read it, and name what is wrong in it
            proxy=proxy,
            verify=verify,
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
        repeatable: bool | None = None,
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
            repeatable: whether sending it twice does no more than sending it once; by its method,
                if None. What is not repeatable is tried again only when the server surely has
                done nothing: it could not be reached, or it said 429.

        Raises:
            UsageError: a segment or the query can be in no address; nothing was sent.
            NoAnswerError: no answer came.
            ServerError: the answer is packed or too large.
        """
        url = "/".join([self.base_url, *map(_quoted, segments)])
        headers = {"Accept": accept}
        if method != "GET":
            headers |= {"Content-Type": "application/json", "X-Atlassian-Token": "no-check"}
        content = None if body is None else msgspec.json.encode(body)
        try:
            request = self._client.build_request(
                method, url, params=list(query), content=content, headers=headers
            )
        except (httpx.InvalidURL, UnicodeError) as error:
            words = f"{method} {url}: no address can carry this request: {error}"
            raise UsageError("bad-name", self._secrets.masked(words)) from None
        return self._retries.run(
            lambda: self._try(f"{method} {url}", request),
            self._deadline,
            method in _REPEATABLE if repeatable is None else repeatable,
        )

    def _try(self, name: str, request: httpx.Request) -> Reply:
        left_s = self._deadline.left_s
        if not left_s:
            raise NoAnswerError(
                "deadline",
                f"{name}: not sent, the {self._deadline.total_s:g} s for all requests are over",
                is_sent=False,
                is_passing=False,
            )
        silence_s = min(_SILENCE_S, left_s)
        timeout = httpx.Timeout(silence_s, connect=min(_CONNECT_S, left_s))
        request.extensions = {"trace": self._deadline.trace, "timeout": timeout.as_dict()}
        try:
            with self._deadline.running():
                response = self._client.send(request, stream=True)
                try:
                    answer = _read(name, response)
                finally:
                    response.close()
        except (httpx.HTTPError, httpx.InvalidURL, ssl.SSLError, UnicodeError) as error:
            raise self._failure(name, error) from None
        if self._deadline.expired:  # what was cut may look whole
            raise self._failure(name, TimeoutError())
        return Reply(name, response.status_code, _headers(response), answer, self._secrets)

    def _failure(self, request: str, error: Exception) -> NoAnswerError:
        words = self._secrets.masked(str(error) or type(error).__name__)
        is_sent = not isinstance(
            error, httpx.ConnectError | httpx.ConnectTimeout | httpx.ProxyError
        )
        is_passing = self._deadline.expired or _is_passing(error)
        slug, hint = "broken-connection", ""
        if self._deadline.expired:
            words = f"more than {self._deadline.limit_s:.3g} s"
        if self._deadline.expired or isinstance(error, httpx.TimeoutException):
            slug, words = "timeout", f"no answer in time ({words})"
        elif isinstance(error, httpx.ConnectError):
            slug, words = "unreachable", f"cannot reach the server: {words}"
            hint = _UNTRUSTED if is_untrusted(error) else _UNREACHABLE
        return NoAnswerError(
            slug, f"{request}: {words}", hint, is_sent=is_sent, is_passing=is_passing
        )


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


def _is_passing(error: Exception) -> bool:
    """Tell whether a failure on the way to an answer may be gone a moment later."""
    if isinstance(error, httpx.ProxyError):  # it refuses to connect us, with a status
        return str(error)[:3] in {"502", "503", "504"}
    passing = httpx.NetworkError | httpx.TimeoutException | httpx.RemoteProtocolError | TimeoutError
    return isinstance(error, passing) and not (is_no_handshake(error) or is_unknown_host(error))


def _check_host(url: httpx.URL) -> None:
    """Raise ValueError unless the host can be looked up: Python does so in the IDNA encoding."""
    if not url.raw_host.decode("ascii").encode("idna"):
        raise ValueError("no host")


def _quoted(segment: str) -> str:
    """A part of an address; `.` and `..` would lead to another one, and nothing to none."""
    if segment in ("", ".", ".."):
        raise UsageError(
            "bad-name", f"{segment!r} is no name in an address", "Check --project and --repository."
        )
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
