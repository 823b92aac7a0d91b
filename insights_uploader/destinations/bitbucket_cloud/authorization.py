"""What proves to Bitbucket Cloud who we are.

An API token of Atlassian goes as the password of its account's e-mail address, the access token of a
repository, project or workspace as Bearer, and an OAuth consumer's id and secret are good for a
token (https://developer.atlassian.com/cloud/bitbucket/rest/intro/). A step of Pipelines needs none of
them: a proxy beside it adds the step's own login to what goes to http://api.bitbucket.org in clear,
and never leaves the machine (reviewdog/reviewdog #815, #996).
"""

import time
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec

from insights_uploader.credentials import basic, credentials
from insights_uploader.destinations.bitbucket_cloud.refusals import token_refusal
from insights_uploader.destinations.http import Http, Reply
from insights_uploader.destinations.oauth import OAuthClient
from insights_uploader.model.errors import ServerError, UsageError

CLIENT_SECRET = "BITBUCKET_CLIENT_SECRET"  # noqa: S105 - the variable's name
_CLIENT_ID = "BITBUCKET_CLIENT_ID"
_PROXY_PORT = 29418
_IN_STEP, _IN_PIPE = "localhost", "host.docker.internal"


class OAuthConsumer(msgspec.Struct, frozen=True):
    """The key and the secret of an OAuth consumer. Its text form shows no secret."""

    client_id: str
    client_secret: str

    @property
    def basic(self) -> str:
        """The value of the header that asks for a token."""
        return basic(self.client_id, self.client_secret)

    def __repr__(self) -> str:
        return f"<OAuth consumer {self.client_id}>"


class PipelinesProxy(msgspec.Struct, frozen=True):
    """The proxy that adds the login of a step of Pipelines."""

    address: str


Proof = str | OAuthConsumer | PipelinesProxy
"""The value of the Authorization header, or how else we are known."""


def proof(environ: Mapping[str, str], token_file: Path | None) -> Proof:
    """How we are known, by precedence: a token, a user's password, an OAuth consumer, Pipelines.

    Raises:
        UsageError: in no way, or what there is cannot be sent.
    """
    try:
        value = credentials(environ, token_file).authorization
    except UsageError as error:
        if error.slug != "no-credentials":
            raise
        return _without_token(environ)
    scheme, _, secret = value.partition(" ")
    user = environ.get("BITBUCKET_USERNAME", "").strip()
    if scheme != "Bearer" or not user:
        return value
    if ":" in user:
        raise UsageError("bad-credentials", "BITBUCKET_USERNAME must not contain a colon")
    try:
        return basic(user, secret)
    except UnicodeEncodeError:
        raise UsageError("bad-credentials", "BITBUCKET_USERNAME: is not text in UTF-8") from None


def _without_token(environ: Mapping[str, str]) -> OAuthConsumer | PipelinesProxy:
    client_id, secret = (environ.get(n, "").strip() for n in (_CLIENT_ID, CLIENT_SECRET))
    if client_id and secret:
        if not all(each.isascii() and each.isprintable() for each in (client_id, secret)):
            words = f"{_CLIENT_ID} or {CLIENT_SECRET}: holds characters that none has"
            raise UsageError("bad-credentials", words)
        return OAuthConsumer(client_id, secret)
    if environ.get("BITBUCKET_PIPELINE_UUID"):
        is_pipe = bool(environ.get("BITBUCKET_PIPE_STORAGE_DIR"))  # a container beside the step's
        return PipelinesProxy(f"http://{_IN_PIPE if is_pipe else _IN_STEP}:{_PROXY_PORT}")
    raise UsageError(
        "no-credentials",
        "there is no login for Bitbucket Cloud",
        "Set BITBUCKET_TOKEN to an API token and BITBUCKET_USERNAME to its account's e-mail "
        "address, or BITBUCKET_TOKEN alone to a repository's access token, or "
        f"{_CLIENT_ID} and {CLIENT_SECRET}. A step of Bitbucket Pipelines needs none of them.",
    )


class ClientCredentials(OAuthClient):
    """An OAuth consumer's way to a token."""

    def __init__(
        self,
        http: Http,
        consumer: OAuthConsumer,
        *,
        learn: Callable[[str], None] = lambda _: None,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        """Fetch nothing yet.

        Args:
            http: to the server of the logins, with the consumer's id and secret as Basic.
            consumer: whose they are.
            learn: gets each header's value before it is used, so that nothing shows it.
            now: a clock, in seconds.
        """
        super().__init__(consumer.client_id, consumer.client_secret, learn=learn, now=now)
        self._http = http

    def _asked(self) -> Reply:
        # repeatable, since another token does no harm
        return self._http.send(
            "POST",
            ("site", "oauth2", "access_token"),
            form={"grant_type": self._client.grant_type},
            repeatable=True,
        )

    def _refusal(self, reply: Reply) -> ServerError:
        return token_refusal(reply)
