"""Line coverage for the Code Coverage app over a socket, and how a run's coverage becomes bodies."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest
import repository
from hypothesis import given
from hypothesis import strategies as st
from program import TOKEN

from insights_uploader.coverage import Coverage
from insights_uploader.destinations.bitbucket_dc.address import HEADERS
from insights_uploader.destinations.bitbucket_dc.payload import CodeInsightsPayload
from insights_uploader.destinations.code_coverage import outcome as destination
from insights_uploader.destinations.code_coverage.client import CodeCoverage
from insights_uploader.destinations.code_coverage.outcome import CodeCoverageOutcome
from insights_uploader.destinations.code_coverage.payload import coverage_bodies, line_states
from insights_uploader.destinations.http import Http, Retries
from insights_uploader.gate import Result, Verdict
from insights_uploader.model.errors import PartialError, ServerError, UsageError
from insights_uploader.model.measure import LineCoverage
from insights_uploader.outcome import Outcome, OutcomeDestination, State
from insights_uploader.plan.plan import DiffRecord, Plan, Target
from insights_uploader.sandbox.faults import Answer
from insights_uploader.sandbox.server import Sandbox
from insights_uploader.sandbox.settings import RateLimit

JSON = {"content-type": "application/json"}
LINES = [
    LineCoverage(1, 3),
    LineCoverage(2, 0),
    LineCoverage(3, 1, 1, 2),
    LineCoverage(5, 1, 2, 2),
    LineCoverage(7, 0, 0, 2),
]


@pytest.fixture
def head(dotenv: Path) -> str:
    return repository.git(dotenv, "rev-parse", "HEAD").strip()


def measured(*paths: str) -> Coverage:
    coverage = Coverage("coverage.py")
    for path in paths:
        coverage.add(path, LINES)
    return coverage


def outcome(commit: str, coverage: Coverage | None) -> Outcome:
    plan = Plan(
        target=Target("PRJ", "repo", commit, None, None, 1000),
        reports=(),
        inputs=(),
        diff=DiffRecord("none", None, 0, 0),
        verdict=Verdict(Result.PASS, ()),
        builder=CodeInsightsPayload(),
        coverage=coverage,
    )
    return Outcome(
        commit=commit, state=State.SUCCESSFUL, description="done", updated_ms=1, plan=plan
    )


@contextmanager
def way(sandbox: Sandbox, token: str = TOKEN, retries: Retries | None = None) -> Iterator[Http]:
    with Http(sandbox.url, f"Bearer {token}", headers=HEADERS, retries=retries) as http:
        yield http


# what is sent


def test_lines_that_were_run_in_part_and_not() -> None:
    assert line_states(measured("a").files["a"]) == "C:1,5;P:3;U:2,7"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (LineCoverage(9, 1), "C:9"),
        (LineCoverage(9, 1, 1, 2), "P:9"),
        (LineCoverage(9, 0), "U:9"),
        (LineCoverage(9, 0, 1, 2), "U:9"),
    ],
)
def test_a_group_without_lines_is_left_out(line: LineCoverage, expected: str) -> None:
    coverage = Coverage("t")
    coverage.add("a", [line])
    assert line_states(coverage.files["a"]) == expected


def test_two_shards_take_different_branches() -> None:
    whole = Coverage("t")
    for lines in ([LineCoverage(3, 1, 1, 2, (), (9,))], [LineCoverage(3, 1, 1, 2, (), (4,))]):
        shard = Coverage("t")
        shard.add("a", lines)
        whole.join(shard)
    assert line_states(whole.files["a"]) == "C:3"


def test_what_is_not_in_the_repository_stays_here() -> None:
    coverage = measured("src/ä.py", "a\udcff.py")
    coverage.add_elsewhere("/usr/lib/b.py", LINES)
    coverage.add("empty.py", [])
    [body] = coverage_bodies(coverage)
    assert body == {"files": [{"path": "src/ä.py", "coverage": "C:1,5;P:3;U:2,7"}]}


@given(
    files=st.dictionaries(
        st.text(st.characters(codec="utf-8"), min_size=1, max_size=30),
        st.lists(st.integers(1, 10**6), min_size=1, max_size=20),
        max_size=20,
    ),
    limit=st.integers(1, 600),
)
def test_every_file_is_in_one_body_and_no_body_is_too_large(
    files: Mapping[str, list[int]], limit: int
) -> None:
    coverage = Coverage("t")
    for path, lines in files.items():
        coverage.add(path, [LineCoverage(line, 1) for line in lines])
    bodies = list(coverage_bodies(coverage, limit))
    assert [file["path"] for body in bodies for file in body["files"]] == sorted(files)
    for body in bodies:
        assert len(msgspec.json.encode(body)) <= limit or len(body["files"]) == 1


# over the socket


def test_coverage_is_posted_and_deleted(sandbox: Sandbox, head: str) -> None:
    with way(sandbox) as http:
        client = CodeCoverage(http, head)
        for body in coverage_bodies(measured("a.py", "b.py"), limit=1):
            client.post(body)
        assert sandbox.coverage.files[head] == dict.fromkeys(("a.py", "b.py"), "C:1,5;P:3;U:2,7")
        client.delete()
        assert sandbox.coverage.files == {}
    assert [(each.method, each.path, each.status) for each in sandbox.requests] == [
        ("POST", f"/rest/code-coverage/1.0/commits/{head}", 201),
        ("POST", f"/rest/code-coverage/1.0/commits/{head}", 201),
        ("DELETE", f"/rest/code-coverage/1.0/commits/{head}", 204),
    ]
    assert {each.headers["x-atlassian-token"] for each in sandbox.requests} == {"no-check"}


def test_a_server_without_the_app(sandbox: Sandbox, head: str) -> None:
    missing = json.dumps({"message": "HTTP 404 Not Found", "status-code": 404, "sub-code": -1})
    sandbox.faults.add(Answer(404, missing, JSON), path="/code-coverage/")
    with way(sandbox) as http, pytest.raises(ServerError, match="is not installed") as refused:
        CodeCoverage(http, head).post({"files": []})
    assert refused.value.slug == "no-endpoint"


def test_a_token_that_is_not_accepted(sandbox: Sandbox, head: str) -> None:
    with way(sandbox, "wrong") as http, pytest.raises(ServerError) as refused:
        CodeCoverage(http, head).delete()
    assert (refused.value.slug, refused.value.status) == ("bad-token", 401)


@pytest.mark.parametrize(
    ("answer", "slug"),
    [
        (Answer(403, "XSRF check failed"), "forbidden"),
        (Answer(413, "too large"), "too-large"),
        (Answer(404, "<p>", {"content-type": "text/html"}), "no-endpoint"),
        (Answer(200, "<p>", {"content-type": "text/html"}), "not-json"),
        (Answer(302, "", {"location": "https://login.example.com/"}), "redirected"),
        (Answer(500, "", {}), "server-failed"),
    ],
)
def test_refusals(sandbox: Sandbox, head: str, answer: Answer, slug: str) -> None:
    sandbox.faults.add(answer, path="/code-coverage/")
    with way(sandbox) as http, pytest.raises(ServerError) as refused:
        CodeCoverage(http, head).post({"files": []})
    assert refused.value.slug == slug


@pytest.mark.parametrize(
    "sandbox", [{"rate_limit": RateLimit(capacity=1, per_second=5)}], indirect=True
)
def test_past_the_rate_limit_it_is_sent_again(sandbox: Sandbox, head: str) -> None:
    waits: list[str] = []
    with way(sandbox, retries=Retries(tell=waits.append)) as http:
        for name in ("a", "b"):
            CodeCoverage(http, head).post({"files": [{"path": name, "coverage": "C:1"}]})
    assert [*sandbox.coverage.files[head]] == ["a", "b"]
    assert any("429" in wait for wait in waits)


def test_what_got_no_answer_is_sent_again(sandbox: Sandbox, head: str) -> None:
    sandbox.faults.add(Answer(503, "busy", applied=True), path="/code-coverage/")
    with way(sandbox, retries=Retries()) as http:
        CodeCoverage(http, head).post({"files": [{"path": "a", "coverage": "C:1"}]})
    assert [each.status for each in sandbox.requests] == [503, 201]
    assert sandbox.coverage.files[head] == {"a": "C:1"}


# a run's outcome


def test_what_is_prepared_is_what_is_sent(sandbox: Sandbox, head: str) -> None:
    coverage = measured("a.py")
    coverage.add_elsewhere("/usr/lib/b.py", LINES)
    run = outcome(head, coverage)
    with way(sandbox) as http:
        there: OutcomeDestination = CodeCoverageOutcome(http)
        [request] = there.prepared(run)
        delivery = there.send(run)
    [sent] = sandbox.requests
    assert (request.method, request.address) == (sent.method, sent.path)
    assert request.body["files"] == [{"path": "a.py", "coverage": "C:1,5;P:3;U:2,7"}]
    assert sandbox.coverage.files == {head: {"a.py": "C:1,5;P:3;U:2,7"}}
    assert delivery.words == ["the coverage of 1 file is taken"]
    assert delivery.details == {"files": 1, "requests": 1}
    assert delivery.warnings == ["left out: 1 measured file not in the repository"]


@pytest.mark.parametrize("coverage", [None, Coverage("t")])
def test_without_coverage_nothing_is_sent(
    sandbox: Sandbox, head: str, coverage: Coverage | None
) -> None:
    with way(sandbox) as http:
        delivery = CodeCoverageOutcome(http).send(outcome(head, coverage))
    assert delivery.words == ["no coverage of files in the repository was measured"]
    assert sandbox.requests == []


def test_without_a_way_it_is_prepared_only(head: str) -> None:
    there = CodeCoverageOutcome()
    assert len(there.prepared(outcome(head, measured("a.py")))) == 1
    with pytest.raises(UsageError, match="--url"):
        there.send(outcome(head, measured("a.py")))


def test_a_refusal_half_way_says_what_was_taken(
    sandbox: Sandbox, head: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(destination, "coverage_bodies", lambda whole: coverage_bodies(whole, 1))
    sandbox.faults.add(Answer(413, "too large"), path="/code-coverage/", after=1)
    with way(sandbox) as http, pytest.raises(PartialError, match="1 of 2 requests") as refused:
        CodeCoverageOutcome(http).send(outcome(head, measured("a.py", "b.py")))
    assert refused.value.slug == "too-large"
    assert [*sandbox.coverage.files[head]] == ["a.py"]


def test_a_refusal_of_all_is_not_one_of_a_part(sandbox: Sandbox, head: str) -> None:
    with way(sandbox, "wrong") as http, pytest.raises(ServerError) as refused:
        CodeCoverageOutcome(http).send(outcome(head, measured("a.py")))
    assert not isinstance(refused.value, PartialError)
