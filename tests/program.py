"""The installed program, as tests run it."""

import json
import os
import select
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Self

from insights_uploader.sandbox.server import Sandbox

Run = Callable[..., subprocess.CompletedProcess[str]]
"""Takes the arguments; `cwd`, `stdin` and environment variables by keyword."""

TOKEN, OTHER_TOKEN = "the-token", "another-token"
"""Both open the sandbox, each as a user of its own."""


def settings(sandbox: Sandbox, **other: str) -> dict[str, str]:
    """The environment that leads the program to a sandbox."""
    return {
        "BITBUCKET_URL": sandbox.url,
        "BITBUCKET_PROJECT": "PRJ",
        "BITBUCKET_REPOSITORY": "repo",
        "BITBUCKET_TOKEN": TOKEN,
    } | other


_PATIENCE_S = 60.0
_OF_PYTHON = ("PYTHON", "LANG", "LC_")
"""Variables that Python itself reads as it starts."""


class Loaded:
    """The program of an environment, in a process that has loaded it (`prefork.py`)."""

    def __init__(self, commands: Path, streams: Path) -> None:
        self._program = str(commands / "insights-uploader")
        self._python = str(commands / "python")
        self._streams = {name: streams / name for name in ("stdin", "stdout", "stderr")}

    def __enter__(self) -> Self:
        command = [self._python, str(Path(__file__).with_name("prefork.py"))]
        self._server = subprocess.Popen(
            command,
            env={"PATH": os.environ["PATH"], "GIT_CONFIG_GLOBAL": os.devnull},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,  # what is read ahead, select does not see
        )
        return self

    def __exit__(self, *_: object) -> None:
        self._server.terminate()
        self._server.communicate()

    def run(
        self, arguments: Sequence[str], cwd: Path, env: Mapping[str, str], stdin: bytes
    ) -> subprocess.CompletedProcess[bytes]:
        """Run it to its end; with something to read, or another Python to be, from its start."""
        argv = [self._program, *arguments]
        if stdin or any(name.startswith(_OF_PYTHON) for name in env):
            return subprocess.run(
                argv, cwd=cwd, env=env, input=stdin, capture_output=True, timeout=_PATIENCE_S,
                check=False,
            )  # fmt: skip
        for path in self._streams.values():
            path.write_bytes(b"")
        places = {name: str(path) for name, path in self._streams.items()}
        job = {"argv": argv, "cwd": str(cwd), "env": dict(env), **places}
        assert self._server.stdin is not None
        self._server.stdin.write(json.dumps(job).encode() + b"\n")
        self._server.stdin.flush()
        child = self._answer()
        try:
            code = self._answer()
        except TimeoutError:
            os.kill(child, signal.SIGKILL)
            self._answer()
            raise
        output, errors = (self._streams[name].read_bytes() for name in ("stdout", "stderr"))
        return subprocess.CompletedProcess(argv, code, output, errors)

    def _answer(self) -> int:
        assert self._server.stdout is not None
        if not select.select([self._server.stdout], [], [], _PATIENCE_S)[0]:
            raise TimeoutError
        return int(self._server.stdout.readline())
