"""What the program writes, a client of somebody else's reads back, and the other way round.

atlassian-python-api knows by name: reports, annotations, the legacy build status, pull requests,
commits and their changes; on Cloud the build status and pull requests. It knows neither the newer
build status nor deployments nor required builds: those are read by its transport alone.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import repository
from atlassian import Bitbucket
from atlassian.bitbucket.cloud.repositories import commits, pullRequests
from fixture_records import BANDIT, RUFF
from program import Run
from requests import HTTPError

from insights_uploader.sandbox.cloud_settings import CloudSettings
from insights_uploader.sandbox.server import Sandbox
from insights_uploader.sandbox.settings import Permission, PullRequest, User

ADMIN = User("ada", "", Permission.ADMIN, ("ada-token",))
THERE = CloudSettings()
DATA_CENTER: Any = Bitbucket  # it has no types
COMMIT: Any = commits.Commit
PULL_REQUESTS: Any = pullRequests.PullRequests

WHERE = ("PRJ", "repo")
PAGE = "https://ci.example.com/widgets/12"
RUFF_KEY = "insights-uploader.ruff"

pytestmark = pytest.mark.parametrize("sandbox", [{"users": (ADMIN,)}], indirect=True)


@pytest.fixture
def is_careful() -> bool:
    return False  # not all requests are ours


@pytest.fixture
def head(dotenv: Path) -> str:
    return repository.git(dotenv, "rev-parse", "HEAD").strip()


@pytest.fixture
def client(sandbox: Sandbox) -> Iterator[Any]:
    with DATA_CENTER(sandbox.url, token="ada-token") as opened:
        yield opened


@pytest.fixture
def branch(dotenv: Path, sandbox: Sandbox) -> str:
    name = repository.git(dotenv, "rev-parse", "--abbrev-ref", "HEAD").strip()
    sandbox.open(PullRequest(7, name, "main", title="The next release"))
    return name


def there(sandbox: Sandbox) -> dict[str, str]:
    project, slug = WHERE
    where = {"BITBUCKET_PROJECT": project, "BITBUCKET_REPOSITORY": slug}
    return {"BITBUCKET_URL": sandbox.url, "BITBUCKET_TOKEN": "ada-token", **where}


def shown(run: Run, sandbox: Sandbox, *arguments: str) -> Any:
    done = run(*arguments, "--json", **there(sandbox))
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


# Code Insights


def test_a_report_is_what_preview_shows(run: Run, sandbox: Sandbox, client: Any, head: str) -> None:
    arguments = (RUFF, BANDIT, "--base=main", "--exit-zero")
    plan = json.loads(run("preview", *arguments, "--format=json", **there(sandbox)).stdout)
    done = run("publish", *arguments, **there(sandbox))
    assert done.returncode == 0, done.stderr
    assert len(plan["reports"]) == 2
    for planned in plan["reports"]:
        stored = client.get_code_insights_report(*WHERE, head, planned["key"])
        sent = {**planned["body"], "createdDate": stored["createdDate"]}
        assert sent == {name: stored.get(name) for name in sent}
        address = f"projects/PRJ/repos/repo/commits/{head}/reports/{planned['key']}/annotations"
        stored = client.get(client.resource_url(address, api_root="rest/insights"))
        by_id = {each["externalId"]: each for each in stored["annotations"]}
        for annotation in planned["annotations"]:
            held = by_id.pop(annotation["externalId"])
            assert annotation == {name: held.get(name) for name in annotation}
        assert by_id == {}


def test_a_report_that_it_deletes_is_gone(
    run: Run, sandbox: Sandbox, client: Any, head: str
) -> None:
    assert run("publish", RUFF, "--base=main", "--exit-zero", **there(sandbox)).returncode == 0
    client.delete_code_insights_report(*WHERE, head, RUFF_KEY)
    assert shown(run, sandbox, "report", "list") == []
    with pytest.raises(HTTPError, match=RUFF_KEY):
        client.get_code_insights_report(*WHERE, head, RUFF_KEY)


def test_a_report_that_it_makes_is_shown(
    run: Run, sandbox: Sandbox, client: Any, head: str
) -> None:
    note = {"message": "m", "severity": "LOW", "path": "a.py", "line": 4, "externalId": "1"}
    made = {"result": "FAIL", "details": "Two lines.", "reporter": "somebody"}
    client.create_code_insights_report(*WHERE, head, "theirs", "Their report", **made)
    client.add_code_insights_annotations_to_report(*WHERE, head, "theirs", [note])
    report = shown(run, sandbox, "report", "show", "theirs")
    assert {"title": "Their report", **made} == {name: report[name] for name in ("title", *made)}
    [annotation] = shown(run, sandbox, "report", "annotations", "theirs")
    assert note == {name: annotation[name] for name in note}


# Build status, deployments, required builds


def test_builds_are_read_by_the_legacy_api(
    run: Run, sandbox: Sandbox, client: Any, head: str
) -> None:
    build = ("--name=Widgets", f"--build-url={PAGE}", "--description=No.")
    assert run("build", "set", "FAILED", "--key=new", *build, **there(sandbox)).returncode == 0
    legacy = run("build", "set", "SUCCESSFUL", "--key=old", *build, "--legacy", **there(sandbox))
    assert legacy.returncode == 0, legacy.stderr
    found = {each["key"]: each for each in client.get_associated_build_statuses(head)["values"]}
    assert {key: each["state"] for key, each in found.items()} == {
        "new": "FAILED",
        "old": "SUCCESSFUL",
    }
    for each in found.values():
        assert (each["name"], each["url"], each["description"]) == ("Widgets", PAGE, "No.")


def test_what_it_has_no_name_for_is_read_by_its_transport(
    run: Run, sandbox: Sandbox, client: Any, head: str
) -> None:
    which = ("--key=shop", "--environment=us-east", "--sequence-number=7")
    state = ("--state=successful", f"--link={PAGE}")
    shown(run, sandbox, "deployment", "set", *which, *state)
    address = f"projects/PRJ/repos/repo/commits/{head}"
    query = {"key": "shop", "environmentKey": "us-east", "deploymentSequenceNumber": 7}
    stored = client.get(client.resource_url(f"{address}/deployments"), params=query)
    assert (stored["state"], stored["url"]) == ("SUCCESSFUL", PAGE)

    numbers = ("--tests-passed=7", "--tests-failed=1", "--duration=93.5", "--parent=plan")
    shown(run, sandbox, "build", "set", "FAILED", "--key=k", f"--build-url={PAGE}", *numbers)
    stored = client.get(client.resource_url(f"{address}/builds"), params={"key": "k"})
    assert stored["testResults"] == {"successful": 7, "failed": 1, "skipped": 0}
    assert (stored["duration"], stored["parent"]) == (93_500, "plan")

    shown(run, sandbox, "required-builds", "create", "--parent=plan", "--ref=BRANCH:main")
    conditions = client.resource_url(
        "projects/PRJ/repos/repo/conditions", api_root="rest/required-builds"
    )
    [stored] = client.get(conditions)["values"]
    assert stored["buildParentKeys"] == ["plan"]
    assert stored["refMatcher"]["type"]["id"] == "BRANCH"


# Pull requests and commits: it sees on the sandbox what the program goes by


def test_it_finds_the_pull_request_and_its_changes(
    sandbox: Sandbox, client: Any, branch: str, head: str, dotenv: Path
) -> None:
    [listed] = client.get_pull_requests(*WHERE, order="NEWEST")
    [containing] = client.get_pull_requests_contain_commit(*WHERE, head)
    one = client.get_pull_request(*WHERE, 7)
    assert listed == containing == one
    assert (one["title"], one["fromRef"]["latestCommit"]) == ("The next release", head)
    changes = list(client.get_pull_requests_changes(*WHERE, 7, limit=5))
    names = repository.git(dotenv, "diff", "--name-only", "main...HEAD").split()
    assert len(names) > 5  # so that it has turned pages
    assert sorted(each["path"]["toString"] for each in changes) == sorted(names)


def test_it_reads_the_commit(sandbox: Sandbox, client: Any, head: str, dotenv: Path) -> None:
    assert client.get_commit_info(*WHERE, head)["id"] == head
    changes = client.get_commit_changes(*WHERE, commit_id=head)["values"]
    names = repository.git(dotenv, "diff", "--name-only", "HEAD^", "HEAD").split()
    assert sorted(each["path"]["toString"] for each in changes) == sorted(names)


# Cloud


def on_cloud(sandbox: Sandbox) -> dict[str, str]:
    where = {"BITBUCKET_PROJECT": THERE.workspace, "BITBUCKET_REPOSITORY": "repo"}
    return {
        "BITBUCKET_URL": f"{sandbox.url}/2.0",
        "BITBUCKET_TOKEN": THERE.access_token,
        **where,
    }


def test_a_build_status_on_cloud(run: Run, sandbox: Sandbox, branch: str, head: str) -> None:
    build = ("--build-key=widgets", f"--build-url={PAGE}", "--to=build-status")
    done = run("publish", RUFF, "--base=main", "--exit-zero", *build, **on_cloud(sandbox))
    assert done.returncode == 0, done.stderr
    address = f"{sandbox.url}/2.0/repositories/{THERE.workspace}/repo/commit/{head}"
    data = {"type": "commit", "hash": head, "links": {"self": {"href": address}}}
    with COMMIT(data, token=THERE.access_token, cloud=True) as commit:
        with commit.get_build("widgets") as status:
            assert (status.key, status.website) == ("widgets", PAGE)
            assert status.failed  # as the gate has it, whatever the exit code
            assert status.created_on <= status.updated_on
        assert [each.id for each in commit.get_pull_requests()] == [7]


def test_a_pull_request_on_cloud(sandbox: Sandbox, branch: str, head: str) -> None:
    address = f"{sandbox.url}/2.0/repositories/{THERE.workspace}/repo/pullrequests"
    with PULL_REQUESTS(address, token=THERE.access_token, cloud=True) as every:
        one = every.get(7)
        assert (one.id, one.title, one.is_open) == (7, "The next release", True)
        assert (one.source_branch, one.destination_branch) == (branch, "main")
        assert head.startswith(one.source_commit)
