"""Floor 6: a report's stored annotations become those of the plan, as far as the server takes them.

They are posted together only where there are none, since the server takes one twice; what is wrong
then is put right one by one, in a way that may be repeated.

What the server refuses it refuses as a whole (API facts: "a request that would exceed the limit is
rejected whole", and no refusal names the annotation it means), so a refused batch is halved until
it fits, or until one annotation is left. That is the one, and the plan goes on without it; unless
the request was no larger than one that was taken before: then there is no room for any more, and
the plan is limited to what fits. How many requests that takes only the deadline bounds, so that what
is said to be refused was.
"""

from collections.abc import Callable, Sequence

import msgspec

from insights_uploader.comparing import Difference, Stored, difference
from insights_uploader.destinations.bitbucket_dc.refusals import SAYS
from insights_uploader.model.errors import PartialError, ServerError
from insights_uploader.plan.dialect import Dialect
from insights_uploader.plan.plan import Body, Plan
from insights_uploader.reports import Reports, is_open

_ROUNDS = 3
_NONE_TAKEN = 25
"""When so many are refused and none of all was taken, the fault is not in single annotations."""
_NOTHING_DONE = 429
_PAUSE_S = 1.0


class Annotating:
    """The annotations of one report on their way.

    Attributes:
        plan: as it is really sent: smaller when the server did not take all of it.
    """

    def __init__(
        self, plan: Plan, key: str, server: Reports, pause: Callable[[float], None]
    ) -> None:
        self.plan = plan
        self._key = key
        self._server = server
        self._pause = pause
        self._dialect: Dialect = plan.builder.dialect
        self._is_posted = False
        self._refused: dict[str, str] = {}
        self._too_large: dict[str, str] = {}
        self._largest = 0
        self._is_full = False

    def report_was_put(self) -> None:
        """Take note that the annotations may be gone: some servers' PUT of a report clears them."""
        self._is_posted = False

    def settle(self, check: Callable[[], None]) -> None:
        """Make the stored annotations those of the plan.

        Args:
            check: sees that the report is still ours; called before anything is changed.

        Raises:
            PartialError: they are others again and again.
            ServerError: the server refuses all of them, fails, or cannot be reached.
        """
        for _ in range(_ROUNDS):
            stored = self._stored()
            found = self._difference(self._planned, stored)
            if not found:
                return
            check()
            if not stored and not self._is_posted:
                self._is_posted = True
                self._post_all()
                continue
            self._server.delete_annotations(self._key, found.strays)
            self._put_all(found.missing)
        found = self._difference(self._planned, self._server.annotations(self._key))
        if found:
            raise self._other(found)

    @property
    def _planned(self) -> Sequence[Body]:
        return self.plan.report(self._key).annotations

    def _stored(self) -> Sequence[Stored]:
        """What is there; once more after a moment where nothing is seen of all that was taken."""
        stored = self._server.annotations(self._key)
        if not stored and self._is_posted and self._planned:
            self._pause(_PAUSE_S)
            stored = self._server.annotations(self._key)
        return stored

    def _post_all(self) -> None:
        """Add the annotations in batches that fit.

        A batch whose outcome is not known is never sent again: what of it is not there is sent
        one by one.
        """
        planned = self._planned
        most = self._dialect.per_call or max(len(planned), 1)
        batches = [planned[start : start + most] for start in range(0, len(planned), most)][::-1]
        while batches and not self._is_full:
            batch = batches.pop()
            try:
                self._server.post_annotations(self._key, batch)
            except ServerError as error:
                half = len(batch) // 2
                if is_open(error) and error.status != _NOTHING_DONE:
                    there = self._server.annotations(self._key)
                    self._put_all(self._difference(batch, there).missing)
                elif not _is_refused(error):
                    raise
                elif half:
                    batches += [batch[half:], batch[:half]]
                elif self._refuse(batch[0], error):
                    batches = self._those_refused(batches, error)
            else:
                self._take(batch)
        self._leave_out()

    def _those_refused(
        self, batches: Sequence[Sequence[Body]], error: ServerError
    ) -> list[Sequence[Body]]:
        """Try each of what is left as a whole, before it is said that nothing is taken.

        Raises:
            ServerError: the one that is given: none is taken.
        """
        refused = []
        for batch in batches[::-1]:
            try:
                self._server.post_annotations(self._key, batch)
            except ServerError as another:
                if not _is_refused(another):
                    raise
                refused.append(batch)
            else:
                self._take(batch)
        if not self._largest:
            raise error
        return refused[::-1]

    def _put_all(self, bodies: Sequence[Body]) -> None:
        """Send annotations one by one."""
        left = list(bodies)[::-1]
        is_last_try = False
        while left and not self._is_full:
            body = left.pop()
            try:
                self._server.put_annotation(self._key, body)
            except ServerError as error:
                is_alone = error.status == 500 and not self._holds(body)
                if not (is_alone or _is_refused(error)):
                    raise
                if self._refuse(body, error):
                    if is_last_try or not left:
                        raise
                    is_last_try = True
                    left.append(left.pop(0))  # of another tool or rule, perhaps
            else:
                self._take([body])
        self._leave_out()

    def _holds(self, body: Body) -> bool:
        """See whether an annotation came through all the same; a server that is down fails here."""
        there = self._server.annotations(self._key)
        return not self._difference([body], there).missing

    def _take(self, bodies: Sequence[Body]) -> None:
        """Take note of what was taken: there was room, so what was refused before was too large."""
        self._largest = max(self._largest, _size(bodies))
        self._refused |= self._too_large
        self._too_large.clear()

    def _refuse(self, body: Body, error: ServerError) -> bool:
        """Take note of an annotation that is not taken by itself; tell whether none seems to be.

        Raises:
            ServerError: it takes none at all.
        """
        if error.slug == "too-large" and _size([body]) <= self._largest:
            self.plan = self.plan.without(self._refused, self._key)
            missing = self._difference(self._planned, self._server.annotations(self._key)).missing
            self.plan = self.plan.limited(len(self._planned) - len(missing), since=self._key)
            self._is_full = True
            return False
        kind = self._too_large if error.slug == "too-large" else self._refused
        kind[body[self._dialect.external_id]] = _words(error)
        refused = len(self._refused) + len(self._too_large)
        if not self._largest and refused == len(self._planned) and self._too_large:
            raise error
        return not self._largest and refused >= _NONE_TAKEN

    def _leave_out(self) -> None:
        """The plan goes on without what was refused."""
        if not self._is_full:
            self._refused |= self._too_large
        self.plan = self.plan.without(self._refused, self._key)

    def _difference(self, planned: Sequence[Body], stored: Sequence[Stored]) -> Difference:
        return difference(planned, stored, self._dialect)

    def _other(self, found: Difference) -> PartialError:
        total = len(self._planned)
        return PartialError(
            "not-confirmed",
            f"report {self._key}: of {total} annotations the server holds "
            f"{total - len(found.missing)} as sent, and {len(found.strays) + found.nameless} "
            "that are not from this run or there twice",
            "Another run may be publishing the same commit. Run again.",
        )


def _size(bodies: Sequence[Body]) -> int:
    return len(msgspec.json.encode(bodies))


def _is_refused(error: ServerError) -> bool:
    """True when the server took none of a request for what is in it."""
    return error.status == 400 or error.slug == "too-large"


def _words(error: ServerError) -> str:
    """The server's own words where it has some."""
    return error.message.partition(SAYS)[2] or error.message
