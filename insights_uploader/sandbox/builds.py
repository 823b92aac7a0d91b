"""The build resources: the rich API of a repository, the legacy one of a commit, statistics.

Addresses, statuses and rights: Atlassian OpenAPI of Bitbucket Data Center 9.4,
`/api/latest/projects/{projectKey}/repos/{repositorySlug}/commits/{commitId}/builds`,
`/api/latest/build/capabilities` and `/build-status/latest/commits`.
"""

import re
from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from insights_uploader.sandbox.access import (
    authenticated,
    check_accept,
    check_xsrf,
    not_permitted,
)
from insights_uploader.sandbox.build_store import Build, BuildStore
from insights_uploader.sandbox.build_validation import (
    BAD_KEY,
    LEGACY_FIELDS,
    RICH_FIELDS,
    is_key,
    legacy_errors,
    rich_errors,
)
from insights_uploader.sandbox.envelope import ApiError, FieldError, Json, bad_argument, page
from insights_uploader.sandbox.scope import RepositoryScope, json_body
from insights_uploader.sandbox.settings import Permission
from insights_uploader.sandbox.validation import known

_BUILDS = "/projects/{project}/repos/{repository}/commits/{commit}/builds"
_ORDERS = ("NEWEST", "OLDEST", "STATUS")
_UNIQUE = ("failed", "inProgress", "successful")


class Builds:
    """The endpoints over one store; `now` gives milliseconds since 1970."""

    def __init__(self, scope: RepositoryScope, store: BuildStore, now: Callable[[], int]) -> None:
        """Serve `store`."""
        self._scope = scope
        self._store = store
        self._now = now
        self._capabilities = scope.settings.build_capabilities

    def routes(self) -> list[Route]:
        """List the routes below `/rest/api/{version}`, as far as this server has them."""
        found = []
        if self._capabilities is not None:
            found.append(Route("/build/capabilities", self.capabilities, methods=["GET"]))
            if "richBuildStatus" in self._capabilities:
                found += [
                    Route(_BUILDS, self.get_build, methods=["GET"]),
                    Route(_BUILDS, self.post_build, methods=["POST"]),
                    Route(_BUILDS, self.delete_build, methods=["DELETE"]),
                ]
        return found

    def legacy_routes(self) -> list[Route]:
        """List the routes below `/rest/build-status/{version}`."""
        return [
            Route("/commits/stats", self.statistics_of_many, methods=["POST"]),
            Route("/commits/stats/{commit}", self.statistics, methods=["GET"]),
            Route("/commits/{commit}", self.list_builds, methods=["GET"]),
            Route("/commits/{commit}", self.post_legacy, methods=["POST"]),
        ]

    async def capabilities(self, request: Request) -> Response:
        """Give what this server can (RestBuildCapabilities); no login needed."""
        check_accept(request.headers, "application/json")
        return Json({"buildStatus": list(self._capabilities or ())})

    async def post_build(self, request: Request) -> Response:
        """Store or replace a build of the repository; who may read may do it."""
        self._scope.writer(request)
        body = await json_body(request)
        commit = self._scope.full_commit(request)
        takes_cancelled = "cancelledStatus" in (self._capabilities or ())
        _refuse(rich_errors(body, takes_cancelled=takes_cancelled))
        self._put(commit, known(body, RICH_FIELDS), is_of_repository=True)
        return Response(status_code=204)

    async def get_build(self, request: Request) -> Response:
        """Give the build of a key."""
        check_accept(request.headers, "application/json")
        self._scope.reader(request)
        key = _key(request)
        found = self._store.get(self._scope.full_commit(request), key)
        if found is None:
            name = "com.atlassian.bitbucket.NoSuchEntityException"
            raise ApiError(404, f"No build status with key '{key}' exists for the commit.", name)
        return Json(self._shown(found))

    async def delete_build(self, request: Request) -> Response:
        """Delete the build of a key: an administrator's right; 404 is not for an absent one."""
        caller = self._scope.writer(request)
        if caller.permission < Permission.ADMIN:
            raise not_permitted()
        key = _key(request)
        self._store.delete(self._scope.full_commit(request), key)
        return Response(status_code=204)

    async def post_legacy(self, request: Request) -> Response:
        """Store or replace a build of a commit, which need be in no repository."""
        check_xsrf(request.headers)
        authenticated(request)
        body = await json_body(request)
        commit = _commit(request.path_params["commit"])
        _refuse(legacy_errors(body))
        self._put(commit, known(body, LEGACY_FIELDS), is_of_repository=False)
        return Response(status_code=204)

    async def list_builds(self, request: Request) -> Response:
        """Give a page of the commit's latest 100 builds."""
        check_accept(request.headers, "application/json")
        authenticated(request)
        order = request.query_params.get("orderBy", "NEWEST")
        if order not in _ORDERS:
            raise bad_argument(f"The query parameter 'orderBy' must be one of {', '.join(_ORDERS)}")
        found = self._store.latest(_commit(request.path_params["commit"]))
        if order == "OLDEST":
            found.reverse()
        elif order == "STATUS":
            found.sort(key=lambda build: str(build.body["state"]))
        return Json(page(request, [_shown_in_legacy(build) for build in found]))

    async def statistics(self, request: Request) -> Response:
        """Count a commit's builds; with `includeUnique` show one that is alone in its state.

        How the server shows it is not on record: as `result` here.
        """
        check_accept(request.headers, "application/json")
        authenticated(request)
        commit = _commit(request.path_params["commit"])
        counts: dict[str, Any] = self._store.statistics(commit) or dict.fromkeys(
            ("successful", "failed", "inProgress", "cancelled", "unknown"), 0
        )
        if request.query_params.get("includeUnique", "").lower() == "true":
            alone = next((name.upper() for name in _UNIQUE if counts[name] == 1), None)
            for build in self._store.latest(commit):
                if build.body["state"] == alone:
                    counts["result"] = _shown_in_legacy(build)
        return Json(counts)

    async def statistics_of_many(self, request: Request) -> Response:
        """Count the builds of several commits; one without builds is not in the answer."""
        check_xsrf(request.headers)
        authenticated(request)
        body = await json_body(request)
        if not isinstance(body, list) or not all(isinstance(each, str) for each in body):
            raise bad_argument("The request body must be an array of commit hashes")
        counts = {commit: self._store.statistics(commit) for commit in map(_commit, body)}
        return Json({commit: each for commit, each in counts.items() if each})

    def _put(self, commit: str, body: dict[str, Any], *, is_of_repository: bool) -> None:
        self._store.put(commit, body, is_of_repository=is_of_repository, now_ms=self._now())

    def _shown(self, build: Build) -> dict[str, Any]:
        """Show a build (Atlassian OpenAPI, RestBuildStatus)."""
        shown = {**build.body, "createdDate": build.created_ms, "updatedDate": build.updated_ms}
        if build.is_of_repository:
            settings = self._scope.settings
            shown |= {"projectKey": settings.project, "repositorySlug": settings.repository}
        return shown


def _shown_in_legacy(build: Build) -> dict[str, Any]:
    """Show a build as the legacy API does, seen in recorded answers."""
    return {**known(build.body, LEGACY_FIELDS), "dateAdded": build.updated_ms}


def _key(request: Request) -> str:
    key = request.query_params.get("key")
    if key is None or not is_key(key):
        raise bad_argument(BAD_KEY)
    return key


def _commit(name: str) -> str:
    if not re.fullmatch(r"[0-9a-fA-F]{40}", name):
        raise bad_argument(f"'{name}' is not a full 40 character commit hash")
    return name.lower()


def _refuse(errors: list[FieldError]) -> None:
    if errors:
        raise ApiError(400, errors)
