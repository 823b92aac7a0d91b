"""What came in: every request is noted for the tests, its body read within bounds."""

import re
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from starlette.datastructures import Headers
from starlette.responses import HTMLResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

STRUCK = "sandbox.struck"
"""In the scope of a request that a fault has struck."""

_HEADER_LIMIT = 8192
_REMEMBERED = 10_000
_CREDENTIALS = ("authorization", "proxy-authorization")


@dataclass(slots=True)
class RecordedRequest:
    """One request: `path` and `query` as they stood on the line, undecoded.

    `status` is None as long as no answer began, for ever if the connection was
    dropped. Of a credential only its scheme is kept, of a cookie nothing.
    """

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body_size: int
    status: int | None = None


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request and what was answered, whole.

    Attributes:
        request: as it was recorded.
        body: what came with it.
        headers: the answer's, by their names in lower case.
        answer: the answer's body, as far as it was sent.
        struck: whether a fault made the answer what it is.
    """

    request: RecordedRequest
    body: bytes
    headers: Mapping[str, str]
    answer: bytes
    struck: bool


Observer = Callable[[Exchange], None]
"""Is told of every exchange once it is over, in the server's thread."""


class Recorder:
    """ASGI layer: notes the request, then passes it on with its body in hand."""

    def __init__(self, app: ASGIApp, body_limit: int, observe: Observer | None = None) -> None:
        """Stand before everything else."""
        self._app = app
        self._body_limit = body_limit
        self._observe = observe
        self._requests: deque[RecordedRequest] = deque(maxlen=_REMEMBERED)

    @property
    def requests(self) -> list[RecordedRequest]:
        """The latest requests, oldest first."""
        return list(self._requests)

    def clear(self) -> None:
        """Forget them, as a test does between two cases."""
        self._requests.clear()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Note the request before its effect and its status before the client has it."""
        try:
            body, size = await _read(receive, self._body_limit)
        except ConnectionResetError:
            return
        record = _record(scope, size)
        self._requests.append(record)

        headers: dict[str, str] = {}
        answer: list[bytes] = []

        async def noted(message: Message) -> None:
            if message["type"] == "http.response.start":
                record.status = message["status"]
                headers.update(Headers(raw=message.get("headers", [])))
            elif self._observe:
                answer.append(message.get("body", b""))
            await send(message)

        message = {"type": "http.request", "body": body or b"", "more_body": False}
        app = self._app if body is not None else _too_large()
        try:
            await (_unroutable(scope) or app)(scope, replay(message, receive), noted)
        finally:
            if self._observe:
                struck = STRUCK in scope
                told = Exchange(record, body or b"", headers, b"".join(answer), struck)
                self._observe(told)


def _record(scope: Scope, size: int) -> RecordedRequest:
    headers = Headers(scope=scope)
    return RecordedRequest(
        method=scope["method"],
        path=scope["raw_path"].decode("latin-1"),
        query=scope["query_string"].decode("latin-1"),
        headers={
            name: value.partition(" ")[0] if name in _CREDENTIALS else value
            for name, value in headers.items()
            if name != "cookie"
        },
        body_size=size,
    )


def _unroutable(scope: Scope) -> ASGIApp | None:
    """Refuse what Tomcat refuses before any application sees it.

    Its defaults: no encoded slash in a path, 8 KiB for request line and headers.
    """
    line = len(scope["raw_path"]) + len(scope["query_string"])
    headers = sum(len(name) + len(value) + 4 for name, value in scope["headers"])
    encoded = re.search(rb"%2f|%5c|%00|\\", scope["raw_path"], re.IGNORECASE)
    if encoded or line + headers > _HEADER_LIMIT:
        return HTMLResponse("<!doctype html><title>HTTP Status 400 Bad Request</title>", 400)
    return None


def _too_large() -> Response:
    return HTMLResponse("<!doctype html><title>413 Request Entity Too Large</title>", 413)


async def _read(receive: Receive, limit: int) -> tuple[bytes | None, int]:
    """Read the body; above the limit count on, but keep none of it."""
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ConnectionResetError
        chunk = message.get("body", b"")
        size += len(chunk)
        if size <= limit:
            chunks.append(chunk)
        else:
            chunks.clear()
        if not message.get("more_body", False):
            return (b"".join(chunks) if size <= limit else None), size


def replay(message: Message, receive: Receive) -> Receive:
    """Give a message once more, then what follows."""
    pending = [message]

    async def replayed() -> Message:
        return pending.pop() if pending else await receive()

    return replayed
