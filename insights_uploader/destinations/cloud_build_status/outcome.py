"""A run's outcome as a build status on Bitbucket Cloud."""

from collections.abc import Sequence

from insights_uploader.destinations.address import path_of
from insights_uploader.destinations.cloud_build_status.client import (
    CloudBuildStatuses,
    statuses_address,
)
from insights_uploader.destinations.cloud_build_status.payload import (
    CloudBuild,
    CloudBuildState,
    cloud_build_body,
)
from insights_uploader.destinations.cloud_build_status.posting import post_confirmed
from insights_uploader.destinations.http import Http
from insights_uploader.model.errors import PartialError, UsageError
from insights_uploader.outcome import Delivery, Outcome, Prepared, State
from insights_uploader.plan.plan import Body

_STATES = {
    State.IN_PROGRESS: CloudBuildState.INPROGRESS,
    State.SUCCESSFUL: CloudBuildState.SUCCESSFUL,
    State.FAILED: CloudBuildState.FAILED,
    State.CANCELLED: CloudBuildState.STOPPED,
}


class CloudBuildStatusDestination:
    """Tells of a run when it begins and when it ends."""

    name = "build-status"
    announces = True

    def __init__(self, http: Http | None, workspace: str, repository: str) -> None:
        """Prepare.

        Args:
            http: the way to the API; None where nothing will be sent.
            workspace: its id.
            repository: its slug.
        """
        self._http = http
        self._repository = (workspace, repository)

    def prepared(self, outcome: Outcome) -> Sequence[Prepared]:
        """The one request.

        Raises:
            UsageError: there is no build, or none that Bitbucket Cloud takes.
        """
        address = path_of(statuses_address(*self._repository, outcome.commit))
        return [Prepared("POST", address, cloud_build_body(_build_of(outcome)))]

    def send(self, outcome: Outcome) -> Delivery:
        """Post the status and read it back.

        Raises:
            UsageError: as above, before anything is sent.
            PartialError: another run has put its build there since ours began; it stays.
            ServerError: the server refuses, cannot be reached, or then holds another state.
        """
        sent = cloud_build_body(_build_of(outcome))
        if self._http is None:
            raise UsageError("no-destination", "there is no server to send the build status to")
        statuses = CloudBuildStatuses(self._http, *self._repository, outcome.commit)
        if outcome.announced:
            _check_ours(statuses, sent)
        stored = post_confirmed(statuses, sent)
        return Delivery(
            words=[f"build {stored.key} of commit {outcome.commit} is {stored.state}"],
            details={"api": "cloud", "key": stored.key, "state": stored.state, "url": sent["url"]},
        )


def _check_ours(statuses: CloudBuildStatuses, sent: Body) -> None:
    """See that what Cloud has of the key is what this run has begun."""
    stored = statuses.get(sent["key"])
    if stored is None:
        return
    is_of_another = stored.url not in (None, sent["url"])
    states = (sent["state"], stored.state)
    if is_of_another or states == (CloudBuildState.SUCCESSFUL, CloudBuildState.FAILED):
        raise PartialError(
            "superseded",
            f"not sent: another run has put its build under the key {sent['key']} since",
            "Its state stays; give each job a --build-key of its own.",
        )


def _build_of(outcome: Outcome) -> CloudBuild:
    build = outcome.build
    if build is None or not build.key.strip() or not build.url.strip():
        raise UsageError(
            "no-build",
            "build-status: the build's key or page is not known, and Bitbucket takes none without",
            "Name them with --build-key and --build-url; in the CIs that docs/ci.md lists both are "
            "known already.",
        )
    return CloudBuild(
        key=build.key,
        state=_STATES[outcome.state],
        url=build.url,
        name=build.name,
        description=outcome.description,
        branch=outcome.ref,
    )
