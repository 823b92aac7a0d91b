"""Values that somebody made to do harm are dropped, each with a reason that does not repeat it."""

import pytest
from ci.recorded_environments import build

_PAGE = "https://bitbucket.example.com/projects/PRJ/repos/widgets/pull-requests/7"
_HOST = "https://bitbucket.example.com"


@pytest.mark.parametrize(
    "value",
    [
        "javascript:alert(1)", "ftp://bitbucket.example.com/projects/PRJ/repos/r/pull-requests/7",
        "https://jane:hunter2@bitbucket.example.com/projects/PRJ/repos/r/pull-requests/7",
        "https://bitbucket.example.com@evil.example/projects/PRJ/repos/r/pull-requests/7",
        "https://bitbucket.example.com\\@evil.example/projects/PRJ/repos/r/pull-requests/7",
        "https:///projects/PRJ/repos/r/pull-requests/7", "//evil.example/projects/PRJ/repos/r",
        "https://[::1/projects/PRJ/repos/r", "https://h:99999/projects/PRJ/repos/r",
        "https://h:0/projects/PRJ/repos/r", "https://[zz::1]/projects/PRJ/repos/r",
        "https://bitbucket.example.com\n.evil.example/projects/PRJ/repos/r",
        "https://bitbücket.example/projects/PRJ/repos/r", "https://h h/projects/PRJ/repos/r",
        f"{_HOST}/../projects/PRJ/repos/r", f"{_HOST}/%2e%2e/projects/PRJ/repos/r",
        f"{_HOST}/a%2fb/projects/PRJ/repos/r", f"{_HOST}/projects/../repos/r",
        f"{_HOST}/projects/PRJ%2Fx/repos/r", f"{_HOST}/projects/PRJ/repos/%2e%2e",
        f"{_HOST}/projects/PRJ/repos/a%00b", f"{_HOST}/projects/PRJ/repos/{'r' * 129}",
        "https://bitbucket.org/projects/PRJ/repos/r", "https://x.GitHub.com./projects/PRJ/repos/r",
        f"{_PAGE}x", f"{_HOST}/projects/PRJ/repos/r/pull-requests/-1",
        f"{_HOST}/projects/PRJ/repos/r/pull-requests/0",
        f"{_HOST}/projects/PRJ/repos/r/pull-requests/{'9' * 30}",
        f"{_HOST}/projects/PRJ/repos/r/pull-requests/%D9%A7", "x" * 5000,
    ],
)  # fmt: skip
def test_an_address_that_is_none_names_no_server(value: str) -> None:
    found = build("jenkins-branch-source-pull-request", CHANGE_URL=value)
    assert (found.server, found.pull_request) == (None, None)
    reason = found.ignored["CHANGE_URL"]
    assert "evil" not in reason
    assert "hunter2" not in repr(found)
    assert reason.isprintable()


@pytest.mark.parametrize(
    ("value", "server", "project"),
    [
        (_PAGE, _HOST, "PRJ"),
        (f"{_PAGE}/", _HOST, "PRJ"),
        (f"{_PAGE}/diff?at=x#a.py", _HOST, "PRJ"),
        ("https://Bitbucket.Example.com/projects/prj/repos/widgets/pull-requests/7", _HOST, "PRJ"),
        ("http://h:7990/a/b/users/Jane.D/repos/w/pull-requests/7", "http://h:7990/a/b", "~Jane.D"),
        ("https://[::1]:8443/projects/%7Ejane/repos/w/pull-requests/7", "https://[::1]:8443", "~jane"),
        ("https://h/projects/projects/PRJ/repos/w/pull-requests/7", "https://h/projects", "PRJ"),
    ],
)  # fmt: skip
def test_the_address_of_a_pull_request(value: str, server: str, project: str) -> None:
    found = build("jenkins-branch-source-pull-request", CHANGE_URL=value)
    assert (found.server, found.project, found.pull_request) == (server, project, 7)


@pytest.mark.parametrize(
    "value",
    ["0", "-7", "+7", "7.0", "07", "7\n", " 7", "\u0667", "1e3", "0x7", "9" * 19, "9" * 5000, "$(id)",
     "7/../8", "PR-7", "${bamboo.repository.pr.key}", "%teamcity.pullRequest.number%"],
)  # fmt: skip
def test_no_number(value: str) -> None:
    found = build("bamboo-pull-request", bamboo_repository_pr_key=value)
    assert found.pull_request is None
    assert found.ignored == {"bamboo_repository_pr_key": "not a pull request's number"}
    assert "pull_request" not in found.origins


@pytest.mark.parametrize(
    "value",
    ["--upload-pack=touch x", "-f", "a b", "a\x1b[2Jb", "a\nb", "a\x00b", "a..b", "a~1", "a^{}", "a:b",
     "a?", "a*", "a[b", "a\\b", "@{-1}", "@", "/a", "a/", "a//b", ".a", "a/.b", "a.lock", "a.lock/b",
     "a.", "refs/tags/v1", "refs/pull-requests/7/from", "refs/heads/", "\u202egnp.exe", "a\u2028b",
     "a\udcffb", "x" * 1025],
)  # fmt: skip
def test_no_branch(value: str) -> None:
    found = build("gitlab-merge-request", CI_MERGE_REQUEST_SOURCE_BRANCH_NAME=value)
    assert found.branch is None
    assert found.ignored["CI_MERGE_REQUEST_SOURCE_BRANCH_NAME"].isprintable()


@pytest.mark.parametrize(
    "value",
    ["main", "feature/JIRA-1_x.y", "bugfix/ünïcode", "日本語", "a@b", "a'b", "a;b$(c)", "x" * 1024],
)
def test_a_branch(value: str) -> None:
    assert build("circleci-branch", CIRCLE_BRANCH=value).branch == value


@pytest.mark.parametrize(
    "value", ["HEAD", "3e01b71", "g" * 40, "a" * 41, "a" * 39 + "\n", "-" * 40]
)
def test_no_commit(value: str) -> None:
    found = build("buildkite-branch", BUILDKITE_COMMIT=value)
    assert found.commit is None
    assert list(found.ignored) == ["BUILDKITE_COMMIT"]


@pytest.mark.parametrize("value", ["A" * 40, "0123456789abcdef" * 4])
def test_a_commit(value: str) -> None:
    assert build("buildkite-branch", BUILDKITE_COMMIT=value).commit == value.lower()


@pytest.mark.parametrize(
    "value", ["javascript:alert(1)", "https://a:b@h/", "https://h/ü", "https://h/\x1b[31m", ""]
)
def test_no_page_of_a_build(value: str) -> None:
    assert build("drone-branch", DRONE_BUILD_LINK=value).build_url is None


@pytest.mark.parametrize("value", ["1\x1b[2J", "x" * 256])
def test_no_build_number(value: str) -> None:
    assert build("drone-branch", DRONE_BUILD_NUMBER=value).build_number is None


@pytest.mark.parametrize("value", ["a\x1b[2J", "a\nb", "a\udcffb", "\u202egnp", "x" * 1025])
def test_no_job(value: str) -> None:
    found = build("jenkins-freestyle-branch", JOB_NAME=value)
    assert found.job is None
    assert found.ignored == {"JOB_NAME": "not a name that can be shown"}


def test_a_composed_address_of_what_is_no_utf_8() -> None:
    found = build("azure-branch", SYSTEM_TEAMPROJECT="B\udcfcro")  # Latin-1, as Python shows it
    assert found.build_url == "https://dev.azure.com/example/B%FCro/_build/results?buildId=4"


def test_a_composed_address_holds_no_more_parts_than_its_template() -> None:
    found = build("azure-branch", SYSTEM_TEAMPROJECT="a/../b?c#d\n{BUILD_BUILDID}")
    assert found.build_url == (
        "https://dev.azure.com/example/a/../b%3Fc%23d%0A%7BBUILD_BUILDID%7D/_build/results?buildId=4"
    )


def test_a_comment_that_blanks_the_pull_requests_number_names_no_server() -> None:
    """A comment on the pull request sets variables: `p:pullRequestId=` and `p:CHANGE_URL=...`."""
    address = "https://elsewhere.example.com/projects/PRJ/repos/widgets/pull-requests/7"
    found = build("jenkins-stash-pull-request-builder", pullRequestId="", CHANGE_URL=address)
    assert found.server is None
