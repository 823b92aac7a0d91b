"""The sandbox as a Jira Cloud site: who tests are there, and the ways that they go."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

from insights_uploader.destinations.authorization import Authorization
from insights_uploader.destinations.http import Http, Retries
from insights_uploader.destinations.jira_cloud.connect import ConnectApp
from insights_uploader.destinations.jira_cloud.oauth import ClientCredentials
from insights_uploader.destinations.jira_cloud.site import ConnectWay, GatewayWay, JiraSite
from insights_uploader.sandbox.jira_settings import JiraSettings
from insights_uploader.sandbox.server import Sandbox

THERE = JiraSettings()

OAUTH = {"JIRA_CLIENT_ID": THERE.client_id, "JIRA_CLIENT_SECRET": THERE.client_secret}
CONNECT = {"JIRA_CONNECT_KEY": THERE.app_key, "JIRA_CONNECT_SECRET": THERE.shared_secret}
SECRETS = (THERE.client_secret, THERE.shared_secret)


def environment(sandbox: Sandbox, who: dict[str, str] = OAUTH) -> dict[str, str]:
    """The variables by which the installed program finds the site, as one of the two."""
    return {"JIRA_SITE": sandbox.url, "JIRA_API_URL": sandbox.url, **who}


@contextmanager
def as_client(
    sandbox: Sandbox,
    *,
    client_id: str = THERE.client_id,
    secret: str = THERE.client_secret,
    cloud_id: str | None = THERE.cloud_id,
    retries: Retries | None = None,
    now: Callable[[], float] = time.monotonic,
) -> Iterator[JiraSite]:
    """The site by OAuth credentials; without a cloud id it is asked for."""
    with ExitStack() as stack:

        def opened(proof: str | Authorization) -> Http:
            return stack.enter_context(Http(sandbox.url, proof, retries=retries))

        credentials = ClientCredentials(opened(""), client_id, secret, now=now)
        yield JiraSite(opened(credentials), GatewayWay(credentials, cloud_id, opened("")))


@contextmanager
def as_app(
    sandbox: Sandbox,
    *,
    app_key: str = THERE.app_key,
    secret: str = THERE.shared_secret,
    now: Callable[[], float] = time.time,
) -> Iterator[JiraSite]:
    """The site by a Connect app."""
    with Http(sandbox.url, ConnectApp(app_key, secret, now)) as http:
        yield JiraSite(http, ConnectWay())
