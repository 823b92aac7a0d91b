"""Revisions and where branches parted; and what to fetch where a clone does not go far enough."""

import re
import shlex
from pathlib import Path

from insights_uploader.model.errors import CheckoutError
from insights_uploader.repository.git import Git

_BRANCH = re.compile(r"(?!-)(?!.*(\.\.|//|@\{))[^\x00-\x20~^:?*\[\\\x7f]+(?<![./])")
_COMMIT_ID = re.compile("[0-9a-f]{40}(?:[0-9a-f]{24})?")


class History:
    """The commits of a checkout.

    Args:
        git: git in the checkout.
        root: what to call the checkout in messages.
    """

    def __init__(self, git: Git, root: Path) -> None:
        self._git = git
        self._root = root

    def commit_id(self, revision: str) -> str:
        """The full id of the commit that a revision names.

        Raises:
            CheckoutError: it names none here; with the command that fetches it.
        """
        commit = self._found(revision)
        if commit is None:
            if revision == "HEAD":
                raise CheckoutError("no-commit", f"{self._root}: has no commit yet")
            raise CheckoutError(
                "unknown-revision",
                f"{revision}: names no commit in {self._root}",
                self._how_to_fetch(revision),
            )
        return commit

    def merge_base(self, revision: str, head: str, called: str) -> str:
        """The commit where another one left a revision's history.

        Args:
            revision: what it is compared with.
            head: the id of the other one.
            called: what to call that in messages.

        Raises:
            CheckoutError: the revision is unknown, they have no common commit, or the clone is
                shallow and ends before it can be told which is the last they have in common.
        """
        other = self.commit_id(revision)
        base = self._git.attempt("merge-base", other, head).stdout.decode().strip()
        if base in (other, head) or (base and not self._is_cut(other, head)):
            return base
        if self._is_shallow():
            raise CheckoutError(
                "no-merge-base",
                f"this clone is shallow: its history ends before the last commit that {called} and "
                f"{revision} have in common",
                "Fetch the history: "
                + shlex.join(["git", "fetch", "--unshallow", *self._remote(revision)]),
            )
        raise CheckoutError(
            "no-merge-base",
            f"{called} and {revision} have no common commit",
            "Name the branch that this one was made from with --base.",
        )

    def default_base(self) -> str:
        """The remote's default branch, which stands for the pull request's target.

        Raises:
            CheckoutError: it is not known here.
        """
        remote = "".join(self._remote("")) or "origin"
        result = self._git.attempt("symbolic-ref", "--quiet", f"refs/remotes/{remote}/HEAD")
        if result.returncode != 0:
            raise CheckoutError(
                "no-base",
                "it is not known which branch to compare with",
                f"Name the pull request's target: --base {remote}/main."
                if self._remote("")
                else "This checkout has no remote: name the branch to compare with, as --base main.",
            )
        return result.stdout.decode().strip()

    def branch(self) -> str | None:
        """The branch that is checked out, without `refs/heads/`; None when HEAD is a commit."""
        result = self._git.attempt("symbolic-ref", "--quiet", "HEAD")
        name = result.stdout.decode("utf-8", "replace").strip()
        return name.removeprefix("refs/heads/") or None

    def target(self, branch: str) -> str:
        """The revision of a pull request's target: the remote's branch, as a local one may be old."""
        return f"refs/remotes/{''.join(self._remote('')) or 'origin'}/{branch}"

    def remote_address(self) -> str | None:
        """Where the remote is, as the configuration has it; None without a remote."""
        for remote in self._remote(""):
            result = self._git.attempt("config", "--get", f"remote.{remote}.url")
            return result.stdout.decode("utf-8", "replace").strip() or None
        return None

    def fetch(self, commit: str) -> str:
        """The command that fetches a commit by its id."""
        unshallow = ["--unshallow"] if self._is_shallow() else []
        return shlex.join(["git", "fetch", *unshallow, *(self._remote("") or ["origin"]), commit])

    def _found(self, revision: str) -> str | None:
        """The commit of a revision.

        `origin/main` is the remote's branch and never a tag of that name, which git would prefer:
        whoever may push a tag could else say what a branch is compared with.
        """
        names = [revision]
        if "/" in revision and not revision.startswith("refs/"):
            names.insert(0, f"refs/remotes/{revision}")
        for name in names:
            result = self._git.attempt(
                "rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}"
            )
            commit = result.stdout.decode().strip()
            if commit.isalnum():  # not nothing, nor one that is negated: ^HEAD
                return commit
        return None

    def _how_to_fetch(self, revision: str) -> str:
        remote = "".join(self._remote(revision))
        name = re.sub("^(refs/)?remotes/", "", revision).removeprefix(f"{remote}/")
        name = re.sub("^(refs/)?heads/", "", name)
        if _COMMIT_ID.fullmatch(revision):
            return f"Fetch it: {self.fetch(revision)}"
        if not remote:
            return "Check the spelling: this checkout has no remote to fetch it from."
        if not _BRANCH.fullmatch(name) or name.startswith("refs/"):
            return "Fetch it first: git fetch origin <branch>; or check the spelling."
        tracking = f"{remote}/{name}"
        if self._found(f"refs/remotes/{tracking}"):
            return f"It is a branch of the remote: --base {shlex.quote(tracking)}"
        unshallow = ["--unshallow"] if self._is_shallow() else []
        words = ["git", "fetch", *unshallow, remote, f"+refs/heads/{name}:refs/remotes/{tracking}"]
        use = "" if revision.endswith(tracking) else f"; and name it --base {shlex.quote(tracking)}"
        return f"If it is a branch, fetch it: {shlex.join(words)}{use}"

    def _remote(self, revision: str) -> list[str]:
        """The one remote that a revision is of, or the usual one; none without any."""
        remotes = self._git.run("remote").decode("utf-8", "surrogateescape").split("\n")[:-1]
        name = re.sub("^(refs/)?remotes/", "", revision)
        named = [remote for remote in remotes if name.startswith(f"{remote}/")]
        usual = ["origin"] if "origin" in remotes else remotes
        return (named or usual)[:1]

    def _is_shallow(self) -> bool:
        return self._git.word("rev-parse", "--is-shallow-repository") == "true"

    def _is_cut(self, one: str, other: str) -> bool:
        """True when a shallow clone's end lies before the last common commit of the two.

        Then their true last common commit may be one that is not here, and another, older one that
        is reached by another way takes its place.
        """
        if not self._is_shallow():
            return False
        ends = self._git.folder / self._git.word("rev-parse", "--git-path", "shallow")
        apart = self._git.run("rev-list", f"{one}...{other}", "--").decode().split()
        return not set(apart).isdisjoint(ends.read_text("ascii").split())
