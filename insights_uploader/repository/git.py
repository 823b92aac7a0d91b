"""Runs git with everything pinned that a user's settings could bend."""

import subprocess
from collections.abc import Mapping
from pathlib import Path

from insights_uploader.model.errors import CheckoutError

_TIMEOUT_S = 300
_PINNED = (
    "core.quotePath=false",
    "core.attributesFile=/dev/null",
    "core.fsmonitor=false",
    "core.hooksPath=/dev/null",
    "core.bigFileThreshold=512m",
    "color.ui=false",
    "diff.renames=true",
    "diff.renameLimit=0",
    "diff.ignoreSubmodules=none",
    "diff.submodule=short",
    "diff.noprefix=false",
    "diff.mnemonicPrefix=false",
    "diff.interHunkContext=0",
    "diff.algorithm=myers",
    "diff.indentHeuristic=true",
    "diff.orderFile=/dev/null",
    "diff.relative=false",
    "diff.suppressBlankEmpty=false",
    "submodule.recurse=false",
)
_KEPT = ("GIT_DIR", "GIT_WORK_TREE", "GIT_CEILING_DIRECTORIES", "GIT_CONFIG_")
"""Beginnings of the GIT_* variables that say where the repository is, and not how to show it. The
configuration stays, since it may hold `safe.directory`; the pins go before it."""
_SET = {
    "LC_ALL": "C.UTF-8",
    "LANGUAGE": "",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",  # the server has none of them
}


class Git:
    """git in one folder.

    Attributes:
        folder: where it runs.
    """

    def __init__(self, folder: Path, environ: Mapping[str, str]) -> None:
        self.folder = folder
        kept = {k: v for k, v in environ.items() if not k.startswith("GIT_") or k.startswith(_KEPT)}
        self._environ = kept | _SET

    def run(self, *arguments: str, stdin: bytes = b"") -> bytes:
        """What a command prints.

        Raises:
            CheckoutError: git is missing, fails or takes too long; with git's own words.
        """
        result = self.attempt(*arguments, stdin=stdin)
        if result.returncode != 0:
            words = result.stderr.decode(errors="replace").strip() or "it printed no reason"
            hint = f"Run: {words.splitlines()[-1].strip()}" if "safe.directory" in words else ""
            raise CheckoutError("git-failed", f"git {arguments[0]} failed: {_brief(words)}", hint)
        return result.stdout

    def attempt(self, *arguments: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        """Like `run`, for commands whose failure is an answer.

        Raises:
            CheckoutError: git is missing or takes too long.
        """
        try:
            return subprocess.run(
                self._command(*arguments),
                cwd=self.folder,
                env=self._environ,
                input=stdin,
                capture_output=True,
                timeout=_TIMEOUT_S,
                check=False,
            )
        except (FileNotFoundError, NotADirectoryError, PermissionError) as error:
            if error.filename == "git":
                raise CheckoutError("no-git", f"git: {error.strerror}", "Install git.") from None
            raise CheckoutError("no-checkout", f"{self.folder}: {error.strerror}") from None
        except subprocess.TimeoutExpired:
            raise CheckoutError(
                "git-timeout", f"git {arguments[0]} did not end within {_TIMEOUT_S} seconds"
            ) from None

    def _command(self, *arguments: str) -> list[str]:
        pins = [word for setting in _PINNED for word in ("-c", setting)]
        return ["git", "--no-pager", "--literal-pathspecs", *pins, *arguments]


def _brief(words: str) -> str:
    """Git's complaint without its advice: the first lines, on one line."""
    return " ".join(words.splitlines()[:3])[:500]
