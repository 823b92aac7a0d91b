"""Floor 4, pure: what a run has come to, for the APIs that a build's outcome goes to."""

import enum
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import msgspec

from insights_uploader.model.measure import TestTotals
from insights_uploader.plan.plan import Plan


class State(enum.StrEnum):
    """How far a build is; each API has words of its own for it."""

    IN_PROGRESS = "in progress"
    SUCCESSFUL = "successful"
    FAILED = "failed"
    CANCELLED = "cancelled"


class BuildRun(msgspec.Struct, frozen=True, kw_only=True):
    """The CI's build that this run is a step of.

    Attributes:
        key: names the job or plan, the same from build to build.
        name: for people.
        url: of the build's page.
        number: as the CI counts builds; not always a number.
        parent: names the plan that a required build asks for; None when there is none but the key.
    """

    key: str
    name: str
    url: str
    number: str | None = None
    parent: str | None = None


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a run when it begins, and when it ends.

    Attributes:
        commit: the full id of the commit under review.
        ref: the branch that was built, as `refs/heads/...`; None when it is not known.
        base: the commit that the branch left its target at; None when it is not known.
        pull_request: its number, when known.
        build: the CI's build; None when nothing tells of one.
        state: how far it is.
        description: one sentence for people.
        updated_ms: when this was found, in milliseconds since 1970.
        duration_ms: how long the build took; None when it is not known.
        tests: all test cases of all tools; None when no tool counted any.
        plan: what the run would publish; None while it is in progress, or when none was made.
        announced: whether this destination was seen to take that the run has begun; what it then
            holds of another run is newer.
    """

    commit: str
    ref: str | None = None
    base: str | None = None
    pull_request: int | None = None
    build: BuildRun | None = None
    state: State
    description: str
    updated_ms: int
    duration_ms: int | None = None
    tests: TestTotals | None = None
    plan: Plan | None = None
    announced: bool = False


class Prepared(msgspec.Struct, frozen=True):
    """One request that a destination would send.

    Attributes:
        method: as POST.
        address: the path below the server's base address, and the query; without any secret.
        body: JSON; None without one.
    """

    method: str
    address: str
    body: Any = None


class Delivery(msgspec.Struct, frozen=True):
    """What a destination was seen to take.

    Attributes:
        words: for people, a line each.
        details: for the receipt, JSON's own types.
        warnings: what it did not take, or what is not known of it, a line each.
    """

    words: Sequence[str]
    details: Mapping[str, Any] = {}
    warnings: Sequence[str] = ()


class OutcomeDestination(Protocol):
    """One API that a run's outcome goes to; none knows of the others.

    Attributes:
        name: as `--to` has it.
        announces: whether it is told of a run that has begun; such a one is always told of its end.
    """

    name: str
    announces: bool

    def prepared(self, outcome: Outcome) -> Sequence[Prepared]:
        """The requests that carry this outcome, exactly as they would be sent; nothing is sent.

        Raises:
            UsageError: the outcome lacks what this API demands, as a build's address.
        """
        ...

    def send(self, outcome: Outcome) -> Delivery:
        """Send it, and see that it is there.

        Raises:
            UsageError: as above, before anything is sent.
            ServerError: the server refuses, fails, or cannot be reached.
            PartialError: it took only a part.
        """
        ...
