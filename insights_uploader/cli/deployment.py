"""`insights-uploader deployment`: where a commit was brought to, on Bitbucket Data Center."""

import contextlib
from collections.abc import Iterator
from typing import Any

import click

from insights_uploader.cli.destination import commit_of, destination_options, settled_destination
from insights_uploader.cli.planning import connected
from insights_uploader.cli.settling import Settled
from insights_uploader.cli.speaking import say, show
from insights_uploader.destinations.deployments.client import (
    Deployment,
    Deployments,
    differences,
)
from insights_uploader.destinations.deployments.payload import (
    MAX_NUMBER,
    DeploymentState,
    EnvironmentType,
    Identity,
    deployment_body,
)
from insights_uploader.model.errors import ServerError, UsageError
from insights_uploader.preview.plain import plain
from insights_uploader.preview.stored import as_json

_NUMBER = click.IntRange(0, MAX_NUMBER)
_STATE = click.Choice([str(each) for each in DeploymentState], case_sensitive=False)
_TYPE = click.Choice([str(each) for each in EnvironmentType], case_sensitive=False)


@click.group("deployment")
def command() -> None:
    """See and change where Bitbucket says that a commit was deployed to."""


def _named(function: Any) -> Any:
    """Add the options that name one deployment of the commit."""
    options = (
        click.option("--key", required=True, metavar="KEY", help="Of what deploys, as a pipeline."),
        click.option("--environment", required=True, metavar="KEY", help="Where to."),
        click.option(
            "--sequence-number",
            required=True,
            type=_NUMBER,
            metavar="N",
            help="Counts the deployments: the later has the higher one.",
        ),
        click.option("--json", "is_json", is_flag=True, help="As JSON."),
    )
    for option in reversed(options):
        function = option(function)
    return function


@contextlib.contextmanager
def _opened(settings: Settled) -> Iterator[tuple[Deployments, str]]:
    """The deployments of the commit that is meant, and what to call it."""
    project, repository = settings["project"], settings["repository"]
    with connected(settings) as http:
        commit = commit_of(settings)
        name = plain(f"commit {commit} of {project}/{repository}")
        yield Deployments(http, project, repository, commit), name


@destination_options
@command.command("set")
@_named
@click.option("--state", required=True, type=_STATE, help="How far it is.")
@click.option("--link", metavar="URL", help="Of its page (default: the page of the CI's build).")
@click.option("--name", metavar="TEXT", help="For people (default: its key).")
@click.option("--description", metavar="TEXT", help="One sentence.")
@click.option("--environment-name", metavar="TEXT", help="For people (default: its key).")
@click.option("--environment-type", type=_TYPE, help="What the environment is for.")
@click.option("--environment-url", metavar="URL", help="Where the environment is to be seen.")
@click.option(
    "--last-updated",
    type=_NUMBER,
    metavar="TIME",
    help="When it came to this state, as the server counts time (default: it says so itself).",
)
def _set(
    key: str,
    environment: str,
    sequence_number: int,
    state: str,
    link: str | None,
    is_json: bool,
    **words: Any,
) -> int:
    """Create a deployment of the commit, or replace it, and see that it is there.

    It is replaced as a whole: what is not said again, as --environment-type, is gone.
    """
    settings = settled_destination()
    kind = words["environment_type"]
    url = link or settings["link"]
    if not url:
        missing = "--link is missing: Bitbucket wants the address of the deployment's page"
        raise UsageError("bad-deployment", missing, "Nothing was sent.")
    body = deployment_body(
        Identity(key, environment, sequence_number),
        DeploymentState(state),
        url,
        environment_type=EnvironmentType(kind) if kind else None,
        **{name: words[name] for name in ("name", "description", "last_updated")},
        **{name: words[name] for name in ("environment_name", "environment_url")},
    )
    with _opened(settings) as (deployments, name):
        stored = deployments.set(body)
    if odd := differences(body, stored):
        raise ServerError(
            "not-as-sent",
            f"the deployment of {name} is not as it was sent: {'; '.join(odd)}",
            "A later update may be there; `deployment get` shows what is.",
        )
    _tell("set on", name, stored, is_json=is_json)
    return 0


@destination_options
@command.command("get")
@_named
def _get(key: str, environment: str, sequence_number: int, is_json: bool, **_: Any) -> int:
    """Show a deployment of the commit."""
    identity = Identity(key, environment, sequence_number)
    with _opened(settled_destination()) as (deployments, _name):
        stored = deployments.one(identity)
    show(as_json(stored) if is_json else "\n".join([*_lines(stored), ""]), is_json=is_json)
    return 0


@destination_options
@command.command("delete")
@_named
def _delete(key: str, environment: str, sequence_number: int, is_json: bool, **_: Any) -> int:
    """Delete a deployment of the commit, and say what it was. It takes an administrator.

    It asks nothing. The deployment must be there: the server says the same of one that never was.
    """
    identity = Identity(key, environment, sequence_number)
    with _opened(settled_destination()) as (deployments, name):
        doomed = deployments.one(identity)
        deployments.delete(identity)
    _tell("deleted from", name, doomed, is_json=is_json)
    return 0


def _tell(done: str, name: str, deployment: Deployment, *, is_json: bool) -> None:
    if is_json:
        show(as_json(deployment), is_json=True)
    else:
        say(f"{done} {name}: {_line(deployment)}")


def _line(deployment: Deployment) -> str:
    to = deployment.environment
    kind = f" ({to.type})" if to.type else ""
    number = deployment.deployment_sequence_number
    return plain(f"{deployment.key} {number} to {to.key}{kind}: {deployment.state}")


def _lines(deployment: Deployment) -> Iterator[str]:
    yield _line(deployment)
    to = deployment.environment
    for name, value in (
        ("name", deployment.display_name),
        ("description", deployment.description),
        ("link", deployment.url),
        ("environment", to.display_name),
        ("environment url", to.url),
        ("last updated", deployment.last_updated),
        ("commit", deployment.to_commit.id if deployment.to_commit else None),
        ("before it", deployment.from_commit.id if deployment.from_commit else None),
    ):
        if value is not None:
            yield plain(f"  {name}: {value}")
