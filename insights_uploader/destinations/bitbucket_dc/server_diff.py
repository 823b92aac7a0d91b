"""A pull request's diff as the server makes it, which may be refused or cut off.

The list of changed files says what must be there. The raw diff has it all in one answer, and its
blob ids prove it; what it lacks is asked for file by file as JSON, where the server says what it
cuts off. What is not whole even then is an error: neither "nothing changed" nor "everything".
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress

import msgspec

from insights_uploader.changes.changed_lines import ChangedFile, ChangedLines
from insights_uploader.changes.cursor import shown
from insights_uploader.changes.names import is_in_repository
from insights_uploader.changes.proof import FileContent, prove
from insights_uploader.changes.source import Diff
from insights_uploader.changes.unified import parse_diff
from insights_uploader.destinations.bitbucket_dc.json_diff import (
    FileChange,
    JsonDiff,
    changed_file,
)
from insights_uploader.destinations.bitbucket_dc.pull_requests import PullRequest
from insights_uploader.destinations.bitbucket_dc.refusals import refusal
from insights_uploader.destinations.bitbucket_dc.repository_api import (
    CommitId,
    Page,
    Query,
    RepositoryApi,
)
from insights_uploader.destinations.http import Http
from insights_uploader.model.errors import DiffError

_PER_PAGE = 10_000  # the server caps it, and gives no second page of this list
_BY_GIT = "Let git make the diff: use --base with the target branch instead of --pull-request."
_AGAIN = "The pull request changed in between; run again for its new commit."
_NOT_HERE = ("no-endpoint", "refused", "not-json")
"""Refusals (400, 404 without an envelope, 406) that mean this address, not us or the server."""


class ServerDiff:
    """A `DiffSource` that asks the server for a pull request's diff.

    Args:
        http: the way to the server.
        project: the key of the project that the pull request goes to.
        repository: the slug of the repository that it goes to.
        pull_request: which one.
        content: the files of its head, to prove the diff against.
    """

    def __init__(
        self,
        http: Http,
        project: str,
        repository: str,
        pull_request: PullRequest,
        content: FileContent,
    ) -> None:
        self._api = RepositoryApi(http, project, repository)
        self._below = ("pull-requests", str(pull_request.id))
        self._head = pull_request.head
        self._content = content
        self._name = f"pull request {pull_request.id}"

    def changed_lines(self) -> Diff:
        """Ask for the diff, see that it is whole, and prove that it is the commit's.

        Raises:
            DiffError: it is cut off, contradicts itself, or is one of other content.
            ServerError: the server refuses, fails, or cannot be reached.
        """
        listed = self._listed()
        raw = self._raw_files(listed)
        files = [
            raw.get(path) or self._asked_for(change)
            for path, change in listed.items()
            if path in raw or _is_file(change)
        ]
        changes = ChangedLines(files)
        prove(changes, self._content, self._name)
        return Diff(changes, self._name, self._merge_base())

    def _listed(self) -> Mapping[str, FileChange]:
        """What is changed, by path; of a path that two changes name, what is there afterwards."""
        below, query = (*self._below, "changes"), (("withComments", "false"),)
        listed: dict[str, FileChange] = {}
        for page in self._api.pages(below, query, _Changes, _PER_PAGE, _BY_GIT):
            self._expect_head(page.to_hash)
            for change in page.values:
                path = change.path.text
                before = listed.get(path)
                if not is_in_repository(path.encode()):
                    raise self._refused(path, "is no path of a file in a repository")
                if before is not None and "DELETE" not in (before.type, change.type):
                    raise self._refused(path, "is listed twice")
                if before is None or before.type == "DELETE":
                    listed[path] = change
        return listed

    def _raw_files(self, listed: Mapping[str, FileChange]) -> Mapping[str, ChangedFile]:
        """The files of the raw diff that are known to be whole, by the server's names for them."""
        diff = self._raw(("pull-requests", f"{self._below[-1]}.diff"))
        files = {_as_listed(file.path): file for file in diff.files}
        for path in files:
            if path not in listed:
                raise self._refused(path, "is in the diff and not in the list of changes", _AGAIN)
        if files:
            path, last = list(files.items())[-1]
            if not self._is_whole(last, listed[path]):
                del files[path]
        return files

    def _is_whole(self, last: ChangedFile, change: FileChange) -> bool:
        """Tell whether a raw diff's last file is shown the same by itself.

        A diff that is cut between two hunks of it looks as whole as any.
        """
        if not _has_address(change):
            return self._asked_for(change).ranges == last.ranges
        alone = self._raw(*self._address(change))
        return any((f.path, f.ranges) == (last.path, last.ranges) for f in alone.files)

    def _raw(self, below: Sequence[str], query: Query = ()) -> ChangedLines:
        """The files of a raw diff, as far as it can be read; none when it is refused."""
        query = (*query, ("contextLines", 0))
        reply = self._api.get(below, query, accept="text/plain")
        if reply.status != 200:
            refused = refusal(reply)
            if refused.slug not in _NOT_HERE:
                raise refused
            return ChangedLines(())
        if not reply.headers.get("content-type", "").lower().startswith("text/plain"):
            return ChangedLines(())
        # Cut off in a file, the files before it can be read: no other line begins like this one.
        before_last = reply.content.rpartition(b"\ndiff --git ")[0] + b"\n"
        for text in (reply.content, before_last):
            with suppress(DiffError):
                return parse_diff(text, f"the diff of {self._name}")
        return ChangedLines(())

    def _asked_for(self, change: FileChange) -> ChangedFile:
        """One file's lines, from its JSON diff."""
        if change.has_no_lines:
            return ChangedFile(change.path.text, (), change.new_blob)
        below, query = self._address(change)
        query = (*query, ("contextLines", 0), ("withComments", "false"))
        reply = self._api.get(below, query)
        if reply.status != 200:
            raise refusal(reply)
        diff = reply.decoded(JsonDiff)
        self._expect_head(diff.to_hash)
        return changed_file(diff, change, self._name)

    def _address(self, change: FileChange) -> tuple[Sequence[str], Query]:
        """Where the diff of one file is; without its old path a moved file looks new."""
        if not _has_address(change):
            return (*self._below, "diff"), ()
        below = (*self._below, "diff", *change.path.components)
        return below, (("srcPath", change.src_path.text),) if change.src_path else ()

    def _merge_base(self) -> str | None:
        """The commit that the diff begins at; None when there is none, or the server is too old."""
        reply = self._api.get((*self._below, "merge-base"))
        if reply.status == 204:
            return None
        if reply.status != 200:
            refused = refusal(reply)
            if refused.slug != "no-endpoint":
                raise refused
            return None
        return reply.decoded(_Commit).id

    def _expect_head(self, end: str | None) -> None:
        if end not in (None, self._head):
            raise DiffError(
                "pull-request-moved",
                f"{self._name}: its diff ends at {end[:12]}, and its head was {self._head[:12]}",
                _AGAIN,
            )

    def _refused(self, path: str, reason: str, hint: str = _BY_GIT) -> DiffError:
        words = shown(path.encode("utf-8", "surrogateescape"))
        return DiffError("diff-malformed", f"{self._name}: {words}: {reason}", hint)


def _is_file(change: FileChange) -> bool:
    """True for what is there afterwards and can have lines."""
    return change.type != "DELETE" and change.node_type != "SUBMODULE"


def _has_address(change: FileChange) -> bool:
    """False for a name that only the diff of all files can show.

    Tomcat refuses an encoded backslash, and JSON has not the bytes of a name that is not UTF-8.
    """
    return not {"\\", "\ufffd"} & set(change.path.text)


def _as_listed(path: str) -> str:
    """A path as JSON can hold it: what is not UTF-8 is replaced."""
    return path.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


class _Changes(Page[FileChange], rename="camel"):
    """The list of changed files."""

    to_hash: str | None = None


class _Commit(msgspec.Struct):
    id: CommitId
