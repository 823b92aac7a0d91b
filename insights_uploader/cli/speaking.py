"""Writes to standard output, whatever it is; a reader who has gone away stops no work.

What is said shows no secret. What is delivered is what the user asked for, to the byte: a plan
that is not what will be sent would be none.
"""

import contextlib
from pathlib import Path

import click

from insights_uploader.cli.hiding import hidden
from insights_uploader.model.errors import UsageError


def say(text: str) -> None:
    """Tell how the work goes on; that nobody can read it is no reason to stop it."""
    with contextlib.suppress(OSError):
        click.echo(hidden().masked(text), nl=not text.endswith("\n"))


def warn(text: str) -> None:
    """Tell on standard error what went wrong; without text do nothing."""
    if text:
        with contextlib.suppress(OSError):
            click.echo(hidden().masked(text), nl=not text.endswith("\n"), err=True)


def show(content: str, *, is_json: bool = False) -> None:
    """Write what a server holds, which may repeat what it was sent.

    Raises:
        UsageError: it cannot be written.
    """
    secrets = hidden()
    deliver(secrets.masked_json(content) if is_json else secrets.masked(content), None, "")


def deliver(content: str | bytes, output: Path | None, option: str) -> None:
    """Write what the command is for.

    Raises:
        UsageError: it cannot be written.
    """
    if output is None:
        try:
            click.echo(content, nl=False)
        except BrokenPipeError:
            return  # the reader has seen enough
        except OSError as error:
            raise UsageError("unwritable", f"standard output: {error.strerror}") from None
        return
    if isinstance(content, str):
        content = click.unstyle(content).encode()
    try:
        output.write_bytes(content)
    except OSError as error:
        raise UsageError("unwritable", f"{option} {output}: {error.strerror}") from None
