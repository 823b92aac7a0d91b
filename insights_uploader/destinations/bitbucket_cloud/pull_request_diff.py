"""A pull request's diff as Bitbucket Cloud makes it.

The list of changed files (diffstat) says what must be in the raw diff, and the diff's blob ids, or
its lines, prove it. What is not whole is an error: neither "nothing changed" nor "everything". The
pull request's own address of its diff only redirects to that of its two commits, which is asked for
outright: no redirect is followed with a login.
"""

import msgspec

from insights_uploader.changes.cursor import shown
from insights_uploader.changes.names import is_in_repository
from insights_uploader.changes.proof import FileContent, prove
from insights_uploader.changes.source import Diff
from insights_uploader.changes.unified import parse_diff
from insights_uploader.destinations.authorization import Query
from insights_uploader.destinations.bitbucket_cloud.repository import CloudRepository
from insights_uploader.destinations.bitbucket_dc.pull_requests import PullRequest
from insights_uploader.destinations.http import Http
from insights_uploader.model.errors import DiffError

_BY_GIT = "Let git make the diff: use --base with the target branch instead of --pull-request."


class CloudPullRequestDiff:
    """A `DiffSource` that asks Bitbucket Cloud for a pull request's diff."""

    def __init__(
        self,
        http: Http,
        workspace: str,
        repository: str,
        pull_request: PullRequest,
        content: FileContent,
    ) -> None:
        """Ask for nothing yet.

        Args:
            http: the way to the API.
            workspace: that the pull request's target is in.
            repository: that the pull request goes to.
            pull_request: which one.
            content: the files of its head, to prove the diff against.
        """
        self._api = CloudRepository(http, workspace, repository)
        # the newer one first, other than with git
        self._spec = f"{pull_request.head}..{pull_request.target_commit}"
        self._content = content
        self._name = f"pull request {pull_request.id}"

    def changed_lines(self) -> Diff:
        """Ask for the diff, see that it is whole, and prove that it is the commit's.

        Raises:
            DiffError: it is cut off, contradicts itself, or is one of other content.
            ServerError: the server refuses, fails, or cannot be reached.
        """
        stats = self._api.listed("diffstat", self._spec, kind=_Stat, query=[("topic", "true")])
        expected = {stat.new.path for stat in stats if stat.new is not None}
        query: Query = [("topic", "true"), ("context", 0)]
        reply = self._api.send("GET", "diff", self._spec, query=query, accept="text/plain")
        if not reply.headers.get("content-type", "").lower().startswith("text/plain"):
            raise reply.error("odd-reply", "the answer is no diff")
        changes = parse_diff(reply.content, f"the diff of {self._name}")
        found = {_as_listed(file.path) for file in changes.files}
        for path in expected:
            if not is_in_repository(path.encode()):
                raise self._refused(path, "is no path of a file in a repository")
        for path in sorted(expected ^ found):
            where = "the list of changes" if path in expected else "the diff"
            raise self._refused(path, f"is in {where} alone")
        prove(changes, self._content, self._name)
        return Diff(changes, self._name)

    def _refused(self, path: str, reason: str) -> DiffError:
        words = shown(path.encode("utf-8", "surrogateescape"))
        return DiffError("diff-malformed", f"{self._name}: {words}: {reason}", _BY_GIT)


def _as_listed(path: str) -> str:
    """A path as JSON can hold it: what is not UTF-8 is replaced."""
    return path.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


class _File(msgspec.Struct):
    path: str


class _Stat(msgspec.Struct):
    """One changed file (`diffstat`); what is gone has no new side."""

    new: _File | None = None
