"""What the server does not take of a batch is left out and told; the rest is published."""

from collections.abc import Collection, Sequence
from typing import Any

import msgspec
import pytest
from fixture_records import BANDIT, RUFF
from publishing import Connect, MakePlan

from insights_uploader.destinations.bitbucket_dc.payload import CodeInsightsPayload
from insights_uploader.model.errors import PartialError
from insights_uploader.model.ledger import Disposition, Ledger
from insights_uploader.plan.draft import ReportDraft
from insights_uploader.plan.plan import Body, Plan, planned
from insights_uploader.publish import Publication
from insights_uploader.sandbox.faults import Answer
from insights_uploader.sandbox.server import Sandbox


class Flawed(CodeInsightsPayload):
    """Bodies of which the server refuses some, for a message longer than its limit."""

    def __init__(self, refused: Collection[str]) -> None:
        self._refused = refused

    def annotation_bodies(self, draft: ReportDraft) -> tuple[Body, ...]:
        bodies: list[dict[str, Any]] = [dict(body) for body in super().annotation_bodies(draft)]
        for body in bodies:
            if body["externalId"] in self._refused:
                body["message"] = "x" * 2001
        return tuple(bodies)


def flawed(plan: Plan, ranks: Collection[int]) -> tuple[Plan, Sequence[str]]:
    """The plan with bad annotations at some ranks of each report; and their ids."""
    bad = [r.draft.annotations[rank].id for r in plan.reports for rank in ranks]
    builder = Flawed(bad)
    reports = planned(builder, [report.draft for report in plan.reports])
    return msgspec.structs.replace(plan, builder=builder, reports=reports), bad


def stored_ids(sandbox: Sandbox, plan: Plan) -> Sequence[str]:
    return [annotation["externalId"] for annotation in report_of(sandbox, plan).annotations]


def ids(plan: Plan) -> Sequence[str]:
    [report] = plan.reports
    return [annotation["externalId"] for annotation in report.annotations]


def report_of(sandbox: Sandbox, plan: Plan) -> Any:
    [stored] = sandbox.store.reports(plan.target.commit)
    return stored


@pytest.mark.parametrize(
    "sandbox", [{"put_keeps_annotations": False}, {"put_keeps_annotations": True}],
    indirect=True, ids=["clears", "keeps"],
)  # fmt: skip
@pytest.mark.parametrize("ranks", [[0], [3], [-1], [0, 2, 3]], ids=str)
def test_a_refused_annotation_does_not_cost_the_others(
    sandbox: Sandbox, connect: Connect, plan_of: MakePlan, ranks: Sequence[int]
) -> None:
    plan, bad = flawed(plan_of(BANDIT), ranks)
    publication = Publication(plan, connect(plan))
    [confirmed] = publication.run()
    assert set(stored_ids(sandbox, plan)) == set(ids(plan)) - set(bad)
    assert set(confirmed.invalid) == set(bad)
    assert all("message" in words and "http" not in words for words in confirmed.invalid.values())
    assert publication.plan.ledger.count(Disposition.INVALID) == len(bad)
    assert publication.plan.ledger.balanced
    stored = report_of(sandbox, plan)
    assert stored.body["result"] == "PASS"
    assert f"{len(bad)} refused by the server" in stored.body["details"]


def test_where_every_annotation_is_refused_the_ledger_says_so(
    sandbox: Sandbox, connect: Connect, plan_of: MakePlan
) -> None:
    plan, bad = flawed(plan_of(BANDIT), range(6))
    [confirmed] = Publication(plan, connect(plan)).run()
    assert set(confirmed.invalid) == set(bad) == set(ids(plan))
    stored = report_of(sandbox, plan)
    assert not stored.annotations
    assert "0 of 93 findings are shown" in stored.body["details"]


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 10])
@pytest.mark.parametrize(
    "sandbox",
    [{"annotation_limit": 1000}, {"over_limit_status": 400}],
    indirect=True,
    ids=[413, 400],
)
def test_a_lower_limit_is_learnt_and_the_first_in_rank_are_published(
    sandbox: Sandbox, connect: Connect, plan_of: MakePlan, limit: int
) -> None:
    plan = plan_of(RUFF)
    sandbox.store._limit = limit
    publication = Publication(plan, connect(plan))
    [confirmed] = publication.run()
    assert list(stored_ids(sandbox, plan)) == list(ids(plan))[:limit]
    assert confirmed.over_cap == len(ids(plan)) - limit
    assert publication.plan == plan.limited(limit)
    stored = report_of(sandbox, plan)
    assert stored.body["details"] == plan.limited(limit).reports[0].body["details"]
    assert stored.body["result"] == "FAIL"


@pytest.mark.parametrize("sandbox", [{"annotation_limit": 4}], indirect=True)
def test_a_limit_that_was_learnt_is_kept_for_the_reports_that_follow(
    sandbox: Sandbox, connect: Connect, plan_of: MakePlan
) -> None:
    plan = plan_of(RUFF, BANDIT)
    first, second = Publication(plan, connect(plan)).run()
    assert (first.annotations, second.annotations) == (4, 4)
    assert second.over_cap == 2
    posts = [r for r in sandbox.requests if r.method == "POST" and "bandit" in r.path]
    assert len(posts) == 1


@pytest.mark.parametrize("sandbox", [{"body_limit": 2500}], indirect=True)
def test_a_proxy_that_takes_small_requests_only_costs_nothing(
    sandbox: Sandbox, connect: Connect, plan_of: MakePlan
) -> None:
    plan = plan_of(RUFF)
    [confirmed] = Publication(plan, connect(plan)).run()
    assert confirmed.over_cap == 0
    assert sorted(stored_ids(sandbox, plan)) == sorted(ids(plan))


@pytest.mark.parametrize("status", [400, 413])
def test_a_server_that_refuses_everything_is_not_obeyed(
    sandbox: Sandbox, connect: Connect, plan_of: MakePlan, status: int
) -> None:
    plan = plan_of(RUFF)
    sandbox.faults.add(Answer(status), method="POST", times=None)
    with pytest.raises(PartialError, match=r"Report ci\.ruff is not finished"):
        list(Publication(plan, connect(plan)).run())


def planned_ids(plan: Plan, key: str) -> Sequence[str]:
    return [each["externalId"] for each in plan.report(key).annotations]


def ids_of(sandbox: Sandbox, plan: Plan, key: str) -> Sequence[str]:
    [report] = [each for each in sandbox.store.reports(plan.target.commit) if each.key == key]
    return [each["externalId"] for each in report.annotations]


def fattened(plan: Plan, key: str, rank: int) -> tuple[Plan, str]:
    """The plan with one long message, and that annotation's id."""
    drafts = []
    for report in plan.reports:
        draft = report.draft
        if report.key == key:
            notes = list(draft.annotations)
            notes[rank] = msgspec.structs.replace(notes[rank], message="x" * 1900)
            draft = msgspec.structs.replace(draft, annotations=tuple(notes))
        drafts.append(draft)
    fat = msgspec.structs.replace(plan, reports=planned(plan.builder, drafts))
    return fat, planned_ids(fat, key)[rank]


@pytest.mark.parametrize("sandbox", [{"body_limit": 2000}], indirect=True)
def test_an_annotation_too_big_for_a_proxy_teaches_no_limit(
    sandbox: Sandbox, connect: Connect, plan_of: MakePlan
) -> None:
    plan, fat = fattened(plan_of(RUFF, BANDIT), "ci.ruff", 3)
    first, second = Publication(plan, connect(plan)).run()
    assert list(first.invalid) == [fat]
    assert (first.over_cap, second.over_cap) == (0, 0)
    assert set(ids_of(sandbox, plan, "ci.ruff")) == set(planned_ids(plan, "ci.ruff")) - {fat}
    assert set(ids_of(sandbox, plan, "ci.bandit")) == set(planned_ids(plan, "ci.bandit"))


@pytest.mark.parametrize("first", [0, 6], ids=["the first ones", "those in the middle"])
def test_many_refused_annotations_teach_no_limit(
    sandbox: Sandbox, connect: Connect, plan_of: MakePlan, first: int
) -> None:
    plan, bad = flawed(plan_of(RUFF), range(first, first + 24))
    [confirmed] = Publication(plan, connect(plan)).run()
    assert set(confirmed.invalid) == set(bad)
    assert confirmed.over_cap == 0
    assert set(stored_ids(sandbox, plan)) == set(ids(plan)) - set(bad)


@pytest.mark.parametrize("sandbox", [{"annotation_limit": 10}], indirect=True)
def test_a_limit_and_a_refused_annotation_together(
    sandbox: Sandbox, connect: Connect, plan_of: MakePlan
) -> None:
    plan, bad = flawed(plan_of(RUFF), [3])
    [confirmed] = Publication(plan, connect(plan)).run()
    assert set(confirmed.invalid) == set(bad)
    assert set(stored_ids(sandbox, plan)) == {*ids(plan)[:11]} - set(bad)
    assert confirmed.over_cap == len(ids(plan)) - 11


def grown(plan: Plan, times: int) -> Plan:
    """The plan of one report with each annotation that many times, each time another."""
    [report] = plan.reports
    draft = report.draft
    notes = [
        msgspec.structs.replace(note, id=f"{note.id}-{turn}")
        for turn in range(times)
        for note in draft.annotations
    ]
    more = len(notes) - len(draft.annotations)
    draft = msgspec.structs.replace(
        draft, annotations=tuple(notes), ledger=enlarged(draft.ledger, more)
    )
    return msgspec.structs.replace(plan, reports=planned(plan.builder, [draft]))


def enlarged(ledger: Ledger, more: int) -> Ledger:
    published = ledger.count(Disposition.PUBLISHED) + more
    return Ledger(
        parsed=ledger.parsed + more,
        derived=ledger.derived,
        dispositions={**ledger.dispositions, Disposition.PUBLISHED: published},
    )


@pytest.mark.parametrize("ranks", [range(30), range(0, 144, 2), range(60, 144)], ids=str)
@pytest.mark.parametrize("one_by_one", [False, True])
def test_what_was_not_refused_is_published_however_much_is(
    sandbox: Sandbox, connect: Connect, plan_of: MakePlan, ranks: Sequence[int], one_by_one: bool
) -> None:
    plan, bad = flawed(grown(plan_of(RUFF), 4), ranks)
    if one_by_one:
        sandbox.faults.add(Answer(502), method="POST")
    [confirmed] = Publication(plan, connect(plan)).run()
    assert set(confirmed.invalid) == set(bad)
    assert confirmed.over_cap == 0
    assert set(stored_ids(sandbox, plan)) == set(ids(plan)) - set(bad)
