"""How a run that made its plan ends: the exit code that the plan asks for."""

from collections.abc import Sequence

from insights_uploader.cli.settling import Settled
from insights_uploader.gate import Result
from insights_uploader.model.errors import ExitCode, InsightsError, ResultsError
from insights_uploader.plan.plan import Plan


def exit_code(plan: Plan, settings: Settled) -> ExitCode:
    """The run's exit code, where nothing but the results and the gate has a say.

    Raises:
        ResultsError: results could not be read, whatever the gate says of the others.
        ExceptionGroup: of those, when several could not.
    """
    fail(unreadable(plan))
    return gate_code(plan, settings)


def gate_code(plan: Plan, settings: Settled) -> ExitCode:
    """1 when the gate fails and the user did not ask for 0."""
    failed = plan.verdict.result is Result.FAIL and not settings["exit_zero"]
    return ExitCode.GATE_FAILED if failed else ExitCode.DONE


def unreadable(plan: Plan) -> Sequence[InsightsError]:
    """The results that the plan does without, as errors."""
    return [ResultsError("unreadable-results", u.message, u.hint) for u in plan.unreadable]


def fail(errors: Sequence[InsightsError]) -> None:
    """Raise errors, if there are any: one as itself, several as a group."""
    if len(errors) > 1:
        raise ExceptionGroup("several things went wrong", errors)
    if errors:
        raise errors[0]
