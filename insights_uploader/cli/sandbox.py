"""`insights-uploader sandbox`: the local stand-in."""

import os
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from insights_uploader.model.errors import UsageError

if TYPE_CHECKING:
    from insights_uploader.sandbox.jira_settings import JiraSettings

_TOKEN = "sandbox-secret"  # noqa: S105 - opens the stand-in alone; no other text holds it


@click.command("sandbox")
@click.option(
    "--checkout",
    type=click.Path(path_type=Path),
    default=Path(),
    metavar="DIR",
    help="The git repository to serve (default: the one around the current folder).",
)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=7990,
    show_default=True,
    help="Port to listen on; 0 takes a free one.",
)
@click.option("--project", default="PRJ", show_default=True, metavar="KEY", help="Its project.")
@click.option("--repository", default="repo", show_default=True, metavar="SLUG", help="Its slug.")
@click.option(
    "--pull-request",
    "pull_requests",
    multiple=True,
    metavar="SOURCE:TARGET",
    help="A pull request between two branches; several are numbered from 1.",
)
@click.option(
    "--limit",
    type=click.IntRange(min=0),
    default=1000,
    show_default=True,
    metavar="N",
    help="Annotations per report; a request over it is refused whole.",
)
@click.option(
    "--over-limit-status",
    type=click.Choice(["413", "400"]),
    default="413",
    show_default=True,
    help="How such a request is refused.",
)
@click.option(
    "--put-keeps/--put-clears",
    default=True,
    show_default=True,
    help="Whether a PUT of a report keeps its annotations; the real server's habit is unknown.",
)
@click.option(
    "--delete-absent-status",
    type=click.Choice(["204", "404"]),
    default="204",
    show_default=True,
    help="The answer to the DELETE of a report that does not exist.",
)
@click.option(
    "--rate-limit",
    metavar="TOKENS:PER-SECOND",
    help="A bucket of tokens for every user, as in 60:5, the server's own (default: no limit).",
)
@click.option(
    "--issue",
    "issues",
    multiple=True,
    metavar="KEY",
    help="An issue that the Jira site knows, as DEMO-7 (default: it knows all).",
)
@click.option("--context-path", default="", metavar="/PATH", help="Serve below this path.")
def command(
    checkout: Path,
    host: str,
    port: int,
    project: str,
    repository: str,
    pull_requests: tuple[str, ...],
    limit: int,
    over_limit_status: Literal["413", "400"],
    put_keeps: bool,
    delete_absent_status: Literal["204", "404"],
    rate_limit: str | None,
    issues: tuple[str, ...],
    context_path: str,
) -> int:
    """Serve a git repository as Bitbucket Data Center would: strict, and in memory only.

    The token it takes is BITBUCKET_TOKEN's value, else 'sandbox-secret'; it is an administrator's.
    Its page shows the stored reports. It is a Jira Cloud site, too, whose credentials are those in
    the environment, else its own; and below /2.0 it is Bitbucket Cloud, for the same token. The
    variables that it prints point the other commands at it.
    """
    try:
        from insights_uploader.sandbox.cloud_settings import CloudSettings
        from insights_uploader.sandbox.git import GitError, Repository
        from insights_uploader.sandbox.server import run
        from insights_uploader.sandbox.settings import (
            AccessToken,
            Permission,
            PullRequest,
            RateLimit,
            SandboxSettings,
        )
    except ModuleNotFoundError as error:
        raise UsageError(
            "no-sandbox",
            f"the sandbox needs the package {error.name}",
            "Install it: pip install 'insights-uploader[sandbox]'",
        ) from None
    own = os.environ.get("BITBUCKET_TOKEN", "").strip()
    cloud, jira = CloudSettings(access_token=own or _TOKEN), _jira(os.environ, issues)
    variables = {"BITBUCKET_PROJECT": project, "BITBUCKET_REPOSITORY": repository}
    if not own:
        variables["BITBUCKET_TOKEN"] = _TOKEN

    def announce(url: str) -> None:
        server = url.removesuffix(context_path)
        site = {"JIRA_SITE": server, "JIRA_API_URL": server, **_credentials(os.environ, jira)}
        on_cloud = {"BITBUCKET_URL": f"{server}/2.0", "BITBUCKET_PROJECT": cloud.workspace}
        click.echo(f"sandbox: {url}")
        _export({"BITBUCKET_URL": url, **variables, **site})
        click.echo("# as Bitbucket Cloud:")
        _export(on_cloud, "# ")

    try:
        settings = SandboxSettings(
            checkout=checkout,
            project=project,
            repository=repository,
            context_path=context_path,
            tokens=(AccessToken("sandbox-token", own or _TOKEN, Permission.ADMIN),),
            pull_requests=tuple(
                PullRequest(number, *_branches(text))
                for number, text in enumerate(pull_requests, 1)
            ),
            annotation_limit=limit,
            over_limit_status=413 if over_limit_status == "413" else 400,
            put_keeps_annotations=put_keeps,
            delete_absent_status=204 if delete_absent_status == "204" else 404,
            rate_limit=RateLimit(*_bucket(rate_limit)) if rate_limit is not None else None,
            jira=jira,
            cloud=cloud,
        )
        served = Repository(checkout)
        for branch in (name for each in pull_requests for name in _branches(each)):
            if served.commit_id(branch) is None:
                raise ValueError(
                    f"--pull-request: {branch!r} is no branch of {checkout.absolute()}"
                )
        run(settings, host, port, announce)
    except ValueError as error:
        raise UsageError("bad-sandbox", str(error)) from None
    except GitError as error:
        raise UsageError(
            "bad-sandbox", str(error), "Name a git checkout to serve with --checkout."
        ) from None
    except OSError as error:
        raise UsageError(
            "cannot-listen",
            f"{host}:{port}: {error.strerror}",
            "Choose another port with --port; 0 takes a free one.",
        ) from None
    return 0


def _export(variables: Mapping[str, str], mark: str = "") -> None:
    for name, value in variables.items():
        click.echo(f"{mark}export {name}={shlex.quote(value)}")


def _credentials(environ: Mapping[str, str], jira: "JiraSettings") -> Mapping[str, str]:
    """What the environment lacks of the site's OAuth credentials; a Connect app has its own."""
    if environ.get("JIRA_CONNECT_KEY", "").strip():
        return {}
    known = {"JIRA_CLIENT_ID": jira.client_id, "JIRA_CLIENT_SECRET": jira.client_secret}
    return {name: each for name, each in known.items() if not environ.get(name, "").strip()}


def _jira(environ: Mapping[str, str], issues: Sequence[str]) -> "JiraSettings":
    """The site whose credentials are those that the other commands would use."""
    from insights_uploader.sandbox.jira_settings import JiraSettings

    def told(name: str, otherwise: str) -> str:
        return environ.get(name, "").strip() or otherwise

    default = JiraSettings()
    return JiraSettings(
        cloud_id=told("JIRA_CLOUD_ID", default.cloud_id),
        client_id=told("JIRA_CLIENT_ID", default.client_id),
        client_secret=told("JIRA_CLIENT_SECRET", default.client_secret),
        app_key=told("JIRA_CONNECT_KEY", default.app_key),
        shared_secret=told("JIRA_CONNECT_SECRET", default.shared_secret),
        issue_keys=frozenset(issues) or None,
    )


def _branches(text: str) -> tuple[str, str]:
    source, colon, target = text.partition(":")
    if not (source and colon and target):
        raise ValueError(f"--pull-request {text!r}: must be SOURCE:TARGET, two branches")
    return source, target


def _bucket(text: str) -> tuple[int, float]:
    tokens, _, per_second = text.partition(":")
    try:
        return int(tokens), float(per_second)
    except ValueError:
        raise ValueError(f"--rate-limit {text!r}: must be two numbers, as in 60:5") from None
