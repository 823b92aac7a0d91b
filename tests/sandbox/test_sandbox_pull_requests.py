"""Pull requests and commits, found as the server finds them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from insights_uploader.sandbox.server import serve
from insights_uploader.sandbox.settings import (
    AccessToken,
    PullRequest,
    SandboxSettings,
)

if TYPE_CHECKING:
    import httpx
    from sandbox.conftest import Checkout, Conforms, Connect, ErrorOf


def ids(answer: httpx.Response) -> list[int]:
    return [each["id"] for each in answer.json()["values"]]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", [4, 2, 1]),
        ("state=ALL", [6, 5, 4, 3, 2, 1]),
        ("state=DECLINED", [3]),
        ("state=MERGED", [6, 5]),
        ("order=OLDEST", [1, 2, 4]),
        ("order=oldest", [1, 2, 4]),
        # the default direction is INCOMING: `at` is the target
        ("at=refs/heads/main", [4, 2, 1]),
        ("at=refs/heads/feature", []),
        ("at=refs/heads/feature&direction=OUTGOING", [1]),
        ("at=refs/heads/small&direction=OUTGOING&state=ALL", [5, 2]),
        ("at=refs/heads/feature&direction=INCOMING&state=ALL", [5, 3]),
        # `at` must be fully qualified
        ("at=feature&direction=OUTGOING", []),
    ],
)
def test_the_list(client: httpx.Client, api: str, query: str, found: list[int]) -> None:
    assert ids(client.get(f"{api}/pull-requests?{query}")) == found


@pytest.mark.parametrize("query", ["state=CLOSED", "direction=SIDEWAYS", "order=RANDOM"])
def test_an_unknown_choice_is_refused(
    client: httpx.Client, api: str, error_of: ErrorOf, query: str
) -> None:
    assert error_of(client.get(f"{api}/pull-requests?{query}"))[0] == 400


def test_the_list_is_paged(client: httpx.Client, api: str) -> None:
    page = client.get(f"{api}/pull-requests?limit=2").json()
    assert [each["id"] for each in page.pop("values")] == [4, 2]
    assert page == {"size": 2, "limit": 2, "start": 0, "isLastPage": False, "nextPageStart": 2}
    rest = client.get(f"{api}/pull-requests?limit=1&start=2").json()
    assert [each["id"] for each in rest["values"]] == [1]
    assert (rest["isLastPage"], rest["nextPageStart"]) == (True, None)


def test_one(client: httpx.Client, api: str, checkout: Checkout, conforms: Conforms) -> None:
    shown = client.get(f"{api}/pull-requests/1").json()
    conforms("RestPullRequest", shown)
    assert (shown["id"], shown["state"], shown["open"], shown["closed"]) == (1, "OPEN", True, False)
    source, target = shown["fromRef"], shown["toRef"]
    assert source["latestCommit"] == checkout.feature
    assert (source["id"], source["displayId"]) == ("refs/heads/feature", "feature")
    assert target["latestCommit"] == checkout.main
    assert (target["repository"]["slug"], target["repository"]["project"]["key"]) == ("repo", "PRJ")


@pytest.mark.parametrize("rest", ["", ".diff", "/changes", "/diff", "/merge-base"])
@pytest.mark.parametrize("number", ["99", "x", "01", "-1"])
def test_an_unknown_one(
    client: httpx.Client, api: str, error_of: ErrorOf, number: str, rest: str
) -> None:
    assert error_of(client.get(f"{api}/pull-requests/{number}{rest}")) == (
        404,
        "NoSuchPullRequestException",
        f"Pull request {number} does not exist in PRJ/repo.",
    )


@pytest.mark.parametrize(
    ("commit", "found"),
    [
        ("feature", [1]),
        ("small", [2, 5]),
        ("orphan", [4]),
        # merged, so main has it too
        ("done", [3, 6]),
        # on main, so pull request 3 brought it to feature
        ("main", [3]),
    ],
)
def test_those_that_contain_a_commit(
    client: httpx.Client, api: str, checkout: Checkout, commit: str, found: list[int]
) -> None:
    sha = getattr(checkout, commit)
    assert ids(client.get(f"{api}/commits/{sha}/pull-requests")) == found
    assert ids(client.get(f"{api}/commits/{sha}/pull-requests?limit=1")) == found[:1]


def test_the_head_is_read_from_git_each_time(
    checkout: Checkout, connect: Connect, api: str, error_of: ErrorOf
) -> None:
    checkout.git("update-ref", "refs/pull/7/head", checkout.feature)
    settings = SandboxSettings(
        checkout.path,
        tokens=(AccessToken("ci", "ci-secret"),),
        pull_requests=(PullRequest(7, "refs/pull/7/head", "main"),),
    )
    with serve(settings) as sandbox:
        client = connect(sandbox)
        url = f"{api}/pull-requests/7"
        assert client.get(url).json()["fromRef"]["latestCommit"] == checkout.feature
        checkout.git("update-ref", "refs/pull/7/head", checkout.small)
        assert client.get(url).json()["fromRef"]["latestCommit"] == checkout.small
        checkout.git("update-ref", "-d", "refs/pull/7/head")
        assert error_of(client.get(url))[:2] == (404, "NoSuchCommitException")


def test_a_commit(client: httpx.Client, api: str, checkout: Checkout, conforms: Conforms) -> None:
    shown = client.get(f"{api}/commits/{checkout.feature}").json()
    conforms("RestCommit", shown)
    assert shown == {
        "id": checkout.feature,
        "displayId": checkout.feature[:11],
        "author": {"name": "Ada", "emailAddress": "ada@example.com"},
        "authorTimestamp": 1_700_000_000_000,
        "committer": {"name": "Ada", "emailAddress": "ada@example.com"},
        "committerTimestamp": 1_700_000_000_000,
        "message": "feature\n\nwith a body",
        "parents": [{"id": checkout.base, "displayId": checkout.base[:11]}],
    }
    assert client.get(f"{api}/commits/feature").json() == shown


def test_merge_bases(client: httpx.Client, api: str, checkout: Checkout, error_of: ErrorOf) -> None:
    assert client.get(f"{api}/pull-requests/1/merge-base").json()["id"] == checkout.base
    url = f"{api}/commits/{checkout.feature}/merge-base"
    found = client.get(url, params={"otherCommitId": checkout.small})
    assert found.json()["id"] == checkout.base
    for none in (
        client.get(f"{api}/pull-requests/4/merge-base"),
        client.get(url, params={"otherCommitId": checkout.orphan}),
    ):
        assert (none.status_code, none.content) == (204, b"")
    assert error_of(client.get(url))[0] == 400
    assert error_of(client.get(url, params={"otherCommitId": "0" * 40}))[0] == 404


@pytest.mark.parametrize(
    "ref", ["--output=x", "-h", "main~1", "main^{tree}", "@{u}", "HEAD:many.txt"]
)
def test_a_hostile_revision_is_no_commit(
    client: httpx.Client, api: str, error_of: ErrorOf, ref: str
) -> None:
    for answer in (
        client.get(f"{api}/commits/{ref}"),
        client.get(f"{api}/diff", params={"until": ref}),
        client.get(f"{api}/diff", params={"until": "main", "since": ref}),
    ):
        assert error_of(answer)[:2] == (404, "NoSuchCommitException")


@pytest.mark.parametrize("ref", ["-x", "a b", "a..b", "a~1", "refs/heads/", "a.lock", "/a", "a//b"])
def test_settings_refuse_what_is_no_ref(ref: str) -> None:
    with pytest.raises(ValueError, match="not a branch or ref"):
        PullRequest(1, ref, "main")
