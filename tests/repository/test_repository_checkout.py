"""The checkout around a folder, its commits and its files; over real repositories."""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from insights_uploader.model.errors import CheckoutError
from insights_uploader.repository.checkout import Checkout

if TYPE_CHECKING:
    from repository.conftest import Repository

Environ = Mapping[str, str]


def refused(slug: str, folder: Path, environ: Environ) -> CheckoutError:
    with pytest.raises(CheckoutError) as caught:
        Checkout(folder, environ)
    assert caught.value.slug == slug, caught.value
    return caught.value


# Where it is


def test_it_is_found_from_a_subfolder(repository: "Repository", clean: Environ) -> None:
    head = repository.commit({b"a/b/c.py": b"1\n", b"d.py": b"2\n"})
    checkout = Checkout(repository.folder / "a" / "b", clean)
    assert checkout.root == repository.folder.resolve()
    assert str(repository.folder) in checkout.spellings
    assert checkout.head.id == head
    assert checkout.head.files == {"a/b/c.py", "d.py"}
    assert checkout.head.lines("d.py") == [b"2"]


def test_a_symlink_to_it_is_another_spelling(repository: "Repository", clean: Environ) -> None:
    repository.commit({b"src/a.py": b""})
    link = repository.folder.parent / "link"
    link.symlink_to(repository.folder)
    for start in (link, link / "src"):
        checkout = Checkout(start, clean)
        assert set(checkout.spellings) == {str(repository.folder.resolve()), str(link)}


def test_a_symlink_into_its_depths_is_no_spelling(repository: "Repository", clean: Environ) -> None:
    repository.commit({b"a/b/c/d.py": b""})
    for link in (repository.folder / "inside", repository.folder.parent / "outside"):
        link.symlink_to(repository.folder / "a/b/c")
        checkout = Checkout(link, clean)
        assert set(checkout.spellings) == {str(repository.folder.resolve())}


def test_a_linked_worktree_is_a_checkout(repository: "Repository", clean: Environ) -> None:
    base = repository.commit({b"a.py": b"1\n"})
    other = repository.folder.parent / "worktree"
    repository.git("worktree", "add", "-q", "-b", "other", other)
    head = repository.commit({b"a.py": b"2\n", b"b.py": b""})
    checkout = Checkout(other, clean)
    assert (checkout.root, checkout.head.id) == (other.resolve(), base)
    assert checkout.head.files == {"a.py"}
    assert checkout.commit_id("main") == head
    assert b"+1" in checkout.diff(head)


def test_a_submodule_is_a_checkout_of_its_own(
    repository: "Repository", new_repository: "type[Repository]", clean: Environ
) -> None:
    inner = new_repository(repository.folder.parent / "inner")
    head = inner.commit({b"x.py": b"1\n"})
    repository.git(
        "-c", "protocol.file.allow=always", "submodule", "add", "-q", inner.folder, "sub"
    )
    repository.commit()
    checkout = Checkout(repository.folder / "sub", clean)
    assert (checkout.root, checkout.head.id) == ((repository.folder / "sub").resolve(), head)
    assert checkout.head.files == {"x.py"}
    assert Checkout(repository.folder, clean).head.files == {".gitmodules"}


def test_the_repository_may_be_told_by_the_environment(
    repository: "Repository", clean: Environ
) -> None:
    head = repository.commit({b"a/b.py": b"1\n"})
    told = {**clean, "GIT_DIR": "../.git", "GIT_WORK_TREE": ".."}
    checkout = Checkout(repository.folder / "a", told)
    assert (checkout.root, checkout.head.id) == (repository.folder.resolve(), head)
    assert checkout.head.lines("a/b.py") == [b"1"]


@pytest.mark.parametrize("name", ["a folder", "new\nline", "end\n", "Käse", b"caf\xe9"])
def test_the_checkout_may_have_any_name(
    tmp_path: Path, new_repository: "type[Repository]", clean: Environ, name: str | bytes
) -> None:
    folder = tmp_path / os.fsdecode(name)
    new_repository(folder).commit({b"a.py": b"1\n"})
    assert Checkout(folder, clean).root == folder.resolve()


# Where there is none


def test_a_folder_in_no_repository(tmp_path: Path, clean: Environ) -> None:
    error = refused("no-checkout", tmp_path, clean)
    assert str(tmp_path) in error.message
    assert "--checkout" in error.hint


def test_a_folder_in_no_repository_where_git_speaks_german(tmp_path: Path, clean: Environ) -> None:
    refused("no-checkout", tmp_path, {**clean, "LC_ALL": "", "LANG": "C.UTF-8", "LANGUAGE": "de"})


def test_a_folder_that_is_not_there(tmp_path: Path, clean: Environ) -> None:
    (tmp_path / "file").touch()
    for name in ("gone", "file"):
        assert str(tmp_path / name) in refused("no-checkout", tmp_path / name, clean).message


def test_a_repository_without_a_commit(repository: "Repository", clean: Environ) -> None:
    assert str(repository.folder) in refused("no-commit", repository.folder, clean).message


def test_a_bare_repository(repository: "Repository", clean: Environ) -> None:
    repository.commit()
    bare = repository.folder.parent / "bare"
    repository.git("clone", "-q", "--bare", ".", bare)
    assert "work tree" in refused("git-failed", bare, clean).message


def test_git_that_is_not_installed(tmp_path: Path, clean: Environ) -> None:
    refused("no-git", tmp_path, {**clean, "PATH": str(tmp_path)})


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_a_repository_of_another_user_comes_with_gits_own_advice(
    repository: "Repository", clean: Environ
) -> None:
    repository.commit({b"a/b.py": b""})
    os.chown(repository.folder, 12345, 12345)
    hint = refused("git-failed", repository.folder / "a", clean).hint
    assert f"git config --global --add safe.directory {repository.folder}" in hint
    told = {"KEY": "safe.directory", "VALUE": str(repository.folder)}
    environ = {f"GIT_CONFIG_{key}_0": value for key, value in told.items()}
    Checkout(repository.folder, {**clean, **environ, "GIT_CONFIG_COUNT": "1"})


# Revisions


@pytest.fixture
def checkout(repository: "Repository", clean: Environ) -> Checkout:
    repository.commit({b"a.py": b"1\n"})
    repository.git("tag", "-a", "-m", "a tag", "v1")
    repository.commit({b"a.py": b"2\n"})
    return Checkout(repository.folder, clean)


@pytest.mark.parametrize("revision", ["HEAD~1", "v1", "tags/v1", "main~", "@~"])
def test_a_revision_names_a_commit(
    checkout: Checkout, repository: "Repository", revision: str
) -> None:
    first = repository.git("rev-list", "--max-parents=0", "HEAD").decode().strip()
    assert checkout.commit_id(revision) == first
    assert checkout.commit_id(first[:12]) == first


@pytest.mark.parametrize(
    "revision",
    [
        "nowhere",
        "",
        "0" * 40,
        "HEAD:a.py",  # a file
        "HEAD^{tree}",  # a tree
        "^HEAD",  # what is not in HEAD
        "HEAD~1..HEAD",  # two commits
        "--all",
        "-h",
        "--output=written",
        "--git-dir=/tmp",
        "HEAD --output=written",
    ],
)
def test_what_names_no_commit_is_refused(
    checkout: Checkout, repository: "Repository", revision: str
) -> None:
    for ask in (checkout.commit_id, checkout.merge_base, checkout.diff):
        with pytest.raises(CheckoutError, match="names no commit") as caught:
            ask(revision)
        assert caught.value.slug == "unknown-revision"
    for folder in (repository.folder, repository.folder / ".git", Path.cwd()):
        assert not (folder / "written").exists()


def test_a_file_named_like_an_option_or_a_revision_confuses_nothing(
    repository: "Repository", clean: Environ
) -> None:
    base = repository.commit({b"main": b"1\n", b"HEAD": b"1\n", b"--output=x": b"1\n"})
    repository.commit({b"main": b"2\n", b"HEAD": b"2\n", b"--output=x": b"2\n"})
    checkout = Checkout(repository.folder, clean)
    assert checkout.merge_base("main~1") == base
    assert checkout.diff(base).count(b"diff --git") == 3


# The merge base


def test_the_merge_base_is_where_the_branches_parted(
    repository: "Repository", clean: Environ
) -> None:
    base = repository.commit({b"a.py": b"1\n"})
    repository.git("checkout", "-q", "-b", "mine")
    repository.commit({b"b.py": b"mine\n"})
    repository.git("checkout", "-q", "main")
    repository.commit({b"a.py": b"theirs\n"})
    repository.git("checkout", "-q", "mine")
    checkout = Checkout(repository.folder, clean)
    assert checkout.merge_base("main") == base
    diff = checkout.diff(checkout.merge_base("main"))
    assert b"+mine" in diff
    assert b"theirs" not in diff


def test_branches_without_a_common_commit(repository: "Repository", clean: Environ) -> None:
    repository.commit()
    repository.git("checkout", "-q", "--orphan", "other")
    repository.commit({b"a.py": b""})
    with pytest.raises(CheckoutError, match="no common commit") as caught:
        Checkout(repository.folder, clean).merge_base("main")
    assert (caught.value.slug, "--base" in caught.value.hint) == ("no-merge-base", True)


# The default base


def test_the_default_base_is_the_remotes_default_branch(
    repository: "Repository", clean: Environ
) -> None:
    head = repository.commit()
    repository.git("checkout", "-q", "-b", "trunk")
    clone = repository.folder.parent / "clone"
    repository.git("clone", "-q", ".", clone)
    checkout = Checkout(clone, clean)
    assert checkout.default_base() == "refs/remotes/origin/trunk"
    assert checkout.merge_base(checkout.default_base()) == head


def test_without_a_remote_there_is_no_default_base(checkout: Checkout) -> None:
    with pytest.raises(CheckoutError) as caught:
        checkout.default_base()
    assert caught.value.slug == "no-base"
    assert "--base" in caught.value.hint


# Files


def test_file_names_may_hold_any_byte(repository: "Repository", clean: Environ) -> None:
    names = [
        b"with space.py",
        b"new\nline.py",
        b"tab\there.py",
        b'quo"te.py',
        b"back\\slash.py",
        b"caf\xe9.py",
        "Käse.py".encode(),
        b" lead/-dash.py",
    ]
    repository.commit({name: name for name in names})
    head = Checkout(repository.folder, clean).head
    assert head.files == {os.fsdecode(name) for name in names}
    for name in names:
        assert head.lines(os.fsdecode(name)) == name.split(b"\n")


def test_links_and_submodules_are_no_files(repository: "Repository", clean: Environ) -> None:
    repository.write({b"real.py": b"1\n", b"run.sh": b"#!\n"})
    (repository.folder / "run.sh").chmod(0o755)
    (repository.folder / "link.py").symlink_to("real.py")
    head_id = repository.commit()
    repository.git("update-index", "--add", "--cacheinfo", f"160000,{head_id},module")
    repository.git("commit", "-q", "-m", "module")
    head = Checkout(repository.folder, clean).head
    assert head.files == {"real.py", "run.sh"}
    assert [head.lines(p) for p in ("link.py", "module", "gone.py")] == [None, None, None]
    assert head.blob_id("module") == head_id
    assert head.blob_id("gone.py") is None
    assert head.blob_id("real.py") == repository.git("hash-object", "real.py").decode().strip()


@pytest.mark.parametrize(
    ("content", "lines"),
    [
        (b"", []),
        (b"\n", [b""]),
        (b"a", [b"a"]),
        (b"a\n", [b"a"]),
        (b"a\n\n", [b"a", b""]),
        (b"a\r\nb\rc\x0b\x0c\x1c\x85\n", [b"a\r", b"b\rc\x0b\x0c\x1c\x85"]),  # \n only
        ("a\u2028b\n".encode(), ["a\u2028b".encode()]),  # no line of git's
        (b"\xff\xfe\0a\0\n\0", [b"\xff\xfe\0a\0", b"\0"]),  # UTF-16
    ],
)
def test_lines_end_at_a_newline_only(
    repository: "Repository", clean: Environ, content: bytes, lines: list[bytes]
) -> None:
    repository.commit({b"f.py": content})
    assert Checkout(repository.folder, clean).head.lines("f.py") == lines


def test_the_commit_counts_and_not_the_working_tree(
    repository: "Repository", clean: Environ
) -> None:
    base = repository.commit({b"f.py": b"1\n"})
    repository.commit({b"f.py": b"2\n"})
    checkout = Checkout(repository.folder, clean)
    diff = checkout.diff(base)
    repository.write({b"f.py": b"3\n", b"new.py": b""})
    repository.git("add", ".")
    checkout = Checkout(repository.folder, clean)
    assert checkout.head.files == {"f.py"}
    assert checkout.head.lines("f.py") == [b"2"]
    assert checkout.diff(base) == diff


def test_local_replacements_are_not_what_the_server_has(
    repository: "Repository", clean: Environ
) -> None:
    repository.commit({b"f.py": b"real\n"})
    real = repository.git("rev-parse", "HEAD:f.py").decode().strip()
    (repository.folder / "false").write_bytes(b"false\n")
    false = repository.git("hash-object", "-w", "false").decode().strip()
    repository.git("replace", real, false)
    assert repository.git("cat-file", "blob", real) == b"false\n"
    assert Checkout(repository.folder, clean).head.lines("f.py") == [b"real"]


@pytest.mark.parametrize("way", ["replace", "grafts"])
def test_a_local_history_is_not_what_the_server_has(
    repository: "Repository", clean: Environ, way: str
) -> None:
    first = repository.commit()
    second = repository.commit({b"f.py": b"1\n"})
    head = repository.commit({b"f.py": b"2\n"})
    if way == "replace":
        repository.git("replace", "--graft", head, first)
    else:
        (repository.folder / ".git/info/grafts").write_text(f"{head} {first}\n")
    assert repository.git("merge-base", "HEAD", second).decode().strip() == first
    checkout = Checkout(repository.folder, clean)
    assert checkout.merge_base(second) == second
    assert checkout.head.parents == (second,)


def test_nothing_in_the_repository_is_touched(repository: "Repository", clean: Environ) -> None:
    base = repository.commit({b"f.py": b"1\n"})
    repository.commit({b"f.py": b"2\n"})

    def state() -> dict[Path, int]:
        return {path: path.stat().st_mtime_ns for path in repository.folder.rglob("*")}

    before = state()
    checkout = Checkout(repository.folder, clean)
    assert checkout.head.lines("f.py")
    assert checkout.diff(checkout.merge_base(base))
    assert state() == before


def test_an_id_is_a_whole_one(checkout: Checkout) -> None:
    assert re.fullmatch("[0-9a-f]{40}", checkout.head.id)


# Links


def test_links_are_told_with_their_targets(repository: "Repository", clean: Environ) -> None:
    targets = {"docs/src": "../src", "a b": "x" * 300, "gone": "/no\nwhere", "same": "../src"}
    repository.write({b"src/a.py": b"1\n"})
    (repository.folder / "docs").mkdir()
    for link, target in targets.items():
        (repository.folder / link).symlink_to(target)
    repository.commit()
    head = Checkout(repository.folder, clean).head
    assert head.links == targets
    assert head.files == {"src/a.py"}


def test_without_links_there_are_none(repository: "Repository", clean: Environ) -> None:
    repository.commit({b"src/a.py": b"1\n"})
    assert Checkout(repository.folder, clean).head.links == {}
