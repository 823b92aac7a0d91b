"""From the settings to the Jira APIs that take a run's outcome."""

from contextlib import ExitStack
from typing import TYPE_CHECKING

from insights_uploader.cli.jira_issues import issues_of
from insights_uploader.cli.jira_site import connected_jira
from insights_uploader.cli.settling import Settled
from insights_uploader.cli.speaking import warn
from insights_uploader.preview.plain import plain

if TYPE_CHECKING:
    from insights_uploader.destinations.jira_builds.outcome import JiraBuildsOutcome


def jira_builds_outcome(settings: Settled, stack: ExitStack | None) -> "JiraBuildsOutcome":
    """The build on Jira, for the issues that the branch and its commits name.

    Args:
        settings: of this run; where Jira is and who we are there the environment says.
        stack: closes the way there; None where nothing is to be sent, which needs no credentials.

    Raises:
        UsageError: there is an issue, and no way to Jira.
        CheckoutError: git fails.
    """
    from insights_uploader.destinations.jira_builds.outcome import JiraBuildsOutcome

    issues = issues_of(settings)
    warn("".join(f"warning: {plain(line)}\n" for line in issues.warnings))
    site = stack.enter_context(connected_jira(settings)) if stack and issues.keys else None
    return JiraBuildsOutcome(site, issues.keys, none=issues.none)
