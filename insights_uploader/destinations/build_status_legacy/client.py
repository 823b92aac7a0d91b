"""Build statuses by commit alone, and their statistics: one method per operation.

Addresses and shapes: Atlassian's OpenAPI file for 9.4, below `/build-status/latest/commits`. The
first two operations are deprecated since 7.14, the statistics are not.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from insights_uploader.destinations.bitbucket_dc.build_refusals import build_refusal
from insights_uploader.destinations.bitbucket_dc.repository_api import Page, RepositoryApi
from insights_uploader.destinations.http import Http
from insights_uploader.plan.plan import Body

_PER_PAGE = 100  # "limited to the most recent 100 build statuses associated with the commit"
_AT_ONCE = 100


def commit_builds_address(commit: str) -> Sequence[str]:
    """The segments of the path of a commit's builds, below the server's address."""
    return ("rest", "build-status", "latest", "commits", commit)


class CommitBuild(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """A build as this API shows it.

    Attributes:
        date_added: in milliseconds since 1970.
    """

    key: str
    state: str
    url: str | None = None
    name: str | None = None
    description: str | None = None
    date_added: int | None = None


class BuildCounts(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """How many builds of a commit are how far (RestBuildStats).

    Attributes:
        cancelled, unknown: None from a server that does not count them apart.
        result: with `includeUnique`, the one build that is alone in its state, as the server
            shows it; its shape is not documented.
    """

    successful: int
    in_progress: int
    failed: int
    cancelled: int | None = None
    unknown: int | None = None
    result: Any = None


class CommitBuilds(RepositoryApi):
    """The builds of one commit, which every repository shares that holds it.

    Every method raises `ServerError` when the server refuses, cannot be reached, or gives what it
    should not.
    """

    def __init__(self, http: Http, commit: str) -> None:
        super().__init__(http, "", "")  # for its pages; there is no repository in the address
        self._address = commit_builds_address(commit)

    def post(self, body: Body) -> None:
        """Store a build, or replace the one of its key: twice is the same as once."""
        reply = self._http.send("POST", self._address, body=body, repeatable=True)
        if reply.status != 204:
            raise build_refusal(reply)

    def latest(self, order: str = "NEWEST") -> Iterator[CommitBuild]:
        """The latest 100 builds at most.

        Args:
            order: NEWEST, OLDEST or STATUS.
        """
        query = [("orderBy", order)]
        for page in self.pages((), query, Page[CommitBuild], _PER_PAGE):
            yield from page.values


def build_counts(http: Http, commit: str, *, include_unique: bool = False) -> BuildCounts:
    """The statistics of one commit.

    Args:
        http: the way to the server.
        commit: its full id.
        include_unique: ask for the one build that is alone in its state.

    Raises:
        ServerError: the server refuses, cannot be reached, or gives what it should not.
    """
    address = (*_STATISTICS, commit)
    reply = http.send("GET", address, query=[("includeUnique", "true")] if include_unique else ())
    if reply.status != 200:
        raise build_refusal(reply)
    return reply.decoded(BuildCounts)


def build_counts_of(http: Http, commits: Sequence[str]) -> Mapping[str, BuildCounts]:
    """The statistics of those of the commits that have builds, asked for a hundred at a time.

    Raises:
        ServerError: the server refuses, cannot be reached, or gives what it should not.
    """
    found: dict[str, BuildCounts] = {}
    for start in range(0, len(commits), _AT_ONCE):
        body = commits[start : start + _AT_ONCE]
        reply = http.send("POST", _STATISTICS, body=body, repeatable=True)
        if reply.status != 200:
            raise build_refusal(reply)
        found |= reply.decoded(dict[str, BuildCounts])
    return found


_STATISTICS = ("rest", "build-status", "latest", "commits", "stats")
