"""What the variables of Buildkite say of a build.

https://buildkite.com/docs/pipelines/configure/environment-variables
"""

from collections.abc import Mapping

from insights_uploader.ci.variables import Variables

NAME = "Buildkite"


def detected(environ: Mapping[str, str]) -> bool:
    """BUILDKITE is true in every job."""
    return bool(environ.get("BUILDKITE"))


def read(variables: Variables) -> None:
    """Read a job; BUILDKITE_COMMIT is `HEAD` in a build that names no commit."""
    variables.take_remote("BUILDKITE_REPO")
    variables.take("commit", "BUILDKITE_COMMIT")
    variables.take("branch", "BUILDKITE_BRANCH")
    variables.take("build_url", "BUILDKITE_BUILD_URL")
    variables.take("build_number", "BUILDKITE_BUILD_NUMBER")
    variables.join("job", "BUILDKITE_ORGANIZATION_SLUG", "BUILDKITE_PIPELINE_SLUG")
    variables.take("job_name", "BUILDKITE_PIPELINE_NAME", "BUILDKITE_PIPELINE_SLUG")
    if variables.get("BUILDKITE_PULL_REQUEST") != "false":
        variables.take("pull_request", "BUILDKITE_PULL_REQUEST")
        variables.take("target_branch", "BUILDKITE_PULL_REQUEST_BASE_BRANCH")
