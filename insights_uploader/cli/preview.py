"""`insights-uploader preview`: the dry run."""

from pathlib import Path
from typing import Any

import click

from insights_uploader.cli.options import results_options
from insights_uploader.cli.planning import plan_from


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
    'sarif:out/*.json'. The exit code is 0 whatever the gate says.
    """
    plan = plan_from(options)
    if form == "json":
        from insights_uploader.plan.schema import to_json

        _write(to_json(plan), output)
    else:
        from insights_uploader.preview.terminal import text

        _write(text(plan), output)
    return 0


def _write(content: str | bytes, output: Path | None) -> None:
    if output is None:
        click.echo(content, nl=False)
        return
    if isinstance(content, str):
        content = click.unstyle(content).encode()
    try:
        output.write_bytes(content)
    except OSError as error:
        from insights_uploader.model.errors import UsageError

        raise UsageError("unwritable", f"--output {output}: {error.strerror}") from None
