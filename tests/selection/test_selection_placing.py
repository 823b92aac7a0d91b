"""Every rule of placing, by table: the first places are where the diff is."""

import pytest
from selection.builders import finding

from insights_uploader.changes.changed_lines import ChangedFile, ChangedLines, LineRange
from insights_uploader.model.finding import Location
from insights_uploader.model.ledger import Disposition
from insights_uploader.repository.paths import Resolved
from insights_uploader.selection.diff_filter import DiffFilter, FilterMode
from insights_uploader.selection.placing import place

CHANGES = ChangedLines(
    [
        ChangedFile("a.py", (LineRange(10, 12), LineRange(20, 20))),
        ChangedFile("b.py", (LineRange(5, 5),)),
        ChangedFile("renamed.py"),
    ]
)
TRACKED = {"a.py", "b.py", "renamed.py", "same.py", "alike.py"}

PUBLISHED, MOVED, REPORT, OFF, LOST = (
    Disposition.PUBLISHED,
    Disposition.RELOCATED,
    Disposition.REPORT_LEVEL,
    Disposition.OFF_DIFF,
    Disposition.PATH_UNRESOLVED,
)


def resolve(path: str, *, derived: bool = False) -> Resolved:
    return Resolved(path, "known") if path in TRACKED else Resolved(None, f"no {path}")


L = Location


@pytest.mark.parametrize(
    ("locations", "path", "line", "end"),
    [
        ([L("a.py", 10)], "a.py", 10, PUBLISHED),  # on a changed line
        ([L("a.py", 13)], "a.py", 13, OFF),  # one below it
        ([L("a.py", 9)], "a.py", 9, OFF),  # one above it
        ([L("same.py", 10)], "same.py", 10, OFF),  # in a file that is not in the diff
        ([L("a.py", 1, 30)], "a.py", 10, PUBLISHED),  # many lines: anchored at the first changed
        ([L("a.py", 11, 30)], "a.py", 11, PUBLISHED),  # begins within a changed range
        ([L("a.py", 13, 20)], "a.py", 20, PUBLISHED),  # ends on a changed line
        ([L("a.py", 13, 19)], "a.py", 13, OFF),  # lies between two ranges
        ([L("a.py", 10, 3)], "a.py", 10, PUBLISHED),  # a tool's end before its beginning
        ([L("a.py")], "a.py", None, PUBLISHED),  # a whole file that changed
        ([L("renamed.py")], "renamed.py", None, PUBLISHED),  # a whole file that was renamed
        ([L("renamed.py", 1)], "renamed.py", 1, OFF),  # a line of it did not change
        ([L("same.py")], "same.py", None, OFF),  # a whole file that did not change
        ([L("a.py", 1), L("b.py", 5)], "b.py", 5, PUBLISHED),  # the second is on a changed line
        ([L("b.py", 5), L("a.py", 10)], "b.py", 5, PUBLISHED),  # both are: the first
        ([L("same.py", 1), L("a.py", 1)], "a.py", 1, OFF),  # none is: the first changed file
        ([L("a.py", 1), L("b.py", 1)], "a.py", 1, OFF),  # ... of two changed files
        ([L("same.py", 1), L("alike.py", 1)], "same.py", 1, OFF),  # ... of none: the first tracked
        ([L("gone.py", 1), L("a.py", 10)], "a.py", 10, PUBLISHED),  # the first is not tracked
        ([L("gone.py", 10)], None, None, LOST),  # nowhere
        ([], None, None, REPORT),  # no location at all
    ],
)
def test_a_finding_is_placed_where_the_diff_is(
    locations: list[Location], path: str | None, line: int | None, end: Disposition
) -> None:
    placed, disposition = place(finding(*locations), resolve, DiffFilter(CHANGES))
    assert (placed.path, placed.line, disposition) == (path, line, end)
    assert (placed.location in locations) is (path is not None)


@pytest.mark.parametrize(
    ("locations", "path", "line", "end"),
    [
        ([L("a.py", 11)], "a.py", 11, PUBLISHED),  # on a changed line it is anchored there
        ([L("same.py", 7)], "same.py", 7, REPORT),  # elsewhere its true place is known
        ([L("gone.py", 7), L("a.py", 1)], "a.py", 1, REPORT),  # the place that is tracked
        ([L("/x/gone.py", 7)], None, None, REPORT),  # nowhere: never lost
        ([], None, None, REPORT),  # no place
    ],
)
def test_a_failing_test_is_never_filtered(
    locations: list[Location], path: str | None, line: int | None, end: Disposition
) -> None:
    placed, disposition = place(finding(*locations, failed_test=True), resolve, DiffFilter(CHANGES))
    assert (placed.path, placed.line, disposition) == (path, line, end)


def test_what_could_not_be_placed_says_why() -> None:
    placed, _ = place(finding(L("x.py", 1), L("y.py", 1)), resolve, DiffFilter(CHANGES))
    assert placed.rule == "no x.py"
    placed, _ = place(finding(L("x.py", 1), L("a.py", 10)), resolve, DiffFilter(CHANGES))
    assert placed.rule == "known"


@pytest.mark.parametrize(
    ("locations", "mode", "path", "shown_at", "end"),
    [
        ([L("a.py", 1)], "added", "a.py", 10, MOVED),  # before all changes
        ([L("a.py", 99)], "added", "a.py", 20, MOVED),  # behind them
        ([L("a.py", 15)], "added", "a.py", 12, MOVED),  # nearer to the one before it
        ([L("a.py", 17)], "added", "a.py", 20, MOVED),  # ... to the one behind it
        ([L("a.py", 16)], "added", "a.py", 12, MOVED),  # as near to both
        ([L("a.py", 13, 15)], "added", "a.py", 12, MOVED),  # of several lines
        ([L("a.py", 11)], "added", "a.py", None, PUBLISHED),  # on a changed line
        ([L("a.py", 1), L("a.py", 11)], "added", "a.py", None, PUBLISHED),  # a later place is
        ([L("same.py", 1), L("a.py", 1)], "added", "a.py", 10, MOVED),  # a later place has one near
        ([L("same.py", 1)], "added", "same.py", None, OFF),  # no changed line in the file
        ([L("same.py", 1)], "all", "same.py", None, PUBLISHED),  # ... and wanted all the same
        ([L("renamed.py", 1)], "file", "renamed.py", None, PUBLISHED),
        ([L("a.py", 14)], "context", "a.py", 12, MOVED),  # within the context
        ([L("a.py", 40)], "context", "a.py", None, OFF),  # outside of it
        ([L("a.py", 40)], "file", "a.py", 20, MOVED),
        ([L("a.py")], "added", "a.py", None, PUBLISHED),  # the file as a whole
    ],
)
def test_on_request_a_finding_moves_to_the_nearest_changed_line(
    locations: list[Location], mode: str, path: str, shown_at: int | None, end: Disposition
) -> None:
    diff = DiffFilter(CHANGES, FilterMode(mode), relocates=True)
    placed, disposition = place(finding(*locations), resolve, diff)
    assert disposition is end
    assert (placed.path, placed.shown_at) == (path, shown_at)
    if end is MOVED:
        assert placed.line == next(where.line for where in locations if where.path == path)
    test, told = place(finding(*locations, failed_test=True), resolve, diff)
    assert told is (REPORT if end is OFF else end)
    assert test.shown_at == shown_at
