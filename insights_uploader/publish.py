"""Floor 6: a plan is published: report after report, and only what is read back is believed."""

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from insights_uploader.destinations.bitbucket_dc.payload import is_key_of
from insights_uploader.gate import Result
from insights_uploader.model.errors import PartialError, ServerError
from insights_uploader.plan.plan import Plan, PlannedReport
from insights_uploader.replacing import Replacement, Reports


class Confirmed(msgspec.Struct, frozen=True):
    """What the server was seen to hold after the run.

    Attributes:
        key: of the report.
        result: PASS or FAIL.
        annotations: how many.
        sent: whether anything had to be sent; False when the server held all of it before.
        over_cap: how many planned annotations exceed what the server takes.
        invalid: annotation id -> why the server refuses it.
    """

    key: str
    result: Result
    annotations: int
    sent: bool
    over_cap: int
    invalid: Mapping[str, str]


class Publication:
    """The way of one plan to the server.

    Attributes:
        plan: as it is really sent: smaller when the server did not take all of it.
        confirmed: the reports that the server was seen to hold.
    """

    def __init__(self, plan: Plan, server: Reports, *, force: bool = False) -> None:
        """Prepare; nothing is sent yet.

        Args:
            plan: to be sent.
            server: of its reports.
            force: send it though the server holds the same, or something newer.
        """
        self.plan = plan
        self.confirmed: list[Confirmed] = []
        self._server = server
        self._force = force

    def run(self) -> Iterator[Confirmed]:
        """Send the plan; yields each report once it is confirmed, or raises.

        Raises:
            PartialError: another run has taken over, or the server holds something of this run: a
                report that is not finished, finished ones without the others, or something else
                than was sent.
            ServerError: no report of this run was accepted.
        """
        for planned in self.plan.reports:  # as they were planned: later ones shrink with a limit
            replacement = Replacement(self.plan, planned.key, self._server)
            try:
                sent = replacement.run(force=self._force)
            except ServerError as error:
                raise _told(
                    error, replacement, [report.key for report in self.confirmed]
                ) from error
            finally:
                self.plan = replacement.plan
            report = _confirmed(planned, replacement.planned, sent=sent)
            self.confirmed.append(report)
            yield report


def not_of_this_run(plan: Plan, prefix: str, stored: Mapping[str, int | None]) -> Sequence[str]:
    """The keys of reports that look like ours and are not: of a tool that no longer runs, say.

    What was made after the plan is another run's and not listed.

    Args:
        plan: of this run.
        prefix: that all keys of this project's reports are made with.
        stored: the commit's reports: key -> when it was made, in milliseconds since 1970.
    """
    ours = {report.key for report in plan.reports}
    latest = max((report.draft.created_ms for report in plan.reports), default=0)
    return [
        key
        for key, made_ms in stored.items()
        if is_key_of(prefix, key) and key not in ours and (made_ms or 0) <= latest
    ]


def _confirmed(planned: PlannedReport, real: PlannedReport, *, sent: bool) -> Confirmed:
    number, invalid = len(real.annotations), real.draft.invalid
    return Confirmed(
        key=real.key,
        result=real.draft.result,
        annotations=number,
        sent=sent,
        over_cap=len(planned.annotations) - number - len(invalid),
        invalid=invalid,
    )


def _told(error: ServerError, at: Replacement, confirmed: Sequence[str]) -> ServerError:
    """The failure, with what it leaves on the server."""
    message = error.message.rstrip(".") + "."
    superseded = error.slug == "superseded"
    if at.begun and not superseded:
        message += f" Report {at.planned.key} is not finished."
    elif at.lost and not superseded:
        message += f" The older report {at.planned.key} {at.lost}, and no new one is confirmed."
    if confirmed:
        message += f" Published before that: {', '.join(confirmed)}."
    if not (at.begun or confirmed or at.lost):
        message += " Nothing was published."
    if not at.begun and not confirmed and not isinstance(error, PartialError):
        return ServerError(error.slug, message, error.hint, error.status)
    slug = error.slug if isinstance(error, PartialError) else "published-in-part"
    return PartialError(slug, message, error.hint, error.status)
