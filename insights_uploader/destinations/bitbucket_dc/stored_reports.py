"""What a commit's Code Insights hold on Bitbucket Data Center: read, add to, delete.

Addresses and shapes: Atlassian's OpenAPI file for 9.4, below
`/insights/latest/projects/{projectKey}/repos/{repositorySlug}/commits/{commitId}`.
"""

from collections.abc import Iterator, Sequence

import msgspec

from insights_uploader.destinations.bitbucket_dc.refusals import refusal
from insights_uploader.destinations.bitbucket_dc.repository_api import Page, Query, RepositoryApi
from insights_uploader.destinations.http import Http, Reply
from insights_uploader.plan.plan import Body

_PER_PAGE = 100


class DataField(msgspec.Struct, frozen=True, omit_defaults=True):
    """A field of a report's data (RestInsightReportData); its value is of any kind, kept as sent."""

    value: msgspec.Raw = msgspec.Raw(b"null")
    title: str | None = None
    type: str | None = None


class StoredReport(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """A report as the server has it (RestInsightReport).

    Attributes:
        created_date: in milliseconds since 1970.
    """

    key: str
    title: str
    result: str | None = None
    details: str | None = None
    reporter: str | None = None
    link: str | None = None
    logo_url: str | None = None
    created_date: int | None = None
    data: Sequence[DataField] | None = None


class StoredAnnotation(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """An annotation as the server has it (RestInsightAnnotation).

    Attributes:
        line: 0 for the file as a whole.
        path: relative to the repository; none for the report as a whole.
    """

    message: str
    severity: str
    report_key: str | None = None
    external_id: str | None = None
    path: str | None = None
    line: int | None = None
    type: str | None = None
    link: str | None = None


class StoredReports:
    """The reports of one commit.

    Every method raises `ServerError` when the server refuses, cannot be reached, or gives what it
    should not, and `UsageError`, before anything is sent, when a name can be in no address.
    """

    def __init__(self, http: Http, project: str, repository: str, commit: str) -> None:
        self._api = _InsightsApi(http, project, repository)
        self._commit = ("commits", commit)

    def all(self) -> Iterator[StoredReport]:
        """Every report of the commit, page by page."""
        below = (*self._commit, "reports")
        for page in self._api.pages(below, (), Page[StoredReport], _PER_PAGE):
            yield from page.values

    def get(self, key: str) -> StoredReport:
        """One report."""
        return self._get("reports", key).decoded(StoredReport)

    def delete(self, key: str) -> None:
        """Delete a report with its annotations."""
        self._write("DELETE", "reports", key)

    def annotations_of(self, key: str) -> Sequence[StoredAnnotation]:
        """All annotations of one report."""
        return self._get("reports", key, "annotations").decoded(_Annotations).annotations

    def annotations(self, filters: Query) -> Sequence[StoredAnnotation]:
        """The annotations of the commit that pass the filters.

        Args:
            filters: pairs of `key`, `severity`, `type`, `path` or `externalId` and a value; one
                that is named twice lets either value pass.
        """
        return self._get("annotations", query=filters).decoded(_Annotations).annotations

    def add_annotation(self, key: str, body: Body) -> None:
        """Add an annotation to a report of one's own; a second call adds a second one."""
        self._write("POST", "reports", key, "annotations", body={"annotations": [body]})

    def put_annotation(self, key: str, external_id: str, body: Body) -> None:
        """Create or replace the annotation with this external id."""
        self._write("PUT", "reports", key, "annotations", external_id, body=body)

    def delete_annotations(self, key: str, external_ids: Sequence[str]) -> None:
        """Delete the annotations with these external ids; with none given, all of the report."""
        query = [("externalId", each) for each in external_ids]
        self._write("DELETE", "reports", key, "annotations", query=query)

    def _get(self, *below: str, query: Query = ()) -> Reply:
        reply = self._api.get((*self._commit, *below), query)
        if reply.status != 200:
            raise refusal(reply)
        return reply

    def _write(self, method: str, *below: str, query: Query = (), body: object = None) -> None:
        reply = self._api.write(method, (*self._commit, *below), query, body)
        if reply.status not in (200, 204):
            raise refusal(reply)
        if reply.status == 200:
            reply.json()  # a login page says 200 too


class _InsightsApi(RepositoryApi):
    """The same habits at another address, where something can be written too."""

    def __init__(self, http: Http, project: str, repository: str) -> None:
        super().__init__(http, project, repository)
        self._address = ("rest", "insights", "latest", "projects", project, "repos", repository)

    def write(self, method: str, below: Sequence[str], query: Query, body: object) -> Reply:
        return self._http.send(method, (*self._address, *below), query=query, body=body)


class _Annotations(msgspec.Struct):
    """This list is not paged (RestInsightAnnotationsResponse)."""

    annotations: Sequence[StoredAnnotation]
