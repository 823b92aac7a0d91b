"""The commits of a range: who made each, when, with what words, and which files it changed."""

import re
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from insights_uploader.repository.borrowed import BorrowedObjects

MOST_COMMITS = 1000
"""How many commits of a range are read, the newest first."""

MOST_FILES = 100
"""How many files of one commit are listed; all are counted."""

_MOST_MESSAGE = 64 * 1024  # characters
_FIELDS = ("%H", "%P", "%an", "%ae", "%at", "%B")
_LOG = ("--no-show-signature", "--no-notes", "--no-mailmap", "--encoding=UTF-8", "--topo-order",
        "--no-patch", "-z", f"--format={'%x00'.join(_FIELDS)}")  # fmt: skip
_FILES = ("--stdin", "-z", "-r", "--root", "--always", "--raw", "--numstat", "--find-renames",
          "-l5000", "--diff-algorithm=myers", "--ignore-submodules=none", "--no-ext-diff",
          "--no-textconv", "--no-relative")  # fmt: skip
_NUMBERS = re.compile(rb"([0-9]+|-)\t([0-9]+|-)\t(.*)", re.DOTALL)


class ChangedFile(msgspec.Struct, frozen=True):
    """A file as one commit changed it.

    Attributes:
        path: after the change; of a deleted file, before it.
        status: git's letter: A added, C copied, D deleted, M modified, R renamed, T of another type.
        added: lines; None where git counts none, as in a binary file.
        removed: likewise.
    """

    path: str
    status: str
    added: int | None = None
    removed: int | None = None


class LoggedCommit(msgspec.Struct, frozen=True, kw_only=True):
    """One commit.

    Attributes:
        id: the full id.
        parents: their ids; more than one of a merge.
        author_name: as the commit has it.
        author_email: likewise.
        authored_s: when it was written, in seconds since 1970.
        message: whole, without the line end after it; at most 65,536 characters.
        files: what it changed against its parent, at most 100; none of a merge, whose changes are
            those of the commits that it merges.
        file_count: how many there are in all.
    """

    id: str
    parents: Sequence[str]
    author_name: str
    author_email: str
    authored_s: int
    message: str
    files: Sequence[ChangedFile] = ()
    file_count: int = 0

    @property
    def is_merge(self) -> bool:
        """True when it has several parents."""
        return len(self.parents) > 1


class CommitRange(msgspec.Struct, frozen=True):
    """The commits that one revision has and another has not, the newest first.

    Attributes:
        commits: as many as were asked for.
        is_whole: False when there are more.
    """

    commits: Sequence[LoggedCommit]
    is_whole: bool = True


def commit_range(
    git: BorrowedObjects, base: str | None, head: str, *, most: int, with_files: bool
) -> CommitRange:
    """Read the commits of `base..head`.

    Args:
        git: a repository that has them.
        base: the id of the commit where the range begins, which is not in it; None for the one
            commit `head` alone.
        head: the id of its last commit.
        most: how many to read.
        with_files: whether to tell what each changed, which takes longer.

    Raises:
        CheckoutError: git has not all that it takes.
    """
    wanted = [head, f"^{base}"] if base else [head]
    count = most + 1 if base else 1
    found = list(_logged(git.run("log", *_LOG, f"--max-count={count}", *wanted, "--")))
    commits = found[:most]
    if with_files and commits:
        ids = "".join(f"{commit.id}\n" for commit in commits).encode()
        changed = _changed(git.run("diff-tree", *_FILES, stdin=ids))
        commits = [_with_files(each, list(changed.get(each.id, {}).values())) for each in commits]
    return CommitRange(commits, is_whole=len(found) <= most)


def _with_files(commit: LoggedCommit, files: Sequence[ChangedFile]) -> LoggedCommit:
    listed = tuple(files[:MOST_FILES])
    return msgspec.structs.replace(commit, files=listed, file_count=len(files))


def _logged(output: bytes) -> Iterator[LoggedCommit]:
    fields = output.removesuffix(b"\0").split(b"\0") if output else []
    for start in range(0, len(fields), len(_FIELDS)):
        commit, parents, name, email, seconds, message = map(
            _text, fields[start : start + len(_FIELDS)]
        )
        yield LoggedCommit(
            id=commit,
            parents=parents.split(),
            author_name=name,
            author_email=email,
            authored_s=int(seconds) if seconds.isdecimal() else 0,
            message=message[:_MOST_MESSAGE].rstrip("\n"),
        )


def _changed(output: bytes) -> Mapping[str, Mapping[bytes, ChangedFile]]:
    """The files of each commit: first all with their letters, then all with their numbers."""
    tokens = iter(output.removesuffix(b"\0").split(b"\0") if output else [])
    changed: dict[str, dict[bytes, ChangedFile]] = {}
    files: dict[bytes, ChangedFile] = {}
    for token in tokens:
        if token.startswith(b":"):
            status = token.rpartition(b" ")[2][:1].decode()
            path = next(tokens)
            path = next(tokens) if status in ("R", "C") else path
            files[path] = ChangedFile(_path(path), status)
        elif numbers := _NUMBERS.fullmatch(token):
            added, removed, path = numbers.groups()
            if not path:  # of two names, the second
                next(tokens)
                path = next(tokens)
            files[path] = msgspec.structs.replace(
                files[path], added=_number(added), removed=_number(removed)
            )
        else:
            files = changed.setdefault(token.decode(), {})
    return changed


def _number(digits: bytes) -> int | None:
    return None if digits == b"-" else int(digits)


def _text(content: bytes) -> str:
    return content.decode("utf-8", "replace")


def _path(content: bytes) -> str:
    return content.decode("utf-8", "surrogateescape")
