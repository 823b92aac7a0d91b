"""The index and the working tree as sides of a diff; a developer's dry run before a commit."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from insights_uploader.changes.proof import prove
from insights_uploader.changes.unified import parse_diff
from insights_uploader.model.errors import CheckoutError
from insights_uploader.repository.checkout import Checkout, Side

if TYPE_CHECKING:
    from repository.conftest import Repository

Environ = Mapping[str, str]


def changed(checkout: Checkout, side: Side, base: str = "HEAD") -> dict[str, list[int]]:
    """Path -> changed lines, after they were proven to be the side's."""
    files = checkout.side(side)
    changes = parse_diff(checkout.diff(base, files), "git diff", zero_context=True)
    prove(changes, files, "git diff")
    return {
        file.path: [n for each in file.ranges for n in range(each.start, each.end + 1)]
        for file in changes.files
    }


@pytest.fixture
def edited(repository: "Repository") -> "Repository":
    """A file that is edited in the index, and again on disk; others new, ignored, deleted."""
    repository.commit({b"a.py": b"1\n2\n3\n", b"gone.py": b"gone\n", b".gitignore": b"*.log\n"})
    repository.git("tag", "base")
    repository.commit({b"b.py": b"committed\n"})
    repository.write({b"a.py": b"1\nstaged\n3\n"})
    repository.git("add", "a.py")
    (repository.folder / "gone.py").unlink()
    repository.write(
        {b"a.py": b"on disk\n1\nstaged\n3\n", b"new dir/n b.py": b"1\n2\n", b"x.log": b"1\n"}
    )
    return repository


def test_each_side_has_its_own_lines(edited: "Repository", clean: Environ) -> None:
    checkout = Checkout(edited.folder, clean)
    assert changed(checkout, "committed") == {}
    assert changed(checkout, "staged") == {"a.py": [2]}
    assert changed(checkout, "working-tree") == {"a.py": [1, 3], "new dir/n b.py": [1, 2]}
    assert changed(checkout, "committed", "base") == {"b.py": [1]}
    assert changed(checkout, "staged", "base") == {"a.py": [2], "b.py": [1]}


def test_each_side_has_its_own_files(edited: "Repository", clean: Environ) -> None:
    checkout = Checkout(edited.folder, clean)
    staged, disk = checkout.side("staged"), checkout.side("working-tree")
    assert checkout.side("committed") is checkout.head
    assert staged.files == {"a.py", "b.py", "gone.py", ".gitignore"}
    assert disk.files == {"a.py", "b.py", ".gitignore", "new dir/n b.py"}
    assert (staged.id, disk.id) == (None, None)
    assert staged.lines("a.py") == [b"1", b"staged", b"3"]
    assert disk.lines("a.py") == [b"on disk", b"1", b"staged", b"3"]
    assert disk.blob_id("a.py") == edited.git("hash-object", "a.py").decode().strip()


def test_neither_the_index_nor_the_objects_are_touched(
    edited: "Repository", clean: Environ
) -> None:
    def state() -> dict[Path, int]:
        return {path: path.stat().st_mtime_ns for path in edited.folder.rglob("*")}

    before = state()
    checkout = Checkout(edited.folder, clean)
    for side in ("staged", "working-tree"):
        assert changed(checkout, side)
    assert state() == before


@pytest.mark.parametrize("autocrlf", ["true", "input", "false"])
@pytest.mark.parametrize("safecrlf", ["true", "warn"])
def test_converted_line_ends_move_no_line(
    repository: "Repository", clean: Environ, autocrlf: str, safecrlf: str
) -> None:
    repository.commit({b"f.py": b"1\n2\n3\n"})
    repository.git("config", "core.autocrlf", autocrlf)
    repository.git("config", "core.safecrlf", safecrlf)
    repository.write({b"f.py": b"1\r\n2\r\nnew\r\n3\r\n"})
    expected = [3] if autocrlf != "false" else [1, 2, 3, 4]
    assert changed(Checkout(repository.folder, clean), "working-tree") == {"f.py": expected}


@pytest.mark.parametrize("place", [".gitattributes", ".git/info/attributes"])
def test_attributes_say_how_lines_end_and_no_more(
    repository: "Repository", clean: Environ, place: str
) -> None:
    repository.commit({b"f.py": b"1\n2\n3\n", b"wide": "1\n2\n".encode("utf-16")})
    attributes = b"*.py text eol=crlf -diff\nwide working-tree-encoding=UTF-16 -diff\n"
    repository.write({os.fsencode(place): attributes})
    repository.write({b"f.py": b"1\r\n2\r\nnew\r\n3\r\n", b"wide": "1\nnew\n".encode("utf-16")})
    found = changed(Checkout(repository.folder, clean), "working-tree")
    assert found["f.py"] == [3]
    assert found["wide"] == [1, 2]  # it was not converted before


def test_no_filter_is_run(repository: "Repository", clean: Environ, tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    for driver in ("trap", "odd=name"):
        for key in ("clean", "smudge", "process"):
            repository.git("config", f"filter.{driver}.{key}", f"touch '{ran}'; cat")
        repository.git("config", f"filter.{driver}.required", "true")
    repository.commit({b"a.py": b"1\n", b"b.py": b"1\n"})
    attributes = b"a.py filter=trap\nb.py filter=odd=name\n"
    repository.write({b".gitattributes": attributes, b"a.py": b"1\n2\n", b"b.py": b"1\n2\n"})
    repository.git("config", "core.fsmonitor", f"touch '{ran}'")
    hook = repository.folder / ".git/hooks/post-index-change"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\ntouch '{ran}'\n")
    hook.chmod(0o755)
    found = changed(Checkout(repository.folder, clean), "working-tree")
    assert found == {".gitattributes": [1, 2], "a.py": [2], "b.py": [2]}
    assert not ran.exists()


def test_a_file_that_a_filter_changed_and_nobody_else_is_unchanged(
    repository: "Repository", clean: Environ
) -> None:
    """As with Git LFS: git keeps another content than the disk, and only a command tells."""
    repository.git("config", "filter.upper.clean", "tr a-z A-Z")
    repository.write({b".gitattributes": b"big filter=upper\n", b"big": b"content\n"})
    repository.commit()
    os.utime(repository.folder / ".git" / "index", (2**31, 2**31))  # no entry is too young
    assert repository.git("cat-file", "blob", "HEAD:big") == b"CONTENT\n"
    assert changed(Checkout(repository.folder, clean), "working-tree") == {}


def test_a_change_within_the_same_second_is_seen(repository: "Repository", clean: Environ) -> None:
    repository.commit({b"a.py": b"1\n"})
    file, index = repository.folder / "a.py", repository.folder / ".git" / "index"
    repository.git("config", "core.trustctime", "false")
    os.utime(file, ns=(10**18, 10**18))
    repository.git("update-index", "--refresh")
    file.write_bytes(b"2\n")
    for path in (file, index):  # as old as each other, and as the entry: git looks at the content
        os.utime(path, ns=(10**18, 10**18))
    assert changed(Checkout(repository.folder, clean), "working-tree") == {"a.py": [1]}


def test_odd_things_in_the_working_tree(
    repository: "Repository", new_repository: "type[Repository]", clean: Environ
) -> None:
    repository.commit(
        {
            b"d/f.py": b"d\n",
            b"hidden/f.py": b"h\n",
            b"file": b"f\n",
            b"e/g.py": b"1\n",
            b"intent": b"",
        }
    )
    new_repository(repository.folder / "inner").commit({b"x.py": b"1\n"})  # of its own
    new_repository(repository.folder / "inner without a commit")
    for name in ("d", "hidden"):  # folders became links
        (repository.folder / name / "f.py").unlink()
        (repository.folder / name).rmdir()
        (repository.folder / name).symlink_to("e")
    (repository.folder / ".git/info/exclude").write_text("hidden\n")
    (repository.folder / "e/f.py").write_bytes(b"1\n")
    (repository.folder / "file").unlink()
    repository.write(
        {b"file/now a folder.py": b"new\n", b"meant.py": b"meant\n", "Käse\n".encode(): b"1"}
    )
    repository.git("add", "--intent-to-add", "meant.py")
    (repository.folder / "run.sh").write_bytes(b"#!\n")
    (repository.folder / "run.sh").chmod(0o755)
    os.mkfifo(repository.folder / "pipe")
    checkout = Checkout(repository.folder, clean)
    side = checkout.side("working-tree")
    assert side.links == {"d": "e"}
    assert side.files == {
        "e/f.py", "e/g.py", "file/now a folder.py", "intent", "meant.py", "Käse\n", "run.sh",
    }  # fmt: skip
    assert changed(checkout, "staged") == {}
    found = changed(checkout, "working-tree")
    assert found["meant.py"] == found["file/now a folder.py"] == [1]


def test_a_submodule_is_left_alone(
    repository: "Repository", new_repository: "type[Repository]", clean: Environ, tmp_path: Path
) -> None:
    inner = new_repository(repository.folder / "module")
    inner.commit({b"x.py": b"1\n"})
    repository.git("-c", "advice.addEmbeddedRepo=false", "add", "module")
    repository.commit({b"a.py": b"1\n"})
    inner.commit({b"x.py": b"2\n"})
    inner.write({b"x.py": b"3\n", b"a.py": b"new\n"})
    inner.git("config", "core.fsmonitor", f"touch {tmp_path}/ran")
    assert changed(Checkout(repository.folder, clean), "working-tree") == {}
    assert changed(Checkout(inner.folder, clean), "working-tree") == {"x.py": [1], "a.py": [1]}
    assert not (tmp_path / "ran").exists()


def test_conflicts_are_no_side_to_compare(repository: "Repository", clean: Environ) -> None:
    repository.commit({b"a b.py": b"1\n", b"c.py": b"1\n"})
    repository.git("checkout", "-q", "-b", "mine")
    repository.commit({b"a b.py": b"mine\n", b"c.py": b"mine\n"})
    repository.git("checkout", "-q", "main")
    repository.commit({b"a b.py": b"theirs\n", b"c.py": b"theirs\n"})
    repository.git("merge", "mine", fails=True)
    checkout = Checkout(repository.folder, clean)
    with pytest.raises(CheckoutError, match=r"a b\.py.*1 more") as caught:
        checkout.side("staged")
    assert (caught.value.slug, "git add" in caught.value.hint) == ("conflicts", True)
    assert set(changed(checkout, "working-tree")) == {"a b.py", "c.py"}  # with git's marks in them


def test_an_index_that_is_none(edited: "Repository", clean: Environ) -> None:
    checkout = Checkout(edited.folder, {**clean, "GIT_INDEX_FILE": "new dir"})
    with pytest.raises(CheckoutError, match="cannot be copied") as caught:
        checkout.side("staged")
    assert caught.value.slug == "no-index"
    checkout = Checkout(edited.folder, {**clean, "GIT_INDEX_FILE": "x.log"})
    with pytest.raises(CheckoutError, match="index file smaller"):
        checkout.side("staged")


def test_a_hooks_index_is_what_will_be_committed(edited: "Repository", clean: Environ) -> None:
    seen = edited.folder / "seen"
    hook = edited.folder / ".git/hooks/pre-commit"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(
        '#!/bin/sh\necho "$GIT_INDEX_FILE" > seen; cp "$GIT_INDEX_FILE" the-index; exit 1\n'
    )
    hook.chmod(0o755)
    edited.git("commit", "-a", "-q", "-m", "x", fails=True)
    told = seen.read_text().strip()
    assert told != ".git/index"
    environ = {**clean, "GIT_INDEX_FILE": "the-index"}
    assert changed(Checkout(edited.folder / "new dir", environ), "staged") == {"a.py": [1, 3]}
    assert changed(Checkout(edited.folder, clean), "staged") == {"a.py": [2]}


def test_an_index_in_parts(edited: "Repository", clean: Environ) -> None:
    edited.git("config", "core.splitIndex", "true")
    edited.git("config", "splitIndex.maxPercentChange", "0")  # each write makes another
    edited.git("add", "new dir")
    parts = set((edited.folder / ".git").glob("sharedindex.*"))
    assert parts
    checkout = Checkout(edited.folder, clean)
    assert changed(checkout, "staged") == {"a.py": [2], "new dir/n b.py": [1, 2]}
    assert changed(checkout, "working-tree") == {"a.py": [1, 3], "new dir/n b.py": [1, 2]}
    assert set((edited.folder / ".git").glob("sharedindex.*")) == parts


def test_a_linked_worktree_has_an_index_of_its_own(edited: "Repository", clean: Environ) -> None:
    other = edited.folder.parent / "worktree"
    edited.git("worktree", "add", "-q", "-b", "other", other)
    (other / "b.py").write_bytes(b"committed\nmore\n")
    checkout = Checkout(other, clean)
    assert changed(checkout, "staged") == {}
    assert changed(checkout, "working-tree") == {"b.py": [2]}


@pytest.mark.skipif(os.geteuid() == 0, reason="root can read everything")
def test_a_file_that_cannot_be_read_is_named(edited: "Repository", clean: Environ) -> None:
    (edited.folder / "new dir/n b.py").chmod(0)
    with pytest.raises(CheckoutError, match=r"n b\.py"):
        Checkout(edited.folder, clean).side("working-tree")
