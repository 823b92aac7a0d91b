"""Pull requests on Bitbucket Data Center: one by its number, or the one that a commit belongs to."""

from collections.abc import Sequence
from typing import Annotated, Literal
from urllib.parse import quote

import msgspec

from insights_uploader.destinations.bitbucket_dc.refusals import refusal
from insights_uploader.destinations.bitbucket_dc.repository_api import (
    CommitId,
    Page,
    Query,
    RepositoryApi,
)
from insights_uploader.destinations.http import Http
from insights_uploader.model.errors import ServerError, UsageError

_PER_PAGE = 100
_SHOWN = 10
_BRANCH = "refs/heads/"


class RepositoryName(msgspec.Struct, frozen=True):
    """A repository on the server: the project's key and the repository's slug."""

    project: str
    slug: str


class PullRequest(msgspec.Struct, frozen=True):
    """What a pull request asks to merge, and into what.

    Attributes:
        id: its number in the target repository.
        state: OPEN, MERGED or DECLINED.
        head: the latest commit of the source branch; only its reports are shown.
        branch: the source branch, without `refs/heads/`.
        source: the repository of the source branch; another than the target's in a fork.
        target_branch: the branch to merge into.
        target_commit: that branch's latest commit.
        target: the repository of that branch.
        link: its page.
    """

    id: int
    state: str
    head: str
    branch: str
    source: RepositoryName
    target_branch: str
    target_commit: str
    target: RepositoryName
    link: str

    @property
    def is_open(self) -> bool:
        """True until it is merged or declined."""
        return self.state == "OPEN"

    @property
    def is_from_fork(self) -> bool:
        """True when the source branch is in another repository than the target branch."""
        return self.source != self.target


class PullRequests:
    """The pull requests into one repository.

    Every method raises `ServerError` when the server refuses, cannot be reached, or gives what is
    no pull request, and `UsageError`, before anything is sent, when the project or repository can
    be in no address.
    """

    def __init__(self, http: Http, project: str, repository: str) -> None:
        self._api = RepositoryApi(http, project, repository)
        # Names that no address can carry are refused when something is asked for.
        names = (quote(name, safe="~", errors="replace") for name in (project, repository))
        self._page = "{}/projects/{}/repos/{}/pull-requests/".format(http.base_url, *names)

    def get(self, number: int) -> PullRequest:
        """The one with this number, in any state."""
        reply = self._api.get(("pull-requests", str(number)))
        if reply.status != 200:
            raise refusal(reply)
        return self._pull_request(reply.decoded(_PullRequest))

    def of_commit(self, commit: str) -> Sequence[PullRequest]:
        """The open ones that contain a commit; first those whose head it is."""
        found = self._listed(("commits", commit, "pull-requests"))
        return sorted(filter(_is_open, found), key=lambda each: each.head != commit)

    def of_branch(self, name: str) -> Sequence[PullRequest]:
        """The open ones whose source is a branch of this repository, whatever their target."""
        at = name if name.startswith("refs/") else f"{_BRANCH}{name}"
        # By default the server means the target branch, and takes no short name.
        query = (("at", at), ("direction", "OUTGOING"), ("state", "OPEN"))
        return [*filter(_is_open, self._listed(("pull-requests",), query))]

    def find(self, commit: str, branch: str | None = None) -> PullRequest:
        """The one open pull request that a commit belongs to.

        A commit that the server does not have, as CI's own merge commit, or that is in none, is
        looked for by its branch. Whether the found one's head is the commit is the caller's to ask.

        Raises:
            UsageError: there is none, or more than one.
        """
        found: Sequence[PullRequest] = ()
        try:
            found = self.of_commit(commit)
        except ServerError as error:
            if error.slug != "no-commit":
                raise
            if not branch:
                error.hint = (
                    "The server does not have this commit, so that no pull request can be found by "
                    "it. Push it first, or give the pull request's number with --pull-request."
                )
                raise
        if not found and branch:
            found = self.of_branch(branch)
        return chosen(found, commit, branch)

    def _listed(self, below: Sequence[str], query: Query = ()) -> Sequence[PullRequest]:
        pages = self._api.pages(below, query, Page[_PullRequest], _PER_PAGE)
        return [self._pull_request(each) for page in pages for each in page.values]

    def _pull_request(self, shown: "_PullRequest") -> PullRequest:
        source, target = shown.from_ref, shown.to_ref
        return PullRequest(
            id=shown.id,
            state=shown.state,
            head=source.latest_commit,
            branch=source.id.removeprefix(_BRANCH),
            source=source.repository.name,
            target_branch=target.id.removeprefix(_BRANCH),
            target_commit=target.latest_commit,
            target=target.repository.name,
            link=f"{self._page}{shown.id}",
        )


def chosen(found: Sequence[PullRequest], commit: str, branch: str | None) -> PullRequest:
    """The open pull request that is meant: whose head is the commit, else that contains it. Pure.

    Where several are left, those of the branch are meant.

    Args:
        found: those that contain the commit, or come from the branch.
        commit: the commit under review.
        branch: the source branch, when it is known.

    Raises:
        UsageError: there is none, or more than one.
    """
    candidates = [each for each in found if each.is_open]
    candidates = [each for each in candidates if each.head == commit] or candidates
    if len(candidates) > 1 and branch:
        name = branch.removeprefix(_BRANCH)
        candidates = [each for each in candidates if each.branch == name] or candidates
    of = f"commit {commit[:12]}" + (f" or branch {branch}" if branch else "")
    if not candidates:
        raise UsageError(
            "no-pull-request",
            f"--pull-request: no open pull request has {of}",
            "Name it with --pull-request N, or leave the option out to compare with --base.",
        )
    if len(candidates) > 1:
        shown = ", ".join(map(_line, candidates[:_SHOWN]))
        more = f" and {len(candidates) - _SHOWN} more" if len(candidates) > _SHOWN else ""
        raise UsageError(
            "several-pull-requests",
            f"--pull-request: {len(candidates)} open pull requests have {of}: {shown}{more}",
            f"Say which one: --pull-request {candidates[0].id}",
        )
    return candidates[0]


def _line(each: PullRequest) -> str:
    return f"{each.id} ({each.branch} to {each.target_branch})"


def _is_open(each: PullRequest) -> bool:
    return each.is_open


class _Project(msgspec.Struct):
    key: str


class _Repository(msgspec.Struct):
    slug: str
    project: _Project

    @property
    def name(self) -> RepositoryName:
        return RepositoryName(self.project.key, self.slug)


class _Ref(msgspec.Struct, rename="camel"):
    id: str
    latest_commit: CommitId
    repository: _Repository


class _PullRequest(msgspec.Struct, rename="camel"):
    """What is used of a pull request (Atlassian OpenAPI, RestPullRequest)."""

    id: Annotated[int, msgspec.Meta(ge=1)]
    state: Literal["OPEN", "MERGED", "DECLINED"]
    from_ref: _Ref
    to_ref: _Ref
