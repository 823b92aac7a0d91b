"""Pull requests of Bitbucket Cloud and their diffs, over HTTP against the stand-in."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import repository

from insights_uploader.changes.unified import parse_diff
from insights_uploader.credentials import basic
from insights_uploader.destinations.bitbucket_cloud.pull_request_diff import CloudPullRequestDiff
from insights_uploader.destinations.bitbucket_cloud.pull_requests import CloudPullRequests
from insights_uploader.destinations.http import Http
from insights_uploader.model.errors import DiffError, InsightsError, ServerError, UsageError
from insights_uploader.repository.checkout import Checkout
from insights_uploader.sandbox.cloud_settings import CloudSettings
from insights_uploader.sandbox.faults import Answer, Edit
from insights_uploader.sandbox.server import Sandbox
from insights_uploader.sandbox.settings import PullRequest

THERE = CloudSettings()
LOGIN = basic(THERE.email, THERE.api_token)
JSON = {"content-type": "application/json"}


@pytest.fixture
def branch(dotenv: Path, sandbox: Sandbox) -> str:
    name = repository.git(dotenv, "rev-parse", "--abbrev-ref", "HEAD").strip()
    sandbox.open(PullRequest(3, name, "main"))
    return name


@pytest.fixture
def head(dotenv: Path) -> str:
    return repository.git(dotenv, "rev-parse", "HEAD").strip()


@pytest.fixture
def http(sandbox: Sandbox) -> Iterator[Http]:
    with Http(sandbox.url, LOGIN) as opened:
        yield opened


def test_a_pull_request_is_read_with_the_whole_ids_of_its_commits(
    http: Http, branch: str, head: str, dotenv: Path
) -> None:
    pull = CloudPullRequests(http, "acme", "repo").get(3)
    assert (pull.id, pull.branch, pull.target_branch, pull.is_open) == (3, branch, "main", True)
    assert (pull.head, pull.target_commit) == (
        head,
        repository.git(dotenv, "rev-parse", "main").strip(),
    )
    assert not pull.is_from_fork
    assert pull.link == "https://bitbucket.org/acme/repo/pull-requests/3"


def test_the_pull_request_of_a_commit_is_found(http: Http, branch: str, head: str) -> None:
    assert CloudPullRequests(http, "acme", "repo").find(head, branch).id == 3


def test_a_commit_in_none_is_told(http: Http, branch: str, dotenv: Path) -> None:
    main = repository.git(dotenv, "rev-parse", "main").strip()
    with pytest.raises(UsageError):
        CloudPullRequests(http, "acme", "repo").find(main)


@pytest.mark.parametrize("sandbox", [{"cloud": CloudSettings(indexed=False)}], indirect=True)
def test_where_cloud_does_not_know_the_number_is_asked_for(
    http: Http, branch: str, head: str
) -> None:
    with pytest.raises(ServerError) as caught:
        CloudPullRequests(http, "acme", "repo").find(head, branch)
    assert "--pull-request" in caught.value.hint


def test_a_pull_request_that_is_not_there_is_an_error(http: Http) -> None:
    with pytest.raises(ServerError) as caught:
        CloudPullRequests(http, "acme", "repo").get(99)
    assert (caught.value.slug, caught.value.status) == ("not-found", 404)


def source(http: Http, dotenv: Path) -> CloudPullRequestDiff:
    pull = CloudPullRequests(http, "acme", "repo").get(3)
    return CloudPullRequestDiff(http, "acme", "repo", pull, Checkout(dotenv, {}).head)


@pytest.mark.usefixtures("branch")
def test_the_diff_is_that_of_git_from_the_merge_base(http: Http, dotenv: Path) -> None:
    diff = source(http, dotenv).changed_lines()
    patch = repository.git(dotenv, "diff", "-U0", "main...HEAD")
    by_git = parse_diff(patch.encode(), "git diff")
    assert {f.path: f.ranges for f in diff.changes.files} == {
        f.path: f.ranges for f in by_git.files
    }
    assert diff.changes.line_count > 0


@pytest.mark.usefixtures("branch")
def test_no_redirect_is_asked_for_with_the_login(
    http: Http, dotenv: Path, sandbox: Sandbox
) -> None:
    source(http, dotenv).changed_lines()
    assert not any(request.path.endswith("/3/diff") for request in sandbox.requests)
    assert all(request.status == 200 for request in sandbox.requests)


@pytest.mark.usefixtures("branch")
@pytest.mark.parametrize("lost", [b"", b"diff --git a/"])
def test_a_diff_that_lacks_a_file_is_an_error(
    http: Http, dotenv: Path, sandbox: Sandbox, lost: bytes
) -> None:
    cut = Edit(lambda diff: diff.rpartition(b"diff --git ")[0] if lost else b"")
    sandbox.faults.add(cut, path="/diff/")
    with pytest.raises(DiffError) as caught:
        source(http, dotenv).changed_lines()
    assert "list of changes alone" in caught.value.message


@pytest.mark.usefixtures("branch")
@pytest.mark.parametrize(
    "answer",
    [
        Answer(555, '{"type": "error", "error": {"message": "Timed out"}}', JSON),
        Answer(200, "<html>Log in</html>", {"content-type": "text/html"}),
        Answer(404, "not here", {"content-type": "text/plain"}),
    ],
)
def test_a_diff_that_is_refused_is_an_error(
    http: Http, dotenv: Path, sandbox: Sandbox, answer: Answer
) -> None:
    sandbox.faults.add(answer, path="/diff/")
    with pytest.raises(InsightsError):
        source(http, dotenv).changed_lines()


def test_a_fork_is_known_as_one(dotenv: Path, http: Http, branch: str, sandbox: Sandbox) -> None:
    sandbox.cloud.settings.forks[branch] = "ada/repo-fork"
    pull = CloudPullRequests(http, "acme", "repo").get(3)
    assert pull.is_from_fork
    assert pull.source.project == "ada"
