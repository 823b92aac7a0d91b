"""Runs git with nothing in its environment that decides what it shows."""

import subprocess
from collections.abc import Mapping
from pathlib import Path

from insights_uploader.model.errors import CheckoutError

_TIMEOUT_S = 300
_PINNED = (
    "core.fsmonitor=false",
    "core.hooksPath=/dev/null",
    "core.quotePath=false",
    "core.safecrlf=false",
    "core.splitIndex=false",
    "core.looseCompression=0",
    "color.ui=false",
)
_KEPT = ("GIT_DIR", "GIT_WORK_TREE", "GIT_CEILING_DIRECTORIES", "GIT_CONFIG_")
"""Beginnings of the GIT_* variables that say where the repository is, and not how to show it. The
configuration stays, since it may hold `safe.directory`; the pins go before it."""
_LEFT = ("GIT_", "BITBUCKET_", "JIRA_")
"""Beginnings of those that git has no business with: the token is among them."""
_SET = {
    "LC_ALL": "C.UTF-8",
    "LANGUAGE": "",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_NO_REPLACE_OBJECTS": "1",  # the server has none of them, nor of these:
    "GIT_GRAFT_FILE": "/dev/null",
    # A partial clone fetches what it lacks, whenever git looks: not for us, behind the user's back.
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_ALLOW_PROTOCOL": "",  # the same for git that does not know that: before 2.45
}


class Git:
    """git in one folder.

    Attributes:
        folder: where it runs.

    Args:
        folder: where it is to run.
        environ: the user's variables, of which those that bend git's answers are left out.
        own: variables of ours, which stay.
    """

    def __init__(
        self, folder: Path, environ: Mapping[str, str], own: Mapping[str, str] | None = None
    ) -> None:
        self.folder = folder
        kept = {k: v for k, v in environ.items() if k.startswith(_KEPT) or not k.startswith(_LEFT)}
        self._environ = kept | _SET | dict(own or {})

    def run(self, *arguments: str, stdin: bytes = b"") -> bytes:
        """What a command prints.

        Raises:
            CheckoutError: git is missing, fails or takes too long; with git's own words.
        """
        result = self.attempt(*arguments, stdin=stdin)
        if result.returncode != 0:
            raise git_failed(arguments[0], result.stderr)
        return result.stdout

    def word(self, *arguments: str) -> str:
        """What a command prints as one word or path: without the newline that ends it.

        Raises:
            CheckoutError: as with `run`.
        """
        return self.run(*arguments).decode("utf-8", "surrogateescape").removesuffix("\n")

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
                "git-timeout",
                f"git {arguments[0]} did not end within {_TIMEOUT_S} seconds",
                f"Try it by hand in {self.folder}, and leave generated files out of the repository.",
            ) from None

    def _command(self, *arguments: str) -> list[str]:
        pins = [word for setting in _PINNED for word in ("-c", setting)]
        return ["git", "--no-pager", "--literal-pathspecs", *pins, *arguments]


def git_failed(command: str, stderr: bytes) -> CheckoutError:
    """The error for a command that git did not do, in git's own words."""
    words = stderr.decode(errors="replace").strip() or "it printed no reason"
    hint = f"Run: {words.splitlines()[-1].strip()}" if "safe.directory" in words else ""
    said = [line for line in words.splitlines() if not line.startswith("hint:")]  # its advice
    brief = " ".join(said[:3])[:500]
    return CheckoutError("git-failed", f"git {command} failed: {brief}", hint)
