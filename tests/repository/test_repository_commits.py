"""The commits of a range, read from real repositories."""

import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from insights_uploader.model.errors import CheckoutError
from insights_uploader.repository.checkout import Checkout
from insights_uploader.repository.commits import MOST_FILES, ChangedFile

if TYPE_CHECKING:
    from repository.conftest import Repository

Environ = Mapping[str, str]


def said(repository: "Repository", message: str, **variables: str) -> str:
    """Commit what is there with these words."""
    repository.git("add", "--all", "--force")
    environ = _clean(repository) | variables
    repository.git("commit", "-q", "--allow-empty", "-m", message, environ=environ)
    return repository.git("rev-parse", "HEAD").decode().strip()


def _clean(repository: "Repository") -> dict[str, str]:
    defaults = type(repository).git.__kwdefaults__
    assert defaults is not None
    return dict(defaults["environ"])


def test_who_when_and_with_what_words(repository: "Repository", clean: Environ) -> None:
    base = repository.commit()
    message = "DEMO-1 fix the café\n\nBody, with a NUL's neighbour \x01\nand an end\n\n"
    who = {"GIT_AUTHOR_NAME": "Ädä", "GIT_AUTHOR_EMAIL": "ada@example.com"}
    head = said(repository, message, GIT_AUTHOR_DATE="1700000007 +0530", **who)
    found = Checkout(repository.folder, clean).commits(base)
    [commit] = found.commits
    assert found.is_whole
    assert (commit.id, list(commit.parents), commit.is_merge) == (head, [base], False)
    assert (commit.author_name, commit.author_email) == ("Ädä", "ada@example.com")
    assert commit.authored_s == 1700000007
    assert commit.message == message.rstrip("\n")


def test_which_files_and_how_many_lines(repository: "Repository", clean: Environ) -> None:
    old = b"".join(b"line %d\n" % n for n in range(20))
    base = repository.commit(
        {b"old.py": old, b"gone.py": b"old\nwords\n", b"bin": b"\0\1", b"mod": b"a\n"}
    )
    (repository.folder / "gone.py").unlink()
    (repository.folder / "old.py").rename(repository.folder / "new\tname.py")
    repository.write({b"new\tname.py": old + b"more\n", b"bin": b"\0\2", b"mod": b"b\nc\n"})
    repository.write({b":added\n.py": b"1\n2\n3\n", b"link-to": b"x"})
    (repository.folder / "link-to").unlink()
    (repository.folder / "link-to").symlink_to("mod")
    repository.commit()
    [commit] = Checkout(repository.folder, clean).commits(base).commits
    assert commit.file_count == 6
    assert {each.path: each for each in commit.files} == {
        ":added\n.py": ChangedFile(":added\n.py", "A", 3, 0),
        "bin": ChangedFile("bin", "M", None, None),
        "gone.py": ChangedFile("gone.py", "D", 0, 2),
        "link-to": ChangedFile("link-to", "A", 1, 0),
        "mod": ChangedFile("mod", "M", 2, 1),
        "new\tname.py": ChangedFile("new\tname.py", "R", 1, 0),
    }


def test_the_first_commit_and_one_alone(repository: "Repository", clean: Environ) -> None:
    first = repository.commit({b"a": b"1\n"})
    second = repository.commit({b"b": b"1\n"})
    checkout = Checkout(repository.folder, clean)
    [alone] = checkout.commits(None, first).commits
    assert (alone.id, [each.path for each in alone.files]) == (first, ["a"])
    [head] = checkout.commits(None).commits
    assert (head.id, [each.path for each in head.files]) == (second, ["b"])
    assert list(checkout.commits(second).commits) == []


def test_a_merge_has_no_files_of_its_own(repository: "Repository", clean: Environ) -> None:
    base = repository.commit({b"a": b"1\n"})
    repository.git("checkout", "-q", "-b", "side")
    side = repository.commit({b"b": b"1\n"})
    repository.git("checkout", "-q", "main")
    main = repository.commit({b"c": b"1\n"})
    repository.git("merge", "-q", "--no-ff", "-m", "merge", "side")
    merge, *others = Checkout(repository.folder, clean).commits(base).commits
    assert merge.is_merge
    assert (list(merge.parents), list(merge.files), merge.file_count) == ([main, side], [], 0)
    assert {each.id for each in others} == {side, main}


def test_it_is_bounded_and_says_so(repository: "Repository", clean: Environ) -> None:
    base = repository.commit()
    ids = [repository.commit({b"%d/%d" % (n, m): b"" for m in range(60 * n)}) for n in range(3)]
    checkout = Checkout(repository.folder, clean)
    cut = checkout.commits(base, most=2)
    assert ([each.id for each in cut.commits], cut.is_whole) == ([ids[2], ids[1]], False)
    whole = checkout.commits(base, most=3)
    assert ([each.id for each in whole.commits], whole.is_whole) == (ids[::-1], True)
    assert (len(whole.commits[0].files), whole.commits[0].file_count) == (MOST_FILES, 120)
    assert [each.file_count for each in checkout.commits(base, with_files=False).commits] == [0] * 3


def test_no_setting_bends_it(repository: "Repository", clean: Environ, tmp_path: Path) -> None:
    base = repository.commit({b"a.py": b"1\n"})
    repository.commit({b"a.py": b"2\n", b".gitattributes": b"*.py diff=odd\n"})
    checkout = Checkout(repository.folder, clean)
    plain = checkout.commits(base)
    for name, value in {
        "log.showSignature": "true", "log.showRoot": "false", "log.diffMerges": "on",
        "diff.odd.binary": "true", "diff.renames": "false", "diff.external": "false",
        "i18n.logOutputEncoding": "latin1", "color.ui": "always", "diff.noprefix": "true",
        "format.pretty": "oneline", "notes.displayRef": "*", "diff.orderFile": "/nonexistent",
    }.items():  # fmt: skip
        repository.git("config", name, value)
    assert Checkout(repository.folder, {**clean, "GIT_DIFF_OPTS": "-u9"}).commits(base) == plain


def test_a_shallow_clone_has_what_is_in_the_range(
    repository: "Repository", clean: Environ, tmp_path: Path
) -> None:
    ids = [repository.commit({b"a": b"%d\n" % n}) for n in range(6)]
    there = tmp_path / "clone"
    command = ["git", "clone", "-q", "--depth=3", f"file://{repository.folder}", str(there)]
    subprocess.run(command, check=True, env=dict(clean), capture_output=True)
    checkout = Checkout(there, clean)
    assert [each.id for each in checkout.commits(ids[3]).commits] == [ids[5], ids[4]]
    with pytest.raises(CheckoutError, match="names no commit"):
        checkout.commits(ids[1])
