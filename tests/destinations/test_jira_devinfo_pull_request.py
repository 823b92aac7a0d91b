"""What Jira is told of a pull request is read from Bitbucket, in all the shapes that it may have."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from program import TOKEN

from insights_uploader.destinations.http import Http
from insights_uploader.destinations.jira_devinfo.pull_request import Person, shown_pull_request
from insights_uploader.model.errors import ServerError
from insights_uploader.sandbox.faults import Edit
from insights_uploader.sandbox.server import Sandbox
from insights_uploader.sandbox.settings import PullRequest


def edited(**more: Any) -> Edit:
    """Bitbucket's answer with these members besides its own."""
    return Edit(lambda answer: json.dumps({**json.loads(answer), **more}).encode())


@pytest.fixture
def bitbucket(sandbox: Sandbox) -> Iterator[Http]:
    with Http(sandbox.url, f"Bearer {TOKEN}", headers={"X-Atlassian-Token": "no-check"}) as http:
        yield http


PULLED = pytest.mark.parametrize(
    "sandbox", [{"pull_requests": (PullRequest(7, "main", "main", title="DEMO-1"),)}], indirect=True
)


@PULLED
def test_a_pull_request_is_read_with_its_people(sandbox: Sandbox, bitbucket: Http) -> None:
    jane = {"name": "jane", "displayName": "Jane", "emailAddress": "jane@example.com"}
    reviewers = [{"user": {"name": "joe"}, "status": "APPROVED"}, {"user": {}}]
    answer = edited(
        author={"user": jane}, reviewers=reviewers, properties={"commentCount": 3}, updatedDate=5
    )
    sandbox.faults.add(answer, path="/pull-requests/7")
    shown = shown_pull_request(bitbucket, "PRJ", "repo", 7)
    assert (shown.author, shown.comments) == (Person("Jane", "jane@example.com"), 3)
    assert list(shown.reviewers) == [Person("joe", approves=True), Person()]
    assert (shown.state, shown.branch, shown.source) == ("OPEN", "main", ("PRJ", "repo"))
    assert shown.updated_ms == 5


@PULLED
def test_a_pull_request_without_people_is_one(bitbucket: Http) -> None:
    shown = shown_pull_request(bitbucket, "PRJ", "repo", 7)
    assert (shown.title, shown.author, list(shown.reviewers)) == ("DEMO-1", Person(), [])


@PULLED
@pytest.mark.parametrize(
    "odd", [{"state": "MERGING"}, {"updatedDate": "x"}, {"title": 7}, {"reviewers": [7]}, {"id": 0}]
)
def test_what_is_no_pull_request_is_an_error(
    sandbox: Sandbox, bitbucket: Http, odd: Mapping[str, Any]
) -> None:
    sandbox.faults.add(edited(**odd), path="/pull-requests/7")
    with pytest.raises(ServerError) as error:
        shown_pull_request(bitbucket, "PRJ", "repo", 7)
    assert error.value.slug == "odd-reply"


def test_a_pull_request_that_is_not_there(bitbucket: Http) -> None:
    with pytest.raises(ServerError) as error:
        shown_pull_request(bitbucket, "PRJ", "repo", 8)
    assert error.value.status == 404
