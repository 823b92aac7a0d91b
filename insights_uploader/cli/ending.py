"""How a run ends: every failure becomes words on standard error and an exit code."""

import contextlib
import io
import sys
import traceback
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, TextIO

import click

from insights_uploader import __version__
from insights_uploader.cli import bad_values
from insights_uploader.credentials import Secrets

if TYPE_CHECKING:
    from insights_uploader.model.errors import InsightsError

_FAULT, _INTERRUPTED = 70, 130


def run(command: click.Command, environ: Mapping[str, str], stderr: TextIO) -> int:
    """Run a command to its end and return the process's exit code.

    What the run gets to know of secrets it adds to the context's object; no failure shows them.
    """
    secrets = Secrets.around(environ, sys.argv[1:])
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # what the locale cannot say is no failure
    try:
        with command.make_context("insights-uploader", sys.argv[1:], obj=secrets) as context:
            result = command.invoke(context)
    except click.exceptions.Exit as error:
        return error.exit_code
    except click.ClickException as error:
        if isinstance(error, click.BadParameter):
            error = bad_values.in_our_words(error)
        shown = io.StringIO()
        error.show(shown)
        _write(secrets.masked(shown.getvalue()), stderr)
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        _write("interrupted\n", stderr)
        return _INTERRUPTED
    except Exception as error:  # noqa: BLE001 - the one place where everything ends
        return _explain(error, secrets, stderr)
    return result if isinstance(result, int) else 0


def _explain(error: Exception, secrets: Secrets, stderr: TextIO) -> int:
    """Say what went wrong and what to do; a fault of our own comes with what to report."""
    from insights_uploader.preview.plain import plain

    if _is_unread(error):
        return 0
    known = list(_known(error))
    if known:
        lines = [
            line for failure in known for line in (f"error: {failure.message}", f"  {failure.hint}")
        ]
        text = "\n".join(plain(line) for line in lines if line.strip())
    else:
        version = f"insights-uploader {__version__} (Python {sys.version.split()[0]})"
        text = f"error: a fault in {version}. Please report it with what follows:\n"
        text += "".join(traceback.format_exception(error)).rstrip()
    _write(secrets.masked(text) + "\n", stderr)
    return int(known[0].exit_code) if known else _FAULT


def _is_unread(error: Exception) -> bool:
    """Tell whether who reads standard output is gone, as `head` is, when it has seen enough."""
    return isinstance(error, BrokenPipeError) and _is_of_click(error)


def _is_of_click(error: Exception) -> bool:
    """Tell whether click ran into it, as it wrote its help: all others see to their own words."""
    last = traceback.extract_tb(error.__traceback__)[-1:]
    return any(frame.filename == click.utils.__file__ for frame in last)


def _known(error: BaseException) -> Iterator["InsightsError"]:
    """The failures that a user can cause, out of their groups."""
    from insights_uploader.model.errors import InsightsError, UsageError

    if isinstance(error, ExceptionGroup):
        for inner in error.exceptions:
            yield from _known(inner)
    elif isinstance(error, InsightsError):
        yield error
    elif isinstance(error, OSError) and _is_of_click(error):
        yield UsageError("unwritable", f"standard output: {error.strerror}")


def _write(text: str, stderr: TextIO) -> None:
    with contextlib.suppress(OSError):  # the exit code tells it all the same
        stderr.write(text)
        stderr.flush()
