"""Every request of the protocol times every fault times what was there before.

The suite runs every fifth case where there is most to lose, and every eleventh of the others;
`make campaign` runs them all, and many more random sequences.

Whatever happens: no PASS that is not backed, no older report lost without a new one or a word
about it, no annotation twice, no token in a message; and the next run makes it whole.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import hypothesis
import hypothesis.strategies as st
import msgspec
import pytest
from fixture_records import BANDIT, RUFF
from hypothesis import Phase
from program import TOKEN
from publishing import Connect, MakePlan

from insights_uploader.destinations.bitbucket_dc.client import CodeInsights
from insights_uploader.gate import Policy
from insights_uploader.model.errors import ExitCode, ServerError
from insights_uploader.model.finding import Severity
from insights_uploader.plan.plan import Plan, planned
from insights_uploader.publish import Publication
from insights_uploader.sandbox.faults import Action, Answer, Delay, Drop
from insights_uploader.sandbox.server import Sandbox

CLEAN = RUFF.parent.parent / "ruff-clean-python-dotenv/ruff.sarif"
JSON, PAGE = {"content-type": "application/json"}, {"content-type": "text/html"}
NOT_PERMITTED = (
    '{"errors": [{"context": null, "message": "You are not permitted to access this resource", '
    '"exceptionName": "com.atlassian.bitbucket.AuthorisationException"}]}'
)
PATIENCE_S = 0.1
FAULTS: Mapping[str, Action] = {
    "cut before": Drop(),
    "cut after": Drop(applied=True),
    "stalls before": Delay(60),
    "stalls after": Delay(60, applied=True),
    "400": Answer(400, '{"errors": [{"message": "no"}]}', JSON),
    "401": Answer(401),
    "401 not permitted": Answer(401, NOT_PERMITTED, JSON),
    "403": Answer(403, "XSRF check failed"),
    "404": Answer(404, '{"errors": [{"message": "no such thing"}]}', JSON),
    "413": Answer(413, "<html/>", PAGE),
    "429": Answer(429, '{"message": "slow down"}', JSON),
    "500 after": Answer(500, "", applied=True),
    "502": Answer(502, "<html/>", PAGE),
    "502 after": Answer(502, "<html/>", PAGE, applied=True),
    "login page": Answer(200, "<html>Log in</html>", PAGE),
    "truncated after": Answer(200, '{"annotations": [', JSON, applied=True),
    "lies": Answer(204),
}
SITUATIONS = ("first", "replace with PASS", "replace with FAIL", "nothing to say")
LASTING = ("cut before", "cut after", "502 after")
State = Mapping[str, Any]
Trouble = tuple[int, Action, int | None]
"""After how many requests, what, and how often; None is for ever."""


def made_at(plan: Plan, ms: int) -> Plan:
    """The same plan, made at another time."""
    drafts = [msgspec.structs.replace(r.draft, created_ms=ms) for r in plan.reports]
    return msgspec.structs.replace(plan, reports=planned(plan.builder, drafts))


def plans(plan_of: MakePlan, situation: str) -> tuple[Plan | None, Plan]:
    """What an older run left, and what this one is to publish; both of one report."""
    strict = Policy(fail_on=Severity.LOW)
    match situation:
        case "first":
            return None, plan_of(BANDIT)
        case "replace with PASS":
            return made_at(plan_of(BANDIT, policy=strict).limited(3), 1), plan_of(BANDIT)
        case "replace with FAIL":
            return made_at(plan_of(BANDIT).limited(3), 1), plan_of(BANDIT, policy=strict)
        case _:
            return made_at(plan_of(RUFF), 1), plan_of(CLEAN)


def state(sandbox: Sandbox, plan: Plan) -> State | None:
    """The report that the server holds, without its date; its annotations in no order."""
    [planned] = plan.reports
    stored = sandbox.store.report(plan.target.commit, planned.key)
    if stored is None:
        return None
    body = {k: v for k, v in stored.body.items() if k != "createdDate"}
    return body | {"annotations": sorted(stored.annotations, key=lambda a: str(a["externalId"]))}


def _no_pause(_: float) -> None:
    """Nothing here is seen late."""


class Runs:
    """Runs of one plan, each from the same state and into faults of its own."""

    def __init__(self, sandbox: Sandbox, connect: Connect, before: Plan | None, plan: Plan) -> None:
        self._sandbox = sandbox
        self._before, self._plan = before, plan
        self._later = made_at(plan, 1_800_000_000_000)
        self._good = connect(plan)
        self._server = connect(plan, request_s=PATIENCE_S)
        self._restore()
        self._old = state(sandbox, plan)
        begun = len(sandbox.requests)
        self._publish(plan, self._good)
        self.requests = [request.method for request in sandbox.requests[begun:]]
        self._new = state(sandbox, plan)
        assert self._new
        assert self._old != self._new

    def _restore(self) -> None:
        self._sandbox.clear()
        if self._before is not None:
            self._publish(self._before, self._good)

    def _publish(self, plan: Plan, server: CodeInsights) -> None:
        list(Publication(plan, server, pause=_no_pause).run())

    def into(self, faults: Sequence[Trouble]) -> Sequence[str]:
        """Run into faults, see what is left, run again without; gives what is wrong."""
        self._restore()
        for after, action, times in faults:
            self._sandbox.faults.add(action, after=after, times=times)
        publication = Publication(self._plan, self._server, pause=_no_pause)
        error = None
        try:
            list(publication.run())
        except ServerError as raised:
            error = raised
        self._sandbox.faults.clear()
        left = state(self._sandbox, self._plan)
        wrong = [words for words, is_wrong in self._judged(left, error, publication) if is_wrong]
        self._publish(self._later, self._good)
        if state(self._sandbox, self._plan) != self._new:
            wrong.append("the next run does not make it whole")
        return wrong

    def _judged(
        self, left: State | None, error: ServerError | None, publication: Publication
    ) -> Iterator[tuple[str, bool]]:
        """What may not be, and whether it is."""
        ids = [a["externalId"] for a in left["annotations"]] if left else []
        yield "an annotation twice", len(ids) != len(set(ids))
        is_pass = left is not None and left["result"] == "PASS"
        yield "a PASS that is not backed", is_pass and left not in (self._old, self._new)
        if error is None:
            whole = left == self._new and publication.plan == self._plan
            yield "not all of it is there, and nobody says so", not whole
            return
        words = f"{error.message} {error.hint}"
        lost = re.search("The older report .* (is|may be) deleted, and no new", words)
        yield "an older report lost without a word", bool(self._old and not left and not lost)
        yield "the token", TOKEN in words
        yield "an exit code", error.exit_code not in (ExitCode.SERVER, ExitCode.PARTIAL)


@pytest.mark.parametrize("situation", SITUATIONS)
def test_a_fault_at_any_request(
    sandbox: Sandbox, connect: Connect, plan_of: MakePlan, situation: str, is_campaign: bool
) -> None:
    runs = Runs(sandbox, connect, *plans(plan_of, situation))
    cases = [
        (f"{name} at {number}. {method}, {'once' if times else 'for ever'}", number, action, times)
        for name, action in FAULTS.items()
        for number, method in enumerate(runs.requests)
        for times in ((1, None) if name in LASTING else (1,))
    ]
    assert len(cases) == len(runs.requests) * (len(FAULTS) + len(LASTING))
    if not is_campaign:
        cases = cases[SITUATIONS.index(situation) :: 5 if situation == "replace with PASS" else 11]
    found = {words: runs.into([(n, action, times)]) for words, n, action, times in cases}
    assert {case: wrong for case, wrong in found.items() if wrong} == {}


@pytest.mark.parametrize("situation", SITUATIONS)
def test_a_second_fault_while_the_first_is_mended(
    sandbox: Sandbox, connect: Connect, plan_of: MakePlan, situation: str, is_campaign: bool
) -> None:
    runs = Runs(sandbox, connect, *plans(plan_of, situation))
    kinds = st.sampled_from([name for name in FAULTS if not name.startswith("stalls")])
    trouble = st.tuples(st.integers(0, 12), kinds, st.sampled_from([1, 1, 2, None]))

    @hypothesis.settings(
        max_examples=500 if is_campaign else 15,
        deadline=None,
        derandomize=not is_campaign,
        database=None,
        phases=[Phase.generate],
    )
    @hypothesis.given(st.lists(trouble, min_size=2, max_size=5))
    def check(troubles: Sequence[tuple[int, str, int | None]]) -> None:
        assert runs.into([(n, FAULTS[name], times) for n, name, times in troubles]) == []

    check()
