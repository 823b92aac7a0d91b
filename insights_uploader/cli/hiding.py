"""What is hidden from all that a run says."""

import os
from pathlib import Path

import click

from insights_uploader.credentials import Secrets, credentials


def hidden() -> Secrets:
    """The secrets of this run, as far as they are known by now."""
    context = click.get_current_context(silent=True)
    found = context.find_object(Secrets) if context is not None else None
    return Secrets() if found is None else found


def authorization(token_file: Path | None) -> str:
    """The value of the Authorization header, which nothing that is said from now on shows.

    Raises:
        UsageError: there are no credentials, or they could not be sent.
    """
    value = credentials(os.environ, token_file).authorization
    hidden().learn(value)
    return value
