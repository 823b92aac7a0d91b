"""Why a connection failed, as the operating system and OpenSSL have it."""

import socket
import ssl
from collections.abc import Iterator

_NO_TLS = frozenset({"WRONG_VERSION_NUMBER", "HTTP_REQUEST", "PACKET_LENGTH_TOO_LONG"})
"""What OpenSSL makes of an answer that is no record of TLS; which one depends on its version."""


def is_untrusted(error: BaseException) -> bool:
    """Tell whether the server's certificate was refused; a second try changes nothing."""
    return any(isinstance(cause, ssl.SSLCertVerificationError) for cause in _causes(error))


def is_no_handshake(error: BaseException) -> bool:
    """Tell whether TLS itself failed: versions, certificates, plain text; it will do so again.

    A connection that only ended in its midst is none of these.
    """
    ended = ssl.SSLEOFError | ssl.SSLZeroReturnError
    return any(
        isinstance(cause, ssl.SSLError) and not isinstance(cause, ended) for cause in _causes(error)
    )


def is_plain_answer(error: BaseException) -> bool:
    """Tell whether what answered speaks no TLS, as a port for plain http."""
    return any(
        isinstance(cause, ssl.SSLError) and cause.reason in _NO_TLS for cause in _causes(error)
    )


def is_unknown_host(error: BaseException) -> bool:
    """Tell whether the name is known not to exist, unlike one that could not be looked up now."""
    return any(
        isinstance(cause, socket.gaierror) and cause.errno == socket.EAI_NONAME
        for cause in _causes(error)
    )


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
