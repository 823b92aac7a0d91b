"""A sandbox on a real socket: in a thread for tests, in the foreground for the command line."""

import asyncio
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

import uvicorn

from insights_uploader.sandbox.app import Application, build
from insights_uploader.sandbox.build_store import BuildStore
from insights_uploader.sandbox.cloud_site import BitbucketCloud
from insights_uploader.sandbox.code_coverage import CodeCoverage
from insights_uploader.sandbox.faults import Faults
from insights_uploader.sandbox.jira_cloud import JiraCloud
from insights_uploader.sandbox.recording import RecordedRequest
from insights_uploader.sandbox.settings import PullRequest, SandboxSettings
from insights_uploader.sandbox.store import Store


class Sandbox:
    """A running sandbox: its address, what it got, what it holds, what shall go wrong."""

    def __init__(self, url: str, application: Application) -> None:
        """Show this application, served at `url` (context path included, no slash at the end)."""
        self.url = url
        self.store: Store = application.store
        self.builds: BuildStore = application.builds
        self.faults: Faults = application.faults
        self.jira: JiraCloud = application.jira
        self.cloud: BitbucketCloud = application.cloud
        self.coverage: CodeCoverage = application.coverage
        self._recorder = application.app
        self._buckets = application.buckets
        self._scope = application.scope
        self._more = (application.required_builds, application.deployments, application.coverage)

    @property
    def requests(self) -> list[RecordedRequest]:
        """The requests so far, in the order of their arrival."""
        return self._recorder.requests

    def open(self, pull_request: PullRequest) -> None:
        """Add a pull request; ValueError if there is one of its number."""
        self._scope.open(pull_request)

    def clear(self) -> None:
        """Forget reports, requests, faults and rates, so that tests can share one sandbox."""
        self.store.clear()
        self.builds.clear()
        self.jira.clear()
        self.cloud.clear()
        for each in self._more:
            each.clear()
        self.faults.clear()
        self._recorder.clear()
        if self._buckets:
            self._buckets.clear()


@contextmanager
def serve(
    settings: SandboxSettings, port: int = 0, clock: Callable[[], float] = time.monotonic
) -> Iterator[Sandbox]:
    """Serve on 127.0.0.1 while the block runs; port 0 takes a free one.

    `clock` gives the seconds by which a rate limit's buckets are filled.
    """
    application = build(settings, clock)
    with _listening("127.0.0.1", port) as listener:
        server = _Server(application)
        thread = threading.Thread(target=server.run_until_stopped, args=(listener,), name="sandbox")
        thread.start()
        server.ready.wait()
        try:
            if not server.started:
                raise RuntimeError("the sandbox did not start")
            yield Sandbox(_url(listener, settings), application)
        finally:
            server.stop()
            thread.join()


def run(settings: SandboxSettings, host: str, port: int, announce: Callable[[str], None]) -> None:
    """Serve until SIGINT or SIGTERM; `announce` gets the address once it answers."""
    application = build(settings)
    with _listening(host, port) as listener:
        server = _Server(application, lambda: announce(_url(listener, settings)))
        server.run([listener])


class _Server(uvicorn.Server):
    """uvicorn, stopped by an event instead of a poll, and without waiting for clients."""

    def __init__(
        self, application: Application, on_ready: Callable[[], None] = lambda: None
    ) -> None:
        connections = application.connections
        super().__init__(
            uvicorn.Config(
                application.app,
                http=connections.protocol(),
                loop="asyncio",
                lifespan="off",
                ws="none",
                log_config=None,
                access_log=False,
                proxy_headers=False,
                server_header=False,
                date_header=False,
            )
        )
        self.ready = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopped = asyncio.Event()
        self._connections = connections
        self._on_ready = on_ready

    def run_until_stopped(self, listener: socket.socket) -> None:
        """Run; whatever goes wrong, nobody waits for `ready` for ever."""
        try:
            self.run([listener])
        finally:
            self.ready.set()

    async def main_loop(self) -> None:
        """Serve until `stop`."""
        self._loop = asyncio.get_running_loop()
        self.ready.set()
        self._on_ready()
        if not self.should_exit:
            await self._stopped.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Cut the connections and see every request's task out."""
        for each in (*self.servers, *(sockets or ())):
            each.close()
        self._connections.abort_all()
        await asyncio.gather(*self.server_state.tasks, return_exceptions=True)
        for server in self.servers:
            await server.wait_closed()

    def stop(self) -> None:
        """End the main loop; safe from any thread and from a signal handler."""
        self.should_exit = True
        if self._loop:
            self._loop.call_soon_threadsafe(self._stopped.set)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Take both signals as the request to end; uvicorn would raise them again afterwards."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return

        def end(_number: int, _frame: FrameType | None) -> None:
            self.stop()

        before = {each: signal.signal(each, end) for each in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for each, handler in before.items():
                signal.signal(each, handler)


@contextmanager
def _listening(host: str, port: int) -> Iterator[socket.socket]:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio turns Nagle's delay off only where the protocol is named
    with socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        yield listener


def _url(listener: socket.socket, settings: SandboxSettings) -> str:
    host, port = listener.getsockname()[:2]
    shown = f"[{host}]" if ":" in host else host
    return f"http://{shown}:{port}{settings.context_path}"
