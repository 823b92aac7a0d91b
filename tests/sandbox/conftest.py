"""A real git repository with a pull request of every kind of change, and a sandbox over it."""

import os
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from contract.shapes import shapes

from insights_uploader.sandbox.server import Sandbox, serve
from insights_uploader.sandbox.settings import (
    AccessToken,
    Permission,
    PullRequest,
    SandboxSettings,
    User,
)

QUOTED = 'dir/café "q"\t.txt'
SETTINGS = {
    "users": (
        User("ada", "ada-password", Permission.ADMIN, tokens=("ada-token",)),
        User("rea", "rea-password", Permission.READ, tokens=("rea-token",)),
        User("nor", "nor-password", Permission.NONE, tokens=("nor-token",)),
    ),
    "tokens": (AccessToken("ci", "ci-secret"), AccessToken("other-ci", "other-secret")),
    "pull_requests": (
        PullRequest(1, "feature", "main"),
        PullRequest(2, "small", "main"),
        PullRequest(3, "main", "feature", state="DECLINED"),
        PullRequest(4, "orphan", "main"),
        PullRequest(5, "small", "feature", state="MERGED"),
        PullRequest(6, "done", "main", state="MERGED"),
    ),
}


@dataclass(frozen=True, slots=True)
class Checkout:
    """The repository's path and its commits by branch name; `base` is the merge base."""

    path: Path
    base: str
    main: str
    feature: str
    small: str
    orphan: str
    done: str

    def git(self, *arguments: str) -> str:
        return run_git(self.path, *arguments).decode()


def run_git(path: Path, *arguments: str) -> bytes:
    identity = {
        f"GIT_{role}_{what}": value
        for role in ("AUTHOR", "COMMITTER")
        for what, value in (
            ("NAME", "Ada"),
            ("EMAIL", "ada@example.com"),
            ("DATE", "1700000000 +0000"),
        )
    }
    environment = os.environ | identity | {"GIT_CONFIG_GLOBAL": "/dev/null"}
    return subprocess.run(
        ["git", "-C", path, *arguments], check=True, capture_output=True, env=environment
    ).stdout


@pytest.fixture(scope="session")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    path = tmp_path_factory.mktemp("checkout")

    def commit(message: str) -> str:
        run_git(path, "add", "-A")
        run_git(path, "commit", "-q", "--allow-empty", "-m", message)
        return run_git(path, "rev-parse", "HEAD").decode().strip()

    run_git(path, "init", "-q", "-b", "main")
    (path / "dir").mkdir()
    numbered = [f"line {n}\n" for n in range(1, 61)]
    numbered[4] = "\n"
    (path / "many.txt").write_text("".join(numbered))
    # git's algorithms disagree about this change
    (path / "abc.txt").write_text("a\nb\nb\nb\n")
    (path / "removed.txt").write_text("-- a comment\n++ b\nlast without newline")
    (path / "old-name.py").write_text("".join(f"kept {n}\n" for n in range(20)))
    (path / "tool.sh").write_text("#!/bin/sh\n")
    (path / "link.txt").write_text("a file\n")
    (path / "blob.bin").write_bytes(bytes(range(256)))
    (path / "space.txt").write_text("a b")
    (path / QUOTED).write_text("one\n")
    base = commit("base")

    run_git(path, "checkout", "-q", "-b", "small")
    (path / "small.txt").write_text("small\n")
    small = commit("small")

    run_git(path, "checkout", "-q", "-b", "feature", base)
    lines = (path / "many.txt").read_text().splitlines(keepends=True)
    lines[1:2] = ["changed 2\n", "added\n"]
    lines[40] = "changed 40\r\n"
    (path / "many.txt").write_text("".join(lines), newline="")
    (path / "removed.txt").unlink()
    (path / "old-name.py").rename(path / "dir" / "new-name.py")
    with (path / "dir" / "new-name.py").open("a") as file:
        file.write("appended\n")
    (path / "tool.sh").chmod(0o755)
    (path / "link.txt").unlink()
    (path / "link.txt").symlink_to("many.txt")
    (path / "blob.bin").write_bytes(bytes(range(255, -1, -1)))
    (path / "space.txt").write_text("a  b\n")
    (path / "abc.txt").write_text("d\nb\nc\na\n")
    (path / QUOTED).write_text("one\ntwo without newline")
    (path / "brand-new.txt").write_text("@@ -1 +1 @@\ndiff --git a b\n")
    feature = commit("feature\n\nwith a body")

    run_git(path, "checkout", "-q", "-b", "done", base)
    (path / "done.txt").write_text("done\n")
    done = commit("done")

    run_git(path, "checkout", "-q", "main")
    run_git(path, "merge", "-q", "--no-ff", "-m", "merge", "done")
    (path / "only-on-main.txt").write_text("main\n")
    main = commit("main moves on")

    run_git(path, "checkout", "-q", "--orphan", "orphan")
    orphan = commit("orphan")
    run_git(path, "checkout", "-q", "main")
    return Checkout(path, base, main, feature, small, orphan, done)


@pytest.fixture
def is_careful() -> bool:
    """What is sent here is wrong on purpose, or may be; the answers must hold to the contract."""
    return False


@pytest.fixture(scope="session")
def shared(checkout: Checkout) -> Iterator[Sandbox]:
    with serve(SandboxSettings(checkout.path, **SETTINGS)) as sandbox:  # type: ignore[arg-type]
        yield sandbox


@pytest.fixture
def sandbox(shared: Sandbox) -> Sandbox:
    """The shared sandbox, empty."""
    shared.clear()
    return shared


Connect = Callable[..., httpx.Client]


@pytest.fixture
def connect() -> Iterator[Connect]:
    """Opens clients that send what a careful client sends."""
    clients: list[httpx.Client] = []

    def open_client(
        sandbox: Sandbox, token: str | None = "ci-secret", **options: Any
    ) -> httpx.Client:
        headers = {"X-Atlassian-Token": "no-check", "Content-Type": "application/json"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        # no TLS here, and loading certificates takes longer than most tests
        options |= {"base_url": sandbox.url, "trust_env": False, "verify": False}
        client = httpx.Client(headers=headers, **options)
        clients.append(client)
        return client

    yield open_client
    for client in clients:
        client.close()


@pytest.fixture
def client(sandbox: Sandbox, connect: Connect) -> httpx.Client:
    return connect(sandbox)


@pytest.fixture
def commits() -> str:
    return "/rest/insights/latest/projects/PRJ/repos/repo/commits"


@pytest.fixture
def report_url(commits: str, checkout: Checkout) -> str:
    return f"{commits}/{checkout.feature}/reports/tool"


@pytest.fixture
def api() -> str:
    return "/rest/api/latest/projects/PRJ/repos/repo"


Conforms = Callable[[str, Any], None]


@pytest.fixture(scope="session")
def conforms() -> Conforms:
    """Checks a body against a component of Atlassian's OpenAPI."""

    def check(name: str, body: Any) -> None:
        files = [shapes(f"bitbucket-dc/{each}") for each in ("insights", "repository", "server")]
        [file, *_] = [each for each in files if name in each.document["$defs"]]
        assert file.component_refusals(name, body) == []

    return check


ErrorOf = Callable[[httpx.Response], tuple[int, str | None, str]]


@pytest.fixture(scope="session")
def error_of(conforms: Conforms) -> ErrorOf:
    """Reads an error envelope: status, last part of the exception's name, message."""

    def read(response: httpx.Response) -> tuple[int, str | None, str]:
        (error,) = response.json()["errors"]
        conforms("RestErrorMessage", error)
        name = error["exceptionName"]
        return response.status_code, name and name.rpartition(".")[2], error["message"]

    return read
