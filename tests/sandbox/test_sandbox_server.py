"""Starting and stopping, in a thread and in the foreground."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import httpx
import pytest

from insights_uploader.sandbox.faults import Delay
from insights_uploader.sandbox.git import GitError
from insights_uploader.sandbox.server import serve
from insights_uploader.sandbox.settings import SandboxSettings

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox.conftest import Checkout

PROPERTIES = "/rest/api/latest/application-properties"
FOREGROUND = """
import sys
from pathlib import Path
from insights_uploader.sandbox.server import run
from insights_uploader.sandbox.settings import SandboxSettings
run(SandboxSettings(Path(sys.argv[1]), context_path="/bb"), "127.0.0.1", 0,
    lambda url: print(url, flush=True))
print("ended", flush=True)
"""


def test_it_answers_at_once_and_is_gone_afterwards(checkout: Checkout) -> None:
    before = threading.active_count()
    with serve(SandboxSettings(checkout.path)) as sandbox:
        url = httpx.URL(sandbox.url)
        assert url.host == "127.0.0.1"
        assert httpx.get(f"{sandbox.url}{PROPERTIES}", trust_env=False).status_code == 200
    assert threading.active_count() == before
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((url.host, url.port or 0))


def test_a_chosen_port_is_free_again(checkout: Checkout) -> None:
    with serve(SandboxSettings(checkout.path)) as sandbox:
        port = httpx.URL(sandbox.url).port or 0
        with pytest.raises(OSError, match="in use"), serve(SandboxSettings(checkout.path), port):
            pass
    with serve(SandboxSettings(checkout.path), port) as again:
        assert httpx.URL(again.url).port == port


def test_it_stops_although_clients_stay(checkout: Checkout) -> None:
    with httpx.Client(trust_env=False, timeout=30) as idle:
        waiting: list[Exception] = []

        def wait(url: str) -> None:
            try:
                httpx.get(url, trust_env=False, timeout=30)
            except httpx.HTTPError as error:
                waiting.append(error)

        with serve(SandboxSettings(checkout.path)) as sandbox:
            idle.get(f"{sandbox.url}{PROPERTIES}")
            sandbox.faults.add(Delay(3600), path="/waits")
            thread = threading.Thread(target=wait, args=(f"{sandbox.url}/waits",))
            thread.start()
            while not any(each.path == "/waits" for each in sandbox.requests):
                idle.get(f"{sandbox.url}{PROPERTIES}")
        thread.join()
    assert len(waiting) == 1


def test_it_stops_when_the_block_fails(checkout: Checkout) -> None:
    before = threading.active_count()
    with pytest.raises(ZeroDivisionError), serve(SandboxSettings(checkout.path)):
        _ = 1 / 0
    assert threading.active_count() == before


def test_a_folder_without_git_fails_before_serving(tmp_path: Path) -> None:
    before = threading.active_count()
    with pytest.raises(GitError), serve(SandboxSettings(tmp_path)):
        pass
    assert threading.active_count() == before


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_in_the_foreground_a_signal_ends_it_cleanly(
    checkout: Checkout, number: signal.Signals
) -> None:
    command = [sys.executable, "-W", "error", "-c", FOREGROUND, str(checkout.path)]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(
        command, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout
        url = process.stdout.readline().strip()
        assert url.endswith("/bb")
        assert httpx.get(f"{url}{PROPERTIES}", trust_env=False).status_code == 200
        process.send_signal(number)
        out, err = process.communicate(timeout=30)
    assert (process.returncode, out, err) == (0, "ended\n", "")
