"""From the settings to the way to the server."""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from insights_uploader.cli.hiding import authorization, hidden
from insights_uploader.cli.settling import Settled
from insights_uploader.cli.speaking import warn
from insights_uploader.model.errors import UsageError

if TYPE_CHECKING:
    from insights_uploader.destinations.authorization import Authorization
    from insights_uploader.destinations.http import Http

_LOGIN_S = 60.0
"""For a token of OAuth; it is not of the requests that --deadline bounds."""

_MISSING = {
    "url": "Give the server's address, or set BITBUCKET_URL. No git remote stands in for it, since "
    "the token goes there.",
    "project": "Give the project's key, or set BITBUCKET_PROJECT; the address of the git remote "
    "does not tell it.",
    "repository": "Give the repository's slug, or set BITBUCKET_REPOSITORY; the address of the git "
    "remote does not tell it.",
}
_NAMES = {"project": "key, as in PRJ or ~user", "repository": "slug, as in repo"}


def check_destination(settings: Settled) -> None:
    """See that the server and the repository on it are named.

    Raises:
        UsageError: one of them is missing, or can be no name of one.
    """
    for name, hint in _MISSING.items():
        value = settings[name]
        if not value:
            raise UsageError("no-destination", f"--{name} is missing", hint)
        if name in _NAMES and "/" in value:
            raise UsageError(
                "bad-name",
                f"--{name} {value!r}: holds a slash",
                f"Give the {name}'s {_NAMES[name]}; BITBUCKET_PROJECT and BITBUCKET_REPOSITORY "
                "name the two apart.",
            )


def opened(settings: Settled, proof: str, deadline_s: float | None = None) -> "Http":
    """The way to the server that `--url` names; nothing is sent yet.

    Args:
        settings: of this run.
        proof: the value of the Authorization header; empty for a stranger.
        deadline_s: what is left of `--deadline`, in seconds; all of it, if None.

    Raises:
        UsageError: a setting cannot work.
    """
    # here, since a run without a server needs none of its libraries
    from insights_uploader.destinations.bitbucket_dc.address import HEADERS, normalised_url
    from insights_uploader.destinations.http import Http, Retries

    return Http(
        normalised_url(settings["url"]),
        proof,
        headers=HEADERS,
        deadline_s=settings["deadline"] if deadline_s is None else deadline_s,
        retries=Retries(settings["tries"], tell=warn) if settings["tries"] > 1 else None,
        ca_file=settings["ca_file"],
        client_cert=settings["client_cert"],
        allow_http=settings["allow_http"],
    )


def on_cloud(settings: Settled) -> bool:
    """Whether `--url` names Bitbucket Cloud: the host decides."""
    from insights_uploader.destinations.bitbucket_cloud.address import is_cloud

    return is_cloud(settings["url"])


@contextmanager
def bitbucket(settings: Settled) -> "Iterator[Http]":
    """The way to the server that the settings name, Data Center or Cloud; nothing is sent yet.

    Raises:
        UsageError: the server, the repository or the login is missing or cannot work.
    """
    check_destination(settings)
    with ExitStack() as stack:
        if on_cloud(settings):
            yield _cloud(settings, stack)
        else:
            proof = authorization(settings["token_file"])
            yield stack.enter_context(opened(settings, proof))


def _cloud(settings: Settled, stack: ExitStack) -> "Http":
    from insights_uploader.destinations.bitbucket_cloud.address import PROXIED_API, site_of
    from insights_uploader.destinations.bitbucket_cloud.authorization import (
        ClientCredentials,
        OAuthConsumer,
        PipelinesProxy,
        proof,
    )

    site, known = site_of(settings["url"]), proof(os.environ, settings["token_file"])
    deadline_s: float = settings["deadline"]
    if isinstance(known, PipelinesProxy):
        return stack.enter_context(
            _http(settings, PROXIED_API, "", deadline_s, proxy=known.address)
        )
    if isinstance(known, OAuthConsumer):
        hidden().learn(f"Bearer {known.client_secret}", known.basic)
        setup_s = min(deadline_s, _LOGIN_S)
        logins = stack.enter_context(_http(settings, site.logins, known.basic, setup_s))
        tokens = ClientCredentials(logins, known, learn=hidden().learn)
        return stack.enter_context(_http(settings, site.api, tokens, deadline_s))
    hidden().learn(known)
    return stack.enter_context(_http(settings, site.api, known, deadline_s))


def _http(
    settings: Settled,
    address: str,
    proof: "str | Authorization",
    deadline_s: float,
    proxy: str | None = None,
) -> "Http":
    from insights_uploader.destinations.http import Http, Retries

    return Http(
        address,
        proof,
        deadline_s=deadline_s,
        retries=Retries(settings["tries"], tell=warn) if settings["tries"] > 1 else None,
        ca_file=settings["ca_file"],
        client_cert=settings["client_cert"],
        allow_http=proxy is not None,  # no login of ours goes through it
        proxy=proxy,
    )
