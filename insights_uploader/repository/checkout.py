"""The git checkout around a folder."""

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from insights_uploader.model.errors import CheckoutError
from insights_uploader.repository.borrowed import BorrowedObjects
from insights_uploader.repository.commit import Commit, Files
from insights_uploader.repository.commits import MOST_COMMITS, CommitRange, commit_range
from insights_uploader.repository.git import Git, git_failed
from insights_uploader.repository.history import History
from insights_uploader.repository.uncommitted import Uncommitted
from insights_uploader.repository.unified_diff import unified_diff

Side = Literal["committed", "staged", "working-tree"]
"""What a checkout holds that can be compared with a base: its commit, its index, its files."""


class Checkout:
    """A working tree and its repository, neither of which is ever written to.

    Attributes:
        root: the absolute folder of the working tree, symlinks resolved.
        spellings: the absolute names by which tools may know that folder.
        head: the commit that is checked out.
    """

    def __init__(self, folder: Path, environ: Mapping[str, str]) -> None:
        """Find the checkout around a folder.

        Raises:
            CheckoutError: there is none, it has no working tree, or no commit.
        """
        here = Git(folder, environ)
        asked = here.attempt("rev-parse", "--show-object-format", "--show-toplevel")
        if b"not a git repository" in asked.stderr:
            raise CheckoutError(
                "no-checkout",
                f"{folder.absolute()}: is in no git repository",
                "Run it inside the checkout, or name that with --checkout.",
            )
        if asked.returncode != 0:
            raise git_failed("rev-parse", asked.stderr)
        hash_name, _, top = asked.stdout.decode("utf-8", "surrogateescape").partition("\n")
        top = top.removesuffix("\n")
        git_dir = here.word("rev-parse", "--absolute-git-dir")
        self.root = Path(top).resolve()
        self.spellings = tuple(
            dict.fromkeys(str(p) for p in (self.root, top, _logical(folder, self.root)))
        )
        own = {"GIT_DIR": git_dir, "GIT_WORK_TREE": str(self.root)}
        git = Git(self.root, environ, own)
        self._history = History(git, self.root)
        head = self._history.commit_id("HEAD")
        objects = self.root / git.word("rev-parse", "--git-path", "objects")
        self._git = BorrowedObjects(objects, hash_name, environ)
        self._uncommitted = Uncommitted(self.root, Path(git_dir), self._git.new_objects, environ)
        self.head = Commit(self._git, head)

    def side(self, side: Side) -> Files:
        """What is compared with a base.

        Args:
            side: "committed" for HEAD; "staged" for the index; "working-tree" for the files on
                disk, with the untracked ones that are not ignored.

        Raises:
            CheckoutError: the index has conflicts, or a file cannot be read.
        """
        match side:
            case "committed":
                return self.head
            case "staged":
                return Files(self._git, self._uncommitted.staged())
            case "working-tree":
                return Files(self._git, self._uncommitted.working_tree())

    def modified(self) -> frozenset[str]:
        """The tracked files that are not on disk as HEAD has them, relative to the root.

        Raises:
            CheckoutError: git fails.
        """
        return self._uncommitted.modified()

    def pull_request_head(self, commit_id: str) -> Commit:
        """The head of the pull request whose files are checked out.

        Many a CI checks out a merge of the head with its target, which the server has never seen.

        Args:
            commit_id: the full id of the head, as the CI or the server tells it.

        Returns:
            HEAD when it is that commit, else the parent of HEAD that is; then `diff` from it to
            HEAD says what the merge brought in.

        Raises:
            CheckoutError: HEAD is neither the head nor a merge of it, or the head is not here.
        """
        if commit_id == self.head.id:
            return self.head
        parents = self.head.parents
        if len(parents) < 2 or commit_id not in parents:
            merges = " and ".join(parents)
            raise CheckoutError(
                "another-commit",
                f"HEAD is {self.head.id}, "
                + (f"a merge of {merges}" if len(parents) > 1 else "which is no merge")
                + f"; it has not the lines of the pull request's head, {commit_id}",
                f"Check out the head: {self._history.fetch(commit_id)} "
                f"&& git checkout {commit_id}; or run again for the pull request's newest commit.",
            )
        if self._git.attempt("cat-file", "-e", commit_id).returncode != 0:
            raise CheckoutError(
                "head-missing",
                f"HEAD is a merge of the pull request's head, {commit_id}, which is not here",
                f"Fetch it: {self._history.fetch(commit_id)}",
            )
        return Commit(self._git, commit_id)

    def commit_id(self, revision: str) -> str:
        """The full id of the commit that a revision names.

        Raises:
            CheckoutError: it names none here.
        """
        return self._history.commit_id(revision)

    def default_base(self) -> str:
        """The remote's default branch, which stands for the pull request's target.

        Raises:
            CheckoutError: it is not known here.
        """
        return self._history.default_base()

    def branch(self) -> str | None:
        """The branch that is checked out, without `refs/heads/`; None when HEAD is a commit."""
        return self._history.branch()

    def remote_address(self) -> str | None:
        """Where the remote is, as the configuration has it; None without a remote."""
        return self._history.remote_address()

    def target(self, branch: str) -> str:
        """The revision of a pull request's target: the remote's branch, as a local one may be old."""
        return self._history.target(branch)

    def merge_base(self, revision: str, commit: str = "") -> str:
        """The commit where another one left a revision's history.

        Args:
            revision: what it is compared with.
            commit: the other commit; by default HEAD.

        Raises:
            CheckoutError: the revision is unknown, or no common commit is here.
        """
        return self._history.merge_base(revision, commit or self.head.id, commit or "HEAD")

    def commits(
        self,
        base: str | None,
        head: str = "",
        *,
        most: int = MOST_COMMITS,
        with_files: bool = True,
    ) -> CommitRange:
        """The commits that one revision has and another has not, the newest first.

        Args:
            base: where the range begins, as `merge_base` gives it; None for `head` alone.
            head: the id of its last commit; by default HEAD.
            most: how many to read.
            with_files: whether to tell what each changed, which takes longer.

        Raises:
            CheckoutError: a revision names no commit here, or the clone lacks what it takes.
        """
        start = None if base is None else self.commit_id(base)
        end = self.commit_id(head) if head else self.head.id
        return commit_range(self._git, start, end, most=most, with_files=with_files)

    def file_at(self, revision: str, path: str) -> bytes | None:
        """A file's content in the commit that a revision names; None when it has none.

        Raises:
            CheckoutError: the revision names no commit here, or the path is a link there.
        """
        commit = Commit(self._git, self.commit_id(revision))
        lines = commit.lines(path)
        if lines is None and commit.blob_id(path) is not None:
            raise CheckoutError(
                "not-a-file", f"{path}: is a link in {revision}", "Put a file in its place there."
            )
        return None if lines is None else b"\n".join(lines)

    def diff(self, base: str, side: Files | None = None) -> bytes:
        """The unified diff from a commit to a side, by default HEAD, without context lines.

        Raises:
            CheckoutError: the revision names no commit here, or the clone lacks what it takes.
        """
        return unified_diff(self._git, self.commit_id(base), (side or self.head).tree)


def _logical(folder: Path, root: Path) -> Path:
    """The root by the name that the user reached it with, symlinks not resolved."""
    absolute = folder.absolute()
    return next((p for p in (absolute, *absolute.parents) if p.resolve() == root), root)
