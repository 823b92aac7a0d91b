"""The replace protocol against a strict server over real HTTP."""

from collections.abc import Sequence

import pytest
from fixture_records import BANDIT, PYTEST, RUFF
from program import OTHER_TOKEN
from publishing import Connect, MakePlan

from insights_uploader.destinations.bitbucket_dc.client import CodeInsights
from insights_uploader.gate import Result
from insights_uploader.model.errors import ExitCode, PartialError, ServerError
from insights_uploader.plan.plan import Plan
from insights_uploader.publish import Confirmed, Publication
from insights_uploader.sandbox.faults import Answer, Drop
from insights_uploader.sandbox.server import Sandbox


def sent(plan: Plan, server: CodeInsights) -> Sequence[Confirmed]:
    """Send a whole plan."""
    return list(Publication(plan, server).run())


def writes(sandbox: Sandbox) -> Sequence[tuple[str, str]]:
    """The requests that change something, with the end of their path."""
    return [(r.method, r.path.rpartition("/")[2]) for r in sandbox.requests if r.method != "GET"]


def assert_stored(sandbox: Sandbox, plan: Plan) -> None:
    """The server holds the plan's bodies, no less and no more."""
    for planned in plan.reports:
        stored = sandbox.store.report(plan.target.commit, planned.key)
        assert stored is not None
        assert {k: stored.body.get(k) for k in planned.body} == dict(planned.body)
        assert sorted(a["externalId"] for a in stored.annotations) == sorted(
            a["externalId"] for a in planned.annotations
        )
    assert len(sandbox.store.reports(plan.target.commit)) == len(plan.reports)


def test_the_server_holds_what_was_planned(
    sandbox: Sandbox, connect: Connect, plan_of: MakePlan
) -> None:
    plan = plan_of(RUFF, BANDIT, PYTEST)
    confirmed = sent(plan, connect(plan))
    assert [(c.key, c.result) for c in confirmed] == [
        ("ci.ruff", Result.FAIL),
        ("ci.bandit", Result.PASS),
        ("ci.junit", Result.FAIL),
    ]
    assert_stored(sandbox, plan)


def test_an_older_report_is_deleted_before_the_new_one_is_created(
    sandbox: Sandbox, connect: Connect, plan_of: MakePlan
) -> None:
    """Where there was none a DELETE could only take another run's."""
    first, plan = plan_of(RUFF).limited(3), plan_of(RUFF)
    creation = [("PUT", "ci.ruff"), ("POST", "annotations")]
    sent(first, connect(first))
    assert writes(sandbox) == creation
    sent(plan, connect(plan))
    assert writes(sandbox) == [*creation, ("DELETE", "ci.ruff"), *creation]


def test_a_pass_with_annotations_is_told_only_when_they_are_there(
    sandbox: Sandbox, connect: Connect, plan_of: MakePlan
) -> None:
    plan = plan_of(BANDIT)
    sandbox.faults.add(Answer(401), method="POST")
    with pytest.raises(ServerError):
        sent(plan, connect(plan))
    [left] = sandbox.store.reports(plan.target.commit)
    assert left.body["result"] == "FAIL"
    assert "being published" in left.body["details"]


@pytest.mark.parametrize(
    "sandbox", [{"put_keeps_annotations": False}, {"put_keeps_annotations": True}],
    indirect=True, ids=["clears", "keeps"],
)  # fmt: skip
def test_a_put_that_clears_annotations_is_noticed(
    sandbox: Sandbox, connect: Connect, plan_of: MakePlan
) -> None:
    plan = plan_of(BANDIT)
    sent(plan, connect(plan))
    assert_stored(sandbox, plan)


@pytest.mark.parametrize("sandbox", [{"delete_absent_status": 404}], indirect=True)
def test_an_absent_report_may_be_a_404(
    sandbox: Sandbox, connect: Connect, plan_of: MakePlan
) -> None:
    plan = plan_of(BANDIT)
    sent(plan, connect(plan))
    assert_stored(sandbox, plan)


def test_publishing_twice_leaves_no_duplicates(
    sandbox: Sandbox, connect: Connect, plan_of: MakePlan
) -> None:
    plan = plan_of(RUFF, BANDIT)
    sent(plan, connect(plan))
    list(Publication(plan, connect(plan), force=True).run())
    assert_stored(sandbox, plan)


def test_a_clean_result_replaces_a_failing_one(
    sandbox: Sandbox, connect: Connect, plan_of: MakePlan
) -> None:
    sent(plan_of(RUFF), connect(plan_of(RUFF)))
    clean = plan_of(RUFF.parent.parent / "ruff-clean-python-dotenv/ruff.sarif")
    sent(clean, connect(clean))
    assert_stored(sandbox, clean)
    [report] = sandbox.store.reports(clean.target.commit)
    assert report.body["result"] == "PASS"
    assert not report.annotations


def test_another_users_report_is_not_replaced(
    sandbox: Sandbox, connect: Connect, plan_of: MakePlan
) -> None:
    theirs, ours = plan_of(RUFF).limited(1), plan_of(RUFF)
    sent(theirs, connect(theirs, token=OTHER_TOKEN))
    with pytest.raises(ServerError) as caught:
        sent(ours, connect(ours))
    assert caught.value.slug == "anothers-report"
    assert "token of ci is accepted" in caught.value.message
    assert "another --key" in caught.value.hint
    assert_stored(sandbox, theirs)


def test_what_failed_after_a_first_report_is_published_in_part(
    sandbox: Sandbox, connect: Connect, plan_of: MakePlan
) -> None:
    plan = plan_of(RUFF, BANDIT)
    sandbox.faults.add(Answer(400), method="PUT", path=r"ci\.bandit$")
    with pytest.raises(PartialError) as caught:
        sent(plan, connect(plan))
    assert "ci.ruff" in caught.value.message


@pytest.mark.parametrize(
    ("method", "path", "after", "action"),
    [
        ("POST", "", 0, Answer(401)),
        *(("GET", "annotations$", 0, each) for each in (Answer(503), Answer(401), Drop())),
        *(("GET", r"ci\.ruff$", 1, each) for each in (Answer(503), Answer(401), Drop())),
    ],
)
def test_a_report_that_was_begun_and_not_finished_is_named(
    sandbox: Sandbox,
    connect: Connect,
    plan_of: MakePlan,
    method: str,
    path: str,
    after: int,
    action: Answer | Drop,
) -> None:
    plan = plan_of(RUFF, BANDIT)
    sandbox.faults.add(action, method=method, path=path, after=after, times=None)
    with pytest.raises(PartialError, match=r"Report ci\.ruff is not finished\.") as caught:
        sent(plan, connect(plan))
    assert caught.value.exit_code == ExitCode.PARTIAL
    assert sandbox.store.reports(plan.target.commit)


def test_what_failed_before_a_report_was_accepted_is_not_in_part(
    sandbox: Sandbox, connect: Connect, plan_of: MakePlan
) -> None:
    plan = plan_of(RUFF, BANDIT)
    sandbox.faults.add(Answer(503), method="PUT", times=None)
    with pytest.raises(ServerError) as caught:
        sent(plan, connect(plan))
    assert caught.value.exit_code == ExitCode.SERVER
    assert not sandbox.store.reports(plan.target.commit)


@pytest.mark.parametrize("sandbox", [{"put_keeps_annotations": True}], indirect=True)
def test_a_report_without_annotations_holds_none_of_an_older_one(
    sandbox: Sandbox, connect: Connect, plan_of: MakePlan
) -> None:
    sent(plan_of(RUFF), connect(plan_of(RUFF)))
    clean = plan_of(RUFF.parent.parent / "ruff-clean-python-dotenv/ruff.sarif")
    sandbox.faults.add(Answer(204), method="DELETE")  # says done, and deletes nothing
    sent(clean, connect(clean))
    assert_stored(sandbox, clean)


@pytest.mark.parametrize("value", ["[1]", "{}", "[" * 900 + "]" * 900, "7.5", "true", "null"])
def test_odd_values_in_what_is_read_back_are_not_what_was_sent(
    sandbox: Sandbox, connect: Connect, plan_of: MakePlan, value: str
) -> None:
    plan = plan_of(RUFF)
    body = f'{{"annotations": [{{"externalId": {value}, "path": {value}, "line": {value}}}]}}'
    kind = {"content-type": "application/json"}
    sandbox.faults.add(Answer(200, body, kind), method="GET", path="annotations$", times=None)
    with pytest.raises(PartialError, match="1 that are not from this run") as caught:
        sent(plan, connect(plan))
    assert caught.value.slug == "not-confirmed"


def test_an_answer_that_lies_is_not_believed(
    sandbox: Sandbox, connect: Connect, plan_of: MakePlan
) -> None:
    plan = plan_of(RUFF)
    sandbox.faults.add(Answer(204), method="POST", times=None)  # says done, and stores nothing
    sandbox.faults.add(Answer(204), method="PUT", path="annotations/", times=None)
    with pytest.raises(PartialError) as caught:
        sent(plan, connect(plan))
    assert caught.value.slug == "not-confirmed"


def test_every_write_carries_what_the_server_asks_of_writes(
    sandbox: Sandbox, connect: Connect, plan_of: MakePlan
) -> None:
    plan = plan_of(RUFF, BANDIT)
    sent(plan, connect(plan))
    for request in sandbox.requests:
        if request.method != "GET":
            assert request.headers["x-atlassian-token"] == "no-check"
            assert request.headers["content-type"] == "application/json"
