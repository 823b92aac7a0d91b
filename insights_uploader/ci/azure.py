"""What the variables of Azure Pipelines say of a build.

https://learn.microsoft.com/en-us/azure/devops/pipelines/build/variables

It builds pull requests of Azure Repos, GitHub and Bitbucket Cloud; of Bitbucket Data Center it
builds branches, as "external Git".
"""

from collections.abc import Mapping

from insights_uploader.ci.variables import Variables

NAME = "Azure Pipelines"


def detected(environ: Mapping[str, str]) -> bool:
    """TF_BUILD is True in every task."""
    return bool(environ.get("TF_BUILD"))


def read(variables: Variables) -> None:
    """Read a run; of a pull request BUILD_SOURCEVERSION is a merge commit."""
    variables.take_remote("BUILD_REPOSITORY_URI")
    variables.take("commit", "BUILD_SOURCEVERSION")
    variables.take("head", "SYSTEM_PULLREQUEST_SOURCECOMMITID")
    variables.take("target_branch", "SYSTEM_PULLREQUEST_TARGETBRANCH")
    if variables.get("SYSTEM_PULLREQUEST_SOURCEBRANCH"):
        variables.take("branch", "SYSTEM_PULLREQUEST_SOURCEBRANCH")
    else:
        variables.take("branch", "BUILD_SOURCEBRANCH")
    variables.elsewhere("SYSTEM_PULLREQUEST_PULLREQUESTID", "SYSTEM_PULLREQUEST_PULLREQUESTNUMBER")
    variables.compose(
        "build_url",
        "{SYSTEM_COLLECTIONURI}/{SYSTEM_TEAMPROJECT}/_build/results?buildId={BUILD_BUILDID}",
    )
    variables.take("build_number", "BUILD_BUILDNUMBER")
    variables.join("job", "SYSTEM_TEAMPROJECT", "BUILD_DEFINITIONNAME")
    variables.take("job_name", "BUILD_DEFINITIONNAME")
