"""Whole histories in one go: commits from dicts of files, by `git fast-import`, and what git blames."""

import itertools
import os
import subprocess
import tarfile
from collections.abc import Mapping
from pathlib import Path

from insights_uploader.changes.changed_lines import ChangedLines

PROJECTS = Path(__file__).parents[1] / "fixtures" / "projects"
Tree = Mapping[bytes, bytes]
_ENVIRON = {
    "PATH": os.environ["PATH"],
    "HOME": os.devnull,
    "LC_ALL": "C",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
}


class History:
    """A repository without files on disk, to which commits are added by their trees."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True)
        self.git("init", "-q", "-b", "main")
        self._script: list[bytes] = []
        self._marks = itertools.count(1)

    def git(self, *arguments: str | bytes, stdin: bytes = b"") -> bytes:
        return subprocess.run(
            ["git", *arguments],
            cwd=self.folder,
            env=_ENVIRON,
            input=stdin,
            capture_output=True,
            check=True,
        ).stdout

    def commit(self, files: Tree, *parents: int) -> int:
        """Note a commit of exactly these files; returns the mark that stands for it."""
        mark = next(self._marks)
        self._script.append(
            b"reset refs/made/%d\ncommit refs/made/%d\nmark :%d\n"
            b"committer A <a@example.com> 1700000000 +0000\ndata 9\nmark%5d\n"
            % (mark, mark, mark, mark)
        )
        for word, parent in zip((b"from", b"merge"), parents, strict=False):
            self._script.append(b"%s :%d\n" % (word, parent))
        self._script.append(b"deleteall\n")
        for path, content in files.items():
            name = b"".join(b"\\%03o" % byte for byte in path)
            self._script.append(
                b'M 100644 inline "%s"\ndata %d\n%s\n' % (name, len(content), content)
            )
        return mark

    def build(self, head: int) -> Mapping[int, str]:
        """Make the noted commits, with one of them checked out; returns their ids by mark."""
        self.git("fast-import", "--quiet", "--export-marks=marks", stdin=b"".join(self._script))
        self._script.clear()
        lines = (self.folder / "marks").read_text().split("\n")[:-1]
        ids = {int(mark[1:]): commit for mark, commit in (line.split(" ") for line in lines)}
        (self.folder / ".git" / "HEAD").write_text(f"{ids[head]}\n")
        return ids

    def blamed(self, base: str, head: str, path: bytes) -> list[int]:
        """The lines of a file that `git blame` gives to the commits after `base`."""
        out = self.git("blame", "--line-porcelain", f"{base}..{head}", "--", path)
        new: list[int] = []
        number, old, begins = 0, False, True
        for line in out.split(b"\n")[:-1]:
            if begins:
                number, old, begins = int(line.split(b" ")[2]), False, False
            elif line == b"boundary":
                old = True
            elif line.startswith(b"\t"):
                begins = True
                new += [] if old else [number]
        return new


def changed(changes: ChangedLines, path: bytes) -> list[int]:
    """A file's changed lines, one by one."""
    ranges = {file.path: file.ranges for file in changes.files}.get(os.fsdecode(path), ())
    return [line for each in ranges for line in range(each.start, each.end + 1)]


def releases(project: str) -> list[dict[bytes, bytes]]:
    """A project's releases in their order, each as a tree."""
    archives = sorted((PROJECTS / project).glob("*.t*gz"))
    return [_unpacked(archive) for archive in archives]


def _unpacked(archive: Path) -> dict[bytes, bytes]:
    with tarfile.open(archive) as tar:
        return {
            os.fsencode(member.name.partition("/")[2]): content.read()
            for member in tar.getmembers()
            if (content := tar.extractfile(member))
        }
