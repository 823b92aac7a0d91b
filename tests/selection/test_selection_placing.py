"""Every rule of placing, by table: the first places are where the diff is."""

import pytest
from selection.builders import finding

from insights_uploader.changes.changed_lines import ChangedFile, ChangedLines, LineRange
from insights_uploader.model.finding import Location
from insights_uploader.model.ledger import Disposition
from insights_uploader.repository.paths import Resolved
from insights_uploader.selection.diff_filter import DiffFilter
from insights_uploader.selection.placing import place

CHANGES = ChangedLines(
    [
        ChangedFile("a.py", (LineRange(10, 12), LineRange(20, 20))),
        ChangedFile("b.py", (LineRange(5, 5),)),
        ChangedFile("renamed.py"),
    ]
)
TRACKED = {"a.py", "b.py", "renamed.py", "same.py", "alike.py"}

PUBLISHED, REPORT, OFF, LOST = (
    Disposition.PUBLISHED,
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
