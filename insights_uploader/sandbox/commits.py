"""The commit resources: one commit, a merge base, a diff of any two."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from insights_uploader.sandbox.access import check_accept
from insights_uploader.sandbox.comparisons import Comparisons
from insights_uploader.sandbox.envelope import Json, bad_argument
from insights_uploader.sandbox.git import EMPTY_TREE, Commit
from insights_uploader.sandbox.scope import RepositoryScope

_REPOSITORY = "/projects/{project}/repos/{repository}"


class Commits:
    """The endpoints below `/rest/api/{version}` that start from commits."""

    def __init__(self, scope: RepositoryScope) -> None:
        """Serve this repository."""
        self._scope = scope
        self._repository = scope.repository
        self._comparisons = Comparisons(scope)

    def routes(self) -> list[Route]:
        """List the routes."""
        commit = _REPOSITORY + "/commits/{commit}"
        return [
            Route(_REPOSITORY, self.repository, methods=["GET"]),
            Route(_REPOSITORY + "/diff", self.diff, methods=["GET"]),
            Route(commit, self.commit, methods=["GET"]),
            Route(commit + "/merge-base", self.merge_base, methods=["GET"]),
            Route(commit + "/changes", self.changes, methods=["GET"]),
            Route(commit + "/diff", self.commit_diff, methods=["GET"]),
            Route(commit + "/diff/{path:path}", self.commit_diff, methods=["GET"]),
        ]

    async def repository(self, request: Request) -> Response:
        """Give the repository."""
        check_accept(request.headers, "application/json")
        self._scope.reader(request)
        return Json(repository_json(self._scope))

    async def commit(self, request: Request) -> Response:
        """Give one commit."""
        check_accept(request.headers, "application/json")
        return Json(commit_json(self._repository.commit(self._named(request))))

    async def merge_base(self, request: Request) -> Response:
        """Give the common ancestor with `otherCommitId`; 204 if there is none."""
        check_accept(request.headers, "application/json")
        commit = self._named(request)
        other = request.query_params.get("otherCommitId")
        if not other:
            raise bad_argument("The query parameter 'otherCommitId' is required")
        base = self._repository.merge_base(commit, self._scope.commit(other))
        return merge_base_answer(self._scope, base)

    async def diff(self, request: Request) -> Response:
        """Compare `since` (default: the parent) with `until`, two-dot."""
        self._scope.reader(request)
        until = request.query_params.get("until")
        if not until:
            raise bad_argument("The query parameter 'until' is required")
        return self._comparisons.diff(request, *self._range(request, until))

    async def commit_diff(self, request: Request) -> Response:
        """Compare the commit with `since` or its first parent."""
        self._scope.reader(request)
        between = self._range(request, request.path_params["commit"])
        return self._comparisons.diff(request, *between)

    async def changes(self, request: Request) -> Response:
        """List what the commit changed since `since` or its first parent."""
        self._scope.reader(request)
        between = self._range(request, request.path_params["commit"])
        return self._comparisons.changes(request, *between)

    def _named(self, request: Request) -> str:
        self._scope.reader(request)
        return self._scope.commit(request.path_params["commit"])

    def _range(self, request: Request, until: str) -> tuple[str, str]:
        end = self._scope.commit(until)
        since = request.query_params.get("since")
        if since:
            return self._scope.commit(since), end
        parents = self._repository.commit(end).parents
        return (parents[0] if parents else EMPTY_TREE), end


def merge_base_answer(scope: RepositoryScope, base: str | None) -> Response:
    """Show a merge base, or 204 for unrelated histories."""
    if base is None:
        return Response(status_code=204)
    return Json(commit_json(scope.repository.commit(base)))


def commit_json(commit: Commit) -> dict[str, Any]:
    """Show a commit (Atlassian OpenAPI, RestCommit); times are milliseconds."""
    return {
        "id": commit.id,
        "displayId": commit.id[:11],
        "author": {"name": commit.author[0], "emailAddress": commit.author[1]},
        "authorTimestamp": commit.author_seconds * 1000,
        "committer": {"name": commit.committer[0], "emailAddress": commit.committer[1]},
        "committerTimestamp": commit.committer_seconds * 1000,
        "message": commit.message,
        "parents": [{"id": each, "displayId": each[:11]} for each in commit.parents],
    }


def repository_json(scope: RepositoryScope) -> dict[str, Any]:
    """Show the repository (Atlassian OpenAPI, RestRepository), what clients use of it."""
    settings = scope.settings
    personal = settings.project.startswith("~")
    return {
        "slug": settings.repository,
        "id": 1,
        "name": settings.repository,
        "scmId": "git",
        "state": "AVAILABLE",
        "statusMessage": "Available",
        "forkable": True,
        "public": False,
        "archived": False,
        "project": {
            "key": settings.project,
            "id": 1,
            "name": settings.project.removeprefix("~"),
            "public": False,
            "type": "PERSONAL" if personal else "NORMAL",
        },
    }
