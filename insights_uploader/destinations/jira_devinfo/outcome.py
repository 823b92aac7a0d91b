"""A run's commits, branch and pull request as development information, as one of its destinations."""

from collections.abc import Callable, Collection, Sequence

from insights_uploader.destinations.jira_cloud.address import Api
from insights_uploader.destinations.jira_cloud.site import JiraSite, shown_address
from insights_uploader.destinations.jira_devinfo.chunks import chunks
from insights_uploader.destinations.jira_devinfo.client import DevInfo
from insights_uploader.destinations.jira_devinfo.gathering import Found
from insights_uploader.destinations.jira_devinfo.payload import Submission
from insights_uploader.destinations.jira_devinfo.submitting import submit
from insights_uploader.model.errors import UsageError
from insights_uploader.outcome import Delivery, Outcome, Prepared


def nothing(projects: Collection[str] = ()) -> str:
    """That nothing belongs to an issue, or to none of these projects, for people."""
    key = f"no issue key of {' or '.join(projects)}" if projects else "no issue key"
    places = "in the branch's name, the commits' messages or the pull request's title"
    return f"{key} is {places}: nothing is sent to Jira"


class JiraDevInfoOutcome:
    """Submits what a run was made for, whatever came of the run.

    A run that belongs to no issue is none of Jira's: nothing is sent, and that is no failure.
    """

    name = "jira-devinfo"
    announces = False

    def __init__(
        self,
        site: JiraSite | None,
        gather: Callable[[Outcome], Found],
        *,
        submission: Submission | None = None,
        wait_s: float | None = None,
    ) -> None:
        """Submit it.

        Args:
            site: the way there; without one it can only be prepared.
            gather: finds what belongs to the outcome's commit; `Outcome.updated_ms` is the number
                of the update.
            submission: what is said of all.
            wait_s: how long to look whether what was accepted is stored; not at all, if None.
        """
        self._site = site
        self._gather = gather
        self._submission = submission or Submission()
        self._wait_s = wait_s

    def prepared(self, outcome: Outcome) -> Sequence[Prepared]:
        """The submissions, one after the other; none where no issue is named."""
        address = shown_address(Api.DEVINFO, "bulk")
        parts = chunks(self._gather(outcome).repositories)
        return [Prepared("POST", address, self._submission.body(part)) for part in parts]

    def send(self, outcome: Outcome) -> Delivery:
        """Submit it, and with a time to wait see that it is stored.

        Raises:
            UsageError: there is no way to Jira, or a name is none that it takes.
            ServerError: Jira refuses all, does not store it in time, or cannot be reached.
            PartialError: it does so with a part.
        """
        found = self._gather(outcome)
        if not found.repositories:
            return Delivery([nothing()], {"sent": False, "leftOut": list(found.left_out)})
        if self._site is None:
            raise UsageError("no-jira", "--jira-site is missing", "The information goes there.")
        told = submit(DevInfo(self._site), found.repositories, self._submission, self._wait_s)
        if told.failure:
            raise told.failure
        details = {**told.details, "leftOut": list(found.left_out)}
        return Delivery(told.lines, details, [*told.warnings, *found.left_out])
