"""Runs the installed program in children of one process that has loaded it already.

Loading takes most of a short run's time. Each run is a process of its own all the same, with its own
arguments, environment, folder and streams. It is started by the environment's Python, reads one JSON
object a line from standard input, and answers each with the child's id and then its exit code.
"""

import importlib
import json
import os
import pkgutil
import sys
from typing import Any, NoReturn


def _load() -> None:
    import insights_parsers
    import insights_uploader.cli
    import insights_uploader.destinations

    for package in (insights_parsers, insights_uploader.cli, insights_uploader.destinations):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            importlib.import_module(module.name)


def _become(job: Any) -> NoReturn:
    os.chdir(job["cwd"])
    os.environ.clear()
    os.environ.update(job["env"])
    os.environ.setdefault("LC_CTYPE", "C.UTF-8")  # as Python does for itself in such an environment
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        flags = os.O_RDONLY if number == 0 else os.O_WRONLY | os.O_CREAT
        opened = os.open(job[name], flags, 0o600)
        os.dup2(opened, number)
        os.close(opened)
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stdout = open(1, "w", encoding="utf-8", errors="surrogateescape", closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", encoding="utf-8", errors="backslashreplace", closefd=False)  # noqa: SIM115
    sys.argv = job["argv"]
    from insights_uploader.__main__ import main

    code: Any = 1
    try:
        main()
    except SystemExit as end:
        code = end.code
    except BaseException:  # noqa: BLE001 - as Python ends a process
        sys.excepthook(*sys.exc_info())
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os._exit(code if isinstance(code, int) else 0)


def _serve() -> None:
    for line in sys.stdin:
        job = json.loads(line)
        child = os.fork()
        if not child:
            _become(job)
        print(child, flush=True)  # noqa: T201
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)  # noqa: T201


if __name__ == "__main__":
    del sys.path[0]  # the program sees no tests
    _load()
    _serve()
