"""What the variables of Drone say of a build.

https://docs.drone.io/pipeline/environment/reference/
"""

from collections.abc import Mapping

from insights_uploader.ci.variables import Variables

NAME = "Drone"


def detected(environ: Mapping[str, str]) -> bool:
    """DRONE is true in every step."""
    return bool(environ.get("DRONE"))


def read(variables: Variables) -> None:
    """Read a step; for a pull request the clone step merges DRONE_COMMIT_SHA into the target.

    The commit of that merge is made on the runner, and no variable names it.
    """
    variables.take_address("DRONE_REPO_LINK")
    variables.take_remote("DRONE_GIT_HTTP_URL", "DRONE_REMOTE_URL")
    variables.take("build_url", "DRONE_BUILD_LINK")
    variables.take("build_number", "DRONE_BUILD_NUMBER")
    variables.join("job", "DRONE_REPO", "DRONE_STAGE_NAME")
    variables.take("job", "DRONE_REPO")
    variables.take("job_name", "DRONE_STAGE_NAME")
    if variables.get("DRONE_PULL_REQUEST"):
        variables.take("pull_request", "DRONE_PULL_REQUEST")
        variables.take("head", "DRONE_COMMIT_SHA")
        variables.take("branch", "DRONE_SOURCE_BRANCH")
        variables.take("target_branch", "DRONE_TARGET_BRANCH")
    else:
        variables.take("commit", "DRONE_COMMIT_SHA")
        variables.take("branch", "DRONE_COMMIT_BRANCH")
