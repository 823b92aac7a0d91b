"""A run's outcome as the status of its build on Bitbucket Data Center."""

from collections.abc import Sequence

from insights_uploader.destinations.address import path_of
from insights_uploader.destinations.build_status.client import StoredBuild, builds_address
from insights_uploader.destinations.build_status.payload import (
    BuildState,
    BuildStatus,
    TestResults,
    body,
)
from insights_uploader.destinations.build_status.posting import BuildPosting, legacy_of
from insights_uploader.destinations.build_status_legacy.client import commit_builds_address
from insights_uploader.destinations.http import Http
from insights_uploader.model.errors import PartialError, UsageError
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
            PartialError: another run has put its build there since ours began; it stays.
            ServerError: the server refuses, cannot be reached, or then holds another state.
        """
        build = build_of(outcome)
        if self._posting is None:
            raise UsageError("no-destination", "there is no server to send the build status to")
        self._check_ours(self._posting, outcome, build)
        posted = self._posting.post(outcome.commit, build)
        key, state = posted.stored.key, posted.stored.state
        return Delivery(
            words=[f"build {key} of commit {outcome.commit} is {state}"],
            details={"api": posted.api, "key": key, "state": state, "url": posted.sent["url"]},
            warnings=posted.warnings,
        )

    def _check_ours(self, posting: BuildPosting, outcome: Outcome, build: BuildStatus) -> None:
        """See that what the server has of the key is what this run has begun.

        No request of this API says "only if it is still so": what comes in between is lost.
        """
        if not outcome.announced:  # what is there may be an older run's
            return
        stored = posting.get(outcome.commit, build.key)
        if stored is None:
            return
        is_of_another = stored.url is not None and stored.url != build.url
        number = stored.build_number if isinstance(stored, StoredBuild) else None
        if number is not None and build.number is not None:
            is_of_another |= number != build.number
        is_failed_since = build.state is BuildState.SUCCESSFUL and stored.state == BuildState.FAILED
        if is_of_another or is_failed_since:
            what = f"{number or stored.url}" if is_of_another else "of this number, which failed,"
            raise PartialError(
                "superseded",
                f"not sent: another run has put its build {what} under the key {build.key} since",
                "Its state stays; give each job a --build-key of its own.",
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
