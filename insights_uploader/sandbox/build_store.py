"""The memory of a sandbox: build statuses by commit and key. Pure state, no HTTP."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_KEPT = 100
_STATISTICS = {
    "SUCCESSFUL": "successful",
    "FAILED": "failed",
    "INPROGRESS": "inProgress",
    "CANCELLED": "cancelled",
    "UNKNOWN": "unknown",
}


@dataclass(frozen=True, slots=True)
class Build:
    """What the server knows of one build.

    Attributes:
        body: the fields that were sent.
        is_of_repository: False for one of the legacy API, which names no repository.
        created_ms: when its key first came, in milliseconds since 1970.
        updated_ms: when it came last.
    """

    body: Mapping[str, Any]
    is_of_repository: bool
    created_ms: int
    updated_ms: int


class BuildStore:
    """One build for each commit and key; a later one replaces it (Atlassian, "Updating builds").

    The legacy API's are shared by all repositories that hold the commit. What becomes of builds of
    one key from both APIs is not documented: here they are the same build.
    """

    def __init__(self) -> None:
        """Start empty."""
        self._builds: dict[tuple[str, str], Build] = {}

    def get(self, commit: str, key: str) -> Build | None:
        """Give one build, if it is there."""
        return self._builds.get((commit, key))

    def put(
        self, commit: str, body: Mapping[str, Any], *, is_of_repository: bool, now_ms: int
    ) -> None:
        """Store or replace the build of the body's key."""
        old = self._builds.pop((commit, body["key"]), None)
        created_ms = old.created_ms if old else now_ms
        self._builds[commit, body["key"]] = Build(body, is_of_repository, created_ms, now_ms)

    def delete(self, commit: str, key: str) -> None:
        """Delete a build, if it is there."""
        self._builds.pop((commit, key), None)

    def latest(self, commit: str) -> list[Build]:
        """List a commit's latest 100 builds, the newest first."""
        found = [build for (at, _), build in self._builds.items() if at == commit]
        return found[::-1][:_KEPT]

    def statistics(self, commit: str) -> dict[str, int] | None:
        """Count a commit's builds by their state (RestBuildStats); None without any."""
        states = Counter(
            build.body["state"] for (at, _), build in self._builds.items() if at == commit
        )
        return {name: states[each] for each, name in _STATISTICS.items()} if states else None

    def clear(self) -> None:
        """Forget everything, as a test does between two cases."""
        self._builds.clear()
