"""`insights-uploader code-coverage`: what the Code Coverage app shows of a commit's lines."""

import time
from typing import Any

import click

from insights_uploader.cli.destination import commit_of, destination_options, settled_destination
from insights_uploader.cli.options import results_options
from insights_uploader.cli.planning import connected, plan_from, settled
from insights_uploader.cli.speaking import say, show, warn
from insights_uploader.cli.verdicts import fail, unreadable
from insights_uploader.destinations.code_coverage.client import CodeCoverage
from insights_uploader.destinations.code_coverage.outcome import CodeCoverageOutcome
from insights_uploader.model.errors import ResultsError, UsageError
from insights_uploader.outcome import Outcome, State
from insights_uploader.preview.plain import plain
from insights_uploader.preview.stored import as_json

_json = click.option("--json", "is_json", is_flag=True, help="As JSON.")


@click.group("code-coverage")
def command() -> None:
    """Send which lines the tests ran to the Code Coverage app, where the server has it."""


@command.command("set")
@results_options
@click.option("--replace", is_flag=True, help="Delete first what the commit has there already.")
@_json
def _set(is_json: bool, replace: bool, **options: Any) -> int:
    """Send the line coverage that RESULTS hold; all of it, whatever changed.

    What other steps of the build have sent for other files stays, unless --replace says otherwise.
    `publish --to code-coverage` does the same along with the rest.
    """
    settings = settled(options)
    if settings["changes"] != "committed":
        words = f"--changes {settings['changes']}: the app shows only what is committed"
        raise UsageError("not-committed", words, "Leave it away.")
    with connected(settings) as http:
        plan = plan_from(settings, http=http)
        fail(unreadable(plan))
        outcome = Outcome(
            commit=plan.target.commit,
            state=State.SUCCESSFUL,
            description="measured",
            updated_ms=time.time_ns() // 1_000_000,
            plan=plan,
        )
        destination = CodeCoverageOutcome(http)
        if not destination.prepared(outcome):
            raise ResultsError(
                "no-coverage",
                "the results hold no coverage of files in the repository",
                "Nothing was sent. `preview` shows what was read; --path-alias leads paths home.",
            )
        if replace:
            CodeCoverage(http, plan.target.commit).delete()
        delivery = destination.send(outcome)
    if is_json:
        show(as_json({"commit": plan.target.commit, **delivery.details}), is_json=True)
    else:
        say("\n".join(plain(f"commit {plan.target.commit}: {line}") for line in delivery.words))
    warn("".join(f"{plain(f'warning: {line}')}\n" for line in delivery.warnings))
    return 0


@destination_options
@command.command("delete")
@_json
def _delete(is_json: bool, **_: Any) -> int:
    """Delete all line coverage of the commit, whoever sent it. It asks nothing."""
    settings = settled_destination()
    with connected(settings) as http:
        commit = commit_of(settings)
        CodeCoverage(http, commit).delete()
    if is_json:
        show(as_json({"commit": commit}), is_json=True)
    else:
        say(f"commit {commit} has no line coverage any more")
    return 0
