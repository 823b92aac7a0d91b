"""Floor 6: one report in the place of what was there, whatever the server and the network do.

GET, to see whether anything is to do; DELETE of what is there; GET, whether another run has come in
between; PUT; the annotations; GET and compare. It is not known whether a PUT keeps a report's annotations, nor can a
DELETE be relied on to have taken the old ones: whatever a GET finds wrong is put right, again and
again. A report that is to pass while annotations are still to come, or old ones to go, first says
FAIL (or that it is pending, to a server that has a word for it) and "publishing", so that a run that
dies in between leaves no pass; a last PUT says PASS once they are confirmed.

No request of these APIs says "only if it is still so". What another run puts there between our GET
and a DELETE that takes effect is lost; it is bounded by looking again before every further try.
"""

from collections.abc import Callable

from insights_uploader.annotating import Annotating
from insights_uploader.comparing import Stored, created_ms, same, same_report
from insights_uploader.gate import Result
from insights_uploader.model.errors import PartialError, ServerError
from insights_uploader.plan.plan import Body, Plan, PlannedReport
from insights_uploader.reports import Reports, is_open

_PUBLISHING = "The results are being published. If this stays, the run that did so has died."
_ROUNDS = 5


class Replacement:
    """The replacement of one report.

    Attributes:
        begun: whether the server holds a report of this run.
        lost: what became of an older report, in words; empty while it is there or never was.
    """

    def __init__(
        self, plan: Plan, key: str, server: Reports, pause: Callable[[float], None]
    ) -> None:
        self.begun = False
        self.lost = ""
        self._key = key
        self._server = server
        self._dialect = plan.builder.dialect
        self._annotations = Annotating(plan, key, server, pause)
        self._fence = self.planned.draft.created_ms
        self._is_forced = False
        self._sent: Body = {}

    @property
    def plan(self) -> Plan:
        """As it is really sent: smaller when the server did not take all of it."""
        return self._annotations.plan

    @property
    def planned(self) -> PlannedReport:
        """The report as it is really sent."""
        return self.plan.report(self._key)

    def run(self, *, force: bool) -> bool:
        """Replace the report and confirm it; tell whether anything had to be sent.

        Args:
            force: send it though the server holds the same, or something newer.

        Raises:
            PartialError: another run has taken over, or the server does not hold what was sent.
            ServerError: the server refuses, fails, or cannot be reached.
        """
        self._is_forced = force
        old = self._server.report(self._key)
        if old is not None and not force:
            if same(self.planned, old, self._server.annotations(self._key), self._dialect):
                return False
            self._check_fence(old)
        if old is not None:  # else it could only be another run's
            self._delete(old)
        body = self.planned.body
        is_open = bool(self.planned.annotations) or old is not None  # a DELETE may have lied
        late = is_open and self._passes
        self._put(self._unfinished(body) if late else body)
        try:
            self._finish()
        except ServerError as error:
            if error.status != 404:
                raise
            raise _gone(self._key, error) from error
        return True

    def _finish(self) -> None:
        """See that all annotations are there, then let the report say what it has to say."""
        try:
            self._settle()
        except PartialError as error:
            if error.slug == "not-confirmed":
                self._take_pass_back()
            raise
        stored = self._server.report(self._key) or {}
        self._check_fence(stored)
        if stored.get("result") != self.planned.body["result"]:
            raise self._not_confirmed(f"it was sent as {self.planned.body['result']}")
        if self._made(stored) not in (None, self._fence):
            raise self._not_confirmed("the server has another one")

    def _settle(self) -> None:
        """Send the annotations and then what the report has to say, until both are there."""
        for _ in range(_ROUNDS):
            self._annotations.settle(self._still_ours)
            if self._sent == self.planned.body:
                return
            self._put(self.planned.body)
        raise self._not_confirmed("its annotations go whenever it is sent")

    def _take_pass_back(self) -> None:
        """Leave no PASS on a report whose annotations are not as they should be."""
        if self._sent.get("result") == self.planned.body["result"] and self._passes:
            self._put(self._unfinished(self.planned.body))

    @property
    def _passes(self) -> bool:
        return self.planned.draft.result is Result.PASS

    def _not_confirmed(self, words: str) -> PartialError:
        return PartialError(
            "not-confirmed",
            f"report {self._key}: {words}, and the server does not hold it so",
            "Another run may be publishing the same commit. Run again.",
        )

    def _still_ours(self) -> None:
        """See that no later run has put its report here; asked again after every wait."""
        self._check_fence(self._server.report(self._key) or {})

    def _before_ours(self) -> None:
        if not self._is_forced:
            self._still_ours()

    def _delete(self, old: Stored) -> None:
        """Delete what was there; when no answer comes, see whether it is gone."""
        try:
            self._server.delete_report(self._key, self._before_ours)
        except ServerError as error:
            if error.slug == "not-permitted":
                raise _anothers(self._key, old, error) from error
            if not is_open(error):
                raise
            self.lost = "may be deleted"
            if self._server.report(self._key) is not None:
                self.lost = ""
                raise
        self.lost = "is deleted"
        self._before_ours()  # the DELETE may have waited long

    def _put(self, body: Body) -> None:
        """Send the report; when no answer comes, see whether it is there."""
        try:
            stored = self._server.put_report(self._key, body, self._before_ours)
            self._fence = self._made(stored) or self._fence
        except ServerError as error:
            if not is_open(error) and error.slug != "not-permitted":
                raise
            there = self._server.report(self._key)
            if there is not None and error.slug == "not-permitted":
                raise _anothers(self._key, there, error) from error
            if there is None or not same_report(body, there, self._dialect):
                raise
            self._check_fence(there)
        self.begun, self._sent = True, body
        self._annotations.report_was_put()

    def _check_fence(self, stored: Stored) -> None:
        """Stop when another run of this commit, planned later, has put its report here."""
        theirs = self._made(stored)
        if theirs is not None and theirs > self._fence:
            raise PartialError(
                "superseded",
                f"report {self._key}: the server holds one that was made "
                f"{(theirs - self._fence) / 1000:g} s after this run's, which stops here",
                "Another run has published this commit. If none has, and the clocks of the CI's "
                "machines differ, send this one with --force.",
            )

    def _made(self, stored: Stored) -> int | None:
        return created_ms(stored, self._dialect)

    def _unfinished(self, body: Body) -> Body:
        return {**body, "result": self._dialect.unfinished, "details": _PUBLISHING}


def _gone(key: str, error: ServerError) -> PartialError:
    """A report of this run that is no longer there."""
    return PartialError(
        "not-confirmed",
        f"{error.message.rstrip('.')}. Report {key} was there: another run may have taken over "
        "this commit and deleted it.",
        "If no other run publishes this commit with the same --key, run again.",
        error.status,
    )


def _anothers(key: str, report: Stored, error: ServerError) -> ServerError:
    """The same refusal, knowing that there is a report to be refused."""
    reporter = report.get("reporter")
    by = f" (reporter: {reporter[:100]})" if isinstance(reporter, str) and reporter else ""
    return ServerError(
        "anothers-report",
        f"{error.message} The commit has a report {key}{by} of another user.",
        "Only the user who made it can replace it: use the same token for all runs, choose "
        "another --key, or have it deleted by that user or a repository administrator.",
        error.status,
    )
