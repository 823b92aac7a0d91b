"""A diff must have been made for the commit at hand."""

from typing import TYPE_CHECKING

import pytest

from insights_uploader.changes.changed_lines import ChangedFile, ChangedLines, LineRange
from insights_uploader.changes.proof import prove
from insights_uploader.changes.unified import parse_diff
from insights_uploader.model.errors import DiffError

if TYPE_CHECKING:
    from changes.conftest import Commit, Entry, Repository

FILES: dict[bytes, "Entry"] = {
    b"x y.py": b"1\n2\n3\n",
    b"caf\xc3\xa9 \xff": b"1\r\n2\r\n",
    b"moved": b"1\n2\n3\n4\n5\n6\n",
    b"bin": b"\0\1",
    b"link": (b"120000", b"x y.py"),
    b"gone": b"gone\n",
}


@pytest.fixture
def commits(repository: "Repository") -> list[str]:
    first = repository.commit(FILES)
    commit = first.encode()
    second = repository.commit(
        {
            b"x y.py": b"1\n2\nthree\n4\n",
            b"caf\xc3\xa9 \xff": b"1\r\n2\r\n\x0c3\r\n",
            b"moved to": b"1\n2\n3\n4\n5\n6\n",
            b"bin": b"\0\2",
            b"link": (b"120000", b"bin"),
            b"empty": b"",
            b"exec": (b"100755", b"1\n"),
            b"sub": (b"160000", commit),
        },
        first,
    )
    third = repository.commit({b"x y.py": b"0\n1\n2\nthree\n4\n", b"more": b"1\n"}, second)
    return [first, second, third]


def bare(diff: bytes) -> bytes:
    """The diff without blob ids."""
    return b"\n".join(line for line in diff.split(b"\n") if not line.startswith(b"index "))


@pytest.mark.parametrize("options", [[], ["-U0"], ["--full-index"], ["--abbrev=4"], ["--binary"]])
def test_the_commit_s_own_diff_passes(
    repository: "Repository", commits: list[str], commit_content: type["Commit"], options: list[str]
) -> None:
    diff = repository.git("diff", "-M", *options, *commits[:2])
    content = commit_content(repository, commits[1])
    prove(parse_diff(diff, "x.diff"), content, "x.diff")
    prove(parse_diff(bare(diff), "x.diff"), content, "x.diff")


@pytest.mark.parametrize("options", [[], ["-U0"], ["--full-index"]])
def test_another_commit_s_diff_is_refused(
    repository: "Repository", commits: list[str], commit_content: type["Commit"], options: list[str]
) -> None:
    diff = repository.git("diff", *options, *commits[:2], "--", "x y.py")
    for other in (commits[0], commits[2]):
        with pytest.raises(DiffError, match=r"^x.diff: x y.py, line 3: .* blob ") as caught:
            prove(parse_diff(diff, "x.diff"), commit_content(repository, other), "x.diff")
        assert caught.value.slug == "diff-of-other-content"
        assert "checked out" in caught.value.hint
        with pytest.raises(DiffError, match=r"^x.diff: x y.py, line 3: .*another text"):
            prove(parse_diff(bare(diff), "x.diff"), commit_content(repository, other), "x.diff")


def test_a_line_past_the_file_s_end_is_refused(
    repository: "Repository", commits: list[str], commit_content: type["Commit"]
) -> None:
    diff = bare(repository.git("diff", *commits[:2], "--", "x y.py"))
    short = repository.commit({b"x y.py": b"1\n2\nthree\n"})
    with pytest.raises(DiffError, match=r"x y.py, line 4: has only 3 lines"):
        prove(parse_diff(diff, "x.diff"), commit_content(repository, short), "x.diff")


@pytest.mark.parametrize("path", ["exec", "empty", "moved to", "bin", "link"])
def test_a_file_that_is_not_in_the_commit_is_refused(
    repository: "Repository", commits: list[str], commit_content: type["Commit"], path: str
) -> None:
    diff = repository.git("diff", "-M", *commits[:2])
    one = ChangedLines(f for f in parse_diff(diff, "x.diff").files if f.path == path)
    assert one.files
    without = repository.commit({b"other": b"1\n"})
    with pytest.raises(DiffError, match=f"^x.diff: {path}.*: is not in the commit"):
        prove(one, commit_content(repository, without), "x.diff")


def test_another_binary_is_refused(
    repository: "Repository", commits: list[str], commit_content: type["Commit"]
) -> None:
    diff = repository.git("diff", *commits[:2], "--", "bin")
    other = repository.commit({b"bin": b"\0\3"})
    with pytest.raises(DiffError, match=r"^x.diff: bin: is another version"):
        prove(parse_diff(diff, "x.diff"), commit_content(repository, other), "x.diff")


def test_zeros_are_no_blob_id(
    repository: "Repository", commits: list[str], commit_content: type["Commit"]
) -> None:
    diff = b"diff --git x x\nindex 1234567..0000000 100644\n--- x\n+++ x\n@@ -0,0 +1 @@\n+1\n"
    changes = parse_diff(diff, "x.diff")
    assert changes.files[0].new_blob is None
    zeros = ChangedFile("x", (LineRange(1, 1),), "0000000", {1: b"1"})
    for text, passes in ((b"1\n", True), (b"2\n", False)):
        content = commit_content(repository, repository.commit({b"x": text}))
        for each in (changes, ChangedLines([zeros])):
            if passes:
                prove(each, content, "x.diff")
            else:
                with pytest.raises(DiffError, match="x, line 1: is another text"):
                    prove(each, content, "x.diff")


def test_lines_that_nothing_can_prove_are_refused(
    repository: "Repository", commit_content: type["Commit"]
) -> None:
    content = commit_content(repository, repository.commit({b"x": b"1\n"}))
    changes = ChangedLines([ChangedFile("x", (LineRange(1, 1),))])
    with pytest.raises(DiffError, match=r"x.diff: x: has neither"):
        prove(changes, content, "x.diff")


def test_a_wrong_guess_at_a_prefix_is_caught(
    repository: "Repository", commit_content: type["Commit"]
) -> None:
    base = repository.commit({b"dir/x.py": b"1\n"})
    head = repository.commit({b"dir/x.py": b"2\n"}, base)
    for prefixes in (("same/", "same/"), ("one/lib/", "two/lib/")):
        options = [f"--src-prefix={prefixes[0]}", f"--dst-prefix={prefixes[1]}"]
        changes = parse_diff(repository.git("diff", *options, base, head), "x.diff")
        with pytest.raises(DiffError, match="is not in the commit"):
            prove(changes, commit_content(repository, head), "x.diff")
