"""Faults on order: what networks and proxies do to the n-th matching request."""

import asyncio
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from insights_uploader.sandbox.connections import Connections
from insights_uploader.sandbox.recording import STRUCK, replay


@dataclass(frozen=True, slots=True)
class Drop:
    """Close the connection without an answer, before or after the request took effect."""

    applied: bool = False


@dataclass(frozen=True, slots=True)
class Delay:
    """Wait before the request takes effect, or before its answer.

    A client that gives up meanwhile ends the wait; an unapplied request then
    never takes effect.
    """

    seconds: float
    applied: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """Answer like a proxy would, whether the request took effect or not."""

    status: int
    body: str | bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    applied: bool = False


@dataclass(frozen=True, slots=True)
class Edit:
    """Change the body of the real answer: a diff that is cut off, a list that never ends."""

    change: Callable[[bytes], bytes]


Action = Drop | Delay | Answer | Edit


@dataclass(slots=True)
class Fault:
    """An action for matching requests: skips `after` of them, then acts `times` times."""

    action: Action
    method: str | None
    path: re.Pattern[str]
    after: int
    times: int | None

    def strikes(self, method: str, path: str) -> bool:
        """Tell whether it acts on this request, and count it."""
        if self.times == 0 or self.method not in (None, method) or not self.path.search(path):
            return False
        if self.after:
            self.after -= 1
            return False
        if self.times is not None:
            self.times -= 1
        return True


class Faults:
    """The faults of one sandbox; the first that strikes wins."""

    def __init__(self) -> None:
        """Start without any."""
        self._faults: list[Fault] = []

    def add(
        self,
        action: Action,
        *,
        method: str | None = None,
        path: str = "",
        after: int = 0,
        times: int | None = 1,
    ) -> None:
        """Order a fault: `path` is searched as a regular expression, `times=None` is for ever."""
        self._faults.append(Fault(action, method, re.compile(path), after, times))

    def clear(self) -> None:
        """Forget all of them."""
        self._faults.clear()

    def strike(self, method: str, path: str) -> Action | None:
        """Give the action for this request."""
        return next((f.action for f in list(self._faults) if f.strikes(method, path)), None)


class FaultyNetwork:
    """ASGI layer: lets the ordered faults happen."""

    def __init__(self, app: ASGIApp, faults: Faults, connections: Connections) -> None:
        """Stand between the clients and `app`."""
        self._app = app
        self._faults = faults
        self._connections = connections

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, unless a fault strikes."""
        action = self._faults.strike(scope["method"], scope["path"])
        if action is None:
            await self._app(scope, receive, send)
            return
        scope[STRUCK] = True
        again = replay(await receive(), receive)
        kept: list[Message] = []
        if isinstance(action, Edit) or action.applied:
            await self._app(scope, again, _keep(kept))
        match action:
            case Drop():
                self._connections.abort(scope)
                await _disconnected(receive)
            case Answer(status, body, headers):
                await Response(body, status, dict(headers))(scope, receive, send)
            case Edit(change):
                await _edited(kept, change)(scope, receive, send)
            case Delay(seconds):
                if not await _patience(receive, seconds):
                    return
                if not action.applied:
                    await self._app(scope, again, send)
                for message in kept:
                    await send(message)


def _edited(kept: list[Message], change: Callable[[bytes], bytes]) -> Response:
    """The kept answer with another body and its length."""
    start, *parts = kept
    body = b"".join(part.get("body", b"") for part in parts)
    response = Response(change(body), start["status"])
    for name, value in start["headers"]:
        if name.lower() != b"content-length":
            response.headers[name.decode("latin-1")] = value.decode("latin-1")
    return response


def _keep(kept: list[Message]) -> Send:
    async def send(message: Message) -> None:
        kept.append(message)

    return send


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _patience(receive: Receive, seconds: float) -> bool:
    """Wait; tell whether the client is still there."""
    try:
        await asyncio.wait_for(_disconnected(receive), seconds)
    except TimeoutError:
        return True
    return False
