"""What the variables of CircleCI say of a build.

https://circleci.com/docs/reference/variables/

There is no variable for the branch that a pull request goes to, and of a repository in Bitbucket
Data Center none for the pull request.
"""

from collections.abc import Mapping

from insights_uploader.ci.variables import Variables

NAME = "CircleCI"


def detected(environ: Mapping[str, str]) -> bool:
    """CIRCLECI is true in every job."""
    return bool(environ.get("CIRCLECI"))


def read(variables: Variables) -> None:
    """Read a job; a pull request's head is checked out, never a merge."""
    variables.take_address("CIRCLE_PULL_REQUEST")
    variables.take_remote("CIRCLE_REPOSITORY_URL")
    variables.take("commit", "CIRCLE_SHA1")
    variables.take("branch", "CIRCLE_BRANCH")
    variables.take("build_url", "CIRCLE_BUILD_URL")
    variables.take("build_number", "CIRCLE_BUILD_NUM")
    variables.join("job", "CIRCLE_PROJECT_REPONAME", "CIRCLE_JOB")
    variables.take("job_name", "CIRCLE_JOB")
    variables.elsewhere("CIRCLE_PR_NUMBER")  # of forks at GitHub and Bitbucket Cloud only
