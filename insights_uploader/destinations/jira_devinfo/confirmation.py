"""Whether the entities that Jira has accepted are stored by now. Knows no network."""

import time
from collections.abc import Callable, Mapping
from enum import Enum, auto
from typing import Any

from insights_uploader.destinations.jira_cloud.confirming import Confirmation, confirmed
from insights_uploader.destinations.jira_devinfo.acceptance import Entity
from insights_uploader.destinations.jira_devinfo.chunks import KINDS
from insights_uploader.destinations.jira_devinfo.payload import Body

_FIRST_WAIT_S, _LONGEST_WAIT_S = 0.5, 5.0
_SHOWN = 400
"""How many entities of a repository Jira shows, the newest ones."""
_SEQUENCE = "updateSequenceId"
_SAME = {"commits": (), "branches": ("name",), "pullRequests": ("status",)}
"""By which one's own update is told from another of the same number; a commit never changes."""


class Sight(Enum):
    """What a look at the stored says of an entity."""

    STORED = auto()
    SUPERSEDED = auto()
    NOT_YET = auto()
    BEYOND = auto()
    """Jira shows 400 others that are as new."""


_SIGHTS = {
    Confirmation.STORED: Sight.STORED,
    Confirmation.SUPERSEDED: Sight.SUPERSEDED,
    Confirmation.NOT_YET: Sight.NOT_YET,
}


def seen(
    read: Callable[[str], Mapping[str, Any] | None],
    pending: Mapping[Entity, Body],
    wait_s: float,
    *,
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> Mapping[Entity, Sight]:
    """Look until all are stored, or time is over; once at least.

    Args:
        read: gives what is stored of a repository; None where nothing is.
        pending: what was accepted, with the bodies that were sent.
        wait_s: how long to look, in seconds.
        sleep: waits for some seconds.
        clock: gives seconds.

    Raises:
        ServerError: `read` does.
    """
    end, pause = clock() + wait_s, _FIRST_WAIT_S
    sights = dict.fromkeys(pending, Sight.NOT_YET)
    while True:
        waiting = [each for each, sight in sights.items() if sight is Sight.NOT_YET]
        for repository in dict.fromkeys(each.repository for each in waiting):
            of_it = {e: pending[e] for e in waiting if e.repository == repository}
            sights |= _looked(read(repository) or {}, of_it)
        left_s = end - clock()
        if Sight.NOT_YET not in sights.values() or left_s <= 0:
            return sights
        sleep(min(pause, left_s))
        pause = min(pause * 2, _LONGEST_WAIT_S)


def _looked(shown: Mapping[str, Any], wanted: Mapping[Entity, Body]) -> Mapping[Entity, Sight]:
    """What one look at a repository says of its entities."""
    stored = {(kind, str(e.get("id"))): e for kind in KINDS for e in shown.get(kind) or ()}
    numbers = [each.get(_SEQUENCE) for each in stored.values()]
    oldest = min((n for n in numbers if isinstance(n, int)), default=0)
    sights = {}
    for entity, body in wanted.items():
        there = stored.get((entity.kind, entity.id))
        found = confirmed(
            lambda there=there: there,  # type: ignore[misc]
            body,
            wait_s=0,
            sequence=_SEQUENCE,
            same=_SAME[entity.kind],
        )
        hidden = there is None and len(stored) >= _SHOWN and oldest >= body[_SEQUENCE]
        sights[entity] = Sight.BEYOND if hidden else _SIGHTS[found]
    return sights
