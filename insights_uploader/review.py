"""Floor 6: what is under review: which commit, its changed lines, and how the tools' lines lead there.

Bitbucket shows a report on the newest commit of a pull request's source branch and on no other. A CI
often checks out a merge of it that the server has never seen; then the lines that the tools name are
carried back.
"""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, BinaryIO, Literal, NamedTuple

import msgspec

from insights_uploader.changes.changed_lines import ChangedLines
from insights_uploader.changes.diff_file import DiffFile
from insights_uploader.changes.line_map import LineMap, read_line_map
from insights_uploader.changes.source import Diff
from insights_uploader.changes.unified import parse_diff
from insights_uploader.model.errors import CheckoutError, DiffError, ResultsError, ServerError
from insights_uploader.repository.checkout import Checkout, Side
from insights_uploader.repository.commit import Commit, Files

if TYPE_CHECKING:  # a run without a server needs none of its libraries
    from insights_uploader.destinations.bitbucket_cloud.pull_requests import CloudPullRequests
    from insights_uploader.destinations.bitbucket_dc.pull_requests import PullRequest, PullRequests
    from insights_uploader.destinations.http import Http

_NAMED = 5


class Server(NamedTuple):
    """Where pull requests are asked for.

    Attributes:
        http: the way to it.
        project: its key; on Cloud the workspace.
        repository: its slug.
        is_cloud: whether it is Bitbucket Cloud.
    """

    http: "Http"
    project: str
    repository: str
    is_cloud: bool = False

    @property
    def pull_requests(self) -> "PullRequests | CloudPullRequests":
        """Those into this repository."""
        if self.is_cloud:
            from insights_uploader.destinations.bitbucket_cloud.pull_requests import (
                CloudPullRequests,
            )

            return CloudPullRequests(*self[:3])
        from insights_uploader.destinations.bitbucket_dc.pull_requests import PullRequests

        return PullRequests(*self[:3])

    def diff(self, pull: "PullRequest", head: Commit) -> Diff:
        """The changed lines of a pull request, whose head is at hand."""
        if self.is_cloud:
            from insights_uploader.destinations.bitbucket_cloud.pull_request_diff import (
                CloudPullRequestDiff,
            )

            return CloudPullRequestDiff(*self[:3], pull, head).changed_lines()
        from insights_uploader.destinations.bitbucket_dc.server_diff import ServerDiff

        return ServerDiff(*self[:3], pull, head).changed_lines()


class Surroundings(msgspec.Struct, frozen=True, kw_only=True):
    """What the CI says of the commit under review; None is what it does not say.

    Attributes:
        head: the last commit of the pull request's source.
        branch: the source branch.
        pull_request: its number.
        head_revisions: names by which a CI's clone may know the head.
        merges: the CI builds pull requests merged with their target, the head as first parent.
    """

    head: str | None = None
    branch: str | None = None
    pull_request: int | None = None
    head_revisions: Sequence[str] = ()
    merges: bool = False


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """What the user asks to compare.

    Attributes:
        base: the revision to compare with; None for the remote's default branch.
        two_dot: compare with the base itself and not with the merge base.
        side: what of the checkout is compared.
        diff: a unified diff's file instead, `-` for standard input.
        pull_request: take the diff of the server's pull request with this number, or of the one
            that is found ("auto").
        commit: the commit that the user says is under review.
    """

    base: str | None = None
    two_dot: bool = False
    side: Side = "committed"
    diff: str | None = None
    pull_request: int | Literal["auto"] | None = None
    commit: str | None = None


class UnderReview(NamedTuple):
    """The answer.

    Attributes:
        commit: the full id of the commit that gets the reports.
        seen: the files that the tools saw.
        content: the files whose lines the diff counts; those of the commit, or not yet committed.
        diff: the changed lines.
        carried: leads from the lines of `seen` to those of `content`; None where they are the same.
        pull_request: None when it was not asked for.
        notes: what the user should know of all that.
    """

    commit: str
    seen: Files
    content: Files
    diff: Diff
    carried: LineMap | None = None
    pull_request: "PullRequest | None" = None
    notes: Sequence[str] = ()


def under_review(
    comparison: Comparison,
    around: Surroundings,
    checkout: Checkout,
    server: Server | None,
    stdin: BinaryIO,
) -> UnderReview:
    """Find out what is under review.

    Raises:
        CheckoutError: git cannot tell, or what is checked out is not what is under review.
        DiffError: the diff cannot be used.
        ServerError, UsageError: the pull request cannot be had.
    """
    if comparison.side != "committed":
        side = checkout.side(comparison.side)
        diff = _git_diff(comparison, checkout, None, side)
        return UnderReview(commit=checkout.head.id, seen=side, content=side, diff=diff)
    pull, notes = _pull_request(comparison, around, checkout, server)
    named = checkout.commit_id(comparison.commit) if comparison.commit else None
    parents = checkout.head.parents
    told = named if len(parents) > 1 and named in parents else None
    head = _head(told, around, checkout, pull, server)
    if named not in (None, head.id, checkout.head.id):
        raise ResultsError(
            "not-checked-out",
            f"commit {comparison.commit} is not checked out: {head.id} is",
            "Check that commit out, or leave --commit away.",
        )
    differences: Sequence[str] = ()
    if comparison.diff is not None:
        diff = _given_diff(comparison.diff, stdin, checkout, head)
    elif server and pull and comparison.pull_request is not None and pull.head == head.id:
        diff = server.diff(pull, head)
        differences = [*_cross_check(diff, checkout, head)]
    else:
        diff = _local_diff(comparison, pull, checkout, head)
    is_merge = head.id != checkout.head.id
    return UnderReview(
        commit=head.id,
        seen=checkout.head,
        content=head,
        diff=diff,
        carried=read_line_map(checkout.diff(head.id), "git diff") if is_merge else None,
        pull_request=pull,
        notes=[
            *notes,
            *_notes(checkout, head, pull, server),
            *differences,
        ],
    )


def _pull_request(
    comparison: Comparison, around: Surroundings, checkout: Checkout, server: Server | None
) -> tuple["PullRequest | None", Sequence[str]]:
    """The pull request that is asked for; else the CI's, as far as the server tells of it."""
    if server is None:
        return None, ()
    pulls, wanted = server.pull_requests, comparison.pull_request
    if isinstance(wanted, int):
        return pulls.get(wanted), ()
    if wanted == "auto" and around.pull_request is None:
        return _found(around, checkout, pulls), ()
    if around.pull_request is None:
        return None, ()
    try:
        return pulls.get(around.pull_request), ()
    except ServerError as error:
        if wanted is not None:
            raise  # who asks for it by name cannot do without
        return None, [f"whether this is still the head of the pull request is not known: {error}"]


def _found(
    around: Surroundings, checkout: Checkout, pulls: "PullRequests | CloudPullRequests"
) -> "PullRequest":
    """The pull request of the commit, or of the one that CI's merge is made of."""
    head = checkout.head
    if around.head or around.branch or len(head.parents) < 2:
        return pulls.find(around.head or head.id, around.branch)
    from insights_uploader.destinations.bitbucket_dc.pull_requests import chosen

    found = {
        pull.id: pull
        for commit in (head.id, *head.parents)
        for pull in _of_commit(commit, pulls)
        if pull.head in (head.id, *head.parents)
    }
    return chosen(list(found.values()), head.id, None)


def _head(
    told: str | None,
    around: Surroundings,
    checkout: Checkout,
    pull: "PullRequest | None",
    server: Server | None,
) -> Commit:
    """The commit under review: HEAD, or the parent of CI's merge that the server knows."""
    told = pull.head if pull else told or around.head or _head_in_clone(around, checkout)
    if told is None:
        return checkout.head
    try:
        return checkout.pull_request_head(told)
    except CheckoutError as error:
        if error.slug != "another-commit" or pull is None or server is None:
            raise
    head = checkout.head
    for commit in (head.id, *(head.parents if len(head.parents) > 1 else ())):
        held = _of_commit(commit, server.pull_requests)
        if any(each.id == pull.id for each in held):  # something was pushed since
            return checkout.pull_request_head(commit)
    raise CheckoutError(
        "another-commit",
        f"HEAD is {head.id}, which is no part of pull request {pull.id}; its head is {pull.head}",
        "If the branch was rewritten since this build began, build its new head; if HEAD is not "
        "pushed yet, push it first.",
    )


def _head_in_clone(around: Surroundings, checkout: Checkout) -> str | None:
    """The pull request's head by what the CI fetched; None where that does not tell."""
    head = checkout.head
    for revision in around.head_revisions:
        try:
            commit = checkout.commit_id(revision)
        except CheckoutError:
            continue
        if commit == head.id or (len(head.parents) > 1 and commit in head.parents):
            return commit
    return head.parents[0] if around.merges and head.is_merge_of_detached else None


def _of_commit(commit: str, pulls: "PullRequests | CloudPullRequests") -> Sequence["PullRequest"]:
    """Those that hold a commit; none of one that the server has never seen."""
    try:
        return pulls.of_commit(commit)
    except ServerError as error:
        if error.slug != "no-commit":
            raise
        return ()


def _given_diff(path: str, stdin: BinaryIO, checkout: Checkout, head: Commit) -> Diff:
    """The diff that the user hands us, proven to be of the commit under review."""
    try:
        return DiffFile(path, stdin, head).changed_lines()
    except DiffError as error:
        if error.slug == "diff-of-other-content" and head.id != checkout.head.id:
            error.hint = f"HEAD is a merge; make the diff for what is under review: ...{head.id}"
        raise


def _local_diff(
    comparison: Comparison, pull: "PullRequest | None", checkout: Checkout, head: Commit
) -> Diff:
    """The diff by git, of the commit under review."""
    if pull is None or pull.head == head.id or comparison.base is not None:
        return _git_diff(comparison, checkout, head, head)
    target = msgspec.structs.replace(comparison, base=checkout.target(pull.target_branch))
    try:
        return _git_diff(target, checkout, head, head)
    except CheckoutError as error:
        raise CheckoutError(
            error.slug, f"{_stale(head, pull)}; and {error.message}", error.hint
        ) from None


def _git_diff(comparison: Comparison, checkout: Checkout, head: Commit | None, side: Files) -> Diff:
    revision = comparison.base or checkout.default_base()
    if comparison.two_dot:
        base = checkout.commit_id(revision)
    else:
        base = checkout.merge_base(revision, head.id if head and head != checkout.head else "")
    changes = parse_diff(checkout.diff(base, side), "git diff", zero_context=True)
    name = revision.removeprefix("refs/remotes/")
    dots = ".." if comparison.two_dot else "..."
    if comparison.side != "committed":
        return Diff(
            changes, f"git diff {name}{dots}HEAD and what is {_UNCOMMITTED[comparison.side]}", base
        )
    of = "HEAD" if head is None or head.id == checkout.head.id else head.id[:12]
    return Diff(changes, f"git diff {name}{dots}{of}", base)


_UNCOMMITTED = {"staged": "staged", "working-tree": "in the working tree"}


def _notes(
    checkout: Checkout, head: Commit, pull: "PullRequest | None", server: Server | None
) -> Iterator[str]:
    if head.id != checkout.head.id:
        yield (
            f"HEAD is a merge of {head.id[:12]}, which is under review; "
            "lines are carried back to that commit"
        )
    if pull is None or server is None:
        return
    if pull.head != head.id:
        yield f"{_stale(head, pull)}: Bitbucket will not show this report"
    if not pull.is_open:
        yield f"pull request {pull.id} is {pull.state.lower()}"
    if pull.is_from_fork:
        yield (
            f"pull request {pull.id} comes from {pull.source.project}/{pull.source.slug}; "
            f"the report goes to {server.project}/{server.repository}"
        )


def _stale(head: Commit, pull: "PullRequest") -> str:
    return f"{head.id[:12]} is no longer the head of pull request {pull.id}, {pull.head[:12]} is"


def _cross_check(diff: Diff, checkout: Checkout, head: Commit) -> Iterator[str]:
    """Hold the server's diff against git's, where this clone reaches back to where it begins."""
    if diff.base is None:
        return
    try:
        base = checkout.commit_id(diff.base)
    except CheckoutError:
        return
    ours = parse_diff(checkout.diff(base, head), "git diff", zero_context=True)
    paths = _differing(diff.changes, ours)
    if paths:
        more = f" and {len(paths) - _NAMED} more" if len(paths) > _NAMED else ""
        yield (
            f"the changed lines of {', '.join(paths[:_NAMED])}{more} are others for the server than "
            "for git; the server's are taken"
        )


def _differing(one: ChangedLines, other: ChangedLines) -> Sequence[str]:
    """The files of which two diffs do not say the same."""
    ours, theirs = ({f.path: f.ranges for f in each.files} for each in (one, other))
    return sorted(path for path in ours | theirs if ours.get(path) != theirs.get(path))
