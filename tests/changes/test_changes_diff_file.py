"""`--diff FILE` and `--diff -`."""

import io
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from insights_uploader.changes import diff_file
from insights_uploader.changes.changed_lines import LineRange
from insights_uploader.changes.diff_file import DiffFile
from insights_uploader.changes.source import Diff, DiffSource
from insights_uploader.model.errors import DiffError, ExitCode

if TYPE_CHECKING:
    from changes.conftest import Commit, Repository


@pytest.fixture
def commits(repository: "Repository") -> list[str]:
    base = repository.commit({b"x": b"1\n"})
    return [base, repository.commit({b"x": b"1\n2\n"}, base)]


@pytest.fixture
def content(
    repository: "Repository", commits: list[str], commit_content: type["Commit"]
) -> "Commit":
    return commit_content(repository, commits[1])


@pytest.fixture
def diff(repository: "Repository", commits: list[str]) -> bytes:
    return repository.git("diff", *commits)


def read(path: Path | str, content: "Commit", stdin: bytes = b"") -> Diff:
    source: DiffSource = DiffFile(str(path), io.BytesIO(stdin), content)
    return source.changed_lines()


def test_a_file(tmp_path: Path, diff: bytes, content: "Commit") -> None:
    path = tmp_path / "changes.diff"
    path.write_bytes(diff)
    found = read(path, content)
    assert found.source == str(path)
    assert found.base is None
    assert found.changes.files[0].ranges == (LineRange(2, 2),)


def test_standard_input(diff: bytes, content: "Commit") -> None:
    found = read("-", content, diff)
    assert found.source == "standard input"
    assert found.changes.files[0].ranges == (LineRange(2, 2),)


def test_a_pipe(diff: bytes, content: "Commit") -> None:
    reading, writing = os.pipe()
    with os.fdopen(writing, "wb") as pipe:
        pipe.write(diff)
    try:
        assert read(f"/dev/fd/{reading}", content).changes.line_count == 1
    finally:
        os.close(reading)


def test_another_commit_s_diff_is_refused(
    repository: "Repository", commits: list[str], commit_content: type["Commit"], diff: bytes
) -> None:
    with pytest.raises(DiffError, match=r"^standard input: x, line 2: "):
        read("-", commit_content(repository, commits[0]), diff)


@pytest.mark.parametrize("text", [b"", b"\n", b"  \n\n"])
def test_silence_is_not_a_pass(tmp_path: Path, content: "Commit", text: bytes) -> None:
    path = tmp_path / "changes.diff"
    path.write_bytes(text)
    for each in (path, "-"):
        with pytest.raises(DiffError, match="an empty diff: was the command") as caught:
            read(each, content, text)
        assert "--base" in caught.value.hint
        assert caught.value.exit_code == ExitCode.RESULTS


def test_a_file_that_is_not_there(tmp_path: Path, content: "Commit") -> None:
    with pytest.raises(DiffError, match=r"missing.diff: there is no such file") as caught:
        read(tmp_path / "missing.diff", content)
    assert caught.value.slug == "diff-missing"


def test_files_that_cannot_be_read(tmp_path: Path, content: "Commit") -> None:
    for path in (str(tmp_path), "x\0y"):
        with pytest.raises(DiffError, match="cannot be read: ") as caught:
            read(path, content)
        assert caught.value.slug == "diff-unreadable"


def test_there_is_an_end_to_reading(
    tmp_path: Path, diff: bytes, content: "Commit", monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "changes.diff"
    path.write_bytes(diff)
    monkeypatch.setattr(diff_file, "MAX_BYTES", len(diff))
    assert read(path, content).changes.line_count == 1
    monkeypatch.setattr(diff_file, "MAX_BYTES", len(diff) - 1)
    for each in (path, "-"):
        with pytest.raises(DiffError, match="more than 0 MiB"):
            read(each, content, diff)


def test_unidiff_is_not_loaded_before_it_is_needed() -> None:
    script = (
        "import sys, insights_uploader.changes.diff_file, insights_uploader.changes.unified;"
        "sys.exit('unidiff' in sys.modules)"
    )
    subprocess.run(
        [sys.executable, "-c", script], check=True, env={"PYTHONPATH": os.pathsep.join(sys.path)}
    )
