"""Cases of a parametrised test that fail at one place are shown once, and each is counted."""

from collections.abc import Sequence

import pytest
from selection.builders import finding

from insights_uploader.changes.changed_lines import ChangedFile, ChangedLines, LineRange
from insights_uploader.destinations.bitbucket_dc.payload import MAX_MESSAGE, CodeInsightsPayload
from insights_uploader.gate import Result
from insights_uploader.model.finding import Finding, Location, Severity
from insights_uploader.model.ledger import Disposition
from insights_uploader.plan.draft import ReportDraft, annotation
from insights_uploader.repository.paths import Resolved
from insights_uploader.selection.diff_filter import DiffFilter
from insights_uploader.selection.identity import Identity
from insights_uploader.selection.selection import Caps, ReportSelection, Selection
from insights_uploader.selection.selector import Judging, Selector
from insights_uploader.selection.wanted import Wanted

SOURCE = [b"statement %d" % number for number in range(100)]
CAPS, ALL = Caps(), Wanted()
HERE = Location("test_sum.py", 7)
DIFF = DiffFilter(ChangedLines([ChangedFile("test_sum.py", (LineRange(1, 50),))]))


def resolve(path: str, *, derived: bool = False) -> Resolved:
    return Resolved(path if path == "test_sum.py" else None, "")


def case(
    parameters: str, *locations: Location, test: str = "t.test_sum", said: str = "assert 1 == 2"
) -> Finding:
    name = f"{test}[{parameters}]"
    return finding(
        *(locations or (HERE,)),
        rule=name,
        message=f"{name} failed: {said} for {parameters}",
        severity=Severity.HIGH,
        failed_test=True,
        variant_of=test,
    )


def read(*files: Sequence[Finding], caps: Caps = CAPS, wanted: Wanted = ALL) -> ReportSelection:
    """The selection of some results files."""
    total = Selection(caps)
    for number, findings in enumerate(files):
        part = Selection(caps, shard=str(number))
        judging = Judging(DIFF, Identity(lambda _: SOURCE), wanted)
        selector = Selector(part, resolve, judging)
        for each in findings:
            selector.add(each)
        total.join(part)
    return total.report("tool")


def shown(report: ReportSelection) -> list[tuple[str | None, int | None, str]]:
    """Path, line and first line of each annotation."""
    drafts = [annotation(candidate) for candidate in report.best()]
    return [(draft.path, draft.line, draft.message.split("\n")[0]) for draft in drafts]


def ends(report: ReportSelection) -> dict[str, int]:
    ledger = report.ledger([candidate.end for candidate in report.best()])
    assert ledger.balanced
    return {str(end): number for end, number in ledger.dispositions.items()}


def failing(report: ReportSelection) -> int:
    """What the gate counts."""
    return report.failing_tests


def test_cases_of_one_place_are_one_annotation_that_says_how_many() -> None:
    report = read([case(f"{number}-x") for number in range(7)])
    [candidate] = report.best()
    drafted = annotation(candidate)
    assert (drafted.path, drafted.line) == ("test_sum.py", 7)
    assert drafted.message == (
        "7 cases of t.test_sum fail here, among them:\n"
        "t.test_sum[0-x] failed: assert 1 == 2 for 0-x"
    )
    assert ends(report) == {"published": 1, "duplicate": 6}
    assert failing(report) == 7


def test_one_failing_case_is_told_as_it_is_and_keeps_its_identity_among_several() -> None:
    alone, among = read([case("1")]), read([case("1"), case("2")])
    assert shown(alone) == [(*("test_sum.py", 7), "t.test_sum[1] failed: assert 1 == 2 for 1")]
    assert [c.id for c in alone.best()] == [c.id for c in among.best()]


def test_a_case_that_two_files_tell_of_is_shown_once_and_counted_as_their_tests_are() -> None:
    report = read([case("1"), case("2")], [case("2"), case("2"), case("3")])
    assert shown(report)[0][2].startswith("3 cases of ")
    assert failing(report) == 4  # as the totals of the two files say
    assert ends(report) == {"published": 1, "duplicate": 4}


def test_other_places_and_other_tests_have_annotations_of_their_own() -> None:
    elsewhere = Location("test_sum.py", 9)
    report = read([
        case("1"), case("2"), case("1", elsewhere), case("2", elsewhere), case("3", elsewhere),
        case("1", test="t.test_product"),
        finding(HERE, rule="t.test_sum", message="t.test_sum failed", failed_test=True),
    ])  # fmt: skip
    assert sorted(shown(report), key=str) == [
        ("test_sum.py", 7, "2 cases of t.test_sum fail here, among them:"),
        ("test_sum.py", 7, "t.test_product[1] failed: assert 1 == 2 for 1"),
        ("test_sum.py", 7, "t.test_sum failed"),
        ("test_sum.py", 9, "3 cases of t.test_sum fail here, among them:"),
    ]
    assert failing(report) == 5  # two of them fail twice


@pytest.mark.parametrize("path", ["test_sum.py", "gone.py"])
def test_a_case_that_fails_twice_is_shown_twice_and_counted_once(path: str) -> None:
    for name in (None, "t.test_sum"):
        failures = [
            finding(Location(path, line), rule="t.test_sum/0", failed_test=True, variant_of=name)
            for line in (7, 9)
        ]
        report = read(failures)
        assert len(report.best()) == 2
        assert failing(report) == 1


@pytest.mark.parametrize(
    ("places", "told"),
    [
        ([Location("test_sum.py", 80)] * 2, "test_sum.py:80: t.test_sum[1] failed"),
        ([Location("gone.py", 3)] * 2, "gone.py:3: t.test_sum[1] failed"),
        ([Location("/b/1/gone.py", 3), Location("/b/2/gone.py", 3)], "/b/1/gone.py:3: t.test_sum"),
    ],
    ids=["off the diff", "not in the repository", "nor on two machines"],
)
def test_cases_without_a_place_in_the_diff_are_told_once(
    places: Sequence[Location], told: str
) -> None:
    report = read([case(str(number), place) for number, place in enumerate(places, 1)])
    [drafted] = [annotation(candidate) for candidate in report.best()]
    assert (drafted.path, drafted.line) == (None, None)
    first, second = drafted.message.split("\n")
    assert first == "2 cases of t.test_sum fail, among them:"
    assert second.startswith(told)
    assert ends(report) == {"report-level": 1, "duplicate": 1}


def test_a_parametrised_test_that_fails_in_many_places_does_not_fill_the_report() -> None:
    many = [case(f"{number:02}", Location("test_sum.py", number)) for number in range(1, 31)]
    report = read([*many, case("1", test="z.test_other")], caps=Caps(5))
    assert "z.test_other[1] failed: assert 1 == 2 for 1" in [words for *_, words in shown(report)]


def test_an_ignored_case_is_neither_shown_nor_counted() -> None:
    cases = [case("1-a"), case("2-b"), case("3-c")]
    report = read(cases, wanted=Wanted(ignore=["t.test_sum[1-a]"]))
    assert shown(report)[0][2] == "2 cases of t.test_sum fail here, among them:"
    assert failing(report) == 2
    assert ends(report) == {"published": 1, "duplicate": 1, "ignored": 1}


def draft_of(report: ReportSelection) -> ReportDraft:
    best = report.best()
    rules: dict[str, int] = {}
    for kind, number in report.kinds().items():
        rules[kind.rule] = rules.get(kind.rule, 0) + number
    return ReportDraft(
        tool="t", key="k", title="t", reporter="r", link=None, logo_url=None, versions=[],
        result=Result.FAIL, reasons=[], created_ms=1, rules=rules, severities={}, tests=None,
        annotations=tuple(annotation(candidate) for candidate in best),
        ledger=report.ledger([candidate.end for candidate in best]),
    )  # fmt: skip


def test_the_number_survives_the_servers_limit() -> None:
    said = "x" * 10_000
    draft = draft_of(read([case(str(number), said=said) for number in range(3)]))
    [body] = CodeInsightsPayload().annotation_bodies(draft)
    assert body["message"].startswith("3 cases of t.test_sum fail here")
    assert len(body["message"]) == MAX_MESSAGE


def test_what_is_over_the_cap_does_not_name_cases_that_are_shown() -> None:
    other = finding(HERE, rule="smell", severity=Severity.LOW)
    draft = draft_of(read([case("1"), case("2"), other], caps=Caps(1)))
    assert draft.ledger.count(Disposition.OVER_CAP) == 1
    assert draft.hidden_rules == {"smell": 1}
    assert draft.limited(0).hidden_rules == {"t.test_sum": 2, "smell": 1}
    assert draft.limited(0).ledger.balanced
