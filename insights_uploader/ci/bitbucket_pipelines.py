"""What the variables of Bitbucket Pipelines say of a build.

https://support.atlassian.com/bitbucket-cloud/docs/variables-and-secrets/

It builds repositories of Bitbucket Cloud only: its numbers and names mean nothing to any other
server (`Build.on`).
"""

from collections.abc import Mapping

from insights_uploader.ci.variables import Variables

NAME = "Bitbucket Pipelines"


def detected(environ: Mapping[str, str]) -> bool:
    """BITBUCKET_PIPELINE_UUID; a plugin of Jenkins uses other names that begin with BITBUCKET_."""
    return bool(environ.get("BITBUCKET_PIPELINE_UUID"))


def read(variables: Variables) -> None:
    """Read a step; for a pull request the target is merged into BITBUCKET_COMMIT before it.

    The commit of that merge is made on the runner, and no variable names it.
    """
    is_pull_request = bool(variables.get("BITBUCKET_PR_ID"))
    variables.take("head" if is_pull_request else "commit", "BITBUCKET_COMMIT")
    variables.take("branch", "BITBUCKET_BRANCH")
    variables.take("target_branch", "BITBUCKET_PR_DESTINATION_BRANCH")
    variables.compose(
        "build_url",
        "https://bitbucket.org/{BITBUCKET_REPO_FULL_NAME}/pipelines/results/"
        "{BITBUCKET_BUILD_NUMBER}",
    )
    variables.take("build_number", "BITBUCKET_BUILD_NUMBER")
    variables.take("job", "BITBUCKET_REPO_FULL_NAME")
    variables.take("job_name", "BITBUCKET_REPO_SLUG")
    variables.take_cloud("BITBUCKET_WORKSPACE", "BITBUCKET_REPO_SLUG", "BITBUCKET_PR_ID")
