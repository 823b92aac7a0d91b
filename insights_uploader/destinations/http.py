"""The one way to a server: one connection, bounded in time and size. The only user of httpx.

No secret that it knows of leaves it in words: neither those of an error nor those of an answer.
It knows no API: what a refusal means is for each destination to say.
"""

import math
import os
import ssl
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import urlencode

import httpx
import msgspec

from insights_uploader import __version__
from insights_uploader.credentials import Secrets, basic
from insights_uploader.destinations.address import base_address, path_of
from insights_uploader.destinations.authorization import Authorization, Fixed, Query
from insights_uploader.destinations.causes import (
    is_no_handshake,
    is_plain_answer,
    is_unknown_host,
    remedy,
)
from insights_uploader.destinations.deadline import Deadline, Trace
from insights_uploader.destinations.proxy import proxy_setting
from insights_uploader.destinations.reply import NoAnswerError, Reply, describe
from insights_uploader.destinations.retrying import Retries
from insights_uploader.destinations.secrecy import check_secrecy
from insights_uploader.destinations.tls import tls_context
from insights_uploader.model.errors import ServerError, UsageError

__all__ = ["Http", "NoAnswerError", "Reply", "Retries", "describe"]

_CONNECT_S = 10.0
_SILENCE_S = 60.0  # between two bytes, either way
_REQUEST_S = 120.0
_DEADLINE_S = 600.0
_MAX_JSON = 16 * 1024 * 1024  # a thousand annotations of the longest messages, escaped, are 12
_MAX_TEXT = 64 * 1024 * 1024  # a diff
_MAX_REFUSAL = 64 * 1024
_PLAIN = "Check the port of {option}; a server without TLS has an address that begins with http://."
_UNREACHABLE = "Check {option}, the network, and the settings HTTPS_PROXY and NO_PROXY."
_REPEATABLE = frozenset({"GET", "PUT", "DELETE"})  # idempotent (RFC 9110, 9.2.2)
_TROUBLE = (httpx.HTTPError, httpx.InvalidURL, ssl.SSLError, UnicodeError)


class Http:
    """Requests to one server, below its base address; nothing is sent before `send`.

    Attributes:
        is_refused: the server has said 401 or 403, which too often locks an account.
    """

    def __init__(  # noqa: PLR0913 - each is a setting of its own
        self,
        base_url: str,
        authorization: str | Authorization,
        *,
        headers: Mapping[str, str] | None = None,
        deadline_s: float = _DEADLINE_S,
        request_s: float = _REQUEST_S,
        retries: Retries | None = None,
        ca_file: Path | None = None,
        client_cert: Path | None = None,
        allow_http: bool = False,
        proxy: str | None = None,
        option: str = "--url",
    ) -> None:
        """Prepare.

        Args:
            base_url: the server's address, as the user gave it.
            authorization: the value of the header of that name, none if empty; or what makes it
                for each try of a request.
            headers: more of them, which this API wants in every request.
            deadline_s: how long all requests may take together, in seconds, waits between tries
                included; what the program does meanwhile does not count.
            request_s: how long one try may take, from first to last byte, in seconds.
            retries: how to try again; never, if None.
            ca_file: the certificates to trust, PEM; else see `tls_context`.
            client_cert: our own certificate, PEM, with its key in it or beside it.
            allow_http: send the token in clear over a network, if the address begins with http:.
            proxy: its address; that of the environment, if None.
            option: by which the user gave the address.

        Raises:
            UsageError: the address, the deadline, or a proxy or TLS setting, cannot work, or is not
                allowed.
        """
        if not 0 <= deadline_s < math.inf:  # which NaN is not, either
            raise UsageError("bad-deadline", f"--deadline: {deadline_s} is no number of seconds")
        self.is_refused = False
        self.base_url = base_address(base_url)
        self._option = option
        try:
            _check_host(httpx.URL(self.base_url))
        except (ValueError, httpx.InvalidURL):
            raise UsageError("bad-url", f"{option}: is not an address") from None
        way = _proxy(self.base_url, proxy)
        if not allow_http:
            check_secrecy(self.base_url, proxied=way is not None)
        self._authorization: Authorization = (
            Fixed(authorization) if isinstance(authorization, str) else authorization
        )
        self._of_proxy = basic(*way.auth) if way and way.auth else ""
        self._deadline = Deadline(deadline_s, request_s)
        self._retries = retries or Retries(tries=0)
        if self.base_url.startswith("https:") or way or ca_file or client_cert:
            verify = tls_context(ca_file, client_cert, os.environ)
        else:
            verify = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # not needed; it trusts nobody
        self._headers = {
            **(headers or {}),
            "Accept-Encoding": "identity",  # what is packed has no size that can be bounded
            "User-Agent": f"insights-uploader/{__version__}",
        }
        # A transport and no client, which would keep cookies and look where redirects lead.
        # _proxy and tls_context read the environment, and name what is wrong in it.
        self._transport = httpx.HTTPTransport(verify=verify, proxy=way, trust_env=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._transport.close()

    @property
    def left_s(self) -> float:
        """What is left of the time for all requests, in seconds."""
        return self._deadline.left_s

    def send(
        self,
        method: str,
        segments: Sequence[str],
        *,
        query: Query = (),
        body: object = None,
        form: Mapping[str, str] | None = None,
        accept: str = "application/json",
        repeatable: bool | None = None,
        again: Callable[[], None] | None = None,
    ) -> Reply:
        """Send a request and read the whole answer; a status of any kind is an answer.

        Every write but a form says that it is JSON, bodyless ones too: servers' XSRF checks
        refuse others. No redirect is followed.

        Args:
            method: GET, PUT, POST or DELETE.
            segments: of the path below the base address, each quoted here.
            query: the query's pairs.
            body: what to send as JSON, an object or an array.
            form: what to send as a form instead.
            accept: the kind of answer that is asked for.
            repeatable: whether sending it twice does no more than sending it once; by its method,
                if None. What is not repeatable is tried again only when the server surely has
                done nothing: it could not be reached, or it said 429.
            again: asked before it is sent once more; what it raises ends the tries.

        Raises:
            UsageError: a segment or the query can be in no address; nothing was sent.
            NoAnswerError: no answer came.
            ServerError: the answer to what was done is packed or too large.
        """
        path = path_of(segments)
        name = f"{method} {self.base_url}{path}"
        headers = {**self._headers, "Accept": accept}
        content = None if body is None else msgspec.json.encode(body)
        if form is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
            content = urlencode(form).encode()
        elif method != "GET":
            headers["Content-Type"] = "application/json"
        try:
            url = httpx.URL(self.base_url + path, params=list(query))
        except (httpx.InvalidURL, UnicodeError) as error:
            words = f"{name}: no address can carry this request: {error}"
            raise UsageError("bad-name", words) from None

        is_first = True

        def once() -> Reply:
            nonlocal is_first
            if again is not None and not is_first:
                again()
            is_first = False
            try:
                proof = self._authorization.header(method, path, query)
            except NoAnswerError as error:  # on another way, which has tried often enough
                raise ServerError(error.slug, error.message, error.hint) from None
            more = {} if proof is None else {"Authorization": proof}
            request = httpx.Request(method, url, headers=headers | more, content=content)
            return self._try(name, request, Secrets(proof or "", self._of_proxy))

        is_repeatable = method in _REPEATABLE if repeatable is None else repeatable
        reply = self._retries.run(once, self._deadline, is_repeatable)
        self.is_refused |= reply.status in (401, 403)
        return reply

    def _try(self, name: str, request: httpx.Request, secrets: Secrets) -> Reply:
        left_s = self._deadline.left_s
        if not left_s:
            raise NoAnswerError(
                "deadline",
                f"{name}: not sent, the {self._deadline.total_s:g} s for all requests are over",
                is_sent=False,
                is_passing=False,
            )
        limit = _MAX_JSON if request.headers["accept"].endswith("json") else _MAX_TEXT
        timeout = httpx.Timeout(min(_SILENCE_S, left_s), connect=min(_CONNECT_S, left_s))

        def exchange(trace: Trace) -> tuple[httpx.Response, bytes]:
            request.extensions = {"trace": trace, "timeout": timeout.as_dict()}
            response = self._transport.handle_request(request)
            try:
                return response, _body(name, response, limit)
            finally:
                response.close()

        try:
            response, body = self._deadline.run(exchange)
            if self._deadline.expired and response.is_success:  # what was cut may look whole
                raise TimeoutError
        except (*_TROUBLE, TimeoutError) as error:
            raise self._failure(name, error, secrets) from None
        headers = {name.lower(): value for name, value in response.headers.items()}
        return Reply(name, response.status_code, headers, body, secrets)

    def _failure(self, request: str, error: Exception, secrets: Secrets) -> NoAnswerError:
        expired, is_connecting = self._deadline.expired, self._deadline.is_connecting
        unsent = httpx.ConnectError | httpx.ConnectTimeout | httpx.ProxyError
        unreachable = _UNREACHABLE.format(option=self._option)
        slug, words = "broken-connection", str(error) or type(error).__name__
        hint = remedy(error, self._option)
        if expired or isinstance(error, httpx.TimeoutException):
            if expired:
                words = f"more than {self._deadline.limit_s:.3g} s"
            slug, what = "timeout", "connection" if is_connecting else "answer"
            words, hint = f"no {what} in time ({words})", unreachable if is_connecting else ""
        elif isinstance(error, httpx.ConnectError):
            slug, words = "unreachable", f"cannot reach the server: {words}"
            hint = hint or unreachable
            if is_plain_answer(error):
                words = "what answers there does not speak https"
                hint = _PLAIN.format(option=self._option)
        return NoAnswerError(
            slug,
            f"{request}: {secrets.masked(words)}",
            hint,
            is_sent=not (is_connecting or isinstance(error, unsent)),
            is_passing=expired or _is_passing(error),
        )


def _proxy(base_url: str, given: str | None) -> httpx.Proxy | None:
    """The proxy that is given, else the one that the environment names for this address.

    Raises:
        UsageError: it cannot be used. Its address, which may hold a password, is not shown.
    """
    setting = proxy_setting(base_url) if given is None else ("proxy", given)
    if setting is None:
        return None
    name, address = setting
    with suppress(ValueError, httpx.InvalidURL):
        proxy = httpx.Proxy(address)
        _check_host(proxy.url)
        if proxy.url.scheme in ("http", "https"):
            return proxy
    raise UsageError(
        "bad-proxy",
        f"{name}: is no address of a proxy that can be used",
        "As in http://proxy.example.com:8080; a password's special characters are written as "
        "%2F and so on; SOCKS is not supported. NO_PROXY names servers that need no proxy.",
    )


def _is_passing(error: Exception) -> bool:
    """Tell whether a failure on the way to an answer may be gone a moment later."""
    if isinstance(error, httpx.ProxyError):  # it refuses to connect us, with a status
        return str(error)[:3] in {"502", "503", "504"}
    passing = httpx.NetworkError | httpx.TimeoutException | httpx.RemoteProtocolError | TimeoutError
    return isinstance(error, passing) and not (is_no_handshake(error) or is_unknown_host(error))


def _check_host(url: httpx.URL) -> None:
    """Raise ValueError unless the host can be looked up: Python does so in the IDNA encoding.

    Its form for people must exist, too: httpx makes it when a request is sent.
    """
    if not (url.host and url.raw_host.decode("ascii").encode("idna")):
        raise ValueError("no host")


def _body(request: str, response: httpx.Response, limit: int) -> bytes:
    """The body: all of it, or of a refusal as much as can be had and is worth to be read.

    What a refusal means, and whether to try again, is told by its status, which is known by now;
    its body is only words.
    """
    content = bytearray()
    if not response.is_success:
        limit = _MAX_REFUSAL
    try:
        for chunk in _chunks(request, response):
            content += chunk
            if len(content) > limit:
                words = f"{request}: the answer exceeds {limit} bytes"
                raise ServerError("oversized", words, "", response.status_code)
    except (*_TROUBLE, ServerError):
        if response.is_success:
            raise
    return bytes(content[:limit])


def _chunks(request: str, response: httpx.Response) -> Iterator[bytes]:
    if response.headers.get("content-encoding", "identity").strip().lower() not in ("", "identity"):
        words = f"{request}: the answer is packed, unasked"
        raise ServerError("packed", words, "", response.status_code)
    return response.iter_raw()
