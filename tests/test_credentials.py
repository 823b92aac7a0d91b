"""Credentials: where they come from, and that they never show."""

import base64
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from destinations.scripts import pipe

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


def test_a_token_file_that_is_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    pipe(tmp_path / "token")
    for path in (tmp_path / "token", Path("/dev/zero")):
        with pytest.raises(UsageError, match="is not a regular file") as caught:
            credentials({}, path)
        assert "BITBUCKET_TOKEN" in caught.value.hint


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


def test_a_token_file_that_is_cut_is_not_sent(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("t0ken" * 2000)
    with pytest.raises(UsageError, match="is longer than") as caught:
        credentials({}, tmp_path / "token")
    assert "t0ken" not in caught.value.message


@pytest.mark.parametrize(
    "text",
    [
        "a+b/c=d'e\"f&g",
        "a%2Bb%2Fc%3Dd%27e%22f%26g",  # as in a query (RFC 3986)
        "a%2bb/c%3dd%27e%22f%26g",
        "YStiL2M9ZCdlImYmZw",  # base64 -w0 | tr -d =
        "%61%2B%62%2F%63%3D%64%27%65%22%66%26%67",  # every character (RFC 3986, 2.1)
        "%61%2b%62%2f%63%3d%64%27%65%22%66%26%67",
        r"a+b/c=d\'e\"f&g".replace(r"\'", "'"),  # JSON
        "a+b/c=d&#x27;e&quot;f&amp;g",  # HTML
        r"a+b/c=d\'e" + '"f&g',  # a Python literal
    ],
)
def test_a_secret_is_found_however_it_is_written(text: str) -> None:
    secrets = Secrets("Bearer a+b/c=d'e\"f&g")
    assert secrets.masked(f"<{text}>") == "<***>"


@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
@pytest.mark.parametrize("before", ["", "x", "x:", "ann:", "Bearer "])
@pytest.mark.parametrize("after", ["", ".", "..", "\n", "more"])
def test_a_secret_is_found_within_what_is_in_base64(
    encode: Callable[[bytes], bytes], before: str, after: str
) -> None:
    secret = "tok3n~of?0urs/and>all"
    text = encode(f"{before}{secret}{after}".encode()).decode()
    shown = Secrets(f"Bearer {secret}").masked(text)
    letters = len(secret) * 8 // 6 - 1  # that hold nothing else
    assert shown.count("***") == 1
    assert len(text) - len(shown) >= letters - len("***")


@pytest.mark.parametrize(
    ("given", "masked"),
    [
        ('{"1234567890": ["1234567890", 1234567890]}', '{"***": ["***", "***"]}'),
        (r'{"a": "say \"1234567890\"", "b": 12, "c": -1e5}', r'{"a": "say \"***\"", "b": 12, "c": -1e5}'),
        ('[null, true, "x\\\\", "https://a:b@h/"]', '[null, true, "x\\\\", "https://***@h/"]'),
    ],
)  # fmt: skip
def test_masked_json_is_json(given: str, masked: str) -> None:
    shown = Secrets("Bearer 1234567890").masked_json(given)
    assert shown == masked
    json.loads(shown)


def test_the_secrets_around_a_process() -> None:
    environ = {
        "BITBUCKET_TOKEN": " t0ken-of-ours \n",
        "BITBUCKET_USERNAME": "ann",
        "BITBUCKET_PASSWORD": "pa55/w0rd",
        "HTTPS_PROXY": "http://bob:pr0xy%2Fword@proxy:8080",
        "no_proxy": "example.com",
    }
    secrets = Secrets.around(environ, ["--url", "https://eve:in-the-url@h"])
    text = "t0ken-of-ours, ann:pa55/w0rd, pa55%2Fw0rd, YW5uOnBhNTUvdzByZA==, pr0xy/word, in-the-url"
    assert secrets.masked(text).count("***") == 6
    assert not [part for part in ("0", "YW5", "in-") if part in secrets.masked(text)]
    assert secrets.masked("example.com, ann, bob and eve") == "example.com, ann, bob and eve"


def test_a_short_password_leaves_longer_words_alone() -> None:
    secrets = Secrets(basic("ann", "pass"))
    assert secrets.masked("the password is pass.") == "the password is ***."


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("at https://ann:s3cret@h/x?y", "at https://***@h/x?y"),
        ("HTTP://t0ken@h", "HTTP://***@h"),
        ("https://a:b@c@h", "https://***@h"),
        ("https://cdn/npm/pkg@1.2.3 and ann@h", "https://cdn/npm/pkg@1.2.3 and ann@h"),
        ("http://" * 100_000, "http://" * 100_000),
    ],
)
def test_no_address_keeps_its_user(text: str, masked: str) -> None:
    assert Secrets().masked(text) == masked
