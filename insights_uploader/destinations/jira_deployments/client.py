"""Deployments on one Jira Software Cloud site: one method per operation.

Addresses, statuses and shapes: Atlassian's OpenAPI file, `/rest/deployments/0.1`.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from insights_uploader.destinations.jira_cloud.address import Api
from insights_uploader.destinations.jira_cloud.refusals import messages_of
from insights_uploader.destinations.jira_cloud.site import JiraSite
from insights_uploader.destinations.jira_deployments.deployment import (
    Deployment,
    DeploymentKey,
)
from insights_uploader.destinations.jira_deployments.payload import (
    MAX_DEPLOYMENTS,
    check_deployments,
    check_key,
    check_properties,
    submission_body,
)
from insights_uploader.destinations.reply import Reply
from insights_uploader.model.errors import UsageError

_TOO_LARGE = 413
_MOST_SHOWN = 100  # errors of one deployment


class Rejected(msgspec.Struct, frozen=True):
    """A deployment that Jira does not take, and why."""

    key: DeploymentKey
    messages: Sequence[str]


class Submission(msgspec.Struct, frozen=True):
    """What Jira says to one submission. Accepted is not stored.

    Attributes:
        accepted: of a valid form; they will be stored, if a newer update is not.
        rejected: the others.
        unknown_issue_keys: issues that the site does not have.
        unknown_associations: likewise, of any kind, as Jira lists them.
    """

    accepted: Sequence[DeploymentKey]
    rejected: Sequence[Rejected]
    unknown_issue_keys: Sequence[str]
    unknown_associations: Sequence[Any]


class _Refused(msgspec.Struct, frozen=True):
    key: DeploymentKey
    errors: Any = None


class _Answer(msgspec.Struct, frozen=True, rename="camel"):
    """SubmitDeploymentsResponse, of which every part may be missing."""

    accepted_deployments: Sequence[DeploymentKey] | None = None
    rejected_deployments: Sequence[_Refused] | None = None
    unknown_issue_keys: Sequence[str] | None = None
    unknown_associations: Sequence[Any] | None = None


class JiraDeployments:
    """The deployments of one site.

    Every method raises `ServerError` when Jira refuses, cannot be reached, or gives what it should
    not, and `UsageError`, before anything is sent, for what Jira could not take.
    """

    def __init__(self, site: JiraSite) -> None:
        self._site = site

    def submit(
        self,
        deployments: Sequence[Deployment],
        properties: Mapping[str, str],
        product: str | None = None,
    ) -> Iterator[tuple[Sequence[Deployment], Submission]]:
        """Submit deployments, up to 100 at a time; half as many where Jira finds it too much (413).

        All of them are checked before the first is sent.

        Yields:
            What was sent, and what Jira says to it.
        """
        check_deployments(deployments)
        bounds = range(0, len(deployments), MAX_DEPLOYMENTS)
        waiting = [deployments[at : at + MAX_DEPLOYMENTS] for at in bounds]
        while waiting:
            some = waiting.pop(0)
            body = submission_body(some, properties, product)
            expected = (202, _TOO_LARGE) if len(some) > 1 else (202,)
            # what is stored already is not replaced by the same sequence number: no harm in it
            reply = self._send("POST", "bulk", body=body, repeatable=True, expected=expected)
            if reply.status == _TOO_LARGE:
                half = len(some) // 2
                waiting[:0] = [some[:half], some[half:]]
            else:
                yield some, _submission(reply)

    def get(self, key: DeploymentKey) -> Mapping[str, Any] | None:
        """The deployment as it is stored, ignoring what is under way; None if there is none."""
        reply = self._send("GET", *_segments(key), expected=(200, 404))
        return None if reply.status == 404 else reply.decoded(dict[str, Any])

    def delete(self, key: DeploymentKey) -> None:
        """Have a deployment deleted, later; Jira says the same of one that never was."""
        self._send("DELETE", *_segments(key), expected=(202,))

    def delete_by_properties(self, properties: Mapping[str, str]) -> None:
        """Have all deployments deleted, later, that were submitted with all of these properties."""
        if not properties:
            raise UsageError("bad-deployment", "no property is given", "Nothing was deleted.")
        check_properties(properties)
        query = list(properties.items())
        self._send("DELETE", "bulkByProperties", query=query, expected=(202,))

    def gating_status(self, key: DeploymentKey) -> Mapping[str, Any] | None:
        """The gate of a deployment; None if it has none, or is not stored yet."""
        reply = self._send("GET", *_segments(key), "gating-status", expected=(200, 404))
        return None if reply.status == 404 else reply.decoded(dict[str, Any])

    def _send(self, method: str, *below: str, **request: Any) -> Reply:
        return self._site.send(Api.DEPLOYMENTS, method, *below, **request)


def _segments(key: DeploymentKey) -> Sequence[str]:
    check_key(key)
    return (
        *("pipelines", key.pipeline_id, "environments", key.environment_id),
        *("deployments", str(key.deployment_sequence_number)),
    )


def _submission(reply: Reply) -> Submission:
    answer = reply.decoded(_Answer)
    rejected = [
        Rejected(
            each.key, [reply.quoted(words) for words in messages_of(each.errors)[:_MOST_SHOWN]]
        )
        for each in answer.rejected_deployments or ()
    ]
    keys = [reply.quoted(key) for key in answer.unknown_issue_keys or ()]
    unknown = answer.unknown_associations or ()
    return Submission(answer.accepted_deployments or (), rejected, keys, unknown)
