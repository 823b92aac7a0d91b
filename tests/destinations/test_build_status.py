"""Build statuses over HTTP against the stand-in: one test an operation, then what goes wrong."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import repository
from program import OTHER_TOKEN, TOKEN

from insights_uploader.destinations.bitbucket_dc.address import HEADERS
from insights_uploader.destinations.build_status.client import (
    BuildStatuses,
    StoredBuild,
    StoredTests,
    build_capabilities,
)
from insights_uploader.destinations.build_status.outcome import BuildStatusDestination
from insights_uploader.destinations.build_status.payload import (
    BuildState,
    BuildStatus,
    TestResults,
    body,
)
from insights_uploader.destinations.build_status.posting import BuildPosting
from insights_uploader.destinations.build_status_legacy.client import (
    BuildCounts,
    CommitBuilds,
    build_counts,
    build_counts_of,
)
from insights_uploader.destinations.http import Http, Retries
from insights_uploader.model.errors import InsightsError, ServerError, UsageError
from insights_uploader.model.measure import TestTotals
from insights_uploader.outcome import BuildRun, Outcome, State
from insights_uploader.sandbox.faults import Answer, Drop
from insights_uploader.sandbox.server import Sandbox
from insights_uploader.sandbox.settings import Permission, User

JSON = {"content-type": "application/json"}
PAGE = "https://jenkins.example.com/job/widgets/job/main/12/"
BUILD = BuildStatus(
    key="widgets/main",
    state=BuildState.FAILED,
    url=PAGE,
    name="Widgets » main",
    description="The gate failed.",
    number="12",
    parent="widgets",
    ref="refs/heads/main",
    duration_ms=93_500,
    tests=TestResults(successful=134, failed=1, skipped=5),
)
UNBORN = "e00cf62997a027bbf785614a93e2e55bb331d268"
ADMINISTERED: dict[str, Any] = {"users": (User("ada", "", Permission.ADMIN, ("ada-token",)),)}
NO_RICH: dict[str, Any] = {"build_capabilities": ("cancelledStatus",)}
NO_ADDRESS: dict[str, Any] = {"build_capabilities": None}
NO_CANCELLED: dict[str, Any] = {"build_capabilities": ("richBuildStatus",)}

Way = Callable[..., Http]


@pytest.fixture
def head(dotenv: Path) -> str:
    return repository.git(dotenv, "rev-parse", "HEAD").strip()


@pytest.fixture
def way(sandbox: Sandbox) -> Iterator[Way]:
    opened: list[Http] = []

    def make(token: str = TOKEN, **settings: Any) -> Http:
        opened.append(Http(sandbox.url, f"Bearer {token}", headers=HEADERS, **settings))
        return opened[-1]

    yield make
    for http in opened:
        with http:
            pass


@pytest.fixture
def statuses(way: Way, head: str) -> BuildStatuses:
    return BuildStatuses(way(), "PRJ", "repo", head)


def outcome(commit: str, **fields: Any) -> Outcome:
    run = BuildRun(key="widgets/main", name="Widgets » main", url=PAGE, number="12")
    known: dict[str, Any] = {"build": run, "state": State.SUCCESSFUL, "description": "All is well."}
    return Outcome(commit=commit, updated_ms=1_700_000_000_000, **{**known, **fields})


def asked(sandbox: Sandbox) -> list[str]:
    return [
        f"{each.method} {each.path.partition('/rest/')[2].partition('/')[0]}"
        for each in sandbox.requests
    ]


def test_a_build_is_posted_and_read(statuses: BuildStatuses) -> None:
    assert statuses.get("widgets/main") is None
    statuses.post(body(BUILD))
    stored = statuses.get("widgets/main")
    assert isinstance(stored, StoredBuild)
    assert (stored.state, stored.parent, stored.duration) == ("FAILED", "widgets", 93_500)
    assert (stored.build_number, stored.ref) == ("12", "refs/heads/main")
    assert stored.test_results == StoredTests(successful=134, failed=1, skipped=5)
    assert (stored.project_key, stored.repository_slug) == ("PRJ", "repo")


def test_who_only_reads_may_not_delete(statuses: BuildStatuses) -> None:
    statuses.post(body(BUILD))
    with pytest.raises(ServerError, match="may not do this") as refused:
        statuses.delete("widgets/main")
    assert (refused.value.slug, refused.value.status) == ("not-permitted", 401)
    assert "administration" in refused.value.hint
    assert statuses.get("widgets/main") is not None


@pytest.mark.parametrize("sandbox", [ADMINISTERED], indirect=True, ids=["admin"])
def test_an_administrator_deletes(statuses: BuildStatuses, way: Way, head: str) -> None:
    statuses.post(body(BUILD))
    BuildStatuses(way("ada-token"), "PRJ", "repo", head).delete("widgets/main")
    assert statuses.get("widgets/main") is None


def test_what_the_server_can(way: Way) -> None:
    assert build_capabilities(way()) == {"richBuildStatus", "cancelledStatus"}


@pytest.mark.parametrize("sandbox", [NO_ADDRESS], indirect=True, ids=["older"])
def test_a_server_too_old_to_say_can_nothing(way: Way) -> None:
    assert build_capabilities(way()) == frozenset()


def test_a_page_of_a_proxy_says_nothing_of_what_the_server_can(sandbox: Sandbox, way: Way) -> None:
    sandbox.faults.add(Answer(404, b"<html>", {"content-type": "text/html"}), path="capabilities")
    with pytest.raises(ServerError, match="does not know this address") as refused:
        build_capabilities(way())
    assert refused.value.slug == "no-endpoint"


def test_the_legacy_api_is_of_a_commit_in_no_repository(way: Way) -> None:
    builds = CommitBuilds(way(), UNBORN)
    for number in range(130):
        builds.post({"key": f"k{number}", "state": "SUCCESSFUL", "url": PAGE})
    assert [each.key for each in builds.latest()] == [f"k{number}" for number in range(129, 29, -1)]
    assert next(builds.latest("OLDEST")).key == "k30"


def test_builds_are_counted_for_one_commit_and_for_many(way: Way, head: str) -> None:
    http = way()
    for key, state in (("a", "FAILED"), ("b", "SUCCESSFUL"), ("c", "SUCCESSFUL")):
        CommitBuilds(http, head).post({"key": key, "state": state, "url": PAGE})
    counts = BuildCounts(successful=2, in_progress=0, failed=1, cancelled=0, unknown=0)
    assert build_counts(http, head) == counts
    assert build_counts(http, head, include_unique=True).result["key"] == "a"
    others = [f"{number:040x}" for number in range(150)]
    assert build_counts_of(http, [*others, head]) == {head: counts}


@pytest.mark.parametrize(
    ("answer", "slug", "status"),
    [
        (Answer(401, b"{}", JSON), "bad-token", 401),
        (Answer(403, b"XSRF check failed", {"content-type": "text/plain"}), "forbidden", 403),
        (Answer(413, b"<html>", {"content-type": "text/html"}), "too-large", 413),
        (Answer(429, b'{"message":"slow down"}', JSON), "rate-limited", 429),
        (Answer(500, b"", {}), "server-failed", 500),
        (Answer(200, b"<html>login", {"content-type": "text/html"}), "not-json", 200),
    ],
    ids=["401", "403", "413", "429", "500", "login"],
)
@pytest.mark.parametrize(
    "operation",
    [
        lambda http, head: BuildStatuses(http, "PRJ", "repo", head).post(body(BUILD)),
        lambda http, head: BuildStatuses(http, "PRJ", "repo", head).get("k"),
        lambda http, head: BuildStatuses(http, "PRJ", "repo", head).delete("k"),
        lambda http, _: build_capabilities(http),
        lambda http, head: CommitBuilds(http, head).post(
            {"key": "k", "state": "FAILED", "url": PAGE}
        ),
        lambda http, head: list(CommitBuilds(http, head).latest()),
        build_counts,
        lambda http, head: build_counts_of(http, [head]),
    ],
    ids=["post", "get", "delete", "capabilities", "legacy-post", "legacy-get", "stats", "many"],
)
def test_no_refusal_passes_for_success(
    sandbox: Sandbox,
    way: Way,
    head: str,
    operation: Callable[[Http, str], object],
    answer: Answer,
    slug: str,
    status: int,
) -> None:
    sandbox.faults.add(answer)
    with pytest.raises(ServerError) as refused:
        operation(way(), head)
    assert (refused.value.slug, refused.value.status) == (slug, status)
    assert TOKEN not in refused.value.message + refused.value.hint


def test_a_repository_or_commit_that_is_not_there(way: Way, head: str) -> None:
    for project, slug, commit, expected in (
        ("NONE", "repo", head, "no-project"),
        ("PRJ", "none", head, "no-repository"),
        ("PRJ", "repo", UNBORN, "no-commit"),
    ):
        statuses = BuildStatuses(way(), project, slug, commit)
        with pytest.raises(ServerError) as refused:
            statuses.post(body(BUILD))
        assert refused.value.slug == expected
        with pytest.raises(ServerError) as refused:
            statuses.get("k")
        assert refused.value.slug == expected


def test_a_post_whose_answer_is_lost_is_sent_again(sandbox: Sandbox, way: Way, head: str) -> None:
    sandbox.faults.add(Drop(applied=True), method="POST")
    http = way(retries=Retries(2, sleep=lambda _: None))
    BuildStatuses(http, "PRJ", "repo", head).post(body(BUILD))
    assert [each.status for each in sandbox.requests] == [None, 204]
    assert len(sandbox.builds.latest(head)) == 1


def test_a_build_is_read_back(sandbox: Sandbox, way: Way, head: str) -> None:
    posted = BuildPosting(way(), "PRJ", "repo").post(head, BUILD)
    assert (posted.api, posted.sent, posted.warnings) == ("rich", body(BUILD), [])
    assert isinstance(posted.stored, StoredBuild)
    assert posted.stored.name == "Widgets » main"
    assert asked(sandbox) == ["GET api", "POST api", "GET api"]


@pytest.mark.parametrize("sandbox", [NO_RICH, NO_ADDRESS], indirect=True, ids=["old", "older"])
def test_an_old_server_gets_the_legacy_post_and_the_user_a_warning(
    sandbox: Sandbox, way: Way, head: str
) -> None:
    posted = BuildPosting(way(), "PRJ", "repo").post(head, BUILD)
    assert posted.api == "legacy"
    assert posted.sent.keys() == {"key", "state", "url", "name", "description"}
    assert "no required build is met by it" in posted.warnings[0]
    assert asked(sandbox) == ["GET api", "POST build-status", "GET build-status"]


def test_the_legacy_api_by_request_asks_for_no_capability(
    sandbox: Sandbox, way: Way, head: str
) -> None:
    posting = BuildPosting(way(), "PRJ", "repo", legacy=True)
    assert posting.post(head, BUILD).warnings == []
    assert asked(sandbox) == ["POST build-status", "GET build-status"]
    with pytest.raises(UsageError, match="cannot delete"):
        posting.delete(head, "widgets/main")


@pytest.mark.parametrize(
    ("sandbox", "state"),
    [({}, "CANCELLED"), (NO_CANCELLED, "FAILED"), (NO_RICH, "FAILED")],
    indirect=["sandbox"],
    ids=["new", "no-cancelled", "old"],
)
def test_cancelled_is_what_the_server_has_for_it(
    sandbox: Sandbox, way: Way, head: str, state: str
) -> None:
    destination = BuildStatusDestination(way(), "PRJ", "repo")
    delivery = destination.send(outcome(head, state=State.CANCELLED, description="Interrupted."))
    [stored] = sandbox.builds.latest(head)
    assert stored.body["state"] == delivery.details["state"] == state
    if state == "FAILED":
        assert stored.body["description"] == "Cancelled. Interrupted."
        assert any("FAILED" in warning for warning in delivery.warnings)


@pytest.mark.parametrize("legacy", [False, True], ids=["rich", "legacy"])
def test_another_state_there_than_was_posted_is_no_success(
    sandbox: Sandbox, way: Way, head: str, legacy: bool
) -> None:
    other = b'{"key":"widgets/main","state":"INPROGRESS","url":"https://h/"}'
    page = b'{"values":[%s],"size":1,"start":0,"limit":100,"isLastPage":true}' % other
    sandbox.faults.add(Answer(200, page if legacy else other, JSON), method="GET", path="commits")
    with pytest.raises(ServerError, match="posted as FAILED, and is INPROGRESS there") as error:
        BuildPosting(way(), "PRJ", "repo", legacy=legacy).post(head, BUILD)
    assert error.value.slug == "not-confirmed"


def test_a_run_is_announced_and_its_end_replaces_that(
    sandbox: Sandbox, way: Way, head: str
) -> None:
    destination = BuildStatusDestination(way(), "PRJ", "repo")
    assert (destination.name, destination.announces) == ("build-status", True)
    destination.send(outcome(head, state=State.IN_PROGRESS, description="It runs."))
    tests = TestTotals(tool="pytest", passed=7, failed=1, errors=2, skipped=3)
    ended = outcome(head, state=State.FAILED, ref="refs/heads/main", duration_ms=1200, tests=tests)
    delivery = destination.send(ended)
    [stored] = sandbox.builds.latest(head)
    assert stored.body == {
        "key": "widgets/main",
        "state": "FAILED",
        "url": PAGE,
        "name": "Widgets » main",
        "description": "All is well.",
        "buildNumber": "12",
        "parent": "widgets/main",
        "ref": "refs/heads/main",
        "duration": 1200,
        "testResults": {"successful": 7, "failed": 3, "skipped": 3},
    }
    assert delivery.words == [f"build widgets/main of commit {head} is FAILED"]
    assert delivery.details == {
        "api": "rich",
        "key": "widgets/main",
        "state": "FAILED",
        "url": PAGE,
    }
    [prepared] = BuildStatusDestination(None, "PRJ", "repo").prepared(ended)
    path = f"/rest/api/latest/projects/PRJ/repos/repo/commits/{head}/builds"
    assert (prepared.method, prepared.address, prepared.body) == ("POST", path, stored.body)


def test_what_the_legacy_api_would_be_sent(head: str) -> None:
    [prepared] = BuildStatusDestination(None, "PRJ", "repo", legacy=True).prepared(outcome(head))
    assert prepared.address == f"/rest/build-status/latest/commits/{head}"
    assert prepared.body == {
        "key": "widgets/main",
        "state": "SUCCESSFUL",
        "url": PAGE,
        "name": "Widgets » main",
        "description": "All is well.",
    }


@pytest.mark.parametrize(
    "build",
    [
        None,
        BuildRun(key=" ", name="n", url=PAGE),
        BuildRun(key="k", name="n", url=""),
        BuildRun(key="k", name="n", url="ftp://h/"),
        BuildRun(key="k", name="n", url=f"{PAGE}{'x' * 450}"),
    ],
    ids=["no-build", "no-key", "no-url", "no-web-address", "long-url"],
)
def test_nothing_is_sent_of_a_build_that_bitbucket_would_not_take(
    sandbox: Sandbox, way: Way, head: str, build: BuildRun | None
) -> None:
    destination = BuildStatusDestination(way(), "PRJ", "repo")
    ended = outcome(head, build=build)
    for attempt in (destination.prepared, destination.send):
        with pytest.raises(UsageError) as refused:
            attempt(ended)
        assert "--build-url" in refused.value.message + refused.value.hint
    assert sandbox.requests == []


def test_a_refusal_says_what_the_server_says(sandbox: Sandbox, way: Way, head: str) -> None:
    said = b'{"errors":[{"context":"url","message":"No such page","exceptionName":null}]}'
    sandbox.faults.add(Answer(400, said, JSON), method="POST")
    with pytest.raises(InsightsError, match="url: No such page"):
        BuildStatusDestination(way(), "PRJ", "repo").send(outcome(head))


def test_another_user_may_replace_a_build(sandbox: Sandbox, way: Way, head: str) -> None:
    BuildStatusDestination(way(), "PRJ", "repo").send(outcome(head))
    other = BuildStatusDestination(way(OTHER_TOKEN), "PRJ", "repo")
    other.send(outcome(head, state=State.FAILED))
    assert [each.body["state"] for each in sandbox.builds.latest(head)] == ["FAILED"]
