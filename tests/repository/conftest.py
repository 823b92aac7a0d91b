"""A real git repository with a working tree, made with nothing of the user's around it."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

CLEAN = {
    "PATH": os.environ["PATH"],
    "HOME": os.devnull,
    "LC_ALL": "C",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_ALLOW_PROTOCOL": "file",
    **{
        f"GIT_{role}_{key}": value
        for role in ("AUTHOR", "COMMITTER")
        for key, value in {
            "NAME": "A U Thor",
            "EMAIL": "author@example.com",
            "DATE": "1700000000 +0000",
        }.items()
    },
}


class Repository:
    """A git repository and its working tree."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.git("init", "-q", "-b", "main")

    def git(
        self,
        *arguments: str | bytes | Path,
        environ: Mapping[str, str] = CLEAN,
        fails: bool = False,
    ) -> bytes:
        done = subprocess.run(
            ["git", *arguments], cwd=self.folder, env=environ, capture_output=True, check=False
        )
        assert fails or done.returncode == 0, done.stderr.decode(errors="replace")
        return done.stdout

    def write(self, files: Mapping[bytes, bytes]) -> None:
        for name, content in files.items():
            path = self.folder / os.fsdecode(name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)

    def commit(self, files: Mapping[bytes, bytes] | None = None) -> str:
        """Write files, commit all that is there, and give the commit's id."""
        self.write(files or {})
        self.git("add", "--all", "--force")
        self.git("commit", "-q", "--allow-empty", "-m", "a commit")
        return self.git("rev-parse", "HEAD").decode().strip()


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "repository")


@pytest.fixture(scope="session")
def clean() -> Mapping[str, str]:
    return CLEAN


@pytest.fixture(scope="session")
def new_repository() -> type[Repository]:
    return Repository
