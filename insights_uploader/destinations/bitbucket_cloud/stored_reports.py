"""What a commit's Code Insights hold on Bitbucket Cloud, in types of our own.

They are written as JSON by Cloud's own names; where a name of Data Center is asked for, it is a
property.
"""

import datetime as dt
from collections.abc import Iterator, Sequence

import msgspec

from insights_uploader.destinations.bitbucket_cloud.client import CloudInsights
from insights_uploader.destinations.bitbucket_dc.stored_reports import DataField


class CloudReport(msgspec.Struct, frozen=True, omit_defaults=True):
    """A report as the server has it (`report`); its dates are RFC 3339's, and Cloud's own."""

    title: str = ""
    external_id: str | None = None
    uuid: str | None = None
    report_type: str | None = None
    result: str | None = None
    details: str | None = None
    reporter: str | None = None
    link: str | None = None
    logo_url: str | None = None
    created_on: str | None = None
    updated_on: str | None = None
    data: Sequence[DataField] | None = None

    @property
    def key(self) -> str:
        """What it is addressed by."""
        return self.external_id or self.uuid or ""

    @property
    def created_date(self) -> int | None:
        """In milliseconds since 1970; None where it is not told."""
        try:
            return round(dt.datetime.fromisoformat(self.created_on or "").timestamp() * 1000)
        except (ValueError, OverflowError, OSError):
            return None


class CloudAnnotation(msgspec.Struct, frozen=True, omit_defaults=True):
    """An annotation as the server has it (`report_annotation`)."""

    summary: str = ""
    details: str | None = None
    external_id: str | None = None
    uuid: str | None = None
    severity: str | None = None
    annotation_type: str | None = None
    result: str | None = None
    path: str | None = None
    line: int | None = None
    link: str | None = None
    report_key: str | None = None

    @property
    def message(self) -> str:
        """All that it says in one line."""
        return self.summary

    @property
    def type(self) -> str | None:
        """What it is."""
        return self.annotation_type


class CloudStoredReports(CloudInsights):
    """The reports of one commit, read as what they are.

    Every method raises `ServerError` when the server refuses, cannot be reached, or gives what it
    should not, and `UsageError`, before anything is sent, when a name can be in no address.
    """

    def all(self) -> Iterator[CloudReport]:
        """Every report of the commit, page by page."""
        return self.listed(*self._reports, kind=CloudReport)

    def one(self, key: str) -> CloudReport:
        """One report, which must be there."""
        return self.send("GET", *self._reports, key).decoded(CloudReport)

    def delete(self, key: str) -> None:
        """Delete a report with its annotations, if there is one."""
        self.delete_report(key)

    def annotations_of(self, key: str) -> Sequence[CloudAnnotation]:
        """All annotations of one report, which must be there."""
        found = self.listed(*self._reports, key, "annotations", kind=CloudAnnotation)
        return [msgspec.structs.replace(each, report_key=key) for each in found]

    def annotations_that_pass(
        self, filters: Sequence[tuple[str, str]]
    ) -> Sequence[CloudAnnotation]:
        """The annotations of the commit that pass the filters, which Cloud itself has none of.

        Args:
            filters: pairs of `key`, `severity`, `type`, `path` or `externalId` and a value; one
                that is named twice lets either value pass.
        """
        wanted: dict[str, list[str]] = {}
        for name, value in filters:
            wanted.setdefault(name, []).append(value)
        keys, ids = wanted.pop("key", None), wanted.get("externalId")
        found = (
            annotation
            for report in self.all()
            if keys is None or report.key in keys
            for annotation in (
                self.annotations_of(report.key) if ids is None else self._named(report.key, ids)
            )
        )
        return [each for each in found if all(_value(each, n) in wanted[n] for n in wanted)]

    def _named(self, key: str, external_ids: Sequence[str]) -> Iterator[CloudAnnotation]:
        """Those of a report that have one of these ids, each asked for by itself."""
        for external_id in dict.fromkeys(external_ids):
            address = self._annotation(key, external_id)
            reply = self.send("GET", *address, expected=(200, 404))
            if reply.status == 200:
                yield msgspec.structs.replace(reply.decoded(CloudAnnotation), report_key=key)

    def delete_all_annotations(self, key: str) -> None:
        """Delete the annotations of a report, one by one, as far as they have an id."""
        held = self.annotations_of(key)
        self.delete_annotations(key, [each.external_id or each.uuid or "" for each in held])


def _value(annotation: CloudAnnotation, name: str) -> str | None:
    values = {
        "severity": annotation.severity,
        "type": annotation.annotation_type,
        "path": annotation.path,
        "externalId": annotation.external_id,
    }
    return values[name]
