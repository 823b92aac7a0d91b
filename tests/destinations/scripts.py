"""Servers of a few lines, which say on a socket what no real one would."""

import os
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

Script = Callable[[socket.socket, bytes], object]
"""Answers on a connection, given the head of the request."""

DRIPS = 2000  # a hundred times the deadlines of the tests; an end, so that without one a test fails


@contextmanager
def server(*scripts: Script, tls: ssl.SSLContext | None = None) -> Iterator[str]:
    """A server that has one script for each connection, in turn."""

    def serve(listener: socket.socket) -> None:
        for script in scripts:
            with suppress(OSError), _accepted(listener, tls) as connection:
                head = b""
                while b"\r\n\r\n" not in head:
                    head += connection.recv(65536) or b"\r\n\r\n"
                script(connection, head)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, args=(listener,))
        thread.start()
        try:
            yield f"{'https' if tls else 'http'}://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()


def _accepted(listener: socket.socket, tls: ssl.SSLContext | None) -> socket.socket:
    connection = listener.accept()[0]
    return tls.wrap_socket(connection, server_side=True) if tls else connection


def answer(status: int, body: bytes, *headers: str, kind: str = "application/json") -> Script:
    """Answer this."""
    lines = [f"HTTP/1.1 {status} Words", f"Content-Type: {kind}", f"Content-Length: {len(body)}"]
    head = "\r\n".join([*lines, *headers, "", ""]).encode()
    return lambda connection, _: connection.sendall(head + body)


def drip(start: bytes, drop: bytes) -> Script:
    """Begin, and go on too slowly, until the client ends it."""

    def script(connection: socket.socket, _: bytes) -> None:
        connection.sendall(start)
        for _number in range(DRIPS):
            connection.sendall(drop)
            time.sleep(0.01)
        raise AssertionError("the client never ended it")  # pytest fails the test for it

    return script


def header(head: bytes, name: str) -> str:
    [line] = [x for x in head.decode().split("\r\n") if x.lower().startswith(f"{name}: ")]
    return line.partition(": ")[2]


@contextmanager
def deaf() -> Iterator[int]:
    """A port that takes no more connections, and refuses none."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        waiting = [socket.socket() for _ in range(4)]
        for each in waiting:
            each.setblocking(False)
            each.connect_ex(listener.getsockname())
        yield listener.getsockname()[1]
        for each in waiting:
            each.close()


def pipe(path: Path) -> None:
    """Make a pipe, which gives nothing and for a second has an end for whoever waits for it."""

    def feed() -> None:
        ends = time.monotonic() + 1
        while time.monotonic() < ends:
            with suppress(OSError):  # nobody waits
                os.close(os.open(path, os.O_WRONLY | os.O_NONBLOCK))
            time.sleep(0.01)

    os.mkfifo(path)
    threading.Thread(target=feed, daemon=True).start()
