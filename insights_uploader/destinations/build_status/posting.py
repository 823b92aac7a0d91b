"""Posts builds by the API that the server has, and sees that they are there."""

from collections.abc import Collection, Sequence

import msgspec

from insights_uploader.destinations.build_status.client import (
    CANCELLED,
    RICH,
    BuildStatuses,
    StoredBuild,
    build_capabilities,
)
from insights_uploader.destinations.build_status.payload import (
    BuildState,
    BuildStatus,
    body,
    build_key,
)
from insights_uploader.destinations.build_status_legacy.client import CommitBuild, CommitBuilds
from insights_uploader.destinations.build_status_legacy.payload import legacy_body
from insights_uploader.destinations.http import Http
from insights_uploader.model.errors import ServerError, UsageError
from insights_uploader.plan.plan import Body

_OLD = (
    "the server has only the legacy API of build statuses, which knows no tests, duration, branch "
    "and parent: no required build is met by it"
)


class Posted(msgspec.Struct, frozen=True):
    """What was posted, and what the server then had.

    Attributes:
        api: `rich` or `legacy`.
        sent: the request's body.
        stored: what the server gave back.
        warnings: what the server could not take, a line each.
    """

    api: str
    sent: Body
    stored: StoredBuild | CommitBuild
    warnings: Sequence[str] = ()


class BuildPosting:
    """The builds of one repository.

    Every method raises `ServerError` when the server refuses or cannot be reached, and
    `UsageError`, before anything is written, when it could only be refused.
    """

    def __init__(self, http: Http, project: str, repository: str, *, legacy: bool = False) -> None:
        """Prepare.

        Args:
            http: the way to the server.
            project: its key.
            repository: its slug.
            legacy: use the older API, whatever the server has.
        """
        self._http = http
        self._repository = (project, repository)
        self._legacy = legacy
        self._known: Collection[str] | None = None

    def post(self, commit: str, build: BuildStatus) -> Posted:
        """Store a build, or replace the one of its key, and read it back."""
        if not self._legacy:
            body(build)  # refuse before the first request
        if not self._is_legacy():
            return self._post(commit, build)
        sent = legacy_of(build)
        CommitBuilds(self._http, commit).post(sent)
        stored = _confirmed(sent, self.get(commit, sent["key"]))
        warnings = [] if self._legacy else [_OLD]
        return Posted("legacy", sent, stored, [*warnings, *_changed(build, sent)])

    def get(self, commit: str, key: str) -> StoredBuild | CommitBuild | None:
        """The build of a key; None when the commit has none."""
        key = build_key(key)
        if not self._is_legacy():
            return BuildStatuses(self._http, *self._repository, commit).get(key)
        found = CommitBuilds(self._http, commit).latest()
        return next((each for each in found if each.key == key), None)

    def delete(self, commit: str, key: str) -> None:
        """Delete the build of a key, if there is one."""
        key = build_key(key)
        if self._is_legacy():
            words = "the server has only the legacy API of build statuses, which cannot delete any"
            raise UsageError("no-delete", words, "Post it again with another state.")
        BuildStatuses(self._http, *self._repository, commit).delete(key)

    def _post(self, commit: str, build: BuildStatus) -> Posted:
        sent = body(build, takes_cancelled=CANCELLED in self._capabilities())
        BuildStatuses(self._http, *self._repository, commit).post(sent)
        stored = _confirmed(sent, self.get(commit, sent["key"]))
        return Posted("rich", sent, stored, _changed(build, sent))

    def _is_legacy(self) -> bool:
        return self._legacy or RICH not in self._capabilities()

    def _capabilities(self) -> Collection[str]:
        if self._known is None:
            self._known = build_capabilities(self._http)
        return self._known


def legacy_of(build: BuildStatus) -> Body:
    """What the older API can be told of a build.

    Raises:
        UsageError: the server would refuse it.
    """
    return legacy_body(
        str(build.state), build.key, build.url, name=build.name, description=build.description
    )


def _changed(build: BuildStatus, sent: Body) -> Sequence[str]:
    if build.state is BuildState.CANCELLED and sent["state"] != build.state:
        return ["the server knows no CANCELLED: the build was posted as FAILED"]
    return []


def _confirmed(sent: Body, stored: StoredBuild | CommitBuild | None) -> StoredBuild | CommitBuild:
    if stored is not None and stored.state == sent["state"]:
        return stored
    held = f"is {stored.state} there" if stored is not None else "is not there"
    raise ServerError(
        "not-confirmed",
        f"build {sent['key']}: it was posted as {sent['state']}, and {held}",
        "Another run may post a build of the same key. Run again.",
    )
