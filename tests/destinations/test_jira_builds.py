"""Every operation of Jira's API of builds over HTTP, and how each fails."""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
import pytest
from jira import as_app, as_client

from insights_uploader.destinations.http import Retries
from insights_uploader.destinations.jira_builds.client import BuildKey, JiraBuilds
from insights_uploader.destinations.jira_builds.outcome import JiraBuildsOutcome
from insights_uploader.destinations.jira_builds.payload import (
    Build,
    BuildState,
    Reference,
    TestInfo,
    build_body,
    submissions,
)
from insights_uploader.destinations.jira_builds.submitting import Told, submit
from insights_uploader.destinations.jira_cloud.confirming import Confirmation, confirmed
from insights_uploader.destinations.jira_cloud.ids import entity_id
from insights_uploader.destinations.jira_cloud.site import JiraSite
from insights_uploader.model.errors import PartialError, ServerError, UsageError
from insights_uploader.model.measure import TestTotals
from insights_uploader.outcome import BuildRun, Outcome, State
from insights_uploader.sandbox.faults import Answer, Edit
from insights_uploader.sandbox.jira_settings import JiraSettings
from insights_uploader.sandbox.server import Sandbox

NOW = 1_790_000_000_123
BUILD = Build(
    pipeline="demo",
    number=16,
    sequence=NOW,
    name="Demo #16",
    url="https://ci.example.com/demo/16",
    state=BuildState.FAILED,
    updated_ms=NOW,
    issue_keys=["DEMO-1"],
    tests=TestInfo(10, 7, 1, 2),
    references=[Reference(commit="c0ffee", repository_url="https://bitbucket.example.com/r")],
)
KEY = BuildKey("demo", 16)


@pytest.fixture(params=[as_client, as_app], ids=["oauth", "connect"])
def site(sandbox: Sandbox, request: pytest.FixtureRequest) -> Iterator[JiraSite]:
    with request.param(sandbox) as connected:
        yield connected


@pytest.fixture
def builds(site: JiraSite) -> JiraBuilds:
    return JiraBuilds(site)


def tell(builds: JiraBuilds, build: Build = BUILD, wait_s: float | None = None) -> Told:
    return submit(builds, build, {}, wait_s)


def with_settings(**settings: Any) -> pytest.MarkDecorator:
    """The sandbox is a site like that."""
    jira = JiraSettings(**settings)
    return pytest.mark.parametrize("sandbox", [{"jira": jira}], indirect=True)


def test_submit_and_get(builds: JiraBuilds) -> None:
    told = tell(builds)
    assert list(told.submitted.accepted) == [KEY]
    assert (list(told.warnings), told.failure) == ([], None)
    stored = builds.get(KEY)
    assert stored == {
        "schemaVersion": "1.0",
        "pipelineId": "demo",
        "buildNumber": 16,
        "updateSequenceNumber": NOW,
        "displayName": "Demo #16",
        "url": "https://ci.example.com/demo/16",
        "state": "failed",
        "lastUpdated": "2026-09-21T14:13:20.123Z",
        "issueKeys": ["DEMO-1"],
        "testInfo": {
            "totalNumber": 10, "numberPassed": 7, "numberFailed": 1, "numberSkipped": 2,
        },
        "references": [
            {"commit": {"id": "c0ffee", "repositoryUri": "https://bitbucket.example.com/r"}}
        ],
    }  # fmt: skip


def test_get_of_what_is_not_there(builds: JiraBuilds) -> None:
    assert builds.get(KEY) is None


def test_delete(builds: JiraBuilds) -> None:
    tell(builds)
    builds.delete(KEY)
    builds.delete(BuildKey("never", 1))
    assert builds.get(KEY) is None


def test_delete_by_properties_means_all_of_them(builds: JiraBuilds) -> None:
    submit(builds, BUILD, {"repo": "a b&c", "run": "1"}, None)
    builds.delete_by_properties({"repo": "a b&c", "run": "2"})
    assert builds.get(KEY)
    builds.delete_by_properties({"run": "1", "repo": "a b&c"})
    assert builds.get(KEY) is None


def test_delete_by_no_property_is_refused_here(builds: JiraBuilds, sandbox: Sandbox) -> None:
    with pytest.raises(UsageError):
        builds.delete_by_properties({})
    assert not sandbox.requests


def test_more_than_a_hundred_go_in_several_requests(builds: JiraBuilds, sandbox: Sandbox) -> None:
    numbered = [build_body(msgspec.structs.replace(BUILD, number=n)) for n in range(101)]
    submitted = builds.submit(submissions(numbered, {}, "test"))
    assert len(submitted.accepted) == 101
    assert [each.path.rpartition("/")[2] for each in sandbox.requests].count("bulk") == 2


def test_what_was_taken_before_a_failure_is_told(builds: JiraBuilds, sandbox: Sandbox) -> None:
    numbered = [build_body(msgspec.structs.replace(BUILD, number=n)) for n in range(101)]
    sandbox.faults.add(Answer(503), path="/bulk", after=1)
    with pytest.raises(PartialError, match="1 of 2 requests were taken") as error:
        builds.submit(submissions(numbered, {}, "test"))
    assert (error.value.slug, error.value.status) == ("server-failed", 503)
    assert builds.get(BuildKey("demo", 99))


def test_one_build_that_is_rejected_keeps_no_other_back(
    builds: JiraBuilds, sandbox: Sandbox
) -> None:
    answer = b"""{"acceptedBuilds": [{"pipelineId": "demo", "buildNumber": 1}], "rejectedBuilds": [
        {"key": {"pipelineId": "demo", "buildNumber": 16}, "errors":
        [{"message": "url: is not valid", "errorTraceId": "t-1"}, {"message": "label: too long"}]}]}"""
    sandbox.faults.add(Edit(lambda _: answer), path="/bulk")
    failure = tell(builds).failure
    assert failure is not None
    assert failure.slug == "rejected"
    assert failure.message == (
        "Jira rejects build demo #16: url: is not valid (trace t-1); label: too long"
    )


@with_settings(issue_keys=frozenset({"DEMO-1"}))
def test_unknown_issue_keys_are_told_one_by_one(builds: JiraBuilds) -> None:
    mixed = msgspec.structs.replace(BUILD, issue_keys=["GONE-1", "DEMO-1", "GONE-2"])
    told = tell(builds, mixed, wait_s=0)
    assert list(told.warnings) == ["Jira knows no issue GONE-1", "Jira knows no issue GONE-2"]
    assert (told.confirmation, told.failure) == (Confirmation.STORED, None)
    assert list(told.lines) == ["stored: build demo #16 for DEMO-1"]


@with_settings(issue_keys=frozenset({"DEMO-1"}))
def test_a_build_of_unknown_issues_is_accepted_and_never_stored(
    builds: JiraBuilds, sandbox: Sandbox
) -> None:
    unknown = msgspec.structs.replace(BUILD, issue_keys=["GONE-1"])
    told = tell(builds, unknown)
    assert list(told.lines) == ["accepted: build demo #16 for no issue that Jira knows"]
    assert "does not store" in told.warnings[-1]
    assert (told.confirmation, told.failure) == (None, None)
    assert builds.get(KEY) is None

    failure = tell(builds, unknown, wait_s=60).failure  # it is not waited for
    assert failure is not None
    assert (failure.slug, failure.exit_code) == ("not-confirmed", 4)
    assert "Jira knows none of its issues" in failure.message


@with_settings(stored_after_reads=2)
def test_accepted_is_not_stored_until_it_is_seen(builds: JiraBuilds, sandbox: Sandbox) -> None:
    assert tell(builds).confirmation is None
    assert builds.get(KEY) is None
    told = tell(builds, msgspec.structs.replace(BUILD, sequence=NOW + 1), wait_s=30)
    assert (told.confirmation, told.failure) == (Confirmation.STORED, None)
    assert list(told.lines) == ["stored: build demo #16 for DEMO-1"]


@with_settings(stored_after_s=3600)
def test_what_is_not_stored_in_time_is_a_failure(builds: JiraBuilds) -> None:
    failure = tell(builds, wait_s=0).failure
    assert failure is not None
    assert failure.slug == "not-confirmed"


def test_what_was_accepted_is_told_though_it_cannot_be_looked_for(
    builds: JiraBuilds, sandbox: Sandbox
) -> None:
    sandbox.faults.add(Answer(503), method="GET", path="/pipelines/")
    told = tell(builds, wait_s=60)
    assert list(told.lines) == ["accepted: build demo #16 for DEMO-1"]
    assert told.failure is not None
    assert told.failure.status == 503


@pytest.mark.parametrize("older", [NOW, NOW - 1])
def test_an_older_update_is_ignored_by_jira_and_noticed_here(
    builds: JiraBuilds, older: int
) -> None:
    tell(builds)
    late = msgspec.structs.replace(BUILD, sequence=older, state=BuildState.IN_PROGRESS)
    assert tell(builds, late).failure is None  # Jira says that it accepts it
    failure = tell(builds, late, wait_s=0).failure
    assert failure is not None
    assert failure.slug == "superseded"
    stored = builds.get(KEY)
    assert stored is not None
    assert stored["state"] == "failed"


def test_a_new_update_replaces(builds: JiraBuilds) -> None:
    tell(builds, msgspec.structs.replace(BUILD, state=BuildState.IN_PROGRESS, sequence=NOW - 1))
    assert tell(builds, wait_s=0).confirmation is Confirmation.STORED
    stored = builds.get(KEY)
    assert stored is not None
    assert stored["state"] == "failed"


@with_settings(body_limit=100)
def test_too_large(builds: JiraBuilds) -> None:
    with pytest.raises(ServerError, match="larger than 100 bytes") as error:
        tell(builds)
    assert (error.value.slug, error.value.status) == ("too-large", 413)


@with_settings(permitted=frozenset({"devinfo"}))
def test_forbidden(builds: JiraBuilds) -> None:
    for operation in (tell, _get, _delete, _delete_by_properties):
        with pytest.raises(ServerError) as error:
            operation(builds)
        assert (error.value.slug, error.value.status) == ("forbidden", 403)


def test_unauthorised(sandbox: Sandbox) -> None:
    with as_app(sandbox, app_key="another-app") as site:
        for operation in (tell, _get, _delete, _delete_by_properties):
            with pytest.raises(ServerError) as error:
                operation(JiraBuilds(site))
            assert (error.value.slug, error.value.status) == ("bad-token", 401)
    assert len(sandbox.requests) == 4


def test_too_many_requests_are_waited_out_and_503_is_tried_again(sandbox: Sandbox) -> None:
    waits: list[float] = []
    sandbox.faults.add(Answer(429, headers={"Retry-After": "7"}), path="/bulk")
    sandbox.faults.add(Answer(503), path="/bulk")
    with as_client(sandbox, retries=Retries(3, sleep=waits.append)) as site:
        assert tell(JiraBuilds(site)).failure is None
    assert [each.status for each in sandbox.requests] == [200, 429, 503, 202]
    assert waits[0] >= 7


@pytest.mark.parametrize("answer", ["[]", "7", "<html>"])
def test_an_answer_that_says_nothing_is_an_error(
    builds: JiraBuilds, sandbox: Sandbox, answer: str
) -> None:
    sandbox.faults.add(Answer(202, answer, {"Content-Type": "application/json"}), path="/bulk")
    with pytest.raises(ServerError):
        tell(builds)


def test_an_answer_of_odd_parts_is_read_as_far_as_it_goes(
    builds: JiraBuilds, sandbox: Sandbox
) -> None:
    answer = b'{"acceptedBuilds": [7, {"pipelineId": 1}], "rejectedBuilds": [{"key": 7}, 8], "unknownIssueKeys": "x"}'
    sandbox.faults.add(Edit(lambda _: answer), path="/bulk")
    submitted = tell(builds).submitted
    assert (len(submitted.accepted), len(submitted.rejected)) == (0, 1)
    assert list(submitted.unknown_issue_keys) == []


def _get(builds: JiraBuilds) -> object:
    return builds.get(KEY)


def _delete(builds: JiraBuilds) -> None:
    builds.delete(KEY)


def _delete_by_properties(builds: JiraBuilds) -> None:
    builds.delete_by_properties({"a": "b"})


# Looking for what was accepted


def _looks(*stored: Mapping[str, Any] | None) -> tuple[Confirmation, list[float]]:
    """Look at these one after the other, with a clock that goes by the waits."""
    answers, waits = iter(stored), list[float]()
    found = confirmed(
        lambda: next(answers),
        {"updateSequenceNumber": 5, "state": "failed"},
        wait_s=20,
        sleep=waits.append,
        clock=lambda: sum(waits),
    )
    return found, waits


SILENT = (
    "{}",
    '{"acceptedBuilds": "yes"}',
    '{"rejectedBuilds": ["job"]}',
    '{"acceptedBuilds": [{"pipelineId": "demo", "buildNumber": 16.0}]}',
    '{"acceptedBuilds": [{"pipelineId": "demo", "buildNumber": 17}]}',
    '{"rejectedBuilds": [{"key": {"pipelineId": "demo", "buildNumber": 17}, "errors": []}]}',
    '{"unknownIssueKeys": ["DEMO-2", 7]}',
)


@pytest.mark.parametrize("wait_s", [None, 0.0])
@pytest.mark.parametrize("answer", SILENT)
def test_what_jira_does_not_mention_is_not_taken(
    builds: JiraBuilds, sandbox: Sandbox, answer: str, wait_s: float | None
) -> None:
    sandbox.faults.add(Answer(202, answer, {"Content-Type": "application/json"}), path="/bulk")
    told = tell(builds, wait_s=wait_s)
    assert told.failure
    assert told.failure.message == "build demo #16 is not mentioned in Jira's answer"
    assert (told.failure.exit_code, list(told.lines)) == (4, [])


def test_of_a_huge_answer_only_what_was_sent_is_kept(builds: JiraBuilds, sandbox: Sandbox) -> None:
    key = {"pipelineId": "demo", "buildNumber": 16}
    others = [{**key, "buildNumber": number} for number in range(1000)]
    rejected = [{"key": each, "errors": [{"message": "no"}] * 50} for each in others]
    answer = {"acceptedBuilds": others, "unknownIssueKeys": [f"X-{n}" for n in range(1, 1000)]}
    for body in (answer, answer | {"rejectedBuilds": rejected}):
        said = msgspec.json.encode(body)
        sandbox.faults.add(Answer(202, said, {"Content-Type": "application/json"}), path="/bulk")
    assert {**tell(builds).details, "build": {}} == {
        "sent": True,
        "build": {},
        "accepted": [{"pipeline": "demo", "number": 16}],
        "rejected": [],
        "unknownIssueKeys": [],
        "confirmation": None,
        "leftOut": [],
    }
    [told] = tell(builds).submitted.rejected
    assert (told.key, len(told.messages)) == (KEY, 10)


def test_looks_become_rarer_and_end_with_the_time() -> None:
    found, waits = _looks(*[None] * 50)
    assert (found, waits) == (Confirmation.NOT_YET, [0.5, 1, 2, 4, 5, 5, 2.5])


@pytest.mark.parametrize(
    ("stored", "found"),
    [
        ({"updateSequenceNumber": 5, "state": "failed"}, Confirmation.STORED),
        ({"updateSequenceNumber": 5}, Confirmation.STORED),
        ({"updateSequenceNumber": 5, "state": "successful"}, Confirmation.SUPERSEDED),
        ({"updateSequenceNumber": 6, "state": "failed"}, Confirmation.SUPERSEDED),
    ],
)
def test_ours_is_told_from_anothers(stored: Mapping[str, Any], found: Confirmation) -> None:
    assert _looks({"updateSequenceNumber": 4}, {"updateSequenceNumber": "x"}, stored)[0] is found


# A run's outcome

OUTCOME = Outcome(
    commit="c0ffee",
    build=BuildRun(key="demo", name="Demo #16", url=BUILD.url, number="16"),
    state=State.FAILED,
    description="2 HIGH findings",
    updated_ms=NOW,
    tests=TestTotals("pytest", passed=3, failed=1, errors=1, skipped=2),
)


def test_an_outcome_is_sent_as_it_was_prepared(site: JiraSite, builds: JiraBuilds) -> None:
    destination = JiraBuildsOutcome(site, ["DEMO-1"], properties={"run": "1"}, wait_s=0)
    [prepared] = destination.prepared(OUTCOME)
    assert (prepared.method, prepared.address) == ("POST", "/rest/builds/0.1/bulk")
    delivery = destination.send(OUTCOME)
    assert list(delivery.words) == ["stored: build demo #16 for DEMO-1"]
    assert builds.get(KEY) == prepared.body["builds"][0] == delivery.details["build"]
    assert prepared.body["builds"][0]["testInfo"] == {
        "totalNumber": 7, "numberPassed": 3, "numberFailed": 2, "numberSkipped": 2,
    }  # fmt: skip


def test_a_run_of_no_issue_sends_nothing(site: JiraSite, sandbox: Sandbox) -> None:
    destination = JiraBuildsOutcome(site, [])
    assert list(destination.prepared(OUTCOME)) == []
    assert "nothing is sent" in destination.send(OUTCOME).words[0]
    assert not sandbox.requests


@pytest.mark.parametrize(
    ("job", "pipeline"),
    [("widgets/PR-1", "widgets~2FPR-1"), ("grp/app/unit", "grp~2Fapp~2Funit"), ("..", "~2E.")],
)
def test_the_pipeline_of_a_ci_can_be_looked_up_whatever_it_is_called(
    site: JiraSite, builds: JiraBuilds, job: str, pipeline: str
) -> None:
    run = BuildRun(key=job, name="Demo #16", url=BUILD.url, number="16")
    destination = JiraBuildsOutcome(site, ["DEMO-1"], wait_s=0)
    destination.send(msgspec.structs.replace(OUTCOME, build=run))
    assert builds.get(BuildKey(pipeline, 16))


@pytest.mark.parametrize("pipeline", ["widgets/PR-1", "a\\b", ".", ".."])
def test_what_could_not_be_looked_up_is_not_sent(
    builds: JiraBuilds, sandbox: Sandbox, pipeline: str
) -> None:
    with pytest.raises(UsageError, match="could not be looked up") as error:
        tell(builds, msgspec.structs.replace(BUILD, pipeline=pipeline))
    assert entity_id(pipeline) in error.value.hint
    assert not sandbox.requests


@pytest.mark.parametrize("number", [None, "1.2.3", "-1", "9" * 20, "²"])
def test_a_build_that_is_not_numbered_is_none(number: str | None) -> None:
    run = BuildRun(key="demo", name="Demo", url=BUILD.url, number=number)
    with pytest.raises(UsageError, match="counts builds by numbers"):
        JiraBuildsOutcome(None, ["DEMO-1"]).prepared(msgspec.structs.replace(OUTCOME, build=run))


def test_without_a_way_it_can_only_be_prepared() -> None:
    destination = JiraBuildsOutcome(None, ["DEMO-1"])
    assert len(destination.prepared(OUTCOME)) == 1
    with pytest.raises(UsageError, match="--jira-site"):
        destination.send(OUTCOME)


def test_a_rejected_outcome_is_a_failure(site: JiraSite, sandbox: Sandbox) -> None:
    answer = (
        b'{"rejectedBuilds": [{"key": {"pipelineId": "demo", "buildNumber": 16}, "errors": []}]}'
    )
    sandbox.faults.add(Edit(lambda _: answer), path="/bulk")
    with pytest.raises(ServerError) as error:
        JiraBuildsOutcome(site, ["DEMO-1"]).send(OUTCOME)
    assert error.value.slug == "rejected"
