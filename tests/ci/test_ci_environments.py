"""What is read of each CI's documented environment, and from which variable."""

from collections.abc import Iterator, Mapping

import pytest
from ci.recorded_environments import FOLDER, MERGE, SERVER, SOURCE, build, environment, said

from insights_uploader.ci.detection import detect

Said = dict[str, tuple[object, str]]

_BAMBOO: Said = {
    "project": ("PRJ", "bamboo_planRepository_repositoryUrl"),
    "repository": ("widgets", "bamboo_planRepository_repositoryUrl"),
    "commit": (SOURCE, "bamboo_planRepository_revision"),
    "build_number": ("3", "bamboo_buildNumber"),
    "job_name": ("Widgets - Build", "bamboo_planName"),
}
_TEAMCITY: Said = {
    "commit": (SOURCE, "BUILD_VCS_NUMBER"),
    "build_url": (
        "https://teamcity.example.com/buildConfiguration/Widgets_Build/4711",
        "BUILD_URL",
    ),
    "build_number": ("5", "BUILD_NUMBER"),
    "job": ("Widgets/Build", "TEAMCITY_PROJECT_NAME, TEAMCITY_BUILDCONF_NAME"),
    "job_name": ("Build", "TEAMCITY_BUILDCONF_NAME"),
}
_GITLAB: Said = {
    "build_url": ("https://gitlab.example.com/tools/widgets/-/pipelines/501", "CI_PIPELINE_URL"),
    "build_number": ("501", "CI_PIPELINE_ID"),
    "job": ("tools/widgets/test", "CI_PROJECT_PATH, CI_JOB_NAME"),
    "job_name": ("test", "CI_JOB_NAME"),
}
_GITHUB: Said = {
    "build_url": (
        "https://github.com/octo/widgets/actions/runs/1658821493",
        "GITHUB_SERVER_URL, GITHUB_REPOSITORY, GITHUB_RUN_ID",
    ),
    "build_number": ("3", "GITHUB_RUN_NUMBER"),
    "job": ("octo/widgets/ci/test", "GITHUB_REPOSITORY, GITHUB_WORKFLOW, GITHUB_JOB"),
    "job_name": ("ci", "GITHUB_WORKFLOW"),
}
_AZURE: Said = {
    "build_url": (
        "https://dev.azure.com/example/Our%20Widgets/_build/results?buildId=4",
        "SYSTEM_COLLECTIONURI, SYSTEM_TEAMPROJECT, BUILD_BUILDID",
    ),
    "build_number": ("20240301.4", "BUILD_BUILDNUMBER"),
    "job": ("Our Widgets/widgets", "SYSTEM_TEAMPROJECT, BUILD_DEFINITIONNAME"),
    "job_name": ("widgets", "BUILD_DEFINITIONNAME"),
}
_CIRCLECI: Said = {
    "commit": (SOURCE, "CIRCLE_SHA1"),
    "build_url": ("https://circleci.com/gh/octo/widgets/73", "CIRCLE_BUILD_URL"),
    "build_number": ("73", "CIRCLE_BUILD_NUM"),
    "job": ("widgets/test", "CIRCLE_PROJECT_REPONAME, CIRCLE_JOB"),
    "job_name": ("test", "CIRCLE_JOB"),
}
_BUILDKITE: Said = {
    "project": ("PRJ", "BUILDKITE_REPO"),
    "repository": ("widgets", "BUILDKITE_REPO"),
    "commit": (SOURCE, "BUILDKITE_COMMIT"),
    "build_url": ("https://buildkite.com/example/widgets/builds/1514", "BUILDKITE_BUILD_URL"),
    "build_number": ("1514", "BUILDKITE_BUILD_NUMBER"),
    "job": ("example/widgets", "BUILDKITE_ORGANIZATION_SLUG, BUILDKITE_PIPELINE_SLUG"),
    "job_name": ("widgets", "BUILDKITE_PIPELINE_SLUG"),
}
_DRONE: Said = {
    "server": (SERVER, "DRONE_REPO_LINK"),
    "project": ("PRJ", "DRONE_REPO_LINK"),
    "repository": ("widgets", "DRONE_REPO_LINK"),
    "build_url": ("https://drone.example.com/PRJ/widgets/42", "DRONE_BUILD_LINK"),
    "build_number": ("42", "DRONE_BUILD_NUMBER"),
    "job": ("PRJ/widgets/default", "DRONE_REPO, DRONE_STAGE_NAME"),
    "job_name": ("default", "DRONE_STAGE_NAME"),
}
_WOODPECKER: Said = {
    "server": (f"{SERVER}/git", "CI_REPO_URL"),
    "project": ("PRJ", "CI_REPO_URL"),
    "repository": ("widgets", "CI_REPO_URL"),
    "commit": (SOURCE, "CI_COMMIT_SHA"),
    "build_url": ("https://ci.example.com/repos/7/pipeline/8", "CI_PIPELINE_URL"),
    "build_number": ("8", "CI_PIPELINE_NUMBER"),
    "job": ("PRJ/widgets/test", "CI_REPO, CI_WORKFLOW_NAME"),
    "job_name": ("test", "CI_WORKFLOW_NAME"),
}
_PIPELINES: Said = {
    "build_url": (
        "https://bitbucket.org/example/widgets/pipelines/results/73",
        "BITBUCKET_REPO_FULL_NAME, BITBUCKET_BUILD_NUMBER",
    ),
    "build_number": ("73", "BITBUCKET_BUILD_NUMBER"),
    "job": ("example/widgets", "BITBUCKET_REPO_FULL_NAME"),
    "job_name": ("widgets", "BITBUCKET_REPO_SLUG"),
    "server": ("https://bitbucket.org", "BITBUCKET_WORKSPACE"),
    "project": ("example", "BITBUCKET_WORKSPACE"),
    "repository": ("widgets", "BITBUCKET_REPO_SLUG"),
}


def _of_page(variable: str, server: str, project: str = "PRJ", number: int = 7) -> Said:
    return {
        "server": (server, variable),
        "project": (project, variable),
        "repository": ("widgets", variable),
        "pull_request": (number, variable),
    }


def _of_job(path: str, commit: str, number: str) -> Said:
    return {
        "commit": (commit, "GIT_COMMIT"),
        "build_url": (f"https://jenkins.example.com/job/{path}/{number}/", "BUILD_URL"),
        "build_number": (number, "BUILD_NUMBER"),
        "job": (path.replace("/job/", "/"), "JOB_NAME"),
        **(
            {"plan": (path.rpartition("/job/")[0].replace("/job/", "/"), "JOB_NAME")}
            if "/job/" in path
            else {}
        ),
    }


def _branches(source: str, target: str = "", name: str = "feature/faster") -> Said:
    branches: Said = {"branch": (name if target else "main", source)}
    return branches | ({"target_branch": ("main", target)} if target else {})


_EXPECTED: dict[str, tuple[str, Said]] = {
    "jenkins-multibranch-branch": (
        "Jenkins",
        {"project": ("PRJ", "GIT_URL"), "repository": ("widgets", "GIT_URL")}
        | _of_job("widgets/job/main", SOURCE, "12")
        | _branches("BRANCH_NAME"),
    ),
    "jenkins-branch-source-pull-request": (
        "Jenkins",
        _of_page("CHANGE_URL", f"{SERVER}/git")
        | _of_job("widgets/job/PR-7", MERGE, "3")
        | _branches("CHANGE_BRANCH", "CHANGE_TARGET"),
    ),
    "jenkins-server-integration-pull-request": (
        "Jenkins",
        _of_page("CHANGE_URL", "http://bitbucket.example.com:7990", "~jane", 21)
        | _of_job("jane/job/widgets/job/PR-21", SOURCE, "1")
        | {"branch": ("bugfix/ünïcode", "CHANGE_BRANCH")}
        | {"target_branch": ("release/2.x", "CHANGE_TARGET")},
    ),
    "jenkins-stash-pull-request-builder": (
        "Jenkins",
        {
            "project": ("PRJ", "destinationRepositoryOwner"),
            "repository": ("widgets", "destinationRepositoryName"),
            "pull_request": (7, "pullRequestId"),
            "head": (SOURCE, "sourceCommitHash"),
        }
        | _of_job("widgets-pr", MERGE, "88")
        | _branches("sourceBranch", "targetBranch"),
    ),
    "jenkins-push-and-pull-request": (
        "Jenkins",
        _of_page("BITBUCKET_PULL_REQUEST_LINK", SERVER)
        | {"head": (SOURCE, "BITBUCKET_PULL_REQUEST_LATEST_COMMIT_FROM_SOURCE_BRANCH")}
        | _of_job("widgets-pr", MERGE, "5")
        | _branches("BITBUCKET_SOURCE_BRANCH", "BITBUCKET_TARGET_BRANCH"),
    ),
    "jenkins-freestyle-branch": (
        "Jenkins",
        {
            "project": ("PRJ", "GIT_URL"),
            "repository": ("widgets", "GIT_URL"),
            "commit": (SOURCE, "GIT_COMMIT"),
            "branch": ("feature/x", "GIT_BRANCH"),
            "build_number": ("40", "BUILD_NUMBER"),
            "job": ("nightly", "JOB_NAME"),
        },
    ),
    "bamboo-branch": (
        "Bamboo",
        _BAMBOO
        | _branches("bamboo_planRepository_branchName")
        | {"job": ("KEY-FOO", "bamboo_planKey")}
        | {"build_url": ("https://bamboo.example.com/browse/KEY-FOO-JOB1-3", "bamboo_buildResultsUrl")},
    ),
    "bamboo-pull-request": (
        "Bamboo",
        _BAMBOO
        | _branches("bamboo_repository_pr_sourceBranch", "bamboo_repository_pr_targetBranch")
        | {"build_url": ("https://bamboo.example.com/browse/KEY-FOO7-JOB1-3", "bamboo_buildResultsUrl")}
        | {"pull_request": (7, "bamboo_repository_pr_key"), "job": ("KEY-FOO7", "bamboo_planKey")},
    ),
    "teamcity-branch": ("TeamCity", _TEAMCITY | _branches("TEAMCITY_BUILD_BRANCH")),
    "teamcity-pull-request": (
        "TeamCity",
        _TEAMCITY
        | _of_page("PULL_REQUEST_URL", SERVER)
        | _branches("TEAMCITY_PULLREQUEST_SOURCE_BRANCH", "TEAMCITY_PULLREQUEST_TARGET_BRANCH"),
    ),
    "gitlab-branch": (
        "GitLab CI",
        _GITLAB | {"commit": (SOURCE, "CI_COMMIT_SHA")} | _branches("CI_COMMIT_BRANCH"),
    ),
    "gitlab-merge-request": (
        "GitLab CI",
        _GITLAB
        | {"commit": (MERGE, "CI_COMMIT_SHA")}
        | {"head": (SOURCE, "CI_MERGE_REQUEST_SOURCE_BRANCH_SHA")}
        | _branches("CI_MERGE_REQUEST_SOURCE_BRANCH_NAME", "CI_MERGE_REQUEST_TARGET_BRANCH_NAME"),
    ),
    "github-branch": (
        "GitHub Actions",
        _GITHUB | {"commit": (SOURCE, "GITHUB_SHA")} | _branches("GITHUB_REF"),
    ),
    "github-pull-request": (
        "GitHub Actions",
        _GITHUB
        | {"commit": (MERGE, "GITHUB_SHA")}
        | _branches("GITHUB_HEAD_REF", "GITHUB_BASE_REF"),
    ),
    "azure-branch": (
        "Azure Pipelines",
        _AZURE
        | {"project": ("PRJ", "BUILD_REPOSITORY_URI"), "repository": ("widgets", "BUILD_REPOSITORY_URI")}
        | {"commit": (SOURCE, "BUILD_SOURCEVERSION")}
        | _branches("BUILD_SOURCEBRANCH"),
    ),
    "azure-pull-request": (
        "Azure Pipelines",
        _AZURE
        | {"commit": (MERGE, "BUILD_SOURCEVERSION")}
        | {"head": (SOURCE, "SYSTEM_PULLREQUEST_SOURCECOMMITID")}
        | _branches("SYSTEM_PULLREQUEST_SOURCEBRANCH", "SYSTEM_PULLREQUEST_TARGETBRANCH"),
    ),
    "circleci-branch": (
        "CircleCI",
        _CIRCLECI
        | {"project": ("PRJ", "CIRCLE_REPOSITORY_URL"), "repository": ("widgets", "CIRCLE_REPOSITORY_URL")}
        | _branches("CIRCLE_BRANCH"),
    ),
    "circleci-pull-request": (
        "CircleCI",
        _CIRCLECI | {"branch": ("feature/faster", "CIRCLE_BRANCH")},
    ),
    "buildkite-branch": ("Buildkite", _BUILDKITE | _branches("BUILDKITE_BRANCH")),
    "buildkite-pull-request": (
        "Buildkite",
        _BUILDKITE
        | {"pull_request": (7, "BUILDKITE_PULL_REQUEST")}
        | _branches("BUILDKITE_BRANCH", "BUILDKITE_PULL_REQUEST_BASE_BRANCH"),
    ),
    "drone-branch": (
        "Drone",
        _DRONE | {"commit": (SOURCE, "DRONE_COMMIT_SHA")} | _branches("DRONE_COMMIT_BRANCH"),
    ),
    "drone-pull-request": (
        "Drone",
        _DRONE
        | {"head": (SOURCE, "DRONE_COMMIT_SHA")}
        | {"pull_request": (7, "DRONE_PULL_REQUEST")}
        | _branches("DRONE_SOURCE_BRANCH", "DRONE_TARGET_BRANCH"),
    ),
    "woodpecker-branch": ("Woodpecker", _WOODPECKER | _branches("CI_COMMIT_BRANCH")),
    "woodpecker-pull-request": (
        "Woodpecker",
        _WOODPECKER
        | {"pull_request": (7, "CI_COMMIT_PULL_REQUEST")}
        | _branches("CI_COMMIT_SOURCE_BRANCH", "CI_COMMIT_TARGET_BRANCH"),
    ),
    "bitbucket-pipelines-branch": (
        "Bitbucket Pipelines",
        _PIPELINES | {"commit": (SOURCE, "BITBUCKET_COMMIT")} | _branches("BITBUCKET_BRANCH"),
    ),
    "bitbucket-pipelines-pull-request": (
        "Bitbucket Pipelines",
        _PIPELINES
        | {"head": (SOURCE, "BITBUCKET_COMMIT"), "pull_request": (7, "BITBUCKET_PR_ID")}
        | _branches("BITBUCKET_BRANCH", "BITBUCKET_PR_DESTINATION_BRANCH"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(path.stem for path in FOLDER.glob("*.env")))
def test_what_a_documented_environment_says(name: str) -> None:
    ci, expected = _EXPECTED[name]
    found = build(name)
    assert (found.ci, said(found), found.others) == (ci, expected, ())


@pytest.mark.parametrize(
    ("name", "variables"),
    [
        ("gitlab-merge-request", {"CI_MERGE_REQUEST_IID"}),
        ("github-pull-request", {"GITHUB_REF"}),
        ("azure-pull-request", {"SYSTEM_PULLREQUEST_PULLREQUESTID", "SYSTEM_PULLREQUEST_PULLREQUESTNUMBER"}),
        ("circleci-pull-request", {"CIRCLE_PR_NUMBER"}),
    ],
)  # fmt: skip
def test_a_number_of_another_server_is_no_pull_request_of_ours(
    name: str, variables: set[str]
) -> None:
    ignored = build(name).ignored
    assert {ignored[variable] for variable in variables} == {
        "of another server than Bitbucket Data Center"
    }


def test_what_pipelines_has_of_cloud_means_nothing_to_another_server() -> None:
    found = build("bitbucket-pipelines-pull-request")
    assert found.on(cloud=True) is found
    there = found.on(cloud=False)
    assert {"server", "project", "repository", "pull_request"}.isdisjoint(said(there))
    assert said(there)["head"] == (SOURCE, "BITBUCKET_COMMIT")
    assert there.ignored["BITBUCKET_PR_ID"] == "of Bitbucket Cloud"


class _Watched(Mapping[str, str]):
    """An environment that notes which variables are read."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = values
        self.read: set[str] = set()

    def __getitem__(self, name: str) -> str:
        self.read.add(name)
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)


@pytest.mark.parametrize("name", sorted(_EXPECTED))
def test_no_variable_with_a_secret_is_read(name: str) -> None:
    environ = environment(name) | {"BITBUCKET_TOKEN": "not-to-be-read"}
    watched = _Watched(environ)
    assert detect(watched)
    secret = {key for key, value in environ.items() if "not-to-be-read" in value}
    assert not watched.read & secret
    assert not [key for key in watched.read if any(word in key.upper() for word in ("TOKEN", "PASS", "SECRET"))]  # fmt: skip
