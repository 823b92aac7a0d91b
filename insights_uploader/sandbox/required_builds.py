"""The required builds of the repository.

Addresses, statuses and rights: Atlassian OpenAPI of Bitbucket Data Center 9.4,
`/required-builds/latest/projects/{projectKey}/repos/{repositorySlug}`. What its prose leaves open
was seen of 9.4.22 by vriesdemichael/bitbucket-data-center-cli.
"""

import itertools
from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from insights_uploader.sandbox.access import check_accept, not_permitted
from insights_uploader.sandbox.envelope import ApiError, FieldError, Json, page
from insights_uploader.sandbox.scope import RepositoryScope, json_body
from insights_uploader.sandbox.settings import Permission
from insights_uploader.sandbox.shape_errors import check_shape

_REPOSITORY = "/projects/{project}/repos/{repository}"
_SUBJECT, _REQUEST = "bitbucket-dc/required-builds", "RestRequiredBuildConditionSetRequest"
_NAMES = {
    "ANY_REF": "Any branch",
    "BRANCH": "Branch",
    "PATTERN": "Pattern",
    "MODEL_CATEGORY": "Branching model category",
    "MODEL_BRANCH": "Branching model branch",
}
_OF_MODEL = {
    "MODEL_CATEGORY": ("BUGFIX", "FEATURE", "HOTFIX", "RELEASE"),
    "MODEL_BRANCH": ("development", "production"),
}
_SINCE_10_2 = ("requiredForPullRequest", "requiredForMergeQueue")

Body = Mapping[str, Any]


class RequiredBuilds:
    """The endpoints over the conditions of one repository."""

    def __init__(self, scope: RepositoryScope) -> None:
        """Start without any."""
        self._scope = scope
        self._conditions: dict[int, Body] = {}
        self._numbers = itertools.count(1)
        self._kept = _SINCE_10_2 if _version(scope.settings.version) >= (10, 2) else ()

    def clear(self) -> None:
        """Forget everything, as a test does between two cases."""
        self._conditions.clear()

    def routes(self) -> list[Route]:
        """List the routes below `/rest/required-builds/{version}`."""
        one = _REPOSITORY + "/condition/{id:int}"
        return [
            Route(_REPOSITORY + "/conditions", self.conditions, methods=["GET"]),
            Route(_REPOSITORY + "/condition", self.create, methods=["POST"]),
            Route(one, self.update, methods=["PUT"]),
            Route(one, self.delete, methods=["DELETE"]),
        ]

    async def conditions(self, request: Request) -> Response:
        """Give a page of the conditions."""
        check_accept(request.headers, "application/json")
        self._scope.reader(request)
        return Json(page(request, list(self._conditions.values())))

    async def create(self, request: Request) -> Response:
        """Add a condition."""
        return await self._set(request, None)

    async def update(self, request: Request) -> Response:
        """Replace a condition; that there must be one is our own reading."""
        return await self._set(request, request.path_params["id"])

    async def delete(self, request: Request) -> Response:
        """Delete a condition; 204 as well for one that was never present."""
        self._administrator(request)
        self._conditions.pop(request.path_params["id"], None)
        return Response(status_code=204)

    async def _set(self, request: Request, number: int | None) -> Response:
        self._administrator(request)
        body = await json_body(request)
        check_shape(_SUBJECT, _REQUEST, body)
        if not body["buildParentKeys"]:
            words = "At least one build parent key is required"
            raise ApiError(400, [FieldError("buildParentKeys", words)])
        stored = {name: _matcher(body, name) for name in ("refMatcher", "exemptRefMatcher")}
        if number is not None and number not in self._conditions:
            name = "com.atlassian.bitbucket.NoSuchEntityException"
            raise ApiError(404, f"No required build condition with id {number} exists.", name)
        number = next(self._numbers) if number is None else number
        self._conditions[number] = {
            "id": number,
            "buildParentKeys": body["buildParentKeys"],
            **{name: matcher for name, matcher in stored.items() if matcher},
            **{name: body.get(name, True) for name in self._kept},
        }
        return Json(self._conditions[number])

    def _administrator(self, request: Request) -> None:
        if self._scope.writer(request).permission < Permission.ADMIN:
            raise not_permitted()


def _matcher(body: Body, name: str) -> Body | None:
    """What the server makes of a matcher; without its type a real one fails."""
    given = body.get(name)
    if given is None:
        return None
    kind = (given.get("type") or {}).get("id")
    if kind is None:
        raise ApiError(500, "An internal error occurred", "java.lang.NullPointerException")
    word = given.get("id")
    is_branch = kind != "BRANCH" or str(word).startswith("refs/heads/")
    if not word or not is_branch or word not in _OF_MODEL.get(kind, (word,)):
        words = f"No matcher of type {kind} can be made of '{word}'"
        raise ApiError(400, [FieldError(f"{name}.id", words)])
    shown = word.removeprefix("refs/heads/")
    if kind == "ANY_REF":
        word = shown = "ANY_REF_MATCHER_ID"
    return {"id": word, "displayId": shown, "type": {"id": kind, "name": _NAMES[kind]}}


def _version(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(".")[:2] if part.isdecimal())
