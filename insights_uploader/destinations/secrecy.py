"""Where a token may travel. Pure."""

import ipaddress
from urllib.parse import urlsplit

from insights_uploader.model.errors import UsageError


def check_secrecy(base_url: str, *, proxied: bool) -> None:
    """Refuse an address over which the token would travel a network in clear.

    Args:
        base_url: the server's address, normalised.
        proxied: a proxy stands between; of plain http it reads all.

    Raises:
        UsageError: the address is plain http, and not this machine's own.
    """
    parts = urlsplit(base_url)
    if parts.scheme == "https" or (not proxied and is_loopback(parts.hostname or "")):
        return
    way = ", through a proxy," if proxied else ""
    raise UsageError(
        "plain-http",
        f"--url: {base_url}{way} would carry the token in clear, for all on the way to read",
        "Give the server's https:// address, or allow this one with --allow-http. "
        "Only a server on this very machine needs neither.",
    )


def is_loopback(host: str) -> bool:
    """Tell whether a host is this machine: localhost (RFC 6761, 6.3), 127.0.0.0/8, ::1."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"
