"""Proof to Jira Software Cloud by OAuth 2.0 credentials.

Atlassian, "Integrate Jira Software Cloud with on-premises tools". Knows no network but the way it
is given.
"""

import time
from collections.abc import Callable
from urllib.parse import parse_qsl

from insights_uploader.destinations.http import Http, Reply
from insights_uploader.destinations.jira_cloud.refusals import token_refusal
from insights_uploader.destinations.oauth import OAuthClient
from insights_uploader.model.errors import ServerError

_AUDIENCE = "api.atlassian.com"


class ClientCredentials(OAuthClient):
    """The credentials that an administrator of the site makes."""

    def __init__(
        self,
        http: Http,
        client_id: str,
        client_secret: str,
        *,
        learn: Callable[[str], None] = lambda _: None,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        """Fetch nothing yet.

        Args:
            http: to Atlassian's gateway, without authorization.
            client_id: of the credentials.
            client_secret: likewise.
            learn: gets each header's value before it is used, so that nothing shows it.
            now: a clock, in seconds.
        """
        super().__init__(client_id, client_secret, learn=learn, now=now)
        self._http = http

    def _asked(self) -> Reply:
        form = self._client.prepare_request_body(
            audience=_AUDIENCE, client_secret=self._secret, include_client_id=True
        )
        # repeatable, since another token does no harm
        return self._http.send(
            "POST",
            ("oauth", "token"),
            body=dict(parse_qsl(form, keep_blank_values=True)),
            repeatable=True,
        )

    def _refusal(self, reply: Reply) -> ServerError:
        return token_refusal(reply)
