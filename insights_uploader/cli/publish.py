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
from insights_uploader.destinations.bitbucket_dc.stored_reports import StoredReports
from insights_uploader.destinations.http import Http
from insights_uploader.model.errors import ExitCode, PartialError, ServerError, UsageError
from insights_uploader.plan.plan import Plan
from insights_uploader.preview import terminal
from insights_uploader.preview.plain import plain
from insights_uploader.publish import Confirmed, Publication, not_of_this_run


@click.command("publish")
@results_options
@click.option(
    "--force",
    is_flag=True,
    help="Send it though the server holds the same, or something that was made later.",
)
@click.option(
    "--prune",
    is_flag=True,
    help="Delete the commit's older reports whose key begins like ours, as PREFIX.tool, and that "
    "are not of this run. Not for builds that publish in several steps with one prefix.",
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
    place = (settings["project"], settings["repository"], plan.target.commit)
    server = CodeInsights(http, *place)
    code = exit_code(plan, settings)
    publication = Publication(plan, server, force=settings["force"])
    receipt = functools.partial(keep_receipt, settings["receipt"])
    try:
        for report in publication.run():
            if not settings["quiet"]:
                say(_words(report))
            warn(_left_out(report))
        _see_others(plan, StoredReports(http, *place), settings)
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


def _see_others(plan: Plan, stored: StoredReports, settings: Settled) -> None:
    """Name the reports with our prefix that this run did not make, or delete them if asked to.

    Raises:
        PartialError: they were to be deleted, and the server does not do it.
    """
    try:
        made = {report.key: report.created_date for report in stored.all()}
        for key in not_of_this_run(plan, settings["key"], made):
            if settings["prune"]:
                stored.delete(key)
                warn(plain(f"deleted {key}: it was not of this run"))
            elif not settings["quiet"]:
                say(plain(f"not of this run: {key}; --prune deletes it"))
    except ServerError as error:
        if settings["prune"]:
            message = f"{error.message} All reports are published; not all others are deleted."
            raise PartialError(error.slug, message, error.hint, error.status) from error
        warn(plain(f"warning: {error.message} All reports are published."))


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
