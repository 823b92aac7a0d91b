"""The application: the layers in their order and all routes below the context path."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount, Route, Router

from insights_uploader.sandbox.access import (
    Authentication,
    Logins,
    XsrfError,
    caller_of,
    check_accept,
    xsrf_error,
)
from insights_uploader.sandbox.build_store import BuildStore
from insights_uploader.sandbox.builds import Builds
from insights_uploader.sandbox.cloud_site import BitbucketCloud
from insights_uploader.sandbox.code_coverage import CodeCoverage
from insights_uploader.sandbox.commits import Commits
from insights_uploader.sandbox.connections import Connections
from insights_uploader.sandbox.deployments import Deployments
from insights_uploader.sandbox.envelope import (
    ApiError,
    Json,
    api_error,
    git_error,
    http_error,
)
from insights_uploader.sandbox.faults import Faults, FaultyNetwork
from insights_uploader.sandbox.git import GitError, Repository
from insights_uploader.sandbox.insights import Insights
from insights_uploader.sandbox.jira_cloud import JiraCloud
from insights_uploader.sandbox.jira_site import jira_site
from insights_uploader.sandbox.pages import Pages
from insights_uploader.sandbox.pull_requests import PullRequests
from insights_uploader.sandbox.rate_limit import Buckets, RateLimiting
from insights_uploader.sandbox.recording import Observer, Recorder
from insights_uploader.sandbox.required_builds import RequiredBuilds
from insights_uploader.sandbox.scope import RepositoryScope
from insights_uploader.sandbox.settings import SandboxSettings
from insights_uploader.sandbox.store import Store


@dataclass(frozen=True, slots=True)
class Application:
    """One sandbox without its socket: the ASGI app and what tests may look at."""

    app: Recorder
    store: Store
    builds: BuildStore
    faults: Faults
    connections: Connections
    scope: RepositoryScope
    buckets: Buckets | None
    jira: JiraCloud
    cloud: BitbucketCloud
    required_builds: RequiredBuilds
    deployments: Deployments
    coverage: CodeCoverage


def build(
    settings: SandboxSettings,
    clock: Callable[[], float] = time.monotonic,
    observe: Observer | None = None,
) -> Application:
    """Put a sandbox together; raise GitError if the checkout is no repository.

    Args:
        settings: what it serves, to whom, and how.
        clock: gives seconds; what fills the buckets of the rate limit, and ends Jira's tokens.
        observe: is told of every exchange.
    """
    store = Store(settings.annotation_limit, settings.put_keeps_annotations)
    builds = BuildStore()
    faults, connections = Faults(), Connections()
    buckets = Buckets(settings.rate_limit, clock) if settings.rate_limit else None
    scope = RepositoryScope(settings, Repository(settings.checkout))
    required, deployments, coverage = RequiredBuilds(scope), Deployments(scope), CodeCoverage()
    more = {
        "required-builds": required.routes(),
        "api": deployments.routes(),
        "code-coverage": coverage.routes(),
    }
    server = _server(settings, scope, store, builds, more)
    limited = RateLimiting(server, buckets) if buckets else server
    guarded = Authentication(limited, Logins(settings))
    jira = jira_site(guarded, settings.jira, clock)
    keeps = settings.put_keeps_annotations
    cloud = BitbucketCloud(jira, scope, settings.cloud, clock, keeps=keeps)
    app = Recorder(FaultyNetwork(cloud, faults, connections), settings.body_limit, observe)
    return Application(
        app,
        store,
        builds,
        faults,
        connections,
        scope,
        buckets,
        jira,
        cloud,
        required_builds=required,
        deployments=deployments,
        coverage=coverage,
    )


def _server(
    settings: SandboxSettings,
    scope: RepositoryScope,
    store: Store,
    builds: BuildStore,
    more: Mapping[str, list[Route]],
) -> Starlette:
    routes = _routes(settings, scope, store, builds, more)
    handlers: dict[Any, Any] = {
        ApiError: api_error,
        HTTPException: partial(http_error, context_path=settings.context_path),
        XsrfError: xsrf_error,
        GitError: git_error,
    }
    app = Starlette(
        routes=[_below(settings.context_path, routes)] if settings.context_path else routes,
        exception_handlers=handlers,
    )
    app.router.redirect_slashes = False
    return app


def _routes(
    settings: SandboxSettings,
    scope: RepositoryScope,
    store: Store,
    builds: BuildStore,
    more: Mapping[str, list[Route]],
) -> list[BaseRoute]:
    insights = Insights(scope, store, _now_ms).routes()
    build_status = Builds(scope, builds, _now_ms)

    async def properties(request: Request) -> Response:
        check_accept(request.headers, "application/json")
        return Json(_properties(settings))

    api = [
        Route("/application-properties", properties),
        *PullRequests(scope).routes(),
        *Commits(scope).routes(),
        *build_status.routes(),
        *more["api"],
    ]
    apis = {
        **more,
        "insights": insights,
        "api": api,
        "build-status": build_status.legacy_routes(),
    }
    return [
        *(
            _below(f"/rest/{name}/{version}", routes)
            for name, routes in apis.items()
            for version in ("latest", "1.0")
        ),
        Route("/plugins/servlet/applinks/whoami", _whoami),
        *Pages(settings, store).routes(),
    ]


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


def _below(path: str, routes: Sequence[BaseRoute]) -> Mount:
    return Mount(path, app=Router(routes, redirect_slashes=False))


def _properties(settings: SandboxSettings) -> dict[str, str]:
    """Atlassian OpenAPI, RestApplicationProperties; no login needed."""
    return {
        "version": settings.version,
        "buildNumber": "0",
        "buildDate": "0",
        "displayName": "Bitbucket",
    }


async def _whoami(request: Request) -> Response:
    caller = caller_of(request)
    return PlainTextResponse(caller.name if caller else "")
