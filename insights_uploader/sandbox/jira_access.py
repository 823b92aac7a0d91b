"""Who calls a Jira Cloud site: tokens of OAuth credentials, and requests that an app has signed.

OAuth: RFC 6749, 4.4, and Atlassian, "Integrate Jira Software Cloud with on-premises tools".
Connect: Atlassian, "Understanding JWT for Connect apps", as one who checks reads it.
"""

import hmac
import json
import secrets
from collections.abc import Callable
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qs, quote

import jwt
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from insights_uploader.sandbox.jira_settings import JiraSettings

_LONGEST_S = 180
_AUDIENCE = "api.atlassian.com"


class JiraAccess:
    """The proofs that one site takes; `clock` gives seconds."""

    def __init__(self, settings: JiraSettings, clock: Callable[[], float]) -> None:
        """Start with no token given out."""
        self._settings = settings
        self._clock = clock
        self._ends: dict[str, float] = {}

    async def token(self, request: Request) -> Response:
        """Give a token for the client's credentials."""
        try:
            given: Any = json.loads(await request.body())
        except ValueError:
            given = None
        if not isinstance(given, dict) or given.get("grant_type") != "client_credentials":
            return _refused(400, "invalid_request", "client_credentials are expected, as JSON")
        if given.get("audience") != _AUDIENCE:
            return _refused(403, "access_denied", "Service not enabled within domain")
        client, secret = (str(given.get(name)) for name in ("client_id", "client_secret"))
        if client != self._settings.client_id or not _same(secret, self._settings.client_secret):
            return _refused(401, "access_denied", "Unauthorized")
        token = secrets.token_urlsafe(32)
        self._ends[token] = self._clock() + self._settings.token_lifetime_s
        lifetime = int(self._settings.token_lifetime_s)
        answer = {"access_token": token, "expires_in": lifetime, "token_type": "Bearer"}
        return JSONResponse(answer, headers={"Cache-Control": "no-store"})

    def revoke(self) -> None:
        """End all tokens before their time."""
        self._ends.clear()

    def has_token(self, request: Request) -> bool:
        """Tell whether the request shows a token that has not ended."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        return scheme == "Bearer" and self._clock() < self._ends.get(token, 0.0)

    def is_signed(self, request: Request) -> bool:
        """Tell whether the request is signed by the app, for this very request, and just now."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme != "JWT":
            return False
        try:
            claims = jwt.decode(
                token,
                self._settings.shared_secret,
                algorithms=["HS256"],
                issuer=self._settings.app_key,
                options={"require": ["iss", "iat", "exp", "qsh"]},
            )
        except jwt.InvalidTokenError:
            return False
        lifetime = claims["exp"] - claims["iat"]
        return lifetime <= _LONGEST_S and _same(str(claims["qsh"]), _hash_of(request))


def _hash_of(request: Request) -> str:
    """The query string hash of a request as it arrived."""
    path: str = request.scope["raw_path"].decode("ascii")
    query = parse_qs(request.scope["query_string"].decode("ascii"), keep_blank_values=True)
    query.pop("jwt", None)
    encoded = {quote(name, "~"): sorted(quote(v, "~") for v in query[name]) for name in query}
    line = "&".join(f"{name}={','.join(encoded[name])}" for name in sorted(encoded))
    stripped = path.removesuffix("/") or "/"
    return sha256(f"{request.method}&{stripped}&{line}".encode()).hexdigest()


def _refused(status: int, error: str, description: str) -> Response:
    return JSONResponse({"error": error, "error_description": description}, status)


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())
