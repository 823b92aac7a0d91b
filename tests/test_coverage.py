"""Merging measures, runs of uncovered lines, partly taken branches, rates."""

from collections.abc import Collection, Mapping, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from insights_uploader.coverage import (
    PARTIAL,
    UNCOVERED,
    Branches,
    Coverage,
    MeasuredFile,
    Rate,
    findings,
)
from insights_uploader.model.finding import Finding, FindingType, Location, Severity
from insights_uploader.model.line_set import LineSet
from insights_uploader.model.measure import LineCoverage

LAST = 2**31 - 1  # the greatest line number that a results file may hold


class Chosen:
    """Lets some lines of all files through; all of them by default."""

    def __init__(self, lines: Collection[int] | None = None) -> None:
        self._lines = lines

    def chosen(self, path: str, line: int) -> bool:
        return self._lines is None or line in self._lines


def line_set(lines: Collection[int]) -> LineSet:
    made = LineSet()
    for line in lines:
        made.add(line)
    return made


def coverage(*lines: LineCoverage, path: str = "a.py") -> Coverage:
    made = Coverage("tool")
    made.add(path, lines)
    return made


def found(
    measures: Coverage, source: Sequence[bytes], chosen: Chosen | None = None
) -> list[Finding]:
    return list(findings(measures, chosen or Chosen(), {"a.py": source}.get))


def no_source(path: str) -> None:
    """There is no such file."""


# The set of lines


@pytest.mark.parametrize(
    "lines",
    [
        [],  # none
        [1],  # the first
        [255, 256, 257],  # around a word's end
        [7, 7, 7],  # one that comes again
        [900, 3, 256, 1, 255],  # in no order
        [1, LAST],  # far apart: no memory between
        list(range(1, 2000)),  # many
    ],
)
def test_a_line_set_holds_its_lines_sorted_and_once(lines: list[int]) -> None:
    made = line_set(lines)
    assert list(made) == sorted(set(lines))
    assert len(made) == len(set(lines))
    assert all(line in made for line in lines)
    assert 500_000 not in made


def test_an_update_adds_and_takes_nothing_from_the_other() -> None:
    one, other = line_set([1, 300]), line_set([2, 300, 9000])
    one.update(other)
    one.add(5)
    assert list(one) == [1, 2, 5, 300, 9000]
    assert list(other) == [2, 300, 9000]


# Branches of one line, from two measures

NONE: Mapping[int, int] = {}


def branches(covered: int, total: int, *conditions: tuple[int, int]) -> Branches:
    return Branches.of(LineCoverage(1, 1, covered, total, conditions))


@pytest.mark.parametrize(
    ("one", "other", "taken", "total"),
    [
        (branches(1, 2), branches(1, 2), 1, 2),  # which one each took is not told: at least one
        (branches(0, 2), branches(2, 2), 2, 2),  # one took both
        (branches(3, 4), branches(1, 4), 3, 4),  # no conditions: the better
        (branches(1, 2), branches(1, 4), 1, 4),  # compiled in two ways: of the most
        (branches(2, 4, (0, 100), (1, 0)), branches(2, 4, (0, 0), (1, 100)), 4, 4),  # by condition
        (branches(1, 4, (0, 50), (1, 0)), branches(1, 4, (0, 0), (1, 50)), 2, 4),  # half of each
        (branches(2, 4, (0, 50), (1, 50)), branches(2, 4, (0, 50), (1, 50)), 2, 4),  # the same half
        (branches(1, 2, (0, 50)), branches(1, 2, (0, 50)), 1, 2),  # gcovr, nyc: one for the line
        (branches(1, 2, (0, 100), (1, 0)), branches(1, 2, (0, 0), (1, 100)), 2, 2),  # grcov: each
        (branches(1, 6, (0, 33), (1, 0)), branches(1, 6, (0, 0), (1, 33)), 2, 6),  # rounded down
        (branches(2, 6, (0, 67), (1, 0)), branches(1, 6, (0, 0), (1, 33)), 3, 6),  # rounded
        (branches(1, 4, (7, 50), (90, 0)), branches(2, 4, (7, 0), (90, 100)), 3, 4),  # by number
        (branches(2, 4, (0, 100), (1, 0)), branches(1, 4), 2, 4),  # one tells no conditions
        (branches(2, 5, (0, 100), (1, 0)), branches(2, 5, (0, 0), (1, 100)), 2, 5),  # unequal ones
        (branches(2, 6, (0, 0), (1, 100)), branches(3, 6, (0, 75), (1, 0)), 3, 6),  # 4 and 2
        (branches(1, 2, (0, 50)), branches(1, 2, (1, 50)), 1, 2),  # halves of a branch are none
        (branches(1, 2, (0, 100), (0, 0)), branches(1, 2), 1, 2),  # numbers repeat: not told apart
        (branches(1, 2, (0, 100)), branches(0, 2), 1, 2),  # the count contradicts the condition
        (branches(9, 2), branches(1, 2), 2, 2),  # never more than there are
    ],
)
def test_branches_are_merged_by_condition_else_the_better_counts(
    one: Branches, other: Branches, taken: int, total: int
) -> None:
    for merged in (one.merged(other), other.merged(one)):
        assert (merged.taken, merged.total) == (taken, total)


def test_a_line_that_was_not_run_says_nothing_of_branches() -> None:
    """Run without branches in one shard, not run with them in the other: not known, not missed."""
    measures = coverage(LineCoverage(1, 0, 0, 2))
    measures.join(coverage(LineCoverage(1, 3)))
    assert found(measures, [b"if x:"]) == []


# Merging as a whole, against sets and dicts

PERCENTS = st.sampled_from([0, 33, 50, 66, 67, 100])
CONDITIONS = st.lists(st.tuples(st.integers(0, 2), PERCENTS), max_size=3).map(tuple)
LINES = st.builds(
    LineCoverage,
    line=st.integers(1, 8) | st.sampled_from([255, 256, LAST]),
    hits=st.sampled_from([0, 0, 1, 7]),
    covered=st.integers(0, 4),
    branches=st.integers(0, 6),
    conditions=CONDITIONS,
    missing=st.lists(st.integers(-1, 3), unique=True, max_size=4).map(sorted).map(tuple),
)
SHARDS = st.lists(
    st.tuples(st.sampled_from(["a.py", "b.py"]), st.booleans(), st.lists(LINES, max_size=6)),
    max_size=5,
)
Shard = list[tuple[str, bool, list[LineCoverage]]]


def read(shard: Shard) -> Coverage:
    made = Coverage("tool")
    for path, is_here, lines in shard:
        (made.add if is_here else made.add_elsewhere)(path, lines)
    return made


def joined(*shards: Coverage) -> Coverage:
    total = Coverage("tool")
    for shard in shards:
        total.join(shard)
    return total


def outcome(measures: Coverage) -> object:
    """All that is known."""

    def known(file: MeasuredFile) -> object:
        return list(file.measured), list(file.covered), file.branches

    return (
        {path: known(file) for path, file in measures.files.items()},
        {path: known(file) for path, file in measures.elsewhere.items()},
        measures.project(),
    )


@given(SHARDS, SHARDS, SHARDS)
def test_joining_is_associative_commutative_and_idempotent(
    one: Shard, two: Shard, three: Shard
) -> None:
    a, b, c = read(one), read(two), read(three)
    whole = outcome(joined(a, b, c))
    assert outcome(joined(joined(a, b), c)) == outcome(joined(a, joined(b, c))) == whole
    assert outcome(joined(c, b, a)) == whole
    assert outcome(joined(a, b, c, b, a)) == whole
    assert outcome(read([*one, *two, *three])) == whole
    assert outcome(a) == outcome(read(one))  # and what was joined is as it was


@given(st.lists(SHARDS, max_size=4))
def test_a_join_is_what_dicts_and_sets_say(shards: list[Shard]) -> None:
    hits: dict[tuple[bool, str], dict[int, int]] = {}
    taken: dict[tuple[bool, str, int], int] = {}
    for shard in shards:
        for path, is_here, lines in shard:
            sums = hits.setdefault((is_here, path), {})
            for line in lines:
                sums[line.line] = sums.get(line.line, 0) + line.hits
                if line.branches and (line.hits or line.covered):
                    place = (is_here, path, line.line)
                    taken[place] = max(taken.get(place, 0), line.covered)
    total = joined(*map(read, shards))
    for is_here, files in ((True, total.files), (False, total.elsewhere)):
        assert set(files) == {path for here, path in hits if here is is_here}
        for path, file in files.items():
            sums = hits[is_here, path]
            assert set(file.measured) == set(sums)
            assert set(file.covered) == {line for line, n in sums.items() if n}
            for number, known in file.branches.items():
                assert min(taken[is_here, path, number], known.total) <= known.taken <= known.total
    every = [n for sums in hits.values() for n in sums.values()]
    assert total.project() == Rate(sum(n > 0 for n in every), len(every))


TRUTH = st.integers(1, 4).flatmap(  # branches of each condition, and those that each run takes
    lambda each: st.tuples(
        st.just(each), st.lists(st.lists(st.sets(st.integers(0, each - 1)), min_size=3, max_size=3))
    )
)


@given(TRUTH)
def test_no_branch_counts_that_nobody_took(truth: tuple[int, list[list[set[int]]]]) -> None:
    each, runs = truth
    known = Branches(0, 3 * each)
    for run in runs:
        conditions = [(n, 100 * len(took) // each) for n, took in enumerate(run)]
        known = known.merged(branches(sum(map(len, run)), 3 * each, *conditions))
    really = sum(len(set().union(*(run[n] for run in runs))) for n in range(3))
    best = sum(max((len(run[n]) for run in runs), default=0) for n in range(3))
    assert best == known.taken <= really


@given(st.lists(st.sets(st.sampled_from([-1, 0, 5, 9])), min_size=1, max_size=4))
def test_of_branches_that_are_told_by_name_those_count_that_anybody_took(
    runs: list[set[int]],
) -> None:
    shards = []
    for took in runs:
        missing = tuple(sorted({-1, 0, 5, 9} - took))
        shards.append(coverage(LineCoverage(3, 1, len(took), 4, missing=missing)))
    known = joined(*shards).files["a.py"].branches[3]
    assert (known.taken, known.total) == (len(set().union(*runs)), 4)


def named(covered: int, total: int, *missing: int) -> Branches:
    return Branches.of(LineCoverage(1, 1, covered, total, missing=missing))


@pytest.mark.parametrize(
    ("one", "other", "taken", "total"),
    [
        (named(1, 2, 5), named(1, 2, 9), 2, 2),  # one each
        (named(1, 2, 5), named(1, 2, 5), 1, 2),  # the same one
        (named(1, 2, 0), named(1, 2, 0), 1, 2),  # out of the block, wherever to: not told apart
        (named(1, 3, -1, 0), named(2, 3, 0), 2, 3),
        (named(1, 2, 5), named(1, 2), 1, 2),  # one tells no names
        (named(1, 2, 5), named(2, 2), 2, 2),  # all were taken: nothing to name
        (named(1, 2, 5), named(1, 4, 5, 8, 9), 1, 4),  # compiled in two ways: of the most
        (named(1, 2, 5, 9), named(1, 2, 6), 1, 2),  # the names contradict the count
    ],
)
def test_branches_are_merged_by_name(
    one: Branches, other: Branches, taken: int, total: int
) -> None:
    for merged in (one.merged(other), other.merged(one)):
        assert (merged.taken, merged.total) == (taken, total)


# Runs

KINDS: Mapping[str, bytes] = {
    "+": b"    call()",  # covered
    "-": b"    call()",  # missed and chosen
    "~": b"    call()",  # missed, on a line that is not chosen
    "x": b"    argument,",  # measured by nobody
    " ": b"  \t\r",
    "#": b"  # a comment\r",
}


def drawn(picture: str) -> tuple[Coverage, list[bytes], Chosen]:
    """One character a line."""
    lines = [
        LineCoverage(number, int(kind == "+"))
        for number, kind in enumerate(picture, start=1)
        if kind in "+-~"
    ]
    chosen = {number for number, kind in enumerate(picture, start=1) if kind != "~"}
    return coverage(*lines), [KINDS[kind] for kind in picture], Chosen(chosen)


def runs(all_found: Sequence[Finding]) -> list[tuple[int, int]]:
    return [
        (place.line or 0, place.end_line or place.line or 0)
        for finding in all_found
        if finding.rule == UNCOVERED
        for place in finding.locations
    ]


@pytest.mark.parametrize(
    ("picture", "expected"),
    [
        ("", []),  # nothing measured
        ("++", []),  # nothing missed
        ("-", [(1, 1)]),  # one line
        ("+---+", [(2, 4)]),  # neighbours
        ("--+--", [(1, 2), (4, 5)]),  # a covered line ends a run
        ("-  #  -", [(1, 7)]),  # blank lines and comments do not
        ("-" + " #" * 300 + "-", [(1, 602)]),  # however many
        ("- + -", [(1, 1), (5, 5)]),  # a covered line among blank ones does
        ("-xxx-", [(1, 5)]),  # the rest of a long statement
        ("-xxxx-", [(1, 1), (6, 6)]),  # more than three such lines are something else
        ("-x x#x -", [(1, 8)]),  # blank ones do not count
        ("-x x#xx-", [(1, 1), (8, 8)]),  # but the others all do
        ("-xxx-xxx-", [(1, 9)]),  # each gap by itself
        ("-x+x-", [(1, 1), (5, 5)]),  # covered, in the middle of others
        ("-~~~-", [(1, 5)]),  # missed lines that did not change: what is said is true of them
        ("-~~~~-", [(1, 1), (6, 6)]),  # many: the run is about what changed
        ("~-~", [(2, 2)]),  # and never begins or ends with one
        ("~~", []),  # nothing is chosen
        ("#-- #", [(2, 3)]),  # a run has no blank ends
        ("x-x", [(2, 2)]),  # nor unknown ones
        ("+-", [(2, 2)]),  # at the end of the file
    ],
)
def test_runs(picture: str, expected: list[tuple[int, int]]) -> None:
    assert runs(found(*drawn(picture))) == expected


@pytest.mark.parametrize(
    ("missed", "expected"),
    [
        ([1, 5], [(1, 5)]),  # past the file's end nobody knows what stands there:
        ([1, 6], [(1, 1), (6, 6)]),  # ... it counts as other lines
        ([1, 2, LAST], [(1, 2), (LAST, LAST)]),  # ... and takes no time
    ],
)
def test_runs_past_the_end_of_the_file(missed: list[int], expected: list[tuple[int, int]]) -> None:
    measures = coverage(*(LineCoverage(line, 0) for line in missed))
    assert runs(found(measures, [b"call()"])) == expected
    assert runs(list(findings(measures, Chosen(), no_source))) == expected


@pytest.mark.parametrize(
    "comment",
    [
        b"# Python",
        b"// C",
        b"/* C",
        b" * within",
        b" */",
        b"-- SQL",
        b"; Lisp",
        b"<!-- XML",
        b"% TeX",
        b'"""A docstring."""',
    ],
)
def test_comments(comment: bytes) -> None:
    measures = coverage(LineCoverage(1, 0), LineCoverage(7, 0))
    assert runs(found(measures, [b"x", *[comment] * 5, b"y"])) == [(1, 7)]


@given(st.text("+-~x #", max_size=40))
def test_runs_hold_every_missed_line_once_and_no_covered_one(picture: str) -> None:
    held: list[int] = []
    for first, last in runs(found(*drawn(picture))):
        text = picture[first - 1 : last]
        assert "+" not in text
        assert text[0] == text[-1] == "-"
        held.extend(n for n in range(first, last + 1) if picture[n - 1] == "-")
    assert held == [n for n, kind in enumerate(picture, start=1) if kind == "-"]


def test_what_a_run_says() -> None:
    measures, source, chosen = drawn("--+-")
    assert found(measures, source, chosen) == [
        Finding(
            tool="tool",
            rule=UNCOVERED,
            message=message,
            severity=Severity.LOW,
            type=FindingType.CODE_SMELL,
            locations=(place,),
        )
        for message, place in (
            ("Lines 1 to 2 are not covered by tests.", Location("a.py", 1, 2)),
            ("Line 4 is not covered by tests.", Location("a.py", 4)),
        )
    ]


def test_files_that_are_not_in_the_repository_give_no_findings() -> None:
    measures = Coverage("tool")
    measures.add_elsewhere("a.py", [LineCoverage(1, 0), LineCoverage(2, 1, 1, 2)])
    assert found(measures, [b"x"] * 2) == []


# Partial branches


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ([LineCoverage(3, 1, 1, 2)], "1 of its 2 branches is never taken"),  # as coverage.py does
        ([LineCoverage(3, 1, 1, 4)], "3 of its 4 branches are never taken"),  # several
        ([LineCoverage(3, 1, 0, 2)], "2 of its 2 branches are never taken"),  # it raises each time
        ([LineCoverage(3, 1, 2, 2)], None),  # all taken
        ([LineCoverage(3, 1)], None),  # no branches
        ([LineCoverage(4, 1, 1, 2)], None),  # on a line that is not chosen
        ([LineCoverage(3, 1, 1, 2), LineCoverage(3, 2, 2, 2)], None),  # in two classes
        (
            [
                LineCoverage(3, 1, 1, 2, ((0, 100), (1, 0))),
                LineCoverage(3, 1, 1, 2, ((0, 0), (1, 100))),
            ],
            None,
        ),  # together all
        (
            [LineCoverage(3, 0, 1, 2), LineCoverage(3, 1, 0, 2)],
            "1 of its 2 branches is",
        ),  # hits = 0
    ],
)
def test_partly_taken_branches_are_named(lines: list[LineCoverage], message: str | None) -> None:
    all_found = found(coverage(*lines), [b"x"] * 4, Chosen({3}))
    assert [f.rule for f in all_found] == [PARTIAL] * bool(message)
    for finding in all_found:
        assert finding.message.startswith(f"Line 3 is covered in part: {message}")
        assert finding.locations == (Location("a.py", 3),)
        assert (finding.severity, finding.type) == (Severity.LOW, FindingType.CODE_SMELL)


@pytest.mark.parametrize("taken", [0, 1])
def test_a_line_that_was_never_run_is_uncovered_and_not_partial(taken: int) -> None:
    assert [f.rule for f in found(coverage(LineCoverage(1, 0, taken, 2)), [b"x"])] == [UNCOVERED]


# Rates


@pytest.mark.parametrize(
    ("covered", "measured", "percent"),
    [
        (0, 0, None),  # nothing to cover is neither 0 nor 100
        (0, 3, 0.0),
        (3, 3, 100.0),
        (41, 500, 8.2),
        (1, 3, 33.33),  # cut, not rounded
        (999_999, 1_000_000, 99.99),
    ],
)
def test_rates(covered: int, measured: int, percent: float | None) -> None:
    assert Rate(covered, measured).percent == percent


def test_rates_of_the_project_and_of_what_is_chosen() -> None:
    measures = coverage(*(LineCoverage(n, n % 2) for n in range(1, 11)))
    measures.add("b.py", [LineCoverage(1, 0)])
    measures.add_elsewhere("/usr/lib/c.py", [LineCoverage(1, 1), LineCoverage(2, 1)])
    assert measures.project() == Rate(7, 13)  # all that was measured
    assert measures.of_chosen(Chosen({1, 2, 3})) == Rate(2, 4)  # of the repository's files
    assert measures.of_chosen(Chosen({77})) == Rate(0, 0)  # no line that is measured
    assert Coverage("tool").project() == Rate(0, 0)


@given(SHARDS, st.sets(st.integers(1, 8)))
def test_the_rate_of_what_is_chosen(shard: Shard, lines: set[int]) -> None:
    hits: dict[tuple[str, int], int] = {}
    for path, is_here, measured in shard:
        for line in measured if is_here else ():
            hits[path, line.line] = hits.get((path, line.line), 0) + line.hits
    among = [n for (_, line), n in hits.items() if line in lines]
    assert read(shard).of_chosen(Chosen(lines)) == Rate(sum(n > 0 for n in among), len(among))
