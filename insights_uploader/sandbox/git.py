"""The sandbox's git: the only module of the room that starts a process.

Everything a user's configuration could change about a diff is pinned, and
nothing that came in with a request is ever an option or a pathspec with magic.
"""

import os
import re
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
"""The object id of git's empty tree: what a root commit is compared with."""

_TIMEOUT_SECONDS = 60
_COMMIT_FIELDS = "%H%x00%P%x00%an%x00%ae%x00%at%x00%cn%x00%ce%x00%ct%x00%B"
_DIFF_OPTIONS = (
    "--no-ext-diff",
    "--no-textconv",
    "--no-color",
    "--diff-algorithm=default",
    "--indent-heuristic",
    "--inter-hunk-context=0",
    "--submodule=short",
    "--ignore-submodules=none",
    "-M",
    "-l1000",
    # git's way to cancel diff.orderFile
    "-O/dev/null",
)


class GitError(Exception):
    """git failed in a way that no request explains."""


@dataclass(frozen=True, slots=True)
class Commit:
    """What Bitbucket shows of a commit (Atlassian OpenAPI, RestCommit)."""

    id: str
    parents: tuple[str, ...]
    author: tuple[str, str]
    author_seconds: int
    committer: tuple[str, str]
    committer_seconds: int
    message: str


def qualified(ref: str) -> str:
    """Give the full name of a branch or ref, or raise ValueError.

    A stricter cut of `git check-ref-format`: it leaves no room for options,
    revision expressions or reflogs.
    """
    name = ref if ref.startswith("refs/") else f"refs/heads/{ref}"
    parts = name.split("/")
    plain = re.fullmatch(r"[^\x00-\x20\x7f~^:?*\[\\]+", name)
    odd = ".." in name or "@{" in name or name.endswith(".")
    if (
        not plain
        or odd
        or any(not part or part[0] in ".-" or part.endswith(".lock") for part in parts)
    ):
        raise ValueError(f"not a branch or ref: {ref!r}")
    return name


class Repository:
    """Read-only questions to one git repository."""

    def __init__(self, path: Path) -> None:
        """Open the repository around `path`; raise GitError if there is none."""
        self._path = path
        if not path.is_dir():
            raise GitError(f"{path}: is no folder")
        if b"not a git repository" in self._spawn(("rev-parse", "--git-dir")).stderr:
            raise GitError(f"{path.absolute()}: is in no git repository")
        # pathspecs count from where git runs, so run at the top
        self._path = path / self._run("rev-parse", "--show-cdup").decode().strip()

    def commit_id(self, name: str) -> str | None:
        """Resolve a full commit id, branch or ref; None if there is no such commit."""
        if not re.fullmatch(r"[0-9a-fA-F]{40}", name):
            try:
                name = qualified(name)
            except ValueError:
                return None
        arguments = ("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
        return self._answer(*arguments, no=(1, 128))

    def commit(self, commit_id: str) -> Commit:
        """Read a commit that exists."""
        out = self._run("log", "-1", "--no-show-signature", f"--format={_COMMIT_FIELDS}", commit_id)
        text = out.decode("utf-8", "replace")
        sha, parents, name, mail, at, committer, committer_mail, ct, message = text.split("\0", 8)
        return Commit(
            id=sha,
            parents=tuple(parents.split()),
            author=(name, mail),
            author_seconds=int(at),
            committer=(committer, committer_mail),
            committer_seconds=int(ct),
            message=message.strip("\n"),
        )

    def merge_base(self, one: str, other: str) -> str | None:
        """Find the best common ancestor of two commits; None if there is none."""
        return self._answer("merge-base", one, other, no=(1,))

    def contains(self, tip: str, commit_id: str) -> bool:
        """Tell whether `tip` is `commit_id` or descends from it."""
        return self._answer("merge-base", "--is-ancestor", commit_id, tip, no=(1,)) is not None

    def patch(
        self,
        since: str,
        until: str,
        *,
        context: int,
        paths: Iterable[str] = (),
        ignore_whitespace: bool = False,
        prefixes: tuple[str, str] = ("src://", "dst://"),
    ) -> bytes:
        """Write the diff as Data Center streams it: `src://` and `dst://`, quoted names."""
        space = ("-w",) if ignore_whitespace else ()
        source, destination = prefixes
        form = ("-p", f"-U{context}", f"--src-prefix={source}", f"--dst-prefix={destination}")
        return self._diff(*form, *space, since, until, "--", *paths)

    def raw_changes(self, since: str, until: str, paths: Iterable[str] = ()) -> bytes:
        """List the changed files, NUL-separated: git's `--raw -z` form, full ids."""
        return self._diff("--raw", "-z", "--no-abbrev", since, until, "--", *paths)

    def _diff(self, *arguments: str) -> bytes:
        return self._run("diff", *_DIFF_OPTIONS, *arguments)

    def _answer(self, *arguments: str, no: tuple[int, ...]) -> str | None:
        """Run a question whose exit codes `no` mean no."""
        done = self._spawn(arguments)
        if done.returncode in no:
            return None
        return _checked(done, arguments).decode("ascii").strip()

    def _run(self, *arguments: str) -> bytes:
        return _checked(self._spawn(arguments), arguments)

    def _spawn(self, arguments: tuple[str, ...]) -> subprocess.CompletedProcess[bytes]:
        pinned = ("-c", "core.quotePath=true", "-c", "diff.suppressBlankEmpty=false")
        command = ["git", "-C", os.fspath(self._path), "--no-pager", *pinned, *arguments]
        try:
            return subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                env=_environment(os.environ),
                timeout=_TIMEOUT_SECONDS,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise GitError(f"git {arguments[0]} could not run: {error}") from error


def _checked(done: subprocess.CompletedProcess[bytes], arguments: tuple[str, ...]) -> bytes:
    if done.returncode:
        reason = done.stderr.decode("utf-8", "replace").strip()
        raise GitError(f"git {arguments[0]} failed with {done.returncode}: {reason}")
    return done.stdout


def _environment(outside: Mapping[str, str]) -> dict[str, str]:
    """Scrub what changes git's mind: its own variables, the user's settings, the language."""
    kept = {name: value for name, value in outside.items() if not name.startswith("GIT_")}
    return kept | {
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_ATTR_NOSYSTEM": "1",
        "GIT_LITERAL_PATHSPECS": "1",
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_TERMINAL_PROMPT": "0",
        "LC_ALL": "C",
    }
