"""How a run ends: every failure becomes words on standard error and an exit code."""

import os
import sys
import traceback
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, TextIO

import click

from insights_uploader import __version__

if TYPE_CHECKING:
    from insights_uploader.model.errors import InsightsError

_SECRETS = ("BITBUCKET_TOKEN", "BITBUCKET_PASSWORD")
_MASK = "***"
_FAULT, _INTERRUPTED = 70, 130


def run(command: click.Command, environ: Mapping[str, str], stderr: TextIO) -> int:
    """Run a command to its end and return the process's exit code."""
    try:
        result = command.main(standalone_mode=False, prog_name="insights-uploader")
    except click.exceptions.Exit as error:
        return error.exit_code
    except click.ClickException as error:
        error.show(stderr)
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        stderr.write("interrupted\n")
        return _INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # nothing more is flushed
        return 0
    except Exception as error:  # noqa: BLE001 - the one place where everything ends
        return _explain(error, environ, stderr)
    return result if isinstance(result, int) else 0


def _explain(error: Exception, environ: Mapping[str, str], stderr: TextIO) -> int:
    """Say what went wrong and what to do; a fault of our own comes with what to report."""
    from insights_uploader.preview.plain import plain

    known = list(_known(error))
    for failure in known:
        stderr.write(f"error: {plain(_masked(failure.message, environ))}\n")
        if failure.hint:
            stderr.write(f"  {plain(_masked(failure.hint, environ))}\n")
    if known:
        return int(known[0].exit_code)
    stderr.write(
        f"error: a fault in insights-uploader {__version__} (Python {sys.version.split()[0]}). "
        "Please report it with what follows:\n"
    )
    stderr.write(_masked("".join(traceback.format_exception(error)), environ))
    return _FAULT


def _known(error: BaseException) -> Iterator["InsightsError"]:
    """The failures that a user can cause, out of their groups."""
    from insights_uploader.model.errors import InsightsError

    if isinstance(error, ExceptionGroup):
        for inner in error.exceptions:
            yield from _known(inner)
    elif isinstance(error, InsightsError):
        yield error


def _masked(text: str, environ: Mapping[str, str]) -> str:
    for name in _SECRETS:
        if secret := environ.get(name, "").strip():
            text = text.replace(secret, _MASK)
    return text
