"""`insights-uploader publish`: the main job."""

from collections.abc import Iterator
from typing import Any

import click

from insights_uploader.cli.options import publish_options, results_options
from insights_uploader.cli.planning import connected, plan_from, settled
from insights_uploader.cli.receipts import keep_receipt
from insights_uploader.cli.settling import Settled, origins_text
from insights_uploader.cli.speaking import say, warn
from insights_uploader.cli.verdicts import exit_code, fail, gate_code, unreadable
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
@publish_options
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
    publication = Publication(plan, CodeInsights(http, *place), force=settings["force"])
    deleted: list[str] = []
    error: ServerError | None = None
    try:
        for report in publication.run():
            if not settings["quiet"]:
                say(_words(report))
            warn(_left_out(report))
        for key in _others(plan, StoredReports(http, *place), settings):
            deleted.append(key)
            warn(plain(f"deleted {key}: it was not of this run"))
    except ServerError as failure:
        error = failure
    words = error.message if error else None
    keep_receipt(settings["receipt"], publication.plan, publication.confirmed, deleted, words)
    if publication.plan.ledger != plan.ledger:
        warn(terminal.ledger_line(publication.plan.ledger))
    if error is not None and settings["on_upload_error"] == "fail":
        if gate_code(plan, settings) is ExitCode.GATE_FAILED:
            error.exit_code = ExitCode.GATE_FAILED  # it outranks the server's trouble
        fail([*unreadable(plan), error])
    if error is not None:
        warn("".join(f"{plain(f'warning: {w}')}\n" for w in (error.message, error.hint) if w))
    return exit_code(plan, settings)


def _others(plan: Plan, stored: StoredReports, settings: Settled) -> Iterator[str]:
    """Deal with the reports with our prefix that this run did not make; yields what it deletes.

    Those that told of results which could not be read, and now were, go; others are named, or
    deleted if asked to.

    Raises:
        PartialError: one was to be deleted, and the server does not do it.
    """
    try:
        made = {report.key: report.created_date for report in stored.all()}
    except ServerError as error:
        if settings["prune"]:
            raise _published_but(error) from error
        warn(plain(f"warning: {error.message} All reports are published."))
        return
    for key in not_of_this_run(plan, settings["key"], made):
        if settings["prune"] or key in plan.settled:
            try:
                stored.delete(key)
            except ServerError as error:
                raise _published_but(error) from error
            yield key
        elif not settings["quiet"]:
            say(plain(f"not of this run: {key}; --prune deletes it"))


def _published_but(error: ServerError) -> PartialError:
    message = f"{error.message} All reports are published; not all others are deleted."
    return PartialError(error.slug, message, error.hint, error.status)


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
