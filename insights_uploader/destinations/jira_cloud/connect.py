"""Proof that a Connect app is who it says it is: one token for each request, signed for it alone.

Atlassian, "Understanding JWT for Connect apps"; RFC 7519. Knows no network.
"""

import hashlib
import time
from collections.abc import Callable
from itertools import groupby
from urllib.parse import quote

import jwt

from insights_uploader.destinations.authorization import Query
from insights_uploader.model.errors import UsageError

LIFETIME_S = 180
"""How long a token counts. Atlassian advises to keep it short: three minutes at most."""

_LEAST_SECRET = 32  # bytes; RFC 7518, 3.2: a key no shorter than the hash


class ConnectApp:
    """A Connect app's key and the secret that it shares with one site. Its text form shows neither.

    The site takes a token for one request only: method, path and query are hashed in it.
    """

    def __init__(
        self, app_key: str, shared_secret: str, now: Callable[[], float] = time.time
    ) -> None:
        """Sign as this app.

        Args:
            app_key: of the app's descriptor.
            shared_secret: which the site sent when the app was installed.
            now: our clock, in seconds since 1970.

        Raises:
            UsageError: the secret is none.
        """
        if len(shared_secret.encode("utf-8", "surrogateescape")) < _LEAST_SECRET:
            raise UsageError(
                "bad-credentials",
                f"the shared secret of the Connect app is shorter than {_LEAST_SECRET} bytes",
                "It is the sharedSecret that Jira sent when the app was installed, and no token.",
            )
        self._app_key = app_key
        self._secret = shared_secret
        self._now = now

    def header(self, method: str, path: str, query: Query) -> str:
        """`JWT` and the token for this request."""
        issued = int(self._now())
        claims = {
            "iss": self._app_key,
            "iat": issued,
            "exp": issued + LIFETIME_S,
            "qsh": query_string_hash(method, path, query),
        }
        return f"JWT {jwt.encode(claims, self._secret, algorithm='HS256')}"


def query_string_hash(method: str, path: str, query: Query) -> str:
    """The claim `qsh`: SHA-256 of the canonical request, in hexadecimal.

    Args:
        method: as GET.
        path: below the site's address, from its slash, quoted as it is sent.
        query: the query's pairs, not quoted.
    """
    return hashlib.sha256(canonical_request(method, path, query).encode()).hexdigest()


def canonical_request(method: str, path: str, query: Query) -> str:
    """Method, path and query in the one form that both sides can make.

    The path has no slash at its end and no bare ampersand. The query is sorted by name, then by
    value; a name's values are joined by commas; all are quoted as RFC 3986 has it. A parameter
    `jwt` does not count.
    """
    uri = path.rstrip("/").replace("&", "%26") or "/"
    pairs = sorted((_quoted(name), _quoted(str(value))) for name, value in query if name != "jwt")
    by_name = groupby(pairs, key=lambda pair: pair[0])
    parts = (f"{name}={','.join(value for _, value in same)}" for name, same in by_name)
    return f"{method.upper()}&{uri}&{'&'.join(parts)}"


def _quoted(text: str) -> str:
    return quote(text, safe="~")
