"""Runs of one commit that meet, and runs that find nothing to do."""

import re
from collections.abc import Callable, Mapping, Sequence

import msgspec
import pytest
from fixture_records import BANDIT, RUFF
from publishing import Connect, MakePlan

from insights_uploader.model.errors import ExitCode, PartialError
from insights_uploader.plan.plan import Plan, planned
from insights_uploader.publish import Publication
from insights_uploader.sandbox.faults import Action, Answer, Drop, Edit
from insights_uploader.sandbox.server import Sandbox
from insights_uploader.sandbox.store import Body, Report


def made_later(plan: Plan, ms: int) -> Plan:
    """The same plan, made that much later."""
    drafts = [
        msgspec.structs.replace(r.draft, created_ms=r.draft.created_ms + ms) for r in plan.reports
    ]
    return msgspec.structs.replace(plan, reports=planned(plan.builder, drafts))


def writes(sandbox: Sandbox) -> Sequence[str]:
    return [
        f"{r.method} {'one' if '/annotations/' in r.path else r.path.rpartition('/')[2]}"
        for r in sandbox.requests
        if r.method != "GET"
    ]


def test_a_report_of_a_later_run_stays(
    sandbox: Sandbox, connect: Connect, plan_of: MakePlan
) -> None:
    ours = plan_of(RUFF)
    theirs = made_later(ours.limited(3), 7000)
    list(Publication(theirs, connect(theirs)).run())
    with pytest.raises(PartialError, match="made 7 s after this run's") as caught:
        list(Publication(ours, connect(ours)).run())
    assert caught.value.slug == "superseded"
    assert caught.value.exit_code == ExitCode.PARTIAL
    assert "--force" in caught.value.hint
    [left] = sandbox.store.reports(ours.target.commit)
    assert len(left.annotations) == 3
    list(Publication(ours, connect(ours), force=True).run())
    [left] = sandbox.store.reports(ours.target.commit)
    assert len(left.annotations) == len(ours.reports[0].annotations)


def test_a_run_that_is_overtaken_on_its_way_says_so(
    sandbox: Sandbox, connect: Connect, plan_of: MakePlan
) -> None:
    ours = plan_of(RUFF)
    later = str(ours.reports[0].draft.created_ms + 1).encode()
    newer = Edit(lambda body: re.sub(rb'"createdDate":\s*\d+', b'"createdDate":' + later, body))
    sandbox.faults.add(newer, method="GET", path="ruff$", after=1, times=None)
    with pytest.raises(PartialError) as caught:
        list(Publication(ours, connect(ours)).run())
    assert caught.value.slug == "superseded"


def test_a_server_that_keeps_a_date_of_its_own_is_no_later_run(
    sandbox: Sandbox, connect: Connect, plan_of: MakePlan
) -> None:
    plan = plan_of(RUFF)
    own = Edit(lambda body: re.sub(rb'"createdDate":\s*\d+', b'"createdDate":1900000000000', body))
    sandbox.faults.add(own, path="ruff$", times=None)
    [confirmed] = Publication(plan, connect(plan)).run()
    assert confirmed.sent


@pytest.mark.parametrize("results", [RUFF, BANDIT])
def test_a_server_that_holds_all_of_it_is_left_alone(
    sandbox: Sandbox, connect: Connect, plan_of: MakePlan, results: object
) -> None:
    plan = plan_of(results)
    list(Publication(plan, connect(plan)).run())
    before = len(writes(sandbox))
    later = made_later(plan, 1000)
    [confirmed] = Publication(later, connect(later)).run()
    assert not confirmed.sent
    assert len(writes(sandbox)) == before


CHANGES: Mapping[str, Callable[[Report], object]] = {
    "one is missing": lambda report: report.annotations.pop(),
    "one is there twice": lambda report: report.annotations.append(report.annotations[0]),
    "one says something else": lambda report: edit(report.annotations[0], message="another"),
    "one has no id": lambda report: edit(report.annotations[0], externalId=None),
    "the result": lambda report: edit(report.body, result="PASS"),
    "the details": lambda report: edit(report.body, details=""),
    "the data": lambda report: edit(report.body, data=[]),
    "a link": lambda report: edit(report.body, link="https://example.com/"),
}


def edit(body: Body, **members: object) -> None:
    assert isinstance(body, dict)
    body.update(members)


@pytest.mark.parametrize("change", CHANGES.values(), ids=list(CHANGES))
def test_whatever_differs_is_sent_again(
    sandbox: Sandbox, connect: Connect, plan_of: MakePlan, change: Callable[[Report], object]
) -> None:
    plan = plan_of(RUFF)
    list(Publication(plan, connect(plan)).run())
    [stored] = sandbox.store.reports(plan.target.commit)
    change(stored)
    [confirmed] = Publication(plan, connect(plan)).run()
    assert confirmed.sent
    [stored] = sandbox.store.reports(plan.target.commit)
    assert {k: stored.body.get(k) for k in plan.reports[0].body} == plan.reports[0].body
    assert "link" not in stored.body
    assert {a["externalId"]: a["message"] for a in stored.annotations} == {
        a["externalId"]: a["message"] for a in plan.reports[0].annotations
    }
    assert len(stored.annotations) == len(plan.reports[0].annotations)


@pytest.mark.parametrize(
    ("action", "singles"),
    [(Drop(), 36), (Answer(502), 36), (Drop(applied=True), 0), (Answer(502, applied=True), 0)],
)
def test_annotations_whose_answer_is_lost_are_never_sent_blindly_again(
    sandbox: Sandbox, connect: Connect, plan_of: MakePlan, action: Action, singles: int
) -> None:
    plan = plan_of(RUFF)
    sandbox.faults.add(action, method="POST")
    [confirmed] = Publication(plan, connect(plan)).run()
    assert confirmed.annotations == 36
    beginning = ["PUT ci.ruff", "POST annotations"]
    assert writes(sandbox) == [*beginning, *["PUT one"] * singles]


def test_annotations_are_not_posted_onto_others(
    sandbox: Sandbox, connect: Connect, plan_of: MakePlan
) -> None:
    plan = made_later(plan_of(RUFF), 1000)
    older = plan_of(RUFF).limited(30)
    list(Publication(older, connect(older)).run())
    before = len(writes(sandbox))
    sandbox.faults.add(Answer(204), method="DELETE")  # says done, and deletes nothing
    list(Publication(plan, connect(plan)).run())
    assert writes(sandbox)[before:] == ["DELETE ci.ruff", "PUT ci.ruff", *["PUT one"] * 6]
    [stored] = sandbox.store.reports(plan.target.commit)
    assert len(stored.annotations) == 36


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_report_that_another_run_takes_away_is_told_of(
    sandbox: Sandbox, connect: Connect, plan_of: MakePlan, method: str
) -> None:
    """Two that publish the same commit at once: the loser finds nothing where its report was."""
    plan = plan_of(RUFF)
    sandbox.faults.add(Answer(404), method=method, path="annotations", after=method == "GET")
    with pytest.raises(PartialError, match="another run may have taken over") as caught:
        list(Publication(plan, connect(plan)).run())
    assert "404" in caught.value.message


def test_a_server_that_is_asked_too_often_is_not_asked_one_by_one(
    sandbox: Sandbox, connect: Connect, plan_of: MakePlan
) -> None:
    """Nothing was done of what is answered 429, so nothing needs to be found out."""
    plan = plan_of(RUFF)
    sandbox.faults.add(Answer(429), method="POST", times=None)
    with pytest.raises(PartialError, match="429"):
        list(Publication(plan, connect(plan)).run())
    assert writes(sandbox) == ["PUT ci.ruff", "POST annotations"]
