"""A server that cannot be had: a message that says so, exit 4, in time, and never the token."""

import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from textwrap import dedent

import pytest
from destinations.scripts import deaf
from program import TOKEN, Run

from insights_uploader.sandbox.faults import Answer
from insights_uploader.sandbox.server import Sandbox

COMMIT = "c0ffee" + "0" * 34
COMMANDS: Mapping[str, Sequence[str]] = {
    "list": ("list",),
    "show": ("show", "ci.ruff"),
    "annotations": ("annotations", "--severity", "HIGH"),
    "delete": ("delete", "ci.ruff"),
    "annotate": ("annotate", "ci.ruff", "--message", "m", "--severity", "LOW"),
}
SOON_S = 15.0
"""A second's deadline, and the start of a program on a busy machine; a stalled read takes 60 s."""


def settings(url: str, **other: str) -> dict[str, str]:
    return {
        "BITBUCKET_URL": url,
        "BITBUCKET_PROJECT": "PRJ",
        "BITBUCKET_REPOSITORY": "repo",
        "BITBUCKET_TOKEN": TOKEN,
    } | other


@contextmanager
def refusing() -> Iterator[int]:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    yield port


@contextmanager
def stalled() -> Iterator[int]:
    """A server that takes every connection and never says a word."""
    with socket.create_server(("127.0.0.1", 0), backlog=16) as listener:
        yield listener.getsockname()[1]


SERVERS = {
    "refusing": (refusing, "cannot reach the server"),
    "stalled": (stalled, "no answer in time"),
    "deaf": (deaf, "no connection in time"),
}


def expect_trouble(done: subprocess.CompletedProcess[str], words: str) -> None:
    assert done.returncode == 4, done.stderr
    assert done.stdout == ""
    assert re.search(rf"^error: .*{words}", done.stderr, re.MULTILINE), done.stderr
    assert "Traceback" not in done.stderr
    assert TOKEN not in done.stderr


@pytest.mark.parametrize(
    ("server", "command"),
    [
        *(("refusing", each) for each in COMMANDS),
        ("stalled", "list"),
        ("stalled", "annotate"),
        ("deaf", "show"),
    ],
)
def test_it_ends_in_time_with_a_message(run: Run, server: str, command: str) -> None:
    serve, words = SERVERS[server]
    arguments = [*COMMANDS[command], "--commit", COMMIT, "--tries", "1", "--deadline", "1"]
    with serve() as port:
        start = time.monotonic()
        done = run("report", *arguments, **settings(f"http://127.0.0.1:{port}"))
    assert time.monotonic() - start < SOON_S
    expect_trouble(done, words)
    assert "trying again" not in done.stderr
    if server != "stalled":
        assert "Check --url" in done.stderr


@pytest.mark.parametrize("server", ["refusing", "stalled"])
def test_so_it_does_by_the_environment(run: Run, server: str) -> None:
    limits = {"INSIGHTS_UPLOADER_TRIES": "50", "INSIGHTS_UPLOADER_DEADLINE": "1"}
    serve, words = SERVERS[server]
    with serve() as port:
        start = time.monotonic()
        url = f"http://127.0.0.1:{port}"
        done = run("report", "list", "--commit", COMMIT, **settings(url, **limits))
    assert time.monotonic() - start < SOON_S
    expect_trouble(done, words)


def test_each_wait_is_told_and_the_last_failure_ends_it(run: Run) -> None:
    with refusing() as port:
        url = f"http://127.0.0.1:{port}"
        done = run("report", "list", "--commit", COMMIT, "--tries", "2", **settings(url))
    expect_trouble(done, "cannot reach the server")
    assert done.stderr.count("trying again in ") == 1


def test_a_server_that_is_too_busy_for_longer_than_we_wait(run: Run, sandbox: Sandbox) -> None:
    sandbox.faults.add(Answer(429, "slow down", {"Retry-After": "30"}), times=None)
    done = run("report", "list", "--deadline", "2", **settings(sandbox.url))
    expect_trouble(done, "too many requests")
    assert len(sandbox.requests) == 1


MUTE = """
    import fcntl, os, pathlib, socket, struct, subprocess, sys
    with socket.socket() as any_socket:  # SIOCSIFFLAGS: up and running
        fcntl.ioctl(any_socket, 0x8914, struct.pack("16sh", b"lo", 0x41))
    config = pathlib.Path(sys.argv[1])
    config.write_text("nameserver 127.0.0.1\\noptions timeout:30 attempts:5\\n")
    subprocess.run(["mount", "--bind", config, "/etc/resolv.conf"], check=True)
    mute = socket.socket(type=socket.SOCK_DGRAM)
    mute.bind(("127.0.0.1", 53))
    mute.set_inheritable(True)
    os.execv(sys.argv[2], sys.argv[2:])
"""
"""Gives a command a machine of its own, as to names, whose resolver never answers."""


@pytest.mark.parametrize("command", ["report", "doctor"])
def test_a_resolver_that_never_answers(installed: Path, tmp_path: Path, command: str) -> None:
    alone = ["unshare", "--user", "--map-root-user", "--mount", "--net"]
    if not shutil.which("unshare") or subprocess.run([*alone, "true"], check=False).returncode:
        pytest.skip("no namespace of our own can be had here")
    program = [str(installed / "insights-uploader"), command, *(["list"] * (command == "report"))]
    start = time.monotonic()
    done = subprocess.run(
        [*alone, sys.executable, "-c", dedent(MUTE), str(tmp_path / "resolv.conf"), *program,
         "--commit", COMMIT, "--tries", "3", "--deadline", "1"],
        cwd=tmp_path, env=settings("https://bitbucket.example.com"), capture_output=True,
        text=True, timeout=60, check=False,
    )  # fmt: skip
    assert time.monotonic() - start < SOON_S
    said = done.stderr + done.stdout
    assert "no connection in time" in said, said
    assert "Traceback" not in said
    if command == "report":
        assert done.returncode == 4
