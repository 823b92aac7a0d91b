"""What the variables of TeamCity say of a build.

https://www.jetbrains.com/help/teamcity/predefined-build-parameters.html

What the Pull Requests feature knows are configuration parameters, which reach no environment by
themselves. The build configuration exports them: `env.TEAMCITY_PULLREQUEST_NUMBER` =
`%teamcity.pullRequest.number%` and so on (docs/ci.md).
"""

from collections.abc import Mapping

from insights_uploader.ci.variables import Variables

NAME = "TeamCity"


def detected(environ: Mapping[str, str]) -> bool:
    """TEAMCITY_VERSION "can be used to determine if the build is run within TeamCity"."""
    return bool(environ.get("TEAMCITY_VERSION"))


def read(variables: Variables) -> None:
    """Read the environment's parameters, and those that were exported."""
    variables.take_address("PULL_REQUEST_URL")
    variables.take("pull_request", "TEAMCITY_PULLREQUEST_NUMBER")
    variables.take("branch", "TEAMCITY_PULLREQUEST_SOURCE_BRANCH", "TEAMCITY_BUILD_BRANCH")
    variables.take("target_branch", "TEAMCITY_PULLREQUEST_TARGET_BRANCH")
    variables.take("commit", "BUILD_VCS_NUMBER")
    variables.take("build_url", "BUILD_URL")
    variables.take("build_number", "BUILD_NUMBER")
    variables.join("job", "TEAMCITY_PROJECT_NAME", "TEAMCITY_BUILDCONF_NAME")
    variables.take("job_name", "TEAMCITY_BUILDCONF_NAME")
