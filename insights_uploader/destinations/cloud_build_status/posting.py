"""Posts builds to Bitbucket Cloud, and sees that they are there."""

from collections.abc import Sequence

import msgspec

from insights_uploader.destinations.build_status.payload import BuildState, BuildStatus
from insights_uploader.destinations.cloud_build_status.client import (
    CloudBuildStatuses,
    StoredStatus,
)
from insights_uploader.destinations.cloud_build_status.payload import (
    CloudBuild,
    CloudBuildState,
    cloud_build_body,
    cloud_build_key,
)
from insights_uploader.destinations.http import Http
from insights_uploader.model.errors import ServerError, UsageError
from insights_uploader.plan.plan import Body

_STATES = {
    BuildState.INPROGRESS: CloudBuildState.INPROGRESS,
    BuildState.SUCCESSFUL: CloudBuildState.SUCCESSFUL,
    BuildState.FAILED: CloudBuildState.FAILED,
    BuildState.CANCELLED: CloudBuildState.STOPPED,
}
_UNKNOWN_THERE = {"number": "number", "duration_ms": "duration", "tests": "tests"}


class CloudPosted(msgspec.Struct, frozen=True):
    """What was posted, and what the server then had.

    Attributes:
        sent: the request's body.
        stored: what the server gave back.
        warnings: what Cloud has no place for, a line each.
    """

    sent: Body
    stored: StoredStatus
    warnings: Sequence[str] = ()
    api: str = "cloud"


class CloudBuildPosting:
    """The build statuses of one repository.

    Every method raises `ServerError` when the server refuses or cannot be reached, and
    `UsageError`, before anything is sent, when it could only be refused.
    """

    def __init__(self, http: Http, workspace: str, repository: str) -> None:
        self._http = http
        self._repository = (workspace, repository)

    def post(self, commit: str, build: BuildStatus) -> CloudPosted:
        """Store a build, or replace the one of its key, and read it back."""
        state = _STATES.get(build.state)
        if state is None:
            words = f"Bitbucket Cloud knows no state {build.state}"
            raise UsageError("no-such-state", words, "Nothing was sent.")
        sent = cloud_build_body(
            CloudBuild(
                key=build.key,
                state=state,
                url=build.url,
                name=build.name,
                description=build.description,
                branch=build.ref,
            )
        )
        lost = [word for name, word in _UNKNOWN_THERE.items() if getattr(build, name) is not None]
        warnings = [f"Bitbucket Cloud has no place for the build's {', '.join(lost)}"] * bool(lost)
        return CloudPosted(sent, post_confirmed(self._of(commit), sent), warnings)

    def get(self, commit: str, key: str) -> StoredStatus | None:
        """The build of a key; None when the commit has none."""
        return self._of(commit).get(cloud_build_key(key))

    def _of(self, commit: str) -> CloudBuildStatuses:
        return CloudBuildStatuses(self._http, *self._repository, commit)


def post_confirmed(statuses: CloudBuildStatuses, sent: Body) -> StoredStatus:
    """Post a status; give what is then there.

    Raises:
        ServerError: the server refuses, cannot be reached, or then holds another state.
    """
    statuses.post(sent)
    stored = statuses.get(sent["key"])
    if stored is not None and stored.state == sent["state"]:
        return stored
    held = f"is {stored.state} there" if stored is not None else "is not there"
    raise ServerError(
        "not-confirmed",
        f"build {sent['key']}: it was posted as {sent['state']}, and {held}",
        "Another run may post a build of the same key. Run again.",
    )
