"""Pull requests of Bitbucket Cloud, their diffs, and the files that these change.

Addresses and statuses: Atlassian's OpenAPI file for Cloud. A commit in a pull request is shown by
the first 12 digits of its id; the diff of a pull request redirects to that of two commits.
"""

from typing import Any

from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from insights_uploader.sandbox.cloud_envelope import cloud_page, refused
from insights_uploader.sandbox.cloud_scope import SHORT, CloudScope
from insights_uploader.sandbox.diffs import Change, parse_changes
from insights_uploader.sandbox.envelope import Json
from insights_uploader.sandbox.settings import PullRequest

_REPOSITORY = "/{workspace}/{repository}"
_STATUSES = {"A": "added", "D": "removed", "R": "renamed"}


_UPDATED = "2026-01-02T03:04:05.678901+00:00"


class CloudPullRequests:
    """The endpoints about the repository's pull requests."""

    def __init__(self, scope: CloudScope) -> None:
        """Serve this repository's pull requests."""
        self._scope = scope

    def routes(self) -> list[Route]:
        """List the routes below `/2.0/repositories`."""
        one = _REPOSITORY + "/pullrequests/{id}"
        commit = _REPOSITORY + "/commit/{commit}"
        return [
            Route(one, self.one, methods=["GET"]),
            Route(one + "/diff", self.redirect, methods=["GET"]),
            Route(commit, self.commit, methods=["GET"]),
            Route(commit + "/pullrequests", self.of_commit, methods=["GET"]),
            Route(_REPOSITORY + "/diff/{spec}", self.diff, methods=["GET"]),
            Route(_REPOSITORY + "/diffstat/{spec}", self.diffstat, methods=["GET"]),
        ]

    async def one(self, request: Request) -> Response:
        """Give one pull request."""
        self._scope.reader(request)
        return Json(self._json(self._named(request)))

    async def redirect(self, request: Request) -> Response:
        """Lead to the diff of its two commits."""
        self._scope.reader(request)
        source, target = self._scope.tips(self._named(request))
        spec = f"{source[:SHORT]}..{target[:SHORT]}"
        return RedirectResponse(f"/2.0/repositories/{self._scope.full_name}/diff/{spec}", 302)

    async def commit(self, request: Request) -> Response:
        """Give a commit."""
        self._scope.reader(request)
        found = self._scope.commit(request.path_params["commit"])
        return Json({"type": "commit", "hash": found})

    async def of_commit(self, request: Request) -> Response:
        """Give those that hold a commit: their numbers and titles alone."""
        self._scope.reader(request)
        commit = self._scope.commit(request.path_params["commit"])
        if not self._scope.settings.indexed:
            raise refused(404, "Pull request commit links have not yet been indexed")
        repository, held = self._scope.repository, []
        for pull in self._scope.pull_requests.values():
            source, target = self._scope.tips(pull)
            if repository.contains(source, commit) and not repository.contains(target, commit):
                held.append({"type": "pullrequest", "id": pull.id, "title": pull.title})
        return cloud_page(request, held)

    async def diff(self, request: Request) -> Response:
        """Give the raw diff of two commits; the first is the newer one."""
        self._scope.reader(request)
        since, until = self._ends(request)
        context = int(request.query_params.get("context", "3"))
        patch = self._scope.repository.patch(since, until, context=context, prefixes=("a/", "b/"))
        return PlainTextResponse(patch)

    async def diffstat(self, request: Request) -> Response:
        """Give a page of the files that a diff changes."""
        self._scope.reader(request)
        changes = parse_changes(self._scope.repository.raw_changes(*self._ends(request)))
        return cloud_page(request, [_stat(each) for each in changes])

    def _ends(self, request: Request) -> tuple[str, str]:
        newer, _, older = request.path_params["spec"].partition("..")
        until, since = self._scope.commit(newer), self._scope.commit(older)
        if request.query_params.get("topic") == "true":
            since = self._scope.repository.merge_base(until, since) or since
        return since, until

    def _named(self, request: Request) -> PullRequest:
        try:
            return self._scope.pull_requests[request.path_params["id"]]
        except KeyError:
            raise refused(404, "Pull request not found") from None

    def _json(self, pull: PullRequest) -> dict[str, Any]:
        source, target = self._scope.tips(pull)
        name = self._scope.full_name
        page = f"https://bitbucket.org/{name}/pull-requests/{pull.id}"
        return {
            "type": "pullrequest",
            "id": pull.id,
            "title": pull.title,
            "state": pull.state,
            "source": self._end(
                pull.source, source, self._scope.settings.forks.get(pull.source, name)
            ),
            "destination": self._end(pull.target, target, name),
            "author": {"type": "user", "display_name": "Sandbox author"},
            "participants": [],
            "comment_count": 0,
            "updated_on": _UPDATED,
            "links": {"html": {"href": page}},
        }

    def _end(self, branch: str, tip: str, full_name: str) -> dict[str, Any]:
        return {
            "branch": {"name": branch.removeprefix("refs/heads/")},
            "commit": {"hash": tip[:SHORT]},
            "repository": {"type": "repository", "full_name": full_name},
        }


def _stat(change: Change) -> dict[str, Any]:
    def file(path: str) -> dict[str, Any]:
        return {"type": "commit_file", "path": path, "escaped_path": path}

    shown: dict[str, Any] = {"type": "diffstat"}
    shown["status"] = _STATUSES.get(change.status, "modified")
    if change.status != "A":
        shown["old"] = file(change.source)
    if change.status != "D":
        shown["new"] = file(change.path)
    return shown
