"""What the variables of Bamboo say of a build.

https://confluence.atlassian.com/bamboo/bamboo-variables-289277087.html

In the environment `bamboo.planKey` is `bamboo_planKey`; the branches of a pull request were seen
as `bamboo.repository_pr_sourceBranch` too. No variable names the Bitbucket server but the address
to clone from.
"""

from collections.abc import Mapping

from insights_uploader.ci.variables import Variables

NAME = "Bamboo"


def detected(environ: Mapping[str, str]) -> bool:
    """bamboo_buildKey is there in every job, bamboo_planKey in newer ones."""
    return bool(environ.get("bamboo_buildKey") or environ.get("bamboo_planKey"))


def read(variables: Variables) -> None:
    """Read the plan's default repository, which is its first."""
    variables.take_remote("bamboo_planRepository_repositoryUrl")
    variables.take("commit", "bamboo_planRepository_revision")
    variables.take("pull_request", "bamboo_repository_pr_key")
    for field, branch in (("branch", "sourceBranch"), ("target_branch", "targetBranch")):
        variables.take(field, f"bamboo_repository_pr_{branch}", f"bamboo.repository_pr_{branch}")
    if not variables.get("bamboo_repository_pr_key"):
        variables.take("branch", "bamboo_planRepository_branchName", "bamboo_planRepository_branch")
    variables.take("build_url", "bamboo_buildResultsUrl", "bamboo_resultsUrl")
    variables.take("build_number", "bamboo_buildNumber")
    variables.take("job", "bamboo_planKey", "bamboo_buildKey")
    variables.take("job_name", "bamboo_planName", "bamboo_buildPlanName")
