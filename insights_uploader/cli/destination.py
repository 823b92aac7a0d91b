"""The options that say which commit on which server, for commands that read no results."""

import copy
import os
import re
from collections.abc import Mapping, Sequence
from typing import Any

import click
from click.core import ParameterSource

from insights_uploader.ci.detection import detect
from insights_uploader.cli.options import results_options
from insights_uploader.cli.planning import settled
from insights_uploader.cli.settling import Settled
from insights_uploader.cli.surroundings import around
from insights_uploader.model.errors import CheckoutError, UsageError
from insights_uploader.repository.checkout import Checkout

_DESTINATION = (
    "checkout",
    "project",
    "repository",
    "commit",
    "url",
    "token_file",
    "ca_file",
    "client_cert",
    "allow_http",
    "tries",
    "deadline",
    "config",
)
_COMMIT_ID = re.compile("[0-9a-fA-F]{40}")


@click.command("settings")
@results_options
def _settings() -> None:
    """Knows every option: the environment and a settings file may set them for any command."""


SETTINGS: Sequence[click.Parameter] = [each for each in _settings.params if each.name != "results"]
"""Every option of publish; not its results."""
_settings.params = list(SETTINGS)


def destination_options(command: click.Command) -> click.Command:
    """Add the options that say where: server, repository, commit, token."""
    command.params += [asking(option) for option in SETTINGS if option.name in _DESTINATION]
    return command


def asking(option: click.Parameter) -> click.Parameter:
    """An option of publish in the words of a command that asks about a commit."""
    if option.name != "commit" or not isinstance(option, click.Option):
        return option
    own = copy.copy(option)
    own.help = "Which commit is meant (default: HEAD, or the head that CI's merge is of)."
    return own


def settled_destination() -> Settled:
    """The settings of the current command; all that it has no option for come from elsewhere.

    Outside of a checkout the command line and the environment must say it all.

    Raises:
        UsageError: a setting cannot be used.
        CheckoutError: git fails.
    """
    current = click.get_current_context()
    given = [
        _as_given(name, current.params[name])
        for name in _DESTINATION
        if current.get_parameter_source(name) is ParameterSource.COMMANDLINE
    ]
    with _settings.make_context("settings", given) as context:
        try:
            return settled(context.params)
        except CheckoutError as error:
            if error.slug != "no-checkout" or context.params["config"] is not None:
                raise
            return from_outside(context.params)


def _as_given(name: str, value: Any) -> str:
    option = f"--{name.replace('_', '-')}"
    return option if value is True else f"{option}={value}"


def from_outside(options: Mapping[str, Any]) -> Settled:
    """What the command line and the environment say, where more than that cannot be read."""
    tables = dict.fromkeys(("path_alias", "rule", "report"))
    return Settled(tables | dict(options), {}, None, detect(os.environ))


def commit_of(settings: Settled) -> str:
    """The full id of the commit whose reports are meant: --commit, the CI's word, else HEAD.

    Raises:
        CheckoutError: it is not known here.
        UsageError: it is named in short, and there is no checkout to look it up in.
    """
    named: str | None = settings["commit"] or around(settings.build).head
    if named is not None and _COMMIT_ID.fullmatch(named):
        return named.lower()
    try:
        checkout = Checkout(settings["checkout"], os.environ)
    except CheckoutError as error:
        if error.slug != "no-checkout":
            raise
        raise UsageError(
            "no-commit",
            f"which commit is meant is not known: {error.message}",
            "Name it with --commit and its full id, or run it inside the checkout.",
        ) from None
    if named is None:
        return checkout.head.id
    try:
        return checkout.commit_id(named)
    except CheckoutError as error:
        if error.slug == "unknown-revision":
            error.hint = (
                "Give the commit's full id with --commit, which need not be here; or the name of a "
                "branch or tag of this checkout."
            )
        raise
