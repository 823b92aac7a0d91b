"""Floor 6: Code Insights as one of a run's destinations."""

from collections.abc import Callable, Sequence

from insights_uploader.insights_servers import InsightsServer
from insights_uploader.model.errors import PartialError, ServerError, UsageError
from insights_uploader.outcome import Delivery, Outcome, Prepared
from insights_uploader.plan.plan import Plan
from insights_uploader.publish import Confirmed, Publication, not_of_this_run

NAME = "code-insights"


class CodeInsightsDestination:
    """The reports of the plan, in the place of those that were there.

    Attributes:
        publication: of the plan that was sent; None before.
        deleted: the keys of the reports that were deleted, not being of this run.
    """

    name = NAME
    announces = False

    def __init__(
        self,
        server: InsightsServer,
        prefix: str,
        *,
        force: bool = False,
        prune: bool = False,
        confirmed: Callable[[Confirmed], None],
    ) -> None:
        """Prepare; nothing is sent yet.

        Args:
            server: where the reports go.
            prefix: that all keys of this project's reports are made with.
            force: send it though the server holds the same, or something newer.
            prune: delete the reports with our prefix that are not of this run.
            confirmed: hears of each report as soon as it is.
        """
        self.publication: Publication | None = None
        self.deleted: list[str] = []
        self._server = server
        self._prefix = prefix
        self._force = force
        self._prune = prune
        self._confirmed = confirmed

    def prepared(self, outcome: Outcome) -> Sequence[Prepared]:
        """What creates the reports; what is there before decides what else is sent."""
        return [*self._server.prepared(_plan(outcome))]

    def send(self, outcome: Outcome) -> Delivery:
        """Replace the reports, then deal with those that are not of this run."""
        plan = _plan(outcome)
        reports = self._server.reports(outcome.commit)
        self.publication = Publication(plan, reports, force=self._force)
        for report in self.publication.run():
            self._confirmed(report)
        words, warnings = self._others(plan, outcome.commit)
        return Delivery(words, warnings=warnings)

    def _others(self, plan: Plan, commit: str) -> tuple[Sequence[str], Sequence[str]]:
        """Delete the reports that told of results which could not be read, and now were.

        Others with our prefix are named, or deleted if asked to.

        Raises:
            PartialError: one was to be deleted, and the server does not do it.
        """
        try:
            made = self._server.made(commit)
        except ServerError as error:
            if self._prune:
                raise _published_but(error) from error
            unknown = "All reports are published; what else the commit has is not known."
            return [], [f"{error.message} {unknown}"]
        words: list[str] = []
        warnings: list[str] = []
        unsure = any(not unreadable.tools for unreadable in plan.unreadable)
        for key, is_later in not_of_this_run(plan, self._prefix, made).items():
            if is_later and not (self._force and key in plan.settled):
                if key in plan.settled:
                    warnings.append(f"{key} was made after this run and stays; --force deletes it")
                continue
            if key not in plan.settled and (unsure or not self._prune):
                whose = "of results that could not be read, or " if unsure else ""
                remedy = "" if unsure else "; --prune deletes it"
                words.append(f"{whose}not of this run: {key}{remedy}")
                continue
            self._delete(key, commit)
            warnings.append(f"deleted {key}: it was not of this run")
        return words, warnings

    def _delete(self, key: str, commit: str) -> None:
        reports = self._server.reports(commit)
        try:
            reports.delete_report(key)
            if reports.report(key) is not None:
                words = f"report {key}: the server says that it is deleted, and has it still."
                raise ServerError("not-confirmed", words, "Run again.")
        except ServerError as error:
            raise _published_but(error) from error
        self.deleted.append(key)


def _plan(outcome: Outcome) -> Plan:
    if outcome.plan is None:
        raise UsageError("no-plan", "Code Insights takes only a run that has ended")
    return outcome.plan


def _published_but(error: ServerError) -> PartialError:
    message = f"{error.message} All reports are published; not all others are deleted."
    return PartialError(error.slug, message, error.hint, error.status)
