"""Waits for a gate's word. Knows no network.

A gate is a request for change in Jira Service Management; people or its rules decide, and that
takes from seconds to days.
"""

import time
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any

_FIRST_WAIT_S, _LONGEST_WAIT_S, _GROWTH = 2.0, 30.0, 1.5


class GatingStatus(StrEnum):
    """What a gate says (Atlassian's OpenAPI file); a newer server may say more."""

    ALLOWED = "allowed"
    PREVENTED = "prevented"
    AWAITING = "awaiting"
    INVALID = "invalid"


LAST = (GatingStatus.ALLOWED, GatingStatus.PREVENTED, GatingStatus.INVALID)
"""Its last words: none follows."""

Gate = Mapping[str, Any]


def word_of(gate: Gate) -> GatingStatus | None:
    """What a gate says; None for a word that is not known here, which allows nothing."""
    word = gate.get("gatingStatus")
    return next((each for each in GatingStatus if each == word), None)


def awaited(
    read: Callable[[], Gate | None],
    *,
    wait_s: float,
    tell: Callable[[Gate | None], None],
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> Gate | None:
    """Look until the gate has its last word, or time is over; give what it said then.

    It is looked at after 2 seconds, then after half as long again, and so on up to 30 seconds. A
    gate that is not there may come: what was submitted is stored later.

    Args:
        read: gives what the gate says now; None where there is none.
        wait_s: how long to wait, in seconds; it is looked once at least.
        tell: hears what it says before the first wait, and whenever it says something else.
        sleep: waits for some seconds.
        clock: gives seconds.
    """
    end = clock() + wait_s
    pause = _FIRST_WAIT_S
    told: object = ...
    while True:
        gate = read()
        left_s = end - clock()
        if left_s <= 0 or (gate is not None and word_of(gate) in LAST):
            return gate
        word = gate.get("gatingStatus") if gate is not None else None
        if word != told:
            tell(gate)
            told = word
        sleep(min(pause, left_s))
        pause = min(pause * _GROWTH, _LONGEST_WAIT_S)
