"""What is sent at a time: Jira takes a part of development information in one request. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from insights_uploader.destinations.jira_devinfo.payload import Body

MAX_REPOSITORIES = 100
MAX_OF_A_KIND = 400
"""Entities of one kind in one repository of a request."""
MAX_ENTITIES = 1000
"""In a request."""

KINDS = ("commits", "branches", "pullRequests")


def chunks(repositories: Iterable[Body]) -> Sequence[Sequence[Body]]:
    """The repositories of each request, one after the other: all entities, each once.

    Of several entities of one kind, repository and id the first is sent. What comes later in a
    kind comes in a later request. A repository without entities is left out: Jira refuses it.
    """
    found: list[list[Body]] = []
    room = _Room()
    for repository, kind, entity in _entities(repositories):
        if not room.takes(repository["id"], kind):
            found.append(room.repositories)
            room = _Room()
        room.put(repository, kind, entity)
    return [*found, room.repositories] if room.repositories else found


def halves(repositories: Sequence[Body]) -> Sequence[Sequence[Body]]:
    """Two smaller requests in place of one; that one alone if it holds a single entity."""
    entities = _entities(repositories)
    if len(entities) < 2:
        return [repositories]
    middle = len(entities) // 2
    found = []
    for part in (entities[:middle], entities[middle:]):
        room = _Room()
        for repository, kind, entity in part:
            room.put(repository, kind, entity)
        found.append(room.repositories)
    return found


def count(repositories: Iterable[Body]) -> int:
    """How many entities there are."""
    return sum(len(each.get(kind, ())) for each in repositories for kind in KINDS)


class _Room:
    """One request, as far as it is filled."""

    def __init__(self) -> None:
        self._bodies: dict[str, dict[str, Any]] = {}
        self._size = 0

    @property
    def repositories(self) -> list[Body]:
        return list(self._bodies.values())

    def takes(self, repository: str, kind: str) -> bool:
        there = self._bodies.get(repository)
        if there is None and len(self._bodies) == MAX_REPOSITORIES:
            return False
        return self._size < MAX_ENTITIES and len((there or {}).get(kind, ())) < MAX_OF_A_KIND

    def put(self, repository: Body, kind: str, entity: Body) -> None:
        bare = {name: value for name, value in repository.items() if name not in KINDS}
        self._bodies.setdefault(repository["id"], bare).setdefault(kind, []).append(entity)
        self._size += 1


def _entities(repositories: Iterable[Body]) -> Sequence[tuple[Body, str, Body]]:
    """Each with its repository and kind; branches and pull requests first, there being few."""
    unique: dict[tuple[str, str, str], tuple[Body, str, Body]] = {}
    for repository in repositories:
        for kind in reversed(KINDS):
            of_kind: Sequence[Mapping[str, Any]] = repository.get(kind, ())
            for entity in of_kind:
                key = (repository["id"], kind, entity["id"])
                unique.setdefault(key, (repository, kind, entity))
    return list(unique.values())
