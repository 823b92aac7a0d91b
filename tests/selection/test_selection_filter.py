"""What of the diff a finding must touch, in each of the four modes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from insights_uploader.changes.changed_lines import ChangedFile, ChangedLines, LineRange
from insights_uploader.selection.diff_filter import DiffFilter, FilterMode

ADDED, CONTEXT, FILE, ALL = MODES = tuple(FilterMode)

CHANGES = ChangedLines(
    [
        ChangedFile("a.py", (LineRange(10, 12), LineRange(16, 16), LineRange(30, 30))),
        ChangedFile("top.py", (LineRange(1, 1),)),
        ChangedFile("second.py", (LineRange(2, 2),)),
        ChangedFile("renamed.py"),
    ]
)


@pytest.mark.parametrize(
    ("path", "start", "end", "expected"),  # the line to show it at: added, context 3, file, all
    [
        ("a.py", 10, 10, (10, 10, 10, 10)),  # a changed line
        ("a.py", 9, 9, (None, 9, 9, 9)),  # one above
        ("a.py", 7, 7, (None, 7, 7, 7)),  # three above
        ("a.py", 6, 6, (None, None, 6, 6)),  # four above
        ("a.py", 14, 14, (None, 14, 14, 14)),  # between two ranges whose contexts meet
        ("a.py", 19, 19, (None, 19, 19, 19)),  # three below the second
        ("a.py", 20, 20, (None, None, 20, 20)),  # four below
        ("a.py", 26, 26, (None, None, 26, 26)),  # four above the last
        ("a.py", 27, 27, (None, 27, 27, 27)),  # three above
        ("a.py", 33, 33, (None, 33, 33, 33)),  # three below, past the file's end or not
        ("a.py", 34, 34, (None, None, 34, 34)),  # four
        ("a.py", 5, 40, (10, 10, 10, 10)),  # several lines: always at the first that changed
        ("a.py", 13, 40, (16, 16, 16, 16)),  # ... though others of them are nearer
        ("a.py", 1, 9, (None, 7, 1, 1)),  # ... else at the first that is let through
        ("a.py", 20, 26, (None, None, 20, 20)),  # ... between two contexts
        ("a.py", 20, 27, (None, 27, 20, 20)),
        ("top.py", 1, 1, (1, 1, 1, 1)),  # the first line
        ("top.py", 4, 4, (None, 4, 4, 4)),
        ("top.py", 5, 5, (None, None, 5, 5)),
        ("second.py", 1, 1, (None, 1, 1, 1)),  # nothing is before the first line
        ("renamed.py", 1, 1, (None, None, 1, 1)),  # changed, and no line of it
        ("other.py", 10, 10, (None, None, None, 10)),  # not in the diff
    ],
)
def test_a_finding_on_lines(
    path: str, start: int, end: int, expected: tuple[int | None, ...]
) -> None:
    filters = [DiffFilter(CHANGES, mode) for mode in MODES]
    assert tuple(each.anchor(path, start, end) for each in filters) == expected
    if start == end:
        assert [each.chosen(path, start) for each in filters] == [e is not None for e in expected]


@pytest.mark.parametrize(
    ("path", "expected"),  # added, context, file, all
    [
        ("a.py", (True, True, True, True)),  # some of its lines changed
        ("renamed.py", (True, True, True, True)),  # it has a new name
        ("other.py", (False, False, False, True)),  # not in the diff
    ],
)
def test_a_finding_about_a_whole_file(path: str, expected: tuple[bool, ...]) -> None:
    filters = [DiffFilter(CHANGES, mode) for mode in MODES]
    assert tuple(each.takes_file(path) for each in filters) == expected
    assert {each.touches_file(path) for each in filters} == {path != "other.py"}


@pytest.mark.parametrize(
    ("context", "lines"),
    [
        (0, {10, 11, 12, 16, 30}),  # none: the changed lines themselves
        (1, {*range(9, 14), *range(15, 18), *range(29, 32)}),  # apart by one line
        (2, {*range(8, 19), *range(28, 33)}),  # overlapping
        (8, set(range(2, 39))),  # touching
        (1000, set(range(1, 100))),  # everything
    ],
)
def test_how_near(context: int, lines: set[int]) -> None:
    near = DiffFilter(CHANGES, CONTEXT, context)
    assert {line for line in range(1, 100) if near.chosen("a.py", line)} == lines


def test_the_default_is_the_strictest() -> None:
    assert DiffFilter(CHANGES).mode is ADDED


def changed_lines(changed: dict[str, set[int]]) -> ChangedLines:
    return ChangedLines(
        ChangedFile(path, ranges_of(sorted(lines))) for path, lines in changed.items()
    )


def ranges_of(lines: list[int]) -> tuple[LineRange, ...]:
    starts = [n for n in lines if n - 1 not in lines]
    ends = [n for n in lines if n + 1 not in lines]
    return tuple(map(LineRange, starts, ends))


CHANGED = st.dictionaries(st.sampled_from("ab"), st.sets(st.integers(1, 30)))


@given(CHANGED, st.integers(0, 6), st.integers(1, 36), st.integers(0, 6))
def test_each_mode_lets_through_what_a_stricter_one_does(
    changed: dict[str, set[int]], context: int, start: int, more: int
) -> None:
    filters = [DiffFilter(changed_lines(changed), mode, context) for mode in MODES]
    lines = range(start, start + more + 1)
    for path in "abc":
        anchors = [each.anchor(path, lines[0], lines[-1]) for each in filters]
        through = [anchor is not None for anchor in anchors]
        assert through == sorted(through)  # False before True: added, context, file, all
        whole = [each.takes_file(path) for each in filters]
        assert whole == sorted(whole)
        # and each as sets say it
        here = changed.get(path, set())
        near = {n for line in here for n in range(line - context, line + context + 1)}
        assert anchors[0] == min(here.intersection(lines), default=None)
        assert through == [
            bool(here.intersection(lines)),
            bool(near.intersection(lines)),
            path in changed,
            True,
        ]
        for anchor in anchors:
            assert anchor is None or anchor in lines
            assert anchors[0] in (None, anchor)
