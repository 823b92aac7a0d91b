"""Whom the way to a server trusts: a real authority, real handshakes."""

import datetime as dt
import re
import ssl
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import trustme
from destinations.scripts import answer, pipe, server

from insights_uploader.destinations.http import Http, NoAnswerError, Retries
from insights_uploader.model.errors import UsageError
from insights_uploader.sandbox.server import Sandbox

BEARER = "Bearer tok3n-0f-the-ci"
OK = answer(200, b"[1]")


@pytest.fixture(autouse=True)
def clean_tls_environ(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def ca_file(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("authority") / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return path


@pytest.fixture(scope="module")
def ca_folder(ca_file: Path) -> Path:
    """A folder as OpenSSL wants it, by `openssl rehash`."""
    subprocess.run(["openssl", "rehash", str(ca_file.parent)], check=True)
    return ca_file.parent


@pytest.fixture
def server_tls(authority: trustme.CA) -> ssl.SSLContext:
    return _server_tls(authority, "127.0.0.1")


def _server_tls(
    authority: trustme.CA, name: str, not_after: dt.datetime | None = None
) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name, not_after=not_after).configure_cert(context)
    return context


def test_an_authority_that_is_named(server_tls: ssl.SSLContext, ca_file: Path) -> None:
    with server(OK, tls=server_tls) as url, Http(url, BEARER, ca_file=ca_file) as http:
        assert http.send("GET", ["x"]).json() == [1]


@pytest.mark.parametrize("setting", ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_an_authority_in_a_file_of_the_environment(
    monkeypatch: pytest.MonkeyPatch, server_tls: ssl.SSLContext, ca_file: Path, setting: str
) -> None:
    monkeypatch.setenv(setting, str(ca_file))
    with server(OK, tls=server_tls) as url, Http(url, BEARER) as http:
        assert http.send("GET", ["x"]).json() == [1]


@pytest.mark.parametrize("setting", ["SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_an_authority_in_a_folder_of_the_environment(
    monkeypatch: pytest.MonkeyPatch, server_tls: ssl.SSLContext, ca_folder: Path, setting: str
) -> None:
    monkeypatch.setenv(setting, str(ca_folder))
    with server(OK, tls=server_tls) as url, Http(url, BEARER) as http:
        assert http.send("GET", ["x"]).json() == [1]


def refused(url: str, ca_file: Path | None = None) -> NoAnswerError:
    """The error of a server that is not trusted, which got no request and no second chance."""
    told: list[str] = []
    with (
        Http(url, BEARER, retries=Retries(3, lambda _: None, told.append), ca_file=ca_file) as http,
        pytest.raises(NoAnswerError) as caught,
    ):
        http.send("GET", ["x"])
    assert (caught.value.slug, caught.value.is_sent, told) == ("unreachable", False, [])
    return caught.value


def never(_connection: object, head: bytes) -> None:
    assert not head.strip(), "a request came"


def test_by_default_only_what_the_system_trusts(server_tls: ssl.SSLContext) -> None:
    with server(never, tls=server_tls) as url:
        error = refused(url)
    assert "certificate verify failed" in error.message
    assert "--ca-file" in error.hint


def test_the_flag_counts_alone(
    monkeypatch: pytest.MonkeyPatch, server_tls: ssl.SSLContext, ca_file: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other.pem"
    trustme.CA().cert_pem.write_to_path(str(other))
    monkeypatch.setenv("SSL_CERT_FILE", str(ca_file))
    with server(never, tls=server_tls) as url:
        refused(url, ca_file=other)


def test_another_hosts_certificate(authority: trustme.CA, ca_file: Path) -> None:
    with server(never, tls=_server_tls(authority, "other.example")) as url:
        error = refused(url, ca_file=ca_file)
    assert "certificate verify failed" in error.message
    assert "Give --url the name" in error.hint


def test_a_certificate_that_has_expired(authority: trustme.CA, ca_file: Path) -> None:
    past = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
    with server(never, tls=_server_tls(authority, "127.0.0.1", not_after=past)) as url:
        assert "has expired" in refused(url, ca_file=ca_file).hint


def test_https_to_a_server_that_speaks_http(sandbox: Sandbox) -> None:
    error = refused(sandbox.url.replace("http:", "https:"))
    assert "port of --url" in error.hint
    assert not sandbox.requests


def inside(cert: trustme.LeafCert, path: Path) -> None:
    cert.private_key_and_cert_chain_pem.write_to_path(str(path))


def beside(cert: trustme.LeafCert, path: Path) -> None:
    cert.cert_chain_pems[0].write_to_path(str(path))
    cert.private_key_pem.write_to_path(str(path.with_suffix(".key")))


@pytest.mark.parametrize("write", [inside, beside])
def test_a_certificate_of_our_own(
    authority: trustme.CA,
    server_tls: ssl.SSLContext,
    ca_file: Path,
    tmp_path: Path,
    write: Callable[[trustme.LeafCert, Path], None],
) -> None:
    authority.configure_trust(server_tls)
    server_tls.verify_mode = ssl.CERT_REQUIRED
    ours = tmp_path / "ci.pem"
    write(authority.issue_cert("ci@example.com"), ours)
    with (
        server(OK, tls=server_tls) as url,
        Http(url, BEARER, ca_file=ca_file, client_cert=ours) as http,
    ):
        assert http.send("GET", ["x"]).json() == [1]


def test_a_server_that_wants_a_certificate_is_not_asked_twice(
    authority: trustme.CA, server_tls: ssl.SSLContext, ca_file: Path
) -> None:
    authority.configure_trust(server_tls)
    server_tls.verify_mode = ssl.CERT_REQUIRED
    told: list[str] = []
    retries = Retries(3, lambda _: None, told.append)
    with (
        server(never, never, never, tls=server_tls) as url,
        Http(url, BEARER, ca_file=ca_file, retries=retries) as http,
        pytest.raises(NoAnswerError, match="certificate required") as caught,
    ):
        http.send("GET", ["x"])
    assert "--client-cert" in caught.value.hint
    assert not told


def _locked(path: Path) -> None:
    key = ["openssl", "genpkey", "-algorithm", "ED25519", "-aes256", "-pass", "pass:pa55w0rd"]
    path.write_bytes(subprocess.check_output(key))


BAD_CERTIFICATES = {
    "there is none": (lambda _path: None, "No such file"),
    "a folder": (lambda path: path.mkdir(), "Is a directory"),
    "no PEM": (lambda path: path.write_text("-----BEGIN PRIVATE KEY-----"), "holds no certificate"),
    "no key": (lambda path: trustme.CA().cert_pem.write_to_path(str(path)), "there is no .*ci.key"),
    "a locked key": (_locked, "holds no certificate"),
    "a pipe": (pipe, "is not a regular file"),
    "binary": (lambda path: path.write_bytes(b"\0\xff" * 99), "holds no certificate"),
}


@pytest.mark.parametrize(("write", "reason"), BAD_CERTIFICATES.values(), ids=BAD_CERTIFICATES)
def test_a_certificate_that_cannot_be_used(
    tmp_path: Path, write: Callable[[Path], object], reason: str
) -> None:
    path = tmp_path / "ci.pem"
    write(path)
    with pytest.raises(UsageError, match=f"^--client-cert: {re.escape(str(path))}: .*{reason}"):
        Http("https://bitbucket.example.com", BEARER, client_cert=path)


@pytest.mark.parametrize("name", [".", "/", "nu\0l"])
def test_a_certificate_whose_name_no_file_has(name: str) -> None:
    with pytest.raises(UsageError, match=r"^--client-cert: "):
        Http("https://bitbucket.example.com", BEARER, client_cert=Path(name))


def test_the_key_of_another_certificate(authority: trustme.CA, tmp_path: Path) -> None:
    path = tmp_path / "ci.pem"
    authority.issue_cert("ci@example.com").cert_chain_pems[0].write_to_path(str(path))
    authority.issue_cert("ci@example.com").private_key_pem.write_to_path(str(tmp_path / "ci.key"))
    with pytest.raises(UsageError, match="the key that belongs to it"):
        Http("https://bitbucket.example.com", BEARER, client_cert=path)


@pytest.mark.parametrize("name", ["none.pem", "empty.pem", ".", "nu\0l", "pipe"])
def test_an_authority_that_cannot_be_used(tmp_path: Path, name: str) -> None:
    (tmp_path / "empty.pem").touch()
    pipe(tmp_path / "pipe")
    with pytest.raises(UsageError, match=r"^--ca-file: ") as caught:
        Http("https://bitbucket.example.com", BEARER, ca_file=tmp_path / name)
    assert ("is not a regular file" in caught.value.message) is (name == "pipe")


def test_no_key_of_the_connection_is_written_anywhere(
    monkeypatch: pytest.MonkeyPatch, server_tls: ssl.SSLContext, ca_file: Path, tmp_path: Path
) -> None:
    monkeypatch.setenv("SSLKEYLOGFILE", str(tmp_path / "keys"))
    with server(OK, tls=server_tls) as url, Http(url, BEARER, ca_file=ca_file) as http:
        http.send("GET", ["x"])
    assert not (tmp_path / "keys").exists()
