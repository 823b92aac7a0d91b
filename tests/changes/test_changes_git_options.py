"""Every option of git's that writes another diff: it is read to the same lines, or refused by name."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from insights_uploader.changes.changed_lines import ChangedLines
from insights_uploader.changes.proof import prove
from insights_uploader.changes.unified import parse_diff
from insights_uploader.model.errors import DiffError

if TYPE_CHECKING:
    from changes.conftest import Commit, Repository

Numbers = Callable[[ChangedLines, bytes], list[int]]
Story = tuple["Repository", str, str]

OLD = [b"line %d\n" % number for number in range(40)]
NEW = [*OLD[:3], b"++ b/x\n", *OLD[4:5], b"-- x\n", b"@@ -1 +1 @@\n", b"a\x0cb\xe2\x80\xa8c\n", *OLD[5:30], *OLD[31:]]  # fmt: skip
LINES = [4, 6, 7, 8]
EDITED = {b"x b/x y.py": b"", b"renamed.py": b"r", b"caf\xc3\xa9\t.py": b"c"}


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory, shared_repository: "Repository") -> Story:
    """Every kind of change at once, a submodule's among them, which is there to be looked into."""
    repository = type(shared_repository)(tmp_path_factory.mktemp("options") / "r")
    old, new = b"".join(OLD), b"".join(NEW)
    moved = b"".join(b"def %d\n" % number for number in range(20))
    one = repository.commit({b"s.py": b"1\n2\n", b"was.py": moved})
    two = repository.commit({b"s.py": b"1\n3\n", b"n b/n": b"", b"is.py": moved + b"x\n"}, one)
    base = repository.commit({
        **{(b"old.py" if key == b"renamed.py" else key): text + old for key, text in EDITED.items()},
        b"mode": b"m\n", b"gone": b"g\n", b"bin": b"\0a\n", b"crlf": b"1\r\n2\r\n",
        b"link": (b"120000", b"mode"), b"my sub": (b"160000", one.encode()), b"no newline": b"a",
        b"removed": (b"160000", one.encode()), b"folder/s.py": b"1\n",
    })  # fmt: skip
    head = repository.commit({
        **{key: text + new for key, text in EDITED.items()},
        b"mode": (b"100755", b"m\n"), b"empty": b"", b"bin": b"\0b\n", b"crlf": b"1\r\n3\r\n",
        b"link": (b"120000", b"crlf"), b"my sub": (b"160000", two.encode()), b"no newline": b"b",
        b"removed/s.py": b"new\n", b"folder": (b"160000", two.encode()), b"z.py": b"z\n",
    }, base)  # fmt: skip
    repository.git("reset", "-q", "--hard", head)
    for module in ("my sub", "folder", "removed/.git"):
        repository.git("clone", "-q", *(["--bare"] if ".git" in module else []), ".", module)
    return repository, base, head


READ = [
    "", "--submodule=log", "--submodule=diff", "--submodule=short", "--stat -p", "--raw -p",
    "--patch-with-raw", "--patch-with-stat", "--dirstat -p", "--numstat -p", "--summary -p",
    "--compact-summary -p", "-W", "-B -M", "-D", "--full-index", "--binary", "--no-prefix",
    "--src-prefix=src:// --dst-prefix=dst://", "--src-prefix=my\xa0old/ --dst-prefix=my\xa0new/",
    "--minimal", "--patience", "--histogram", "--inter-hunk-context=9", "--abbrev=4", "-z -p", "-U0",
    "-U1", "-U99", "--no-indent-heuristic", "--diff-filter=d", "--rotate-to=mode", "--text",
]  # fmt: skip


@pytest.mark.parametrize("options", READ)
@pytest.mark.parametrize("quoting", ["true", "false"])
def test_options_that_show_the_same_change(
    story: Story, numbers: Numbers, commit_content: type["Commit"], options: str, quoting: str
) -> None:
    repository, base, head = story
    words = [word.replace("\xa0", " ") for word in options.split(" ") if word]
    diff = repository.git("-c", f"core.quotePath={quoting}", "diff", "-M", *words, base, head)
    judge(parse_diff(diff, "git diff"), numbers)
    if "--submodule=diff" in words:
        for line in (b"+++ b/my sub/s.py\t\n", b"\nrename to is.py\n", b" (submodule deleted)\n"):
            assert line in diff
    if "-D" not in words:
        prove(parse_diff(diff, "git diff"), commit_content(repository, head), "git diff")


MAILS = ["", "--attach", "--inline", "--cover-letter", "--base=HEAD~1", "--notes", "--no-stat",
         "--zero-commit", "--signoff", "--no-signature", "--numbered", "-U0", "--submodule=diff",
         "--signature=-\xa0me", "--no-prefix"]  # fmt: skip


@pytest.mark.parametrize("options", MAILS)
def test_one_patch_by_mail(story: Story, numbers: Numbers, options: str) -> None:
    repository, _, head = story
    words = [word.replace("\xa0", " ") for word in options.split(" ") if word]
    mail = repository.git("format-patch", "-1", "--stdout", *words, head)
    judge(parse_diff(mail, "patch"), numbers)


SHOWN = ["", "--format=raw", "--format=email", "--format=mboxrd", "--stat -p", "--raw -p", "-m",
         "--oneline", "-c", "--cc", "--format=", "--format=%B", "--submodule=diff"]  # fmt: skip


@pytest.mark.parametrize("options", SHOWN)
def test_one_commit_that_is_shown(story: Story, numbers: Numbers, options: str) -> None:
    repository, _, head = story
    shown = repository.git("show", *options.split(), head)
    judge(parse_diff(shown, "git show"), numbers)


def judge(changes: ChangedLines, numbers: Numbers) -> None:
    for name in EDITED:
        assert numbers(changes, name) == LINES
    for name in (b"mode", b"empty"):
        assert numbers(changes, name) == []
    for name in (b"link", b"no newline", b"removed/s.py", b"z.py"):
        assert numbers(changes, name) == [1]
    assert numbers(changes, b"crlf") == [2]
    assert {file.path for file in changes.files} == {
        *(name.decode() for name in EDITED), "mode", "empty", "link", "no newline", "removed/s.py",
        "z.py", "crlf", "bin",
    }  # fmt: skip


REFUSED = {
    "--word-diff": "diff-of-words",
    "--word-diff=porcelain": "diff-of-words",
    "--word-diff=color": "diff-coloured",
    "--color-words": "diff-coloured",
    "--color=always": "diff-coloured",
    "--color=always --color-moved": "diff-coloured",
    "-R": "diff-reversed",
    "--stat": "diff-without-files",
    "--raw": "diff-without-files",
    "--name-only": "diff-without-files",
    "--line-prefix=|": "diff-without-files",
    "--output-indicator-new=>": "diff-truncated",
    "--output-indicator-context=#": "diff-truncated",
}


@pytest.mark.parametrize(("options", "slug"), REFUSED.items())
def test_options_that_show_no_such_lines(story: Story, options: str, slug: str) -> None:
    repository, base, head = story
    with pytest.raises(DiffError) as caught:
        parse_diff(repository.git("diff", *options.split(), base, head), "git diff")
    assert caught.value.slug == slug


def test_a_mail_with_a_cover_letter_and_two_patches(story: Story) -> None:
    repository, _, head = story
    last = repository.commit({b"a": b"1\n"}, head)
    mails = repository.git("format-patch", "-2", "--cover-letter", "--stdout", last)
    with pytest.raises(DiffError) as caught:
        parse_diff(mails, "patch")
    assert caught.value.slug == "diff-of-several-commits"
