"""The changed lines are those of `git blame` on one commit of HEAD's files above the merge base."""

import itertools
import tempfile
from collections.abc import Mapping
from pathlib import Path

import pytest
from histories import PROJECTS, History, Tree, changed, releases
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from insights_uploader.changes.unified import parse_diff
from insights_uploader.repository import renames
from insights_uploader.repository.checkout import Checkout

NAMES = [
    b"a.py", b"with space.py", b"x b/x.py", b'quo"te.c', b"tab\there", b"new\nline", b"caf\xc3\xa9",
    b"not-utf8\xff", b"deep/er/f", b"b/a", b"st*r[1]?", b"back\\slash", b"!odd ", b"#hash",
]  # fmt: skip
LINES = st.sampled_from(
    [b"", b"a", b"b", b"  c", b"++ b/x", b"-- a/x", b"d\r", b"e\x0cf", "g\u2028h".encode(), b"\0"]
)
BLOCKS = st.lists(LINES, max_size=12)


def text(lines: list[bytes]) -> bytes:
    return b"".join(line + b"\n" for line in lines)


@st.composite
def edited(draw: st.DrawFn, tree: Tree) -> dict[bytes, bytes]:
    """Another version of some files: lines replaced, blocks moved, renamed, deleted, new, CRLF."""
    files = dict(tree)
    for path in draw(st.lists(st.sampled_from(sorted(files)), max_size=3, unique=True)):
        lines = files[path].split(b"\n")
        start = draw(st.integers(0, len(lines)))
        stop = draw(st.integers(start, len(lines)))
        kind = draw(st.sampled_from(["replace", "move", "rename", "delete", "crlf", "bare end"]))
        if kind == "replace":
            lines[start : min(stop, start + 4)] = draw(BLOCKS)
        elif kind == "move":
            block = lines[start:stop]
            del lines[start:stop]
            lines[len(lines) // 2 : len(lines) // 2] = block
        elif kind == "crlf":
            lines = [line + b"\r" for line in lines]
        elif kind == "bare end":
            lines = [*lines, b"the end"]
        files[path] = b"\n".join(lines)
        if kind in ("delete", "rename"):
            content = files.pop(path)
            free = sorted(set(NAMES) - set(files))
            if kind == "rename" and free:
                files[draw(st.sampled_from(free))] = content + draw(LINES) + b"\n"
    if draw(st.booleans()):
        files[draw(st.sampled_from(NAMES))] = text(draw(BLOCKS))
    return files or dict(tree)


@st.composite
def trees(draw: st.DrawFn) -> dict[bytes, bytes]:
    names = draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=4, unique=True))
    return {
        name: b"%d\n" % n * draw(st.integers(0, 9)) + text(draw(BLOCKS))
        for n, name in enumerate(names)
    }


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_any_history(clean: Mapping[str, str], data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory() as folder:
        history = History(Path(folder) / "r")
        start = data.draw(trees())
        target_tree = data.draw(edited(start))
        mine = data.draw(edited(start))
        base = history.commit(start)
        target = history.commit(target_tree, base)
        head = history.commit(mine, base)
        if data.draw(st.booleans()):  # the target is merged into the branch, which goes on
            mine = data.draw(edited({**mine, **target_tree}))
            head, base = history.commit(mine, head, target), target
            mine = data.draw(edited(mine))
            head = history.commit(mine, head)
            target = history.commit(data.draw(edited(target_tree)), target)
        judge(history, base, target, head, mine, clean)


def judge(
    history: History, base: int, target: int, head: int, tree: Tree, environ: Mapping[str, str]
) -> Mapping[int, str]:
    """Compare every line of every file with what git blames; returns the commits."""
    synthetic = history.commit(tree, base)
    ids = history.build(head)
    checkout = Checkout(history.folder, environ)
    assert checkout.merge_base(ids[target]) == ids[base]
    changes = parse_diff(checkout.diff(ids[base]), "git diff", zero_context=True)
    for path, content in tree.items():
        blamed = history.blamed(ids[base], ids[synthetic], path) if content else []
        assert changed(changes, path) == blamed, path
    return ids


def test_a_nul_does_not_change_which_files_are_alike(
    tmp_path: Path, clean: Mapping[str, str]
) -> None:
    """In text git looks past a carriage return, and finds these two more alike."""
    history = History(tmp_path / "r")
    base = history.commit({b"old": b"\nd\r\n"})
    new = {b"a.py": b"d\r\n\0\n", b"b.py": b"\nd\r\n\n"}
    judge(history, base, base, history.commit(new, base), new, clean)


def test_a_file_that_is_split_in_two(
    tmp_path: Path, clean: Mapping[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both halves come from it; `git diff` alone says so of one."""
    lines = [b"def f%d(): ...\n" % number for number in range(30)]
    old = {b"both.py": b"".join(lines), b"gone": b"gone\n", b"edited": b"1\n"}
    new = {
        b"first half.py": b"new\n" + b"".join(lines[:18]),
        b"second\thalf.py": b"".join(lines[12:]),
        b"new.py": b"all new\n",
        b"edited": b"1\n2\n",
    }
    history = History(tmp_path / "r")
    base = history.commit(old)
    head = history.commit(new, base)
    ids = judge(history, base, base, head, new, clean)
    monkeypatch.setattr(renames, "MAX_PAIRS", 1)  # too many of them: git's own pairing
    checkout = Checkout(history.folder, clean)
    plain = history.git("diff", "-U0", "-M", "--full-index", ids[base], ids[head])
    assert checkout.diff(ids[base]).count(b"\nrename from") == plain.count(b"\nrename from") == 1


STEPS = [
    (project, number)
    for project in sorted(path.name for path in PROJECTS.iterdir())
    for number in range(len(releases(project)) - 1)
]


def test_there_are_histories_of_five_projects() -> None:
    assert len({project for project, _ in STEPS}) >= 5


@pytest.mark.parametrize(("project", "number"), STEPS)
def test_releases_of_a_real_project(
    tmp_path: Path, clean: Mapping[str, str], project: str, number: int
) -> None:
    """A branch with the next release, while the target went on with another file."""
    old, new = itertools.islice(releases(project), number, number + 2)
    history = History(tmp_path / "r")
    base = history.commit(old)
    target = history.commit({**old, b"of the target": b"1\n"}, base)
    head = history.commit(new, base)
    judge(history, base, target, head, new, clean)
