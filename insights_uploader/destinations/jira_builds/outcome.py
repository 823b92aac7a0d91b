"""A run's outcome as a build on Jira, as one of its destinations."""

from collections.abc import Mapping, Sequence

from insights_uploader.destinations.jira_builds.client import JiraBuilds
from insights_uploader.destinations.jira_builds.payload import (
    MAX_TEXT,
    Build,
    BuildState,
    Reference,
    TestInfo,
)
from insights_uploader.destinations.jira_builds.submitting import request_of, submit
from insights_uploader.destinations.jira_cloud.address import Api
from insights_uploader.destinations.jira_cloud.ids import entity_id
from insights_uploader.destinations.jira_cloud.site import JiraSite, shown_address
from insights_uploader.model.errors import UsageError
from insights_uploader.model.measure import TestTotals
from insights_uploader.outcome import Delivery, Outcome, Prepared, State

_STATES: Mapping[State, BuildState] = {
    State.IN_PROGRESS: BuildState.IN_PROGRESS,
    State.SUCCESSFUL: BuildState.SUCCESSFUL,
    State.FAILED: BuildState.FAILED,
    State.CANCELLED: BuildState.CANCELLED,
}


class JiraBuildsOutcome:
    """Submits the CI's build for the issues that it belongs to.

    A run that belongs to no issue is none of Jira's: nothing is sent, and that is no failure.
    """

    name = "jira-builds"
    announces = True

    def __init__(
        self,
        site: JiraSite | None,
        issue_keys: Sequence[str],
        *,
        repository_url: str | None = None,
        properties: Mapping[str, str] | None = None,
        wait_s: float | None = None,
        none: str = "no issue is named",
    ) -> None:
        """Submit it.

        Args:
            site: the way there; without one it can only be prepared.
            issue_keys: of the issues that the run belongs to.
            repository_url: of the repository's page, for the commit's link.
            properties: by which the build can be deleted later.
            wait_s: how long to look whether what was accepted is stored; not at all, if None.
            none: why there is no issue, for people.
        """
        self._site = site
        self._none = none
        self._issue_keys = issue_keys
        self._repository_url = repository_url
        self._properties = properties or {}
        self._wait_s = wait_s

    def prepared(self, outcome: Outcome) -> Sequence[Prepared]:
        """The submission; none where no issue is named."""
        if not self._issue_keys:
            return ()
        request = request_of(self._build(outcome), self._properties)
        return [Prepared("POST", shown_address(Api.BUILDS, "bulk"), request)]

    def send(self, outcome: Outcome) -> Delivery:
        """Submit it, and with a time to wait see that it is stored.

        Raises:
            UsageError: there is no way to Jira, or nothing tells of a build.
            ServerError: Jira rejects it, does not store it in time, or cannot be reached.
        """
        if not self._issue_keys:
            return Delivery([f"{self._none}: nothing is sent to Jira"], {"sent": False})
        if self._site is None:
            raise UsageError("no-jira", "--jira-site is missing", "The build goes there.")
        build = self._build(outcome)
        told = submit(JiraBuilds(self._site), build, self._properties, self._wait_s)
        if told.failure:
            raise told.failure
        return Delivery(told.lines, told.details, told.warnings)

    def _build(self, outcome: Outcome) -> Build:
        run = outcome.build
        if run is None:
            raise UsageError("no-build", "nothing tells of a build", "Jira takes builds of a CI.")
        number = run.number or ""
        if not (number.isascii() and number.isdecimal() and len(number) < 20):
            words = f"Jira counts builds by numbers, and this one's is {number or 'not known'!r}"
            raise UsageError("no-build-number", words, "Name it with --build-number.")
        url = self._repository_url
        return Build(
            pipeline=entity_id(run.key, MAX_TEXT),
            number=int(number),
            sequence=outcome.updated_ms,
            name=run.name,
            url=run.url,
            state=_STATES[outcome.state],
            updated_ms=outcome.updated_ms,
            issue_keys=self._issue_keys,
            description=outcome.description,
            tests=counted(outcome.tests) if outcome.tests else None,
            references=[Reference(commit=outcome.commit, repository_url=url)] if url else [],
        )


def counted(tests: TestTotals) -> TestInfo:
    """Jira's numbers of test cases; it knows no errors beside the failed ones."""
    return TestInfo(tests.total, tests.passed, tests.failed + tests.errors, tests.skipped)
