"""The git checkout around a folder."""

from collections.abc import Mapping
from pathlib import Path

from insights_uploader.model.errors import CheckoutError
from insights_uploader.repository.commit import Commit
from insights_uploader.repository.git import Git

_DIFF = (
    "diff", "-U0", "--inter-hunk-context=0", "--no-ext-diff", "--no-textconv", "--no-color",
    "--src-prefix=a/", "--dst-prefix=b/", "--find-renames", "--full-index", "--submodule=short",
    "--ignore-submodules=none", "--no-relative", "--diff-algorithm=myers", "--indent-heuristic",
)  # fmt: skip
"""Every option that a user's configuration could change and that changes hunks or headers."""


class Checkout:
    """A working tree and its repository.

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
        git = Git(folder, environ)
        if b"not a git repository" in git.attempt("rev-parse").stderr:
            raise CheckoutError(
                "no-checkout",
                f"{folder.absolute()}: is in no git repository",
                "Run it inside the checkout, or name that with --checkout.",
            )
        top, git_dir = (
            git.run("rev-parse", what).decode("utf-8", "surrogateescape").removesuffix("\n")
            for what in ("--show-toplevel", "--absolute-git-dir")
        )
        # Away from the working tree no .gitattributes bends a diff: it is the author's to write.
        self._git = Git(Path(git_dir), {**environ, "GIT_DIR": git_dir, "GIT_WORK_TREE": git_dir})
        self.root = Path(top).resolve()
        self.spellings = tuple(
            dict.fromkeys(str(p) for p in (self.root, top, _logical(folder, self.root)))
        )
        self.head = Commit(self._git, self.commit_id("HEAD"))

    def commit_id(self, revision: str) -> str:
        """The full id of the commit that a revision names.

        Raises:
            CheckoutError: it names none here.
        """
        result = self._git.attempt(
            "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}"
        )
        commit = result.stdout.decode().strip()
        if not commit.isalnum():  # nothing, or one that is negated: ^HEAD
            if revision == "HEAD":
                raise CheckoutError("no-commit", f"{self.root}: has no commit yet")
            raise CheckoutError(
                "unknown-revision",
                f"{revision}: names no commit in {self.root}",
                "Fetch it first: git fetch origin <branch>; or check the spelling.",
            )
        return commit

    def default_base(self) -> str:
        """The remote's default branch, which stands for the pull request's target.

        Raises:
            CheckoutError: it is not known here.
        """
        result = self._git.attempt("symbolic-ref", "--quiet", "refs/remotes/origin/HEAD")
        if result.returncode != 0:
            raise CheckoutError(
                "no-base",
                "it is not known which branch to compare with",
                "Name the pull request's target: --base origin/main.",
            )
        return result.stdout.decode().strip()

    def merge_base(self, revision: str) -> str:
        """The commit where HEAD left a revision's history.

        Raises:
            CheckoutError: the revision is unknown, or no common commit is here.
        """
        other = self.commit_id(revision)
        result = self._git.attempt("merge-base", other, self.head.id)
        base = result.stdout.decode().strip()
        if result.returncode != 0 or not base:
            shallow = self._git.run("rev-parse", "--is-shallow-repository").strip() == b"true"
            hint = (
                "This clone is shallow. Fetch the history: git fetch --unshallow"
                if shallow
                else "Name the branch that this one was made from with --base."
            )
            raise CheckoutError(
                "no-merge-base", f"HEAD and {revision} have no common commit here", hint
            )
        return base

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

    def diff(self, base: str) -> bytes:
        """The unified diff from a commit to HEAD, without context lines."""
        return self._git.run(*_DIFF, self.commit_id(base), self.head.id, "--")


def _logical(folder: Path, root: Path) -> Path:
    """The root by the name that the user reached it with, symlinks not resolved."""
    absolute = folder.absolute()
    return next((p for p in (absolute, *absolute.parents) if p.resolve() == root), root)
