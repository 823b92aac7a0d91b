"""Which addresses are Bitbucket Cloud's, and where its API and its logins are. Pure.

The host decides: bitbucket.org never gets a request of Data Center's API, and no other server one
of Cloud's.
"""

from urllib.parse import SplitResult

import msgspec

from insights_uploader.destinations.address import split_address
from insights_uploader.destinations.secrecy import is_loopback
from insights_uploader.model.errors import UsageError

_HOSTS = frozenset({"bitbucket.org", "www.bitbucket.org", "api.bitbucket.org"})
_VERSION = "/2.0"


class CloudSite(msgspec.Struct, frozen=True):
    """Where Bitbucket Cloud is.

    Attributes:
        api: the API's server, with no part of a path.
        logins: the server that gives OAuth tokens.
    """

    api: str
    logins: str


CLOUD = CloudSite("https://api.bitbucket.org", "https://bitbucket.org")
PROXIED_API = "http://api.bitbucket.org"
"""As a step of Pipelines addresses the API through the proxy that logs it in."""


def is_cloud(url: str | None) -> bool:
    """True for Bitbucket Cloud, and for a stand-in of it on this machine: `http://localhost/2.0`.

    What is no address at all is none of Cloud's.
    """
    try:
        parts = split_address(url or "")
    except UsageError:
        return False
    return _host(parts) in _HOSTS or _is_stand_in(parts)


def site_of(url: str) -> CloudSite:
    """The site of an address that is Cloud's: whatever is pasted along, and always by https.

    Raises:
        UsageError: it is no address, or holds a password.
    """
    parts = split_address(url)
    if not _is_stand_in(parts):
        return CLOUD
    base = f"{parts.scheme}://{parts.netloc}"
    return CloudSite(base, base)


def _host(parts: SplitResult) -> str:
    return (parts.hostname or "").lower().rstrip(".")


def _is_stand_in(parts: SplitResult) -> bool:
    is_below = parts.path == _VERSION or parts.path.startswith(f"{_VERSION}/")
    return is_below and is_loopback(parts.hostname or "")
