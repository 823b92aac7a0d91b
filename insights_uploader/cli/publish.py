"""`insights-uploader publish`: the main job."""

import functools
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
from insights_uploader.preview.plain import plain
from insights_uploader.publish import Confirmed, Publication


@click.command("publish")
@results_options
@click.option(
    "--force",
    is_flag=True,
    help="Send it though the server holds the same, or something that was made later.",
)
@click.option(
    "--on-upload-error",
    type=click.Choice(["fail", "warn"]),
    default="fail",
    show_default=True,
    help="With warn a failing server is told of, and the exit code is the gate's.",
)
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
    publication = Publication(plan, server, force=settings["force"])
    receipt = functools.partial(keep_receipt, settings["receipt"])
    try:
        for report in publication.run():
            if not settings["quiet"]:
                say(_words(report))
            warn(_left_out(report))
    except ServerError as error:
        receipt(publication.plan, publication.confirmed, error.message)
        if settings["on_upload_error"] == "fail":
            if code is ExitCode.GATE_FAILED:
                error.exit_code = code  # the gate's word outranks the server's trouble
            raise
        warn("".join(f"{plain(f'warning: {w}')}\n" for w in (error.message, error.hint) if w))
        return code
    receipt(publication.plan, publication.confirmed)
    if publication.plan.ledger != plan.ledger:
        warn(terminal.ledger_line(publication.plan.ledger))
    return code


def _words(report: Confirmed) -> str:
    number = report.annotations
    plural = "" if number == 1 else "s"
    done = "published" if report.sent else "unchanged"
    return f"{done} {report.key}: {report.result}, {number} annotation{plural} confirmed"


def _left_out(report: Confirmed) -> str:
    """What the server did not take, a line each."""
    lines = [f"{report.key}: left out {name}: {why}" for name, why in report.invalid.items()]
    if report.over_cap:
        lines.append(
            f"{report.key}: the server takes {report.annotations} annotations; the last "
            f"{report.over_cap} in rank are left out"
        )
    return "".join(f"warning: {plain(line)}\n" for line in lines)
