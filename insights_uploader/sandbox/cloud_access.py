"""Who calls Bitbucket Cloud: API tokens, access tokens, OAuth consumers, steps of Pipelines."""

import base64
import binascii
import hmac
import secrets
from collections.abc import Callable
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from insights_uploader.sandbox.cloud_envelope import refused
from insights_uploader.sandbox.cloud_settings import CloudSettings

READER = "reader"
_PROXIED_HOST = "api.bitbucket.org"


class CloudAccess:
    """The logins of one workspace; `clock` gives seconds."""

    def __init__(self, settings: CloudSettings, clock: Callable[[], float]) -> None:
        """Start with no token given out."""
        self._settings = settings
        self._clock = clock
        self._ends: dict[str, float] = {}

    async def token(self, request: Request) -> Response:
        """Give a token for a consumer's credentials (RFC 6749, 4.4)."""
        consumer = f"{self._settings.client_id}:{self._settings.client_secret}"
        if not _same(_basic(request), consumer):
            return _no_token(401, "unauthorized_client", "Client credentials missing or invalid")
        form = parse_qs((await request.body()).decode("utf-8", "replace"))
        if form.get("grant_type") != ["client_credentials"]:
            return _no_token(400, "invalid_grant", "The specified grant_type is not supported")
        token = secrets.token_urlsafe(32)
        self._ends[token] = self._clock() + self._settings.token_lifetime_s
        lifetime = int(self._settings.token_lifetime_s)
        scopes = "repository:write pullrequest"
        answer = {"access_token": token, "expires_in": lifetime, "token_type": "bearer"}
        return JSONResponse({**answer, "scopes": scopes})

    def caller(self, request: Request) -> str:
        """Give the user's name, or refuse: 401.

        What comes under the API's own name, without a login, has passed the proxy of Pipelines,
        which adds the step's.
        """
        settings, given = self._settings, request.headers.get("authorization", "")
        scheme, _, secret = given.partition(" ")
        host = request.headers.get("host", "").partition(":")[0]
        if not given and host == _PROXIED_HOST:
            return "pipelines"
        if scheme == "Basic" and _same(_basic(request), f"{settings.email}:{settings.api_token}"):
            return settings.email
        if scheme == "Bearer":
            if _same(secret, settings.access_token):
                return "repository"
            if _same(secret, settings.read_token):
                return READER
            if self._clock() < self._ends.get(secret, 0.0):
                return settings.client_id
        raise refused(401, "Token is invalid, expired, or not supported for this endpoint.")

    def writer(self, request: Request) -> str:
        """Give the name of a user who may write, or refuse: 403."""
        caller = self.caller(request)
        if caller == READER:
            words = "Your credentials lack one or more required privilege scopes."
            raise refused(403, words, "required: repository:write, granted: repository")
        return caller

    def revoke(self) -> None:
        """End all tokens of OAuth before their time."""
        self._ends.clear()


def _basic(request: Request) -> str:
    scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
    if scheme != "Basic":
        return ""
    try:
        return base64.b64decode(encoded, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return ""


def _no_token(status: int, error: str, description: str) -> Response:
    return JSONResponse({"error": error, "error_description": description}, status)


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode("utf-8", "surrogatepass"), other.encode())
