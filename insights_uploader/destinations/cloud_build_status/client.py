"""Build statuses of one commit on Bitbucket Cloud: one method per operation.

Addresses and shapes: Atlassian's OpenAPI file for Cloud, below
`/repositories/{workspace}/{repo_slug}/commit/{commit}/statuses/build`. None is ever deleted.
"""

from collections.abc import Sequence

import msgspec

from insights_uploader.destinations.bitbucket_cloud.repository import (
    CloudRepository,
    repository_address,
)
from insights_uploader.destinations.http import Http
from insights_uploader.model.errors import ServerError
from insights_uploader.plan.plan import Body

_OWNER = (
    "Only who made a build status may change it: use the same login for all runs, or another "
    "--build-key."
)


def statuses_address(workspace: str, repository: str, commit: str) -> Sequence[str]:
    """The segments of the path of a commit's build statuses, below the API's server."""
    return (*repository_address(workspace, repository), "commit", commit, "statuses", "build")


class StoredStatus(msgspec.Struct, frozen=True, omit_defaults=True):
    """A build status as the server has it (`commitstatus`); its dates are RFC 3339's."""

    key: str
    state: str
    url: str | None = None
    name: str | None = None
    description: str | None = None
    refname: str | None = None
    created_on: str | None = None
    updated_on: str | None = None


class CloudBuildStatuses(CloudRepository):
    """The build statuses of one commit."""

    def __init__(self, http: Http, workspace: str, repository: str, commit: str) -> None:
        super().__init__(http, workspace, repository)
        self._statuses = ("commit", commit, "statuses", "build")

    def post(self, body: Body) -> StoredStatus:
        """Store a status, or overwrite the one of its key: twice is the same as once."""
        return self._written("POST", body)

    def put(self, body: Body) -> StoredStatus:
        """Change the status of the body's key, which must be there."""
        return self._written("PUT", body, body["key"])

    def get(self, key: str) -> StoredStatus | None:
        """The status of a key; None when the commit has none."""
        try:
            return self.send("GET", *self._statuses, key).decoded(StoredStatus)
        except ServerError as error:
            if error.slug != "not-found":
                raise
            return None

    def _written(self, method: str, body: Body, *key: str) -> StoredStatus:
        try:
            reply = self.send(
                method, *self._statuses, *key, body=body, repeatable=True, expected=(200, 201)
            )
        except ServerError as error:
            if error.status == 403:
                error.hint = f"{error.hint} {_OWNER}"
            raise
        return reply.decoded(StoredStatus)
