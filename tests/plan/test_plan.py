"""A plan shrinks without losing count."""

import json

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from insights_uploader.destinations.bitbucket_dc.payload import CodeInsightsPayload
from insights_uploader.gate import Result, Verdict
from insights_uploader.model.finding import Finding, Location, Placed, Severity
from insights_uploader.model.ledger import Disposition, Ledger
from insights_uploader.plan.draft import ReportDraft, annotation
from insights_uploader.plan.plan import DiffRecord, Plan, Target, planned
from insights_uploader.plan.schema import receipt, to_json
from insights_uploader.selection.ranking import Candidate


def candidate(number: int, end: Disposition = Disposition.PUBLISHED) -> Candidate:
    finding = Finding(tool="t", rule=f"R{number % 3}", message=f"m{number}", severity=Severity.LOW)
    placed = Placed(finding, "a.py", number + 1, Location("a.py", number + 1), "as written")
    return Candidate(number.to_bytes(16), placed, end)


def plan_of(number: int, hidden: int) -> Plan:
    annotations = tuple(annotation(candidate(n)) for n in range(number))
    counts = {Disposition.PUBLISHED: number, Disposition.OVER_CAP: hidden}
    draft = ReportDraft(
        tool="t", key="k.t", title="t", reporter="r", link=None, logo_url=None, versions=[],
        result=Result.PASS, reasons=[], created_ms=1, annotations=annotations,
        rules={"R0": number + hidden}, severities={}, tests=None,
        ledger=Ledger(number + hidden, 0, {k: n for k, n in counts.items() if n}),
    )  # fmt: skip
    builder = CodeInsightsPayload()
    return Plan(
        target=Target("P", "r", "0" * 40, None, None, 1000),
        reports=planned(builder, [draft]),
        inputs=(),
        diff=DiffRecord("x", None, 0, 0),
        verdict=Verdict(Result.PASS, ()),
        builder=builder,
    )


@given(st.integers(0, 8), st.integers(0, 3), st.integers(0, 10))
def test_a_smaller_limit_is_a_prefix(number: int, hidden: int, limit: int) -> None:
    plan = plan_of(number, hidden)
    [before], [after] = plan.reports, plan.limited(limit).reports
    assert after.annotations == before.annotations[:limit]
    assert after.draft.ledger.balanced
    assert after.draft.ledger.count(Disposition.OVER_CAP) == hidden + max(0, number - limit)
    assert before.draft.ledger.published == number  # the first plan is as it was


def test_the_details_tell_the_smaller_number() -> None:
    [report] = plan_of(5, 0).limited(2).reports
    assert "2 of 5 findings are shown." in report.body["details"]
    [alone] = plan_of(1, 0).reports
    assert "1 of 1 finding is shown." in alone.body["details"]


def test_a_refused_annotation_is_left_out_and_counted() -> None:
    plan = plan_of(3, 0)
    refused = plan.reports[0].draft.annotations[1].id
    [report] = plan.without({refused: "too odd"}).reports
    assert [a["message"] for a in report.annotations] == ["R0: m0", "R2: m2"]
    assert report.draft.ledger.count(Disposition.INVALID) == 1
    assert report.draft.ledger.balanced
    assert report.draft.invalid == {refused: "too odd"}
    assert plan.without({"unknown": "x"}) == plan


def test_a_message_names_what_its_place_does_not_tell() -> None:
    finding = Finding(tool="t", rule="R1", message="long", severity=Severity.LOW)
    placed = Placed(finding, "a.py", 7, Location("a.py", 5, 9), "as written")
    anchored = annotation(Candidate(bytes(16), placed, Disposition.PUBLISHED))
    assert (anchored.message, anchored.line) == ("R1: long (lines 5 to 9)", 7)
    above = annotation(Candidate(bytes(16), placed, Disposition.REPORT_LEVEL))
    assert (above.message, above.path, above.line) == ("a.py:7: R1: long", None, None)


def test_a_name_that_json_cannot_carry_is_told_in_words() -> None:
    path = b"caf\xe9.py".decode("utf-8", "surrogateescape")
    finding = Finding(tool="t", rule="R1", message="m", severity=Severity.LOW)
    placed = Placed(finding, path, 7, Location(path, 7), "as written")
    drafted = annotation(Candidate(bytes(16), placed, Disposition.PUBLISHED))
    assert drafted.path is None
    assert drafted.end is Disposition.REPORT_LEVEL
    assert drafted.message == "caf?.py:7: R1: m"


def test_names_that_are_no_utf_8() -> None:
    """A results file, a branch or the checkout's own folder can be called so."""
    plan = msgspec.structs.replace(plan_of(1, 0), notes=["caf\udce9.xml: is \ud83dolder"])
    for text in (to_json(plan), receipt(plan, (), (), (), "caf\udce9")):
        assert json.loads(text)["notes"] == ["caf\ufffd.xml: is \ufffdolder"]
