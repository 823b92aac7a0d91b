"""Addresses of a server and of what is below it. Pure."""

import re
from collections.abc import Sequence
from urllib.parse import SplitResult, quote, urlsplit

from insights_uploader.model.errors import UsageError

_EXAMPLE = "As in https://bitbucket.example.com"
_LOCAL = re.compile(r"(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d{1,5})?(?=/|$)")
_HOST = re.compile(r"[A-Za-z0-9._-]+|[A-Fa-f0-9:.]+")


def is_host(name: str) -> bool:
    """Tell whether a host is written as it is looked up, other letters in their form xn-- (RFC 5890).

    Else what is compared, what is shown and what is reached could be three hosts: `bitbucket。org`.
    """
    return bool(_HOST.fullmatch(name))


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
        host = parts.hostname
    except ValueError:
        raise UsageError("bad-url", "--url: is not an address", f"{_EXAMPLE}:8443") from None
    if parts.scheme not in ("http", "https") or not host:
        if local := _LOCAL.match(url.strip()):
            words = "--url: must begin with https://, or for this machine with http://"
            raise UsageError("bad-url", words, f"As in http://{local[0]}")
        raise UsageError("bad-url", "--url: must begin with https://", _EXAMPLE)
    if not is_host(host):
        words = "--url: the host's name holds characters that none has"
        raise UsageError("bad-url", words, "Other letters go as in https://xn--bcher-kva.example")
    try:
        _ = parts.port
    except ValueError:  # its words, and what stands there, may hold a part of a password
        words = "--url: what follows the host is no port, a number up to 65535"
        raise UsageError("bad-url", words, f"{_EXAMPLE}:8443") from None
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
    hint = "Check the names and ids that are given, as --project and --repository."
    if segment in ("", ".", ".."):
        raise UsageError("bad-name", f"{segment!r} is no name in an address", hint)
    try:
        return quote(segment, safe="~")
    except UnicodeEncodeError:
        words = f"{segment!r} holds characters that no address can carry"
        raise UsageError("bad-name", words, hint) from None
