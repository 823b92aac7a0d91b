"""What Jira wants to know of a pull request, read from Bitbucket Cloud."""

from datetime import datetime
from typing import Annotated, Literal

import msgspec

from insights_uploader.destinations.bitbucket_cloud.pull_requests import CloudPullRequests
from insights_uploader.destinations.bitbucket_cloud.repository import CloudRepository
from insights_uploader.destinations.http import Http
from insights_uploader.destinations.jira_devinfo.pull_request import Person, ShownPullRequest

_STATES: dict[str, Literal["OPEN", "MERGED", "DECLINED"]] = {"OPEN": "OPEN", "MERGED": "MERGED"}
"""Jira has no word for one that was superseded by another: it is declined, too."""
_MOST_REVIEWERS = 100


def shown_cloud_pull_request(
    http: Http, workspace: str, repository: str, number: int
) -> ShownPullRequest:
    """Read one pull request, in any state. Cloud tells nobody's e-mail address.

    Raises:
        ServerError: the server refuses, has none of this number, or gives what is none.
        UsageError: the workspace or repository can be in no address.
    """
    pull = CloudPullRequests(http, workspace, repository).get(number)
    api = CloudRepository(http, workspace, repository)
    more = api.send("GET", "pullrequests", str(number)).decoded(_PullRequest)
    reviewers = [each for each in more.participants if each.role == "REVIEWER"]
    return ShownPullRequest(
        id=pull.id,
        state=_STATES.get(pull.state, "DECLINED"),
        title=more.title,
        head=pull.head,
        branch=pull.branch,
        source=(pull.source.project, pull.source.slug),
        target_branch=pull.target_branch,
        author=Person(more.author.display_name) if more.author else Person(),
        reviewers=[
            Person(each.user.display_name, approves=each.approved)
            for each in reviewers[:_MOST_REVIEWERS]
        ],
        comments=more.comment_count,
        updated_ms=round(more.updated_on.timestamp() * 1000),
    )


class _Account(msgspec.Struct):
    display_name: str = ""


class _Participant(msgspec.Struct):
    user: _Account = msgspec.field(default_factory=_Account)
    role: str = ""
    approved: bool = False


class _PullRequest(msgspec.Struct):
    """What is used of a pull request beside its commits (`pullrequest`)."""

    title: str
    updated_on: Annotated[datetime, msgspec.Meta(tz=True)]
    author: _Account | None = None
    participants: list[_Participant] = []
    comment_count: Annotated[int, msgspec.Meta(ge=0)] = 0
