"""Development information of one site of Jira Software Cloud: one method per operation.

Addresses and shapes: Atlassian's OpenAPI file of Jira Software Cloud, below `/rest/devinfo/0.10`.
"""

import enum
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from insights_uploader.destinations.jira_cloud.address import Api
from insights_uploader.destinations.jira_cloud.ids import checked_id
from insights_uploader.destinations.jira_cloud.site import JiraSite
from insights_uploader.destinations.jira_devinfo.acceptance import Acceptance, acceptance
from insights_uploader.destinations.jira_devinfo.chunks import KINDS
from insights_uploader.destinations.jira_devinfo.payload import Body, Submission, check_properties
from insights_uploader.model.errors import UsageError

_UP_TO = "_updateSequenceId"


class EntityType(enum.StrEnum):
    """A kind of entity, as an address names it."""

    COMMIT = "commit"
    BRANCH = "branch"
    PULL_REQUEST = "pull_request"


class DevInfo:
    """What a site knows of repositories.

    Every method raises `ServerError` when Jira refuses or cannot be reached, and `UsageError`,
    before anything is sent, when an id or a property is none that Jira takes. Submissions and
    deletions are taken now and carried out later.
    """

    def __init__(self, site: JiraSite) -> None:
        self._site = site

    def submit(self, repositories: Sequence[Body], submission: Submission) -> Acceptance:
        """Submit repositories and what is in them; what is said to be accepted is not stored yet.

        What is stored with the same number or a newer one stays, which Jira does not tell.
        """
        body = submission.body(repositories)
        reply = self._site.send(Api.DEVINFO, "POST", "bulk", body=body, repeatable=True)
        return acceptance(reply, repositories)

    def repository(self, repository: str) -> Mapping[str, Any] | None:
        """A repository with the 400 newest entities that are stored; None when there is none."""
        reply = self._site.send(
            Api.DEVINFO, "GET", "repository", checked_id(repository), expected=(200, 404)
        )
        if reply.status == 404:
            return None
        shown = reply.json()
        if not isinstance(shown, dict):
            raise reply.error("odd-reply", "the answer is no repository")
        for kind in KINDS:
            entities = shown.get(kind) or []
            if not isinstance(entities, list) or not all(isinstance(e, dict) for e in entities):
                raise reply.error("odd-reply", f"the answer's {kind} are no list of such")
        return shown

    def delete_repository(self, repository: str, up_to: int | None = None) -> None:
        """Delete a repository and all of its entities.

        Args:
            repository: its id.
            up_to: only what is stored with this number or an older one.
        """
        self._delete("repository", checked_id(repository), up_to=up_to)

    def delete_entity(
        self, repository: str, kind: EntityType, entity: str, up_to: int | None = None
    ) -> None:
        """Delete one entity.

        Args:
            repository: the repository's id.
            kind: of the entity.
            entity: its id.
            up_to: only if it is stored with this number or an older one.
        """
        ids = checked_id(repository), str(kind), checked_id(entity)
        self._delete("repository", *ids, up_to=up_to)

    def delete_by_properties(self, properties: Mapping[str, str], up_to: int | None = None) -> None:
        """Delete the repositories that have all of these properties, with their entities.

        Args:
            properties: one at least.
            up_to: only what is stored with this number or an older one. Atlassian's newest file
                says that this is no longer heeded here.
        """
        query = _query(properties)
        self._delete("bulkByProperties", query=query, up_to=up_to)

    def exists(self, properties: Mapping[str, str], up_to: int | None = None) -> bool:
        """Tell whether a repository has all of these properties.

        Args:
            properties: one at least.
            up_to: only what is stored with this number or an older one counts.
        """
        query = (*_query(properties), *_bound(up_to))
        reply = self._site.send(Api.DEVINFO, "GET", "existsByProperties", query=query)
        return reply.decoded(_Exists).has_data_matching_properties

    def _delete(
        self, *below: str, query: Sequence[tuple[str, str]] = (), up_to: int | None
    ) -> None:
        asked = (*query, *_bound(up_to))
        self._site.send(Api.DEVINFO, "DELETE", *below, query=asked)


class _Exists(msgspec.Struct, rename="camel"):
    has_data_matching_properties: bool


def _query(properties: Mapping[str, str]) -> Sequence[tuple[str, str]]:
    """Without any, Jira refuses; we would rather not ask."""
    if not properties:
        raise UsageError("no-property", "no property is given", "Give one, as account=123.")
    check_properties(properties)
    return list(properties.items())


def _bound(up_to: int | None) -> Sequence[tuple[str, str]]:
    return [] if up_to is None else [(_UP_TO, str(up_to))]
