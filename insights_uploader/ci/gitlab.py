"""What the variables of GitLab CI say of a build.

https://docs.gitlab.com/ci/variables/predefined_variables/

CI_REPOSITORY_URL holds a token and is not read.
"""

from collections.abc import Mapping

from insights_uploader.ci.variables import Variables

NAME = "GitLab CI"


def detected(environ: Mapping[str, str]) -> bool:
    """GITLAB_CI is there in every job."""
    return bool(environ.get("GITLAB_CI"))


def read(variables: Variables) -> None:
    """Read a pipeline of a branch, a merge request or an external pull request.

    In a pipeline for merged results CI_COMMIT_SHA is GitLab's merge commit; the source's head
    stands in a variable of its own, which is empty in other pipelines.
    """
    variables.take("commit", "CI_COMMIT_SHA")
    request, external = "CI_MERGE_REQUEST", "CI_EXTERNAL_PULL_REQUEST"
    for prefix in (request, external):
        variables.take("head", f"{prefix}_SOURCE_BRANCH_SHA")
        variables.take("branch", f"{prefix}_SOURCE_BRANCH_NAME")
        variables.take("target_branch", f"{prefix}_TARGET_BRANCH_NAME")
    variables.take("branch", "CI_COMMIT_BRANCH")
    variables.take("build_url", "CI_PIPELINE_URL", "CI_JOB_URL")
    variables.take("build_number", "CI_PIPELINE_ID")
    # not CI_PIPELINE_NAME, which may be another one in each pipeline
    variables.join("job", "CI_PROJECT_PATH", "CI_JOB_NAME")
    variables.take("job_name", "CI_JOB_NAME")
    variables.elsewhere(f"{request}_IID", f"{external}_IID")
