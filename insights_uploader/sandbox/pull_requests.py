"""The pull request resources: lists, one, its diff and its changes.

Addresses and defaults: Atlassian OpenAPI of Bitbucket Data Center 9.4. The
diff is the effective one, against the merge base, read from git each time.
"""

from typing import Any, get_args

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from insights_uploader.sandbox.access import check_accept
from insights_uploader.sandbox.commits import merge_base_answer, repository_json
from insights_uploader.sandbox.comparisons import Comparisons
from insights_uploader.sandbox.envelope import (
    Json,
    bad_argument,
    no_such_pull_request,
    page,
)
from insights_uploader.sandbox.git import qualified
from insights_uploader.sandbox.scope import RepositoryScope
from insights_uploader.sandbox.settings import PullRequest, State

_REPOSITORY = "/projects/{project}/repos/{repository}"


class PullRequests:
    """The endpoints below `/rest/api/{version}` about the repository's pull requests."""

    def __init__(self, scope: RepositoryScope) -> None:
        """Serve this repository's pull requests."""
        self._scope = scope
        self._repository = scope.repository
        self._comparisons = Comparisons(scope)

    def routes(self) -> list[Route]:
        """List the routes; the one with `.diff` stands before the one that would swallow it."""
        every, one = _REPOSITORY + "/pull-requests", _REPOSITORY + "/pull-requests/{id}"
        of_commit = _REPOSITORY + "/commits/{commit}/pull-requests"
        return [
            Route(every, self.search, methods=["GET"]),
            Route(of_commit, self.of_commit, methods=["GET"]),
            Route(one + ".diff", self.raw_diff, methods=["GET"]),
            Route(one, self.one, methods=["GET"]),
            Route(one + "/changes", self.changes, methods=["GET"]),
            Route(one + "/merge-base", self.merge_base, methods=["GET"]),
            Route(one + "/diff", self.diff, methods=["GET"]),
            Route(one + "/diff/{path:path}", self.diff, methods=["GET"]),
        ]

    async def search(self, request: Request) -> Response:
        """Give a page of pull requests, by default the open ones, the newest first.

        `at` means the target branch unless `direction` is OUTGOING.
        """
        self._check(request)
        at, state = (
            request.query_params.get("at"),
            _choice(request, "state", *get_args(State), "ALL"),
        )
        direction = _choice(request, "direction", "INCOMING", "OUTGOING")
        order = _choice(request, "order", "NEWEST", "OLDEST")
        found = [
            each
            for each in self._scope.pull_requests.values()
            if state in (each.state, "ALL")
            and (not at or at == qualified(each.target if direction == "INCOMING" else each.source))
        ]
        found.sort(key=lambda each: each.id, reverse=order == "NEWEST")
        return self._page(request, found)

    async def of_commit(self, request: Request) -> Response:
        """Give a page of the pull requests that contain the commit, in any state."""
        self._check(request)
        commit = self._scope.commit(request.path_params["commit"])
        every = self._scope.pull_requests.values()
        return self._page(request, [p for p in every if self._contains(p, commit)])

    async def one(self, request: Request) -> Response:
        """Give one pull request."""
        self._check(request)
        return Json(self._json(self._named(request)))

    async def raw_diff(self, request: Request) -> Response:
        """Give the effective diff as text."""
        self._scope.reader(request)
        return self._comparisons.raw(request, *self._ends(self._named(request)))

    async def diff(self, request: Request) -> Response:
        """Give the effective diff, or one file's; `sinceId` and `untilId` move its ends."""
        self._scope.reader(request)
        since, until = self._ends(self._named(request))
        query = request.query_params
        since = self._scope.commit(query["sinceId"]) if "sinceId" in query else since
        until = self._scope.commit(query["untilId"]) if "untilId" in query else until
        return self._comparisons.diff(request, since, until)

    async def changes(self, request: Request) -> Response:
        """Give the changed files."""
        self._scope.reader(request)
        return self._comparisons.changes(request, *self._ends(self._named(request)))

    async def merge_base(self, request: Request) -> Response:
        """Give the common ancestor of both tips; 204 if there is none."""
        self._check(request)
        source, target = self._tips(self._named(request))
        return merge_base_answer(self._scope, self._repository.merge_base(target, source))

    def _check(self, request: Request) -> None:
        check_accept(request.headers, "application/json")
        self._scope.reader(request)

    def _named(self, request: Request) -> PullRequest:
        number = request.path_params["id"]
        try:
            return self._scope.pull_requests[number]
        except KeyError:
            settings = self._scope.settings
            raise no_such_pull_request(number, settings.project, settings.repository) from None

    def _tips(self, pull_request: PullRequest) -> tuple[str, str]:
        source, target = qualified(pull_request.source), qualified(pull_request.target)
        return self._scope.commit(source), self._scope.commit(target)

    def _ends(self, pull_request: PullRequest) -> tuple[str, str]:
        source, target = self._tips(pull_request)
        return self._repository.merge_base(target, source) or target, source

    def _contains(self, pull_request: PullRequest, commit: str) -> bool:
        """Tell whether the commit came with it; after a merge the target has it too."""
        source, target = self._tips(pull_request)
        merged = pull_request.state == "MERGED"
        inside = self._repository.contains(source, commit)
        return inside and (merged or not self._repository.contains(target, commit))

    def _page(self, request: Request, found: list[PullRequest]) -> Response:
        return Json(page(request, [self._json(each) for each in found]))

    def _json(self, pull_request: PullRequest) -> dict[str, Any]:
        """Show a pull request (Atlassian OpenAPI, RestPullRequest)."""
        source, target = self._tips(pull_request)
        head = self._repository.commit(source)
        is_open = pull_request.state == "OPEN"
        return {
            "id": pull_request.id,
            "version": 0,
            "title": pull_request.title,
            "state": pull_request.state,
            "open": is_open,
            "closed": not is_open,
            "draft": False,
            "locked": False,
            "createdDate": head.committer_seconds * 1000,
            "updatedDate": head.committer_seconds * 1000,
            "fromRef": self._ref_json(pull_request.source, source),
            "toRef": self._ref_json(pull_request.target, target),
            "participants": [],
            "reviewers": [],
        }

    def _ref_json(self, ref: str, commit: str) -> dict[str, Any]:
        name = qualified(ref)
        return {
            "id": name,
            "displayId": name.removeprefix("refs/heads/"),
            "latestCommit": commit,
            "type": "TAG" if name.startswith("refs/tags/") else "BRANCH",
            "repository": repository_json(self._scope),
        }


def _choice(request: Request, name: str, *choices: str) -> str:
    """Read a query parameter that has a few values, the first by default, in either case.

    A well-known client of this API sends `order=newest`, and servers are known to take it.
    """
    value = request.query_params.get(name, choices[0]).upper()
    if value not in choices:
        raise bad_argument(f"The query parameter '{name}' must be one of {', '.join(choices)}")
    return value
