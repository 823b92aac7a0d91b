"""Credentials: where they come from, and that they never show."""

from pathlib import Path

import pytest

from insights_uploader.credentials import Secrets, basic, credentials
from insights_uploader.model.errors import UsageError


@pytest.mark.parametrize(
    ("environ", "authorization"),
    [
        ({"BITBUCKET_TOKEN": " s3cret \n"}, "Bearer s3cret"),
        ({"BITBUCKET_USERNAME": "ann", "BITBUCKET_PASSWORD": "p:w"}, "Basic YW5uOnA6dw=="),  # RFC 7617
        ({"BITBUCKET_TOKEN": "tok3n", "BITBUCKET_USERNAME": "a", "BITBUCKET_PASSWORD": "p"}, "Bearer tok3n"),
    ],
)  # fmt: skip
def test_the_environment(environ: dict[str, str], authorization: str) -> None:
    found = credentials(environ, None)
    assert found.authorization == authorization
    secret = authorization.split(" ")[1]
    assert secret not in f"{found} {found!r} {[found]}"


def test_a_token_file_comes_first(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("filed\n")
    found = credentials({"BITBUCKET_TOKEN": "other"}, tmp_path / "token")
    assert found.authorization == "Bearer filed"


@pytest.mark.parametrize(
    "content", [None, b"", b"\n", b"\xff\xfe", b"two words", "schlüssel".encode()]
)
def test_a_token_file_that_cannot_serve(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "token").write_bytes(content)
    with pytest.raises(UsageError, match="token") as caught:
        credentials({}, tmp_path / "token")
    assert "schl" not in caught.value.message


def test_half_a_pair_is_none() -> None:
    with pytest.raises(UsageError, match="there is no token"):
        credentials({"BITBUCKET_USERNAME": "ann"}, None)


def test_a_password_that_is_not_text() -> None:
    with pytest.raises(UsageError, match="BITBUCKET_PASSWORD: are not text") as caught:
        credentials({"BITBUCKET_USERNAME": "ann", "BITBUCKET_PASSWORD": "pa55\udcff"}, None)
    assert "pa55" not in caught.value.message


def test_a_token_file_whose_name_no_file_can_have() -> None:
    with pytest.raises(UsageError, match="--token-file"):
        credentials({}, Path("a\0b"))


def test_secrets_are_masked_whole_before_their_parts() -> None:
    secrets = Secrets("Bearer abc", basic("ann", "abcd"), "")
    assert secrets.masked("Bearer abc, abc, abcd, ann:abcd, YW5uOmFiY2Q=") == ", ".join(["***"] * 5)
    assert Secrets("").masked("text") == "text"
    assert "abc" not in repr(secrets)
