"""Names: quoting there and back, and prefixes that are proven or refused, never guessed."""

from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from insights_uploader.changes.names import git_names, unquoted
from insights_uploader.changes.unified import parse_diff
from insights_uploader.model.errors import DiffError

if TYPE_CHECKING:
    from changes.conftest import Entry, Repository

PART = (
    st.one_of(
        st.binary(min_size=1, max_size=5),
        st.lists(
            st.sampled_from(
                [
                    b"a",
                    b"b",
                    b"x",
                    b" ",
                    b"  ",
                    b'"',
                    b"\\",
                    b"\\303",
                    b"\t",
                    b"\n",
                    b"\r",
                    b"\xc3\xa9",
                ]
            ),
            min_size=1,
            max_size=5,
        ).map(b"".join),
    )
    .map(lambda part: part.replace(b"\0", b"").replace(b"/", b""))
    .filter(lambda part: part not in (b"", b".", b"..") and part.lower() != b".git")
)
PATHS = st.lists(PART, min_size=1, max_size=4).map(b"/".join)


def without_conflicts(paths: list[bytes]) -> list[bytes]:
    """Leave out what is both a file and a folder."""
    folders = {p[:i] for p in paths for i, byte in enumerate(p) if byte == 0x2F}
    return [path for path in dict.fromkeys(paths) if path not in folders]


PATH_LISTS = st.lists(PATHS, min_size=1, max_size=8).map(without_conflicts).filter(bool)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    paths=PATH_LISTS,
    prefix=st.sampled_from([[], ["--no-prefix"], ["--src-prefix=src://", "--dst-prefix=dst://"]]),
    quoting=st.sampled_from(["true", "false"]),
)
def test_any_name_comes_back_as_it_was(
    shared_repository: "Repository", paths: list[bytes], prefix: list[str], quoting: str
) -> None:
    edited, new, chmodded = paths, [p + b"~" for p in paths], [p + b" x" for p in paths]
    before: dict[bytes, Entry] = {
        **dict.fromkeys(edited, b"1\n"),
        **dict.fromkeys(chmodded, b"1\n"),
    }
    after: dict[bytes, Entry] = {
        **dict.fromkeys(edited, b"2\n"),
        **dict.fromkeys(new, b"1\n"),
        **dict.fromkeys(chmodded, (b"100755", b"1\n")),
    }
    base = shared_repository.commit(before)
    head = shared_repository.commit(after, base)
    listed = shared_repository.git("diff", "--name-only", "-z", "--no-renames", base, head)
    diff = shared_repository.git(
        "-c", f"core.quotePath={quoting}", "diff", "--no-renames", *prefix, base, head
    )
    found = [f.path.encode("utf-8", "surrogateescape") for f in parse_diff(diff, "git").files]
    assert found == listed.split(b"\0")[:-1]


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    old=PATHS,
    new=PATHS,
    prefix=st.sampled_from(
        [
            [],
            ["--no-prefix"],
            ["--src-prefix=src://", "--dst-prefix=dst://"],
            ["--src-prefix=x y-", "--dst-prefix=z-"],
            ["--src-prefix=same/", "--dst-prefix=same/"],
        ]
    ),
)
def test_any_rename_comes_back_as_it_was(
    shared_repository: "Repository", old: bytes, new: bytes, prefix: list[str]
) -> None:
    if old == new:
        return
    content = b"1\n2\n3\n4\n5\n6\n7\n8\n"
    base = shared_repository.commit({old: content})
    head = shared_repository.commit({new: content + b"9\n"}, base)
    diff = shared_repository.git("diff", "-M", *prefix, base, head)
    assert b"\nrename to " in diff
    changes = parse_diff(diff, "git")
    assert [f.path.encode("utf-8", "surrogateescape") for f in changes.files] == [new]


@pytest.mark.parametrize(
    ("written", "name"),
    [
        (b"plain", b"plain"),
        (rb'"caf\303\251.py"', b"caf\xc3\xa9.py"),
        (rb'"\a\b\t\n\v\f\r\"\\"', b'\a\b\t\n\v\f\r"\\'),
        (rb'"\\303"', rb"\303"),
    ],
)
def test_quoted_names(written: bytes, name: bytes) -> None:
    assert unquoted(written) == name
    assert git_names(written + b" " + written) == name + b" " + name


@pytest.mark.parametrize("written", [b'"open', b'"a" b', rb'"\q"', rb'"\400"', rb'"a\"', rb'"\3"'])
def test_broken_quotes_are_refused(written: bytes) -> None:
    with pytest.raises(ValueError, match="name"):
        unquoted(written)
    with pytest.raises(DiffError, match=r"^x.diff: line 1: .*name"):
        parse_diff(b"diff --git a/x " + written + b"\nold mode 100644\nnew mode 100755\n", "x.diff")


def git_section(old: str, new: str, minus: str | None = None) -> bytes:
    return (
        f"diff --git {old} {new}\nindex 1234567..89abcde 100644\n--- {minus or old}\n+++ {new}\n"
        "@@ -1 +1 @@\n-x\n+y\n"
    ).encode()


def paths(diff: bytes) -> list[str]:
    return [file.path for file in parse_diff(diff, "x.diff").files]


def test_equal_names_prove_that_there_is_no_prefix() -> None:
    assert paths(git_section("b/x.py", "b/x.py")) == ["b/x.py"]
    assert paths(git_section("a/x.py", "b/x.py")) == ["x.py"]


def test_own_prefixes_end_at_the_first_slash() -> None:
    assert paths(git_section("old/src/x.py", "new/src/x.py")) == ["src/x.py"]


@pytest.mark.parametrize(
    "diff",
    [
        git_section("a/x.py", "b/x.py") + git_section("y.py", "y.py"),
        git_section("y.py", "y.py") + git_section("a/x.py", "b/x.py"),
        git_section("a/x.py", "b/x.py") + git_section("old/y.py", "new/y.py"),
        git_section("a/x.py", "b/y.py"),
        git_section("a/x.py", "b/x.py", minus="a/y.py"),
        git_section("OLD-x.py", "NEW-x.py"),
        b"diff --git p/x q/x r/x s/x\nold mode 100644\nnew mode 100755\n",
        b"--- /dev/null\n+++ b/x.py\n@@ -0,0 +1 @@\n+x\n",
        b"--- x.py.orig\n+++ x.py\n@@ -1 +1 @@\n-x\n+y\n",
    ],
)
def test_what_cannot_be_told_is_refused(diff: bytes) -> None:
    with pytest.raises(DiffError, match=r"^x.diff: line \d+: cannot tell") as caught:
        parse_diff(diff, "x.diff")
    assert caught.value.slug == "diff-prefix"
    assert "--src-prefix=a/" in caught.value.hint


@pytest.mark.parametrize(
    ("line", "other"),
    [
        (b"diff --git a/x b/y", b"diff --git a/z b/y"),
        (b"--- a/x", b"--- a/z"),
        (b"+++ b/y", b"+++ b/z"),
        (b"rename from x", b"rename from z"),
        (b"rename to y", b"rename to z"),
    ],
)
def test_a_rename_must_agree_with_the_other_names(line: bytes, other: bytes) -> None:
    diff = (
        b"diff --git a/x b/y\nsimilarity index 90%\nrename from x\nrename to y\n"
        b"--- a/x\n+++ b/y\n@@ -1 +1 @@\n-1\n+2\n"
    )
    assert paths(diff) == ["y"]
    with pytest.raises(DiffError, match="cannot tell"):
        parse_diff(diff.replace(line, other), "x.diff")


@pytest.mark.parametrize(
    "pair", ["a/ b/", "c/ w/", "c/ i/", "i/ w/", "o/ w/", "1/ 2/", "src:// dst://"]
)
def test_git_s_own_prefixes_need_no_evidence(pair: str) -> None:
    old, new = pair.split()
    name = "many words " * 30 + "x"
    diff = f"diff --git {old}{name} {new}{name}\nold mode 100644\nnew mode 100755\n"
    assert paths(diff.encode()) == [name]


@pytest.mark.parametrize("path", ["/etc/passwd", "../x", "x/../../y", "x/./y", "x//y"])
def test_paths_out_of_the_repository_are_refused(path: str) -> None:
    for diff in (git_section(f"a/{path}", f"b/{path}"), git_section(path, path)):
        with pytest.raises(DiffError, match=r"^x.diff: line 1: .*no path of a file") as caught:
            parse_diff(diff, "x.diff")
        assert caught.value.slug == "diff-path"


@pytest.mark.parametrize("pair", ["x ../y", "../x y"])
def test_renames_out_of_the_repository_are_refused(pair: str) -> None:
    old, new = pair.split()
    diff = f"diff --git a/{old} b/{new}\nrename from {old}\nrename to {new}\n"
    with pytest.raises(DiffError, match=r"^x.diff: line 1: \.\./. is no path"):
        parse_diff(diff.encode(), "x.diff")


def test_a_nul_in_a_name_is_refused() -> None:
    with pytest.raises(DiffError, match=r"x.diff: line 1: 'x\\x00y' is no path"):
        parse_diff(git_section(r'"a/x\000y"', r'"b/x\000y"'), "x.diff")


def test_bitbucket_s_prefix_in_rename_lines_is_tolerated() -> None:
    diff = b"diff --git src://a b dst://c d\nrename from src://a b\nrename to dst://c d\n"
    assert paths(diff) == ["c d"]


def test_a_new_file_of_bitbucket_without_git_s_lines() -> None:
    assert paths(b"--- /dev/null\n+++ dst://b/x.py\n@@ -0,0 +1 @@\n+x\n") == ["b/x.py"]


def test_a_reversed_diff_is_named(repository: "Repository") -> None:
    base = repository.commit({b"x": b"1\n"})
    head = repository.commit({b"x": b"2\n"}, base)
    with pytest.raises(DiffError, match="wrong way round") as caught:
        parse_diff(repository.git("diff", "-R", base, head), "x.diff")
    assert caught.value.slug == "diff-reversed"
