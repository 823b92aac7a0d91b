"""`insights-uploader jira`: what a Jira Cloud site knows of builds, deployments and development."""

import click

from insights_uploader.cli import jira_builds, jira_deployments, jira_devinfo


@click.group("jira")
def command() -> None:
    """Tell a Jira Cloud site what becomes of its issues.

    With OAuth credentials that an administrator of the site makes (JIRA_CLIENT_ID,
    JIRA_CLIENT_SECRET), or as a Connect app (JIRA_CONNECT_KEY, JIRA_CONNECT_SECRET).
    """


command.add_command(jira_builds.command)
command.add_command(jira_deployments.command)
command.add_command(jira_devinfo.command)
