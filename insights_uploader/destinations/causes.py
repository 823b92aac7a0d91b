"""Why a connection failed, as the operating system and OpenSSL have it."""

import re
import socket
import ssl
from collections.abc import Iterator

_UNTRUSTED = "Name the file of the authority that signed the server's certificate with --ca-file."
_OTHER_NAME = "Give {option} the name that the server's certificate is for."
_NOT_NOW = (
    "The server's certificate has expired or is not valid yet, if this machine's clock is right."
)
_OURS = "The server wants a certificate of ours that it trusts: --client-cert."
_BY_CODE = {9: _NOT_NOW, 10: _NOT_NOW, 62: _OTHER_NAME, 64: _OTHER_NAME}
_WANTS_OURS = re.compile("CERTIFICATE_REQUIRED|ALERT_(CERTIFICATE_|BAD_CERTIFICATE|UNKNOWN_CA)")
_NO_TLS = frozenset({"WRONG_VERSION_NUMBER", "HTTP_REQUEST", "PACKET_LENGTH_TOO_LONG"})
"""What OpenSSL makes of an answer that is no record of TLS; which one depends on its version."""


def remedy(error: BaseException, option: str) -> str:
    """What to do about a connection that TLS refused; empty when TLS says nothing of it.

    The server's address came by that option. The names and numbers are OpenSSL's: of X.509 verification (X509_V_ERR) and of SSL's errors.
    """
    for cause in _causes(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            return _BY_CODE.get(cause.verify_code, _UNTRUSTED).format(option=option)
        if isinstance(cause, ssl.SSLError):
            return _OURS if _WANTS_OURS.search(cause.reason or "") else ""
    return ""


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
