"""Floor 6: a run's outcome goes to every API that is to have it, and none can spoil another."""

from collections.abc import Callable, Collection, Iterator, Sequence
from types import TracebackType
from typing import Self

import msgspec

from insights_uploader.gate import Result
from insights_uploader.model.errors import InsightsError
from insights_uploader.model.measure import TestTotals
from insights_uploader.outcome import BuildRun, Delivery, Outcome, OutcomeDestination, State
from insights_uploader.plan.plan import Plan
from insights_uploader.review import UnderReview

_REASONS = 3


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
    breaks off hears that it failed, or was cancelled.
    """

    def __init__(
        self,
        destinations: Sequence[OutcomeDestination],
        now_ms: Callable[[], int],
        *,
        build: BuildRun | None = None,
        branch: str | None = None,
        optional: Collection[str] = (),
        tell: Callable[[str], None],
    ) -> None:
        """Prepare; nothing is sent yet.

        Args:
            destinations: each by itself, in the order in which they are served.
            now_ms: the clock, in milliseconds since 1970.
            build: the CI's, if one is known.
            branch: that was built, if it is known.
            optional: the names of those that the user can do without.
            tell: hears of trouble that changes nothing.
        """
        self._destinations = destinations
        self._now_ms = now_ms
        self._build = build
        self._branch = branch
        self._optional = optional
        self._tell = tell
        self._begun: Outcome | None = None
        self._open: list[OutcomeDestination] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Tell those that wait for an end that there is none."""
        if error is None or self._begun is None:
            return
        cancelled = isinstance(error, KeyboardInterrupt)
        outcome = msgspec.structs.replace(
            self._begun,
            state=State.CANCELLED if cancelled else State.FAILED,
            description="The run was interrupted." if cancelled else _reason(error),
            updated_ms=self._now_ms(),
        )
        for destination in list(self._open):
            self._warn(self._send(destination, outcome))

    def begin(self, review: UnderReview) -> None:
        """Tell those that want to know that the run has begun; their trouble is only told of."""
        self._begun = Outcome(
            commit=review.commit,
            ref=f"refs/heads/{self._branch}" if self._branch else None,
            base=review.diff.base,
            pull_request=review.pull_request.id if review.pull_request else None,
            build=self._build,
            state=State.IN_PROGRESS,
            description="The results are being read.",
            updated_ms=self._now_ms(),
        )
        for destination in self._destinations:
            if destination.announces:
                self._open.append(destination)  # before: its answer may be lost
                self._warn(self._send(destination, self._begun))

    def finish(self, plan: Plan) -> Iterator[Sent]:
        """Send the outcome to all, one after the other, whatever becomes of the others."""
        outcome = self.outcome(plan)
        for destination in self._destinations:
            yield self._send(destination, outcome)

    def outcome(self, plan: Plan) -> Outcome:
        """What the run has come to."""
        tests = _all(plan.tests)
        failed = plan.verdict.result is Result.FAIL
        return Outcome(
            commit=plan.target.commit,
            ref=f"refs/heads/{self._branch}" if self._branch else None,
            base=plan.target.merge_base,
            pull_request=plan.target.pull_request,
            build=self._build,
            state=State.FAILED if failed else State.SUCCESSFUL,
            description=_verdict(plan),
            updated_ms=self._now_ms(),
            duration_ms=tests.duration_ms if tests else None,
            tests=tests,
            plan=plan,
        )

    def _send(self, destination: OutcomeDestination, outcome: Outcome) -> Sent:
        optional = destination.name in self._optional
        try:
            delivery = destination.send(outcome)
        except InsightsError as error:
            return Sent(destination.name, optional, error=error)
        if outcome.state is not State.IN_PROGRESS and destination in self._open:
            self._open.remove(destination)
        return Sent(destination.name, optional, delivery)

    def _warn(self, sent: Sent) -> None:
        if sent.error is not None:
            self._tell(f"{sent.destination}: {sent.error.message}")


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
