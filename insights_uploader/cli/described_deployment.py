"""The options that describe a deployment for Jira, or name a file that holds some."""

import datetime as dt
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from insights_uploader.cli.destination import SETTINGS, asking, commit_of
from insights_uploader.cli.jira_issues import issue_options, issues_of
from insights_uploader.cli.settling import Settled
from insights_uploader.cli.speaking import warn
from insights_uploader.destinations.jira_cloud.ids import entity_id
from insights_uploader.destinations.jira_deployments.deployment import (
    Association,
    AssociationType,
    Command,
    CommandName,
    Deployment,
    DeploymentState,
    Entity,
    Environment,
    EnvironmentType,
    Pipeline,
)
from insights_uploader.destinations.jira_deployments.payload import (
    MAX_TEXT,
    MAX_VALUES,
    check_deployments,
    read_deployments,
)
from insights_uploader.model.errors import UsageError
from insights_uploader.preview.plain import plain

_CHECKOUT = ("checkout", "commit")
_MOST = 64 * 1024 * 1024


@issue_options
@click.command("described-deployment")
@click.option(
    "--file",
    type=click.Path(path_type=Path, allow_dash=True),
    metavar="FILE",
    help="JSON instead: one deployment in Atlassian's shape, or a list of them; - is standard "
    "input.",
)
@click.option("--pipeline", metavar="ID", help="Of what deploys (default: what the CI says).")
@click.option("--pipeline-name", metavar="TEXT", help="Of it (default: its id).")
@click.option("--pipeline-url", metavar="URL", help="Of its page (default: the deployment's).")
@click.option("--environment", metavar="ID", help="Of where to.")
@click.option("--environment-name", metavar="TEXT", help="Of it (default: its id).")
@click.option(
    "--environment-type",
    type=click.Choice([str(each) for each in EnvironmentType]),
    default=str(EnvironmentType.UNMAPPED),
    show_default=True,
    help="What it is for.",
)
@click.option("--number", type=int, metavar="N", help="Of the deployment, each time a higher one.")
@click.option("--state", type=click.Choice([str(each) for each in DeploymentState]))
@click.option("--name", metavar="TEXT", help="Of the deployment (default: pipeline and number).")
@click.option("--deployment-url", metavar="URL", help="Of its page (default: what the CI says).")
@click.option("--description", metavar="TEXT", help="One sentence about it.")
@click.option("--label", metavar="TEXT", help="A word about it, as a version.")
@click.option("--duration", type=int, metavar="SECONDS", help="How long it took.")
@click.option("--sequence", type=int, metavar="N", help="Orders updates (default: the clock, ms).")
@click.option("--service", "services", multiple=True, metavar="ID", help="Is for this service.")
@click.option(
    "--commit-in",
    "commit_in",
    multiple=True,
    metavar="ID",
    help="Brings the commit out of the repository that Jira knows by this id.",
)
@click.option(
    "--repository-id",
    "repository_ids",
    multiple=True,
    metavar="ID",
    help="Belongs to the repository that Jira knows by this id.",
)
@click.option("--gate", is_flag=True, help="Ask whether it may begin.")
def _described() -> None:
    """Knows the options."""


_described.params += [asking(option) for option in SETTINGS if option.name in _CHECKOUT]


def described_options(command: click.Command) -> click.Command:
    """Add the options that describe a deployment."""
    command.params += _described.params
    return command


def described(settings: Settled, given: Mapping[str, Any]) -> Sequence[Deployment]:
    """The deployments that the current command's options describe; none if it belongs to nothing.

    Args:
        settings: of this run.
        given: the values of `described_options`.

    Raises:
        UsageError: something is missing, or Jira could not take it.
        CheckoutError: git fails.
    """
    if given["file"] is not None:
        return _of_file(given["file"])
    issues = issues_of(settings, dict(given))
    warn("".join(f"warning: {plain(line)}\n" for line in issues.warnings))
    if not issues.keys and not given["services"]:
        if given["gate"]:
            words = "--gate: a deployment that belongs to no issue and no service has no gate"
            raise UsageError("no-association", words, "Name one: --service or --issue-key.")
        return []
    found = _one(settings, given, list(_associations(settings, given, issues.keys)))
    check_deployments([found])
    return [found]


def _of_file(path: Path) -> Sequence[Deployment]:
    context = click.get_current_context()
    told = {each.name for each in _described.params} - {"file"}
    others = [
        each.opts[0]
        for each in context.command.params
        if each.name in told
        and context.get_parameter_source(each.name) is ParameterSource.COMMANDLINE
    ]
    if others:
        words = f"--file holds whole deployments, and {', '.join(others)} would change them"
        raise UsageError("two-descriptions", words)
    if path != Path("-") and path.exists() and not (path.is_file() or path.is_dir()):
        words = f"--file {path}: is not a regular file"
        raise UsageError("unreadable", words, "What a pipe gives is read by --file - alone.")
    try:
        with click.open_file(str(path), "rb") as file:
            content = file.read(_MOST + 1)
    except OSError as error:
        raise UsageError("unreadable", f"--file {path}: {error.strerror}") from None
    if len(content) > _MOST:
        raise UsageError("unreadable", f"--file {path}: is larger than {_MOST} bytes")
    return read_deployments(content)


def _one(
    settings: Settled, given: Mapping[str, Any], associations: Sequence[Association]
) -> Deployment:
    ci = settings.build
    called, environment = given["pipeline"] or (ci.job if ci else None), given["environment"]
    state = given["state"]
    number = given["number"] if given["number"] is not None else _ci_number(settings)
    url = given["deployment_url"] or (ci.build_url if ci else None)
    if not called or not environment or not state or number is None or not url:
        told = {"pipeline": called, "environment": environment, "state": state}
        raise _unknown({**told, "number": number, "deployment-url": url})
    pipeline = given["pipeline"] or entity_id(called, MAX_TEXT)
    place = given["environment_name"] or environment
    sequence = given["sequence"]
    return Deployment(
        deployment_sequence_number=number,
        update_sequence_number=time.time_ns() // 1_000_000 if sequence is None else sequence,
        associations=associations,
        display_name=given["name"] or f"{called} #{number}",
        url=url,
        description=given["description"] or f"Deployment {number}: {state}",
        last_updated=dt.datetime.now(dt.UTC).replace(microsecond=0),
        state=DeploymentState(state),
        pipeline=Pipeline(pipeline, given["pipeline_name"] or called, given["pipeline_url"] or url),
        environment=Environment(environment, place, EnvironmentType(given["environment_type"])),
        label=given["label"],
        duration=given["duration"],
        commands=(Command(CommandName.INITIATE_DEPLOYMENT_GATING),) if given["gate"] else (),
    )


def _associations(
    settings: Settled, given: Mapping[str, Any], issues: Sequence[str]
) -> Iterator[Association]:
    """What the deployment belongs to. Of found issues those are left out that are too many."""
    services, repositories = given["services"], given["repository_ids"]
    commits = given["commit_in"]
    if not given["issue_keys"]:
        room = max(0, MAX_VALUES - len(services) - len(repositories) - len(commits))
        if len(issues) > room:
            warn(f"warning: {len(issues) - room} of {len(issues)} issues are left out\n")
        issues = issues[:room]
    if issues:
        yield Association(AssociationType.ISSUE_ID_OR_KEYS, issues)
    if services:
        yield Association(AssociationType.SERVICE_ID_OR_KEYS, services)
    if commits:
        commit = commit_of(settings)
        yield Association(AssociationType.COMMIT, [Entity(each, commit) for each in commits])
    if repositories:
        yield Association(AssociationType.REPOSITORY, [Entity(each) for each in repositories])


def _unknown(told: Mapping[str, Any]) -> UsageError:
    missing = " and ".join(f"--{name}" for name, value in told.items() if value in (None, ""))
    words = f"the deployment is not known: {missing}"
    return UsageError("bad-deployment", words, "Give what is missing, or a --file.")


def _ci_number(settings: Settled) -> int | None:
    """The number of the CI's build; None where it is not known, or no number."""
    number = (settings.build.build_number if settings.build else None) or ""
    is_number = number.isascii() and number.isdecimal() and len(number) < 20
    return int(number) if is_number else None
