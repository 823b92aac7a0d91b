"""The pull request that a commit belongs to, asked of a real server on loopback, and lied to by it."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from changes.conftest import Repository

from insights_uploader.destinations.bitbucket_dc import pull_requests, repository_api
from insights_uploader.destinations.bitbucket_dc.pull_requests import (
    PullRequest,
    PullRequests,
    RepositoryName,
    chosen,
)
from insights_uploader.destinations.http import Http
from insights_uploader.model.errors import ServerError, UsageError
from insights_uploader.sandbox.faults import Answer, Edit
from insights_uploader.sandbox.server import Sandbox, serve
from insights_uploader.sandbox.settings import AccessToken, SandboxSettings
from insights_uploader.sandbox.settings import PullRequest as Served

SERVED = (
    Served(1, "feature", "main"),
    Served(2, "feature", "release"),
    Served(3, "stacked", "main"),
    Served(4, "feature", "old", state="DECLINED"),
    Served(5, "lone", "main"),
    Served(6, "done", "main", state="MERGED"),
)


@pytest.fixture(scope="module")
def commits(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The commits by branch, and where they are."""
    made = Repository(tmp_path_factory.mktemp("pulls") / "repository")
    base = made.commit({b"a": b"1\n"})
    feature = made.commit({b"a": b"2\n"}, base)
    ids = {
        "main": made.commit({b"a": b"1\n", b"main": b"\n"}, base),
        "release": base,
        "old": base,
        "before": feature,
        "feature": made.commit({b"a": b"3\n"}, feature),
        "stacked": made.commit({b"a": b"3\n", b"b": b"\n"}, feature),
        "lone": made.commit({b"lone": b"\n"}, base),
        "done": base,
        "apart": made.commit({b"apart": b"\n"}),
    }
    for name, commit in ids.items():
        made.git("branch", name, commit)
    return ids | {"folder": str(made.folder)}


@pytest.fixture(scope="module")
def shared(commits: dict[str, str]) -> Iterator[Sandbox]:
    settings = SandboxSettings(
        Path(commits["folder"]),
        project="~ada",
        context_path="/bitbucket",
        tokens=(AccessToken("ci", "ci-secret"),),
        pull_requests=SERVED,
    )
    with serve(settings) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(shared: Sandbox) -> Sandbox:
    shared.clear()
    return shared


@pytest.fixture
def pulls(sandbox: Sandbox) -> Iterator[PullRequests]:
    with Http(sandbox.url, "Bearer ci-secret") as http:
        yield PullRequests(http, "~ada", "repo")


def edited(change: Callable[[Any], object]) -> Edit:
    """The real answer with something in it changed."""

    def apply(body: bytes) -> bytes:
        answer = json.loads(body)
        change(answer)
        return json.dumps(answer).encode()

    return Edit(apply)


def ids(found: Any) -> list[int]:
    return [each.id for each in found]


def test_one_by_its_number(pulls: PullRequests, sandbox: Sandbox, commits: dict[str, str]) -> None:
    found = pulls.get(1)
    home = RepositoryName("~ada", "repo")
    assert found == PullRequest(
        id=1,
        state="OPEN",
        head=commits["feature"],
        branch="feature",
        source=home,
        target_branch="main",
        target_commit=commits["main"],
        target=home,
        link=f"{sandbox.url}/projects/~ada/repos/repo/pull-requests/1",
    )
    assert found.is_open
    assert not found.is_from_fork
    assert [pulls.get(number).is_open for number in (4, 6)] == [False, False]


def test_one_from_a_fork(pulls: PullRequests, sandbox: Sandbox) -> None:
    fork = {"slug": "theirs", "project": {"key": "~bob"}}
    sandbox.faults.add(edited(lambda answer: answer["fromRef"]["repository"].update(fork)))
    found = pulls.get(1)
    assert found.is_from_fork
    assert (found.source, found.target.slug) == (RepositoryName("~bob", "theirs"), "repo")


def test_a_name_that_no_address_can_carry() -> None:
    with Http("https://bitbucket.invalid", "Bearer x") as http:
        pulls = PullRequests(http, "caf\udce9", "repo")
        with pytest.raises(UsageError, match="no address can carry"):
            pulls.get(7)


def test_an_unknown_number(pulls: PullRequests) -> None:
    with pytest.raises(ServerError, match="Pull request 99 does not exist") as caught:
        pulls.get(99)
    assert caught.value.slug == "no-pull-request"


def test_those_of_a_commit_are_open_and_begin_with_those_whose_head_it_is(
    pulls: PullRequests, commits: dict[str, str]
) -> None:
    assert ids(pulls.of_commit(commits["before"])) == [1, 2, 3]
    assert ids(pulls.of_commit(commits["stacked"])) == [3]
    assert ids(pulls.of_commit(commits["feature"])) == [1, 2]
    assert pulls.of_commit(commits["apart"]) == []


def test_heads_come_first(pulls: PullRequests, sandbox: Sandbox, commits: dict[str, str]) -> None:
    head = {"latestCommit": commits["before"]}
    sandbox.faults.add(edited(lambda answer: answer["values"][2]["fromRef"].update(head)))
    assert ids(pulls.of_commit(commits["before"])) == [3, 1, 2]


@pytest.mark.parametrize("name", ["feature", "refs/heads/feature"])
def test_those_of_a_branch(pulls: PullRequests, name: str) -> None:
    assert ids(pulls.of_branch(name)) == [2, 1]
    assert pulls.of_branch("main") == []


def test_the_lists_are_read_to_their_end(
    pulls: PullRequests,
    sandbox: Sandbox,
    commits: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pull_requests, "_PER_PAGE", 1)
    assert ids(pulls.of_commit(commits["before"])) == [1, 2, 3]
    assert ids(pulls.of_branch("feature")) == [2, 1]
    assert len(sandbox.requests) > 4


@pytest.mark.parametrize(
    ("commit", "branch", "found"),
    [
        ("stacked", None, 3),
        ("lone", "whatever", 5),
        # it is in 1, 2 and 3, and the head of none
        ("before", "stacked", 3),
        # of CI's own making, so that the server has it not
        ("0" * 40, "lone", 5),
        # known, and in none: as after a force push
        ("apart", "stacked", 3),
    ],
)
def test_the_one_that_a_commit_belongs_to(
    pulls: PullRequests, commits: dict[str, str], commit: str, branch: str | None, found: int
) -> None:
    assert pulls.find(commits.get(commit, commit), branch).id == found


@pytest.mark.parametrize("branch", [None, "feature"])
def test_several_are_listed_and_never_chosen_from(
    pulls: PullRequests, commits: dict[str, str], branch: str | None
) -> None:
    with pytest.raises(UsageError) as caught:
        pulls.find(commits["feature"], branch)
    assert caught.value.slug == "several-pull-requests"
    assert "1 (feature to main), 2 (feature to release)" in caught.value.message
    assert caught.value.hint == "Say which one: --pull-request 1"


def test_none_is_said(pulls: PullRequests, commits: dict[str, str]) -> None:
    for branch in (None, "nobody"):
        with pytest.raises(UsageError, match=commits["apart"][:12]) as caught:
            pulls.find(commits["apart"], branch)
        assert caught.value.slug == "no-pull-request"


def test_a_commit_that_the_server_has_not_and_no_branch(pulls: PullRequests) -> None:
    with pytest.raises(ServerError) as caught:
        pulls.find("0" * 40)
    assert caught.value.slug == "no-commit"


def test_a_closed_one_is_never_chosen(pulls: PullRequests, commits: dict[str, str]) -> None:
    closed = pulls.get(4)
    with pytest.raises(UsageError):
        chosen([closed], commits["feature"], "feature")
    assert chosen([closed, pulls.get(1)], commits["feature"], None).id == 1


@pytest.mark.parametrize(
    ("status", "slug"), [(401, "bad-token"), (403, "forbidden"), (429, "rate-limited")]
)
def test_who_is_refused_asks_no_more(
    pulls: PullRequests, sandbox: Sandbox, commits: dict[str, str], status: int, slug: str
) -> None:
    sandbox.faults.add(Answer(status), times=None)
    with pytest.raises(ServerError) as caught:
        pulls.find(commits["feature"], "feature")
    assert caught.value.slug == slug
    assert len(sandbox.requests) == 1


@pytest.mark.parametrize("status", [500, 503])
def test_a_server_that_fails(
    pulls: PullRequests, sandbox: Sandbox, commits: dict[str, str], status: int
) -> None:
    calls: list[Callable[[], object]] = [
        lambda: pulls.get(1),
        lambda: pulls.of_commit(commits["feature"]),
        lambda: pulls.of_branch("feature"),
    ]
    for call in calls:
        sandbox.faults.add(Answer(status))
        with pytest.raises(ServerError) as caught:
            call()
        assert (caught.value.slug, caught.value.status) == ("server-failed", status)


@pytest.mark.parametrize(
    "lie",
    [
        {"id": "1"},
        {"id": 0},
        {"id": True},
        {"state": "CLOSED"},
        {"state": None},
        {"fromRef": None},
        {"fromRef": []},
        {"toRef": {"id": "refs/heads/x"}},
        {"fromRef": {"id": "x", "latestCommit": "HEAD", "repository": {}}},
    ],
)
def test_what_is_no_pull_request_is_an_error_in_words(
    pulls: PullRequests, sandbox: Sandbox, commits: dict[str, str], lie: dict[str, object]
) -> None:
    def spoil(answer: Any) -> None:
        answer.get("values", [answer])[0].update(lie)

    sandbox.faults.add(edited(spoil), times=None)
    for call in (lambda: pulls.get(1), lambda: pulls.of_commit(commits["feature"])):
        with pytest.raises(ServerError, match="not what it should be: ") as caught:
            call()
        assert caught.value.slug == "odd-reply"


@pytest.mark.parametrize("commit", ["a" * 39, "A" * 40, "a" * 41, "a" * 40 + "\n", "-" * 40])
def test_a_head_is_a_full_commit_id(pulls: PullRequests, sandbox: Sandbox, commit: str) -> None:
    head = {"latestCommit": commit}
    sandbox.faults.add(edited(lambda answer: answer["fromRef"].update(head)))
    with pytest.raises(ServerError):
        pulls.get(1)


@pytest.mark.parametrize(
    ("page", "words"),
    [
        ({"isLastPage": False, "nextPageStart": 0}, "does not say where"),
        ({"isLastPage": False, "nextPageStart": None}, "does not say where"),
        ({"isLastPage": False, "nextPageStart": -1}, "does not say where"),
        ({"isLastPage": False, "nextPageStart": 1, "start": 0}, "at entry 1, and we get 0"),
        ({"isLastPage": "no"}, "isLastPage"),
        ({"values": None}, "values"),
    ],
)
def test_a_list_without_an_end(
    pulls: PullRequests,
    sandbox: Sandbox,
    commits: dict[str, str],
    page: dict[str, object],
    words: str,
) -> None:
    sandbox.faults.add(edited(lambda answer: answer.update(page)), times=None)
    with pytest.raises(ServerError, match=words):
        pulls.of_commit(commits["feature"])
    assert len(sandbox.requests) <= 2


def test_a_page_that_does_not_say_whether_it_is_the_last(
    pulls: PullRequests, sandbox: Sandbox, commits: dict[str, str]
) -> None:
    sandbox.faults.add(edited(lambda answer: answer.pop("isLastPage")))
    with pytest.raises(ServerError, match="isLastPage"):
        pulls.of_commit(commits["feature"])


def test_a_list_that_always_goes_on_ends(
    pulls: PullRequests,
    sandbox: Sandbox,
    commits: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(repository_api, "MAX_PAGES", 5)

    def go_on(answer: Any) -> None:
        answer.update(values=[], isLastPage=False, nextPageStart=answer["start"] + 1)

    sandbox.faults.add(edited(go_on), times=None)
    with pytest.raises(ServerError, match="more than 5 pages"):
        pulls.of_commit(commits["feature"])
    assert len(sandbox.requests) == 5


@pytest.mark.parametrize(
    "body", [b"", b"<html>log in</html>", b"[", b"[" * 100_000, b'{"id": 1', b"\xff", b"null"]
)
@pytest.mark.parametrize("kind", ["application/json", "text/html"])
def test_what_is_no_json(pulls: PullRequests, sandbox: Sandbox, body: bytes, kind: str) -> None:
    sandbox.faults.add(Answer(200, body, {"Content-Type": kind}))
    with pytest.raises(ServerError) as caught:
        pulls.get(1)
    assert caught.value.slug in {"not-json", "odd-reply"}
