"""Selections of files, processes and machines come to the same, in whatever order they join."""

import random
from collections import Counter
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from selection.builders import finding

from insights_uploader.changes.changed_lines import ChangedFile, ChangedLines, LineRange
from insights_uploader.model.finding import Finding, Location, Severity
from insights_uploader.model.ledger import Disposition
from insights_uploader.model.measure import TestTotals, ToolRun
from insights_uploader.repository.paths import Resolved
from insights_uploader.selection.diff_filter import DiffFilter
from insights_uploader.selection.identity import Identity
from insights_uploader.selection.selection import Caps, Selection
from insights_uploader.selection.selector import Judging, Selector

SOURCE = [b"line %d of a file in which no line is like another" % n for n in range(40)]
CHANGED = range(5, 25)
CHANGES = ChangedLines([ChangedFile("a.py", (LineRange(5, 24),))])

LOCATIONS = st.builds(
    Location, st.sampled_from(["a.py", "b.py", "gone.py"]), st.sampled_from([1, 5, 6, 7, 24, 90])
)
MESSAGES = st.sampled_from(["m1", "m2"])
COMMON = {
    "tool": st.sampled_from(["t1", "t2"]),
    "message": MESSAGES,
    "severity": st.sampled_from(Severity),
    "suppression": st.sampled_from([None, None, None, "known"]),
}
FINDINGS = st.builds(
    lambda location, **rest: finding(*([location] if location else []), **rest),
    st.none() | LOCATIONS,
    rule=st.sampled_from(["r1", "r2"]),
    failed_test=st.booleans(),
    fingerprints=st.sampled_from([(), (("print", "one"),)]),
    **COMMON,
)
CASES = st.builds(
    lambda location, test, parameters, **rest: finding(
        *([location] if location else []),
        rule=f"{test}[{parameters}]",
        variant_of=test,
        failed_test=True,
        **rest,
    ),
    st.none() | LOCATIONS,
    st.sampled_from(["r1", "r3"]),
    st.sampled_from(["1", "2", "3-x"]),
    **COMMON,
)
FILES = st.lists(st.lists(FINDINGS | CASES, max_size=30), min_size=1, max_size=5)
CAPS = st.builds(Caps, st.integers(0, 20), st.integers(0, 4))


def resolve(path: str, *, derived: bool = False) -> Resolved:
    return Resolved(None if path == "gone.py" else path, "")


def read(findings: Sequence[Finding], caps: Caps, shard: str) -> Selection:
    """The selection of one results file."""
    selection = Selection(caps, shard)
    selector = Selector(
        selection, resolve, Judging(DiffFilter(CHANGES), Identity(lambda _: SOURCE))
    )
    for each in findings:
        selector.add(each)
    for name, tool in selection.reports.items():
        tool.ran(ToolRun(name, shard))
        tool.measured(TestTotals(name, passed=len(shard), failed=1))
    return selection


def read_all(files: Sequence[Sequence[Finding]], caps: Caps) -> list[Selection]:
    return [read(findings, caps, "s" * (n + 1)) for n, findings in enumerate(files)]


def outcome(selection: Selection) -> object:
    """All that the floors above get to see."""
    return {
        name: (
            tool.best(),
            tool.ledger([c.end for c in tool.best()]),
            tool.kinds(),
            tool.failing_tests,
            tool.tests,
            tool.versions,
        )
        for name, tool in selection.reports.items()
    }


def joined(selections: Sequence[Selection], caps: Caps) -> Selection:
    total = Selection(caps)
    for each in selections:
        total.join(each)
    return total


@given(FILES, CAPS, st.integers())
def test_any_order_and_grouping_of_joins_comes_to_the_same(
    files: list[list[Finding]], caps: Caps, seed: int
) -> None:
    expected = outcome(joined(read_all(files, caps), caps))
    chance = random.Random(seed)
    parts = read_all(files, caps)
    while len(parts) > 1:
        chance.shuffle(parts)
        taken = parts.pop()
        parts[-1].join(taken)
    assert outcome(joined(parts, caps)) == expected


@given(FILES, CAPS)
def test_what_is_in_already_changes_nothing(files: list[list[Finding]], caps: Caps) -> None:
    total = joined(read_all(files, caps), caps)
    expected = outcome(total)
    for again in read_all(files, caps):
        total.join(again)
    total.join(joined(read_all(files, caps), caps))
    assert outcome(total) == expected


def test_a_selection_that_overlaps_in_part_is_refused() -> None:
    one, two, three = read_all([[], [], []], Caps())
    one.join(two)
    two.join(three)
    with pytest.raises(ValueError, match="overlap"):
        one.join(two)


@given(FILES, CAPS)
def test_counts_agree_with_a_naive_recount(files: list[list[Finding]], caps: Caps) -> None:
    selection = joined(read_all(files, caps), caps)
    each = [f for findings in files for f in findings]
    for name, tool in selection.reports.items():
        mine = [f for f in each if f.tool == name]
        passed = [f for f in mine if passes(f) and f.suppression is None]
        distinct: dict[object, list[Finding]] = {}
        for f in passed:
            distinct.setdefault(naive_identity(f), []).append(f)
        annotations = {naive_annotation(f) for f in passed}
        worst = Counter(max(f.severity for f in same) for same in distinct.values())
        counted: Counter[Severity] = Counter()
        for kind, number in tool.kinds().items():
            counted[kind.severity] += number
        assert counted == worst
        failing = {
            (number, f.rule, path_of(f))
            for number, findings in enumerate(files)
            for f in findings
            if f.failed_test and any(f is one for one in passed)
        }
        assert tool.failing_tests == len(failing)

        best = tool.best()
        ledger = tool.ledger([c.end for c in best])
        assert ledger.balanced
        assert ledger.parsed == len(mine)
        assert ledger.count(Disposition.DUPLICATE) == len(passed) - len(annotations)
        assert ledger.count(Disposition.SUPPRESSED) == sum(passes(f) for f in mine) - len(passed)
        assert ledger.count(Disposition.PATH_UNRESOLVED) == sum(
            bool(f.locations) and f.locations[0].path == "gone.py" and not f.failed_test
            for f in mine
        )
        assert ledger.published == len(best) <= caps.annotations
        assert len({naive_annotation(c.placed.finding) for c in best}) == len(best)
        for c in best:
            mine_too = naive_annotation(c.placed.finding)
            cases = {f.rule for f in passed if f.variant_of and naive_annotation(f) == mine_too}
            assert c.cases == max(1, len(cases))
        assert ledger.count(Disposition.REPORT_LEVEL) <= caps.report_level


def passes(f: Finding) -> bool:
    """On a changed line, a failing test, or without a place."""
    return f.failed_test or not f.locations or on_a_changed_line(f.locations[0])


def on_a_changed_line(location: Location) -> bool:
    return location.path == "a.py" and location.line in CHANGED


def naive_identity(f: Finding) -> object:
    """Its place and message; the tool's fingerprint only where there is no source line."""
    if f.variant_of is not None:
        return (f.rule, place(f))
    if not f.locations:
        return (f.rule, f.message, f.fingerprints)
    location = f.locations[0]
    if location.path == "gone.py":
        return (f.rule, f.message, f.fingerprints, location)
    no_line = location.line is None or location.line > len(SOURCE)
    return (f.rule, f.message, location, f.fingerprints if no_line else ())


def naive_annotation(f: Finding) -> object:
    """What a reviewer shall see once."""
    alone = f.variant_of is None or not f.locations
    return naive_identity(f) if alone else (f.variant_of, "cases", place(f))


def place(f: Finding) -> Location | None:
    """Where the tool says that a case failed, in the repository or elsewhere."""
    return f.locations[0] if f.locations else None


def path_of(f: Finding) -> str | None:
    """The file in the repository."""
    return next((at.path for at in f.locations if at.path != "gone.py"), None)


def test_nothing_is_over_a_cap_that_is_large_enough() -> None:
    each = [finding(Location("a.py", n), rule=f"r{n % 4}") for n in CHANGED]
    tool = read(each * 3, Caps(), "one").report("tool")
    ledger = tool.ledger([c.end for c in tool.best()])
    assert ledger.dispositions == {Disposition.PUBLISHED: 20, Disposition.DUPLICATE: 40}


def test_failing_tests_off_the_diff_are_at_most_fifty_and_count_towards_the_cap() -> None:
    failing = [
        finding(Location("b.py", 1), rule=f"test_{n}", severity=Severity.HIGH, failed_test=True)
        for n in range(80)
    ]
    smells = [finding(Location("a.py", 5), rule=f"smell {n}") for n in range(80)]
    tool = read(failing + smells, Caps(annotations=100), "one").report("tool")
    ends = Counter(c.end for c in tool.best())
    assert ends == {Disposition.REPORT_LEVEL: 50, Disposition.PUBLISHED: 50}
    assert tool.ledger(ends.elements()).dispositions == {**ends, Disposition.OVER_CAP: 60}
    assert sum(n for k, n in tool.kinds().items() if k.failed_test) == 80  # the gate sees all


def test_an_alike_finding_that_is_worse_counts_wherever_it_stands() -> None:
    low, high = (finding(Location("a.py", 5), severity=s) for s in (Severity.LOW, Severity.HIGH))
    for order in ([low, high], [high, low]):
        for files in ([order], [[f] for f in order]):
            tool = joined(read_all(files, Caps(1)), Caps(1)).report("tool")
            assert {k.severity: n for k, n in tool.kinds().items()} == {Severity.HIGH: 1}
            assert [c.placed.finding.severity for c in tool.best()] == [Severity.HIGH]
