"""What a request ends in: an answer, or none."""

import json
import re
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, TypeVar
from urllib.parse import urljoin, urlsplit

import msgspec

from insights_uploader.credentials import Secrets
from insights_uploader.model.errors import ServerError

_MAX_WORDS = 1000
_HOST = re.compile(r"[A-Za-z0-9.:\[\]_-]{1,255}")
_BROKEN = (ValueError, RecursionError)
_T = TypeVar("_T")


class NoAnswerError(ServerError):
    """A request that got no whole answer.

    Attributes:
        is_sent: False when the server surely never saw it; else what the server did is not known.
        is_passing: the next try may go better.
    """

    def __init__(
        self, slug: str, message: str, hint: str = "", *, is_sent: bool, is_passing: bool
    ) -> None:
        super().__init__(slug, message, hint)
        self.is_sent = is_sent
        self.is_passing = is_passing


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

        Of a refusal broken characters are replaced: its words are for people.

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
        except _BROKEN as error:
            if self.status >= 300:
                with suppress(*_BROKEN):
                    return msgspec.json.decode(_mended(self.content), type=kind)
            if kind is not Any and isinstance(error, msgspec.ValidationError):
                words = f"the answer is not what it should be: {self.quoted(str(error))}"
                raise self.error("odd-reply", words) from None
            raise self.error("not-json", f"the answer is broken JSON: {error}") from None

    @property
    def elsewhere(self) -> str:
        """The other server to which a redirect leads, without what its address may hold besides."""
        asked = self.request.partition(" ")[2]
        try:
            there = urlsplit(urljoin(asked, self.headers.get("location", "")))
        except ValueError:
            return ""
        host = there.netloc.rpartition("@")[2]
        is_other = 300 <= self.status < 400 and host.lower() != urlsplit(asked).netloc.lower()
        return f"{there.scheme}://{host}" if is_other and _HOST.fullmatch(host) else ""

    def error(self, slug: str, words: str, hint: str = "") -> ServerError:
        """The error that this answer amounts to; the words may hold the server's own.

        A redirect is never followed: its error's hint names the server to which it leads.
        """
        masked = self.secrets.masked
        if self.elsewhere:
            hint = f"{hint} The server names {self.elsewhere}".lstrip()
        return ServerError(slug, f"{self.request}: {masked(words)}", masked(hint), self.status)

    def quoted(self, words: str) -> str:
        """The server's own words, short enough for a message. Masked first: half a token leaks."""
        return self.secrets.masked(words)[:_MAX_WORDS]


def _mended(content: bytes) -> bytes:
    """JSON without what is no UTF-8 or half a surrogate pair."""
    value = json.loads(content.decode(errors="replace"))
    return json.dumps(value, ensure_ascii=False).encode(errors="replace")


def describe(reply: Reply) -> str:
    """What kind of body came, in words."""
    if not reply.content:
        return "empty"
    kind = reply.headers.get("content-type", "").partition(";")[0].strip()
    page = kind in ("text/html", "application/xhtml+xml")
    return "a web page" if page else reply.quoted(kind) or "untyped"
