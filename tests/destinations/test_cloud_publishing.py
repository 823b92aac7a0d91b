"""The replace protocol on Bitbucket Cloud: a choice of the faults at every request, and two runs.

Whatever happens: no PASSED that is not backed, no annotation twice, no login in a message, no
silence; and the next run makes it whole.
"""

import functools
import io
import os
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest
from fixture_records import BANDIT, RUFF

from insights_uploader.credentials import basic
from insights_uploader.destinations.bitbucket_cloud.client import CloudInsights
from insights_uploader.destinations.bitbucket_cloud.payload import CloudInsightsPayload
from insights_uploader.destinations.bitbucket_dc.payload import report_key
from insights_uploader.destinations.http import Http
from insights_uploader.gate import Policy
from insights_uploader.inputs.plugins import installed
from insights_uploader.model.errors import ExitCode, PartialError, ServerError
from insights_uploader.model.finding import Severity
from insights_uploader.pipeline import Request, World, make_plan
from insights_uploader.plan.plan import Plan, planned
from insights_uploader.publish import Publication
from insights_uploader.review import Comparison
from insights_uploader.sandbox.cloud_settings import CloudSettings
from insights_uploader.sandbox.faults import Action, Answer, Drop
from insights_uploader.sandbox.server import Sandbox

THERE = CloudSettings()
LOGIN = basic(THERE.email, THERE.api_token)
JSON, PAGE = {"content-type": "application/json"}, {"content-type": "text/html"}
TOO_LONG = (
    '{"key": "report-service.general.bad-request", "arguments": {}, '
    '"message": "The summary field cannot contain more than 450 characters."}'
)
FAULTS: Mapping[str, Action] = {
    "cut after": Drop(applied=True),
    "400 summary": Answer(400, TOO_LONG, JSON),
    "429 text": Answer(
        429, "Rate limit for this resource has been exceeded", {"content-type": "text/plain"}
    ),
    "502 page after": Answer(502, "<html/>", PAGE, applied=True),
    "truncated after": Answer(200, '[{"external_id": ', JSON, applied=True),
}
LASTING = "502 page after"
OLD_MS, NOW_MS, LATER_MS = 1, 1_700_000_000_000, 1_800_000_000_000

MakePlan = Callable[..., Plan]


@pytest.fixture(scope="module")
def plan_of(dotenv: Path) -> MakePlan:
    def make(result: Path, now_ms: int = NOW_MS, **settings: Any) -> Plan:
        world = World(
            plugins=installed(),
            environ=dict(os.environ),
            stdin=io.BytesIO(),
            now_ms=now_ms,
            builder=CloudInsightsPayload(),
        )
        request = Request(
            results=[str(result)],
            checkout=dotenv,
            report_of=functools.partial(report_key, "ci"),
            comparison=Comparison(base="main"),
            project=THERE.workspace,
            repository="repo",
            **settings,
        )
        return make_plan(request, world)

    return make


@pytest.fixture
def is_careful() -> bool:
    return True


@pytest.fixture
def http(sandbox: Sandbox) -> Iterator[Http]:
    with Http(sandbox.url, LOGIN) as opened:
        yield opened


def publish(plan: Plan, http: Http) -> Publication:
    """Publish, and give what became of it; a failure passes through."""
    reports = CloudInsights(http, THERE.workspace, "repo", plan.target.commit)
    publication = Publication(plan, reports, pause=lambda _: None)
    list(publication.run())
    return publication


def held(sandbox: Sandbox, plan: Plan) -> Mapping[str, Any] | None:
    """What the server holds of the plan's report, without what it dates and numbers by itself."""
    [report] = plan.reports
    stored = sandbox.cloud.insights.report(plan.target.commit, report.key)
    if stored is None:
        return None

    def said(body: Mapping[str, Any]) -> Mapping[str, Any]:
        return {k: v for k, v in body.items() if k not in ("uuid", "created_on", "updated_on")}

    body = dict(said(stored.body))
    body["data"] = [each for each in body["data"] if each["type"] != "DATE"]
    notes = {name: said(each) for name, each in stored.annotations.items()}
    return {**body, "annotations": notes}


class Trials:
    """Runs of one plan, each from the same state and into a fault of its own."""

    def __init__(self, sandbox: Sandbox, http: Http, before: Plan, plan: Plan, later: Plan) -> None:
        self._sandbox, self._http = sandbox, http
        self._before, self._plan, self._later = before, plan, later
        self._restore()
        self._old, begun = held(sandbox, plan), len(sandbox.requests)
        publish(plan, http)
        self._new = held(sandbox, plan)
        self.number = len(sandbox.requests) - begun
        assert self._new
        assert self._new != self._old

    def _restore(self) -> None:
        self._sandbox.clear()
        publish(self._before, self._http)

    def into(self, action: Action, after: int, times: int | None) -> Sequence[str]:
        """Run into a fault, see what is left, run again without; gives what is wrong."""
        self._restore()
        self._sandbox.faults.add(action, after=after, times=times)
        error, left_out = None, set[str]()
        try:
            [confirmed] = publish(self._plan, self._http).confirmed
            left_out = {*confirmed.invalid}
        except ServerError as raised:
            error = raised
        self._sandbox.faults.clear()
        wrong = [words for words, is_wrong in self._judged(error, left_out) if is_wrong]
        publish(self._later, self._http)
        if held(self._sandbox, self._plan) != self._new:
            wrong.append("the next run does not make it whole")
        return wrong

    def _judged(
        self, error: ServerError | None, left_out: Collection[str]
    ) -> Iterator[tuple[str, bool]]:
        """What may not be, and whether it is."""
        left = held(self._sandbox, self._plan) or {"result": None, "annotations": {}}
        assert self._new
        notes = self._new["annotations"]
        whole = {name: notes[name] for name in notes if name not in left_out}
        is_whole = left["result"] == self._new["result"] and left["annotations"] == whole
        is_pass = left["result"] == "PASSED" and left != self._old
        yield "a PASSED that is not backed", is_pass and not is_whole
        yield "not all of it is there, and nobody says so", error is None and not is_whole
        if error is not None:
            yield "the login", THERE.api_token in f"{error.message} {error.hint}"
            yield "an exit code", error.exit_code not in (ExitCode.SERVER, ExitCode.PARTIAL)


def test_a_fault_at_any_request_of_a_replacement(
    sandbox: Sandbox, http: Http, plan_of: MakePlan, is_campaign: bool
) -> None:
    older = plan_of(BANDIT, OLD_MS, policy=Policy(fail_on=Severity.LOW)).limited(3)
    trials = Trials(sandbox, http, older, plan_of(BANDIT), plan_of(BANDIT, LATER_MS))
    cases = [
        (name, after, times)
        for name in FAULTS
        for after in range(trials.number)
        for times in ((1, None) if name == LASTING else (1,))
    ]
    assert len(cases) == trials.number * (len(FAULTS) + 1)
    found = {
        f"{name} at request {after}, {'once' if times else 'for ever'}": trials.into(
            FAULTS[name], after, times
        )
        for name, after, times in cases[:: 1 if is_campaign else 3]
    }
    assert {case: wrong for case, wrong in found.items() if wrong} == {}


def test_a_thousand_annotations_go_by_the_hundred(
    sandbox: Sandbox, http: Http, plan_of: MakePlan
) -> None:
    plan = plan_of(BANDIT)
    [report] = plan.reports
    many = tuple(
        msgspec.structs.replace(report.draft.annotations[0], id=f"{number:032x}")
        for number in range(1000)
    )
    draft = msgspec.structs.replace(report.draft, annotations=many)
    plan = msgspec.structs.replace(plan, reports=planned(plan.builder, [draft]))
    publish(plan, http)
    stored = sandbox.cloud.insights.report(plan.target.commit, report.key)
    assert stored
    assert len(stored.annotations) == 1000
    methods = [request.method for request in sandbox.requests]
    assert methods.count("POST") == 10
    assert len(methods) < 50  # of some 1,000 that Cloud takes in an hour


def test_the_later_planned_of_two_runs_wins(
    sandbox: Sandbox, http: Http, plan_of: MakePlan
) -> None:
    strict = Policy(fail_on=Severity.LOW)
    publish(plan_of(RUFF, LATER_MS), http)
    theirs = held(sandbox, plan_of(RUFF))
    with pytest.raises(PartialError) as caught:
        publish(plan_of(RUFF, NOW_MS, policy=strict).limited(1), http)
    assert caught.value.slug == "superseded"
    assert held(sandbox, plan_of(RUFF)) == theirs


def test_the_same_report_is_not_sent_again(sandbox: Sandbox, http: Http, plan_of: MakePlan) -> None:
    publish(plan_of(RUFF), http)
    begun = len(sandbox.requests)
    [confirmed] = publish(plan_of(RUFF, LATER_MS), http).confirmed
    assert not confirmed.sent
    assert {request.method for request in sandbox.requests[begun:]} == {"GET"}


def test_one_annotation_that_is_refused_is_left_out_and_told(
    sandbox: Sandbox, http: Http, plan_of: MakePlan
) -> None:
    refusal = Answer(400, TOO_LONG, JSON)
    plan = plan_of(BANDIT).limited(1)
    sandbox.faults.add(refusal, method="POST", path="/annotations", times=None)
    sandbox.faults.add(refusal, method="PUT", path="/annotations/", times=None)
    try:
        [confirmed] = publish(plan, http).confirmed
        told = " ".join(confirmed.invalid.values())
    except ServerError as error:
        told = error.message
    assert "The summary field cannot contain more than 450 characters." in told
