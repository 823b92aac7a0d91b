"""Floor 2: the secrets that prove to the server who we are."""

import base64
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from insights_uploader.model.errors import UsageError

_MAX_TOKEN = 8192


class Credentials:
    """What proves to the server who we are. Never shown: its text form holds no secret."""

    def __init__(self, scheme: str, secret: str, origin: str) -> None:
        self._scheme = scheme
        self._secret = secret
        self.origin = origin

    @property
    def authorization(self) -> str:
        """The value of the Authorization header."""
        return f"{self._scheme} {self._secret}"

    def __repr__(self) -> str:
        return f"<{self._scheme} credentials from {self.origin}>"


class Secrets:
    """Takes secrets out of text, in each of the forms in which a server may send them back.

    Its own text form holds none.
    """

    def __init__(self, *authorizations: str) -> None:
        """Know the secrets in these values of an Authorization header; an empty one holds none."""
        forms = {form for value in authorizations for form in _forms(value) if form}
        longest_first = sorted(forms, key=len, reverse=True)  # the whole before its parts
        self._forms = re.compile("|".join(map(re.escape, longest_first)) or r"(?!)")

    def masked(self, text: str) -> str:
        """The text with stars in the place of every secret."""
        return self._forms.sub("***", text)

    def __repr__(self) -> str:
        return "<secrets>"


def basic(user: str, password: str) -> str:
    """The value of the header for Basic authentication (RFC 7617)."""
    return f"Basic {base64.b64encode(f'{user}:{password}'.encode()).decode()}"


def credentials(environ: Mapping[str, str], token_file: Path | None) -> Credentials:
    """The credentials by precedence: `--token-file`, BITBUCKET_TOKEN, user and password.

    An HTTP access token goes as Bearer, which project and repository tokens need; a user's
    password as Basic, from BITBUCKET_USERNAME and BITBUCKET_PASSWORD.

    Raises:
        UsageError: there are none, or they could not be sent.
    """
    if token_file is not None:
        return _bearer(_read(token_file), f"--token-file {token_file}")
    if token := environ.get("BITBUCKET_TOKEN", "").strip():
        return _bearer(token, "BITBUCKET_TOKEN")
    user = environ.get("BITBUCKET_USERNAME", "")
    password = environ.get("BITBUCKET_PASSWORD", "")
    if user and password:
        if ":" in user:
            raise UsageError("bad-credentials", "BITBUCKET_USERNAME must not contain a colon")
        origin = "BITBUCKET_USERNAME and BITBUCKET_PASSWORD"
        try:
            scheme, _, pair = basic(user, password).partition(" ")
            return Credentials(scheme, pair, origin)
        except UnicodeEncodeError:
            raise UsageError("bad-credentials", f"{origin}: are not text in UTF-8") from None
    raise UsageError(
        "no-credentials",
        "there is no token for the server",
        "Set BITBUCKET_TOKEN to an HTTP access token that may read the repository, "
        "or name a file that holds one with --token-file.",
    )


def _bearer(token: str, origin: str) -> Credentials:
    if not token.isascii() or not token.isprintable() or " " in token:
        raise UsageError(
            "bad-credentials", f"the token from {origin} holds characters that no token has"
        )
    return Credentials("Bearer", token, origin)


def _forms(authorization: str) -> Iterator[str]:
    scheme, _, secret = authorization.partition(" ")
    yield from (authorization, secret)
    if scheme == "Basic":
        pair = base64.b64decode(secret).decode()
        yield from (pair, pair.partition(":")[2])


def _read(path: Path) -> str:
    try:
        with path.open(encoding="utf-8") as file:
            token = file.read(_MAX_TOKEN).strip()
    except (OSError, ValueError) as error:  # or a NUL in the path, out of a settings file
        reason = error.strerror if isinstance(error, OSError) else "is not text"
        raise UsageError("bad-token-file", f"--token-file {path}: {reason}") from None
    if not token:
        raise UsageError("bad-token-file", f"--token-file {path}: is empty")
    return token
