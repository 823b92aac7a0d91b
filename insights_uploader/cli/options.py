"""The options that all commands share which read results."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from insights_uploader.gate import Policy
from insights_uploader.model.finding import Severity
from insights_uploader.pipeline import Presentation, Request
from insights_uploader.selection.selection import Caps

Command = Callable[..., Any]

_SEVERITIES = click.Choice([severity.name.lower() for severity in Severity], case_sensitive=False)


def results_options(command: Command) -> Command:
    """Add RESULTS and every option about reading, selecting and presenting them."""
    decorators = (
        click.argument("results", nargs=-1, required=True, metavar="RESULTS..."),
        click.option(
            "--checkout",
            type=click.Path(path_type=Path),
            default=Path(),
            metavar="DIR",
            help="The git checkout (default: the one around the current folder).",
        ),
        click.option(
            "--base",
            metavar="REV",
            help="Diff against the merge base with REV (default: the remote's default branch).",
        ),
        click.option("--diff", metavar="FILE", help="A unified diff instead (-: standard input)."),
        click.option(
            "--max-annotations",
            type=click.IntRange(min=0),
            default=Caps().annotations,
            show_default=True,
            metavar="N",
            help="Annotations per report; the server refuses more than its own limit.",
        ),
        click.option(
            "--fail-on",
            type=_SEVERITIES,
            default=Policy().fail_on.name.lower(),
            show_default=True,
            help="The gate fails on a finding of this severity or worse, and on a failing test.",
        ),
        click.option(
            "--key",
            default="insights-uploader",
            show_default=True,
            metavar="PREFIX",
            help="The report keys are PREFIX.tool, the same from run to run.",
        ),
        click.option("--title", metavar="TEXT", help="Of the reports (default: the tool's name)."),
        click.option("--reporter", metavar="TEXT", help="Who reports (default: this program)."),
        click.option("--link", metavar="URL", help="Where the full results are, as the CI run."),
        click.option("--logo-url", metavar="URL", help="Of a picture for the reports."),
        click.option(
            "--project",
            envvar="BITBUCKET_PROJECT",
            show_envvar=True,
            metavar="KEY",
            help="Of the repository on the server.",
        ),
        click.option(
            "--repository",
            envvar="BITBUCKET_REPOSITORY",
            show_envvar=True,
            metavar="SLUG",
            help="Of the repository on the server.",
        ),
        click.option(
            "--commit", metavar="ID", help="Which commit gets the reports (default: HEAD)."
        ),
        click.option(
            "--url",
            envvar="BITBUCKET_URL",
            show_envvar=True,
            metavar="URL",
            help="The server, as in https://bitbucket.example.com.",
        ),
        click.option(
            "--token-file",
            type=click.Path(path_type=Path),
            metavar="FILE",
            help="A file with the HTTP access token (else BITBUCKET_TOKEN).",
        ),
    )
    for decorator in reversed(decorators):
        command = decorator(command)
    return command


def request(options: dict[str, Any]) -> Request:
    """What the user asks for, from the parsed options."""
    return Request(
        results=options["results"],
        checkout=options["checkout"],
        base=options["base"],
        diff=options["diff"],
        project=options["project"],
        repository=options["repository"],
        commit=options["commit"],
        caps=Caps(annotations=options["max_annotations"]),
        policy=Policy(fail_on=Severity[options["fail_on"].upper()]),
        presentation=Presentation(
            title=options["title"],
            reporter=options["reporter"],
            link=options["link"],
            logo_url=options["logo_url"],
        ),
    )
