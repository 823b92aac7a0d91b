"""Whom we trust, and how we prove who we are, before the first byte of HTTP. Knows no HTTP."""

import ssl
from collections.abc import Mapping
from pathlib import Path

import truststore

from insights_uploader.model.errors import UsageError

_BUNDLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
"""What the neighbours in a CI are told with; a file or a folder, as requests takes it."""


def tls_context(
    ca_file: Path | None, client_cert: Path | None, environ: Mapping[str, str]
) -> ssl.SSLContext:
    """Certificates that a server may show, and the one that we show.

    The first of these that is set is the only one that counts: `ca_file`; SSL_CERT_FILE and
    SSL_CERT_DIR together, as OpenSSL has them; REQUESTS_CA_BUNDLE; CURL_CA_BUNDLE. With none of
    them it is what the system trusts. Nobody's settings write keys of the connection to a file.

    Args:
        ca_file: certificates of authorities, PEM.
        client_cert: our certificate, PEM, with the key in it or in the file beside it whose name
            ends in `.key` instead.
        environ: the environment.

    Raises:
        UsageError: a file is named that cannot be used.
    """
    named = _named(ca_file, environ)
    # PROTOCOL_TLS_CLIENT checks certificate and host name; create_default_context would also obey
    # SSLKEYLOGFILE, whose file lets others read the token
    kind = ssl.SSLContext if named else truststore.SSLContext
    context = kind(ssl.PROTOCOL_TLS_CLIENT)
    for setting, path in named.items():
        _trust(context, setting, path)
    if client_cert is not None:
        _show(context, client_cert)
    return context


def _named(ca_file: Path | None, environ: Mapping[str, str]) -> dict[str, str]:
    """Setting -> file or folder, of those settings that count."""
    if ca_file is not None:
        return {"--ca-file": str(ca_file)}
    for group in (("SSL_CERT_FILE", "SSL_CERT_DIR"), *((name,) for name in _BUNDLES)):
        if named := {name: environ[name] for name in group if environ.get(name)}:
            return named
    return {}


def _check_kind(setting: str, path: Path) -> None:
    """Refuse a pipe, for which OpenSSL would wait, or a device, which has no end."""
    if path.exists() and not (path.is_file() or path.is_dir()):
        words = f"{setting}: {path}: is not a regular file"
        raise UsageError("bad-tls-setting", words, "Write what it gives to a file first.")


def _trust(context: ssl.SSLContext, setting: str, path: str) -> None:
    _check_kind(setting, Path(path))
    try:
        if not Path(path).is_dir():
            context.load_verify_locations(cafile=path)
        elif setting == "--ca-file":
            raise UsageError("bad-tls-setting", f"{setting}: {path}: is a folder")
        else:
            context.load_verify_locations(capath=path)
    except (OSError, ValueError) as error:  # or a NUL in the path
        reason = "holds no certificate" if isinstance(error, ssl.SSLError) else _reason(error)
        raise UsageError("bad-tls-setting", f"{setting}: {path}: {reason}") from None


def _show(context: ssl.SSLContext, certificate: Path) -> None:
    key = certificate.with_name(f"{certificate.stem}.key") if certificate.name else certificate
    for path in (certificate, key):
        _check_kind("--client-cert", path)
    try:
        inside = b"PRIVATE KEY-----" in certificate.read_bytes()
        # an empty password, where OpenSSL would ask at the terminal
        context.load_cert_chain(certificate, certificate if inside else key, password="")
    except (OSError, ValueError) as error:
        reason = _reason(error)
        if isinstance(error, FileNotFoundError) and certificate.exists():
            reason = f"holds no key, and there is no {key}"
        elif isinstance(error, ssl.SSLError):
            reason = "holds no certificate with the key that belongs to it, or a password locks it"
        raise UsageError(
            "bad-tls-setting",
            f"--client-cert: {certificate}: {reason}",
            "A file in PEM holds the certificate; the key stands in it too, or in the file of "
            "the same name that ends in .key, without a password.",
        ) from None


def _reason(error: OSError | ValueError) -> str:
    return (isinstance(error, OSError) and error.strerror) or "cannot be read"
