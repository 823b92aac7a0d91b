"""The bodies of Jira Software Cloud's development information, version 0.10. Pure.

Limits: Atlassian's OpenAPI file of Jira Software Cloud (DevInformation, Repository, Commit, Branch,
PullRequest), in UTF-16 code units. What is cut or left out is what people read; what names or
links something is sent whole or not at all. A body that Jira could refuse for its content cannot
be built.
"""

import datetime as dt
import enum
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

import msgspec

from insights_uploader import __version__
from insights_uploader.destinations.bitbucket_dc.payload import fitted
from insights_uploader.destinations.jira_cloud.ids import checked_id, entity_id
from insights_uploader.destinations.jira_devinfo.pages import RepositoryPages
from insights_uploader.destinations.jira_devinfo.pull_request import ShownPullRequest
from insights_uploader.model.errors import UsageError
from insights_uploader.repository.commits import ChangedFile, LoggedCommit

MAX_KEYS = 500  # 100 in Atlassian's file of 2022
MAX_MESSAGE = 1024
MAX_NAME = 255
MAX_BRANCH = 512
MAX_PATH = 1024
MAX_URL = 2000
MAX_FILES = 10
MAX_REVIEWER_EMAIL = 254
MAX_PROPERTIES = 5
MAX_PROPERTY = 255
MAX_INT32 = 2**31 - 1
MAX_INT64 = 2**63 - 1

Body = Mapping[str, Any]

_KEY = re.compile(r"[^\W\d_]\w{1,255}-[0-9]{1,255}")
_DISPLAYED = 11  # characters of a commit's id, as Bitbucket shows it
_CHANGES = {"A": "ADDED", "C": "COPIED", "D": "DELETED", "M": "MODIFIED", "R": "MOVED"}
_CHANGES["T"] = "MODIFIED"
_LAST_S = 253_402_300_799  # of the year 9999, which is the last that ISO 8601 writes in four digits


class Operation(enum.StrEnum):
    """Why it is sent: BACKFILL may send far more, and is handled more slowly."""

    NORMAL = "NORMAL"
    BACKFILL = "BACKFILL"


class Submission(msgspec.Struct, frozen=True, kw_only=True):
    """What is said of all that is sent together.

    Attributes:
        prevent_transitions: no transition of an issue and no smart commit is set off.
        operation: why it is sent.
        properties: by which it can be found and deleted; at most five.
    """

    prevent_transitions: bool = False
    operation: Operation = Operation.NORMAL
    properties: Mapping[str, str] = {}

    def __post_init__(self) -> None:
        """Refuse properties that Jira would refuse.

        Raises:
            UsageError: there are too many, or one cannot be.
        """
        check_properties(self.properties)

    def body(self, repositories: Sequence[Body]) -> Body:
        """The body of one request (DevInformation)."""
        body: dict[str, Any] = {
            "repositories": repositories,
            "preventTransitions": self.prevent_transitions,
            "operationType": str(self.operation),
            "providerMetadata": {"product": f"insights-uploader {__version__}"},
        }
        return body | ({"properties": dict(self.properties)} if self.properties else {})


def repository_body(pages: RepositoryPages, sequence: int, identity: str = "") -> dict[str, Any]:
    """A repository without what is in it (Repository).

    Args:
        pages: of the repository.
        sequence: the update's number, in milliseconds since 1970.
        identity: its id in Jira; made of where it is, if empty.

    Raises:
        UsageError: it has no name, id or address that Jira takes.
    """
    return {
        "id": checked_id(identity) if identity else entity_id(pages.identity),
        "name": _whole("the repository's name", pages.name, MAX_NAME),
        "url": _whole("the repository's address", pages.url, MAX_URL),
        "updateSequenceId": _sequence(sequence),
    }


def commit_body(
    commit: LoggedCommit,
    keys: Sequence[str],
    pages: RepositoryPages,
    sequence: int,
    *,
    with_email: bool = False,
) -> Body:
    """A commit (Commit), with the first ten of its files by path, and the true number of all.

    Args:
        commit: from git.
        keys: of the issues that it belongs to; the first 500 are sent.
        pages: of its repository.
        sequence: the update's number, in milliseconds since 1970.
        with_email: whether to tell the author's address.

    Raises:
        UsageError: a key is none, or there is none; or the commit can have no address.
    """
    flags = {"flags": ["MERGE_COMMIT"]} if commit.is_merge else {}
    files = [*islice(_files(commit, pages), MAX_FILES)]
    return {
        "id": commit.id,
        "issueKeys": _keys(keys),
        "updateSequenceId": _sequence(sequence),
        "message": fitted(commit.message, MAX_MESSAGE),
        "author": _author(commit.author_name, commit.author_email if with_email else ""),
        "fileCount": min(commit.file_count, MAX_INT32),
        "url": _whole("the commit's address", pages.commit(commit.id), MAX_URL),
        "authorTimestamp": _moment(commit.authored_s),
        "displayId": commit.id[:_DISPLAYED],
        **({"files": files} if files else {}),
        **flags,
    }


def branch_body(
    name: str, keys: Sequence[str], last_commit: Body, pages: RepositoryPages, sequence: int
) -> Body:
    """A branch (Branch).

    Args:
        name: without `refs/heads/`.
        keys: of the issues that it belongs to.
        last_commit: what `commit_body` gives.
        pages: of its repository.
        sequence: the update's number, in milliseconds since 1970.

    Raises:
        UsageError: its name or address is none that Jira takes; a key is none.
    """
    new = pages.new_pull_request(name)
    return {
        "id": entity_id(name),
        "issueKeys": _keys(keys),
        "updateSequenceId": _sequence(sequence),
        "name": _whole("the branch's name", name, MAX_BRANCH),
        "lastCommit": last_commit,
        "url": _whole("the branch's address", pages.branch(name), MAX_URL),
        **({"createPullRequestUrl": new} if _fits(new, MAX_URL) else {}),
    }


def pull_request_body(
    shown: ShownPullRequest,
    keys: Sequence[str],
    pages: RepositoryPages,
    sequence: int,
    *,
    with_email: bool = False,
) -> Body:
    """A pull request (PullRequest).

    Args:
        shown: what Bitbucket tells of it.
        keys: of the issues that it belongs to.
        pages: of the repository that it goes to.
        sequence: the update's number, in milliseconds since 1970.
        with_email: whether to tell the author's and the reviewers' addresses.

    Raises:
        UsageError: the source branch's name is none that Jira takes; a key is none.
    """
    source = pages.of(*shown.source)
    optional = {
        "sourceBranchUrl": (source.branch(shown.branch), MAX_URL),
        "destinationBranch": (shown.target_branch, MAX_NAME),
        "destinationBranchUrl": (pages.branch(shown.target_branch), MAX_URL),
    }
    return {
        "id": str(shown.id),
        "issueKeys": _keys(keys),
        "updateSequenceId": _sequence(sequence),
        "status": shown.state,
        "title": fitted(shown.title, MAX_MESSAGE) or f"Pull request {shown.id}",
        "author": _author(shown.author.name, shown.author.email if with_email else ""),
        "commentCount": min(shown.comments, MAX_INT32),
        "sourceBranch": _whole("the source branch's name", shown.branch, MAX_NAME),
        "lastUpdate": _moment(shown.updated_ms // 1000),
        "url": _whole("the pull request's address", pages.pull_request(shown.id), MAX_URL),
        "displayId": f"#{shown.id}",
        "reviewers": [
            _reviewer(each.name, each.email if with_email else "", each.approves)
            for each in shown.reviewers
        ],
        **{name: text for name, (text, units) in optional.items() if _fits(text, units)},
    }


def check_properties(properties: Mapping[str, str]) -> None:
    """Refuse what Jira takes as no properties (DevInformation).

    Raises:
        UsageError: there are more than five, or one is none.
    """
    if len(properties) > MAX_PROPERTIES:
        raise UsageError("bad-property", f"there are more than {MAX_PROPERTIES} properties")
    for name, value in properties.items():
        if not name or name.startswith("_") or ":" in name:
            words = f"the property {name!r}: a name holds no ':' and begins with no '_'"
            raise UsageError("bad-property", words)
        _whole("a property's name", name, MAX_PROPERTY)
        _whole("a property's value", value, MAX_PROPERTY)


def _files(commit: LoggedCommit, pages: RepositoryPages) -> Iterator[Body]:
    """Those of its files that Jira can take; it needs none of them."""
    fitting = (each for each in commit.files if _fits(each.path, MAX_PATH))
    for file in sorted(fitting, key=lambda each: each.path):
        url = pages.file(commit.id, file.path, is_deleted=file.status == "D")
        if _fits(url, MAX_URL):
            yield _file(file, url)


def _file(file: ChangedFile, url: str) -> Body:
    return {
        "path": file.path,
        "url": url,
        "changeType": _CHANGES.get(file.status, "UNKNOWN"),
        "linesAdded": min(file.added or 0, MAX_INT32),
        "linesRemoved": min(file.removed or 0, MAX_INT32),
    }


def _author(name: str, email: str) -> Body:
    shown = fitted(name, MAX_NAME)
    is_address = email and _fits(email, MAX_NAME)
    return ({"name": shown} if shown else {}) | ({"email": email} if is_address else {})


def _reviewer(name: str, email: str, approves: bool) -> Body:
    is_address = email and _fits(email, MAX_REVIEWER_EMAIL)
    return {
        "name": fitted(name, MAX_NAME),
        "approvalStatus": "APPROVED" if approves else "UNAPPROVED",
        **({"email": email} if is_address else {}),
    }


def _keys(keys: Sequence[str]) -> Sequence[str]:
    """The first 500, each once: an entity without any cannot be stored."""
    unique = list(dict.fromkeys(keys))[:MAX_KEYS]
    if not unique:
        raise UsageError("no-issue-key", "what belongs to no issue cannot be sent to Jira")
    for key in unique:
        if not _KEY.fullmatch(key):
            raise UsageError("bad-issue-key", f"{key[:60]!r}: is no issue's key")
    return unique


def _moment(seconds: int) -> str:
    """UTC, ISO 8601; what lies beyond the calendar is at its end."""
    bounded = min(max(seconds, 0), _LAST_S)
    return dt.datetime.fromtimestamp(bounded, dt.UTC).isoformat(timespec="seconds")


def _sequence(number: int) -> int:
    if not 0 <= number <= MAX_INT64:
        raise UsageError("bad-sequence", f"{number}: is no update sequence id")
    return number


def _whole(what: str, text: str, units: int) -> str:
    """A text that would mean something else if it was cut."""
    if not text or not _fits(text, units):
        words = f"{what} {text[:60]!r}: Jira takes 1 to {units} characters"
        raise UsageError("bad-text", words)
    return text


def _fits(text: str, units: int) -> bool:
    """True when a text has no more UTF-16 code units, and all of it can be sent."""
    try:
        return len(text.encode("utf-16-le")) // 2 <= units
    except UnicodeEncodeError:  # git may hold what is no UTF-8, and JSON cannot carry it
        return False
