"""The ranking against the design's sentence, sorted naively."""

import random
from collections.abc import Callable, Sequence

from hypothesis import given
from hypothesis import strategies as st
from selection.builders import candidate

from insights_uploader.model.finding import Severity
from insights_uploader.selection.ranking import Candidate, Ranking

CAPS = st.integers(0, 12)
SEEDS = st.integers(0, 2**32)
SEVERITIES = st.sampled_from(Severity)
RULES = st.sampled_from(["r1", "r2", "r3"])
PATHS = st.sampled_from([None, "a.py", "b.py", "c/a.py", "d.py"])


@st.composite
def candidates(draw: st.DrawFn) -> list[Candidate]:
    """Some heaps of candidates in one rule and file each, in any order; at times hundreds."""
    heap = st.tuples(SEVERITIES, RULES, PATHS, st.integers(1, 5), st.integers(1, 90))
    made = [
        candidate((number, n), severity, rule, path, line + n % 7)
        for number, (severity, rule, path, line, size) in enumerate(draw(st.lists(heap)))
        for n in range(size)
    ]
    random.Random(draw(SEEDS)).shuffle(made)
    return made


def naive(candidates: Sequence[Candidate], cap: int) -> list[Candidate]:
    """Sort by (severity, rank within (rule, file), rank within rule, rule, id)."""

    def ranks(
        group: Callable[[Candidate], object], key: Callable[[Candidate], tuple[object, ...]]
    ) -> dict[bytes, int]:
        groups: dict[object, list[Candidate]] = {}
        for each in candidates:
            groups.setdefault((each.placed.finding.severity, group(each)), []).append(each)
        return {
            each.id: rank
            for members in groups.values()
            for rank, each in enumerate(sorted(members, key=key))
        }

    def rule(each: Candidate) -> str:
        return each.placed.finding.rule

    def path(each: Candidate) -> str:
        return each.placed.path or ""

    in_file = ranks(lambda c: (rule(c), path(c)), lambda c: (c.placed.line, c.id))
    in_rule = ranks(rule, lambda c: (in_file[c.id], path(c)))
    return sorted(
        candidates,
        key=lambda c: (
            -c.placed.finding.severity,
            in_file[c.id],
            in_rule[c.id],
            rule(c),
            c.id,
        ),
    )[:cap]


def filled(candidates: Sequence[Candidate], cap: int) -> Ranking:
    ranking = Ranking(cap)
    for each in candidates:
        ranking.prefer(each)
    return ranking


def joined(parts: list[Ranking], chance: random.Random) -> Ranking:
    """Merge the parts in any grouping, from either side."""
    while len(parts) > 1:
        chance.shuffle(parts)
        parts[-1].merge(parts.pop(0))
    return parts[0]


@given(candidates(), CAPS)
def test_the_best_are_those_of_a_naive_sort(each: list[Candidate], cap: int) -> None:
    ranking = Ranking(cap)
    for one in each:
        ranking.add(one)
    assert ranking.best() == naive(each, cap)


@given(candidates(), CAPS, SEEDS, st.integers(1, 6))
def test_merging_any_split_in_any_grouping_gives_the_same(
    each: list[Candidate], cap: int, seed: int, number: int
) -> None:
    chance = random.Random(seed)
    parts: list[list[Candidate]] = [[] for _ in range(number)]
    for one in each:
        for part in chance.sample(parts, chance.choice([1, 1, number])):  # some are in every part
            part.append(one)
    assert joined([filled(part, cap) for part in parts], chance).best() == naive(each, cap)


@given(candidates(), CAPS, st.integers(0, 15))
def test_a_smaller_best_is_a_prefix(each: list[Candidate], cap: int, fewer: int) -> None:
    ranking = filled(each, cap)
    assert ranking.best(fewer) == ranking.best()[:fewer]


@given(candidates(), CAPS)
def test_memory_is_bounded_by_the_cap(each: list[Candidate], cap: int) -> None:
    ranking, other = Ranking(cap), filled(each[::2], cap)
    for one in each:
        ranking.add(one)
        assert len(ranking._kept) <= 2 * cap + 64
    ranking.merge(other)
    assert len(ranking._kept) <= 2 * cap + 64


def test_one_noisy_rule_or_file_does_not_fill_the_report() -> None:
    noisy = [candidate(n, Severity.HIGH, "noisy", f"f{n % 10}.py", n) for n in range(5000)]
    quiet = [candidate("q", Severity.HIGH, "quiet", "z.py", 900)]
    other = [candidate((n,), Severity.HIGH, "noisy", "z.py", n) for n in range(3)]
    best = filled(noisy + quiet + other, 20).best()
    assert quiet[0] in best
    assert {c.placed.path for c in best} == {f"f{n}.py" for n in range(10)} | {"z.py"}


# Several findings of one identity: the worst stands for all.

GROUPS = st.lists(
    st.tuples(st.integers(0, 150), SEVERITIES, st.sampled_from(["m1", "m2"])), max_size=400
)


def alike(groups: Sequence[tuple[int, Severity, str]]) -> list[Candidate]:
    """Candidates whose rule, path and line hang on their identity, and nothing else."""
    return [
        candidate(n, severity, f"r{n % 3}", f"f{n % 5}", n // 7, message)
        for n, severity, message in groups
    ]


@given(GROUPS, CAPS, SEEDS, st.integers(1, 6))
def test_alike_candidates_give_the_same_in_any_order_and_grouping(
    groups: list[tuple[int, Severity, str]], cap: int, seed: int, number: int
) -> None:
    each = alike(groups)
    expected = filled(each, cap).best()
    chance = random.Random(seed)
    chance.shuffle(each)
    parts = [filled(each[start::number], cap) for start in range(number)]
    assert joined(parts, chance).best() == expected


@given(GROUPS)
def test_of_alike_candidates_the_worst_is_given_out_once(
    groups: list[tuple[int, Severity, str]],
) -> None:
    worst = {n: min((-s, m) for other, s, m in groups if other == n) for n, _, _ in groups}
    best = filled(alike(groups), 1000).best()
    assert {(c.placed.finding.severity, c.placed.finding.message, c.id) for c in best} == {
        (-severity, message, candidate(n, Severity.LOW, "", "", 1).id)
        for n, (severity, message) in worst.items()
    }
    assert len(best) == len(worst)


def test_one_that_was_dropped_returns_when_it_proves_worse() -> None:
    ranking = filled(
        [candidate(n, Severity.MEDIUM, "r", "f", n) for n in range(500)],
        3,
    )
    high = candidate(499, Severity.HIGH, "r", "f", 499)
    ranking.prefer(high)
    assert ranking.best()[0] == high
