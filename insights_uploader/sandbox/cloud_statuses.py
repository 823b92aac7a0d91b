"""Build statuses of Bitbucket Cloud.

Addresses and statuses: Atlassian's OpenAPI file for Cloud,
`/repositories/{workspace}/{repo_slug}/commit/{commit}/statuses/build`. A key ends at 40 characters,
and only who made a status may change it (Atlassian, "Changes to the commit status API").
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from insights_uploader.sandbox.cloud_envelope import refused
from insights_uploader.sandbox.cloud_scope import CloudScope, cloud_body
from insights_uploader.sandbox.contract import component_faults
from insights_uploader.sandbox.envelope import Json

SUBJECT = "bitbucket-cloud/builds"
_STATUSES = "/{workspace}/{repository}/commit/{commit}/statuses/build"
_STATUS = _STATUSES + "/{key}"
_MEMBERS = ("key", "state", "url", "name", "description", "refname")
_LONGEST_KEY, _LONGEST = 40, 255


@dataclass(frozen=True, slots=True)
class CloudStatus:
    """A stored status; `owner` is the user who made it."""

    owner: str
    body: Mapping[str, Any]


class CloudStatuses:
    """The endpoints, and what they store; `now` gives the time as RFC 3339 has it."""

    def __init__(self, scope: CloudScope, now: Callable[[], str]) -> None:
        """Start empty."""
        self._scope = scope
        self._now = now
        self._statuses: dict[tuple[str, str], CloudStatus] = {}

    def status(self, commit: str, key: str) -> CloudStatus | None:
        """Give a stored status, if it is there."""
        return self._statuses.get((commit, key))

    def clear(self) -> None:
        """Forget everything."""
        self._statuses.clear()

    def routes(self) -> list[Route]:
        """List the routes below `/2.0/repositories`."""
        return [
            Route(_STATUSES, self.post, methods=["POST"]),
            Route(_STATUS, self.get, methods=["GET"]),
            Route(_STATUS, self.put, methods=["PUT"]),
        ]

    async def post(self, request: Request) -> Response:
        """Create a status, or overwrite the one of its key."""
        caller, commit = self._scope.writer(request), self._commit(request)
        body = await cloud_body(request)
        return Json(self._stored(caller, commit, body), 201)

    async def get(self, request: Request) -> Response:
        """Give the status of a key."""
        self._scope.reader(request)
        return Json(self._existing(request).body)

    async def put(self, request: Request) -> Response:
        """Change what the body names of a status, but never its key."""
        caller, commit = self._scope.writer(request), self._commit(request)
        old, body = self._existing(request), await cloud_body(request)
        key = old.body["key"]
        if not isinstance(body, dict) or body.get("key", key) != key:
            raise refused(400, "Bad request", "key: cannot be changed")
        return Json(self._stored(caller, commit, {**old.body, **body}))

    def _commit(self, request: Request) -> str:
        return self._scope.commit(request.path_params["commit"])

    def _existing(self, request: Request) -> CloudStatus:
        found = self.status(self._commit(request), request.path_params["key"])
        if found is None:
            raise refused(404, "Build status not found", request.path_params["key"])
        return found

    def _stored(self, caller: str, commit: str, body: Any) -> Mapping[str, Any]:
        if fault := _fault(body):
            raise refused(400, "Bad request", fault)
        key, now = body["key"], self._now()
        old = self.status(commit, key)
        if old and old.owner != caller:
            raise refused(403, "Only the creator of a build status can change it", key)
        known = {name: body[name] for name in _MEMBERS if body.get(name) is not None}
        created = old.body["created_on"] if old else now
        shown = {"type": "build", **known, "created_on": created, "updated_on": now}
        self._statuses[commit, key] = CloudStatus(caller, shown)
        return shown


def _fault(body: Any) -> str | None:
    if not isinstance(body, dict):
        return "body: must be an object"
    shape = component_faults(SUBJECT, "commitstatus", {"type": "build", **body})
    if shape:
        return f"{shape[0].place}: {shape[0].message}"
    if not body["key"] or len(body["key"]) > _LONGEST_KEY:
        return f"key: must have 1 to {_LONGEST_KEY} characters"
    if not body.get("url", "").startswith(("http://", "https://")) or "//localhost" in body["url"]:
        return "url: must be a URL that others can open"
    long = [name for name in ("name", "description") if len(body.get(name, "")) > _LONGEST]
    return f"{long[0]}: must have at most {_LONGEST} characters" if long else None
