"""Every kind of change, under every kind of name, with every prefix option of real git."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from insights_uploader.changes.changed_lines import ChangedLines
from insights_uploader.changes.unified import parse_diff

if TYPE_CHECKING:
    from changes.conftest import Entry, Repository

Numbers = Callable[[ChangedLines, bytes], list[int]]

NAMES = [
    b"plain.py",
    b"with space.py",
    b"trailing space ",
    b" leading",
    b"caf\xc3\xa9.py",
    b"\xe2\x80\xa8 separator",
    b"not-utf8 \xff\xfe",
    b"tab\there",
    b"new\nline",
    b"return\r",
    b'quo"te',
    b'"whole"',
    b'x "b',
    b"back\\slash",
    b"back\\303",
    b" b/lead",
    b"foo b/bar.py",
    b"x b/x",
    b"a b/a b",
    b"a/x.py",
    b"b/x.py",
    b"b/a/x.py",
    b"i/w/x",
    b"src:/x",
    b"dst:/x b/dst:",
    b"dev/null",
    b"-dash",
    b"--- a",
    b"+++ b",
    b"rename to x",
    b"index 1..2",
    b"\x1b[31mred",
    b"bell\a\b\v\f",
    b"deep/er/and deeper/x y z",
]
PREFIXES = {
    "git's": [],
    "none": ["--no-prefix"],
    "own": ["--src-prefix=old/", "--dst-prefix=new/"],
    "longer": ["--src-prefix=before/", "--dst-prefix=after/"],
    "spaced": ["--src-prefix=x y/old/", "--dst-prefix=x y/new/"],
    "bitbucket": ["--src-prefix=src://", "--dst-prefix=dst://"],
    "one-sided": ["--src-prefix=old/", "--dst-prefix="],
}
CONTEXTS = ["-U0", "-U3"]


def body(name: bytes, changed: bool = False) -> bytes:
    """Thirty lines of a file's own, with lines changed, added and removed."""
    lines = [b"%d %s" % (number, name.hex().encode()) for number in range(1, 31)]
    if changed:
        lines[4] = b"changed"
        lines[12:12] = [b"added", b"--- a/x", b"+++ b/x", b"@@ -1 +1 @@", b"diff --git a/x b/x"]
        del lines[25]
    return b"\n".join(lines) + b"\n"


@pytest.fixture(scope="module")
def edited(shared_repository: "Repository") -> tuple[str, str]:
    base = shared_repository.commit({name: body(name) for name in NAMES})
    head = shared_repository.commit({name: body(name, changed=True) for name in NAMES}, base)
    return base, head


@pytest.mark.parametrize("context", CONTEXTS)
@pytest.mark.parametrize("prefix", PREFIXES)
@pytest.mark.parametrize("quoting", ["true", "false"])
def test_edited_files_have_the_lines_that_git_blames(
    shared_repository: "Repository",
    edited: tuple[str, str],
    numbers: Numbers,
    quoting: str,
    prefix: str,
    context: str,
) -> None:
    diff = shared_repository.git(
        "-c", f"core.quotePath={quoting}", "diff", context, *PREFIXES[prefix], *edited
    )
    changes = parse_diff(diff, "git diff", zero_context=context == "-U0")
    assert len(changes.files) == len(NAMES)
    for name in NAMES:
        expected = (
            shared_repository.blamed(*edited, name) if context == "-U0" else [5, *range(13, 18)]
        )
        assert numbers(changes, name) == expected == [5, *range(13, 18)], name


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("prefix", PREFIXES)
def test_one_file_alone_is_enough_to_tell_the_prefix(
    shared_repository: "Repository",
    edited: tuple[str, str],
    numbers: Numbers,
    name: bytes,
    prefix: str,
) -> None:
    diff = shared_repository.git("diff", *PREFIXES[prefix], *edited, "--", b":(literal)" + name)
    assert numbers(parse_diff(diff, "git diff"), name) == [5, *range(13, 18)]


@pytest.mark.parametrize("prefix", PREFIXES)
@pytest.mark.parametrize("context", CONTEXTS)
def test_renamed_and_copied_files_go_by_their_new_names(
    shared_repository: "Repository",
    edited: tuple[str, str],
    numbers: Numbers,
    prefix: str,
    context: str,
) -> None:
    base = edited[0]
    moved: dict[bytes, Entry] = {b"moved b/to/" + name: body(name) for name in NAMES[::2]}
    rewritten: dict[bytes, Entry] = {name + b" 2": body(name, changed=True) for name in NAMES[1::2]}
    copied: dict[bytes, Entry] = {
        b"copy of " + name: body(name, changed=True) for name in NAMES[1::2]
    }
    head = shared_repository.commit({**moved, **rewritten, **copied}, base)
    diff = shared_repository.git("diff", "-M", "-C", context, *PREFIXES[prefix], base, head)
    assert diff.count(b"\nrename from ") == len(NAMES)
    assert diff.count(b"\ncopy from ") == len(copied)
    changes = parse_diff(diff, "git diff", zero_context=context == "-U0")
    assert len(changes.files) == len(moved) + len(rewritten) + len(copied)
    assert all(numbers(changes, name) == [] for name in moved)
    for name in [*rewritten, *copied]:
        assert numbers(changes, name) == [5, *range(13, 18)], name


@pytest.mark.parametrize("prefix", PREFIXES)
def test_files_without_hunks_are_touched_and_have_no_lines(
    shared_repository: "Repository", numbers: Numbers, prefix: str
) -> None:
    plain = {b"mode " + n: n for n in NAMES}
    modes: dict[bytes, Entry] = {name: (b"100755", content) for name, content in plain.items()}
    binaries: dict[bytes, Entry] = {b"binary " + n: b"\0\1\2" + n for n in NAMES}
    emptied: dict[bytes, Entry] = {b"empty " + n: b"" for n in NAMES}
    base = shared_repository.commit({**plain, **dict.fromkeys(binaries, b"\0\2")})
    head = shared_repository.commit({**modes, **binaries, **emptied}, base)
    for binary in ([], ["--binary"]):
        diff = shared_repository.git("diff", *binary, *PREFIXES[prefix], base, head)
        changes = parse_diff(diff, "git diff")
        assert len(changes.files) == 3 * len(NAMES)
        for name in [*modes, *binaries, *emptied]:
            assert numbers(changes, name) == []


@pytest.mark.parametrize("prefix", PREFIXES)
@pytest.mark.parametrize("context", CONTEXTS)
def test_new_files_are_all_new_and_deleted_ones_are_left_out(
    shared_repository: "Repository",
    edited: tuple[str, str],
    numbers: Numbers,
    prefix: str,
    context: str,
) -> None:
    base = edited[0]
    new = {b"new/" + name: body(name) for name in NAMES}
    head = shared_repository.commit(dict(new), base)
    diff = shared_repository.git("diff", "--no-renames", context, *PREFIXES[prefix], base, head)
    changes = parse_diff(diff, "git diff", zero_context=context == "-U0")
    assert len(changes.files) == len(NAMES)
    assert all(numbers(changes, name) == list(range(1, 31)) for name in new)


@pytest.mark.parametrize("name", [b"x y", b"b/x.py", b"caf\xc3\xa9"])
@pytest.mark.parametrize("prefix", PREFIXES)
def test_one_new_file_alone_keeps_its_folder(
    shared_repository: "Repository", numbers: Numbers, name: bytes, prefix: str
) -> None:
    base = shared_repository.commit({b"other": b"other\n"})
    head = shared_repository.commit({b"other": b"other\n", name: b"1\n2\n"}, base)
    diff = shared_repository.git("diff", *PREFIXES[prefix], base, head)
    assert numbers(parse_diff(diff, "git diff"), name) == [1, 2]
    gone = shared_repository.git("diff", *PREFIXES[prefix], head, base)
    assert parse_diff(gone, "git diff").files == ()


@pytest.mark.parametrize("content", [b"", b"\0"])
def test_a_diff_may_end_with_a_file_without_lines(
    shared_repository: "Repository", numbers: Numbers, content: bytes
) -> None:
    base = shared_repository.commit({b"x": b"x"})
    head = shared_repository.commit({b"x": b"x", b"y": content}, base)
    changes = parse_diff(shared_repository.git("diff", base, head), "git diff")
    assert numbers(changes, b"y") == []


def test_a_rename_tells_prefixes_of_several_folders(
    shared_repository: "Repository", numbers: Numbers
) -> None:
    options = ["--src-prefix=old/src/", "--dst-prefix=new/src/"]
    base = shared_repository.commit({b"x": body(b"x"), b"y": body(b"y")})
    head = shared_repository.commit({b"x": body(b"x", True), b"z": body(b"y")}, base)
    diff = shared_repository.git("diff", "-M", *options, base, head)
    assert numbers(parse_diff(diff, "git diff"), b"x") == [5, *range(13, 18)]


def test_prefixes_without_a_slash_are_told_by_a_rename(
    shared_repository: "Repository", numbers: Numbers
) -> None:
    base = shared_repository.commit({b"-a/x.py": body(b"x"), b"-a/y.py": body(b"y")})
    head = shared_repository.commit({b"-a/x.py": body(b"x", True), b"-a/z.py": body(b"y")}, base)
    diff = shared_repository.git("diff", "-M", "--src-prefix=OLD-", "--dst-prefix=NEW-", base, head)
    assert numbers(parse_diff(diff, "git diff"), b"-a/x.py") == [5, *range(13, 18)]


def test_mnemonic_prefixes_of_index_and_working_tree(
    repository: "Repository", numbers: Numbers
) -> None:
    base = repository.commit({b"w/x y.py": b"1\n", b"c/plain": b"1\n"})
    repository.git("reset", "-q", "--hard", base)
    (repository.folder / "w/x y.py").write_bytes(b"1\n2\n")
    mnemonic = ("-c", "diff.mnemonicPrefix=true", "diff")
    seen = {
        b"i/w/x y.py w/w/x y.py": repository.git(*mnemonic),
        b"c/w/x y.py w/w/x y.py": repository.git(*mnemonic, "HEAD"),
        b"o/w/x y.py w/w/x y.py": repository.git(*mnemonic, "HEAD:w/x y.py", "w/x y.py"),
    }
    repository.git("add", ".")
    seen[b"c/w/x y.py i/w/x y.py"] = repository.git(*mnemonic, "--cached")
    for header, diff in seen.items():
        assert diff.startswith(b"diff --git " + header)
        assert numbers(parse_diff(diff, "git diff"), b"w/x y.py") == [2]


def test_a_link_in_place_of_a_file_and_a_submodule(
    shared_repository: "Repository", numbers: Numbers
) -> None:
    commit = shared_repository.commit({b"x": b"x"}).encode()
    base = shared_repository.commit(
        {b"file": b"1\n2\n", b"sub": (b"160000", commit), b"was": (b"120000", b"file")}
    )
    head = shared_repository.commit(
        {b"file": (b"120000", b"was"), b"sub": (b"160000", b"1" * 40), b"was": b"1\n2\n3\n"}, base
    )
    diff = shared_repository.git("diff", base, head)
    assert diff.count(b"diff --git a/file b/file") == 2
    assert b"+Subproject commit 1111" in diff
    changes = parse_diff(diff, "git diff")
    assert numbers(changes, b"file") == [1]
    assert numbers(changes, b"was") == [1, 2, 3]
    assert not changes.touches_file("sub")


def test_a_submodule_in_words_is_passed_over(repository: "Repository", numbers: Numbers) -> None:
    def with_module(commit: str, *parents: str, **files: bytes) -> str:
        entries: dict[bytes, Entry] = {name.encode(): content for name, content in files.items()}
        return repository.commit({**entries, b"m": (b"160000", commit.encode())}, *parents)

    first = repository.commit({b"s": b"1"})
    second = repository.commit({b"s": b"2"}, first, message=b"+ commit in the submodule\n")
    base = with_module(first, a=b"1\n", z=b"1\n")
    head = with_module(second, base, a=b"1\n2\n", z=b"1\n2\n")
    repository.git("reset", "-q", "--hard", head)
    repository.git("clone", "-q", ".", "m")
    diff = repository.git("diff", "--submodule=log", base, head)
    assert b"\nSubmodule m " in diff
    assert b"\n  > + commit in the submodule\n" in diff
    changes = parse_diff(diff, "git diff")
    assert [file.path for file in changes.files] == ["a", "z"]
    assert numbers(changes, b"z") == [2]
    only = repository.git("diff", "--submodule=log", base, head, "--", "m")
    assert only.startswith(b"Submodule m ")
    assert parse_diff(only, "git diff").files == ()


def test_words_around_the_diff_are_passed_over(
    shared_repository: "Repository", edited: tuple[str, str], numbers: Numbers
) -> None:
    base, head = edited
    wordy = {
        "stat": ["diff", "--stat", "-p", "--summary", base, head],
        "raw": ["diff", "--raw", "-p", base, head],
        "mail": ["format-patch", "-1", "--stdout", head],
        "show": ["show", "--stat", "-p", "--format=fuller", "--decorate=full", head],
        "one-line": ["show", "--oneline", head],
        "log": ["log", "-1", "-p", head],
    }
    for words, arguments in wordy.items():
        changes = parse_diff(shared_repository.git(*arguments), words)
        assert len(changes.files) == len(NAMES), words
        assert all(numbers(changes, name) == [5, *range(13, 18)] for name in NAMES), words


def test_a_signature_of_several_lines(shared_repository: "Repository", numbers: Numbers) -> None:
    base = shared_repository.commit({b"f": b"1\n"})
    head = shared_repository.commit({b"f": b"1\n2\n"}, base)
    signature = "--signature=A U Thor\n - of\n  this"
    diff = shared_repository.git("format-patch", "-1", "--stdout", signature, head)
    assert b"\n-- \nA U Thor\n - of\n  this\n" in diff
    assert numbers(parse_diff(diff, "diff"), b"f") == [2]


def test_a_quoted_patch_in_a_commit_message_is_not_a_file(
    shared_repository: "Repository", numbers: Numbers
) -> None:
    message = (
        b"subject\n\n"
        + (b"commit " + b"a" * 40 + b"\n") * 2
        + b"  diff --git a/x b/x\n--- a/x\n+++ b/x\n-y\n+z\n"
    )
    base = shared_repository.commit({b"f": b"1\n"})
    head = shared_repository.commit({b"f": b"1\n2\n"}, base, message=message)
    for arguments in (["show"], ["format-patch", "-1", "--stdout"]):
        changes = parse_diff(shared_repository.git(*arguments, head), "diff")
        assert [file.path for file in changes.files] == ["f"]
        assert numbers(changes, b"f") == [2]


def test_ignoring_white_space_leaves_files_without_hunks(
    shared_repository: "Repository", numbers: Numbers
) -> None:
    lines = [b"line %d\n" % n for n in range(40)]
    base = shared_repository.commit({b"a": b"".join(lines), b"z": b"1\n"})
    spaced = b"".join(lines[:-1]) + b"    " + lines[-1]
    head = shared_repository.commit({b"b": spaced, b"z": b"1\n2\n"}, base)
    diff = shared_repository.git("diff", "-M", "-w", base, head)
    assert b"index" in diff.partition(b"diff --git a/z")[0]
    assert b"@@" not in diff.partition(b"diff --git a/z")[0]
    changes = parse_diff(diff, "git diff")
    assert numbers(changes, b"b") == []
    assert numbers(changes, b"z") == [2]
