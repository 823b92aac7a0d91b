"""Lines of a merge are carried back to the pull request's head as `git blame` carries them."""

from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from insights_uploader.changes.line_map import LineMap, Place, read_line_map
from insights_uploader.model.errors import DiffError

if TYPE_CHECKING:
    from changes.conftest import Entry, Repository

LINES = st.sampled_from([b"a", b"b", b"x", b"", b"@@ -1 +1 @@", b"-- a", b"c\r", b"d\x0ce"])


@st.composite
def merges(draw: st.DrawFn) -> tuple[list[bytes], list[bytes]]:
    """A file in the head, and the same after the target's edits."""
    head = draw(st.lists(LINES, min_size=1, max_size=25))
    merged = list(head)
    for _ in range(draw(st.integers(0, 4))):
        start = draw(st.integers(0, len(merged)))
        stop = draw(st.integers(start, min(len(merged), start + 3)))
        merged[start:stop] = draw(st.lists(LINES, max_size=4))
    return head, merged


def read(repository: "Repository", head: str, merge: str) -> LineMap:
    return read_line_map(repository.git("diff", "-U0", "--text", "-M", head, merge), "git diff")


def blamed(repository: "Repository", head: str, merge: str, path: bytes) -> list[Place | None]:
    """Where git says each line of the merge was in its first parent."""
    out = repository.git("blame", "--line-porcelain", f"{head}..{merge}", "--", path)
    places: list[Place | None] = []
    name, origin, old = "", 0, False
    begins = True
    for line in out.split(b"\n")[:-1]:
        if begins:
            origin, old, begins = int(line.split(b" ")[1]), False, False
        elif line == b"boundary":
            old = True
        elif line.startswith(b"filename "):
            name = line.removeprefix(b"filename ").decode()
        elif line.startswith(b"\t"):
            begins = True
            places.append(Place(name, origin) if old else None)
    return places


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(edit=merges(), renamed=st.booleans(), newline=st.booleans())
def test_a_line_of_the_merge_is_where_git_blame_finds_it(
    shared_repository: "Repository",
    edit: tuple[list[bytes], list[bytes]],
    renamed: bool,
    newline: bool,
) -> None:
    old, new = (b"\n".join(lines) + b"\n" * newline for lines in edit)
    long = b"".join(b"line %d\n" % n for n in range(60)) if renamed else b""
    head = shared_repository.commit({b"f.py": long + old, b"other.py": b"1\n"})
    path = b"moved/g.py" if renamed else b"f.py"
    merge = shared_repository.commit({path: long + new, b"other.py": b"1\n"}, head)
    lines = read(shared_repository, head, merge)
    expected = blamed(shared_repository, head, merge, path) if long + new else []
    found = [lines.before(path.decode(), n) for n in range(1, len(expected) + 1)]
    assert found == expected
    carried = [place.line for place in found if place]
    assert carried == sorted(set(carried))
    assert lines.path_before(path.decode()) == "f.py"
    assert lines.before("other.py", 1) == Place("other.py", 1)


def test_what_the_target_brought_in_is_nowhere_in_the_head(
    shared_repository: "Repository",
) -> None:
    head = shared_repository.commit({b"x.py": b"1\n2\n", b"bin": b"\0old\n", b"gone": b"gone\n"})
    merged: dict[bytes, Entry] = {b"x.py": b"0\n1\n2\n", b"new.py": b"1\n", b"bin": b"\0new\n"}
    merge = shared_repository.commit(merged, head)
    lines = read_line_map(shared_repository.git("diff", "-U0", head, merge), "git diff")
    assert [lines.before("x.py", n) for n in (1, 2, 3)] == [
        None,
        Place("x.py", 1),
        Place("x.py", 2),
    ]
    assert (lines.before("new.py", 1), lines.path_before("new.py")) == (None, None)
    assert (lines.before("bin", 1), lines.path_before("bin")) == (None, "bin")  # none can be told


def test_a_diff_with_context_does_not_tell(shared_repository: "Repository") -> None:
    head = shared_repository.commit({b"x.py": b"1\n2\n"})
    merge = shared_repository.commit({b"x.py": b"0\n1\n2\n"}, head)
    with pytest.raises(DiffError, match=r"^git diff: line 1: the diff has context lines"):
        read_line_map(shared_repository.git("diff", head, merge), "git diff")
