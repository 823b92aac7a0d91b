"""What the variables of Woodpecker say of a build.

https://woodpecker-ci.org/docs/usage/environment
"""

from collections.abc import Mapping

from insights_uploader.ci.variables import Variables

NAME = "Woodpecker"


def detected(environ: Mapping[str, str]) -> bool:
    """CI is the word woodpecker; CI_SYSTEM_NAME too, which a user's CI=true does not hide."""
    return "woodpecker" in (environ.get("CI"), environ.get("CI_SYSTEM_NAME"))


def read(variables: Variables) -> None:
    """Read a step; a pull request's head is checked out, never a merge."""
    variables.take_address("CI_REPO_URL")
    if variables.get("CI_FORGE_TYPE") == "bitbucket_dc":
        variables.take("server", "CI_FORGE_URL")
    variables.take_remote("CI_REPO_CLONE_URL")
    variables.take("commit", "CI_COMMIT_SHA")
    variables.take("build_url", "CI_PIPELINE_URL")
    variables.take("build_number", "CI_PIPELINE_NUMBER")
    variables.join("job", "CI_REPO", "CI_WORKFLOW_NAME")
    variables.take("job", "CI_REPO")
    variables.take("job_name", "CI_WORKFLOW_NAME")
    variables.take("pull_request", "CI_COMMIT_PULL_REQUEST")
    variables.take("target_branch", "CI_COMMIT_TARGET_BRANCH")
    variables.take("branch", "CI_COMMIT_SOURCE_BRANCH")
    if not variables.get("CI_COMMIT_PULL_REQUEST"):  # of a pull request it may be the target
        variables.take("branch", "CI_COMMIT_BRANCH")
