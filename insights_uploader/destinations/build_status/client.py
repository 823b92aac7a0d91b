"""Build statuses of one commit of a repository on Bitbucket Data Center: a method per operation.

Addresses and shapes: Atlassian's OpenAPI file for 9.4,
`/api/latest/projects/{projectKey}/repos/{repositorySlug}/commits/{commitId}/builds` and
`/api/latest/build/capabilities`.
"""

from collections.abc import Collection, Sequence

import msgspec

from insights_uploader.destinations.bitbucket_dc.build_refusals import build_refusal
from insights_uploader.destinations.http import Http
from insights_uploader.plan.plan import Body

RICH = "richBuildStatus"
"""The capability of a server that has this API."""

CANCELLED = "cancelledStatus"
"""The capability of a server whose builds can be CANCELLED."""


def builds_address(project: str, repository: str, commit: str) -> Sequence[str]:
    """The segments of the path of a commit's builds, below the server's address."""
    repository_address = ("projects", project, "repos", repository)
    return ("rest", "api", "latest", *repository_address, "commits", commit, "builds")


class StoredTests(msgspec.Struct, frozen=True, omit_defaults=True):
    """Numbers of test cases as the server has them; None is what it does not say."""

    successful: int | None = None
    failed: int | None = None
    skipped: int | None = None


class StoredBuild(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """A build as the server has it (RestBuildStatus).

    Attributes:
        duration: in milliseconds.
        created_date, updated_date: in milliseconds since 1970.
    """

    key: str
    state: str
    url: str | None = None
    name: str | None = None
    description: str | None = None
    build_number: str | None = None
    parent: str | None = None
    ref: str | None = None
    duration: int | None = None
    test_results: StoredTests | None = None
    created_date: int | None = None
    updated_date: int | None = None
    project_key: str | None = None
    repository_slug: str | None = None


class BuildStatuses:
    """The builds of one commit.

    Every method raises `ServerError` when the server refuses, cannot be reached, or gives what it
    should not, and `UsageError`, before anything is sent, when a name can be in no address.
    """

    def __init__(self, http: Http, project: str, repository: str, commit: str) -> None:
        self._http = http
        self._address = builds_address(project, repository, commit)

    def post(self, body: Body) -> None:
        """Store a build, or replace the one of its key: twice is the same as once."""
        reply = self._http.send("POST", self._address, body=body, repeatable=True)
        if reply.status != 204:
            raise build_refusal(reply)

    def get(self, key: str) -> StoredBuild | None:
        """The build of a key; None when the commit has none."""
        reply = self._http.send("GET", self._address, query=[("key", key)])
        if reply.status == 200:
            return reply.decoded(StoredBuild)
        refused = build_refusal(reply)
        if refused.slug == "not-found":
            return None
        raise refused

    def delete(self, key: str) -> None:
        """Delete the build of a key, if there is one."""
        reply = self._http.send("DELETE", self._address, query=[("key", key)])
        if reply.status != 204:
            raise build_refusal(reply)


def build_capabilities(http: Http) -> Collection[str]:
    """What the server can of builds (RestBuildCapabilities); nothing, if it is too old to say.

    Raises:
        ServerError: the server refuses, cannot be reached, or gives what it should not.
    """
    reply = http.send("GET", ("rest", "api", "latest", "build", "capabilities"))
    if reply.status == 200:
        return frozenset(reply.decoded(_Capabilities).build_status)
    refused = build_refusal(reply)
    if refused.slug == "no-endpoint" and reply.is_json:  # a proxy's page says nothing of the server
        return frozenset()
    raise refused


class _Capabilities(msgspec.Struct, rename="camel"):
    build_status: Sequence[str] = ()
