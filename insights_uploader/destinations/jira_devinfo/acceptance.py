"""What Jira says that it has accepted of a submission, entity by entity. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from insights_uploader.destinations.jira_cloud.refusals import messages_of
from insights_uploader.destinations.jira_devinfo.chunks import KINDS
from insights_uploader.destinations.jira_devinfo.payload import Body
from insights_uploader.destinations.reply import Reply

_UNTOLD = "Jira does not say what became of it"
_WITH_ALL = "its repository is not accepted"
_SINGULAR = {"commits": "commit", "branches": "branch", "pullRequests": "pull request"}


class Entity(msgspec.Struct, frozen=True):
    """What names one entity.

    Attributes:
        repository: the repository's id.
        kind: `commits`, `branches` or `pullRequests`; empty for the repository itself.
        id: the entity's; empty for the repository itself.
    """

    repository: str
    kind: str = ""
    id: str = ""

    @property
    def words(self) -> str:
        """For people."""
        if not self.kind:
            return f"repository {self.repository}"
        return f"{_SINGULAR.get(self.kind, self.kind)} {self.id}"


class Failure(msgspec.Struct, frozen=True):
    """An entity that was not accepted, and why, in Jira's words."""

    entity: Entity
    messages: Sequence[str]

    @property
    def words(self) -> str:
        """In one line."""
        return f"{self.entity.words}: {'; '.join(self.messages) or 'no reason'}"


class Acceptance(msgspec.Struct, frozen=True):
    """What became of all that was submitted, as far as Jira says at once.

    Attributes:
        accepted: entities that will be stored, unless what is stored is as new.
        failed: those that will not.
        unknown_keys: issues that the site does not have; entities of no other issue are not kept.
    """

    accepted: Sequence[Entity] = ()
    failed: Sequence[Failure] = ()
    unknown_keys: Sequence[str] = ()

    def __add__(self, other: "Acceptance") -> "Acceptance":
        """Both together."""
        return Acceptance(
            [*self.accepted, *other.accepted],
            [*self.failed, *other.failed],
            list(dict.fromkeys([*self.unknown_keys, *other.unknown_keys])),
        )


def acceptance(reply: Reply, submitted: Iterable[Body]) -> Acceptance:
    """Read the answer to a submission (StoreDevinfoResult).

    What it does not mention counts as failed: silence is no acceptance.

    Args:
        reply: the answer.
        submitted: the repositories that were sent.

    Raises:
        ServerError: the answer is another one.
    """
    body = reply.json()
    if not isinstance(body, dict):
        raise reply.error("odd-reply", "the answer does not say what is accepted")
    accepted = set(_accepted(body.get("acceptedDevinfoEntities")))
    failed = {f.entity: _quoted(reply, f) for f in _failures(body.get("failedDevinfoEntities"))}
    sent = [*entities_of(submitted)]
    ours = {each.repository for each in sent}
    broken = {each.repository for each in failed if not each.kind}
    silent = [
        Failure(each, [_WITH_ALL if each.repository in broken else _UNTOLD])
        for each in sent
        if each not in accepted and each not in failed
    ]
    refused = [each for each in failed.values() if each.entity.repository in ours]
    unknown = body.get("unknownIssueKeys")
    return Acceptance(
        [each for each in sent if each in accepted and each not in failed],
        [*refused, *silent],
        [key for key in unknown if isinstance(key, str)] if isinstance(unknown, list) else [],
    )


def entities_of(repositories: Iterable[Body]) -> Iterator[Entity]:
    """The entities in some repositories."""
    for repository in repositories:
        for kind in KINDS:
            for entity in repository.get(kind) or ():
                yield Entity(str(repository.get("id")), kind, str(entity.get("id")))


def _accepted(told: Any) -> Iterator[Entity]:
    for repository, ids in _object(told).items():
        for kind in KINDS:
            named = _object(ids).get(kind)
            for each in named if isinstance(named, list) else ():
                if isinstance(each, str):
                    yield Entity(repository, kind, each)


def _failures(told: Any) -> Iterator[Failure]:
    for repository, errors in _object(told).items():
        of_all = messages_of(_object(errors).get("errorMessages"))
        if of_all:
            yield Failure(Entity(repository), of_all)
        for kind in KINDS:
            named = _object(errors).get(kind)
            for each in named if isinstance(named, list) else ():
                error = _object(each)
                entity = Entity(repository, kind, str(error.get("id")))
                yield Failure(entity, messages_of(error.get("errorMessages")))


def _quoted(reply: Reply, failure: Failure) -> Failure:
    return Failure(failure.entity, [reply.quoted(each) for each in failure.messages])


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
