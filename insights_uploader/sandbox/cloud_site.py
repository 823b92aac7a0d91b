"""Bitbucket Cloud beside Bitbucket Data Center: `/2.0/` is its API, `/site/` its logins."""

from collections.abc import Callable
from datetime import UTC, datetime

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.routing import Mount, Route, Router
from starlette.types import ASGIApp, Receive, Scope, Send

from insights_uploader.sandbox.cloud_access import CloudAccess
from insights_uploader.sandbox.cloud_envelope import CloudError, cloud_error, gateway_error
from insights_uploader.sandbox.cloud_insights import CloudInsights
from insights_uploader.sandbox.cloud_pull_requests import CloudPullRequests
from insights_uploader.sandbox.cloud_scope import CloudScope
from insights_uploader.sandbox.cloud_settings import CloudSettings
from insights_uploader.sandbox.cloud_statuses import CloudStatuses
from insights_uploader.sandbox.scope import RepositoryScope

_PREFIXES = ("/2.0/", "/site/oauth2/")


class BitbucketCloud:
    """ASGI layer: serves Cloud's addresses, and passes everything else on.

    Attributes:
        settings: of the workspace.
        access: its logins.
        insights: its Code Insights.
        statuses: its build statuses.
    """

    def __init__(
        self,
        app: ASGIApp,
        scope: RepositoryScope,
        settings: CloudSettings,
        clock: Callable[[], float],
        *,
        keeps: bool,
    ) -> None:
        """Stand before `app`; `clock` gives the seconds by which tokens end."""
        self.settings = settings
        self.access = CloudAccess(settings, clock)
        here = CloudScope(scope, settings, self.access)
        self.insights = CloudInsights(here, _now, keeps=keeps)
        self.statuses = CloudStatuses(here, _now)
        routes = [
            *self.insights.routes(),
            *self.statuses.routes(),
            *CloudPullRequests(here).routes(),
        ]
        self._app = app
        self._site = Starlette(
            routes=[
                Route("/site/oauth2/access_token", self.access.token, methods=["POST"]),
                Mount("/2.0/repositories", app=Router(routes, redirect_slashes=False)),
            ],
            exception_handlers={CloudError: cloud_error, HTTPException: gateway_error},
        )
        self._site.router.redirect_slashes = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve what is Cloud's."""
        is_ours = scope["path"].startswith(_PREFIXES)
        await (self._site if is_ours else self._app)(scope, receive, send)

    def clear(self) -> None:
        """Forget all that was sent, and end all tokens."""
        self.access.revoke()
        self.insights.clear()
        self.statuses.clear()


def _now() -> str:
    return datetime.now(UTC).isoformat()
