"""From the settings to the way to the server."""

from typing import TYPE_CHECKING

from insights_uploader.cli.settling import Settled
from insights_uploader.cli.speaking import warn

if TYPE_CHECKING:
    from insights_uploader.destinations.http import Http


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
