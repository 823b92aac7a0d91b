"""The exit code that a plan's verdict asks for."""

from insights_uploader.cli.settling import Settled
from insights_uploader.gate import Result
from insights_uploader.model.errors import ExitCode
from insights_uploader.plan.plan import Plan


def exit_code(plan: Plan, settings: Settled) -> ExitCode:
    """1 when the gate fails and the user did not ask for 0."""
    failed = plan.verdict.result is Result.FAIL and not settings["exit_zero"]
    return ExitCode.GATE_FAILED if failed else ExitCode.DONE
