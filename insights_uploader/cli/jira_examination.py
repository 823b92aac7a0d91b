"""Asks Jira whether a run could tell it of itself; nothing that it sends changes anything."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial

from insights_uploader.cli.jira_site import connected_jira
from insights_uploader.cli.settling import Settled
from insights_uploader.destinations.jira_builds.client import BuildKey, JiraBuilds
from insights_uploader.destinations.jira_cloud.site import JiraSite
from insights_uploader.destinations.jira_devinfo.client import DevInfo
from insights_uploader.doctor import Check, attempted, passed

_NOBODYS = "insights-uploader-doctor"
"""An id that nothing has: that it is not there is an answer, too."""

_READS: Mapping[str, Callable[[JiraSite], object]] = {
    "jira-builds": lambda site: JiraBuilds(site).get(BuildKey(_NOBODYS, 0)),
    "jira-devinfo": lambda site: DevInfo(site).repository(_NOBODYS),
}


def jira_checks(settings: Settled) -> Iterator[Check]:
    """A check for each of Jira's APIs that the run is to go to: its login may read there."""
    for name, read in _READS.items():
        if name in settings["to"]:
            yield from attempted(name, partial(_readable, settings, name, read))


def _readable(settings: Settled, name: str, read: Callable[[JiraSite], object]) -> Iterator[Check]:
    with connected_jira(settings) as site:
        read(site)
    yield passed(name, "the login is accepted, and may read what is there")
