"""Which Jira issues a run belongs to: those that the user names, else those that its history names."""

import os
from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

import click

from insights_uploader.cli.destination import commit_of
from insights_uploader.cli.settling import Settled
from insights_uploader.issue_keys import is_project_key, issue_keys, passed_over
from insights_uploader.model.errors import CheckoutError, UsageError
from insights_uploader.repository.checkout import Checkout

_SOURCES = ("branch", "commits")
_MOST_NAMED = 5


@click.command("jira-issues")
@click.option(
    "--issue-key",
    "issue_keys",
    multiple=True,
    metavar="KEY",
    help="An issue, as DEMO-123 (default: those named in the branch's name and the commits).",
)
@click.option(
    "--issue-project",
    "issue_projects",
    multiple=True,
    metavar="KEY",
    help="Only issues of this project, as DEMO (default: all, but what is called UTF-8 and the like).",
)
@click.option(
    "--issue-keys-from",
    type=click.Choice(_SOURCES),
    multiple=True,
    default=_SOURCES,
    show_default=True,
    help="Where to look for them.",
)
@click.option("--branch", metavar="NAME", help="That was built (default: what the CI or git says).")
@click.option(
    "--base",
    metavar="REV",
    help="The commits since the merge base with it are searched (default: the target branch that "
    "the CI names, else the remote's default branch).",
)
def _jira_issues() -> None:
    """Knows the options."""


def issue_options(command: click.Command) -> click.Command:
    """Add the options that say which issues are meant."""
    command.params += _jira_issues.params
    return command


class Issues(NamedTuple):
    """The issues of a run.

    Attributes:
        keys: the branch's first, then the commits', from the newest on.
        warnings: where could not be looked, a line each.
        searched: where they were looked for, and what was passed over; empty if they are named.
    """

    keys: Sequence[str]
    warnings: Sequence[str] = ()
    searched: str = ""

    @property
    def none(self) -> str:
        """That there is no key, for people."""
        return f"no issue key is {self.searched}"


def issues_of(settings: Settled, given: Mapping[str, Any] | None = None) -> Issues:
    """The issues that the current command's options mean.

    Those that are named outright are taken as they are, and nothing else is looked at.

    Args:
        settings: of this run.
        given: the values of `issue_options`; their defaults, if None.

    Raises:
        UsageError: a project's key is none.
        CheckoutError: git fails.
    """
    given = _jira_issues.make_context("jira-issues", []).params if given is None else given
    projects: Collection[str] = given["issue_projects"]
    for project in projects:
        if not is_project_key(project):
            words = f"--issue-project {project}: is no project's key"
            raise UsageError("bad-project-key", words, "As in DEMO, in upper case.")
    if given["issue_keys"]:
        return Issues(list(dict.fromkeys(given["issue_keys"])))
    texts, places, warnings = list[str](), list[str](), list[str]()
    if "branch" in given["issue_keys_from"]:
        branch = branch_of(settings, given["branch"])
        texts += filter(None, [branch])
        places.append(
            f"in the name of branch {branch}"
            if branch
            else "in the name of a branch, which is not known,"
        )
    if "commits" in given["issue_keys_from"]:
        messages, warnings = _messages(settings, given["base"])
        texts += messages
        plural = "" if len(messages) == 1 else "s"
        places.append(f"in the message{plural} of {len(messages)} commit{plural}")
    searched = f"{' or '.join(places)}{_passed_over(texts, projects)}"
    return Issues(issue_keys(texts, projects), warnings, searched)


def _passed_over(texts: Sequence[str], projects: Collection[str]) -> str:
    found = passed_over(texts, projects)
    if not found:
        return ""
    more = ", ..." if len(found) > _MOST_NAMED else ""
    why = (
        f"not of {' or '.join(projects)}" if projects else "seldom a project's; see --issue-project"
    )
    return f" ({', '.join(found[:_MOST_NAMED])}{more}: {why})"


def branch_of(settings: Settled, named: str | None) -> str | None:
    """The branch that was built: named, else the CI's word, else what is checked out."""
    if named or (settings.build and settings.build.branch):
        return named or (settings.build.branch if settings.build else None)
    try:
        return Checkout(settings["checkout"], os.environ).branch()
    except CheckoutError as error:
        if error.slug != "no-checkout":
            raise
        return None


def _messages(settings: Settled, base: str | None) -> tuple[list[str], list[str]]:
    """The messages of the commits that the branch has alone, and what to warn of.

    Where it is not known which those are, or it has none, it is the last commit's alone.
    """
    try:
        checkout = Checkout(settings["checkout"], os.environ)
    except CheckoutError as error:
        if error.slug != "no-checkout":
            raise
        return [], ["outside of a checkout no commits are searched for issue keys"]
    head = checkout.commit_id(commit_of(settings))
    warnings = []
    start = None
    try:
        target = base or settings["base"] or checkout.default_base()
        start = checkout.merge_base(target, head)
    except CheckoutError as error:
        if base:
            raise
        words = f"only the last commit is searched for issue keys: {error.message}"
        warnings.append(f"{words}. {error.hint}".rstrip())
    found = checkout.commits(start if start != head else None, head, with_files=False)
    if not found.is_whole:
        warnings.append(f"only the newest {len(found.commits)} commits are searched for issue keys")
    return [commit.message for commit in found.commits], warnings
