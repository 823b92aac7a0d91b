"""What a Jira Cloud site has accepted, and what of it is stored by now. Pure state, no HTTP."""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from typing import Any

Properties = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing as it is stored; an update with a sequence number that is not greater is none."""

    sequence: int
    body: Mapping[str, Any]
    properties: Properties


@dataclass(slots=True)
class _Pending:
    change: Callable[[dict[Hashable, Entry]], None]
    reads: int
    at: float


class EventualStore:
    """Things by their key. What is submitted or deleted takes effect later, in its order."""

    def __init__(self, reads: int, seconds: float, clock: Callable[[], float]) -> None:
        """Start empty; a change takes effect after so many reads and so many seconds."""
        self._reads = reads
        self._seconds = seconds
        self._clock = clock
        self._stored: dict[Hashable, Entry] = {}
        self._pending: list[_Pending] = []

    def submit(self, key: Hashable, entry: Entry) -> None:
        """Store it, unless what is stored then is as new or newer: that is silently kept."""

        def change(stored: dict[Hashable, Entry]) -> None:
            old = stored.get(key)
            if old is None or old.sequence < entry.sequence:
                stored[key] = entry

        self._later(change)

    def delete(self, key: Hashable, up_to: int | None = None) -> None:
        """Delete it, if it is there; with `up_to`, only one of that sequence number or older."""
        self._later(lambda stored: _drop(stored, lambda each, _: each == key, up_to))

    def delete_where(self, properties: Properties, up_to: int | None = None) -> None:
        """Delete all that were submitted with every one of these properties."""
        wanted = properties.items()
        self._later(
            lambda stored: _drop(stored, lambda _, entry: wanted <= entry.properties.items(), up_to)
        )

    def read(self, key: Hashable) -> Entry | None:
        """What is stored under a key, ignoring what is under way."""
        for each in self._pending:
            each.reads -= 1
        self._settle()
        return self._stored.get(key)

    def stored(self) -> Mapping[Hashable, Entry]:
        """All that is stored, ignoring what is under way; counts as a read."""
        self.read(None)
        return dict(self._stored)

    def clear(self) -> None:
        """Forget everything, what is under way too."""
        self._stored.clear()
        self._pending.clear()

    def _later(self, change: Callable[[dict[Hashable, Entry]], None]) -> None:
        self._pending.append(_Pending(change, self._reads + 1, self._clock() + self._seconds))
        if not self._reads and not self._seconds:
            self._settle(every=True)

    def _settle(self, *, every: bool = False) -> None:
        now = self._clock()
        while self._pending and (
            every or (self._pending[0].reads <= 0 and self._pending[0].at <= now)
        ):
            self._pending.pop(0).change(self._stored)


def _drop(
    stored: dict[Hashable, Entry],
    is_meant: Callable[[Hashable, Entry], bool],
    up_to: int | None,
) -> None:
    for key, entry in list(stored.items()):
        if is_meant(key, entry) and (up_to is None or entry.sequence <= up_to):
            del stored[key]
