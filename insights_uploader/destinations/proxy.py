"""Which proxy the environment names. Knows no network."""

from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass


def proxy_setting(base_url: str) -> tuple[str, str] | None:
    """The setting that counts for this address, and the proxy's address in it, if there is one.

    HTTPS_PROXY or HTTP_PROXY, by the address, else ALL_PROXY; none where NO_PROXY says so.
    """
    parts = urlsplit(base_url)
    known = getproxies()
    name = next((name for name in (parts.scheme, "all") if known.get(name)), None)
    if name is None or proxy_bypass(parts.netloc) or proxy_bypass(parts.hostname or ""):
        return None
    address = known[name]
    return f"{name.upper()}_PROXY", address if "://" in address else f"http://{address}"
