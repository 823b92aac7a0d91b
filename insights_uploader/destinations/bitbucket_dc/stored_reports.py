"""What a commit's Code Insights hold on Bitbucket Data Center, in types of our own."""

from collections.abc import Iterator, Sequence

import msgspec

from insights_uploader.destinations.bitbucket_dc.client import CodeInsights
from insights_uploader.destinations.bitbucket_dc.refusals import refusal
from insights_uploader.destinations.bitbucket_dc.repository_api import Page, Query
from insights_uploader.destinations.reply import Reply

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
    title: str | None = None
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


class StoredReports(CodeInsights):
    """The reports of one commit, read as what they are.

    Every method raises `ServerError` when the server refuses, cannot be reached, or gives what it
    should not, and `UsageError`, before anything is sent, when a name can be in no address.
    """

    def all(self) -> Iterator[StoredReport]:
        """Every report of the commit, page by page."""
        for page in self.pages(("reports",), (), Page[StoredReport], _PER_PAGE):
            yield from page.values

    def one(self, key: str) -> StoredReport:
        """One report, which must be there."""
        return self._read("reports", key).decoded(StoredReport)

    def delete(self, key: str) -> None:
        """Delete a report with its annotations, if there is one."""
        self.delete_report(key)

    def annotations_of(self, key: str) -> Sequence[StoredAnnotation]:
        """All annotations of one report, which must be there."""
        return self._read("reports", key, "annotations").decoded(_Annotations).annotations

    def annotations_that_pass(self, filters: Query) -> Sequence[StoredAnnotation]:
        """The annotations of the commit that pass the filters.

        Args:
            filters: pairs of `key`, `severity`, `type`, `path` or `externalId` and a value; one
                that is named twice lets either value pass.
        """
        return self._read("annotations", query=filters).decoded(_Annotations).annotations

    def _read(self, *below: str, query: Query = ()) -> Reply:
        reply = self.get(below, query)
        if reply.status != 200:
            raise refusal(reply)
        return reply


class _Annotations(msgspec.Struct):
    """This list is not paged (RestInsightAnnotationsResponse)."""

    annotations: Sequence[StoredAnnotation]
