"""A run's outcome as a build on Jira, as one of its destinations."""

from collections.abc import Mapping, Sequence

from insights_uploader import __version__
from insights_uploader.destinations.jira_builds.client import BuildKey, JiraBuilds, Submitted
from insights_uploader.destinations.jira_builds.payload import (
    Build,
    BuildState,
    Reference,
    TestInfo,
    build_body,
    left_out,
    submissions,
)
from insights_uploader.destinations.jira_cloud.address import Api
from insights_uploader.destinations.jira_cloud.confirming import Confirmation, confirmed
from insights_uploader.destinations.jira_cloud.site import JiraSite, shown_address
from insights_uploader.model.errors import ServerError, UsageError
from insights_uploader.model.measure import TestTotals
from insights_uploader.outcome import Delivery, Outcome, Prepared, State

PRODUCT = f"insights-uploader {__version__}"

_STATES: Mapping[State, BuildState] = {
    State.IN_PROGRESS: BuildState.IN_PROGRESS,
    State.SUCCESSFUL: BuildState.SUCCESSFUL,
    State.FAILED: BuildState.FAILED,
    State.CANCELLED: BuildState.CANCELLED,
}
_NO_KEY = "no issue key is in the branch's name or the commits' messages: nothing is sent to Jira"


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
    ) -> None:
        """Submit it.

        Args:
            site: the way there; without one it can only be prepared.
            issue_keys: of the issues that the run belongs to.
            repository_url: of the repository's page, for the commit's link.
            properties: by which the build can be deleted later.
            wait_s: how long to look whether what was accepted is stored; not at all, if None.
        """
        self._site = site
        self._issue_keys = issue_keys
        self._repository_url = repository_url
        self._properties = properties or {}
        self._wait_s = wait_s

    def prepared(self, outcome: Outcome) -> Sequence[Prepared]:
        """The submission; none where no issue is named."""
        if not self._issue_keys:
            return ()
        builds = [build_body(self._build(outcome))]
        bodies = submissions(builds, self._properties, PRODUCT)
        return [Prepared("POST", shown_address(Api.BUILDS, "bulk"), body) for body in bodies]

    def send(self, outcome: Outcome) -> Delivery:
        """Submit it, and with a time to wait see that it is stored.

        Raises:
            UsageError: there is no way to Jira, or nothing tells of a build.
            ServerError: Jira rejects it, does not store it in time, or cannot be reached.
        """
        requests = self.prepared(outcome)
        if not requests:
            return Delivery([_NO_KEY], {"sent": False})
        if self._site is None:
            raise UsageError("no-jira", "--jira-site is missing", "The build goes there.")
        builds = JiraBuilds(self._site)
        body = requests[0].body["builds"][0]
        submitted = builds.submit([request.body for request in requests])
        check_accepted(submitted)
        stored = (
            None
            if self._wait_s is None or is_unknown(body["issueKeys"], submitted)
            else confirm(builds, body, self._wait_s)
        )
        key = BuildKey(body["pipelineId"], body["buildNumber"])
        word = "stored" if stored else "accepted"
        issues = ", ".join(body["issueKeys"])
        return Delivery(
            [f"build {key} is {word} for {issues}"],
            {"sent": True, "stored": stored is not None, "build": body},
            [*left_out(self._build(outcome)), *unknown_words(body["issueKeys"], submitted)],
        )

    def _build(self, outcome: Outcome) -> Build:
        run = outcome.build
        if run is None:
            raise UsageError("no-build", "nothing tells of a build", "Jira takes builds of a CI.")
        number = run.number or ""
        if not (number.isascii() and number.isdecimal() and len(number) < 20):
            words = f"Jira counts builds by numbers, and this one's is {number or 'not known'!r}"
            raise UsageError("no-build-number", words)
        branch = (outcome.ref or "").removeprefix("refs/heads/")
        url = self._repository_url
        return Build(
            pipeline=run.key,
            number=int(number),
            sequence=outcome.updated_ms,
            name=run.name,
            url=run.url,
            state=_STATES[outcome.state],
            updated_ms=outcome.updated_ms,
            issue_keys=self._issue_keys,
            description=outcome.description,
            label=branch or None,
            tests=test_info(outcome.tests) if outcome.tests else None,
            references=[Reference(commit=outcome.commit, repository_url=url)] if url else [],
        )


def test_info(tests: TestTotals) -> TestInfo:
    """Jira's numbers of test cases; it knows no errors beside the failed ones."""
    return TestInfo(tests.total, tests.passed, tests.failed + tests.errors, tests.skipped)


test_info.__test__ = False  # type: ignore[attr-defined] # no test, whatever pytest thinks of it


def check_accepted(submitted: Submitted) -> None:
    """See that no build was rejected.

    Raises:
        ServerError: one was, with Jira's reasons.
    """
    if submitted.rejected:
        lines = [f"{each.key}: {'; '.join(each.messages)}" for each in submitted.rejected]
        raise ServerError("rejected", f"Jira rejects {', '.join(lines)}", status=202)


def is_unknown(issue_keys: Sequence[str], submitted: Submitted) -> bool:
    """True when Jira knows none of the keys: what has no other is never stored."""
    return set(issue_keys) <= set(submitted.unknown_issue_keys)


def unknown_words(issue_keys: Sequence[str], submitted: Submitted) -> Sequence[str]:
    """Warnings of the keys that Jira does not know, a line each."""
    lines = [f"Jira knows no issue {key}" for key in submitted.unknown_issue_keys]
    if is_unknown(issue_keys, submitted):
        lines.append("Jira knows none of the issue keys: the build is not stored")
    return lines


def confirm(builds: JiraBuilds, body: Mapping[str, object], wait_s: float) -> Confirmation:
    """See that a build is stored as it was submitted.

    Raises:
        ServerError: it is not, in this time; or a newer update of it is there.
    """
    key = BuildKey(str(body["pipelineId"]), int(str(body["buildNumber"])))
    found = confirmed(lambda: builds.get(key), body, wait_s=wait_s)
    if found is Confirmation.NOT_YET:
        words = f"build {key} is accepted, and not stored within {wait_s:g} s"
        hint = "Jira stores it later, mostly soon: `jira builds get` shows it. Wait longer: --wait."
        raise ServerError("not-confirmed", words, hint)
    if found is Confirmation.SUPERSEDED:
        raise ServerError(
            "superseded",
            f"build {key} is stored with another update of the same or a greater sequence number",
            "Jira ignores older updates, whatever it says: it was changed by somebody else.",
        )
    return found
