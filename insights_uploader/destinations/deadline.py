"""Limits for whole requests and for a run of them, which httpx does not have."""

import socket
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any


class Deadline:
    """Cuts the connection when requests take too long: httpx bounds only each single read.

    It knows the connection from httpx's trace; one that is kept alive stays known. What the
    program does between its requests does not count.

    Attributes:
        total_s: how long all requests may take together, in seconds, with the waits between tries.
        request_s: how long one try of a request may take, in seconds.
        left_s: what is left of the total.
        limit_s: what the running try, or the last one, was given.
        expired: that try took longer.
    """

    def __init__(self, total_s: float, request_s: float) -> None:
        self.total_s = total_s
        self.request_s = request_s
        self.left_s = total_s
        self.limit_s = 0.0
        self.expired = False
        self._socket: socket.socket | None = None

    @contextmanager
    def running(self) -> Iterator[None]:
        """Watch the request that the block makes."""
        self.expired = False
        self.limit_s = min(self.request_s, self.left_s)
        start = time.monotonic()
        timer = threading.Timer(self.limit_s, self._expire)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
            timer.join()  # so that it never strikes the next request
            self.spend(time.monotonic() - start)

    def spend(self, seconds: float) -> None:
        """Take something off what is left, as for a wait."""
        self.left_s = max(0.0, self.left_s - seconds)

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
