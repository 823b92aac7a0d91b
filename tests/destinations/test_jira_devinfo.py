"""Every operation of Jira's API of development information over HTTP, and how each fails."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import pytest
from jira import as_app, as_client

from insights_uploader.destinations.http import Retries
from insights_uploader.destinations.jira_cloud.site import JiraSite
from insights_uploader.destinations.jira_devinfo.client import DevInfo, EntityType
from insights_uploader.destinations.jira_devinfo.gathering import Found
from insights_uploader.destinations.jira_devinfo.outcome import JiraDevInfoOutcome
from insights_uploader.destinations.jira_devinfo.payload import Operation, Submission
from insights_uploader.destinations.jira_devinfo.submitting import Standing, Told, submit
from insights_uploader.model.errors import PartialError, ServerError, UsageError
from insights_uploader.outcome import Outcome, State
from insights_uploader.sandbox.faults import Answer, Edit
from insights_uploader.sandbox.jira_settings import JiraSettings
from insights_uploader.sandbox.server import Sandbox

NOW = 1_790_000_000_123
REPOSITORY = {
    "id": "bitbucket.example.com~2FPRJ~2Frepo",
    "name": "PRJ/repo",
    "url": "https://bitbucket.example.com/projects/PRJ/repos/repo",
    "updateSequenceId": NOW,
}
ID = str(REPOSITORY["id"])
JSON = {"Content-Type": "application/json"}


def commit(name: str, *keys: str, sequence: int = NOW) -> dict[str, Any]:
    return {
        "id": name,
        "issueKeys": list(keys or ("DEMO-1",)),
        "updateSequenceId": sequence,
        "message": "DEMO-1 work",
        "author": {"name": "Ada"},
        "fileCount": 0,
        "url": f"{REPOSITORY['url']}/commits/{name}",
        "authorTimestamp": "2026-11-21T18:00:00+00:00",
        "displayId": name,
    }


BRANCH = {
    "id": "feature~2FDEMO-1",
    "issueKeys": ["DEMO-1"],
    "updateSequenceId": NOW,
    "name": "feature/DEMO-1",
    "lastCommit": commit("c1"),
    "url": f"{REPOSITORY['url']}/browse?at=refs%2Fheads%2Ffeature%2FDEMO-1",
}
PULL_REQUEST = {
    "id": "7",
    "issueKeys": ["DEMO-1"],
    "updateSequenceId": NOW,
    "status": "OPEN",
    "title": "DEMO-1",
    "author": {},
    "commentCount": 2,
    "sourceBranch": "feature/DEMO-1",
    "lastUpdate": "2026-11-21T18:00:00+00:00",
    "url": f"{REPOSITORY['url']}/pull-requests/7",
    "displayId": "#7",
}


def holding(*commits: Mapping[str, Any], **other: Any) -> list[dict[str, Any]]:
    """One repository with these commits."""
    return [REPOSITORY | {"commits": list(commits)} | other]


ALL = holding(commit("c1"), branches=[BRANCH], pullRequests=[PULL_REQUEST])


@pytest.fixture(params=[as_client, as_app], ids=["oauth", "connect"])
def site(sandbox: Sandbox, request: pytest.FixtureRequest) -> Iterator[JiraSite]:
    with request.param(sandbox) as connected:
        yield connected


@pytest.fixture
def devinfo(site: JiraSite) -> DevInfo:
    return DevInfo(site)


def tell(
    devinfo: DevInfo,
    repositories: Sequence[Mapping[str, Any]] = ALL,
    wait_s: float | None = None,
    **submission: Any,
) -> Told:
    return submit(devinfo, repositories, Submission(**submission), wait_s)


def standings(told: Told) -> list[tuple[str, Standing]]:
    return [(each.entity.id or each.entity.repository, each.standing) for each in told.fates]


def ids(devinfo: DevInfo) -> dict[str, list[str]] | None:
    """The ids of what is stored, by kind."""
    stored = devinfo.repository(ID)
    kinds = ("commits", "branches", "pullRequests")
    if stored is None:
        return None
    return {kind: [each["id"] for each in stored[kind]] for kind in kinds}


def with_settings(**settings: Any) -> pytest.MarkDecorator:
    """The sandbox is a site like that."""
    jira = JiraSettings(**settings)
    return pytest.mark.parametrize("sandbox", [{"jira": jira}], indirect=True)


# What is submitted


def test_submit_and_get(devinfo: DevInfo) -> None:
    told = tell(devinfo)
    assert (told.failure, list(told.warnings)) == (None, [])
    assert list(told.lines) == [
        "accepted: commit c1 for DEMO-1",
        "accepted: branch feature~2FDEMO-1 for DEMO-1",
        "accepted: pull request 7 for DEMO-1",
    ]
    assert devinfo.repository(ID) == ALL[0]


def test_get_of_what_is_not_there(devinfo: DevInfo) -> None:
    assert devinfo.repository("never") is None


def test_what_is_said_of_all_goes_with_it(devinfo: DevInfo) -> None:
    body = Submission(
        prevent_transitions=True, operation=Operation.BACKFILL, properties={"account": "1"}
    ).body(ALL)
    assert body["preventTransitions"] is True
    assert body["operationType"] == "BACKFILL"
    assert body["properties"] == {"account": "1"}
    assert body["providerMetadata"]["product"].startswith("insights-uploader ")
    assert tell(devinfo, prevent_transitions=True, properties={"account": "1"}).failure is None
    assert devinfo.exists({"account": "1"})


def test_more_than_four_hundred_commits_go_in_several_requests(
    devinfo: DevInfo, sandbox: Sandbox
) -> None:
    many = holding(*(commit(f"c{n}") for n in range(801)), branches=[BRANCH])
    told = tell(devinfo, many)
    assert told.failure is None
    assert len(told.lines) == 802
    assert [each.path.rpartition("/")[2] for each in sandbox.requests].count("bulk") == 3


@with_settings(body_limit=2500)
def test_what_is_too_large_is_sent_in_parts(devinfo: DevInfo) -> None:
    told = tell(devinfo, holding(*(commit(f"c{n}") for n in range(9))))
    assert told.failure is None
    stored = ids(devinfo)
    assert stored
    assert sorted(stored["commits"]) == [f"c{n}" for n in range(9)]


@with_settings(body_limit=100)
def test_one_entity_that_is_too_large_is_refused(devinfo: DevInfo) -> None:
    with pytest.raises(ServerError, match="larger than 100 bytes") as error:
        tell(devinfo)
    assert (error.value.slug, error.value.status) == ("too-large", 413)


def test_more_than_a_thousand_entities_are_too_large_for_jira(devinfo: DevInfo) -> None:
    three = [
        REPOSITORY | {"id": f"r{at}", "commits": [commit(f"c{n}") for n in range(400)]}
        for at in range(3)
    ]
    with pytest.raises(ServerError, match="at most 1000 devinfo entities") as error:
        devinfo.submit(three, Submission())
    assert error.value.status == 413


def test_what_was_taken_before_a_failure_is_told(devinfo: DevInfo, sandbox: Sandbox) -> None:
    sandbox.faults.add(Answer(503), path="/bulk", after=1)
    told = tell(devinfo, holding(*(commit(f"c{n}") for n in range(401))))
    failure = told.failure
    assert isinstance(failure, PartialError)
    assert (failure.slug, failure.status) == ("server-failed", 503)
    assert failure.message.startswith("1 of 401 entities are not on Jira as they should be")
    assert standings(told)[-1] == ("c400", Standing.NOT_SENT)


# What fails, and what Jira does not know


def test_one_entity_that_fails_keeps_no_other_back(devinfo: DevInfo) -> None:
    broken = BRANCH | {"id": "feature/DEMO-1"}
    told = tell(devinfo, holding(commit("c1"), branches=[broken]))
    [_, fate] = told.fates
    assert list(fate.reasons) == ["$.id: only alphanumeric characters and '~.-_' are allowed"]
    assert isinstance(told.failure, PartialError)
    assert told.failure.message == "1 of 2 entities are not on Jira as they should be"
    assert ids(devinfo) == {"commits": ["c1"], "branches": [], "pullRequests": []}


def test_a_repository_that_fails_takes_all_in_it_along(devinfo: DevInfo) -> None:
    bad, good = holding(commit("c1"), id="a b"), holding(commit("c2"))
    told = tell(devinfo, [*bad, *good])
    assert [(name, each) for name, each in standings(told) if each is Standing.FAILED] == [
        ("a b", Standing.FAILED),
        ("c1", Standing.FAILED),
    ]
    assert told.warnings[0].startswith("failed: repository a b: $.id: only alphanumeric")
    assert isinstance(told.failure, PartialError)
    assert told.failure.message.startswith("1 of 2 entities")


def test_what_the_answer_does_not_mention_has_failed(devinfo: DevInfo, sandbox: Sandbox) -> None:
    sandbox.faults.add(Edit(lambda _: b"{}"), path="/bulk")
    told = tell(devinfo)
    assert {each.standing for each in told.fates} == {Standing.FAILED}
    assert "does not say" in told.warnings[0]
    assert told.failure is not None
    assert not isinstance(told.failure, PartialError)


def test_what_is_both_accepted_and_failed_has_failed(devinfo: DevInfo, sandbox: Sandbox) -> None:
    errors = {"commits": [{"id": "c1", "errorMessages": [{"message": "no"}]}]}
    answer = {
        "acceptedDevinfoEntities": {ID: {"commits": ["c1"]}},
        "failedDevinfoEntities": {ID: errors},
    }
    sandbox.faults.add(Answer(202, json.dumps(answer), JSON), path="/bulk", times=2)
    assert list(devinfo.submit(holding(commit("c1")), Submission()).accepted) == []
    told = tell(devinfo, holding(commit("c1")))
    assert [each.line for each in told.fates] == ["failed: commit c1 for DEMO-1: no"]
    assert told.failure is not None


@with_settings(issue_keys=frozenset({"DEMO-1"}))
def test_unknown_issue_keys_are_told_one_by_one(devinfo: DevInfo) -> None:
    mixed, strange = commit("c1", "GONE-1", "DEMO-1"), commit("c2", "GONE-2")
    told = tell(devinfo, holding(mixed, strange), wait_s=0)
    assert list(told.warnings) == [
        "belongs to no issue that Jira knows: commit c2 for GONE-2",
        "Jira knows no issue GONE-1",
        "Jira knows no issue GONE-2",
    ]
    assert told.failure is None
    assert standings(told) == [("c1", Standing.STORED), ("c2", Standing.UNKNOWN)]
    assert list(told.lines) == ["stored: commit c1 for DEMO-1"]
    assert ids(devinfo) == {"commits": ["c1"], "branches": [], "pullRequests": []}


@with_settings(issue_keys=frozenset({"DEMO-1"}))
def test_nothing_that_jira_knows_is_a_failure_where_it_was_to_be_seen(devinfo: DevInfo) -> None:
    strange = holding(commit("c2", "GONE-2"))
    assert tell(devinfo, strange).failure is None
    failure = tell(devinfo, strange, wait_s=60).failure
    assert failure is not None
    assert (failure.slug, failure.exit_code) == ("not-confirmed", 4)


@pytest.mark.parametrize("answer", ["[]", "7", "<html>"])
def test_an_answer_that_says_nothing_is_an_error(
    devinfo: DevInfo, sandbox: Sandbox, answer: str
) -> None:
    sandbox.faults.add(Answer(202, answer, JSON), path="/bulk")
    with pytest.raises(ServerError):
        tell(devinfo)


def test_an_answer_of_odd_parts_is_read_as_far_as_it_goes(
    devinfo: DevInfo, sandbox: Sandbox
) -> None:
    answer = {
        "acceptedDevinfoEntities": {ID: {"commits": ["c1", 7], "branches": 8}, "x": 9},
        "failedDevinfoEntities": {
            ID: {"errorMessages": 7, "branches": [1, {"id": BRANCH["id"], "errorMessages": [2]}]},
            "other": {"errorMessages": [{"message": "not ours"}]},
        },
        "unknownIssueKeys": "x",
    }
    sandbox.faults.add(Answer(202, json.dumps(answer), JSON), path="/bulk")
    told = tell(devinfo)
    assert dict(standings(told)) == {
        "c1": Standing.ACCEPTED,
        str(BRANCH["id"]): Standing.FAILED,
        "None": Standing.FAILED,
        "7": Standing.FAILED,
    }
    assert list(told.unknown_keys) == []


@pytest.mark.parametrize("answer", ["[]", '{"commits": 7}', '{"branches": [7]}', "<html>"])
def test_what_is_no_repository_is_an_error(devinfo: DevInfo, sandbox: Sandbox, answer: str) -> None:
    sandbox.faults.add(Answer(200, answer, JSON), path="/repository/")
    with pytest.raises(ServerError):
        devinfo.repository(ID)


# Accepted is not stored


@with_settings(stored_after_reads=2)
def test_accepted_is_not_stored_until_it_is_seen(devinfo: DevInfo) -> None:
    assert tell(devinfo).failure is None
    assert ids(devinfo) is None
    told = tell(devinfo, wait_s=30)
    assert told.failure is None
    assert {each.standing for each in told.fates} == {Standing.STORED}


def test_what_is_stored_without_an_id_is_nobodys(devinfo: DevInfo, sandbox: Sandbox) -> None:
    odd = {"commits": [{"id": [1]}, {"id": {}}, {}], "branches": None, "pullRequests": []}
    answer = Answer(200, json.dumps(odd), {"Content-Type": "application/json"})
    sandbox.faults.add(answer, method="GET", path="/repository/", times=None)
    told = tell(devinfo, wait_s=0)
    assert {each.standing for each in told.fates} == {Standing.NOT_YET}


@with_settings(stored_after_s=3600)
def test_what_is_not_stored_in_time_is_a_failure(devinfo: DevInfo) -> None:
    failure = tell(devinfo, wait_s=0).failure
    assert failure is not None
    assert failure.slug == "not-confirmed"
    assert failure.message == "3 of 3 entities are not on Jira as they should be"


def test_a_stale_update_is_ignored_by_jira_and_noticed_here(devinfo: DevInfo) -> None:
    tell(devinfo)
    stale = [REPOSITORY | {"commits": [commit("c1", "DEMO-2", sequence=NOW - 1), commit("c2")]}]
    assert tell(devinfo, stale).failure is None  # Jira says that it accepts it
    told = tell(devinfo, stale, wait_s=0)
    assert standings(told) == [("c1", Standing.SUPERSEDED), ("c2", Standing.STORED)]
    assert isinstance(told.failure, PartialError)
    assert told.failure.slug == "superseded"
    stored = devinfo.repository(ID)
    assert stored
    assert [each["issueKeys"] for each in stored["commits"] if each["id"] == "c1"] == [["DEMO-1"]]


def test_a_state_of_the_same_number_that_is_not_ours_is_noticed(devinfo: DevInfo) -> None:
    tell(devinfo)
    merged = [REPOSITORY | {"pullRequests": [PULL_REQUEST | {"status": "MERGED"}]}]
    assert standings(tell(devinfo, merged, wait_s=0)) == [("7", Standing.SUPERSEDED)]


def test_what_jira_does_not_show_of_more_than_it_shows_is_no_failure(devinfo: DevInfo) -> None:
    told = tell(devinfo, holding(*(commit(f"c{n}") for n in range(402))), wait_s=0)
    found = [each for _, each in standings(told)]
    assert (found.count(Standing.STORED), found.count(Standing.UNSEEN)) == (400, 2)
    assert told.failure is None
    assert len(told.warnings) == 2


# Deletions, and what is there


def test_delete_repository(devinfo: DevInfo) -> None:
    tell(devinfo)
    devinfo.delete_repository(ID, up_to=NOW - 1)
    assert ids(devinfo) is not None
    devinfo.delete_repository(ID, up_to=NOW)
    devinfo.delete_repository("never")
    assert ids(devinfo) is None


@pytest.mark.parametrize(
    ("kind", "entity", "list_of_it"),
    [
        (EntityType.COMMIT, "c1", "commits"),
        (EntityType.BRANCH, str(BRANCH["id"]), "branches"),
        (EntityType.PULL_REQUEST, "7", "pullRequests"),
    ],
)
def test_delete_entity(devinfo: DevInfo, kind: EntityType, entity: str, list_of_it: str) -> None:
    tell(devinfo)
    devinfo.delete_entity(ID, kind, entity, up_to=NOW - 1)
    before = ids(devinfo)
    devinfo.delete_entity(ID, kind, entity, up_to=NOW)
    after = ids(devinfo)
    assert before
    assert before[list_of_it] == [entity]
    assert after == before | {list_of_it: []}


def test_delete_by_properties_means_all_of_them(devinfo: DevInfo) -> None:
    tell(devinfo, properties={"repo": "a b&c", "run": "1"})
    devinfo.delete_by_properties({"repo": "a b&c", "run": "2"})
    assert ids(devinfo)
    devinfo.delete_by_properties({"run": "1", "repo": "a b&c"})
    assert ids(devinfo) is None


def test_delete_by_properties_heeds_no_number_any_longer(devinfo: DevInfo) -> None:
    tell(devinfo, properties={"run": "1"})
    devinfo.delete_by_properties({"run": "1"}, up_to=NOW - 1)
    assert ids(devinfo) is None


def test_exists(devinfo: DevInfo) -> None:
    tell(devinfo, properties={"run": "1", "account": "é/ü"})
    assert devinfo.exists({"account": "é/ü"})
    assert devinfo.exists({"account": "é/ü", "run": "1"}, up_to=NOW)
    assert not devinfo.exists({"account": "é/ü", "run": "1"}, up_to=NOW - 1)
    assert not devinfo.exists({"account": "é/ü", "run": "2"})


@pytest.mark.parametrize("answer", ["{}", '{"hasDataMatchingProperties": "yes"}', "[]"])
def test_silence_is_no_answer(devinfo: DevInfo, sandbox: Sandbox, answer: str) -> None:
    sandbox.faults.add(Answer(200, answer, JSON), path="/existsByProperties")
    with pytest.raises(ServerError):
        devinfo.exists({"a": "b"})


BAD: Mapping[str, Callable[[DevInfo], object]] = {
    "an id of a repository": lambda devinfo: devinfo.repository("a/b"),
    "an id that leads elsewhere": lambda devinfo: devinfo.delete_repository(".."),
    "no id": lambda devinfo: devinfo.delete_repository(""),
    "an id of an entity": lambda d: d.delete_entity(ID, EntityType.BRANCH, "a/b"),
    "no property": lambda devinfo: devinfo.delete_by_properties({}),
    "a property's name": lambda devinfo: devinfo.exists({"_updateSequenceId": "1"}),
    "too many properties": lambda devinfo: devinfo.exists(dict.fromkeys("abcdef", "1")),
}


@pytest.mark.parametrize("case", BAD)
def test_what_jira_would_refuse_is_not_sent(devinfo: DevInfo, sandbox: Sandbox, case: str) -> None:
    with pytest.raises(UsageError):
        BAD[case](devinfo)
    assert not sandbox.requests


# Who may do it, and when

OPERATIONS: Sequence[Callable[[DevInfo], object]] = [
    tell,
    ids,
    lambda devinfo: devinfo.delete_repository(ID),
    lambda devinfo: devinfo.delete_entity(ID, EntityType.COMMIT, "c1"),
    lambda devinfo: devinfo.delete_by_properties({"a": "b"}),
    lambda devinfo: devinfo.exists({"a": "b"}),
]


@with_settings(permitted=frozenset({"builds"}))
def test_forbidden(devinfo: DevInfo) -> None:
    for operation in OPERATIONS:
        with pytest.raises(ServerError) as error:
            operation(devinfo)
        assert (error.value.slug, error.value.status) == ("forbidden", 403)


def test_unauthorised(sandbox: Sandbox) -> None:
    with as_app(sandbox, app_key="another-app") as site:
        for operation in OPERATIONS:
            with pytest.raises(ServerError) as error:
                operation(DevInfo(site))
            assert (error.value.slug, error.value.status) == ("bad-token", 401)
    assert len(sandbox.requests) == len(OPERATIONS)


def test_too_many_requests_are_waited_out_and_503_is_tried_again(sandbox: Sandbox) -> None:
    waits: list[float] = []
    sandbox.faults.add(Answer(429, headers={"Retry-After": "7"}), path="/bulk")
    sandbox.faults.add(Answer(503), path="/bulk")
    with as_client(sandbox, retries=Retries(3, sleep=waits.append)) as site:
        assert tell(DevInfo(site)).failure is None
    assert [each.status for each in sandbox.requests] == [200, 429, 503, 202]
    assert waits[0] >= 7


# A run's outcome

OUTCOME = Outcome(commit="c1", state=State.FAILED, description="2 findings", updated_ms=NOW)


def test_an_outcome_is_sent_as_it_was_prepared(site: JiraSite, devinfo: DevInfo) -> None:
    destination = JiraDevInfoOutcome(site, lambda _: Found(ALL, ["1 of 2 commits"]), wait_s=0)
    [prepared] = destination.prepared(OUTCOME)
    assert (prepared.method, prepared.address) == ("POST", "/rest/devinfo/0.10/bulk")
    delivery = destination.send(OUTCOME)
    assert delivery.words[0] == "stored: commit c1 for DEMO-1"
    assert list(delivery.warnings) == ["1 of 2 commits"]
    assert devinfo.repository(ID) == prepared.body["repositories"][0]


def test_a_run_of_no_issue_sends_nothing(site: JiraSite, sandbox: Sandbox) -> None:
    destination = JiraDevInfoOutcome(site, lambda _: Found([]))
    assert list(destination.prepared(OUTCOME)) == []
    assert "nothing is sent" in destination.send(OUTCOME).words[0]
    assert not sandbox.requests


def test_without_a_way_it_can_only_be_prepared() -> None:
    destination = JiraDevInfoOutcome(None, lambda _: Found(ALL))
    assert len(destination.prepared(OUTCOME)) == 1
    with pytest.raises(UsageError, match="--jira-site"):
        destination.send(OUTCOME)


def test_an_outcome_that_is_not_taken_is_a_failure(site: JiraSite, sandbox: Sandbox) -> None:
    sandbox.faults.add(Edit(lambda _: b"{}"), path="/bulk")
    with pytest.raises(ServerError) as error:
        JiraDevInfoOutcome(site, lambda _: Found(ALL)).send(OUTCOME)
    assert error.value.slug == "not-taken"
