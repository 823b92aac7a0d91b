"""The open TCP connections, so that a fault can cut one and a stop can cut all."""

import asyncio

from starlette.types import Scope
from uvicorn.protocols.http.h11_impl import H11Protocol


class Connections:
    """Transports by the client's address, which ASGI names in every request."""

    def __init__(self) -> None:
        """Start without any."""
        self._open: dict[tuple[str, int], asyncio.Transport] = {}

    def abort(self, scope: Scope) -> None:
        """Cut the connection of this request, sending nothing more."""
        host, port = scope["client"]
        self._open[host, port].abort()

    def abort_all(self) -> None:
        """Cut every connection."""
        for transport in list(self._open.values()):
            transport.abort()

    def protocol(self) -> type[asyncio.Protocol]:
        """Give uvicorn's own protocol, which also tells us its connections."""
        transports = self._open

        class Tracked(H11Protocol):
            def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
                super().connection_made(transport)
                self.peer = tuple(transport.get_extra_info("peername")[:2])
                transports[self.peer] = transport

            def connection_lost(self, exc: Exception | None) -> None:
                super().connection_lost(exc)
                transports.pop(self.peer, None)

        return Tracked
