"""Addresses of a server and of what is below it. Pure."""

from collections.abc import Sequence
from urllib.parse import SplitResult, quote, urlsplit

from insights_uploader.model.errors import UsageError


def base_address(url: str) -> str:
    """A server's address as the user gave it, without query, fragment and last slash.

    Raises:
        UsageError: it is no address of a server, or holds a password.
    """
    parts = split_address(url)
    return f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}"


def split_address(url: str) -> SplitResult:
    """The parts of a server's address.

    Raises:
        UsageError: it is no address of a server, or holds a password.
    """
    try:
        parts = urlsplit(url.strip())
        host, _ = parts.hostname, parts.port
    except ValueError:  # its words may hold a part of a password
        raise UsageError(
            "bad-url", "--url: is not an address", "As in https://bitbucket.example.com:8443"
        ) from None
    if parts.scheme not in ("http", "https") or not host:
        raise UsageError(
            "bad-url", "--url: must begin with https://", "As in https://bitbucket.example.com"
        )
    if parts.username is not None or parts.password is not None:
        raise UsageError(
            "bad-url", "--url: must hold no user name or password", "Set BITBUCKET_TOKEN instead."
        )
    return parts


def path_of(segments: Sequence[str]) -> str:
    """A path from its first slash; every segment is quoted.

    `.` and `..` would lead to another address, and nothing to none.

    Raises:
        UsageError: a segment can be in no address.
    """
    return "".join(f"/{_quoted(segment)}" for segment in segments)


def _quoted(segment: str) -> str:
    hint = "Check --project and --repository."
    if segment in ("", ".", ".."):
        raise UsageError("bad-name", f"{segment!r} is no name in an address", hint)
    try:
        return quote(segment, safe="~")
    except UnicodeEncodeError:
        words = f"{segment!r} holds characters that no address can carry"
        raise UsageError("bad-name", words, hint) from None
