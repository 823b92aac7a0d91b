"""Identities over real edits: two releases of real projects, and edits of every sort in them.

Which lines an edit leaves alone is git's word, not ours.
"""

import re
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import pytest
import repository
from hypothesis import given, settings
from hypothesis import strategies as st
from selection.builders import finding

from insights_uploader.model.finding import Placed
from insights_uploader.selection.identity import Identity

WINDOW = 50  # characters after a line's beginning that belong to its identity
HUNK = re.compile(rb"^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@", re.MULTILINE)


class Edit(NamedTuple):
    """A file before and after, and the lines that git calls unchanged, counted from 0."""

    before: Sequence[bytes]
    after: Sequence[bytes]
    unchanged: Sequence[tuple[int, int]]


def git(folder: Path, *arguments: str) -> bytes:
    return subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True).stdout


def split(content: bytes) -> list[bytes]:
    return content.removesuffix(b"\n").split(b"\n")


def unchanged(diff: bytes, number: int) -> Iterator[tuple[int, int]]:
    """The pairs of lines that no hunk of a diff touches."""
    old = new = 0
    for match in HUNK.finditer(diff):
        start, gone, _, come = (1 if group is None else int(group) for group in match.groups())
        first = start - 1 if gone else start
        while old < first:
            yield old, new
            old, new = old + 1, new + 1
        old, new = old + gone, new + come
    yield from zip(range(old, number), range(new, new + number - old), strict=True)


@pytest.fixture(scope="module")
def edits(dotenv: Path, tmp_path_factory: pytest.TempPathFactory) -> Sequence[Edit]:
    """Every file of code that differs between two releases, of two projects."""
    object_path = tmp_path_factory.mktemp("object-path")
    repository.build(object_path, "object-path", "0.11.4", "0.11.5")
    found = []
    for folder in (dotenv, object_path):
        names = git(
            folder, "diff", "--name-only", "--diff-filter=M", "main...", "--", "*.py", "*.js"
        )
        for name in names.decode().split():
            before, after = (split(git(folder, "show", f"{at}:{name}")) for at in ("main", "HEAD"))
            diff = git(folder, "diff", "-U0", "main...", "--", name)
            found.append(Edit(before, after, list(unchanged(diff, len(before)))))
    return found


def identities(lines: Sequence[bytes]) -> list[bytes]:
    identity = Identity(lambda _: lines)
    return [
        identity.of(Placed(finding(), "f.py", number + 1, None, "")) for number in range(len(lines))
    ]


def following(lines: Sequence[bytes]) -> list[bytes]:
    """What follows each line's beginning, without blanks."""
    dense = [b"".join(line.split()) for line in lines]
    return [b"".join(dense[n : n + WINDOW + 60])[:WINDOW] for n in range(len(lines))]


def once(texts: Sequence[bytes]) -> set[bytes]:
    return {text for text, number in Counter(texts).items() if number == 1}


def test_unchanged_lines_of_a_real_edit_keep_their_identities(edits: Sequence[Edit]) -> None:
    kept = moved_away = total = 0
    for before, after, pairs in edits:
        ours, theirs = identities(before), identities(after)
        old, new = following(before), following(after)
        alone = once(old) & once(new)
        for one, other in pairs:
            assert before[one] == after[other]
            if not before[one].strip():
                continue
            if old[one] == new[other] and old[one] in alone:
                assert ours[one] == theirs[other]
            total += 1
            kept += ours[one] == theirs[other]
            moved_away += ours[one] != theirs[other] and ours[one] in theirs
    assert total > 1000
    assert kept / total > 0.88  # these releases rewrote a third of some files
    assert moved_away / total < 0.002  # the identity is taken by another line


def test_no_two_lines_of_a_real_file_share_an_identity(edits: Sequence[Edit]) -> None:
    for before, after, _ in edits:
        for lines in (before, after):
            assert len(set(identities(lines))) == len(lines)


REFORMATTED: dict[str, Callable[[bytes], bytes]] = {
    "CRLF": lambda line: line + b"\r",
    "tabs": lambda line: line.replace(b"    ", b"\t"),
    "deeper": lambda line: b"      " + line,
    "trailing": lambda line: line + b" \t ",
    "operators": lambda line: line.replace(b" = ", b"=").replace(b", ", b",").replace(b"(", b"( "),
}


@pytest.mark.parametrize("reformatted", REFORMATTED.values(), ids=REFORMATTED)
def test_changes_that_git_calls_white_space_keep_every_identity(
    edits: Sequence[Edit], reformatted: Callable[[bytes], bytes], tmp_path: Path
) -> None:
    for before, _, _ in edits:
        after = [reformatted(line) for line in before]
        for name, lines in (("old", before), ("new", after)):
            (tmp_path / name).write_bytes(b"\n".join(lines) + b"\n")
        assert git(tmp_path, "diff", "--no-index", "-w", "old", "new") == b""
        assert identities(after) == identities(before)


class Numbered(NamedTuple):
    """A line and where it came from; None for one that an edit brought."""

    origin: int | None
    text: bytes


def insert(lines: list[Numbered], a: int, b: int) -> list[Numbered]:
    new = [
        Numbered(None, text) for text in (b"# a new line", b"", b"    return None", lines[b].text)
    ]
    return [*lines[:a], *new, *lines[a:]]


def delete(lines: list[Numbered], a: int, b: int) -> list[Numbered]:
    return [*lines[:a], *lines[min(b, a + 9) :]]


def copy(lines: list[Numbered], a: int, b: int) -> list[Numbered]:
    return [*lines[:b], *(Numbered(None, line.text) for line in lines[a:b]), *lines[b:]]


def swap(lines: list[Numbered], a: int, b: int) -> list[Numbered]:
    middle = (a + b) // 2
    return [*lines[:a], *lines[middle:b], *lines[a:middle], *lines[b:]]


def indent(lines: list[Numbered], a: int, b: int) -> list[Numbered]:
    moved = [Numbered(line.origin, b"\t" + line.text) for line in lines[a:b]]
    return [*lines[:a], *moved, *lines[b:]]


def rewrite(lines: list[Numbered], a: int, b: int) -> list[Numbered]:
    changed = [Numbered(None, line.text + b" or None") for line in lines[a : min(b, a + 3)]]
    return [*lines[:a], *changed, *lines[min(b, a + 3) :]]


STEPS = st.lists(
    st.tuples(
        st.sampled_from([insert, delete, copy, swap, indent, rewrite]),
        st.floats(0, 1),
        st.floats(0, 1),
    ),
    max_size=5,
)


@settings(max_examples=60)
@given(which=st.integers(0, 10**6), steps=STEPS)
def test_lines_that_edits_leave_alone_keep_their_identities(
    edits: Sequence[Edit],
    which: int,
    steps: Sequence[tuple[Callable[..., list[Numbered]], float, float]],
) -> None:
    before = edits[which % len(edits)].before
    lines = [Numbered(number, text) for number, text in enumerate(before)]
    for step, one, other in steps:
        a, b = sorted(round(share * (len(lines) - 1)) for share in (one, other))
        lines = step(lines, a, b) or [Numbered(None, b"")]
    after = [line.text for line in lines]
    ours, theirs = identities(before), identities(after)
    assert len(set(theirs)) == len(after)
    old, new = following(before), following(after)
    alone = once(old) & once(new)
    for number, line in enumerate(lines):
        if line.origin is not None and new[number] == old[line.origin] and new[number] in alone:
            assert theirs[number] == ours[line.origin]
