"""The Jira Cloud site of a sandbox, with all of its APIs."""

from collections.abc import Callable

from starlette.types import ASGIApp

from insights_uploader.sandbox.jira_builds import JiraBuilds
from insights_uploader.sandbox.jira_cloud import JiraApi, JiraCloud
from insights_uploader.sandbox.jira_deployments import JiraDeployments
from insights_uploader.sandbox.jira_devinfo import JiraDevInfo
from insights_uploader.sandbox.jira_settings import JiraSettings
from insights_uploader.sandbox.jira_store import EventualStore


def jira_site(app: ASGIApp, settings: JiraSettings, clock: Callable[[], float]) -> JiraCloud:
    """Put the site together, before `app`; `clock` gives seconds."""

    def store() -> EventualStore:
        return EventualStore(settings.stored_after_reads, settings.stored_after_s, clock)

    apis: list[JiraApi] = [
        JiraBuilds(settings, store()),
        JiraDeployments(settings, store()),
        JiraDevInfo(settings, store()),
    ]
    return JiraCloud(app, settings, apis, clock)
