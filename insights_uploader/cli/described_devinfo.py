"""What Jira is to know of a branch, as options, git and Bitbucket tell it."""

import os
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from insights_uploader.cli.connecting import bitbucket, check_destination, on_cloud
from insights_uploader.cli.destination import commit_of
from insights_uploader.cli.jira_issues import branch_of
from insights_uploader.cli.settling import Settled
from insights_uploader.destinations.bitbucket_dc.address import normalised_url
from insights_uploader.destinations.jira_devinfo.cloud_pull_request import (
    shown_cloud_pull_request,
)
from insights_uploader.destinations.jira_devinfo.gathering import Found, Naming, found_in, source
from insights_uploader.destinations.jira_devinfo.pages import CloudPages, RepositoryPages
from insights_uploader.destinations.jira_devinfo.payload import Operation, repository_body
from insights_uploader.destinations.jira_devinfo.pull_request import shown_pull_request
from insights_uploader.issue_keys import is_project_key
from insights_uploader.model.errors import CheckoutError, UsageError
from insights_uploader.repository.checkout import Checkout

if TYPE_CHECKING:
    from insights_uploader.destinations.jira_devinfo.pull_request import ShownPullRequest


_CLOUD = "https://bitbucket.org"


@click.command("devinfo")
@click.option(
    "--base",
    metavar="REV",
    help="The commits since the merge base with it are sent "
    "(default: the target branch that the CI names, else the remote's default branch).",
)
@click.option("--branch", metavar="NAME", help="Its name (default: what the CI or git says).")
@click.option(
    "--pull-request",
    "number",
    type=click.IntRange(min=1),
    metavar="N",
    help="Send this one, too; Bitbucket is asked for it, with BITBUCKET_TOKEN.",
)
@click.option(
    "--issue-key",
    "issue_keys",
    multiple=True,
    metavar="KEY",
    help="One more issue of the branch and of the pull request, as DEMO-123.",
)
@click.option(
    "--issue-project",
    "projects",
    multiple=True,
    metavar="KEY",
    help="Only issues of this project, as DEMO (default: all, but UTF-8 and the like).",
)
@click.option(
    "--author-emails",
    is_flag=True,
    help="Send the e-mail addresses of authors and "
    "reviewers, by which Jira finds its users (default: names only).",
)
@click.option(
    "--prevent-transitions", is_flag=True, help="Move no issue, and carry out no smart commit."
)
@click.option(
    "--operation",
    type=click.Choice([str(each) for each in Operation]),
    default=str(Operation.NORMAL),
    show_default=True,
    help="BACKFILL is for history: more may be sent, and it is handled more slowly.",
)
@click.option("--sequence", type=int, metavar="N", help="Orders updates (default: the clock, ms).")
def _devinfo() -> None:
    """Knows the options."""


def devinfo_options(command: click.Command) -> click.Command:
    """Add the options that say what is sent, and how."""
    command.params += _devinfo.params
    return command


def gathered(settings: Settled, given: Mapping[str, Any]) -> Found:
    """What git and Bitbucket have of what the options mean.

    Args:
        settings: of this run.
        given: the values of `devinfo_options`, and `repository_id`.

    Raises:
        UsageError: an option or a name cannot be used.
        CheckoutError: git has no such commit.
        ServerError: Bitbucket does not show the pull request.
    """
    for project in given["projects"]:
        if not is_project_key(project):
            words = f"--issue-project {project}: is no project's key"
            raise UsageError("bad-project-key", words, "As in DEMO, in upper case.")
    naming = Naming(
        pages=pages_of(settings),
        sequence=time.time_ns() // 1_000_000 if given["sequence"] is None else given["sequence"],
        repository_id=given["repository_id"],
        projects=given["projects"],
        issue_keys=given["issue_keys"],
        with_email=given["author_emails"],
    )
    checkout = Checkout(settings["checkout"], os.environ)
    pull = pull_request_of(settings, given["number"])
    branch = given["branch"] or (pull.branch if pull else branch_of(settings, None))
    head = checkout.commit_id(commit_of(settings))
    base, left_out = base_of(checkout, settings, given["base"], head)
    found = found_in(source(checkout, base, head, branch, pull), naming)
    return Found(found.repositories, [*left_out, *found.left_out])


def base_of(
    checkout: Checkout, settings: Settled, named: str | None, head: str
) -> tuple[str | None, Sequence[str]]:
    """Where the branch begins, and what to warn of; None where it has no commit of its own.

    Where it is not known only the last commit is sent.
    """
    try:
        target = named or settings["base"] or checkout.default_base()
        start = checkout.merge_base(target, head)
    except CheckoutError as error:
        if named:
            raise
        words = f"only the last commit is looked at: {error.message}"
        return None, [f"{words}. {error.hint}".rstrip()]
    return (start if start != head else None), []


def pull_request_of(settings: Settled, number: int | None) -> "ShownPullRequest | None":
    """A pull request as Bitbucket shows it; None without a number.

    Raises:
        UsageError: it is not said where Bitbucket is, and who we are there.
        ServerError: Bitbucket does not show it.
    """
    if number is None:
        return None
    read = shown_cloud_pull_request if on_cloud(settings) else shown_pull_request
    with bitbucket(settings) as http:
        return read(http, settings["project"], settings["repository"], number)


def pages_of(settings: Settled) -> RepositoryPages:
    """The repository's pages on Bitbucket.

    Raises:
        UsageError: it is not said which repository of which server.
    """
    check_destination(settings)
    place = (settings["project"], settings["repository"])
    if on_cloud(settings):
        return CloudPages(_CLOUD, *place)
    return RepositoryPages(normalised_url(settings["url"]), *place)


def repository_id_of(settings: Settled, given: str) -> str:
    """The id that is given, else the one that is made of where the repository is.

    Raises:
        UsageError: it is not said which repository.
    """
    if given:
        return given
    made: str = repository_body(pages_of(settings), 0)["id"]
    return made
