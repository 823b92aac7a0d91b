"""Servers that take one thing and refuse another, answer late, or forget."""

import re
from collections.abc import Sequence
from typing import Any

import msgspec
import pytest
from fixture_records import BANDIT, RUFF
from program import OTHER_TOKEN
from publishing import Connect, MakePlan

from insights_uploader.destinations.retrying import Retries
from insights_uploader.gate import Result
from insights_uploader.model.errors import PartialError, ServerError
from insights_uploader.plan.plan import Plan, planned
from insights_uploader.publish import Publication
from insights_uploader.sandbox.faults import Answer, Drop, Edit
from insights_uploader.sandbox.server import Sandbox

JSON = {"content-type": "application/json"}
NOTHING = Answer(200, '{"annotations": []}', JSON)


def stored(sandbox: Sandbox, plan: Plan, key: str) -> Any:
    return next(r for r in sandbox.store.reports(plan.target.commit) if r.key == key)


def stored_ids(sandbox: Sandbox, plan: Plan, key: str) -> Sequence[str]:
    return [each["externalId"] for each in stored(sandbox, plan, key).annotations]


def planned_ids(plan: Plan, key: str) -> Sequence[str]:
    return [each["externalId"] for each in plan.report(key).annotations]


def published(plan: Plan, server: Any, **options: Any) -> Publication:
    publication = Publication(plan, server, pause=lambda _: None, **options)
    list(publication.run())
    return publication


def test_a_put_that_clears_again_and_again_is_not_confirmed(
    sandbox: Sandbox, connect: Connect, plan_of: MakePlan
) -> None:
    """An empty report that passes would be a pass that nothing backs."""
    plan = plan_of(BANDIT)
    sandbox.faults.add(NOTHING, method="GET", path="annotations$", after=0, times=None)
    with pytest.raises(PartialError) as caught:
        published(plan, connect(plan))
    assert caught.value.slug == "not-confirmed"
    assert stored(sandbox, plan, "ci.bandit").body["result"] == "FAIL"


@pytest.mark.parametrize("late", [1, 2, 3])
def test_annotations_that_are_seen_late_are_there_once(
    sandbox: Sandbox, connect: Connect, plan_of: MakePlan, late: int
) -> None:
    plan = plan_of(RUFF)
    sandbox.faults.add(NOTHING, method="GET", path="annotations$", after=1, times=late)
    published(plan, connect(plan))
    assert sorted(stored_ids(sandbox, plan, "ci.ruff")) == sorted(planned_ids(plan, "ci.ruff"))
    assert [r.method for r in sandbox.requests].count("POST") == 1


@pytest.mark.parametrize("status", [500, 400])
@pytest.mark.parametrize("posted", [Answer(500), Drop(applied=False)], ids=["500", "drop"])
def test_one_annotation_that_the_server_cannot_store_costs_no_other(
    sandbox: Sandbox, connect: Connect, plan_of: MakePlan, posted: Answer | Drop, status: int
) -> None:
    plan = plan_of(BANDIT)
    bad = planned_ids(plan, "ci.bandit")[2]
    sandbox.faults.add(posted, method="POST", times=None)
    sandbox.faults.add(Answer(status), method="PUT", path=f"annotations/{bad}", times=None)
    publication = published(plan, connect(plan))
    [confirmed] = publication.confirmed
    assert list(confirmed.invalid) == [bad]
    assert set(stored_ids(sandbox, plan, "ci.bandit")) == set(planned_ids(plan, "ci.bandit")) - {
        bad
    }
    assert stored(sandbox, plan, "ci.bandit").body["result"] == "PASS"


def later(plan: Plan, ms: int, result: Result) -> Plan:
    drafts = [
        msgspec.structs.replace(r.draft, created_ms=r.draft.created_ms + ms, result=result)
        for r in plan.reports
    ]
    return msgspec.structs.replace(plan, reports=planned(plan.builder, drafts))


@pytest.mark.parametrize("method", ["DELETE", "PUT"])
def test_a_run_that_waits_looks_again_before_it_goes_on(
    sandbox: Sandbox, connect: Connect, plan_of: MakePlan, method: str
) -> None:
    """An older pass in the place of a newer failure would be a pass that nothing backs."""
    old = plan_of(BANDIT)
    published(old, connect(old))
    sandbox.faults.add(Answer(503), method=method)
    newer = later(old, 60_000, Result.FAIL)
    other = connect(newer)

    def meanwhile(_: float) -> None:
        published(newer, other)

    mine = later(old.limited(3), 30_000, Result.PASS)
    server = connect(mine, retries=Retries(6, sleep=meanwhile))
    with pytest.raises(PartialError) as caught:
        published(mine, server)
    assert caught.value.slug == "superseded"
    there = stored(sandbox, old, "ci.bandit")
    assert there.body["result"] == "FAIL"
    assert there.body["createdDate"] == newer.report("ci.bandit").draft.created_ms


def test_an_older_report_in_the_end_is_not_confirmed(
    sandbox: Sandbox, connect: Connect, plan_of: MakePlan
) -> None:
    plan = plan_of(BANDIT)
    older = Edit(lambda body: re.sub(rb'"createdDate":\s*\d+', b'"createdDate":1', body))
    sandbox.faults.add(older, method="GET", path=r"ci\.bandit$", after=1, times=None)
    with pytest.raises(PartialError) as caught:
        published(plan, connect(plan))
    assert caught.value.slug == "not-confirmed"


def test_what_is_wrong_with_one_report_keeps_no_other_from_being_published(
    sandbox: Sandbox, connect: Connect, plan_of: MakePlan
) -> None:
    plan = plan_of(RUFF, BANDIT)
    theirs = plan_of(RUFF)
    published(theirs, connect(theirs, token=OTHER_TOKEN))
    with pytest.raises(
        ServerError, match=r"report ci\.ruff.*of another user.*Published: ci\.bandit"
    ):
        published(later(plan, 1000, Result.PASS), connect(plan))
    assert stored_ids(sandbox, plan, "ci.bandit")


def test_a_server_that_is_down_is_not_asked_for_every_report(
    sandbox: Sandbox, connect: Connect, plan_of: MakePlan
) -> None:
    plan = plan_of(RUFF, BANDIT)
    sandbox.faults.add(Answer(401), times=None)
    with pytest.raises(ServerError, match=r"Not tried: ci\.bandit\. Nothing was published\."):
        published(plan, connect(plan))
    assert len(sandbox.requests) == 1


@pytest.mark.parametrize("made", ["-5", "1e18", "true", "9223372036854775808"])
def test_an_odd_date_is_none(
    sandbox: Sandbox, connect: Connect, plan_of: MakePlan, made: str
) -> None:
    plan = plan_of(BANDIT)
    published(plan, connect(plan))
    body = f'{{"key": "ci.bandit", "title": "t", "result": "PASS", "createdDate": {made}}}'
    sandbox.faults.add(Answer(200, body, JSON), method="GET", path=r"ci\.bandit$")
    [confirmed] = published(plan, connect(plan)).confirmed
    assert confirmed.sent


def test_no_pass_is_left_on_a_report_whose_annotations_go(
    sandbox: Sandbox, connect: Connect, plan_of: MakePlan
) -> None:
    """They are seen until the report says PASS, and never again."""
    plan = plan_of(BANDIT)
    server = connect(plan)
    put = server.put_report

    def put_report(key: str, body: Any, again: Any = None) -> Any:
        answer = put(key, body, again)
        if body["result"] == "PASS":
            none = Answer(200, '{"annotations": []}', JSON)
            sandbox.faults.add(none, method="GET", path="annotations$", times=None)
        return answer

    server.put_report = put_report  # type: ignore[method-assign]
    with pytest.raises(PartialError) as caught:
        list(Publication(plan, server, pause=lambda _: None).run())
    assert caught.value.slug == "not-confirmed"
    assert stored(sandbox, plan, "ci.bandit").body["result"] == "FAIL"
