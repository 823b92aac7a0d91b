"""The sandbox as a fixture of pytest: `pytest_plugins = ["insights_uploader.sandbox.pytest_plugin"]`.

It is no entry point, so that nobody's run of pytest loads it unasked. The guide is
`docs/sandbox.md`.
"""

import os
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from insights_uploader.sandbox.server import Sandbox, serve
from insights_uploader.sandbox.settings import AccessToken, PullRequest, SandboxSettings
from insights_uploader.sandbox.store import Report

# they open nothing but the stand-in itself
_TOKEN, _OTHER_TOKEN = "a-token", "another-token"
_WHEN = "1700000000 +0000"


@dataclass(frozen=True, slots=True)
class Bitbucket:
    """A Bitbucket Data Center of a test's own, and the repository that it serves.

    Attributes:
        sandbox: what got the requests: `url`, `requests`, `store` and `faults` are its own.
        checkout: the repository's working tree.
        token: of the user who publishes; Bearer.
        other_token: of another user, who owns none of the first one's reports.
    """

    sandbox: Sandbox
    checkout: Path
    project: str
    repository: str
    token: str = field(default=_TOKEN, repr=False)
    other_token: str = field(default=_OTHER_TOKEN, repr=False)

    @property
    def url(self) -> str:
        """The server's base address."""
        return self.sandbox.url

    def commit(
        self, files: Mapping[str, str | None], branch: str = "main", start: str = "main"
    ) -> str:
        """Commit files to a branch, which is then checked out; gives the commit's id.

        Args:
            files: the text by path; None deletes the file.
            branch: where; it is made if it is not there.
            start: where a new branch begins.
        """
        if self._has("HEAD") and not self._has(f"refs/heads/{branch}"):
            self._git("checkout", "-q", "-b", branch, start)
        elif self._has("HEAD"):
            self._git("checkout", "-q", branch)
        else:
            self._git("symbolic-ref", "HEAD", f"refs/heads/{branch}")
        for name, text in files.items():
            path = self.checkout / name
            if text is None:
                path.unlink()
            else:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8", newline="")
        self._git("add", "-A")
        self._git("commit", "-q", "--allow-empty", "-m", f"a commit to {branch}")
        return self._git("rev-parse", "HEAD")

    def pull_request(self, source: str, target: str = "main", number: int = 1) -> PullRequest:
        """Open a pull request between two branches; ValueError if there is one of that number."""
        opened = PullRequest(number, source, target)
        self.sandbox.open(opened)
        return opened

    def report(self, commit: str, key: str) -> Report | None:
        """A stored report with its annotations and its owner; None if there is none."""
        return self.sandbox.store.report(commit, key)

    def _has(self, ref: str) -> bool:
        found = _git(self.checkout, "rev-parse", "-q", "--verify", ref, check=False)
        return found.returncode == 0

    def _git(self, *arguments: str) -> str:
        return _git(self.checkout, *arguments).stdout.decode().strip()


@pytest.fixture
def bitbucket_settings() -> Mapping[str, Any]:
    """What of `SandboxSettings` shall be otherwise: override it, or parametrise it."""
    return {}


@pytest.fixture
def bitbucket(tmp_path: Path, bitbucket_settings: Mapping[str, Any]) -> Iterator[Bitbucket]:
    """A Bitbucket over a new, empty git repository, on a free port of this machine."""
    checkout = tmp_path / "checkout"
    checkout.mkdir()
    _git(checkout, "init", "-q")
    tokens = (AccessToken("publisher", _TOKEN), AccessToken("somebody-else", _OTHER_TOKEN))
    settings = SandboxSettings(checkout, **{"tokens": tokens, **bitbucket_settings})
    with serve(settings) as sandbox:
        yield Bitbucket(sandbox, checkout, settings.project, settings.repository)


def _git(folder: Path, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[bytes]:
    """Run git as nobody has configured it."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    for role in ("AUTHOR", "COMMITTER"):
        environ |= {f"GIT_{role}_NAME": "Ada", f"GIT_{role}_EMAIL": "ada@example.com"}
        environ[f"GIT_{role}_DATE"] = _WHEN
    environ |= {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    return subprocess.run(
        ["git", "-C", str(folder), *arguments], env=environ, capture_output=True, check=check
    )
