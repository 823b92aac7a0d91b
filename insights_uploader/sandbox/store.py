"""The memory of a sandbox: reports and annotations by commit. Pure state, no HTTP."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

Body = Mapping[str, Any]
"""One report or annotation as the server keeps it: known fields only, absent ones left out."""


class LimitExceededError(Exception):
    """A report would hold more annotations than the instance allows."""


@dataclass(slots=True)
class Report:
    """A stored report; `owner` is the user who created it."""

    key: str
    owner: str
    body: Body
    annotations: list[Body] = field(default_factory=list)


class Store:
    """Reports by (commit, key), in the order they came."""

    def __init__(self, annotation_limit: int, put_keeps_annotations: bool) -> None:
        """Start empty."""
        self._limit = annotation_limit
        self._keeps = put_keeps_annotations
        self._reports: dict[tuple[str, str], Report] = {}

    def commits(self) -> list[str]:
        """List the commits that have reports, the latest first."""
        return list(dict.fromkeys(commit for commit, _ in reversed(list(self._reports))))

    def reports(self, commit: str) -> list[Report]:
        """List a commit's reports."""
        return [report for (at, _), report in list(self._reports.items()) if at == commit]

    def report(self, commit: str, key: str) -> Report | None:
        """Give one report, if it is there."""
        return self._reports.get((commit, key))

    def put(self, commit: str, key: str, owner: str, body: Body) -> Report:
        """Create or replace a report.

        Whether the real server keeps the annotations of a replaced report is
        not documented; a setting decides.
        """
        old = self.report(commit, key)
        kept = old.annotations if old and self._keeps else []
        report = Report(key, owner, body, kept)
        self._reports[commit, key] = report
        return report

    def delete(self, commit: str, key: str) -> bool:
        """Delete a report with its annotations; tell whether there was one."""
        return self._reports.pop((commit, key), None) is not None

    def add(self, report: Report, annotations: Collection[Body]) -> None:
        """Append all annotations or, above the limit, none.

        There is no de-duplication (Atlassian, "Add Code Insights annotations").
        """
        if len(report.annotations) + len(annotations) > self._limit:
            raise LimitExceededError(self._limit)
        report.annotations.extend(annotations)

    def set(self, report: Report, external_id: str, annotation: Body) -> None:
        """Replace the annotations of that external id by this one, or add it."""
        others = [each for each in report.annotations if each.get("externalId") != external_id]
        if len(others) == len(report.annotations):
            self.add(report, [annotation])
        else:
            at = next(
                index
                for index, each in enumerate(report.annotations)
                if each.get("externalId") == external_id
            )
            others.insert(at, annotation)
            report.annotations[:] = others

    def remove(self, report: Report, external_ids: Collection[str]) -> None:
        """Delete the annotations of these external ids; none given means all."""
        report.annotations[:] = [
            each
            for each in report.annotations
            if external_ids and each.get("externalId") not in external_ids
        ]

    def clear(self) -> None:
        """Forget everything, as a test does between two cases."""
        self._reports.clear()
