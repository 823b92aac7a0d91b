"""Floor 6: a plan is published: report after report, and only what is read back is believed."""

import time
from collections.abc import Callable, Iterator, Mapping

import msgspec

from insights_uploader.destinations.bitbucket_dc.payload import is_key_of
from insights_uploader.gate import Result
from insights_uploader.model.errors import PartialError, ServerError
from insights_uploader.plan.plan import Plan, PlannedReport
from insights_uploader.replacing import Replacement
from insights_uploader.reports import Reports


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

    def __init__(
        self,
        plan: Plan,
        server: Reports,
        *,
        force: bool = False,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        """Prepare; nothing is sent yet.

        Args:
            plan: to be sent.
            server: of its reports.
            force: send it though the server holds the same, or something newer.
            pause: waits for so many seconds.
        """
        self.plan = plan
        self.confirmed: list[Confirmed] = []
        self._keys = [report.key for report in plan.reports]
        self._server = server
        self._force = force
        self._pause = pause
        self._failed: dict[str, ServerError] = {}
        self._running: Replacement | None = None

    def run(self) -> Iterator[Confirmed]:
        """Send the plan; yields each report once it is confirmed, or raises.

        What is wrong with one report alone keeps no other from being sent.

        Raises:
            PartialError: another run has taken over, or the server holds something of this run: a
                report that is not finished, finished ones without the others, or something else
                than was sent.
            ServerError: no report of this run was accepted.
        """
        for planned in self.plan.reports:  # as they were planned: later ones shrink with a limit
            replacement = Replacement(self.plan, planned.key, self._server, self._pause)
            self._running = replacement
            try:
                sent = replacement.run(force=self._force)
            except ServerError as error:
                self._failed[planned.key] = _told(error, replacement)
                if _is_of_one_report(error):
                    continue
                break
            finally:
                self.plan = replacement.plan
            self._running = None
            report = _confirmed(planned, replacement.planned, sent=sent)
            self.confirmed.append(report)
            yield report
        if self._failed:
            raise self._failure()

    def left(self) -> str:
        """What a run that is broken off leaves on the server, in words."""
        words = [_left(self._running)] if self._running else []
        return " ".join([*words, *self._rest()]).strip()

    def _failure(self) -> ServerError:
        """All that went wrong, as one; of two reports the first says what to do."""
        errors = list(self._failed.values())
        first = next((each for each in errors if isinstance(each, PartialError)), errors[0])
        message = " ".join([*(error.message for error in errors), *self._rest()])
        if isinstance(first, PartialError) or self.confirmed:
            slug = first.slug if isinstance(first, PartialError) else "published-in-part"
            return PartialError(slug, message, first.hint, first.status)
        return ServerError(first.slug, message, first.hint, first.status)

    def _rest(self) -> Iterator[str]:
        """What became of the other reports, sentence by sentence."""
        done = [report.key for report in self.confirmed]
        untried = [key for key in self._keys if key not in done and key not in self._failed]
        if self._running is not None and self._running.planned.key in untried:
            untried.remove(self._running.planned.key)
        if done:
            yield f"Published: {', '.join(done)}."
        if untried:
            yield f"Not tried: {', '.join(untried)}."
        touched = [*self._failed.values()] + ([self._running] if self._running else [])
        if not done and not any(isinstance(each, PartialError) for each in touched):
            yield "Nothing was published."


def not_of_this_run(
    plan: Plan, prefix: str, stored: Mapping[str, int | None]
) -> Mapping[str, bool]:
    """The keys of reports that look like ours and are not: of a tool that no longer runs, say.

    Each comes with whether it was made after the plan, and so is another run's.

    Args:
        plan: of this run.
        prefix: that all keys of this project's reports are made with.
        stored: the commit's reports: key -> when it was made, in milliseconds since 1970.
    """
    ours = {report.key for report in plan.reports}
    latest = max((report.draft.created_ms for report in plan.reports), default=0)
    return {
        key: (made_ms or 0) > latest
        for key, made_ms in stored.items()
        if is_key_of(prefix, key) and key not in ours
    }


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


def _told(error: ServerError, at: Replacement) -> ServerError:
    """The failure, with what it leaves on the server of this report."""
    left = "" if error.slug == "superseded" else _left(at)
    message = f"{error.message.rstrip('.')}. {left}".strip()
    if not at.begun and not isinstance(error, PartialError):
        return ServerError(error.slug, message, error.hint, error.status)
    slug = error.slug if isinstance(error, PartialError) else "published-in-part"
    return PartialError(slug, message, error.hint, error.status)


def _left(at: Replacement) -> str:
    if at.begun:
        return f"Report {at.planned.key} is not finished."
    if at.lost:
        return f"The older report {at.planned.key} {at.lost}, and no new one is confirmed."
    return ""


def _is_of_one_report(error: ServerError) -> bool:
    """True when another report may fare better: no question of the way, the login, or the commit."""
    return (
        isinstance(error, PartialError)
        or error.status in (400, 413, 500)
        or (error.slug == "anothers-report")
    )
