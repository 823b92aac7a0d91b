"""`insights-uploader publish`: the main job."""

from typing import Any

import click

from insights_uploader.cli.options import results_options
from insights_uploader.cli.planning import connected, plan_from, settled
from insights_uploader.cli.receipts import keep_receipt
from insights_uploader.cli.settling import Settled, origins_text
from insights_uploader.cli.speaking import say, warn
from insights_uploader.cli.verdicts import exit_code
from insights_uploader.destinations.bitbucket_dc.client import CodeInsights
from insights_uploader.destinations.http import Http
from insights_uploader.model.errors import ExitCode, ServerError, UsageError
from insights_uploader.plan.plan import Plan
from insights_uploader.preview import terminal
from insights_uploader.publish import Confirmed, publish


@click.command("publish")
@results_options
def command(**options: Any) -> int:
    """Replace the Code Insights reports of the commit, then say what the gate says.

    RESULTS are paths or quoted globs ('**' works); the format is found by content, or named as in
    'sarif:out/*.json'. Everything is read and valid before the first request is sent.
    """
    settings = settled(options)
    if settings["changes"] != "committed":
        raise UsageError(
            "not-committed",
            f"--changes {settings['changes']}: only what is committed can be published",
            "Leave it away, or use preview or gate.",
        )
    with connected(settings) as http:
        if settings["verbose"]:
            say(origins_text(settings))
        plan = plan_from(settings, http=http)
        if settings["quiet"]:
            warn(terminal.failures(plan))
        else:
            say(terminal.summary(plan))
        return _publish(plan, http, settings)


def _publish(plan: Plan, http: Http, settings: Settled) -> int:
    server = CodeInsights(http, settings["project"], settings["repository"], plan.target.commit)
    code = exit_code(plan, settings)
    confirmed: list[Confirmed] = []
    try:
        for report in publish(plan, server):
            confirmed.append(report)
            if not settings["quiet"]:
                _tell(report)
    except ServerError as error:
        keep_receipt(settings["receipt"], plan, confirmed, error.message)
        if code is ExitCode.GATE_FAILED:
            error.exit_code = code  # the gate's word outranks the server's trouble
        raise
    keep_receipt(settings["receipt"], plan, confirmed)
    return code


def _tell(report: Confirmed) -> None:
    number = report.annotations
    plural = "" if number == 1 else "s"
    say(f"published {report.key}: {report.result}, {number} annotation{plural} confirmed")
