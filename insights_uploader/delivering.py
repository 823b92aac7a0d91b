"""Floor 6: a run's outcome goes to every API that is to have it, and none can spoil another."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from types import TracebackType
from typing import Self

import msgspec

from insights_uploader.gate import Result
from insights_uploader.model.errors import InsightsError, PartialError, ServerError, UsageError
from insights_uploader.model.measure import TestTotals
from insights_uploader.outcome import BuildRun, Delivery, Outcome, OutcomeDestination, State
from insights_uploader.plan.plan import Plan
from insights_uploader.reports import is_open
from insights_uploader.review import UnderReview

_REASONS = 3
_SUPERSEDED = "superseded"
_PERMISSION = frozenset({"not-permitted", "anothers-report"})
"""The login is accepted, and may not do this one thing; another it may."""


class Sent(msgspec.Struct, frozen=True):
    """How it went with one destination.

    Attributes:
        destination: its name.
        optional: whether the user can do without it.
        delivery: what it was seen to take; None when it failed.
        error: why it failed.
    """

    destination: str
    optional: bool
    delivery: Delivery | None = None
    error: InsightsError | None = None


class Deliveries:
    """The way of a run's outcome to its destinations.

    As a context manager it ends what was begun: a destination that heard of a run which then
    breaks off hears that it failed, or was cancelled. So does one that would have heard of a run
    which breaks off before it is known what is under review.
    """

    def __init__(  # noqa: PLR0913 - each is a matter of its own
        self,
        destinations: Sequence[OutcomeDestination],
        now_ms: Callable[[], int],
        *,
        build: BuildRun | None = None,
        branch: str | None = None,
        optional: Collection[str] = (),
        unmade: Sequence[Sent] = (),
        logins: Mapping[str, str] | None = None,
        commit: Callable[[], str] | None = None,
        hasty: Callable[[str], OutcomeDestination] | None = None,
        tell: Callable[[str], None],
    ) -> None:
        """Prepare; nothing is sent yet.

        Args:
            destinations: each by itself, in the order in which they are served.
            now_ms: the clock, in milliseconds since 1970.
            build: the CI's, if one is known.
            branch: that was built, if it is known.
            optional: the names of those that the user can do without.
            unmade: those of these that there is no way to.
            logins: by a destination's name, with which login it is spoken to.
            commit: finds the commit that a run is of which breaks off before it is found out.
            hasty: a second way to the destination of a name, for the last word of a run: of one
                try and a few seconds.
            tell: hears of trouble that changes nothing.
        """
        self._destinations = list(destinations)
        self._now_ms = now_ms
        self._build = build
        self._branch = branch
        self._optional = optional
        self._unmade = list(unmade)
        self._logins = logins or {}
        self._refused: dict[str, Sent | None] = {}
        self._commit = commit
        self._hasty = hasty
        self._tell = tell
        self._begun: Outcome | None = None
        self._open = [each for each in destinations if each.announces]
        self._announced: set[str] = set()
        self._final: dict[str, Outcome] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Tell those that wait for an end that there is none."""
        if error is None or not self._open:
            return
        begun = self._begun or self._unbegun(error)
        if begun is None:
            return
        cancelled = isinstance(error, KeyboardInterrupt)
        broken_off = msgspec.structs.replace(
            begun,
            state=State.CANCELLED if cancelled else State.FAILED,
            description="The run was interrupted." if cancelled else _reason(error),
            updated_ms=self._now_ms(),
        )
        for destination in list(self._open):
            # an end that was sent already may be there, and is the right one
            sent = self._last_word(destination, self._final.get(destination.name, broken_off))
            if sent.error is not None and sent.error.slug != "not-tried":
                self._tell(f"{sent.destination}: {sent.error.message}")

    def refuse(self, login: str) -> None:
        """Send nothing more with a login: a server locks an account that is refused too often."""
        self._refused.setdefault(login)

    def begin(self, review: UnderReview) -> None:
        """Tell those that want to know that the run has begun; most trouble is told at its end.

        Raises:
            UsageError: one that the user cannot do without lacks something; nothing was sent.
        """
        begun = self._beginning(review.commit)
        self._begun = msgspec.structs.replace(
            begun,
            base=review.diff.base,
            pull_request=review.pull_request.id if review.pull_request else None,
        )
        self._check(self._begun)
        for destination in list(self._open):
            if self._send(destination, self._begun).error is None:
                self._announced.add(destination.name)

    def finish(self, plan: Plan) -> Iterator[Sent]:
        """Send the outcome to all, one after the other, whatever becomes of the others.

        A second word on a destination takes the place of the first. When another run has taken
        over the commit, nothing of this one follows but the end of what it has begun.
        """
        yield from self._unmade
        outcome = self.outcome(plan)
        is_superseded = False
        failed: list[Sent] = []
        for destination in self._destinations:
            if is_superseded:
                sent = self._withheld(destination)
            else:
                if destination in self._open:
                    self._final[destination.name] = outcome
                sent = self._send(destination, outcome)
                is_superseded = sent.error is not None and sent.error.slug == _SUPERSEDED
            if destination in self._open and _is_passing(sent.error):
                failed.append(sent)
            elif destination in self._open:
                self._open.remove(destination)
                if destination.name in self._announced:
                    sent = _left_in_progress(sent)
            yield sent
        for sent in failed:
            [destination] = [each for each in self._open if each.name == sent.destination]
            again = self._last_word(destination, outcome)
            yield again if again.error is None else _left_in_progress(sent)

    def outcome(self, plan: Plan) -> Outcome:
        """What the run has come to."""
        tests = _all(plan.tests)
        failed = plan.verdict.result is Result.FAIL
        return msgspec.structs.replace(
            self._beginning(plan.target.commit),
            base=plan.target.merge_base,
            pull_request=plan.target.pull_request,
            state=State.FAILED if failed else State.SUCCESSFUL,
            description=_verdict(plan),
            duration_ms=tests.duration_ms if tests else None,
            tests=tests,
            plan=plan,
        )

    def _beginning(self, commit: str) -> Outcome:
        return Outcome(
            commit=commit,
            ref=f"refs/heads/{self._branch}" if self._branch else None,
            build=self._build,
            state=State.IN_PROGRESS,
            description="The results are being read.",
            updated_ms=self._now_ms(),
        )

    def _unbegun(self, error: BaseException) -> Outcome | None:
        """The run that broke off before its beginning was told; None if its commit is not known."""
        if is_refused(error):
            self._refused = dict.fromkeys(self._logins.values())  # whose it was is not known here
        try:
            return self._beginning(self._commit()) if self._commit else None
        except InsightsError:
            return None

    def _check(self, begun: Outcome) -> None:
        """See that nothing is missing of what can be told before anything is sent."""
        for destination in list(self._open):
            try:
                destination.prepared(begun)
            except UsageError as error:
                if destination.name not in self._optional:
                    self._open.clear()  # nothing was sent, so nobody waits for an end
                    raise named_after(destination.name, error) from None
                self._open.remove(destination)
                self._destinations.remove(destination)
                self._unmade.append(Sent(destination.name, optional=True, error=error))
            except Exception:  # noqa: BLE001, S112 - to send it meets the same fault, and tells it
                continue

    def _send(self, destination: OutcomeDestination, outcome: Outcome) -> Sent:
        """Send it, by this way; whatever goes wrong is this destination's trouble alone."""
        name = destination.name
        optional = name in self._optional
        login = self._logins.get(name, name)
        if login in self._refused:
            first = self._refused[login]
            if first is not None and first.destination == name:
                return first
            words = "not tried: the login was refused"
            return Sent(name, optional, error=ServerError("not-tried", words))
        outcome = msgspec.structs.replace(outcome, announced=name in self._announced)
        try:
            return Sent(name, optional, destination.send(outcome))
        except InsightsError as error:
            sent = Sent(name, optional, error=error)
            if is_refused(error):
                self._refused[login] = sent
            return sent
        except Exception as error:  # noqa: BLE001 - a fault here keeps nothing from the others
            return Sent(name, optional, error=_fault(name, error))

    def _last_word(self, destination: OutcomeDestination, outcome: Outcome) -> Sent:
        """One try more, in a few seconds, to end what was begun."""
        self._open.remove(destination)
        try:
            hasty = self._hasty(destination.name) if self._hasty else destination
        except InsightsError as error:
            return Sent(destination.name, destination.name in self._optional, error=error)
        return _left_in_progress(self._send(hasty, outcome))

    def _withheld(self, destination: OutcomeDestination) -> Sent:
        """No end of this run, which another has overtaken, is told; but what was begun is ended."""
        words = "not sent: another run has taken over this commit"
        name = destination.name
        if destination in self._open and self._begun is not None:
            cancelled = msgspec.structs.replace(
                self._begun,
                state=State.CANCELLED,
                description="Another run has taken over this commit.",
                updated_ms=self._begun.updated_ms + 1,  # a newer run's word stays the last
            )
            self._final[name] = cancelled
            self._last_word(destination, cancelled)
        error = PartialError(_SUPERSEDED, words)
        return Sent(name, name in self._optional, error=error)


def named_after(name: str, error: InsightsError) -> InsightsError:
    """The trouble of a destination, beginning with its name."""
    if not error.message.startswith(f"{name}: "):
        error.args = (f"{name}: {error.message}",)
    return error


def is_refused(error: BaseException) -> bool:
    """True when a server does not accept a login, whatever it is to do."""
    if not isinstance(error, ServerError) or error.slug in _PERMISSION:
        return False
    return error.status in (401, 403)


def _is_passing(error: InsightsError | None) -> bool:
    """True when it may go better a moment later."""
    if not isinstance(error, ServerError) or error.slug in ("not-tried", _SUPERSEDED):
        return False
    return is_open(error)


def _left_in_progress(sent: Sent) -> Sent:
    if sent.error is None or sent.error.slug == _SUPERSEDED:
        return sent
    said = sent.error.message.rstrip(".")
    sent.error.args = (f"{said}. The build may be left in progress there.",)
    return sent


def _fault(name: str, error: Exception) -> InsightsError:
    """A fault of our own: exit code 70. What it says may hold anything, so only its kind is told."""
    words = f"a fault in insights-uploader at {name}: {type(error).__name__}"
    fault = InsightsError("fault", words, "Please report it with the traceback.")
    fault.__cause__ = error
    return fault


def _all(tests: Sequence[TestTotals]) -> TestTotals | None:
    if not tests:
        return None
    total = tests[0]
    for more in tests[1:]:
        total = total.plus(more)
    return total


def _verdict(plan: Plan) -> str:
    """The gate's word in one sentence."""
    failures = [reason.words for reason in plan.verdict.failures()]
    if not failures:
        return "The gate is passed."
    more = f"; and {len(failures) - _REASONS} more" if len(failures) > _REASONS else ""
    return f"The gate failed: {'; '.join(failures[:_REASONS])}{more}."


def _reason(error: BaseException) -> str:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    known = isinstance(error, InsightsError)
    return f"The run broke off: {error}" if known else "The run broke off by a fault of its own."
