"""`insights-uploader publish`: the main job."""

import os
from typing import Any

import click

from insights_uploader.cli.options import results_options
from insights_uploader.cli.planning import plan_from
from insights_uploader.credentials import credentials
from insights_uploader.destinations.bitbucket_dc.client import CodeInsights
from insights_uploader.destinations.http import Http, normalised_url
from insights_uploader.gate import Result
from insights_uploader.model.errors import ExitCode, ServerError, UsageError
from insights_uploader.plan.plan import Plan
from insights_uploader.preview import terminal
from insights_uploader.publish import publish


@click.command("publish")
@results_options
def command(**options: Any) -> int:
    """Replace the Code Insights reports of the commit, then say what the gate says.

    RESULTS are paths or quoted globs ('**' works); the format is found by content, or named as in
    'sarif:out/*.json'. Everything is read and valid before the first request is sent.
    """
    for name in ("url", "project", "repository"):
        if not options[name]:
            raise UsageError(
                "no-destination",
                f"--{name} is missing",
                f"Give it, or set BITBUCKET_{name.upper()}; preview needs no server.",
            )
    url = normalised_url(options["url"])
    secret = credentials(os.environ, options["token_file"])
    plan = plan_from(options)
    click.echo(terminal.summary(plan), nl=False)
    try:
        with Http(url, secret.authorization) as http:
            _publish(plan, http)
    except ServerError as error:
        if plan.verdict.result is Result.FAIL:
            error.exit_code = ExitCode.GATE_FAILED  # the gate's word outranks the server's trouble
        raise
    return ExitCode.GATE_FAILED if plan.verdict.result is Result.FAIL else ExitCode.DONE


def _publish(plan: Plan, http: Http) -> None:
    target = plan.target
    assert target.project is not None  # noqa: S101 - checked above
    assert target.repository is not None  # noqa: S101
    server = CodeInsights(http, target.project, target.repository, target.commit)
    for confirmed in publish(plan, server):
        number = confirmed.annotations
        click.echo(
            f"published {confirmed.key}: {confirmed.result}, "
            f"{number} annotation{'' if number == 1 else 's'} confirmed"
        )
