"""Where Jira Software Cloud's APIs are. Pure.

Each API has two addresses. An app's (Connect) is below the site's own; that of an on-premise
integration (OAuth 2.0 credentials) is below Atlassian's gateway and names the site by its cloud id.
"""

import re
from collections.abc import Sequence
from enum import Enum
from urllib.parse import urlsplit

from insights_uploader.destinations.address import is_host
from insights_uploader.destinations.secrecy import is_loopback
from insights_uploader.model.errors import UsageError

GATEWAY = "https://api.atlassian.com"
"""Atlassian's, for tokens of OAuth and all that is done with them."""

_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?")
_CLOUD_ID = re.compile(r"[A-Za-z0-9-]{1,64}")


class Api(Enum):
    """An API: its name and version, as they stand in an address, and the app's module it needs."""

    BUILDS = ("builds", "0.1", "jiraBuildInfoProvider")
    DEPLOYMENTS = ("deployments", "0.1", "jiraDeploymentInfoProvider")
    DEVINFO = ("devinfo", "0.10", "jiraDevelopmentTool")

    @property
    def name_and_version(self) -> tuple[str, str]:
        """As in `builds`, `0.1`."""
        return self.value[0], self.value[1]

    @property
    def module(self) -> str:
        """What a Connect app's descriptor must define, else it gets 403."""
        return self.value[2]


def below_site(api: Api) -> Sequence[str]:
    """The segments of an API's address below the site, for a Connect app."""
    return ("rest", *api.name_and_version)


def below_gateway(api: Api, cloud_id: str) -> Sequence[str]:
    """The segments of an API's address below Atlassian's gateway, for an on-premise integration."""
    return ("jira", *api.name_and_version, "cloud", cloud_id)


def site_address(given: str, option: str = "--jira-site") -> str:
    """The address of the site that is called so: `example`, `example.atlassian.net`, or in full.

    Raises:
        UsageError: it is no name and no address of a site.
    """
    name = given.strip()
    if _NAME.fullmatch(name):
        return f"https://{name}.atlassian.net"
    return server_address(name if "://" in name else f"https://{name}", option)


def server_address(given: str, option: str) -> str:
    """An address without all that is below it: https, or this very machine's plain http.

    Raises:
        UsageError: it is none, or would carry the secret in clear. It is not repeated: what is
            wrong with it may be a part of a password.
    """
    try:
        parts = urlsplit(given.strip())
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        raise UsageError("bad-jira", f"{option}: is not an address", _AS_IN) from None
    if not is_host(host) or parts.username is not None or parts.password is not None:
        raise UsageError("bad-jira", f"{option}: is not an address of a server alone", _AS_IN)
    if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(host)):
        words = f"{option}: must begin with https://; only this very machine's may not"
        raise UsageError("bad-jira", words, _AS_IN)
    return f"{parts.scheme}://{parts.netloc}"


_AS_IN = "As in https://example.atlassian.net; of a site its name is enough: example."


def checked_cloud_id(given: str, origin: str = "--jira-cloud-id") -> str:
    """A site's cloud id.

    Raises:
        UsageError: it is none; a UUID is what Atlassian gives.
    """
    if _CLOUD_ID.fullmatch(given.strip()):
        return given.strip()
    raise UsageError(
        "bad-jira",
        f"{origin}: is no cloud id",
        "It is a UUID: https://SITE.atlassian.net/_edge/tenant_info shows it, and --jira-site "
        "alone is enough to find it.",
    )
