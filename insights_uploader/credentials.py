"""Floor 2: the secrets that prove to the server who we are."""

import base64
import html
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Self
from urllib.parse import quote, quote_plus, unquote

from insights_uploader.model.errors import UsageError

_MAX_TOKEN = 8192
_LONG = 8
_USERNAME, _PASSWORD = "BITBUCKET_USERNAME", "BITBUCKET_PASSWORD"
_SECRET = (
    "BITBUCKET_TOKEN",
    _PASSWORD,
    "BITBUCKET_CLIENT_SECRET",
    "JIRA_CLIENT_SECRET",
    "JIRA_CONNECT_SECRET",
)
_VARIABLES = {
    "token": "BITBUCKET_TOKEN",
    "user": _USERNAME,
    "username": _USERNAME,
    "password": _PASSWORD,
}
_URL = "INSIGHTS_UPLOADER_URL"
_NOTHING = re.compile(r"(?!)")
_SCALAR = re.compile(r'"(?:[^"\\]++|\\.)*+"|[-+.0-9eE]++')
_USERINFO = re.compile(r"(https?://)[^\s/?#]*@", re.IGNORECASE)


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
    """Takes secrets out of text, in each of the forms in which they may stand there.

    The user and password of any address go too. Its own text form holds none.
    """

    def __init__(self, *authorizations: str) -> None:
        """Know the secrets in these values of an Authorization header; an empty one holds none."""
        self._known: set[str] = set()
        self._forms = _NOTHING
        self.learn(*authorizations)

    @classmethod
    def around(cls, environ: Mapping[str, str], arguments: Sequence[str]) -> Self:
        """Know the secrets that a process was started with: tokens, passwords, those of proxies."""
        found = cls()
        found._learn(*(environ.get(name, "").strip() for name in _SECRET))
        user, password = environ.get(_USERNAME), environ.get(_PASSWORD)
        if user and password:
            found._learn(f"{user}:{password}")
        for name, value in environ.items():
            if name.upper().endswith("_PROXY") or name in ("BITBUCKET_URL", _URL):
                found._learn(*_passwords(value))
        for argument in arguments:
            if "://" in argument:
                found._learn(*_passwords(argument))
        return found

    def learn(self, *authorizations: str) -> None:
        """Know the secrets in these values, too."""
        for authorization in authorizations:
            scheme, _, secret = authorization.partition(" ")
            self._learn(authorization, secret)
            if scheme == "Basic":
                pair = base64.b64decode(secret).decode()
                self._learn(pair, pair.partition(":")[2])

    def masked(self, text: str) -> str:
        """The text with stars in the place of every secret."""
        return _USERINFO.sub(r"\1***@", self._forms.sub("***", text))

    def masked_json(self, text: str) -> str:
        """JSON with stars in the place of every secret, which is JSON still."""

        def masked(match: re.Match[str]) -> str:
            is_text = match[0][0] == '"'
            shown = self.masked(match[0][1:-1] if is_text else match[0])
            return f'"{shown}"' if is_text or shown != match[0] else shown

        return _SCALAR.sub(masked, text)

    def _learn(self, *secrets: str) -> None:
        self._known |= {form for secret in secrets if secret for form in _forms(secret)}
        longest_first = sorted(self._known, key=len, reverse=True)  # the whole before its parts
        self._forms = (
            re.compile("|".join(map(_pattern, longest_first))) if self._known else _NOTHING
        )

    def __repr__(self) -> str:
        return "<secrets>"


def variable_of(setting: str) -> str | None:
    """The variable for what people take for a setting, as `token`; None for anything else."""
    return _VARIABLES.get(re.split("[-_]", setting.lower())[-1])


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
    if token[0] in "\"'" or token[-1] in "\"'":
        raise UsageError(
            "bad-credentials",
            f"the token from {origin} has a quotation mark around it",
            "The quotes are no part of it: leave them out where the value is set.",
        )
    if token.startswith("$"):
        raise UsageError(
            "bad-credentials",
            f"the token from {origin} is the name of a variable, which nobody has replaced",
            "Let the shell or the CI put the variable's value there.",
        )
    if not token.isascii() or not token.isprintable() or " " in token:
        raise UsageError(
            "bad-credentials",
            f"the token from {origin} holds characters that no token has",
            "A token is one word of letters, digits and signs: copy it again, alone.",
        )
    return Credentials("Bearer", token, origin)


def _forms(secret: str) -> Iterator[str]:
    """The secret as it stands in text, an address, a Python literal, JSON, HTML and base64.

    In base64 it may be the part of something longer, as of `user:password`: of the bits that it
    shares a letter with, nothing is known.
    """
    content = secret.encode("utf-8", "surrogateescape")
    yield secret
    for quoted in (quote(content), quote(content, safe=""), quote_plus(content)):
        yield quoted
        yield re.sub("%..", lambda escape: escape[0].lower(), quoted)
    yield from (repr(secret)[1:-1], ascii(secret)[1:-1], repr(content)[2:-1])
    yield from (json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1])
    yield html.escape(secret)
    for escape in ("%{:02X}", "%{:02x}"):
        yield "".join(map(escape.format, content))
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        for before in range(3):
            first, end = -(-before * 8 // 6), (before + len(content)) * 8 // 6
            encoded = encode(bytes(before) + content).decode().rstrip("=")
            yield from filter(None, (encoded[first:], encoded[first:end]))


def _pattern(form: str) -> str:
    """Finds it; what is as short as a word of ours only where it is a word of its own."""
    exact = re.escape(form)
    return exact if len(form) >= _LONG else rf"(?<!\w){exact}(?!\w)"


def _passwords(text: str) -> Iterator[str]:
    """What proves a user in an address; its special characters should be quoted, and may not be."""
    userinfo, _, _ = text.rpartition("@")
    user, _, password = userinfo.rpartition("://")[2].partition(":")
    if password:
        yield from (password, unquote(password), f"{unquote(user)}:{unquote(password)}")


def _read(path: Path) -> str:
    if path.exists() and not (path.is_file() or path.is_dir()):  # a pipe may never give anything
        raise UsageError(
            "bad-token-file",
            f"--token-file {path}: is not a regular file",
            "Write the token to a file that only you can read, or set BITBUCKET_TOKEN to it.",
        )
    try:
        with path.open(encoding="utf-8") as file:
            token = file.read(_MAX_TOKEN + 1)
    except (OSError, ValueError) as error:  # or a NUL in the path, out of a settings file
        reason = error.strerror if isinstance(error, OSError) else "is not text"
        raise UsageError("bad-token-file", f"--token-file {path}: {reason}") from None
    if len(token) > _MAX_TOKEN:
        words = f"is longer than the {_MAX_TOKEN} characters of any token"
        raise UsageError("bad-token-file", f"--token-file {path}: {words}")
    if not token.strip():
        raise UsageError("bad-token-file", f"--token-file {path}: is empty")
    return token.strip()
