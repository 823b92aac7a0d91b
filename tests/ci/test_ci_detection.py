"""Which CI it is where none, one unknown or several are there; and Jenkins' many ways."""

import pytest
from ci.recorded_environments import MERGE, SERVER, SOURCE, build, environment

from insights_uploader.ci.detection import detect


@pytest.mark.parametrize(
    "environ",
    [
        {},
        {"PATH": "/usr/bin", "HOME": "/home/jane"},
        {"CI": "true"},
        {"CI": "true", "BUILD_NUMBER": "3", "GIT_COMMIT": SOURCE},
        {"BITBUCKET_TOKEN": "secret", "BITBUCKET_USERNAME": "jane"},
        {"JENKINS_URL": "", "GITLAB_CI": "", "BUILD_TAG": "v1"},
    ],
)
def test_no_ci(environ: dict[str, str]) -> None:
    assert detect(environ) is None


@pytest.mark.parametrize(
    ("outer", "inner", "ci", "others"),
    [
        ("gitlab-merge-request", "jenkins-branch-source-pull-request", "Jenkins", ("GitLab CI",)),
        ("github-branch", "teamcity-pull-request", "TeamCity", ("GitHub Actions",)),
        ("azure-pull-request", "jenkins-freestyle-branch", "Jenkins", ("Azure Pipelines",)),
        ("drone-branch", "woodpecker-branch", "Woodpecker", ("Drone",)),
    ],
)
def test_of_two_the_agent_that_runs_inside_the_other_counts(
    outer: str, inner: str, ci: str, others: tuple[str, ...]
) -> None:
    found = detect(environment(outer) | environment(inner))
    alone = build(inner)
    assert found is not None
    assert (found.ci, found.others) == (ci, others)
    assert (found.commit, found.pull_request) == (alone.commit, alone.pull_request)


def test_jenkins_with_a_commenters_variable_sends_no_token_there() -> None:
    found = build("jenkins-stash-pull-request-builder")
    assert found.server is None
    assert "evil" not in repr(found)


@pytest.mark.parametrize(
    "change_url",
    [
        "https://github.com/octo/widgets/pull/7",
        "https://github.corp.example/octo/widgets/pull/7",
        "https://bitbucket.org/example/widgets/pull-requests/7",
        "https://gitlab.example.com/tools/widgets/-/merge_requests/7",
    ],
)
def test_jenkins_building_for_another_server_gives_no_number_or_name(change_url: str) -> None:
    found = build("jenkins-branch-source-pull-request", CHANGE_URL=change_url)
    assert (found.server, found.project, found.repository, found.pull_request) == (None,) * 4
    assert {"CHANGE_URL", "CHANGE_ID", "GIT_URL"} == set(found.ignored)
    assert (found.branch, found.target_branch) == ("feature/faster", "main")
    assert not {"server", "project", "repository", "pull_request"} & set(found.origins)


def test_jenkins_cloning_from_a_mirror_elsewhere_reports_where_the_pull_request_is() -> None:
    found = build("jenkins-branch-source-pull-request", GIT_URL="git@github.com:octo/mirror.git")
    assert (found.project, found.repository, found.pull_request) == ("PRJ", "widgets", 7)


def test_jenkins_without_change_url_still_knows_the_number() -> None:
    found = build("jenkins-branch-source-pull-request", CHANGE_URL="")
    assert (found.pull_request, found.origins["pull_request"]) == (7, "CHANGE_ID")
    assert (found.server, found.project, found.repository) == (None, "PRJ", "widgets")


@pytest.mark.parametrize(
    ("changes", "branch"),
    [
        ({"GIT_BRANCH": "origin/main"}, "main"),
        ({"GIT_BRANCH": "refs/remotes/origin/main"}, "main"),
        ({"GIT_BRANCH": "origin/main", "GIT_LOCAL_BRANCH": "feature/x"}, "feature/x"),
        ({"GIT_BRANCH": "detached"}, None),
        ({"BRANCH_NAME": "v1.0", "TAG_NAME": "v1.0"}, None),
    ],
)
def test_the_branch_of_a_jenkins_job(changes: dict[str, str], branch: str | None) -> None:
    assert build("jenkins-freestyle-branch", **changes).branch == branch


@pytest.mark.parametrize(
    ("name", "branch", "plan"),
    [
        ("team/widgets/feature%2Ffaster", "feature/faster", "team/widgets"),
        ("widgets", "widgets", None),
        ("team/nightly", "main", None),
        ("team/nightly", "", None),
        ("team/", "", None),
    ],
)
def test_the_plan_of_a_jenkins_job_is_what_its_branches_have_in_common(
    name: str, branch: str, plan: str | None
) -> None:
    found = build("jenkins-freestyle-branch", JOB_NAME=name, BRANCH_NAME=branch)
    assert (found.job, found.plan) == (name, plan)


def test_a_workflow_without_a_name_is_called_like_its_repository() -> None:
    found = build("woodpecker-branch", CI_WORKFLOW_NAME="")
    assert (found.job, found.job_name) == ("PRJ/widgets", None)


def test_a_job_of_which_a_part_is_not_known_has_no_key() -> None:
    assert build("gitlab-branch", CI_JOB_NAME="").job is None


def test_bamboo_has_been_seen_to_write_a_dot() -> None:
    environ = {
        name.replace("bamboo_repository_pr_", "bamboo.repository_pr_") if "Branch" in name else name: value
        for name, value in environment("bamboo-pull-request").items()
    }  # fmt: skip
    found = detect(environ)
    assert found is not None
    assert (found.branch, found.target_branch) == ("feature/faster", "main")


@pytest.mark.parametrize(
    "name", ["bamboo-pull-request", "buildkite-pull-request"]
)  # fmt: skip
def test_a_repository_at_github_gives_no_number(name: str) -> None:
    remotes = dict.fromkeys(
        ("bamboo_planRepository_repositoryUrl", "BUILDKITE_REPO"), "git@github.com:octo/widgets.git"
    )
    found = build(name, **remotes)
    assert (found.project, found.repository, found.pull_request) == (None, None, None)


def test_gitlab_outside_a_pipeline_for_merged_results_has_no_head_apart() -> None:
    found = build("gitlab-merge-request", CI_MERGE_REQUEST_SOURCE_BRANCH_SHA="")
    assert (found.commit, found.head) == (MERGE, None)


@pytest.mark.parametrize(
    ("forge", "server"), [("bitbucket_dc", f"{SERVER}/git"), ("gitea", None), ("", None)]
)
def test_woodpecker_names_the_server_by_its_forge(forge: str, server: str | None) -> None:
    found = build("woodpecker-branch", CI_REPO_URL="", CI_FORGE_TYPE=forge)
    assert found.server == server


def test_woodpecker_building_a_pull_request_may_call_its_target_the_branch() -> None:
    found = build("woodpecker-pull-request", CI_COMMIT_SOURCE_BRANCH="", CI_COMMIT_BRANCH="main")
    assert (found.branch, found.target_branch) == (None, "main")


def test_a_tag_is_no_branch() -> None:
    found = build("azure-branch", BUILD_SOURCEBRANCH="refs/tags/v1")
    assert found.branch is None
    assert found.ignored == {"BUILD_SOURCEBRANCH": "a reference that is no branch"}
