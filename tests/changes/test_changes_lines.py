"""Any content: the lines must be those that git blame and a diff of the whole file give."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from insights_uploader.changes.changed_lines import ChangedLines, LineRange
from insights_uploader.changes.unified import parse_diff

if TYPE_CHECKING:
    from changes.conftest import Repository

Numbers = Callable[[ChangedLines, bytes], list[int]]

LINES = st.one_of(
    st.sampled_from(
        [
            b"",
            b" ",
            b"\r",
            b"x",
            b"-- a/x",
            b"++ b/x",
            b"--- a/x",
            b"+++ b/x",
            b"@@ -1 +1 @@",
            b"@@ -1,3 +1,3 @@ def f():",
            b"diff --git a/x b/x",
            b"index 1234567..89abcde 100644",
            b"-- ",
            b"2.39.5",
            b"\\ No newline at end of file",
            b"+",
            b"-",
            b"~",
            b"GIT binary patch",
            b"a\x0cb\x1cc\x1dd\x1ee\x0bf",
            b"\xc2\x85 \xe2\x80\xa8 \xe2\x80\xa9",
            b"\x85\xff\xfe",
            b"\x1b[31mred\x1b[m",
            b"[-gone-]{+come+}",
            b"ends in a return\r",
            b"\ra return first",
        ]
    ),
    st.binary(max_size=6).map(lambda line: line.replace(b"\n", b"").replace(b"\0", b"")),
)
FILES = st.builds(
    lambda lines, end: b"\n".join(lines) + (b"\n" if end and lines else b""),
    st.lists(LINES, max_size=30),
    st.booleans(),
)


@st.composite
def edits(draw: st.DrawFn) -> tuple[bytes, bytes]:
    """A file, and the same after some random replacements of slices of lines."""
    old = draw(FILES)
    lines = old.split(b"\n")
    for _ in range(draw(st.integers(0, 4))):
        start = draw(st.integers(0, len(lines)))
        stop = draw(st.integers(start, min(len(lines), start + 3)))
        lines[start:stop] = draw(st.lists(LINES, max_size=4))
    return old, b"\n".join(lines)


@settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(edit=edits())
@example(edit=(b"1\n2", b"1\n2\n"))
@example(edit=(b"1\n2\n", b"1\n2"))
@example(edit=(b"", b"1"))
@example(edit=(b"1\n", b""))
@example(edit=(b"-- x\n", b"++ x\n"))
def test_the_lines_are_git_s_own(
    shared_repository: "Repository", numbers: Numbers, edit: tuple[bytes, bytes]
) -> None:
    old, new = edit
    base = shared_repository.commit({b"f": old, b"g": b"1\n"})
    head = shared_repository.commit({b"f": new, b"g": b"2\n"}, base)
    git = shared_repository.git
    short = parse_diff(git("diff", "--text", "-U0", base, head), "git", zero_context=True)
    loose = parse_diff(git("diff", "--text", "-U0", base, head), "git")
    wide = parse_diff(git("diff", "--text", "-U3", base, head), "git")
    if old == new:
        assert not any(changes.touches_file("f") for changes in (short, loose, wide))
    else:
        blamed = shared_repository.blamed(base, head, b"f") if new else []
        assert numbers(short, b"f") == numbers(loose, b"f") == blamed
        assert numbers(wide, b"f") == shared_repository.compared(f"{base}:f", f"{head}:f")
    assert all(numbers(changes, b"g") == [1] for changes in (short, loose, wide))


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(edit=edits())
def test_the_text_of_added_lines_is_the_file_s(
    shared_repository: "Repository", edit: tuple[bytes, bytes]
) -> None:
    old, new = edit
    base = shared_repository.commit({b"f": old, b"g": b"1\n"})
    head = shared_repository.commit({b"f": new, b"g": b"2\n"}, base)
    diff = shared_repository.git("diff", "--text", base, head)
    assert all(file.added_text is None for file in parse_diff(diff, "git").files)
    # Only git's own index line begins with no sign, so a file's line cannot be hit.
    bare = b"".join(
        line + b"\n" for line in diff.split(b"\n")[:-1] if not line.startswith(b"index ")
    )
    lines = new.split(b"\n")
    for file in parse_diff(bare, "git").files:
        assert file.new_blob is None
        assert file.added_text is not None
        changed = [n for each in file.ranges for n in range(each.start, each.end + 1)]
        assert list(file.added_text) == changed
        if file.path == "f":
            assert all(lines[n - 1] == text for n, text in file.added_text.items())


def test_windows_line_ends_in_the_files(shared_repository: "Repository", numbers: Numbers) -> None:
    base = shared_repository.commit({b"f": b"1\r\n\r\n3\r\n"})
    head = shared_repository.commit({b"f": b"1\r\n\r\n3\r\n4\r\n\r\n"}, base)
    diff = shared_repository.git("diff", base, head)
    assert numbers(parse_diff(diff, "git"), b"f") == [4, 5]


def test_a_diff_whose_own_lines_were_turned_into_windows_is_read(
    shared_repository: "Repository", numbers: Numbers
) -> None:
    base = shared_repository.commit({b"a b": b"1\n\n3\n", b"x": b"1\n"})
    head = shared_repository.commit({b"a b": b"1\n\n3\n4\n", b"y": b"1\n"}, base)
    diff = shared_repository.git("diff", "-M", base, head).replace(b"\n", b"\r\n")
    changes = parse_diff(b"\xef\xbb\xbf" + diff, "changes.diff")
    assert numbers(changes, b"a b") == [4]
    assert numbers(changes, b"y") == []


def test_blank_context_lines_without_their_space(
    shared_repository: "Repository", numbers: Numbers
) -> None:
    base = shared_repository.commit({b"f": b"1\n\n3\n"})
    head = shared_repository.commit({b"f": b"1\n\n3\n4\n"}, base)
    diff = shared_repository.git("-c", "diff.suppressBlankEmpty=true", "diff", base, head)
    assert b"\n\n" in diff
    for each in (diff, diff.replace(b"\n", b"\r\n")):
        assert numbers(parse_diff(each, "git"), b"f") == [4]


def test_a_byte_order_mark_before_the_first_file(
    shared_repository: "Repository", numbers: Numbers
) -> None:
    base = shared_repository.commit({b"f": b"1\n"})
    head = shared_repository.commit({b"f": (b"100755", b"1\n")}, base)
    diff = shared_repository.git("diff", base, head)
    assert numbers(parse_diff(b"\xef\xbb\xbf" + diff, "git"), b"f") == []


def test_the_marker_of_a_missing_newline_in_another_language() -> None:
    diff = (
        b"--- f\n+++ f\n@@ -1 +1 @@\n-1\n\\ Kein Zeilenumbruch am Dateiende.\n+2\n"
        b"\\ Kein Zeilenumbruch am Dateiende.\n@@ -8,0 +9 @@\n+x\n"
    )
    changes = parse_diff(diff, "diff")
    assert changes.files[0].ranges == (LineRange(1, 1), LineRange(9, 9))


def test_neighbouring_hunks_make_one_range() -> None:
    diff = b"--- f\n+++ f\n@@ -1,0 +2 @@\n+x\n@@ -1,0 +3,2 @@\n+y\n+z\n"
    assert parse_diff(diff, "diff", zero_context=True).files[0].ranges == (LineRange(2, 4),)


@pytest.mark.parametrize("text", [b"", b"\n", b" \r\n\t\n"])
def test_an_empty_diff_is_one_without_changes(text: bytes) -> None:
    changes = parse_diff(text, "diff")
    assert changes.files == ()
    assert changes.line_count == 0
