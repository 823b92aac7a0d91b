"""Floor 6: where the reports of a run go: Bitbucket Data Center, or Bitbucket Cloud."""

from collections.abc import Iterator, Mapping
from typing import Protocol

from insights_uploader.comparing import created_ms
from insights_uploader.destinations.address import path_of
from insights_uploader.destinations.bitbucket_cloud.client import CloudInsights
from insights_uploader.destinations.bitbucket_cloud.payload import PER_CALL, CloudInsightsPayload
from insights_uploader.destinations.bitbucket_cloud.repository import repository_address
from insights_uploader.destinations.bitbucket_dc.client import CodeInsights
from insights_uploader.destinations.bitbucket_dc.stored_reports import StoredReports
from insights_uploader.destinations.http import Http
from insights_uploader.model.errors import UsageError
from insights_uploader.outcome import Prepared
from insights_uploader.plan.plan import Plan


class InsightsServer(Protocol):
    """Code Insights of one repository."""

    def reports(self, commit: str) -> CodeInsights | CloudInsights:
        """Those of a commit.

        Raises:
            UsageError: there is no way to the server.
        """
        ...

    def made(self, commit: str) -> Mapping[str, int | None]:
        """The keys of a commit's reports, and when each was made, in milliseconds since 1970.

        Raises:
            ServerError: the server refuses, fails, or cannot be reached.
        """
        ...

    def prepared(self, plan: Plan) -> Iterator[Prepared]:
        """What creates the reports of a plan."""
        ...


class DataCenterInsights:
    """An `InsightsServer`: Bitbucket Data Center."""

    def __init__(self, http: Http | None, project: str, repository: str) -> None:
        self._http = http
        self._place = (project, repository)

    def reports(self, commit: str) -> CodeInsights:
        """Those of a commit."""
        return CodeInsights(_way(self._http), *self._place, commit)

    def made(self, commit: str) -> Mapping[str, int | None]:
        """By the date that we gave them."""
        stored = StoredReports(_way(self._http), *self._place, commit)
        return {report.key: report.created_date for report in stored.all()}

    def prepared(self, plan: Plan) -> Iterator[Prepared]:
        """One request for each report, and one for its annotations."""
        project, repository = self._place
        commit = f"/rest/insights/latest/projects/{project}/repos/{repository}/commits"
        for report in plan.reports:
            address = f"{commit}/{plan.target.commit}/reports/{report.key}"
            yield Prepared("PUT", address, report.body)
            if report.annotations:
                body = {"annotations": list(report.annotations)}
                yield Prepared("POST", f"{address}/annotations", body)


class CloudInsightsServer:
    """An `InsightsServer`: Bitbucket Cloud."""

    def __init__(self, http: Http | None, workspace: str, repository: str) -> None:
        self._http = http
        self._place = (workspace, repository)

    def reports(self, commit: str) -> CloudInsights:
        """Those of a commit."""
        return CloudInsights(_way(self._http), *self._place, commit)

    def made(self, commit: str) -> Mapping[str, int | None]:
        """By the data field that says so; a report of somebody else may have no id but Cloud's."""
        stored = self.reports(commit).reports()
        names = [report.get("external_id") or report.get("uuid") for report in stored]
        made = [created_ms(report, CloudInsightsPayload.dialect) for report in stored]
        return {n: ms for n, ms in zip(names, made, strict=True) if isinstance(n, str)}

    def prepared(self, plan: Plan) -> Iterator[Prepared]:
        """One request for each report, and one for each hundred of its annotations."""
        for report in plan.reports:
            below = ("commit", plan.target.commit, "reports", report.key)
            address = path_of((*repository_address(*self._place), *below))
            yield Prepared("PUT", address, report.body)
            for start in range(0, len(report.annotations), PER_CALL):
                batch = list(report.annotations[start : start + PER_CALL])
                yield Prepared("POST", f"{address}/annotations", batch)


def _way(http: Http | None) -> Http:
    if http is None:
        raise UsageError("no-destination", "--url is missing", "The reports go there.")
    return http
