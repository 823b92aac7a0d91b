"""The process: its signals, its streams and its exit code. `python -m insights_uploader`, too."""

import sys


def _hear_interrupt(kind: type[BaseException], error: BaseException, trace: object) -> None:
    """Show no traceback of somebody who is impatient already while the program is loaded."""
    if not issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)  # type: ignore[arg-type]


sys.excepthook = _hear_interrupt  # before what takes time

import contextlib  # noqa: E402
import os  # noqa: E402
import signal  # noqa: E402
import time  # noqa: E402
from types import FrameType  # noqa: E402
from typing import NoReturn  # noqa: E402

_INTERRUPTED = 130
# Ctrl-C, a CI that aborts a build, and a terminal or a connection that ends
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_AT_ONCE_S = 1.0
_AGAIN_S = 0.01


def main() -> NoReturn:
    """Run the command line and end the process with the documented exit code."""
    _interruptible()
    _open_streams()
    code = _INTERRUPTED
    try:
        from insights_uploader.cli import cli, ending

        code = ending.run(cli, os.environ, sys.stderr)
        _deaf()
    except KeyboardInterrupt:  # before or after what the command line sees itself
        _deaf()
        with contextlib.suppress(OSError):
            sys.stderr.write("interrupted\n")
    _flush()
    sys.exit(code)


def _interruptible() -> None:
    """Have each signal end the run as Ctrl-C does, so that what is temporary goes.

    The second one, out of a group of processes or from an impatient CI, does not end the end; one
    that comes later does.
    """
    first: list[float] = []

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        if not first:
            first.append(time.monotonic())
            raise KeyboardInterrupt
        if time.monotonic() - first[0] > _AT_ONCE_S:
            os._exit(_INTERRUPTED)

    def unheard(unraisable: "sys.UnraisableHookArgs") -> None:
        """An interrupt that Python drops, since it came in a destructor, comes again at once."""
        if not issubclass(unraisable.exc_type, KeyboardInterrupt):
            sys.__unraisablehook__(unraisable)
            return
        first.clear()
        signal.setitimer(signal.ITIMER_REAL, _AGAIN_S)

    signal.signal(signal.SIGALRM, interrupt)
    sys.unraisablehook = unheard
    for number in _SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:  # as nohup and `&` have it
            signal.signal(number, interrupt)


def _deaf() -> None:
    for number in _SIGNALS:
        signal.signal(number, signal.SIG_IGN)


def _open_streams() -> None:
    """Give closed streams a place to go: the next file that is opened would get what is said."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: PTH123, SIM115


def _flush() -> None:
    """See that what a full disk or a reader who is gone did not take changes no exit code."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


if __name__ == "__main__":
    main()
