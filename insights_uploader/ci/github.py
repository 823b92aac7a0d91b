"""What the variables of GitHub Actions say of a build.

https://docs.github.com/en/actions/reference/workflows-and-actions/variables

The head of a pull request stands in the file GITHUB_EVENT_PATH alone, which is not read.
"""

from collections.abc import Mapping

from insights_uploader.ci.variables import Variables

NAME = "GitHub Actions"


def detected(environ: Mapping[str, str]) -> bool:
    """GITHUB_ACTIONS is there in every step."""
    return bool(environ.get("GITHUB_ACTIONS"))


def read(variables: Variables) -> None:
    """Read a workflow's run; of a pull request GITHUB_SHA is GitHub's merge commit."""
    variables.take("commit", "GITHUB_SHA")
    variables.take("target_branch", "GITHUB_BASE_REF")
    if variables.get("GITHUB_HEAD_REF"):
        variables.take("branch", "GITHUB_HEAD_REF")
        variables.elsewhere("GITHUB_REF")  # refs/pull/7/merge
    else:
        variables.take("branch", "GITHUB_REF")
    variables.compose(
        "build_url", "{GITHUB_SERVER_URL}/{GITHUB_REPOSITORY}/actions/runs/{GITHUB_RUN_ID}"
    )
    variables.take("build_number", "GITHUB_RUN_NUMBER")
    variables.join("job", "GITHUB_REPOSITORY", "GITHUB_WORKFLOW", "GITHUB_JOB")
    variables.take("job_name", "GITHUB_WORKFLOW")
