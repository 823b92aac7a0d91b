"""Diffs that are not by git's own command: GNU diff, hg, svn, Bitbucket."""

import subprocess
from pathlib import Path

import pytest

from insights_uploader.changes.changed_lines import ChangedFile, ChangedLines, LineRange
from insights_uploader.changes.headers import sections
from insights_uploader.changes.unified import parse_diff
from insights_uploader.model.errors import DiffError

SAMPLE = Path(__file__).parent / "bitbucket-dc-pull-request.diff"


def gnu_diff(folder: Path, *arguments: str) -> bytes:
    done = subprocess.run(
        ["diff", *arguments], cwd=folder, capture_output=True, check=False, env={"LC_ALL": "C"}
    )
    assert done.returncode == 1, done.stderr
    return done.stdout


@pytest.fixture
def two_trees(tmp_path: Path) -> Path:
    for side, text in (("old", "1\n2\n3\n"), ("new", "1\n-- x\n3\n4\n")):
        (tmp_path / side / "sub").mkdir(parents=True)
        (tmp_path / side / "sub/with space.py").write_text(text)
        (tmp_path / side / "x.py").write_text("0\n" + text)
    (tmp_path / "old/gone.py").write_text("1\n")
    (tmp_path / "new/come.py").write_text("1\n2\n")
    (tmp_path / "old/bin").write_bytes(b"\0\1")
    (tmp_path / "new/bin").write_bytes(b"\0\2")
    return tmp_path


def test_bitbucket_s_pull_request() -> None:
    changes = parse_diff(SAMPLE.read_bytes(), "pull request 1")
    assert changes.files == (
        ChangedFile("cache.py", (LineRange(27, 48),), "4a62838"),
        ChangedFile("rates.py", (LineRange(7, 13),), "1eaa9aa"),
    )
    assert changes.line_count == 29


@pytest.mark.parametrize("options", ["-ru", "-ruN", "-rU0", "-ruNp"])
def test_two_trees_compared_by_gnu_diff(two_trees: Path, options: str) -> None:
    absolute = gnu_diff(two_trees, options, str(two_trees / "old"), str(two_trees / "new"))
    for diff in (gnu_diff(two_trees, options, "old", "new"), absolute):
        assert b"diff -r" in diff
        found = {file.path: file.ranges for file in parse_diff(diff, "x.diff").files}
        expected: dict[str, tuple[LineRange, ...]] = {
            "sub/with space.py": (LineRange(2, 2), LineRange(4, 4)),
            "x.py": (LineRange(3, 3), LineRange(5, 5)),
        }
        if "N" in options:
            expected["come.py"] = (LineRange(1, 2),)
        assert found == expected


def test_gnu_diff_tells_new_and_deleted_files_by_their_date(two_trees: Path) -> None:
    found = sections(gnu_diff(two_trees, "-ruN", "old", "new"), "x.diff")
    assert [(each.old_path, each.new_path) for each in found] == [
        (None, "come.py"),
        ("gone.py", None),
        ("sub/with space.py", "sub/with space.py"),
        ("x.py", "x.py"),
    ]


def test_the_added_text_is_kept_without_a_blob_id(two_trees: Path) -> None:
    changes = parse_diff(gnu_diff(two_trees, "-u", "old/x.py", "new/x.py"), "x.diff")
    assert changes.files == (
        ChangedFile("x.py", (LineRange(3, 3), LineRange(5, 5)), None, {3: b"-- x", 5: b"4"}),
    )


def test_mercurial() -> None:
    diff = (
        b"diff -r 1fe2b3c4d5e6 src/x.py\n--- a/src/x.py\tThu Jan 01 00:00:00 1970 +0000\n"
        b"+++ b/src/x.py\tSat Nov 21 10:00:00 2026 +0000\n@@ -1,1 +1,2 @@\n 1\n+2\n"
    )
    assert parse_diff(diff, "hg").files == (
        ChangedFile("src/x.py", (LineRange(2, 2),), None, {2: b"2"}),
    )


def test_subversion() -> None:
    section = (
        "Index: b/{0}\n" + "=" * 67 + "\n--- b/{0}\t(revision 1)\n+++ b/{0}\t(working copy)\n"
        "@@ -1 +1 @@\n-1\n+2\n\n"
    )
    diff = (section.format("x") + section.format("y")).encode()
    assert [file.path for file in parse_diff(diff, "svn").files] == ["b/x", "b/y"]


def test_python_s_difflib_with_names() -> None:
    diff = b"--- a/x\n+++ b/x\n@@ -1 +1 @@\n-1\n+2\n"
    assert [file.path for file in parse_diff(diff, "difflib").files] == ["x"]


def test_only_git_lines_begin_a_file_once_there_is_one() -> None:
    diff = (
        b"diff --git a/x b/x\nindex 1234567..89abcde 100644\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n-1\n+2\n"
        b"--- a/y\n+++ b/y\n@@ -1 +1 @@\n-1\n+2\n"
    )
    with pytest.raises(DiffError, match="line 8: the hunk is longer"):
        parse_diff(diff, "x.diff")


def test_changed_lines_are_found_by_range() -> None:
    changes = ChangedLines([ChangedFile("x", (LineRange(3, 4), LineRange(8, 8)))])
    assert [changes.first_changed("x", n, n) for n in (2, 3, 4, 5, 8, 9)] == [
        None,
        3,
        4,
        None,
        8,
        None,
    ]
    assert changes.first_changed("x", 1, 99) == 3
    assert changes.first_changed("y", 1, 99) is None
