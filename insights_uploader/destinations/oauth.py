"""Proof by OAuth 2.0 client credentials: a token is fetched, kept in memory, and renewed in time.

RFC 6749, 4.4. How it is asked for differs by server: each has a class of its own. Knows no network
but the way it is given.
"""

import time
from abc import ABC, abstractmethod
from collections.abc import Callable

import msgspec
from oauthlib.oauth2 import BackendApplicationClient

from insights_uploader.credentials import Secrets
from insights_uploader.destinations.authorization import Query
from insights_uploader.destinations.reply import Reply
from insights_uploader.model.errors import ServerError

_EARLY_S = 60.0  # a token is not used in its last minute: it would end under way
_UNTOLD_S = 15 * 60.0  # RFC 6749 lets a server be silent of it
_LONGEST_S = 24 * 60 * 60.0  # no run takes longer; more digits than a float has are no more time
_MAX_TOKEN = 8192


class _Token(msgspec.Struct):
    """What of the answer counts; whatever else is in it is never looked at."""

    access_token: str
    token_type: str = "Bearer"  # noqa: S105 - the kind of it
    expires_in: int | float | None = None


class OAuthClient(ABC):
    """A client's id and secret, and the token they are good for. Its text form shows none."""

    def __init__(
        self,
        client_id: str,
        client_secret: str,
        *,
        learn: Callable[[str], None] = lambda _: None,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        """Fetch nothing yet.

        Args:
            client_id: of the credentials.
            client_secret: likewise.
            learn: gets each header's value before it is used, so that nothing shows it.
            now: a clock, in seconds.
        """
        self._client = BackendApplicationClient(client_id)
        self._secret = client_secret
        self._secrets = Secrets(f"Bearer {client_secret}")
        self._learn = learn
        self._now = now
        self._header = ""
        self._until = 0.0
        self._uses = 0

    @abstractmethod
    def _asked(self) -> Reply:
        """Ask for a token."""

    @abstractmethod
    def _refusal(self, reply: Reply) -> ServerError:
        """The error for an answer that is none."""

    def header(self, _method: str, _path: str, _query: Query) -> str:
        """`Bearer` and a token that has not ended.

        Raises:
            ServerError: there is none to be had.
        """
        if not self._header or self._now() >= self._until:
            self._fetch()
        self._uses += 1
        return self._header

    def refused(self) -> bool:
        """Forget the token, which was not accepted; tell whether another may be.

        One that served before may have been ended early, and a new one is worth one try. One that
        was fetched for this very request is not: 401 then means the credentials themselves, and
        those are never tried twice.
        """
        was_old = self._uses > 1
        self._header = ""
        return was_old

    def _fetch(self) -> None:
        asked_at = self._now()  # a token's time runs from when it was made, which is later
        reply = self._asked()
        if reply.status != 200:
            raise self._hidden(self._refusal(reply))
        token, lifetime_s = self._read(reply)
        self._header = f"Bearer {token}"
        self._until = asked_at + max(lifetime_s - _EARLY_S, lifetime_s / 2)
        self._uses = 0
        self._learn(self._header)

    def _read(self, reply: Reply) -> tuple[str, float]:
        """The token, and for how many seconds it is good (RFC 6749, 5.1)."""
        given = reply.decoded(_Token)
        token, lifetime_s = given.access_token, given.expires_in
        if not 0 < len(token) <= _MAX_TOKEN:
            raise reply.error(
                "odd-reply", "the answer is no token: it has none of a token's length"
            )
        if not token.isascii() or not token.isprintable() or " " in token:
            raise reply.error("odd-reply", "the answer is no token: no header can carry it")
        if given.token_type.lower() != "bearer":
            raise reply.error("odd-reply", "the answer is a token of another kind than Bearer")
        if lifetime_s is None or lifetime_s <= 0:
            return token, _UNTOLD_S
        return token, float(min(lifetime_s, _LONGEST_S))

    def _hidden(self, error: ServerError) -> ServerError:
        """The error without our secret, which was in the request and may be echoed."""
        masked = self._secrets.masked
        return ServerError(error.slug, masked(error.message), masked(error.hint), error.status)
