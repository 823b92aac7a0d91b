"""One site of Jira Software Cloud, by either of the two ways to it."""

from collections.abc import Collection, Sequence
from typing import Any, Protocol
from urllib.parse import urlencode

from insights_uploader.destinations.address import path_of
from insights_uploader.destinations.authorization import Query
from insights_uploader.destinations.http import Http, Reply
from insights_uploader.destinations.jira_cloud.address import (
    Api,
    below_gateway,
    below_site,
    checked_cloud_id,
)
from insights_uploader.destinations.jira_cloud.oauth import ClientCredentials
from insights_uploader.destinations.jira_cloud.refusals import refusal
from insights_uploader.model.errors import UsageError


class Way(Protocol):
    """How requests get to a site.

    Attributes:
        is_connect: as a Connect app; else with OAuth credentials.
    """

    is_connect: bool

    def segments(self, api: Api) -> Sequence[str]:
        """The segments of an API's address below the base address of the way.

        Raises:
            ServerError: they cannot be found out.
            UsageError: the site is not named.
        """
        ...

    def refused(self) -> bool:
        """Be told of a 401; tell whether the next try would bring another proof worth trying."""
        ...


class ConnectWay:
    """As a Connect app: below the site itself. Each request's proof is its own (`ConnectApp`)."""

    is_connect = True

    def segments(self, api: Api) -> Sequence[str]:
        """As the API's document has them."""
        return below_site(api)

    def refused(self) -> bool:
        """False: another proof would be as good as this one."""
        return False


class GatewayWay:
    """As an on-premise integration: below Atlassian's gateway, by the site's cloud id."""

    is_connect = False

    def __init__(
        self, credentials: ClientCredentials, cloud_id: str | None, site: Http | None
    ) -> None:
        """Ask for nothing yet.

        Args:
            credentials: those of the way to the gateway.
            cloud_id: of the site; found out when it is needed, if None.
            site: to the site itself, without authorization; needed where there is no cloud id.
        """
        self._credentials = credentials
        self._cloud_id = cloud_id
        self._site = site

    def segments(self, api: Api) -> Sequence[str]:
        """With the cloud id, which the site itself tells at an address that needs no login."""
        if self._cloud_id is None:
            self._cloud_id = self._found_cloud_id()
        return below_gateway(api, self._cloud_id)

    def refused(self) -> bool:
        """True if the token had served before: see `ClientCredentials.refused`."""
        return self._credentials.refused()

    def _found_cloud_id(self) -> str:
        if self._site is None:
            raise UsageError("no-jira", "neither the Jira site nor its cloud id is given")
        reply = self._site.send("GET", ("_edge", "tenant_info"))
        found = reply.json() if reply.status == 200 else None
        cloud_id = found.get("cloudId") if isinstance(found, dict) else None
        if not isinstance(cloud_id, str):
            words = f"the site does not tell its cloud id ({reply.status})"
            raise reply.error("no-site", words, "Check --jira-site, or give --jira-cloud-id.")
        try:
            return checked_cloud_id(cloud_id)
        except UsageError:
            raise reply.error("odd-reply", "what the site tells is no cloud id") from None


class JiraSite:
    """Requests to the APIs of one site."""

    def __init__(self, http: Http, way: Way) -> None:
        """Send nothing yet.

        Args:
            http: to the site or to the gateway, with its authorization.
            way: which of the two.
        """
        self._http = http
        self._way = way

    def send(
        self,
        api: Api,
        method: str,
        *below: str,
        query: Query = (),
        body: Any = None,
        repeatable: bool | None = None,
        expected: Collection[int] = (200, 202),
    ) -> Reply:
        """Send a request below an API's address; give the answer, which has a status hoped for.

        A 401 is never answered with the same proof again. Only where an OAuth token that had
        served before is refused, as when it was ended early, is a new one tried, once.

        Args:
            api: which.
            method: GET, POST or DELETE.
            below: the segments below the API's address, as `bulk`.
            query: the query's pairs.
            body: what to send as JSON.
            repeatable: as `Http.send` has it. What these APIs take replaces what is stored under
                an older sequence number: to submit it twice does no more than once.
            expected: statuses that are no refusal.

        Raises:
            ServerError: Jira refuses or cannot be reached.
            UsageError: a segment or the query can be in no address; nothing was sent.
        """
        segments = (*self._way.segments(api), *below)

        def once() -> Reply:
            return self._http.send(method, segments, query=query, body=body, repeatable=repeatable)

        reply = once()
        if reply.status == 401 and self._way.refused():
            reply = once()
        if reply.status not in expected:
            raise refusal(reply, api, is_connect=self._way.is_connect)
        return reply


def shown_address(api: Api, *below: str, query: Query = ()) -> str:
    """An address as the API's document has it: below the site.

    Sent with OAuth credentials the same is below Atlassian's gateway, with the site's cloud id.
    """
    shown = path_of((*below_site(api), *below))
    return f"{shown}?{urlencode(list(query))}" if query else shown
