"""Whether what Jira has accepted is stored by now. Knows no network."""

import time
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from typing import Any

_FIRST_WAIT_S, _LONGEST_WAIT_S = 0.5, 5.0


UNKNOWN_ISSUES = (
    "What belongs to no issue that Jira knows is accepted and never stored. Check the keys, and that "
    "these credentials are of the site that has the issues; without --wait it is only warned of."
)
"""What to do where it was to be seen there, and cannot be."""


class Confirmation(StrEnum):
    """What a look at the stored says of a submission."""

    STORED = "stored"
    SUPERSEDED = "superseded"
    NOT_YET = "not stored yet"


def confirmed(
    read: Callable[[], Mapping[str, Any] | None],
    body: Mapping[str, Any],
    *,
    wait_s: float,
    sequence: str = "updateSequenceNumber",
    same: Sequence[str] = ("state",),
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> Confirmation:
    """Look until it is stored, or time is over.

    Jira silently ignores an update whose sequence number is not greater than the stored one: a
    greater one there, or the same with other content, is somebody else's.

    Args:
        read: gives what is stored now; None where nothing is.
        body: what was submitted.
        wait_s: how long to look, in seconds; it is looked once at least.
        sequence: the field with the number that orders updates.
        same: fields by which one's own is told from another of the same number.
        sleep: waits for some seconds.
        clock: gives seconds.
    """
    end = clock() + wait_s
    pause = _FIRST_WAIT_S
    while True:
        stored = read()
        number = stored.get(sequence) if stored else None
        if stored and isinstance(number, int) and number >= body[sequence]:
            is_ours = number == body[sequence] and all(
                name not in stored or stored[name] == body.get(name) for name in same
            )
            return Confirmation.STORED if is_ours else Confirmation.SUPERSEDED
        left_s = end - clock()
        if left_s <= 0:
            return Confirmation.NOT_YET
        sleep(min(pause, left_s))
        pause = min(pause * 2, _LONGEST_WAIT_S)
