"""Limits for whole requests and for a run of them, which httpx does not have."""

import socket
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from contextlib import suppress
from typing import Any, TypeVar

_GRACE_S = 0.5  # for a thread that wakes without its connection; it takes milliseconds
_T = TypeVar("_T")

Trace = Callable[[str, Mapping[str, Any]], None]
"""Hears of each step of httpx, which calls it."""


class Deadline:
    """Ends requests that take too long: httpx bounds only each single read.

    A try runs in a thread of its own. When its time is over its connection is cut, which wakes the
    thread. Only one that has no connection yet does not wake: the look-up of a name (getaddrinfo)
    can be neither bounded nor interrupted. That thread is left behind; it keeps no process from
    its end, and what it connects to later is cut before a byte is sent.

    The connection is known from httpx's trace; one that is kept alive stays known. What the
    program does between its requests does not count.

    Attributes:
        total_s: how long all requests may take together, in seconds, with the waits between tries.
        request_s: how long one try of a request may take, in seconds.
        left_s: what is left of the total.
        limit_s: what the running try, or the last one, was given.
        expired: that try took longer.
        is_connecting: it waits, or ended waiting, for a connection.
    """

    def __init__(self, total_s: float, request_s: float) -> None:
        self.total_s = total_s
        self.request_s = request_s
        self.left_s = total_s
        self.limit_s = 0.0
        self.expired = False
        self.is_connecting = False
        self._socket: socket.socket | None = None
        self._lock = threading.Lock()  # between a try's end and its trace

    def run(self, work: Callable[[Trace], _T]) -> _T:
        """Do the work of one try, and return or raise what it does.

        Raises:
            TimeoutError: it was left behind.
        """
        self.expired = self.is_connecting = False
        self.limit_s = min(self.request_s, self.left_s)
        outcome: Future[_T] = Future()
        over = threading.Event()
        trace = self._trace(over)
        worker = threading.Thread(target=_settle, args=(outcome, work, trace), daemon=True)
        start = time.monotonic()
        worker.start()
        try:
            worker.join(self.limit_s)
        finally:  # whoever interrupts us waits for no answer, either
            with self._lock:
                over.set()
                self.expired = not outcome.done()
                if self.expired:
                    _cut(self._socket)
            self.spend(time.monotonic() - start)
        worker.join(_GRACE_S)
        if worker.is_alive():
            raise TimeoutError
        return outcome.result()

    def spend(self, seconds: float) -> None:
        """Take something off what is left, as for a wait."""
        self.left_s = max(0.0, self.left_s - seconds)

    def _trace(self, over: threading.Event) -> Trace:
        def trace(event: str, info: Mapping[str, Any]) -> None:
            with self._lock:
                if event.endswith(("connect_tcp.complete", "start_tls.complete")):
                    connection = info["return_value"].get_extra_info("socket")
                    if over.is_set():
                        _cut(connection)
                    else:
                        self._socket, self.is_connecting = connection, False
                elif event.endswith("connect_tcp.started") and not over.is_set():
                    self._socket, self.is_connecting = None, True

        return trace


def _settle(outcome: "Future[_T]", work: Callable[[Trace], _T], trace: Trace) -> None:
    try:
        outcome.set_result(work(trace))
    except BaseException as error:  # noqa: BLE001 - the thread that waits for it raises it again
        outcome.set_exception(error)


def _cut(connection: socket.socket | None) -> None:
    """End a connection for both sides, which wakes the thread that waits for it."""
    if connection is not None:
        with suppress(OSError):  # it has ended by itself
            socket.socket.shutdown(connection, socket.SHUT_RDWR)
