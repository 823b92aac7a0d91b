"""Asks Bitbucket Cloud whatever tells if a publish would work; nothing that it sends changes anything."""

from collections.abc import Iterator

from insights_uploader.cli.connecting import bitbucket
from insights_uploader.cli.destination import commit_of
from insights_uploader.cli.settling import Settled
from insights_uploader.destinations.bitbucket_cloud.stored_reports import CloudStoredReports
from insights_uploader.doctor import Check, failed, passed, skipped
from insights_uploader.model.errors import InsightsError

_NOT_OF_CLOUD = {
    "version": "Bitbucket Cloud has none",
    "clock": "Bitbucket Cloud dates what comes by its own",
    "pull-request": "only publish asks Bitbucket Cloud for it",
    "rate-limit": "Bitbucket Cloud takes some 1,000 requests an hour, and tells no more of it",
}
_TOLD_BY = {
    "no-credentials": "token",
    "bad-credentials": "token",
    "bad-token": "token",
    "no-destination": "repository",
    "bad-name": "repository",
}
"""The check that an error is of, by its slug; any other is of the reports."""


def cloud_checks(settings: Settled) -> Iterator[Check]:
    """The checks that Bitbucket Cloud answers: that the login may read the commit's reports."""
    yield from (skipped(name, why) for name, why in _NOT_OF_CLOUD.items())
    try:
        with bitbucket(settings) as http:
            yield passed("server", f"Bitbucket Cloud, at {http.base_url}")
            commit = commit_of(settings)
            place = (settings["project"], settings["repository"], commit)
            number = len([*CloudStoredReports(http, *place).all()])
    except InsightsError as error:
        yield failed(_TOLD_BY.get(error.slug, "reports"), error)
        return
    yield passed("token", "the login is accepted")
    yield passed("repository", f"{settings['project']}/{settings['repository']} may be read")
    yield passed("commit", f"the server has {commit}")
    yield passed("reports", f"the commit has {number} report{'' if number == 1 else 's'}")
