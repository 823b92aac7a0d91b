"""`insights-uploader preview`: the dry run."""

from pathlib import Path
from typing import Any

import click

from insights_uploader.cli.options import results_options
from insights_uploader.cli.outcomes import others
from insights_uploader.cli.planning import plan_from, settled
from insights_uploader.cli.receipts import keep_receipt
from insights_uploader.cli.settling import origins_text
from insights_uploader.cli.speaking import deliver, say
from insights_uploader.cli.verdicts import fail, unreadable
from insights_uploader.preview import requests


@click.command("preview")
@results_options
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="text for people; json is the plan itself, as publish would send it.",
)
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), metavar="FILE", help="Write to FILE instead."
)
def command(form: str, output: Path | None, **options: Any) -> int:
    """Show what publish would send, and what the gate says; nothing is sent.

    RESULTS are paths or quoted globs ('**' works); the format is found by content, or named as in
    'sarif:out/*.json'. The exit code is 0 whatever the gate says, and 3 when results cannot be
    read.
    """
    settings = settled(options)
    if settings["verbose"] and form == "text":
        say(origins_text(settings))
    plan = plan_from(settings)
    prepared = others(settings, plan)
    if form == "json":
        from insights_uploader.plan.schema import to_json

        deliver(to_json(plan, requests.as_json(prepared)), output, "--output")
    else:
        from insights_uploader.preview.terminal import text

        deliver(text(plan) + requests.text(prepared), output, "--output")
    keep_receipt(settings["receipt"], plan)
    fail(unreadable(plan))
    return 0
