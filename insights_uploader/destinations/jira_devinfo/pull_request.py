"""What Jira wants to know of a pull request, read from Bitbucket Data Center."""

from collections.abc import Sequence
from typing import Annotated, Literal

import msgspec

from insights_uploader.destinations.bitbucket_dc.refusals import refusal
from insights_uploader.destinations.bitbucket_dc.repository_api import CommitId, RepositoryApi
from insights_uploader.destinations.http import Http

_BRANCH = "refs/heads/"
_MOST_REVIEWERS = 100


class Person(msgspec.Struct, frozen=True):
    """Who made a pull request, or reviews it.

    Attributes:
        name: for people.
        email: may be empty.
        approves: as a reviewer.
    """

    name: str = ""
    email: str = ""
    approves: bool = False


class ShownPullRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A pull request as Bitbucket shows it.

    Attributes:
        id: its number.
        state: as Jira has it, too.
        title: for people.
        head: the latest commit of the source branch.
        branch: the source branch, without `refs/heads/`.
        source: project and slug of the source branch's repository; another's in a fork.
        target_branch: without `refs/heads/`.
        author: who made it.
        reviewers: at most a hundred.
        comments: how many.
        updated_ms: in milliseconds since 1970.
    """

    id: int
    state: Literal["OPEN", "MERGED", "DECLINED"]
    title: str
    head: str
    branch: str
    source: tuple[str, str]
    target_branch: str
    author: Person = Person()
    reviewers: Sequence[Person] = ()
    comments: int = 0
    updated_ms: int


def shown_pull_request(http: Http, project: str, repository: str, number: int) -> ShownPullRequest:
    """Read one pull request, in any state.

    Raises:
        ServerError: the server refuses, has none of this number, or gives what is none.
        UsageError: the project or repository can be in no address.
    """
    reply = RepositoryApi(http, project, repository).get(("pull-requests", str(number)))
    if reply.status != 200:
        raise refusal(reply)
    given = reply.decoded(_PullRequest)
    source = given.from_ref.repository
    return ShownPullRequest(
        id=given.id,
        state=given.state,
        title=given.title,
        head=given.from_ref.latest_commit,
        branch=given.from_ref.id.removeprefix(_BRANCH),
        source=(source.project.key, source.slug),
        target_branch=given.to_ref.id.removeprefix(_BRANCH),
        author=given.author.person if given.author else Person(),
        reviewers=[each.person for each in given.reviewers[:_MOST_REVIEWERS]],
        comments=given.properties.comment_count,
        updated_ms=given.updated_date,
    )


class _Project(msgspec.Struct):
    key: str


class _Repository(msgspec.Struct):
    slug: str
    project: _Project


class _Ref(msgspec.Struct, rename="camel"):
    id: str
    latest_commit: CommitId
    repository: _Repository


class _User(msgspec.Struct, rename="camel"):
    name: str = ""
    display_name: str = ""
    email_address: str = ""


class _Participant(msgspec.Struct):
    user: _User = msgspec.field(default_factory=_User)
    status: str = "UNAPPROVED"

    @property
    def person(self) -> Person:
        user = self.user
        approves = self.status == "APPROVED"
        return Person(user.display_name or user.name, user.email_address, approves)


class _Properties(msgspec.Struct, rename="camel"):
    comment_count: Annotated[int, msgspec.Meta(ge=0)] = 0


class _PullRequest(msgspec.Struct, rename="camel"):
    """What is used of a pull request (Atlassian OpenAPI, RestPullRequest)."""

    id: Annotated[int, msgspec.Meta(ge=1)]
    state: Literal["OPEN", "MERGED", "DECLINED"]
    title: str
    updated_date: Annotated[int, msgspec.Meta(ge=0)]
    from_ref: _Ref
    to_ref: _Ref
    author: _Participant | None = None
    reviewers: list[_Participant] = []
    properties: _Properties = msgspec.field(default_factory=_Properties)
