"""Clones that lack something: what is missing is said, and the command that is given mends it."""

import shlex
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from insights_uploader.model.errors import CheckoutError
from insights_uploader.repository.checkout import Checkout
from insights_uploader.repository.git import Git

if TYPE_CHECKING:
    from repository.conftest import Repository

Environ = Mapping[str, str]


@pytest.fixture
def server(repository: "Repository") -> "Repository":
    """Two branches that parted three commits ago, and a file that is large on both sides."""
    repository.git("config", "uploadpack.allowFilter", "true")
    (repository.folder / "links").mkdir()
    (repository.folder / "links" / "to-a").symlink_to("../a.py")
    for number in range(2):
        repository.commit({b"a.py": b"%d\n" % number, b"far/away.py": b"away %d\n" % number})
    repository.git("tag", "parted")
    repository.git("checkout", "-q", "-b", "mine")
    for number in range(3):
        repository.commit({b"a.py": b"mine\n" * (number + 2)})
    repository.git("checkout", "-q", "main")
    for number in range(3):
        repository.commit({b"b.py": b"%d\n" % number})
    repository.git("checkout", "-q", "mine")
    return repository


def clone(server: "Repository", *options: str) -> Path:
    folder = server.folder.parent / "clone"
    server.git("clone", "-q", *options, server.folder.as_uri(), folder)
    return folder


def mend(folder: Path, hint: str, environ: Environ) -> None:
    """Run the command of a hint, and nothing else."""
    command = hint.partition(": ")[2].partition("; ")[0]
    assert command.startswith("git ")
    subprocess.run(shlex.split(command), cwd=folder, env=environ, check=True, capture_output=True)


def parted(server: "Repository") -> str:
    return server.git("rev-parse", "parted").decode().strip()


def assert_right(folder: Path, server: "Repository", environ: Environ) -> None:
    checkout = Checkout(folder, environ)
    base = checkout.merge_base("origin/main")
    assert base == parted(server)
    assert checkout.diff(base) == Checkout(server.folder, environ).diff(base)


def test_a_single_branch_clone_lacks_the_target(server: "Repository", clean: Environ) -> None:
    folder = clone(server, "--single-branch", "-b", "mine")
    hints = set()
    for revision in ("origin/main", "refs/remotes/origin/main", "main"):
        with pytest.raises(CheckoutError, match="names no commit") as caught:
            Checkout(folder, clean).merge_base(revision)
        hints.add(caught.value.hint.partition("; and name it --base origin/main")[0])
    hint = hints.pop()
    assert hint.endswith(": git fetch origin +refs/heads/main:refs/remotes/origin/main")
    assert not hints
    mend(folder, hint, clean)
    assert_right(folder, server, clean)
    with pytest.raises(CheckoutError) as caught:
        Checkout(folder, clean).merge_base("main")
    assert caught.value.hint == "It is a branch of the remote: --base origin/main"


def test_a_shallow_clone_of_one_branch_lacks_both(server: "Repository", clean: Environ) -> None:
    folder = clone(server, "--depth=1", "-b", "mine")
    with pytest.raises(CheckoutError) as caught:
        Checkout(folder, clean).merge_base("origin/main")
    assert "git fetch --unshallow origin +refs/heads/main" in caught.value.hint
    mend(folder, caught.value.hint, clean)
    assert_right(folder, server, clean)


@pytest.mark.parametrize("depth", [1, 3])
def test_a_shallow_clone_lacks_the_common_commit(
    server: "Repository", clean: Environ, depth: int
) -> None:
    folder = clone(server, f"--depth={depth}", "--no-single-branch", "-b", "mine")
    with pytest.raises(CheckoutError, match="this clone is shallow") as caught:
        Checkout(folder, clean).merge_base("origin/main")
    assert caught.value.slug == "no-merge-base"
    mend(folder, caught.value.hint, clean)
    assert_right(folder, server, clean)


def test_a_shallow_clone_that_goes_far_enough_will_do(server: "Repository", clean: Environ) -> None:
    assert_right(clone(server, "--depth=5", "--no-single-branch", "-b", "mine"), server, clean)


def test_a_shallow_clone_may_hide_a_later_common_commit(
    server: "Repository", clean: Environ
) -> None:
    """By a short way an old commit is common; by a way that is cut off, a newer one is."""
    first = server.git("rev-parse", "parted~1").decode().strip()
    tree = server.git("rev-parse", "mine^{tree}").decode().strip()

    def made(*parents: str) -> str:
        words = [word for parent in parents for word in ("-p", parent)]
        return server.git("commit-tree", "-m", "x", *words, tree).decode().strip()

    newer = made(first)
    long = newer
    for _ in range(4):
        long = made(long)
    target = newer
    server.git("update-ref", "refs/heads/mine", made(first, long))
    server.git("update-ref", "refs/heads/main", made(target, first))
    folder = clone(server, "--depth=3", "--no-single-branch", "-b", "mine")
    shown = server.git("-C", folder, "merge-base", "HEAD", "origin/main").decode().strip()
    assert shown == first  # what git says there is wrong
    with pytest.raises(CheckoutError, match="this clone is shallow") as caught:
        Checkout(folder, clean).merge_base("origin/main")
    mend(folder, caught.value.hint, clean)
    assert Checkout(folder, clean).merge_base("origin/main") == newer


def test_a_commit_is_fetched_by_its_id(server: "Repository", clean: Environ) -> None:
    folder = clone(server, "--depth=1", "-b", "mine")
    with pytest.raises(CheckoutError) as caught:
        Checkout(folder, clean).merge_base(parted(server))
    mend(folder, caught.value.hint, clean)
    assert Checkout(folder, clean).merge_base(parted(server)) == parted(server)


@pytest.mark.parametrize("name", ["no such", "x..y", "$(touch x)", "-x", "a:b", "main~1"])
def test_no_command_is_made_of_what_is_no_branch(
    server: "Repository", clean: Environ, name: str
) -> None:
    with pytest.raises(CheckoutError) as caught:
        Checkout(clone(server, "--depth=1"), clean).commit_id(name)
    assert "refs/heads" not in caught.value.hint


def test_a_branchs_name_is_quoted_in_the_command(server: "Repository", clean: Environ) -> None:
    with pytest.raises(CheckoutError) as caught:
        Checkout(clone(server), clean).commit_id("x;touch$IFS'y")
    words = shlex.split(caught.value.hint.partition(": ")[2].partition("; and")[0])
    assert words[-1].startswith("+refs/heads/x;touch$IFS'y:")


@pytest.mark.parametrize("kind", ["blob:none", "tree:0"])
def test_a_partial_clone_is_not_completed_behind_the_users_back(
    server: "Repository", clean: Environ, kind: str
) -> None:
    folder = clone(server, f"--filter={kind}", "-b", "mine")
    packs = sorted(folder.rglob("*.pack"))
    with pytest.raises(CheckoutError, match="the clone is partial") as caught:
        Checkout(folder, clean).diff(parted(server))
    assert caught.value.slug == "partial-clone"
    missing = server.git("rev-parse", "parted:a.py").decode().strip()
    assert Git(folder, clean).attempt("cat-file", "-e", missing).returncode != 0
    assert sorted(folder.rglob("*.pack")) == packs
    mend(folder, caught.value.hint, clean)
    assert_right(folder, server, clean)


def test_a_sparse_partial_clone_has_what_is_checked_out(
    server: "Repository", clean: Environ
) -> None:
    folder = clone(server, "--filter=blob:none", "--sparse", "-b", "mine")
    assert not (folder / "far").exists()
    head = Checkout(folder, clean).head
    assert head.links == {}  # it is in a folder that is not here
    assert head.files == {"a.py", "far/away.py"}
    assert head.lines("a.py") == [b"mine"] * 4
    with pytest.raises(CheckoutError, match="the clone is partial") as caught:
        head.lines("far/away.py")
    mend(folder, caught.value.hint, clean)
    assert Checkout(folder, clean).head.lines("far/away.py") == [b"away 1"]
    assert Checkout(folder, clean).head.links == {"links/to-a": "../a.py"}


def test_a_sparse_checkout_lacks_nothing(server: "Repository", clean: Environ) -> None:
    folder = clone(server, "--sparse", "-b", "mine")
    assert_right(folder, server, clean)
    checkout = Checkout(folder, clean)
    for side in ("staged", "working-tree"):
        assert checkout.side(side).files == checkout.head.files
    assert checkout.diff("HEAD", checkout.side("working-tree")) == b""


def test_objects_that_others_lend_are_found(server: "Repository", clean: Environ) -> None:
    folder = clone(server, "-b", "mine", "--reference", str(server.folder))
    assert (folder / ".git/objects/info/alternates").exists()
    assert_right(folder, server, clean)


def test_a_repository_that_names_objects_by_sha256(tmp_path: Path, clean: Environ) -> None:
    run = ["git", "-C", str(tmp_path)]
    subprocess.run([*run, "init", "-q", "--object-format=sha256"], env=clean, check=True)
    for text in ("1\n", "1\n2\n"):
        (tmp_path / "a.py").write_text(text)
        subprocess.run([*run, "add", "."], env=clean, check=True)
        subprocess.run([*run, "commit", "-q", "-m", "x"], env=clean, check=True)
    checkout = Checkout(tmp_path, clean)
    assert len(checkout.head.id) == 64
    assert b"@@ -1,0 +2 @@" in checkout.diff("HEAD~1")
    assert checkout.diff("HEAD", checkout.side("working-tree")) == b""


def test_nothing_is_left_behind(
    server: "Repository", clean: Environ, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    checkout = Checkout(server.folder, clean)
    side = checkout.side("working-tree")
    del checkout
    assert side.files  # it keeps what it needs
    assert len(list(temporary.iterdir())) == 1
    del side
    assert list(temporary.iterdir()) == []


def test_without_a_place_for_temporary_files(
    server: "Repository", clean: Environ, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "gone"))
    with pytest.raises(CheckoutError, match="gone") as caught:
        Checkout(server.folder, clean)
    assert "TMPDIR" in caught.value.hint


def test_a_tag_that_is_named_like_the_remotes_branch_does_not_stand_for_it(
    server: "Repository", clean: Environ
) -> None:
    """Whoever may push tags would else hide what a branch changed."""
    server.git("tag", "origin/main", "mine")
    folder = clone(server)
    assert_right(folder, server, clean)
