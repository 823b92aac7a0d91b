"""A limit for a whole request, which httpx does not have."""

import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any


class Deadline:
    """Cuts the connection when a request takes too long: httpx bounds only each single read.

    It knows the connection from httpx's trace; one that is kept alive stays known.

    Attributes:
        seconds: how long a request may take.
        expired: the running request, or the last one, took longer.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.expired = False
        self._socket: socket.socket | None = None

    @contextmanager
    def running(self) -> Iterator[None]:
        """Watch the request that the block makes."""
        self.expired = False
        timer = threading.Timer(self.seconds, self._expire)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
            timer.join()  # so that it never strikes the next request

    def trace(self, event: str, info: Mapping[str, Any]) -> None:
        """Take note of a new connection."""
        if event.endswith(("connect_tcp.complete", "start_tls.complete")):
            self._socket = info["return_value"].get_extra_info("socket")
            if self.expired:
                self._cut()

    def _expire(self) -> None:
        self.expired = True
        self._cut()

    def _cut(self) -> None:
        """End the connection for both sides, which wakes the thread that waits for it."""
        if self._socket is not None:
            with suppress(OSError):  # it has ended by itself
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)
