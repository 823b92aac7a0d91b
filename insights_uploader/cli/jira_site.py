"""The options that say which Jira site, and the way to it, for all commands that talk to Jira."""

import os
from collections.abc import Callable, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from insights_uploader.cli.destination import SETTINGS, settled_destination
from insights_uploader.cli.hiding import hidden
from insights_uploader.cli.settling import Settled
from insights_uploader.cli.speaking import warn
from insights_uploader.model.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from insights_uploader.destinations.authorization import Authorization
    from insights_uploader.destinations.http import Http
    from insights_uploader.destinations.jira_cloud.site import JiraSite

_SHARED = ("ca_file", "client_cert", "tries", "deadline", "config")
_SETUP_S = 60.0
"""For the token and the cloud id, each; they are not of the requests that --deadline bounds."""
_MAX_SECRET = 8192
_NO_CREDENTIALS = (
    "Set JIRA_CLIENT_ID and JIRA_CLIENT_SECRET to OAuth credentials that an administrator of the "
    "site makes, or JIRA_CONNECT_KEY and JIRA_CONNECT_SECRET to those of a Connect app. The secret "
    "may stand in a file instead, which JIRA_SECRET_FILE names."
)

JIRA_SECRETS = ("JIRA_CLIENT_SECRET", "JIRA_CONNECT_SECRET")
"""Variables that hold a secret."""

_SECRET_OF = dict(zip(JIRA_SECRETS, ("JIRA_CLIENT_ID", "JIRA_CONNECT_KEY"), strict=True))


def _option(name: str, **settings: Any) -> Callable[[Callable[[], None]], Callable[[], None]]:
    variable = name.strip("-").replace("-", "_").upper()
    return click.option(name, envvar=variable, show_envvar=True, **settings)


@click.command("jira-site")
@_option("--jira-site", metavar="SITE", help="As example, or https://example.atlassian.net.")
@_option("--jira-cloud-id", metavar="ID", help="Of the site (default: what the site tells).")
@_option("--jira-client-id", metavar="ID", help="Of OAuth credentials, with JIRA_CLIENT_SECRET.")
@_option("--jira-connect-key", metavar="KEY", help="Of a Connect app, with JIRA_CONNECT_SECRET.")
@_option(
    "--jira-secret-file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="A file with the secret, whichever it is.",
)
@_option(
    "--jira-api-url",
    metavar="URL",
    help="Of Atlassian's gateway (default: https://api.atlassian.com).",
)
def _jira_site() -> None:
    """Knows the options."""


def jira_options(command: click.Command) -> click.Command:
    """Add the options that say which site, who we are there, and how to get to it.

    None of them can be set in the checkout's settings file.
    """
    shared = [option for option in SETTINGS if option.name in _SHARED]
    command.params += [*_jira_site.params, *shared]
    return command


@contextmanager
def connected_jira(settings: Settled | None = None) -> "Iterator[JiraSite]":
    """The way to the site that the current command's options name; nothing is sent yet.

    Args:
        settings: of this run; read from the current command's options, if None.

    Raises:
        UsageError: a setting is missing or cannot work.
    """
    given = click.get_current_context().params
    named = _option_name
    if "jira_site" not in given:  # as of publish, which the environment tells where Jira is
        given, named = _jira_site.make_context("jira-site", []).params, _variable
    settings = settled_destination() if settings is None else settings
    with ExitStack() as stack:

        def opened(
            address: str, option: str, proof: "str | Authorization", deadline_s: float
        ) -> "Http":
            http = _opened(settings, address, named(option), proof, deadline_s)
            return stack.enter_context(http)

        yield _site(given, named, settings["deadline"], opened)


def _option_name(option: str) -> str:
    return f"--{option.replace('_', '-')}"


def _variable(option: str) -> str:
    return option.upper()


def _site(
    given: Mapping[str, Any],
    named: Callable[[str], str],
    deadline_s: float,
    opened: Callable[[str, str, "str | Authorization", float], "Http"],
) -> "JiraSite":
    from insights_uploader.destinations.jira_cloud.address import (
        GATEWAY,
        checked_cloud_id,
        server_address,
        site_address,
    )
    from insights_uploader.destinations.jira_cloud.connect import ConnectApp
    from insights_uploader.destinations.jira_cloud.oauth import ClientCredentials
    from insights_uploader.destinations.jira_cloud.site import ConnectWay, GatewayWay, JiraSite

    name, client_id, app_key = (
        (given.get(each) or "").strip()
        for each in ("jira_site", "jira_client_id", "jira_connect_key")
    )
    if bool(client_id) == bool(app_key):
        raise _nobody(is_two=bool(client_id))
    if not (client_id + app_key).isascii() or not (client_id + app_key).isprintable():
        option = named("jira_client_id" if client_id else "jira_connect_key")
        raise UsageError("bad-credentials", f"{option}: holds characters that none has")
    site = site_address(name, named("jira_site")) if name else None
    given_id = given.get("jira_cloud_id")
    if site is None and (app_key or not given_id):
        raise UsageError("no-jira", f"{named('jira_site')} is missing", "Set JIRA_SITE.")
    secret = _secret(
        given.get("jira_secret_file"), named("jira_secret_file"), JIRA_SECRETS[bool(app_key)]
    )
    if app_key:
        http = opened(str(site), "jira_site", ConnectApp(app_key, secret), deadline_s)
        return JiraSite(http, ConnectWay())
    at = "jira_api_url"
    gateway = server_address(given.get(at) or GATEWAY, named(at))
    setup_s = min(deadline_s, _SETUP_S)
    tokens = opened(gateway, at, "", setup_s)
    credentials = ClientCredentials(tokens, client_id, secret, learn=hidden().learn)
    cloud_id = checked_cloud_id(given_id, named("jira_cloud_id")) if given_id else None
    asked = opened(site, "jira_site", "", setup_s) if site and cloud_id is None else None
    return JiraSite(
        opened(gateway, at, credentials, deadline_s), GatewayWay(credentials, cloud_id, asked)
    )


def _nobody(*, is_two: bool) -> UsageError:
    """That it is not said who we are there: by nothing, by a half of it, or twice."""
    if is_two:
        words = "both OAuth credentials and those of a Connect app are given"
        return UsageError("no-credentials", words, "Unset JIRA_CLIENT_ID or JIRA_CONNECT_KEY.")
    lone = [each for each in JIRA_SECRETS if os.environ.get(each, "").strip()]
    if lone:
        missing = " or ".join(_SECRET_OF[each] for each in lone)
        words = f"{missing} is missing, though {' and '.join(lone)} is set"
    else:
        words = "neither OAuth credentials nor those of a Connect app are given"
    return UsageError("no-credentials", words, _NO_CREDENTIALS)


def _opened(
    settings: Settled,
    address: str,
    option: str,
    proof: "str | Authorization",
    deadline_s: float,
) -> "Http":
    from insights_uploader.destinations.http import Http, Retries

    return Http(
        address,
        proof,
        deadline_s=deadline_s,
        retries=Retries(settings["tries"], tell=warn) if settings["tries"] > 1 else None,
        ca_file=settings["ca_file"],
        client_cert=settings["client_cert"],
        option=option,
    )


def _secret(file: Path | None, option: str, variable: str) -> str:
    """The secret, which nothing that is said from now on shows.

    Raises:
        UsageError: there is none, or it could not be sent.
    """
    origin = f"{option} {file}" if file is not None else variable
    secret = _read(file, origin) if file is not None else os.environ.get(variable, "").strip()
    if not secret:
        raise UsageError("no-credentials", f"{origin}: holds no secret", _NO_CREDENTIALS)
    hidden().learn(f"Bearer {secret}")
    if not secret.isascii() or not secret.isprintable():
        raise UsageError("bad-credentials", f"{origin}: holds characters that no secret has")
    return secret


def _read(path: Path, origin: str) -> str:
    if path.exists() and not (path.is_file() or path.is_dir()):  # a pipe may never give anything
        raise UsageError("bad-secret-file", f"{origin}: is not a regular file")
    try:
        with path.open(encoding="utf-8") as file:
            secret = file.read(_MAX_SECRET + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "is not text"
        raise UsageError("bad-secret-file", f"{origin}: {reason}") from None
    if len(secret) > _MAX_SECRET:
        words = f"is longer than the {_MAX_SECRET} characters of any secret"
        raise UsageError("bad-secret-file", f"{origin}: {words}")
    return secret.strip()
