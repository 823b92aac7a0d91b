"""What is not committed, as trees: the index, and the working tree with its untracked files.

A tree is compared, listed and read like any commit's, so nothing else needs to know. It is made in
a copy of the index, and its objects are written where the checkout never sees them. Line ends are
converted as `git add` would convert them, which moves no line. Filters (Git LFS and the like) are
not run: they are commands, and they move lines away from where the tools saw them.
"""

import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from insights_uploader.model.errors import CheckoutError
from insights_uploader.repository.git import Git, git_failed

_FILTERS = r"^filter\..*\.(clean|process|required)$"


class Uncommitted:
    """The index and the working tree of a checkout.

    Args:
        root: the working tree.
        git_dir: its own git folder (of a linked worktree, that one's).
        objects: where new objects may be written, with the checkout's as alternates.
        environ: the user's variables; GIT_INDEX_FILE among them is honoured, since git sets it
            for the hooks of `git commit -a`.
    """

    def __init__(
        self, root: Path, git_dir: Path, objects: Path, environ: Mapping[str, str]
    ) -> None:
        self._root = root
        self._index = root / environ.get("GIT_INDEX_FILE", git_dir / "index")
        self._environ = environ
        self._own = {
            "GIT_DIR": str(git_dir),
            "GIT_WORK_TREE": str(root),
            "GIT_OBJECT_DIRECTORY": str(objects),
        }

    def staged(self) -> str:
        """The id of the tree that `git commit` would commit.

        Raises:
            CheckoutError: there are conflicts, or git fails.
        """
        with tempfile.TemporaryDirectory(prefix="insights-uploader-") as folder:
            return _written(self._git(Path(folder)))

    def modified(self) -> frozenset[str]:
        """The tracked files that are not on disk as HEAD has them.

        Raises:
            CheckoutError: git fails.
        """
        with tempfile.TemporaryDirectory(prefix="insights-uploader-") as folder:
            git = self._git(Path(folder))
            git.attempt("update-index", "-q", "--refresh")  # fails where there is something to tell
            names = git.run(
                "diff-index",
                "--name-only",
                "-z",
                "--no-renames",
                "--ignore-submodules=all",
                "HEAD",
                "--",
            )
            return frozenset(
                name.decode("utf-8", "surrogateescape") for name in names.split(b"\0")[:-1]
            )

    def working_tree(self) -> str:
        """The id of the tree that `git add --all` and `git commit` would commit.

        Raises:
            CheckoutError: a file cannot be read, or git fails.
        """
        with tempfile.TemporaryDirectory(prefix="insights-uploader-") as folder:
            git = self._git(Path(folder))
            listing = git.run("ls-files", "-z", "--modified", "--others", "--exclude-standard")
            # A name with a slash at its end is a repository of its own.
            names = {n for n in listing.split(b"\0") if n and not n.endswith(b"/")}
            gone = {name for name in names if self._is_beyond_a_link(name)}
            for options, some in (("--force-remove",), gone), (("--add", "--remove"), names - gone):
                if some:
                    stdin = b"".join(name + b"\0" for name in sorted(some))
                    git.run("update-index", "--replace", *options, "-z", "--stdin", stdin=stdin)
            return _written(git)

    def _git(self, folder: Path) -> Git:
        """Git with a copy of the index, and without filters."""
        copy = folder / "index"
        try:
            shutil.copy2(self._index, copy)  # with its time, by which git tells a racy entry
        except FileNotFoundError:
            pass  # an empty one
        except OSError as error:
            raise CheckoutError(
                "no-index", f"{self._index}: cannot be copied: {error.strerror}"
            ) from None
        own = {**self._own, "GIT_INDEX_FILE": str(copy)}
        git = Git(self._root, self._environ, own)
        found = git.attempt("config", "-z", "--name-only", "--get-regexp", _FILTERS).stdout
        names = [name.decode("utf-8", "surrogateescape") for name in found.split(b"\0")[:-1]]
        return Git(self._root, self._environ, {**own, **_settings(self._environ, names)})

    def _is_beyond_a_link(self, name: bytes) -> bool:
        """True for a tracked file whose folder has become a link."""
        path = os.fsdecode(name)
        return any((self._root / parent).is_symlink() for parent in list(Path(path).parents)[:-1])


def _settings(environ: Mapping[str, str], names: list[str]) -> dict[str, str]:
    """Variables that empty these settings; a command line cannot, for names with `=` in them."""
    count = int(environ.get("GIT_CONFIG_COUNT") or 0)
    found = {"GIT_CONFIG_COUNT": str(count + len(names))}
    for number, name in enumerate(names, count):
        found[f"GIT_CONFIG_KEY_{number}"] = name
        found[f"GIT_CONFIG_VALUE_{number}"] = "false" if name.endswith(".required") else ""
    return found


def _written(git: Git) -> str:
    """The id of the tree that an index stands for."""
    result = git.attempt("write-tree")
    if result.returncode == 0:
        return result.stdout.decode().strip()
    unmerged = git.run("ls-files", "-z", "--unmerged").split(b"\0")[:-1]
    paths = sorted({os.fsdecode(entry.partition(b"\t")[2]) for entry in unmerged})
    if not paths:
        raise git_failed("write-tree", result.stderr)
    others = f" (and {len(paths) - 1} more)" if paths[1:] else ""
    raise CheckoutError(
        "conflicts",
        f"{paths[0]!a}{others}: has a conflict that is not resolved",
        "Resolve it, and run git add.",
    )
