"""A real git repository, filled without a working tree, and truths that do not come from our code."""

import itertools
import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from insights_uploader.changes.changed_lines import ChangedLines

GONE = None
Entry = bytes | tuple[bytes, bytes]
"""A file's content, or (mode, content); of a submodule (b"160000", commit id)."""


class Repository:
    """A git repository whose commits are made from dicts: path -> content."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.git("init", "-q", "-b", "main")
        self.git("config", "core.fileMode", "true")

    def git(self, *arguments: str | bytes, stdin: bytes = b"", fails: bool = False) -> bytes:
        """Run git with nothing of the user's in its environment."""
        who = {"NAME": "A U Thor", "EMAIL": "author@example.com", "DATE": "1700000000 +0000"}
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": os.devnull,
            "LC_ALL": "C",
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": os.devnull,
            **{
                f"GIT_{role}_{key}": v for role in ("AUTHOR", "COMMITTER") for key, v in who.items()
            },
        }
        done = subprocess.run(
            ["git", *arguments],
            cwd=self.folder,
            env=environment,
            input=stdin,
            capture_output=True,
            check=False,
        )
        assert fails or done.returncode == 0, done.stderr.decode(errors="replace")
        return done.stdout

    def commit(
        self, files: Mapping[bytes, Entry], *parents: str, message: bytes = b"a commit\n"
    ) -> str:
        """Make a commit that holds exactly these files; returns its id."""
        script = [
            b"commit refs/heads/made\n",
            b"committer A U Thor <a@example.com> 1700000000 +0000\n",
        ]
        script.append(b"data %d\n%s\n" % (len(message), message))
        for word, parent in zip(("from", *["merge"] * 9), parents, strict=False):
            script.append(f"{word} {parent}\n".encode())
        script.append(b"deleteall\n")
        for path, entry in files.items():
            mode, content = (b"100644", entry) if isinstance(entry, bytes) else entry
            name = b'"%s"' % b"".join(b"\\%03o" % byte for byte in path)
            if mode == b"160000":
                script.append(b"M 160000 %s %s\n" % (content, name))
            else:
                script.append(
                    b"M %s inline %s\ndata %d\n%s\n" % (mode, name, len(content), content)
                )
        if not parents:
            self.git("update-ref", "-d", "refs/heads/made")
        self.git("fast-import", "--quiet", "--force", stdin=b"".join(script))
        return self.git("rev-parse", "refs/heads/made").decode().strip()

    def blamed(self, base: str, head: str, path: bytes) -> list[int]:
        """The lines that `git blame` gives to the commits after `base`."""
        out = self.git("blame", "--line-porcelain", f"{base}..{head}", "--", path)
        new: list[int] = []
        number, old = 0, False
        expects_header = True
        for line in out.split(b"\n")[:-1]:
            if expects_header:
                number, old, expects_header = int(line.split(b" ")[2]), False, False
            elif line == b"boundary":
                old = True
            elif line.startswith(b"\t"):
                expects_header = True
                new += [] if old else [number]
        return new

    def compared(self, old: str | bytes, new: str | bytes) -> list[int]:
        """The new lines between two blobs, read off one hunk that shows the two files whole."""
        out = self.git("diff", "--text", "-U10000000", old, new)
        lines = out.split(b"\n")[:-1]
        hunks = [index for index, line in enumerate(lines) if line.startswith(b"@@ ")]
        new_lines: list[int] = []
        number = 0
        for line in lines[hunks[0] + 1 :] if hunks else []:
            number += line[:1] in (b"+", b" ")
            new_lines += [number] if line[:1] == b"+" else []
        return new_lines


class Commit:
    """A `FileContent`: one commit's files, as git itself gives them."""

    def __init__(self, repository: Repository, revision: str) -> None:
        self._repository = repository
        self._blobs = {
            entry.partition(b"\t")[2]: entry.split()[2].decode()
            for entry in repository.git("ls-tree", "-rz", revision).split(b"\0")
            if entry
        }

    def blob_id(self, path: str) -> str | None:
        return self._blobs.get(path.encode("utf-8", "surrogateescape"))

    def lines(self, path: str) -> Sequence[bytes] | None:
        blob = self.blob_id(path)
        if blob is None:
            return None
        return self._repository.git("cat-file", "blob", blob).removesuffix(b"\n").split(b"\n")


def numbers(changes: ChangedLines, path: bytes) -> list[int]:
    """A file's changed lines, one by one; fails when the diff does not touch it."""
    files = {file.path.encode("utf-8", "surrogateescape"): file for file in changes.files}
    assert path in files, sorted(files)
    ranges = files[path].ranges
    assert all(1 <= each.start <= each.end for each in ranges)
    assert list(ranges) == sorted(ranges)
    assert all(a.end + 1 < b.start for a, b in itertools.pairwise(ranges))
    return [line for each in ranges for line in range(each.start, each.end + 1)]


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "repository")


@pytest.fixture(scope="session")
def shared_repository(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    """One repository for tests that make hundreds of commits and need no working tree."""
    return Repository(tmp_path_factory.mktemp("shared") / "repository")


@pytest.fixture(scope="session", name="numbers")
def numbers_fixture() -> object:
    return numbers


@pytest.fixture(scope="session")
def commit_content() -> type[Commit]:
    return Commit
