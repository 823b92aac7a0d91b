"""What cannot be read without doubt is refused, by name, with the line and what to do instead."""

import hashlib
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

import pytest

from insights_uploader.changes import cursor, headers, unified
from insights_uploader.changes.unified import parse_diff
from insights_uploader.model.errors import DiffError

if TYPE_CHECKING:
    from changes.conftest import Repository


def refused(diff: bytes, slug: str, words: str = "", zero_context: bool = False) -> DiffError:
    """The error, after its slug, its place, its words and its hint were looked at."""
    with pytest.raises(DiffError) as caught:
        parse_diff(diff, "changes.diff", zero_context=zero_context)
    error = caught.value
    assert error.slug == slug, error.message
    assert re.match(r"changes\.diff: ", error.message)
    assert words in error.message
    assert "git diff" in error.hint
    assert error.message.isprintable()
    return error


@pytest.fixture(scope="module")
def commits(shared_repository: "Repository") -> list[str]:
    lines = [b"def line_%d(): pass\n" % n for n in range(20)]
    first = shared_repository.commit({b"x.py": b"".join(lines), b"y.py": b"1\n"})
    lines[3] = b"def changed(): return 1\n"
    second = shared_repository.commit({b"x.py": b"".join(lines), b"y.py": b"1\n"}, first)
    lines[16] = b"def changed_too(): return 2\n"
    third = shared_repository.commit({b"x.py": b"".join(lines), b"y.py": b"1\n"}, second)
    fourth = shared_repository.commit({b"x.py": b"".join(lines), b"y.py": b"1\n2\n"}, third)
    return [first, second, third, fourth]


@pytest.fixture(scope="module")
def good(shared_repository: "Repository", commits: list[str]) -> bytes:
    return shared_repository.git("diff", commits[0], commits[3])


def test_the_untouched_diff_is_read(good: bytes) -> None:
    ranges = {f.path: [(r.start, r.end) for r in f.ranges] for f in parse_diff(good, "x").files}
    assert ranges == {"x.py": [(4, 4), (17, 17)], "y.py": [(2, 2)]}


@pytest.mark.parametrize("option", ["--cc", "--combined", "-c"])
def test_combined_diffs_of_a_merge(shared_repository: "Repository", option: str) -> None:
    base = shared_repository.commit({b"x": b"1\n2\n3\n"})
    one = shared_repository.commit({b"x": b"one\n2\n3\n"}, base)
    two = shared_repository.commit({b"x": b"two\n2\n3\n"}, base)
    merge = shared_repository.commit({b"x": b"both\n2\n3\n"}, one, two)
    shown = ["show", merge] if option == "--combined" else ["show", option, merge]
    refused(shared_repository.git(*shown), "diff-combined", "line ")
    refused(shared_repository.git("diff", "--cc", merge, one, two), "diff-combined", "line 1: ")


@pytest.mark.parametrize(
    "settings",
    [
        [],
        ["-c", "color.diff.meta=normal"],
        ["-c", "color.diff.meta=normal", "-c", "color.diff.frag=normal"],
    ],
)
def test_coloured_diffs(
    shared_repository: "Repository", commits: list[str], settings: Sequence[str]
) -> None:
    diff = shared_repository.git(*settings, "diff", "--color=always", *commits[:2])
    assert "--no-color" in refused(diff, "diff-coloured", "line ").hint


@pytest.mark.parametrize("mode", ["plain", "porcelain"])
@pytest.mark.parametrize("context", ["-U0", "-U3", "-U99"])
def test_word_diffs(
    shared_repository: "Repository", commits: list[str], mode: str, context: str
) -> None:
    diff = shared_repository.git("diff", f"--word-diff={mode}", context, commits[0], commits[3])
    assert "--word-diff=none" in refused(diff, "diff-of-words", "line ").hint


def test_word_diffs_of_single_words(shared_repository: "Repository") -> None:
    base = shared_repository.commit({b"x": b"one\n"})
    head = shared_repository.commit({b"x": b"two\n"}, base)
    diff = shared_repository.git("diff", "--word-diff=porcelain", base, head)
    assert diff.endswith(b"@@ -1 +1 @@\n-one\n+two\n~\n")
    refused(diff, "diff-of-words", "line 8: ")


def test_word_diffs_of_indented_lines(shared_repository: "Repository") -> None:
    base = shared_repository.commit({b"x": b" one two\n three\n"})
    head = shared_repository.commit({b"x": b" one 2\n three\n"}, base)
    diff = shared_repository.git("diff", "--word-diff", base, head)
    refused(diff, "diff-of-words", "line 5: the hunk changes nothing")


@pytest.mark.parametrize(
    "arguments",
    [
        ["log", "-p", "-2"],
        ["log", "-p", "-2", "--oneline"],
        ["log", "-p", "-2", "--format=%H"],
        ["log", "-p", "-2", "--format="],
        ["log", "-p", "-2", "--format=raw"],
        ["format-patch", "-2", "--stdout"],
        ["format-patch", "-2", "--stdout", "--no-signature"],
    ],
)
def test_several_commits_in_a_row(
    shared_repository: "Repository", commits: list[str], arguments: list[str]
) -> None:
    diff = shared_repository.git(*arguments, commits[2])
    refused(diff, "diff-of-several-commits", "line ")


@pytest.mark.parametrize("arguments", [["log", "-p", "-2"], ["log", "-p", "-2", "--oneline"]])
def test_several_commits_of_different_files(
    shared_repository: "Repository", commits: list[str], arguments: list[str]
) -> None:
    diff = shared_repository.git(*arguments, commits[3])
    refused(diff, "diff-of-several-commits", "another commit's patch begins")


def test_an_empty_commit_before_another(
    shared_repository: "Repository", commits: list[str]
) -> None:
    tip = shared_repository.git(
        "commit-tree", f"{commits[3]}^{{tree}}", "-p", commits[3], "-m", "x"
    )
    diff = shared_repository.git("log", "-p", "-2", tip.decode().strip())
    refused(diff, "diff-of-several-commits", "another commit's patch begins")


def test_a_file_twice_under_a_change_of_name(shared_repository: "Repository") -> None:
    first = shared_repository.commit({b"x": b"1\n"})
    second = shared_repository.commit({b"x": b"2\n"}, first)
    third = shared_repository.commit({b"y": b"y\n"}, second)
    edit, removal = (
        shared_repository.git("diff", "--no-renames", *pair)
        for pair in ((first, second), (second, third))
    )
    refused(edit + removal, "diff-of-several-commits", "x comes a second time, after line 1")
    refused(removal + edit, "diff-of-several-commits", "x comes a second time")
    creation = shared_repository.git("diff", "--no-renames", third, first)
    refused(edit + creation, "diff-of-several-commits", "x comes a second time")


def slug_of(diff: bytes) -> str:
    """The slug of the error that a diff meets, or nothing."""
    try:
        parse_diff(diff, "changes.diff")
    except DiffError as error:
        return error.slug
    return ""


def test_every_cut_through_a_diff_is_noticed(good: bytes) -> None:
    """Cut before any line: only before a hunk or a file is there a diff that could be whole."""
    lines = good.splitlines(keepends=True)
    cuts = {count: slug_of(b"".join(lines[:count])) for count in range(1, len(lines))}
    assert set(cuts.values()) == {"", "diff-truncated"}
    assert [lines[count][:2] for count, slug in cuts.items() if not slug] == [b"@@", b"di"]


def test_a_cut_within_a_binary_delta(shared_repository: "Repository") -> None:
    noise = b"".join(hashlib.sha256(b"%d" % n).digest() for n in range(100))
    base = shared_repository.commit({b"b": b"\0" + noise})
    head = shared_repository.commit({b"b": b"\0" + noise + b"more"}, base)
    diff = shared_repository.git("diff", "--binary", base, head)
    assert diff.count(b"\ndelta ") == 2
    parse_diff(diff, "changes.diff")
    refused(diff[:-1], "diff-truncated", "ends in a binary file's data")


def test_cuts_within_renames_and_binary_data(shared_repository: "Repository") -> None:
    base = shared_repository.commit({b"x": b"1\n2\n3\n4\n5\n6\n7\n", b"b": b"\0\1"})
    head = shared_repository.commit({b"y": b"1\n2\n3\n4\n5\n6\n7\n8\n", b"b": b"\0\2"}, base)
    diff = shared_repository.git("diff", "-M", "--binary", base, head)
    lines = diff.splitlines(keepends=True)
    for count in range(1, len(lines)):
        before = lines[count - 1]
        if before == b"\n":  # the end of the binary file's forward or backward data
            continue
        if before.startswith((b"rename from", b"similarity")):
            refused(b"".join(lines[:count]), "diff-prefix", "cannot tell")
        elif not before.startswith(b"rename to"):
            refused(b"".join(lines[:count]), "diff-truncated", "line ")


def test_a_hunk_with_a_line_too_many(good: bytes) -> None:
    for surplus in (b"+more\n", b"-less\n", b" same\n"):
        end = good.index(b"diff --git a/y.py")
        for diff in (good + surplus, good[:end] + surplus + good[end:]):
            refused(diff, "diff-malformed", "the hunk is longer than its header says")
    refused(good + b"-- \n+more\n", "diff-malformed", "the hunk is longer")


def test_a_hunk_with_a_line_too_few(good: bytes) -> None:
    refused(good.replace(b"+def changed()", b"\\def changed()"), "diff-truncated", "shorter")


def test_a_hunk_that_overshoots_its_header() -> None:
    diff = b"--- x\n+++ x\n@@ -1,2 +1 @@\n 1\n 2\n"
    refused(diff, "diff-malformed", "line 5: the hunk is longer")


def test_the_head_of_the_diff_is_missing(good: bytes) -> None:
    refused(good[good.index(b"@@ ") :], "diff-malformed", "line 1: a hunk without the header")


@pytest.mark.parametrize(
    "header",
    [
        "@@ -1 +1",
        "@@ -1,0 +1,0 @@",
        "@@ -0 +1 @@",
        "@@ -1 +0 @@",
        "@@ -1 +99999999999999999999 @@",
        "@@ -1,99999999999999999999 +1 @@",
        "@@ +1 -1 @@",
        "@@ -x +y @@",
        "@@ - 1 + 1 @@",
        "@@ -1.5 +1 @@",
        "@@ -\u0661 +1 @@",
    ],
)
def test_absurd_hunk_headers(header: str) -> None:
    diff = f"diff --git a/x b/x\nindex 1234567..89abcde\n--- a/x\n+++ b/x\n{header}\n-1\n+2\n"
    refused(diff.encode(), "diff-malformed", "line 5: ")


@pytest.mark.parametrize(
    "second", ["@@ -1 +1 @@", "@@ -5 +5 @@", "@@ -5 +9 @@", "@@ -9 +5 @@", "@@ -9 +4,0 @@"]
)
def test_hunks_out_of_order_or_over_each_other(second: str) -> None:
    added = "" if ",0" in second else "+2\n"
    diff = f"--- x\n+++ x\n@@ -5 +5 @@\n-1\n+2\n{second}\n-1\n{added}"
    refused(diff.encode(), "diff-malformed", "line 6: the hunk's lines begin before")


@pytest.mark.parametrize(
    "text", [b"fatal: not a git repository\n", b"\0\1\2\n", b"<html>404</html>", b'{"diffs": []}\n']
)
def test_no_diff_at_all(text: bytes) -> None:
    refused(text, "diff-without-files", "no file header found")


def test_a_commit_without_changes_is_no_diff(
    shared_repository: "Repository", commits: list[str]
) -> None:
    out = shared_repository.git("log", "-1", "--stat", commits[0])
    refused(out, "diff-without-files")


def test_utf_16_of_powershell(good: bytes) -> None:
    text = good.decode()
    refused(text.encode("utf-16"), "diff-encoding", "PowerShell")
    refused(b"\xfe\xff" + text.encode("utf-16-be"), "diff-encoding", "PowerShell")


def test_context_lines_where_there_must_be_none(good: bytes) -> None:
    refused(good, "diff-malformed", "the diff has context lines", zero_context=True)


@pytest.mark.parametrize(
    "middle",
    [
        "index 1234567..xyz\n",
        "index 1234567,1234567..1234567\n",
        "new file mode 100644\ndeleted file mode 100644\n",
        "",
        "index 1234567..89abcde 100644\n",
        "index 1234567..89abcde 100644\n--- a/x\n",
        "index 1234567..89abcde 100644\n--- a/x\n+++ b/x\n",
    ],
)
def test_headers_that_cannot_be(middle: str, good: bytes) -> None:
    with pytest.raises(DiffError, match=r"^changes.diff: line \d+: ") as caught:
        parse_diff(f"diff --git a/x b/x\n{middle}".encode() + good, "changes.diff")
    assert caught.value.slug in ("diff-malformed", "diff-truncated")


def test_a_minus_line_without_its_plus_line(good: bytes) -> None:
    refused(good.replace(b"+++ b/y.py\n", b""), "diff-truncated", "without its '+++' line")


def test_a_diff_of_too_many_lines_or_files(good: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(headers, "MAX_FILES", 1)
        refused(good, "diff-too-large", "more than 1 files")
    with monkeypatch.context() as patch:
        patch.setattr(unified, "MAX_HELD_LINES", 8)
        refused(good, "diff-too-large", "line 1: more than 8 lines")
        refused(b"--- x\n+++ x\n@@ -0,0 +1,9 @@\n" + b"+\n" * 9, "diff-too-large")
        files = [b"--- %s\n+++ %s\n@@ -0,0 +1,5 @@\n" % (n, n) + b"+\n" * 5 for n in (b"x", b"y")]
        parse_diff(files[0], "changes.diff")
        refused(b"".join(files), "diff-too-large", "line 9: more than 8 lines")
    monkeypatch.setattr(cursor, "MAX_LINES", 10)
    refused(good, "diff-too-large", "more than 10 lines")


def test_names_in_messages_cannot_drive_a_terminal() -> None:
    odd = "caf\u00e9 \u009b31m\u202e\a"
    diff = f"diff --git a/{odd} c{odd}\nold mode 100644\nnew mode 100755\n" + "x" * 500
    error = refused(diff.encode(), "diff-prefix")
    assert "\\x9b31m\\u202e\\x07" in error.message
