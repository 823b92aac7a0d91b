"""Build statuses of Bitbucket Cloud over HTTP: one test an operation, then what goes wrong."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import repository

from insights_uploader.credentials import basic
from insights_uploader.destinations.cloud_build_status.client import CloudBuildStatuses
from insights_uploader.destinations.cloud_build_status.outcome import CloudBuildStatusDestination
from insights_uploader.destinations.cloud_build_status.payload import (
    CloudBuild,
    CloudBuildState,
    cloud_build_body,
)
from insights_uploader.destinations.http import Http
from insights_uploader.model.errors import ServerError, UsageError
from insights_uploader.outcome import BuildRun, Outcome, State
from insights_uploader.sandbox.cloud_settings import CloudSettings
from insights_uploader.sandbox.faults import Answer
from insights_uploader.sandbox.server import Sandbox

THERE = CloudSettings()
LOGIN = basic(THERE.email, THERE.api_token)
ANOTHER = f"Bearer {THERE.access_token}"
PAGE = "https://ci.example.com/job/12"
BODY = cloud_build_body(
    CloudBuild(
        key="widgets-main",
        state=CloudBuildState.INPROGRESS,
        url=PAGE,
        name="Widgets » main",
        description="The results are being read.",
        branch="refs/heads/main",
    )
)
UNBORN = "e00cf62997a027bbf785614a93e2e55bb331d268"

Way = Callable[..., CloudBuildStatuses]


@pytest.fixture
def head(dotenv: Path) -> str:
    return repository.git(dotenv, "rev-parse", "HEAD").strip()


@pytest.fixture
def way(sandbox: Sandbox, head: str) -> Iterator[Way]:
    opened: list[Http] = []

    def make(proof: str = LOGIN, commit: str = head) -> CloudBuildStatuses:
        opened.append(Http(sandbox.url, proof))
        return CloudBuildStatuses(opened[-1], THERE.workspace, "repo", commit)

    yield make
    for http in opened:
        with http:
            pass


@pytest.fixture
def is_careful(request: pytest.FixtureRequest) -> bool:
    return "400" not in request.node.name  # what a server refuses is sent on purpose


def refused(call: Callable[[], object]) -> ServerError:
    with pytest.raises(ServerError) as caught:
        call()
    return caught.value


def test_post_stores_a_status_and_get_gives_it(way: Way) -> None:
    posted = way().post(BODY)
    assert (posted.key, posted.state, posted.refname) == ("widgets-main", "INPROGRESS", "main")
    assert way().get("widgets-main") == posted


def test_a_second_post_overwrites_the_status_of_its_key(way: Way) -> None:
    way().post(BODY)
    way().post({**BODY, "state": "STOPPED"})
    stored = way().get("widgets-main")
    assert stored
    assert stored.state == "STOPPED"


def test_put_changes_a_status_that_is_there(way: Way) -> None:
    assert refused(lambda: way().put(BODY)).status == 404
    way().post(BODY)
    assert way().put({**BODY, "state": "SUCCESSFUL"}).state == "SUCCESSFUL"


def test_a_status_that_is_not_there_is_none(way: Way) -> None:
    assert way().get("absent") is None


def test_403_of_anothers_status_says_whose_login_it_takes(way: Way) -> None:
    way().post(BODY)
    error = refused(lambda: way(ANOTHER).post({**BODY, "state": "FAILED"}))
    assert (error.slug, error.status) == ("forbidden", 403)
    assert "Only who made a build status may change it" in error.hint


def test_401_and_404(way: Way) -> None:
    assert refused(lambda: way("Bearer wrong").post(BODY)).slug == "bad-token"
    assert refused(lambda: way(commit=UNBORN).post(BODY)).slug == "not-found"


@pytest.mark.parametrize(
    "change", [{"key": "k" * 41}, {"state": "CANCELLED"}, {"url": "http://localhost/1"}]
)
def test_400_says_what_is_wrong(way: Way, change: dict[str, Any]) -> None:
    error = refused(lambda: way().post({**BODY, **change}))
    assert (error.slug, error.status) == ("refused", 400)
    assert "Bad request; " in error.message


def outcome(head: str, state: State, build: BuildRun | None) -> Outcome:
    return Outcome(
        commit=head,
        ref="refs/heads/feature/x",
        build=build,
        state=state,
        description="The gate is passed.",
        updated_ms=1_700_000_000_000,
    )


RUN = BuildRun(key="team/widgets/main", name="Widgets", url=PAGE)


@pytest.mark.parametrize(
    ("state", "word"),
    [
        (State.IN_PROGRESS, "INPROGRESS"),
        (State.SUCCESSFUL, "SUCCESSFUL"),
        (State.FAILED, "FAILED"),
        (State.CANCELLED, "STOPPED"),
    ],
)
def test_a_run_is_told_of_in_clouds_words(
    sandbox: Sandbox, head: str, state: State, word: str
) -> None:
    with Http(sandbox.url, LOGIN) as http:
        destination = CloudBuildStatusDestination(http, THERE.workspace, "repo")
        [prepared] = destination.prepared(outcome(head, state, RUN))
        delivery = destination.send(outcome(head, state, RUN))
    stored = sandbox.cloud.statuses.status(head, prepared.body["key"])
    assert stored
    assert {name: stored.body[name] for name in prepared.body} == prepared.body
    assert (delivery.details["state"], stored.body["refname"]) == (word, "feature/x")
    assert prepared.address == f"/2.0/repositories/acme/repo/commit/{head}/statuses/build"


def test_a_status_that_is_then_another_is_not_believed(sandbox: Sandbox, head: str) -> None:
    held = f'{{"type": "build", "key": "k", "state": "FAILED", "url": "{PAGE}"}}'
    sandbox.faults.add(Answer(200, held, {"content-type": "application/json"}), method="GET")
    with Http(sandbox.url, LOGIN) as http:
        destination = CloudBuildStatusDestination(http, THERE.workspace, "repo")
        error = refused(lambda: destination.send(outcome(head, State.SUCCESSFUL, RUN)))
    assert error.slug == "not-confirmed"


def test_without_a_build_nothing_is_sent(sandbox: Sandbox, head: str) -> None:
    with Http(sandbox.url, LOGIN) as http, pytest.raises(UsageError):
        CloudBuildStatusDestination(http, "acme", "repo").send(outcome(head, State.FAILED, None))
    assert sandbox.requests == []
