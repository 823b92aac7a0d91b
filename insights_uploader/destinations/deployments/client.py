"""Deployments of one commit on Bitbucket Data Center: one method per operation.

Addresses and shapes: Atlassian's OpenAPI file for 9.4,
`/api/latest/projects/{projectKey}/repos/{repositorySlug}/commits/{commitId}/deployments`.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from insights_uploader.destinations.bitbucket_dc.refusals import refusal
from insights_uploader.destinations.bitbucket_dc.repository_api import RepositoryApi
from insights_uploader.destinations.deployments.payload import Identity
from insights_uploader.destinations.http import Http, Reply
from insights_uploader.model.errors import ServerError

_HINTS = {
    "not-permitted": "To set or see a deployment it needs read permission on the repository, to "
    "delete one the permission of an administrator.",
    "not-found": "Check --commit, --key, --environment and --sequence-number: all of them "
    "together name a deployment.",
}
_APART = ("environment", "lastUpdated")  # the server may count the time in other units
_MAX_SHOWN = 80
_UNSUPPORTED = (
    "It is too old, or its administrator has set plugin.deployment.capability.disabled "
    "(Atlassian's OpenAPI file); or --url lacks its context path."
)


class Environment(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """Where to (RestDeploymentEnvironment)."""

    key: str
    display_name: str
    type: str | None = None
    url: str | None = None


class CommitName(msgspec.Struct, frozen=True):
    """A commit (RestMinimalCommit)."""

    id: str


class Deployment(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """A deployment as the server has it (RestDeployment).

    Attributes:
        to_commit: what was deployed.
        from_commit: what the environment had before, where the server knows.
        last_updated: as the server counts.
    """

    key: str
    deployment_sequence_number: int
    state: str
    environment: Environment
    display_name: str | None = None
    description: str | None = None
    url: str | None = None
    last_updated: int | None = None
    from_commit: CommitName | None = None
    to_commit: CommitName | None = None


class Deployments(RepositoryApi):
    """The deployments of one commit.

    Every method raises `ServerError` when the server refuses, supports no deployments, cannot be
    reached, or gives what it should not, and `UsageError`, before anything is sent, when a name
    can be in no address.
    """

    def __init__(self, http: Http, project: str, repository: str, commit: str) -> None:
        super().__init__(http, project, repository)
        self._address = (*self._address, "commits", commit, "deployments")

    def set(self, body: Mapping[str, Any]) -> Deployment:
        """Create or update a deployment; what the server stored is returned.

        The same again changes nothing, so it is repeated like a PUT.
        """
        return self._send("POST", body=body).decoded(Deployment)

    def one(self, identity: Identity) -> Deployment:
        """A stored deployment, which must be there."""
        return self._send("GET", identity).decoded(Deployment)

    def delete(self, identity: Identity) -> None:
        """Delete a deployment; the server says the same of one that never was."""
        self._send("DELETE", identity)

    def is_supported(self) -> bool:
        """Ask whether this server has deployments at all."""
        reply = self._http.send("GET", ("rest", "api", "latest", "deployment", "capabilities"))
        if reply.status != 200 and not (reply.status == 404 and reply.is_json):
            raise refusal(reply)  # a proxy's page says nothing of the server
        return reply.status == 200

    def _send(
        self, method: str, identity: Identity | None = None, body: Mapping[str, Any] | None = None
    ) -> Reply:
        query = identity.query if identity else ()
        reply = self._http.send(method, self._address, query=query, body=body, repeatable=True)
        if reply.status == (204 if method == "DELETE" else 200):
            return reply
        error = refusal(reply)
        if error.slug in ("no-endpoint", "not-found") and not self.is_supported():
            words = "this server supports no deployments (404 of its capabilities)"
            raise reply.error("no-deployments", f"{words}.", _UNSUPPORTED)
        hint = _HINTS.get(error.slug, error.hint)
        raise ServerError(error.slug, error.message, hint, error.status)


def differences(sent: Mapping[str, Any], stored: Deployment) -> Sequence[str]:
    """What the server holds otherwise than it was sent, in words."""
    held = msgspec.to_builtins(stored)
    pairs = [
        *((name, sent[name], held.get(name)) for name in sent if name not in _APART),
        *(
            (f"environment.{name}", value, held["environment"].get(name))
            for name, value in sent["environment"].items()
        ),
    ]
    return [
        f"{name} is {_shown(there)}, not {_shown(ours)}"
        for name, ours, there in pairs
        if ours != there
    ]


def _shown(value: Any) -> str:
    """A value, short enough for a message."""
    text = repr(value)
    return text if len(text) <= _MAX_SHOWN else f"{text[:_MAX_SHOWN]}..."
