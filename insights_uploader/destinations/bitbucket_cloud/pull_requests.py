"""Pull requests on Bitbucket Cloud: one by its number, or the one that a commit belongs to.

A pull request shows its commits by the first digits of their ids; the whole ids are asked for.
"""

from collections.abc import Sequence

import msgspec

from insights_uploader.destinations.bitbucket_cloud.repository import CloudRepository
from insights_uploader.destinations.bitbucket_dc.pull_requests import (
    PullRequest,
    RepositoryName,
    chosen,
)
from insights_uploader.destinations.bitbucket_dc.repository_api import CommitId
from insights_uploader.destinations.http import Http
from insights_uploader.model.errors import ServerError

_MOST = 50
"""Pull requests of one commit; each is asked for by itself."""
_NOT_INDEXED = (
    "Bitbucket Cloud tells this only where its app Pull Request Commit Links is installed. Name the "
    "pull request's number with --pull-request."
)


class CloudPullRequests:
    """The pull requests into one repository.

    Every method raises `ServerError` when the server refuses, cannot be reached, or gives what is
    no pull request, and `UsageError`, before anything is sent, when a name can be in no address.
    """

    def __init__(self, http: Http, workspace: str, repository: str) -> None:
        self._http = http
        self._here = RepositoryName(workspace, repository)
        self._api = CloudRepository(http, workspace, repository)
        self._page = f"https://bitbucket.org/{workspace}/{repository}/pull-requests/"

    def get(self, number: int) -> PullRequest:
        """The one with this number, in any state."""
        reply = self._api.send("GET", "pullrequests", str(number))
        shown = reply.decoded(_PullRequest)
        source = shown.source.repository
        if source is None:  # as of a fork that was deleted: its commits are in this repository yet
            name = self._here
        else:
            name = RepositoryName(*source.full_name.partition("/")[::2])
        return PullRequest(
            id=shown.id,
            state=shown.state,
            head=self._whole(shown.source.commit.hash, name),
            branch=shown.source.branch.name,
            source=name,
            target_branch=shown.destination.branch.name,
            target_commit=self._whole(shown.destination.commit.hash, self._here),
            target=self._here,
            link=f"{self._page}{shown.id}",
        )

    def of_commit(self, commit: str) -> Sequence[PullRequest]:
        """The open ones that contain a commit; first those whose head it is."""
        below = ("commit", commit, "pullrequests")
        try:
            numbers = [each.id for each in self._api.listed(*below, kind=_Numbered)]
        except ServerError as error:
            if error.status in (202, 404):
                error.hint = f"{error.hint} {_NOT_INDEXED}".lstrip()
            raise
        found = [self.get(number) for number in numbers[:_MOST]]
        return sorted((f for f in found if f.is_open), key=lambda each: each.head != commit)

    def find(self, commit: str, branch: str | None = None) -> PullRequest:
        """The one open pull request that a commit belongs to.

        Raises:
            UsageError: there is none, or more than one.
        """
        return chosen(self.of_commit(commit), commit, branch)

    def _whole(self, short: str, where: RepositoryName) -> str:
        """The whole id of a commit, which is asked for where it is."""
        repository = CloudRepository(self._http, where.project, where.slug)
        reply = repository.send("GET", "commit", short)
        found = reply.decoded(_Commit).hash
        if not found.startswith(short):
            raise reply.error("odd-reply", f"{short} was asked for, and {found[:12]} came")
        return found


class _Numbered(msgspec.Struct):
    id: int


class _Commit(msgspec.Struct):
    hash: CommitId


class _Repository(msgspec.Struct):
    full_name: str


class _Name(msgspec.Struct):
    name: str


class _Hash(msgspec.Struct):
    hash: str


class _End(msgspec.Struct):
    """One side (`pullrequest_endpoint`); its repository is null when it is gone."""

    branch: _Name
    commit: _Hash
    repository: _Repository | None = None


class _PullRequest(msgspec.Struct):
    """What is read of a pull request (`pullrequest`)."""

    id: int
    state: str
    source: _End
    destination: _End
