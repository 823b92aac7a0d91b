"""The options that all commands share which read results."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from insights_uploader.cli.numbers import Number
from insights_uploader.config import PathAlias

Command = Callable[..., Any]

PREFIX = "INSIGHTS_UPLOADER_"
"""Begins the variable of an option in the environment."""

DESTINATIONS = ("code-insights", "build-status", "code-coverage", "jira-builds", "jira-devinfo")
"""What a run's outcome can go to; the first is the main job."""

_FOLDER = click.Path(path_type=Path)
_SEVERITIES = click.Choice(["low", "medium", "high"], case_sensitive=False)
_PERCENT = Number(0, 100)


class _Number(click.ParamType["int | str"]):
    """A pull request's number, or auto."""

    name = "N|auto"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        word = str(value).strip()
        if word == "auto":
            return word
        if not (word.isascii() and word.isdecimal() and 0 < int(word) < 2**31):
            self.fail(f"{value!r} is neither a pull request's number nor auto.", param, ctx)
        return int(word)


class _Alias(click.ParamType[PathAlias]):
    """FROM=TO, where TO may be empty."""

    name = "FROM=TO"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if isinstance(value, PathAlias):
            return value
        start, equals, to = value.rpartition("=")
        if not equals:
            self.fail(f"{value!r} is not of the form FROM=TO.", param, ctx)
        return PathAlias(from_=start, to=to)


def _option(name: str, *, envvar: str | None = None, **settings: Any) -> Command:
    """An option that the environment can set as well."""
    variables = [envvar] if envvar else []
    variables.append(f"{PREFIX}{name.strip('-').replace('-', '_').upper()}")
    return click.option(name, envvar=variables, show_envvar=envvar is not None, **settings)


_OPTIONS: tuple[Command, ...] = (
    click.argument("results", nargs=-1, required=True, metavar="RESULTS..."),
    _option("--checkout", type=_FOLDER, default=Path(), metavar="DIR",
            help="The git checkout (default: the one around the current folder)."),
    _option("--base", metavar="REV",
            help="Diff against the merge base with REV (default: the target branch that the CI "
            "names, else the remote's default branch)."),
    _option("--two-dot", is_flag=True,
            help="Diff against REV itself and not against the merge base with it."),
    _option("--changes", type=click.Choice(["committed", "staged", "working-tree"]),
            default="committed", show_default=True,
            help="Up to what: HEAD, the index, or the files on disk with untracked ones."),
    _option("--pull-request", type=_Number(), metavar="N|auto",
            help="The diff and the head of that pull request, from the server; auto finds it by "
            "the CI's variables or by the commit."),
    _option("--diff", metavar="FILE", help="A unified diff instead (-: standard input)."),
    _option("--filter", type=click.Choice(["added", "context", "file", "all"]), default="added",
            show_default=True, help="What of the diff a finding must touch: changed lines, lines "
            "near one, changed files, or nothing."),
    _option("--context", type=click.IntRange(0, 1000), default=3, show_default=True, metavar="N",
            help="How near, with --filter context."),
    _option("--relocate", is_flag=True,
            help="Show findings on unchanged lines of a changed file at its nearest changed line, "
            "where Bitbucket shows them; each names its true line."),
    _option("--path-alias", multiple=True, type=_Alias(), metavar="FROM=TO",
            help="Paths in the results that begin with FROM lie below TO in the repository, as in "
            "/builds/app=. or =backend; the first alias that leads to a tracked file is taken."),
    _option("--include", multiple=True, metavar="GLOB",
            help="Only findings in these paths, written as in .gitignore."),
    _option("--exclude", multiple=True, metavar="GLOB", help="No findings in these paths."),
    _option("--ignore", multiple=True, metavar="RULE-GLOB",
            help="No findings of these rules; also as tool:rule, or a failing test's name."),
    _option("--min-severity", type=_SEVERITIES, default="low", show_default=True,
            help="No findings below this severity."),
    _option("--max-annotations", type=click.IntRange(0, 1_000_000), default=1000,
            show_default=True, metavar="N",
            help="Annotations per report; the server refuses more than its own limit."),
    _option("--fail-on", type=click.Choice(["low", "medium", "high", "never"]), default="high",
            show_default=True, help="The gate fails on a finding of this severity or worse."),
    _option("--min-coverage", type=_PERCENT, metavar="PERCENT",
            help="The gate fails when less of all measured lines is covered."),
    _option("--min-changed-coverage", type=_PERCENT, metavar="PERCENT",
            help="The gate fails when less of the measured changed lines is covered."),
    _option("--min-path-match", type=_PERCENT, default=0, show_default=True, metavar="PERCENT",
            help="The gate fails when less of the paths in the results are in the repository; "
            "it always fails when none of a file is."),
    click.option("--exit-zero", is_flag=True, envvar="INSIGHTS_UPLOADER_EXIT_ZERO",
                 help="Exit with 0 though the gate fails; other failures keep their code."),
    _option("--key", default="insights-uploader", show_default=True, metavar="PREFIX",
            help="The report keys are PREFIX.tool, the same from run to run."),
    _option("--title", metavar="TEXT", help="Of the reports (default: the tool's name)."),
    _option("--reporter", metavar="TEXT", help="Who reports (default: this program)."),
    _option("--link", metavar="URL", help="Where the full results are, as the CI run."),
    _option("--logo-url", metavar="URL", help="Of a picture for the reports."),
    _option("--to", type=click.Choice(DESTINATIONS), multiple=True, default=[DESTINATIONS[0]],
            show_default=True, help="Which APIs get the run's outcome; each by itself."),
    _option("--optional", type=click.Choice(DESTINATIONS), multiple=True,
            help="Trouble with this one is told of and changes no exit code."),
    _option("--build-status", is_flag=True,
            help="Short for --to code-insights --to build-status."),
    _option("--build-key", metavar="KEY",
            help="Of the CI's job or plan, the same from build to build (default: what the CI says, "
            "else the report keys' prefix)."),
    _option("--build-name", metavar="TEXT", help="Of the build, for people."),
    _option("--build-url", metavar="URL", help="Of the build's page (default: what the CI says)."),
    _option("--build-number", metavar="N", help="As the CI counts (default: what the CI says)."),
    _option("--build-parent", metavar="KEY",
            help="What a required build asks for (default: the build's key)."),
    _option("--project", envvar="BITBUCKET_PROJECT", metavar="KEY",
            help="Of the repository on the server."),
    _option("--repository", envvar="BITBUCKET_REPOSITORY", metavar="SLUG",
            help="Of the repository on the server."),
    _option("--commit", metavar="ID", help="Which commit gets the reports (default: HEAD, or the head that CI's merge is of)."),
    _option("--url", envvar="BITBUCKET_URL", metavar="URL",
            help="The server, as in https://bitbucket.example.com; https://bitbucket.org is Cloud."),
    _option("--token-file", type=_FOLDER, metavar="FILE",
            help="A file with the HTTP access token (else BITBUCKET_TOKEN)."),
    _option("--ca-file", type=_FOLDER, metavar="FILE",
            help="Certificates of the authorities to trust (default: SSL_CERT_FILE and the like, "
            "else the system's)."),
    _option("--client-cert", type=_FOLDER, metavar="FILE",
            help="A certificate to show to the server, with its key, in PEM."),
    _option("--allow-http", is_flag=True,
            help="Send the token over plain http, in clear, to a server that is not this machine."),
    _option("--tries", type=click.IntRange(1, 100), default=6, show_default=True, metavar="N",
            help="How often one request is sent at most; with 1 nothing is tried again."),
    _option("--deadline", type=Number(1, 86_400), default=600, show_default=True,
            metavar="SECONDS", help="How long all requests to the server may take, with waits."),
    _option("--config", type=_FOLDER, metavar="FILE",
            help="Settings (default: insights-uploader.toml, or pyproject.toml's "
            "[tool.insights-uploader], in the checkout)."),
    _option("--on-bad-input", type=click.Choice(["report", "abort"]), default="report",
            show_default=True, help="Results that cannot be read: a report that fails and says why, "
            "or nothing is sent at all; the exit code is 3 either way."),
    _option("--policy-from", metavar="REV",
            help="Take filter, ignores, severities and gate from the settings file of that commit, "
            "as the target branch's, and not from the checkout's."),
    _option("--receipt", type=_FOLDER, metavar="FILE",
            help="Write a JSON receipt: ledger, verdict, what the server confirmed."),
    click.option("--verbose", "-v", count=True, envvar=f"{PREFIX}VERBOSE",
                 help="Also say where each setting comes from."),
    click.option("--quiet", "-q", is_flag=True, envvar=f"{PREFIX}QUIET",
                 help="Say only what went wrong."),
)  # fmt: skip


_PUBLISH: tuple[Command, ...] = (
    _option("--force", is_flag=True,
            help="Send it though the server holds the same, or something that was made later."),
    _option("--prune", is_flag=True,
            help="Delete the commit's older reports whose key begins like ours, as PREFIX.tool, and "
            "that are not of this run. Not for builds that publish in several steps with one "
            "prefix."),
    _option("--on-upload-error", type=click.Choice(["fail", "warn"]), default="fail",
            show_default=True,
            help="With warn a failing server is told of, and the exit code is the gate's."),
)  # fmt: skip
PUBLISH_VARIABLES = frozenset(f"{PREFIX}{name}" for name in ("FORCE", "PRUNE", "ON_UPLOAD_ERROR"))
"""The variables of publish's own options, which may be set for a whole build."""


def publish_options(command: Command) -> Command:
    """Add the options of publish alone."""
    for option in reversed(_PUBLISH):
        command = option(command)
    return command


def results_options(command: Command) -> Command:
    """Add RESULTS and every option about reading, selecting, judging and presenting them."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command
