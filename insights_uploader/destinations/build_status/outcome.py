"""A run's outcome as the status of its build on Bitbucket Data Center."""

from collections.abc import Sequence

from insights_uploader.destinations.address import path_of
from insights_uploader.destinations.build_status.client import builds_address
from insights_uploader.destinations.build_status.payload import (
    BuildState,
    BuildStatus,
    TestResults,
    body,
)
from insights_uploader.destinations.build_status.posting import BuildPosting, legacy_of
from insights_uploader.destinations.build_status_legacy.client import commit_builds_address
from insights_uploader.destinations.http import Http
from insights_uploader.model.errors import UsageError
from insights_uploader.outcome import Delivery, Outcome, Prepared, State

_STATES = {
    State.IN_PROGRESS: BuildState.INPROGRESS,
    State.SUCCESSFUL: BuildState.SUCCESSFUL,
    State.FAILED: BuildState.FAILED,
    State.CANCELLED: BuildState.CANCELLED,
}


class BuildStatusDestination:
    """Tells Bitbucket Data Center that a build has begun, and how it ended.

    Attributes:
        name: as `--to` has it.
        announces: a build that has begun is told of.
    """

    name = "build-status"
    announces = True

    def __init__(
        self, http: Http | None, project: str, repository: str, *, legacy: bool = False
    ) -> None:
        """Prepare.

        Args:
            http: the way to the server; None where nothing will be sent.
            project: its key.
            repository: its slug.
            legacy: use the older API, whatever the server has.
        """
        self._posting = BuildPosting(http, project, repository, legacy=legacy) if http else None
        self._repository = (project, repository)
        self._legacy = legacy

    def prepared(self, outcome: Outcome) -> Sequence[Prepared]:
        """The one request; to a server without the rich API the legacy one is sent instead.

        Raises:
            UsageError: there is no build, or none that Bitbucket takes.
        """
        build = build_of(outcome)
        if self._legacy:
            address, made = commit_builds_address(outcome.commit), legacy_of(build)
        else:
            address, made = builds_address(*self._repository, outcome.commit), body(build)
        return [Prepared("POST", path_of(address), made)]

    def send(self, outcome: Outcome) -> Delivery:
        """Post the build and read it back.

        Raises:
            UsageError: as above, before anything is sent.
            ServerError: the server refuses, cannot be reached, or then holds another state.
        """
        build = build_of(outcome)
        if self._posting is None:
            raise UsageError("no-destination", "there is no server to send the build status to")
        posted = self._posting.post(outcome.commit, build)
        key, state = posted.stored.key, posted.stored.state
        return Delivery(
            words=[f"build {key} of commit {outcome.commit} is {state}"],
            details={"api": posted.api, "key": key, "state": state, "url": posted.sent["url"]},
            warnings=posted.warnings,
        )


def build_of(outcome: Outcome) -> BuildStatus:
    """What is said of the build that the run is a step of.

    Raises:
        UsageError: it is not known which build that is, or where its page is.
    """
    build = outcome.build
    if build is None or not build.key.strip() or not build.url.strip():
        what = "page" if build is not None and build.key.strip() else "key"
        raise UsageError(
            "no-build",
            f"build-status: the build's {what} is not known, and Bitbucket takes no build without",
            "Name them with --build-key and --build-url; in the CIs that docs/ci.md lists both are "
            "known already.",
        )
    return BuildStatus(
        key=build.key,
        state=_STATES[outcome.state],
        url=build.url,
        name=build.name,
        description=outcome.description,
        number=build.number,
        parent=build.parent,
        ref=outcome.ref,
        duration_ms=outcome.duration_ms,
        tests=None
        if outcome.tests is None
        else TestResults(
            successful=outcome.tests.passed,
            failed=outcome.tests.failed + outcome.tests.errors,
            skipped=outcome.tests.skipped,
        ),
    )
