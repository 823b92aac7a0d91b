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
_KEPT = ("GIT_DIR", "GIT_WORK_TREE", "GIT_CEILING_DIRECTORIES", "GIT_CONFIG_GLOBAL")
"""GIT_* variables that say where the repository is, and not how to show it. The global
configuration stays, since it may hold `safe.directory`."""


class Git:
    """git in one folder.

    Attributes:
        folder: where it runs.
    """

    def __init__(self, folder: Path, environ: Mapping[str, str]) -> None:
        self.folder = folder
        self._environ = {k: v for k, v in environ.items() if not k.startswith("GIT_") or k in _KEPT}
        self._environ |= {"LC_ALL": "C.UTF-8", "GIT_TERMINAL_PROMPT": "0", "GIT_PAGER": "cat"}
        self._environ["GIT_OPTIONAL_LOCKS"] = "0"

    def run(self, *arguments: str, stdin: bytes = b"") -> bytes:
        """What a command prints.

        Raises:
            CheckoutError: git is missing, fails or takes too long; with git's own words.
        """
        result = self.attempt(*arguments, stdin=stdin)
        if result.returncode != 0:
            words = result.stderr.decode(errors="replace").strip() or "it printed no reason"
            hint = ""
            if "safe.directory" in words:
                hint = f"Run: git config --global --add safe.directory '{self.folder.resolve()}'"
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
        except FileNotFoundError:
            if not self.folder.is_dir():
                raise CheckoutError(
                    "no-checkout", f"{self.folder}: there is no such folder"
                ) from None
            raise CheckoutError("no-git", "git is not installed", "Install git.") from None
        except NotADirectoryError:
            raise CheckoutError("no-checkout", f"{self.folder}: is not a folder") from None
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
