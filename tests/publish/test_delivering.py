"""What becomes of a run's outcome where a destination fails by a fault of its own, or breaks off."""

from collections.abc import Callable, Sequence

import pytest
from fixture_records import BANDIT
from publishing import MakePlan

from insights_uploader.changes.changed_lines import ChangedLines
from insights_uploader.changes.source import Diff
from insights_uploader.delivering import Deliveries
from insights_uploader.model.errors import ExitCode, PartialError, ServerError, UsageError
from insights_uploader.outcome import BuildRun, Delivery, Outcome, Prepared, State
from insights_uploader.review import UnderReview

BUILD = BuildRun(key="widgets", name="widgets", url="https://ci.example.com/7")


class Noted:
    """A destination that notes what it is sent, then does as it is told."""

    def __init__(self, name: str, *errors: BaseException | None, announces: bool = True) -> None:
        self.name = name
        self.announces = announces
        self.states: list[State] = []
        self._errors = list(errors)

    def prepared(self, outcome: Outcome) -> Sequence[Prepared]:
        return ()

    def send(self, outcome: Outcome) -> Delivery:
        self.states.append(outcome.state)
        error = self._errors.pop(0) if self._errors else None
        if error is not None:
            raise error
        return Delivery([outcome.state])


class Lacking(Noted):
    def prepared(self, outcome: Outcome) -> Sequence[Prepared]:
        raise UsageError("no-build-number", "the number is not known", "Name it.")


def deliveries(*destinations: Noted, **settings: object) -> Deliveries:
    told: Callable[[str], None] = lambda _: None  # noqa: E731
    return Deliveries(destinations, lambda: 7, build=BUILD, tell=told, **settings)  # type: ignore[arg-type]


@pytest.fixture
def review(plan_of: MakePlan) -> UnderReview:
    commit = plan_of(BANDIT).target.commit
    diff = Diff(ChangedLines(()), "none", None)
    return UnderReview(commit=commit, seen=None, content=None, diff=diff)  # type: ignore[arg-type]


def test_a_fault_at_one_destination_is_its_own(plan_of: MakePlan, review: UnderReview) -> None:
    faulty, other = Noted("one", None, ValueError("secret words")), Noted("two")
    with deliveries(faulty, other) as run:
        run.begin(review)
        sent = {each.destination: each for each in run.finish(plan_of(BANDIT))}
    error = sent["one"].error
    assert error is not None
    words = "a fault in insights-uploader at one: ValueError"
    assert error.message == f"{words}. The build may be left in progress there."
    assert error.exit_code is ExitCode.FAULT
    assert sent["two"].delivery is not None
    assert other.states == [State.IN_PROGRESS, State.SUCCESSFUL]


def test_an_interruption_is_no_fault_of_a_destination(
    plan_of: MakePlan, review: UnderReview
) -> None:
    """Of the one that was being sent to the end may be there; the next has only begun."""
    first, second = Noted("one", None, KeyboardInterrupt()), Noted("two")
    plan = plan_of(BANDIT)
    run = deliveries(first, second)
    run.begin(review)
    with pytest.raises(KeyboardInterrupt), run:
        list(run.finish(plan))
    assert first.states == [State.IN_PROGRESS, State.SUCCESSFUL, State.SUCCESSFUL]
    assert second.states == [State.IN_PROGRESS, State.CANCELLED]


def test_what_is_missing_ends_the_run_before_anything_is_sent(review: UnderReview) -> None:
    first, lacking = Noted("one"), Lacking("two")
    with (
        pytest.raises(UsageError, match=r"^two: the number is not known"),
        deliveries(first, lacking) as run,
    ):
        run.begin(review)
    assert first.states == lacking.states == []


def test_what_is_optional_may_lack_something(plan_of: MakePlan, review: UnderReview) -> None:
    first, lacking = Noted("one"), Lacking("two")
    with deliveries(first, lacking, optional=["two"]) as run:
        run.begin(review)
        sent = {each.destination: each for each in run.finish(plan_of(BANDIT))}
    assert first.states == [State.IN_PROGRESS, State.SUCCESSFUL]
    assert lacking.states == []
    assert sent["two"].optional
    assert sent["two"].error is not None


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_login_is_its_destinations_alone(
    plan_of: MakePlan, review: UnderReview, status: int
) -> None:
    refused = ServerError("bad-token", "no", "", status)
    reports, build = Noted("one", refused, announces=False), Noted("two")
    jira = Noted("three")
    left = "not tried: the login was refused. The build may be left in progress there."
    logins = {"one": "bitbucket", "two": "bitbucket", "three": "jira"}
    with deliveries(reports, build, jira, logins=logins) as run:
        run.begin(review)
        sent = {each.destination: each for each in run.finish(plan_of(BANDIT))}
    assert build.states == [State.IN_PROGRESS]
    assert str(sent["two"].error) == left
    assert jira.states == [State.IN_PROGRESS, State.SUCCESSFUL]


def test_a_run_that_is_overtaken_tells_no_green_end(plan_of: MakePlan, review: UnderReview) -> None:
    reports = Noted("one", PartialError("superseded", "overtaken"), announces=False)
    build, coverage = Noted("two"), Noted("three", announces=False)
    with deliveries(reports, build, coverage) as run:
        run.begin(review)
        sent = {each.destination: each for each in run.finish(plan_of(BANDIT))}
    assert build.states == [State.IN_PROGRESS, State.CANCELLED]
    assert coverage.states == []
    for name in ("two", "three"):
        error = sent[name].error
        assert error is not None
        assert error.message == "not sent: another run has taken over this commit"


def test_the_last_word_goes_by_a_way_of_its_own(review: UnderReview) -> None:
    patient, hasty = Noted("one"), Noted("one")
    run = deliveries(patient, hasty=lambda _name: hasty)
    run.begin(review)
    with pytest.raises(ServerError), run:
        raise ServerError("server-failed", "no")
    assert patient.states == [State.IN_PROGRESS]
    assert hasty.states == [State.FAILED]
