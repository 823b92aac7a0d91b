"""Finds what a branch has come to: its commits, itself, and its pull request."""

from collections.abc import Collection, Iterator, Mapping, Sequence

import msgspec

from insights_uploader.destinations.jira_devinfo.pages import RepositoryPages
from insights_uploader.destinations.jira_devinfo.payload import (
    MAX_KEYS,
    Body,
    branch_body,
    commit_body,
    pull_request_body,
    repository_body,
)
from insights_uploader.destinations.jira_devinfo.pull_request import ShownPullRequest
from insights_uploader.issue_keys import issue_keys
from insights_uploader.repository.checkout import Checkout
from insights_uploader.repository.commits import LoggedCommit


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """What git and Bitbucket have.

    Attributes:
        head: the last commit.
        commits: of the range, the newest first.
        is_whole: False when the range has more of them.
        branch: without `refs/heads/`; None when it is not known.
        pull_request: None when none was asked for.
    """

    head: LoggedCommit
    commits: Sequence[LoggedCommit]
    is_whole: bool = True
    branch: str | None = None
    pull_request: ShownPullRequest | None = None


class Naming(msgspec.Struct, frozen=True, kw_only=True):
    """How it is told to Jira.

    Attributes:
        pages: of the repository.
        sequence: the update's number, in milliseconds since 1970.
        repository_id: in Jira; made of where the repository is, if empty.
        projects: keys of Jira's projects, of which alone issues count; of all, if empty.
        issue_keys: more issues that the branch and the pull request belong to.
        with_email: whether to tell addresses of people.
    """

    pages: RepositoryPages
    sequence: int
    repository_id: str = ""
    projects: Collection[str] = ()
    issue_keys: Sequence[str] = ()
    with_email: bool = False


class Found(msgspec.Struct, frozen=True):
    """What can be sent.

    Attributes:
        repositories: bodies; none when nothing belongs to an issue.
        left_out: what they do not hold, a line each.
    """

    repositories: Sequence[Body]
    left_out: Sequence[str] = ()


def source(
    checkout: Checkout,
    base: str | None,
    head: str,
    branch: str | None,
    pull_request: ShownPullRequest | None = None,
) -> Source:
    """Read the commits of `base..head`; of `head` alone, without a base.

    Raises:
        CheckoutError: a revision names no commit here, or the clone lacks what it takes.
    """
    found = checkout.commits(base, head)
    [last] = found.commits[:1] or checkout.commits(None, head).commits
    return Source(
        head=last,
        commits=found.commits,
        is_whole=found.is_whole,
        branch=branch,
        pull_request=pull_request,
    )


def found_in(given: Source, naming: Naming) -> Found:
    """What of it belongs to issues, as Jira has it. Pure.

    A commit belongs to the issues that its message names, a branch to those of its name, a pull
    request to those of its title, its source branch and its commits (Atlassian, "Reference issues
    in your development work").

    Raises:
        UsageError: a name or an address is none that Jira takes.
    """
    keys = _Keys(naming)
    commits = [
        _commit(each, own, naming) for each in given.commits if (own := keys.of(each.message))
    ]
    of_branch = keys.more(given.branch or "")
    branches = [_branch(given, of_branch, keys, naming)] if given.branch and of_branch else []
    pulls = [*_pull_requests(given, keys, naming)]
    lists = {"commits": commits, "branches": branches, "pullRequests": pulls}
    inside = {kind: entities for kind, entities in lists.items() if entities}
    body = repository_body(naming.pages, naming.sequence, naming.repository_id)
    left_out = [*_left_out(given, naming, inside)]
    if keys.is_cut:
        left_out.append(f"more than {MAX_KEYS} issues of one thing: the first {MAX_KEYS} are sent")
    return Found([body | inside] if inside else [], left_out)


class _Keys:
    """Finds issue keys, and remembers whether there were more than Jira takes."""

    def __init__(self, naming: Naming) -> None:
        self._naming = naming
        self.is_cut = False

    def of(self, *texts: str) -> Sequence[str]:
        return self._bounded(issue_keys(texts, self._naming.projects))

    def more(self, *texts: str) -> Sequence[str]:
        named = issue_keys(texts, self._naming.projects)
        return self._bounded(list(dict.fromkeys([*self._naming.issue_keys, *named])))

    def _bounded(self, keys: Sequence[str]) -> Sequence[str]:
        self.is_cut |= len(keys) > MAX_KEYS
        return keys[:MAX_KEYS]


def _commit(commit: LoggedCommit, keys: Sequence[str], naming: Naming) -> Body:
    return commit_body(commit, keys, naming.pages, naming.sequence, with_email=naming.with_email)


def _branch(given: Source, keys: Sequence[str], found: _Keys, naming: Naming) -> Body:
    """The branch; its last commit must belong to an issue: if it names none, to the branch's.

    That of a pull request may be a fork's, and Jira knows the two to belong together by its page.
    """
    last = _commit(given.head, found.of(given.head.message) or keys, naming)
    pull, pages = given.pull_request, naming.pages
    if pull and pull.branch == given.branch:
        pages = pages.of(*pull.source)
    return branch_body(given.branch or "", keys, last, pages, naming.sequence)


def _pull_requests(given: Source, keys: _Keys, naming: Naming) -> Iterator[Body]:
    pull = given.pull_request
    if pull is None:
        return
    # of another state of the branch than is here the commits are not known
    messages = [e.message for e in given.commits] if pull.head == given.head.id else []
    of_pull = keys.more(pull.title, pull.branch, *messages)
    if of_pull:
        yield pull_request_body(
            pull, of_pull, naming.pages, naming.sequence, with_email=naming.with_email
        )


def _left_out(given: Source, naming: Naming, inside: Mapping[str, Sequence[Body]]) -> Iterator[str]:
    issue = f"issue of {' or '.join(naming.projects)}" if naming.projects else "issue"
    if mute := len(given.commits) - len(inside.get("commits", ())):
        yield f"{mute} of {len(given.commits)} commits name no {issue}"
    if not given.is_whole:
        yield f"the range has more commits than the {len(given.commits)} newest, which are read"
    if given.branch and "branches" not in inside:
        yield f"branch {given.branch} names no {issue}"
    if given.pull_request and "pullRequests" not in inside:
        yield f"pull request {given.pull_request.id} names no {issue}"
