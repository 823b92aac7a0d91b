"""The deployments of a commit.

Addresses, statuses and rights: Atlassian OpenAPI of Bitbucket Data Center 9.4,
`/api/latest/projects/{projectKey}/repos/{repositorySlug}/commits/{commitId}/deployments` and
`/api/latest/deployment/capabilities`.
"""

import re
from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from insights_uploader.sandbox.access import check_accept, not_permitted
from insights_uploader.sandbox.commits import repository_json
from insights_uploader.sandbox.envelope import ApiError, Json, bad_argument
from insights_uploader.sandbox.scope import RepositoryScope, json_body
from insights_uploader.sandbox.settings import Permission
from insights_uploader.sandbox.shape_errors import check_filled, check_shape
from insights_uploader.sandbox.validation import known

_DEPLOYMENTS = "/projects/{project}/repos/{repository}/commits/{commit}/deployments"
_SUBJECT, _REQUEST = "bitbucket-dc/deployments", "RestDeploymentSetRequest"
_FIELDS = ("key", "deploymentSequenceNumber", "displayName", "description", "state", "url")
_ENVIRONMENT = ("key", "displayName", "type", "url")

_Identity = tuple[str, str, str, int]


class Deployments:
    """The endpoints over the deployments of one repository."""

    def __init__(self, scope: RepositoryScope) -> None:
        """Start without any."""
        self._scope = scope
        self._stored: dict[_Identity, Mapping[str, Any]] = {}

    def clear(self) -> None:
        """Forget everything, as a test does between two cases."""
        self._stored.clear()

    def routes(self) -> list[Route]:
        """List the routes below `/rest/api/{version}`."""
        return [
            Route("/deployment/capabilities", self.capabilities, methods=["GET"]),
            Route(_DEPLOYMENTS, self.get, methods=["GET"]),
            Route(_DEPLOYMENTS, self.post, methods=["POST"]),
            Route(_DEPLOYMENTS, self.delete, methods=["DELETE"]),
        ]

    async def capabilities(self, request: Request) -> Response:
        """Say that there are deployments; that is an empty object."""
        check_accept(request.headers, "application/json")
        return Json({})

    async def post(self, request: Request) -> Response:
        """Create or update a deployment; a reader may."""
        check_accept(request.headers, "application/json")
        self._scope.writer(request)
        body = await json_body(request)
        commit = self._scope.full_commit(request)
        check_shape(_SUBJECT, _REQUEST, body)
        check_filled(body, ("key", "displayName", "url"))
        # no key, no environment: Atlassian's answers have both (RestDeployment)
        environment = known(body["environment"], _ENVIRONMENT)
        check_filled({"key": "", "displayName": ""} | environment, ("key", "displayName"))
        number = body["deploymentSequenceNumber"]
        stored = {
            **known(body, (*_FIELDS, "lastUpdated")),
            "environment": environment,
            "repository": repository_json(self._scope),
            "toCommit": {"id": commit, "displayId": commit[:11]},
        }
        self._stored[commit, body["key"], environment["key"], number] = stored
        return Json(stored)

    async def get(self, request: Request) -> Response:
        """Give one deployment."""
        check_accept(request.headers, "application/json")
        self._scope.reader(request)
        found = self._stored.get(self._named(request))
        if found is None:
            name = "com.atlassian.bitbucket.NoSuchEntityException"
            raise ApiError(404, "The deployment does not exist.", name)
        return Json(found)

    async def delete(self, request: Request) -> Response:
        """Delete a deployment: an administrator's right; 204 as well for one that is not there."""
        if self._scope.writer(request).permission < Permission.ADMIN:
            raise not_permitted()
        self._stored.pop(self._named(request), None)
        return Response(status_code=204)

    def _named(self, request: Request) -> _Identity:
        commit, query = self._scope.full_commit(request), request.query_params
        key, environment = query.get("key", ""), query.get("environmentKey", "")
        number = query.get("deploymentSequenceNumber", "")
        if not key.strip() or not environment.strip() or not re.fullmatch(r"-?[0-9]{1,19}", number):
            raise bad_argument("key, environmentKey and deploymentSequenceNumber are required")
        return commit, key, environment, int(number)
