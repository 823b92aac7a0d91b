"""No setting, variable or attribute bends the diff: it is git's own, byte for byte."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from insights_uploader.changes.unified import parse_diff
from insights_uploader.model.errors import CheckoutError
from insights_uploader.repository import unified_diff
from insights_uploader.repository.checkout import Checkout
from insights_uploader.repository.git import Git

if TYPE_CHECKING:
    from repository.conftest import Repository

LINES = [b"line %d\n" % n for n in range(40)]
PLAIN = ["diff", "-U0", "--full-index"]
MOVED = b"".join(b"def f%d(x):\n    return x + %d\n\n" % (n, n) for n in range(9))


@pytest.fixture(scope="module")
def bent(
    tmp_path_factory: pytest.TempPathFactory, new_repository: "type[Repository]"
) -> "Repository":
    """Two commits with something in them for every setting to change."""
    repository = new_repository(tmp_path_factory.mktemp("bent") / "repository")
    small = new_repository(repository.folder.parent / "small")
    repository.git("-c", "protocol.file.allow=always", "clone", "-q", small.folder, "module")
    module = repository.folder / "module"
    for setting in ("user.name=A", "user.email=a@example.com"):
        repository.git("-C", module, "config", *setting.split("="))
    repository.git("-C", module, "commit", "-q", "--allow-empty", "-m", "one")
    base = {
        b"near.py": b"".join(LINES),
        b"old.py": MOVED,
        "Käse.py".encode(): b"1\n2\n",
        b"blank.py": b"a\n\nb\n\nc\n",
        b"sub/z.py": b"1\n",
        b"order.py": b"b\nu\nu\nb\nc\nu\nd\nu\n",
        b"indent.py": b"def a():\n    pass\n\n\ndef b():\n    pass\n",
    }
    repository.commit(base)
    repository.git("tag", "base")
    repository.git("-C", module, "commit", "-q", "--allow-empty", "-m", "two")
    (repository.folder / "old.py").unlink()
    near = list(LINES)
    near[10], near[12] = b"changed\n", b"changed too\n"
    repository.commit(
        {
            b"near.py": b"".join(near),
            b"new.py": MOVED.replace(b"x + 4", b"x + 44"),
            "Käse.py".encode(): b"1\n3\n",
            b"blank.py": b"a\n\nB\n\nc\n",
            b"sub/z.py": b"2\n",
            b"order.py": b"u\nu\nd\nu\nb\nb\nc\nu\n",
            b"indent.py": b"def a():\n    pass\n\n\ndef c():\n    pass\n\n\ndef b():\n    pass\n",
        }
    )
    return repository


@pytest.fixture(scope="module")
def straight(bent: "Repository") -> bytes:
    """What git gives when nobody has set anything."""
    diff = bent.git("-c", "core.quotePath=false", *PLAIN, "-M", "base", "HEAD")
    assert diff.count(b"diff --git") == 8
    return diff


SETTINGS = [
    "diff.noprefix=true",
    "diff.mnemonicPrefix=true",
    "diff.interHunkContext=10",
    "diff.context=7",
    "diff.algorithm=patience",
    "diff.indentHeuristic=false",
    "diff.renames=false",
    "diff.renames=copies",
    "diff.renameLimit=1",
    "diff.relative=true",
    "diff.suppressBlankEmpty=true",
    "diff.submodule=log",
    "diff.ignoreSubmodules=all",
    "diff.orderFile=order",
    "diff.external=echo bent",
    "diff.colorMoved=zebra",
    "diff.wsErrorHighlight=all",
    "diff.srcPrefix=s/",
    "diff.dstPrefix=d/",
    "diff.dirstat=files",
    "color.ui=always",
    "color.diff=always",
    "core.quotePath=true",
    "core.abbrev=5",
    "core.bigFileThreshold=1",
    "core.pager=echo bent",
    "core.attributesFile=attributes",
    "core.whitespace=cr-at-eol",
    "core.autocrlf=true",
    "pager.diff=echo bent",
    "submodule.recurse=true",
    "log.showSignature=true",
]


def environment(
    clean: Mapping[str, str], folder: Path, settings: Sequence[str]
) -> Mapping[str, str]:
    """A user's environment, with a home whose configuration holds the settings."""
    (folder / "order").write_text("sub/z.py\nnear.py\n")
    (folder / "attributes").write_text("*.py -diff\n")
    config = folder / ".gitconfig"
    sections = []
    for setting in settings:
        name, _, value = setting.partition("=")
        section, _, key = name.rpartition(".")
        section, _, driver = section.partition(".")
        if value in ("order", "attributes"):
            value = str(folder / value)
        sections.append(f'[{section} "{driver}"]' if driver else f"[{section}]")
        sections.append(f"{key} = {value}")
    config.write_text("\n".join([*sections, ""]))
    return {**clean, "HOME": str(folder), "GIT_CONFIG_GLOBAL": str(config)}


@pytest.mark.parametrize("setting", SETTINGS)
def test_a_users_setting_changes_nothing(
    bent: "Repository", straight: bytes, clean: Mapping[str, str], tmp_path: Path, setting: str
) -> None:
    environ = environment(clean, tmp_path, [setting])
    assert bent.git("config", setting.partition("=")[0], environ=environ)  # git reads it
    for folder in (bent.folder, bent.folder / "sub"):
        assert Checkout(folder, environ).diff("base") == straight


def test_settings_would_bend_a_diff_that_is_not_pinned(
    bent: "Repository", straight: bytes, clean: Mapping[str, str], tmp_path: Path
) -> None:
    bending = set()
    for setting in SETTINGS:
        environ = environment(clean, tmp_path, [setting])
        pinned = [] if "quotePath" in setting else ["-c", "core.quotePath=false"]
        words = [*pinned, "-C", "sub", *PLAIN, "base", "HEAD"]
        if bent.git(*words, environ=environ, fails=True) != straight:
            bending.add(setting.partition("=")[0])
    assert bending >= {
        "diff.noprefix",
        "diff.interHunkContext",
        "diff.algorithm",
        "diff.renames",
        "diff.relative",
        "diff.submodule",
        "diff.ignoreSubmodules",
        "diff.orderFile",
        "diff.external",
        "color.ui",
        "core.quotePath",
        "core.bigFileThreshold",
        "core.attributesFile",
    }


def test_all_settings_at_once_by_each_way_change_nothing(
    bent: "Repository", straight: bytes, clean: Mapping[str, str], tmp_path: Path
) -> None:
    pairs = [setting.split("=", 1) for setting in SETTINGS if "File=" not in setting]
    counted = {f"GIT_CONFIG_KEY_{n}": key for n, (key, _) in enumerate(pairs)}
    counted |= {f"GIT_CONFIG_VALUE_{n}": value for n, (_, value) in enumerate(pairs)}
    counted["GIT_CONFIG_COUNT"] = str(len(pairs))
    assert Checkout(bent.folder, {**clean, **counted}).diff("base") == straight
    assert Checkout(bent.folder, environment(clean, tmp_path, SETTINGS)).diff("base") == straight
    clone = tmp_path / "clone"
    bent.git("clone", "-q", ".", clone)
    for key, value in pairs:
        bent.git("-C", clone, "config", key, value)
    assert Checkout(clone, clean).diff("base") == straight


@pytest.mark.parametrize(
    "variables",
    [
        {"GIT_DIFF_OPTS": "-u5"},
        {"GIT_EXTERNAL_DIFF": "echo"},
        {"GIT_PAGER": "echo", "PAGER": "echo"},
        {"GIT_LITERAL_PATHSPECS": "0", "GIT_ICASE_PATHSPECS": "1"},
        {"GIT_INDEX_FILE": "elsewhere", "GIT_NAMESPACE": "other"},
        {"GIT_TRACE": "1", "GIT_TRACE2": "1"},
        {"GIT_CONFIG_PARAMETERS": "'diff.noprefix=true' 'diff.interHunkContext=9'"},
        {"LANGUAGE": "de", "LC_ALL": "C.UTF-8"},
    ],
    ids=str,
)
def test_a_variable_changes_nothing(
    bent: "Repository", straight: bytes, clean: Mapping[str, str], variables: Mapping[str, str]
) -> None:
    assert Checkout(bent.folder, {**clean, **variables}).diff("base") == straight


@pytest.mark.parametrize(
    "attributes",
    [
        b"*.py -diff\n",  # the author of a pull request would hide all changes
        b"* binary\n",
        b"*.py diff=mine\n",
        b"*.py diff=python\n",
        b"*.py text eol=crlf working-tree-encoding=UTF-16\n",
    ],
)
@pytest.mark.parametrize("committed", [True, False])
def test_the_checkouts_attributes_change_nothing(
    bent: "Repository",
    straight: bytes,
    clean: Mapping[str, str],
    tmp_path: Path,
    attributes: bytes,
    committed: bool,
) -> None:
    mine = [
        "diff.mine.textconv=echo bent",
        "diff.mine.command=echo bent",
        "diff.mine.binary=true",
        "diff.mine.xfuncname=^(.*)$",
        "diff.mine.algorithm=patience",
    ]
    environ = environment(clean, tmp_path, mine)
    clone = tmp_path / "clone"
    bent.git("clone", "-q", ".", clone)
    (clone / ".gitattributes").write_bytes(attributes)
    (clone / "sub" / ".gitattributes").write_bytes(attributes)
    if committed:
        bent.git("-C", clone, "add", ".gitattributes", "sub/.gitattributes")
        bent.git("-C", clone, "commit", "-q", "-m", "attributes")
    diff = Checkout(clone, environ).diff("base")
    files = [part for part in diff.split(b"diff --git ") if b".gitattributes" not in part]
    assert b"diff --git ".join(files) == straight


def test_gits_own_words_come_with_a_failure(
    repository: "Repository", clean: Mapping[str, str]
) -> None:
    with pytest.raises(CheckoutError) as caught:
        Git(repository.folder, clean).run("cat-file", "blob", "f" * 40)
    assert caught.value.slug == "git-failed"
    assert "git cat-file failed" in caught.value.message
    assert "f" * 40 in caught.value.message
    repository.commit({b"f": b"1\n"})
    with pytest.raises(CheckoutError, match="git rev-list failed: fatal: ") as caught:
        Git(repository.folder, clean).run("rev-list", "HEAD~9")
    assert "hint:" not in caught.value.message


# Binary files, and those that git takes for such


def numbers(checkout: Checkout, base: str) -> dict[str, list[int]]:
    changes = parse_diff(checkout.diff(base), "git diff", zero_context=True)
    return {f.path: [n for r in f.ranges for n in range(r.start, r.end + 1)] for f in changes.files}


ODD = ["a b.bin", "st*r[1]?\\.bin", 'quo"te', "new\nline", "!not", "#hash ", "Käse", "d/ee/p\t"]


@pytest.mark.parametrize("too_large", [False, True])
def test_a_file_with_a_nul_has_lines_like_any_other(
    repository: "Repository",
    clean: Mapping[str, str],
    monkeypatch: pytest.MonkeyPatch,
    too_large: bool,
) -> None:
    monkeypatch.setattr(unified_diff, "TEXT_BUDGET", 1000)
    base = repository.commit(
        {name.encode(): b"%d\0\n2\n3\n" % n for n, name in enumerate(ODD)} | {b"a.py": b"1\n"}
    )
    head = {name.encode(): b"%d\0\nnew\n3\n" % n for n, name in enumerate(ODD)}
    repository.commit(head | {b"a.py": b"1\n2\n", b"new.bin": b"\0\n2\n"})
    repository.commit({b"large.bin": b"\0" * 1001} if too_large else {})
    repository.git("mv", ODD[0], "moved.bin")
    repository.commit({b"gone.bin": b"\0gone\n"})
    (repository.folder / "gone.bin").unlink()
    repository.commit()
    found = numbers(Checkout(repository.folder, clean), base)
    expected = {name: [2] for name in [*ODD[1:], "moved.bin"]}
    assert found.pop("large.bin", []) == []
    assert found == expected | {"a.py": [2], "new.bin": [1, 2]}


@pytest.mark.parametrize("attributes", ["* -diff\n", "* binary\n", "*.py diff=mine\n"])
def test_attributes_beside_the_repository_hide_nothing(
    bent: "Repository", straight: bytes, clean: Mapping[str, str], tmp_path: Path, attributes: str
) -> None:
    clone = tmp_path / "clone"
    bent.git("clone", "-q", ".", clone)
    (clone / ".git/info/attributes").write_text(attributes)
    bent.git("-C", clone, "config", "diff.mine.binary", "true")
    plain = bent.git("-C", clone, "-c", "core.quotePath=false", *PLAIN, "-M", "base", "HEAD")
    assert plain != straight
    assert Checkout(clone, clean).diff("base") == straight


def test_only_so_much_of_binary_files_is_read_line_by_line(
    repository: "Repository", clean: Mapping[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    small, large, text = b"\0\n2\n", b"\0\n" + b"2\n" * 99, b"1\n" * 999
    base = repository.commit({b"old": b""})
    repository.commit(
        {b"small": small, b"small too": small + b"3\n", b"large": large, b"text": text}
    )
    monkeypatch.setattr(unified_diff, "TEXT_BUDGET", 50)
    checkout = Checkout(repository.folder, clean)
    found = {path: len(lines) for path, lines in numbers(checkout, base).items()}
    assert found == {"small": 2, "small too": 3, "large": 0, "text": 999}
    monkeypatch.setattr(unified_diff, "TEXT_BUDGET", 500)
    found = {path: len(lines) for path, lines in numbers(checkout, base).items()}
    assert found == {"small": 2, "small too": 3, "large": 100, "text": 999}
    monkeypatch.setattr(unified_diff, "TEXT_BUDGET", 50)
    assert len(numbers(checkout, base)["small"]) == 2
    monkeypatch.setattr(unified_diff, "TEXT_BUDGET", 0)  # nothing of before is left
    assert numbers(checkout, base)["small"] == []
