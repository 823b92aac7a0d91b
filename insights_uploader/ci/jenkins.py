"""What the variables of Jenkins say of a build, and those of its plugins for Bitbucket.

Variables: https://www.jenkins.io/doc/book/pipeline/jenkinsfile/#using-environment-variables and
`/env-vars.html` of a running Jenkins (git plugin, branch API).
"""

from collections.abc import Mapping

from insights_uploader.ci.variables import Variables

NAME = "Jenkins"


def detected(environ: Mapping[str, str]) -> bool:
    """JENKINS_URL, which is missing where no administrator set it; BUILD_TAG tells then."""
    return bool(environ.get("JENKINS_URL")) or environ.get("BUILD_TAG", "").startswith("jenkins-")


def read(variables: Variables) -> None:
    """Read the plugin's variables, then those of every job."""
    # Where the pull request builder runs, whoever may comment sets variables (`p:NAME=value`):
    # nothing but its own is read then, so that no comment names the server that gets the token.
    if variables.has("pullRequestId"):
        _pull_request_builder(variables)
    elif variables.get("BITBUCKET_PULL_REQUEST_ID"):
        _push_and_pull_request(variables)
    else:
        _multibranch(variables)
    variables.take_remote("GIT_URL", "GIT_URL_1")
    variables.take("commit", "GIT_COMMIT")
    variables.take("build_url", "BUILD_URL")
    variables.take("build_number", "BUILD_NUMBER")
    variables.take("job", "JOB_NAME")
    # a job of a branch or a pull request: the branch API gives it a job of its own in the project
    variables.take_above("plan", "JOB_NAME", variables.get("BRANCH_NAME"))


def _multibranch(variables: Variables) -> None:
    """Bitbucket Branch Source and Bitbucket Server Integration: both give the branch API's names.

    https://github.com/jenkinsci/branch-api-plugin (BranchNameContributor)
    """
    variables.take_address("CHANGE_URL")
    variables.take("pull_request", "CHANGE_ID")
    variables.take("target_branch", "CHANGE_TARGET")
    if variables.get("CHANGE_ID"):  # BRANCH_NAME is the job's then: PR-7
        variables.take("branch", "CHANGE_BRANCH")
    elif not variables.get("TAG_NAME"):
        variables.take("branch", "BRANCH_NAME", "GIT_LOCAL_BRANCH")
        if variables.get("GIT_BRANCH") != "detached":
            variables.take_tracking("branch", "GIT_BRANCH")


def _pull_request_builder(variables: Variables) -> None:
    """Stash Pull Request Builder and its sibling for Bitbucket.

    https://plugins.jenkins.io/stash-pullrequest-builder/
    """
    variables.take("project", "destinationRepositoryOwner")
    variables.take("repository", "destinationRepositoryName")
    variables.take("pull_request", "pullRequestId")
    variables.take("head", "sourceCommitHash")
    variables.take("branch", "sourceBranch")
    variables.take("target_branch", "targetBranch")


def _push_and_pull_request(variables: Variables) -> None:
    """The plugin of that name: https://plugins.jenkins.io/bitbucket-push-and-pull-request/ ."""
    variables.take_address("BITBUCKET_PULL_REQUEST_LINK")
    variables.take("pull_request", "BITBUCKET_PULL_REQUEST_ID")
    variables.take("head", "BITBUCKET_PULL_REQUEST_LATEST_COMMIT_FROM_SOURCE_BRANCH")
    variables.take("branch", "BITBUCKET_SOURCE_BRANCH")
    variables.take("target_branch", "BITBUCKET_TARGET_BRANCH")
