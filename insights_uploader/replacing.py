"""Floor 6: one report in the place of what was there, whatever the server and the network do.

GET, to see whether anything is to do; DELETE; PUT; GET the annotations, POST them where there are
none, GET and compare. It is not known whether a PUT keeps a report's annotations, nor can a DELETE
be relied on to have taken the old ones: whatever a GET finds wrong is put right, again and again.
A report that is to pass while annotations are still to come, or old ones to go, first says FAIL (or
that it is pending, to a server that has a word for it) and "publishing", so that a run that dies in between leaves no pass; a last PUT says PASS once they
are confirmed.

What the server refuses it refuses as a whole (API facts: "a request that would exceed the limit is
rejected whole", and no refusal names the annotation it means), so a refused batch is halved until
it fits, or until one annotation is left, and that is the one.
"""

from collections.abc import Sequence
from typing import Protocol

from insights_uploader.comparing import (
    Difference,
    Stored,
    created_ms,
    difference,
    same,
    same_report,
)
from insights_uploader.destinations.bitbucket_dc.refusals import SAYS
from insights_uploader.gate import Result
from insights_uploader.model.errors import PartialError, ServerError
from insights_uploader.plan.plan import Body, Plan, PlannedReport

_PUBLISHING = "The results are being published. If this stays, the run that did so has died."
_ROUNDS = 3
_MOST_INVALID = 25
"""When the server refuses more than that, the fault is not in the single annotations."""


class Reports(Protocol):
    """The reports of the plan's commit on a server; every method may raise ServerError."""

    def report(self, key: str) -> Stored | None:
        """A stored report; None when there is none."""
        ...

    def delete_report(self, key: str) -> None:
        """Delete a report and its annotations, if there is one."""
        ...

    def put_report(self, key: str, body: Body) -> Stored:
        """Create or replace a report."""
        ...

    def annotations(self, key: str) -> Sequence[Stored]:
        """A report's stored annotations."""
        ...

    def post_annotations(self, key: str, bodies: Sequence[Body]) -> None:
        """Add annotations: all or none."""
        ...

    def put_annotation(self, key: str, body: Body) -> None:
        """Create or replace the annotation of this external id."""
        ...

    def delete_annotations(self, key: str, external_ids: Sequence[str]) -> None:
        """Delete the annotations of these external ids."""
        ...


class Replacement:
    """The replacement of one report.

    Attributes:
        plan: as it is really sent: smaller when the server did not take all of it.
        begun: whether the server holds a report of this run.
        lost: what became of an older report, in words; empty while it is there or never was.
    """

    def __init__(self, plan: Plan, key: str, server: Reports) -> None:
        self.plan = plan
        self.begun = False
        self.lost = ""
        self._key = key
        self._server = server
        self._dialect = plan.builder.dialect
        self._fence = self.planned.draft.created_ms
        self._sent: Body = {}

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
        old = self._server.report(self._key)
        if old is not None and not force:
            if same(self.planned, old, self._server.annotations(self._key), self._dialect):
                return False
            self._check_fence(old)
        self._delete(old)
        body = self.planned.body
        is_open = bool(self.planned.annotations) or old is not None  # a DELETE may have lied
        late = is_open and self.planned.draft.result is Result.PASS
        self._put(self._unfinished(body) if late else body)
        self._finish()
        return True

    def _finish(self) -> None:
        """See that all annotations are there, then let the report say what it has to say."""
        for _ in range(_ROUNDS):
            self._settle()
            if self._sent == self.planned.body:
                break
            self._put(self.planned.body)
        stored = self._server.report(self._key) or {}
        self._check_fence(stored)
        if stored.get("result") != self.planned.body["result"]:
            raise PartialError(
                "not-confirmed",
                f"report {self._key}: it was sent as {self.planned.body['result']} and the server "
                "does not hold it so",
                "Another run may be publishing the same commit. Run again.",
            )

    def _delete(self, old: Stored | None) -> None:
        """Delete what was there; when no answer comes, see whether it is gone."""
        try:
            self._server.delete_report(self._key)
        except ServerError as error:
            if error.slug == "not-permitted" and old is not None:
                raise _anothers(self._key, old, error) from error
            if not _is_open(error):
                raise
            self.lost = "may be deleted" if old is not None else ""
            if self._server.report(self._key) is not None:
                self.lost = ""
                raise
        self.lost = "is deleted" if old is not None else ""

    def _put(self, body: Body) -> None:
        """Send the report; when no answer comes, see whether it is there."""
        try:
            self._fence = self._made(self._server.put_report(self._key, body)) or self._fence
        except ServerError as error:
            if not _is_open(error) and error.slug != "not-permitted":
                raise
            stored = self._server.report(self._key)
            if stored is not None and error.slug == "not-permitted":
                raise _anothers(self._key, stored, error) from error
            if stored is None or not same_report(body, stored, self._dialect):
                raise
            self._check_fence(stored)
        self.begun, self._sent = True, body

    def _post_all(self) -> None:
        """Add the annotations in batches that fit; the plan shrinks by what does not.

        A batch whose outcome is not known is never sent again: what of it is not there is sent
        one by one, in a way that may be repeated.
        """
        stored, invalid = 0, 0
        planned = self.planned.annotations
        most = self._dialect.per_call or max(len(planned), 1)
        batches = [planned[start : start + most] for start in range(0, len(planned), most)][::-1]
        while batches:
            batch = batches.pop()
            try:
                self._server.post_annotations(self._key, batch)
                stored += len(batch)
            except ServerError as error:
                half = len(batch) // 2
                if _is_open(error):
                    stored += self._add_missing(batch)
                elif not _is_refused(error):
                    raise
                elif half:
                    batches += [batch[half:], batch[:half]]
                elif error.slug != "too-large" and invalid < _MOST_INVALID:
                    invalid += 1
                    name = batch[0][self._dialect.external_id]
                    self.plan = self.plan.without(name, _words(error), self._key)
                elif not stored:
                    raise
                else:
                    self.plan = self.plan.limited(stored, since=self._key)
                    return

    def _add_missing(self, batch: Sequence[Body]) -> int:
        """Add what of a batch is not there; gives the number of those that are."""
        there = self._server.annotations(self._key)
        for body in self._difference(batch, there).missing:
            self._server.put_annotation(self._key, body)
        return len(batch)

    def _settle(self) -> None:
        """Make the stored annotations those of the plan.

        They are posted only where there are none, since the server takes one twice; else what is
        wrong is put right one by one.

        Raises:
            PartialError: they are others again and again.
        """
        for _ in range(_ROUNDS):
            stored = self._server.annotations(self._key)
            found = self._difference(self.planned.annotations, stored)
            if not found:
                return
            self._check_fence(self._server.report(self._key) or {})
            if not stored:
                self._post_all()
                continue
            self._server.delete_annotations(self._key, found.strays)
            for body in found.missing:
                self._server.put_annotation(self._key, body)
        found = self._difference(self.planned.annotations, self._server.annotations(self._key))
        if found:
            total = len(self.planned.annotations)
            raise PartialError(
                "not-confirmed",
                f"report {self._key}: of {total} annotations the server holds "
                f"{total - len(found.missing)} as sent, and {len(found.strays) + found.nameless} "
                "that are not from this run",
                "Another run may be publishing the same commit. Run again.",
            )

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

    def _difference(self, planned: Sequence[Body], stored: Sequence[Stored]) -> Difference:
        return difference(planned, stored, self._dialect)

    def _made(self, stored: Stored) -> int | None:
        return created_ms(stored, self._dialect)

    def _unfinished(self, body: Body) -> Body:
        return {**body, "result": self._dialect.unfinished, "details": _PUBLISHING}


def _is_open(error: ServerError) -> bool:
    """True when the server may or may not have done what was asked."""
    status = error.status
    return status is None or status < 300 or status >= 500 or status == 429


def _is_refused(error: ServerError) -> bool:
    """True when the server took none of a batch for what is in it."""
    return error.status == 400 or error.slug == "too-large"


def _words(error: ServerError) -> str:
    """The server's own words where it has some."""
    return error.message.partition(SAYS)[2] or error.message


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
