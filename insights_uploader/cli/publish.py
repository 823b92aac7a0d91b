"""`insights-uploader publish`: the main job."""

import functools
import traceback
from contextlib import ExitStack
from typing import Any

import click

from insights_uploader.cli.options import publish_options, results_options
from insights_uploader.cli.outcomes import Destinations, deliveries
from insights_uploader.cli.planning import plan_from, settled
from insights_uploader.cli.receipts import keep_receipt
from insights_uploader.cli.settling import Settled, origins_text
from insights_uploader.cli.speaking import say, warn
from insights_uploader.cli.verdicts import exit_code, fail, gate_code, unreadable
from insights_uploader.delivering import Sent, named_after
from insights_uploader.model.errors import ExitCode, InsightsError, UsageError
from insights_uploader.plan.plan import Plan
from insights_uploader.preview import terminal
from insights_uploader.preview.plain import plain


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
    with ExitStack() as stack:
        destinations = Destinations(settings, stack)
        run = stack.enter_context(deliveries(settings, destinations))
        if settings["verbose"]:
            say(origins_text(settings))
        begin = functools.partial(destinations.begin, run)
        plan = plan_from(settings, http=destinations.bitbucket, begun=begin)
        if settings["quiet"]:
            warn(terminal.failures(plan))
        else:
            say(terminal.summary(plan))
        sent: dict[str, Sent] = {}
        try:
            for each in run.finish(plan):
                _tell(each, settings)
                sent[each.destination] = each
        except KeyboardInterrupt:
            _broken_off(plan, [*sent.values()], destinations, settings)
            raise
        return _ended(plan, [*sent.values()], destinations, settings)


def _tell(sent: Sent, settings: Settled) -> None:
    """What a destination was seen to take."""
    if sent.delivery is None:
        return
    if not settings["quiet"]:
        say("".join(f"{plain(line)}\n" for line in sent.delivery.words) or "")
    warn("".join(f"{plain(f'warning: {line}')}\n" for line in sent.delivery.warnings))


def _broken_off(
    plan: Plan, sent: list[Sent], destinations: Destinations, settings: Settled
) -> None:
    """Say what an interrupted run leaves, and keep it in the receipt."""
    publication = destinations.publication
    left = publication.left() if publication else ""
    warn(plain(left))
    confirmed = publication.confirmed if publication else ()
    words = f"interrupted. {left}".strip()
    keep_receipt(settings["receipt"], plan, confirmed, destinations.deleted, sent, words)


def _trace(error: InsightsError) -> str:
    """Where a fault of our own is; empty of what is none."""
    is_fault = error.exit_code is ExitCode.FAULT and error.__cause__ is not None
    return "".join(traceback.format_exception(error.__cause__)) if is_fault else ""


def _ended(plan: Plan, sent: list[Sent], destinations: Destinations, settings: Settled) -> ExitCode:
    """Keep the receipt, then end as the gate and the destinations have it.

    Raises:
        InsightsError: one that is not optional failed, or results could not be read.
        ExceptionGroup: of those.
    """
    publication = destinations.publication
    real = publication.plan if publication else plan
    confirmed = publication.confirmed if publication else ()
    fatal: list[InsightsError] = []
    try:
        keep_receipt(settings["receipt"], real, confirmed, destinations.deleted, sent)
    except UsageError as error:
        fatal.append(error)
    if real.ledger != plan.ledger:
        warn(terminal.ledger_line(real.ledger, sent=True))
    for each in sent:
        if each.error is None:
            continue
        is_fault = each.error.exit_code is ExitCode.FAULT  # which no server's trouble is
        warn(_trace(each.error))
        if each.optional or (settings["on_upload_error"] == "warn" and not is_fault):
            told = (named_after(each.destination, each.error).message, each.error.hint)
            warn("".join(f"{plain(f'warning: {words}')}\n" for words in told if words))
        else:
            is_only = len(sent) == 1
            fatal.append(each.error if is_only else named_after(each.destination, each.error))
    code = gate_code(plan, settings)
    if code is ExitCode.GATE_FAILED:
        for failure in fatal:
            if failure.exit_code is not ExitCode.FAULT:
                failure.exit_code = code  # the gate's word outranks the servers' trouble
    fatal.sort(key=lambda error: -error.exit_code)
    if fatal:
        fail([*unreadable(plan), *fatal])
    return exit_code(plan, settings)
