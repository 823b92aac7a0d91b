"""`insights-uploader gate`: the verdict as an exit code."""

from typing import Any

import click

from insights_uploader.cli.options import results_options
from insights_uploader.cli.planning import plan_from, settled
from insights_uploader.cli.receipts import keep_receipt
from insights_uploader.cli.settling import origins_text
from insights_uploader.cli.speaking import say, warn
from insights_uploader.cli.verdicts import exit_code
from insights_uploader.preview import terminal


@click.command("gate")
@results_options
def command(**options: Any) -> int:
    """Judge what publish would send; nothing is sent, and no server or token is needed.

    RESULTS are paths or quoted globs ('**' works). The exit code is 1 when the gate fails.
    """
    settings = settled(options)
    if settings["verbose"]:
        say(origins_text(settings))
    plan = plan_from(settings)
    if settings["quiet"]:
        warn(terminal.failures(plan))
    else:
        say(terminal.verdict(plan))
    keep_receipt(settings["receipt"], plan)
    return exit_code(plan, settings)
