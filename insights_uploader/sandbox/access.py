"""Who calls and what he may: logins, CAPTCHA locks, permissions, XSRF.

Bitbucket answers a missing permission with 401, not 403
(vriesdemichael/bitbucket-data-center-cli, live error registry of 9.4.22).
"""

import base64
import binascii
import hmac
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import quote

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from insights_uploader.sandbox.envelope import ApiError, api_error
from insights_uploader.sandbox.settings import Permission, SandboxSettings

_AUTH = "com.atlassian.bitbucket.auth"
_NOT_PERMITTED = "You are not permitted to access this resource"
_STATE = "sandbox.caller"


@dataclass(frozen=True, slots=True)
class Caller:
    """An authenticated user or token."""

    name: str
    permission: Permission


class Logins:
    """Checks credentials and locks a user after too many wrong passwords."""

    def __init__(self, settings: SandboxSettings) -> None:
        """Start with nobody locked."""
        self._users = {user.name: user for user in settings.users}
        self._captcha_after = settings.captcha_after
        self._failures: Counter[str] = Counter()
        self._bearers = [
            (token.secret, Caller(token.name, token.permission)) for token in settings.tokens
        ]
        self._bearers += [
            (secret, Caller(user.name, user.permission))
            for user in settings.users
            for secret in user.tokens
        ]

    def caller(self, authorization: str | None) -> Caller | None:
        """Identify the caller; None is anonymous; wrong credentials raise 401."""
        scheme, _, credentials = (authorization or "").partition(" ")
        match scheme.lower():
            case "bearer":
                return self._bearer(credentials.strip())
            case "basic":
                return self._basic(credentials.strip())
            case _:
                return None

    def _bearer(self, given: str) -> Caller:
        for secret, caller in self._bearers:
            if _same(secret, given):
                return caller
        raise _wrong_credentials()

    def _basic(self, credentials: str) -> Caller:
        try:
            name, _, password = base64.b64decode(credentials, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            raise _wrong_credentials() from None
        user = self._users.get(name)
        if user is None:
            raise _wrong_credentials()
        if self._failures[name] >= self._captcha_after:
            raise _captcha_required()
        if not any(_same(secret, password) for secret in (user.password, *user.tokens)):
            self._failures[name] += 1
            raise _wrong_credentials()
        del self._failures[name]
        return Caller(name, user.permission)


class Authentication:
    """ASGI layer: identifies the caller of every request and names him in the answer."""

    def __init__(self, app: ASGIApp, logins: Logins) -> None:
        """Guard `app`."""
        self._app = app
        self._logins = logins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse wrong credentials on any address, as Bitbucket's filter does."""
        request = Request(scope)
        try:
            caller = self._logins.caller(request.headers.get("authorization"))
        except ApiError as error:
            await api_error(request, error)(scope, receive, send)
            return

        async def named(message: Message) -> None:
            if caller and message["type"] == "http.response.start":
                MutableHeaders(scope=message)["X-AUSERNAME"] = quote(caller.name)
            await send(message)

        await self._app({**scope, _STATE: caller}, receive, named)


def caller_of(request: Request) -> Caller | None:
    """Give the caller that Authentication found."""
    caller: Caller | None = request.scope[_STATE]
    return caller


def authenticated(request: Request) -> Caller:
    """Give the caller, or refuse an anonymous one."""
    caller = caller_of(request)
    if caller is None:
        name = "com.atlassian.plugins.rest.api.security.exception.AuthenticationRequiredException"
        raise ApiError(401, _NOT_PERMITTED, name)
    return caller


def not_permitted() -> ApiError:
    """401 for a known caller without the permission."""
    return ApiError(401, _NOT_PERMITTED, "com.atlassian.bitbucket.AuthorisationException")


def check_xsrf(headers: Headers) -> None:
    """Refuse a mutation that a foreign page could send with a browser's cookies.

    Seen without the header or a JSON type: mc1arke/sonarqube-community-branch-plugin
    #249, runatlantis/atlantis #467.
    """
    if headers.get("x-atlassian-token") != "no-check" and not _is_json(headers):
        raise XsrfError


def check_json(headers: Headers) -> None:
    """Refuse a body of another content type: 415."""
    if not _is_json(headers):
        raise HTTPException(415)


def check_accept(headers: Headers, produced: str) -> None:
    """Refuse a client that does not accept the type: 406 with an empty body."""
    if not accepts(headers, produced):
        raise HTTPException(406)


def accepts(headers: Headers, media_type: str, *, by_name: bool = False) -> bool:
    """Tell whether Accept allows the type, or with `by_name` names it."""
    wanted = _media_ranges(headers.get("accept") or "*/*")
    general = () if by_name else ("*/*", media_type.partition("/")[0] + "/*")
    return any(each in (media_type, *general) for each in wanted)


class XsrfError(Exception):
    """The XSRF check failed."""


def xsrf_error(_request: Request, _error: Exception) -> Response:
    """Answer a failed XSRF check: plain text, no envelope."""
    return PlainTextResponse("XSRF check failed", 403)


def _media_ranges(accept: str) -> Iterable[str]:
    return [each.partition(";")[0].strip().lower() for each in accept.split(",")]


def _is_json(headers: Headers) -> bool:
    return headers.get("content-type", "").partition(";")[0].strip().lower() == "application/json"


def _same(secret: str, given: str) -> bool:
    return hmac.compare_digest(secret.encode(), given.encode("utf-8", "surrogatepass"))


def _wrong_credentials() -> ApiError:
    return ApiError(
        401,
        "Authentication failed. Please check your credentials and try again.",
        f"{_AUTH}.IncorrectPasswordAuthenticationException",
    )


def _captcha_required() -> ApiError:
    """Lock: the start of the text is verbatim in jenkinsci/stashnotifier-plugin #263."""
    return ApiError(
        401,
        "CAPTCHA required. Your Bitbucket account has been locked. To unlock it and log in again "
        "you must solve a CAPTCHA.",
        f"{_AUTH}.CaptchaRequiredAuthenticationException",
        {"WWW-Authenticate": 'Basic realm="Atlassian Bitbucket"'},
    )
