"""Code Insights of Bitbucket Cloud: reports and annotations of a commit.

Addresses and statuses: Atlassian's OpenAPI file for Cloud,
`/repositories/{workspace}/{repo_slug}/commit/{commit}/reports`.
"""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from insights_uploader.sandbox.cloud_envelope import bad_insight, cloud_page, refused
from insights_uploader.sandbox.cloud_scope import CloudScope, cloud_body
from insights_uploader.sandbox.cloud_validation import annotations_fault, report_fault
from insights_uploader.sandbox.envelope import Json

_REPORTS = "/{workspace}/{repository}/commit/{commit}/reports"
_REPORT = _REPORTS + "/{key}"
_ANNOTATION = _REPORT + "/annotations/{external_id}"
_REPORT_MEMBERS = (
    *("title", "details", "reporter", "link", "remote_link_enabled", "logo_url"),
    *("report_type", "result", "data"),
)
_ANNOTATION_MEMBERS = (
    *("external_id", "annotation_type", "path", "line", "summary", "details"),
    *("result", "severity", "link"),
)

Body = Mapping[str, Any]


@dataclass(slots=True)
class CloudReport:
    """A stored report, and its annotations by their external ids."""

    body: Body
    annotations: dict[str, Body] = field(default_factory=dict)


class CloudInsights:
    """The endpoints, and what they store; `now` gives the time as RFC 3339 has it."""

    def __init__(self, scope: CloudScope, now: Callable[[], str], *, keeps: bool) -> None:
        """Start empty; `keeps` tells whether a report that is put again keeps its annotations."""
        self._scope = scope
        self._now = now
        self._keeps = keeps
        self._reports: dict[tuple[str, str], CloudReport] = {}

    def report(self, commit: str, key: str) -> CloudReport | None:
        """Give a stored report, if it is there."""
        return self._reports.get((commit, key))

    def reports(self, commit: str) -> dict[str, CloudReport]:
        """Give a commit's reports by their keys."""
        return {key: each for (at, key), each in self._reports.items() if at == commit}

    def clear(self) -> None:
        """Forget everything."""
        self._reports.clear()

    def routes(self) -> list[Route]:
        """List the routes below `/2.0/repositories`."""
        annotations = _REPORT + "/annotations"
        return [
            Route(_REPORTS, self.all_reports, methods=["GET"]),
            Route(_REPORT, self.get_report, methods=["GET"]),
            Route(_REPORT, self.put_report, methods=["PUT"]),
            Route(_REPORT, self.delete_report, methods=["DELETE"]),
            Route(annotations, self.all_annotations, methods=["GET"]),
            Route(annotations, self.post_annotations, methods=["POST"]),
            Route(_ANNOTATION, self.get_annotation, methods=["GET"]),
            Route(_ANNOTATION, self.put_annotation, methods=["PUT"]),
            Route(_ANNOTATION, self.delete_annotation, methods=["DELETE"]),
        ]

    async def all_reports(self, request: Request) -> Response:
        """Give a page of the commit's reports."""
        self._scope.reader(request)
        found = self.reports(self._commit(request)).values()
        return cloud_page(request, [each.body for each in found])

    async def get_report(self, request: Request) -> Response:
        """Give one report."""
        self._scope.reader(request)
        return Json(self._report(request).body)

    async def put_report(self, request: Request) -> Response:
        """Create a report, or replace one."""
        self._scope.writer(request)
        commit, key = self._commit(request), request.path_params["key"]
        body = await cloud_body(request)
        if fault := report_fault(body):
            raise bad_insight(fault)
        old = self.report(commit, key)
        stored = self._dated("report", body, _REPORT_MEMBERS, old.body if old else None)
        kept = old.annotations if old and self._keeps else {}
        self._reports[commit, key] = CloudReport({**stored, "external_id": key}, kept)
        return Json(self._reports[commit, key].body)

    async def delete_report(self, request: Request) -> Response:
        """Delete a report with its annotations; of one that is not there the file says nothing."""
        self._scope.writer(request)
        self._reports.pop((self._commit(request), request.path_params["key"]), None)
        return Response(status_code=204)

    async def all_annotations(self, request: Request) -> Response:
        """Give a page of a report's annotations."""
        self._scope.reader(request)
        return cloud_page(request, list(self._report(request).annotations.values()))

    async def post_annotations(self, request: Request) -> Response:
        """Create annotations, or replace those of the same external id."""
        self._scope.writer(request)
        report, bodies = self._report(request), await cloud_body(request)
        if fault := annotations_fault(bodies):
            raise bad_insight(fault)
        return Json(self._store(report, bodies))

    async def get_annotation(self, request: Request) -> Response:
        """Give one annotation."""
        self._scope.reader(request)
        external_id = request.path_params["external_id"]
        annotation = self._report(request).annotations.get(external_id)
        if annotation is None:
            raise refused(404, "Annotation not found", external_id)
        return Json(annotation)

    async def put_annotation(self, request: Request) -> Response:
        """Create or replace the annotation of the address's external id."""
        self._scope.writer(request)
        report, body = self._report(request), await cloud_body(request)
        if isinstance(body, dict):
            body = {**body, "external_id": request.path_params["external_id"]}
        if fault := annotations_fault([body]):
            raise bad_insight(fault)
        [stored] = self._store(report, [body])
        return Json(stored)

    async def delete_annotation(self, request: Request) -> Response:
        """Delete an annotation, if it is there."""
        self._scope.writer(request)
        self._report(request).annotations.pop(request.path_params["external_id"], None)
        return Response(status_code=204)

    def _commit(self, request: Request) -> str:
        return self._scope.commit(request.path_params["commit"])

    def _report(self, request: Request) -> CloudReport:
        key = request.path_params["key"]
        found = self.report(self._commit(request), key)
        if found is None:
            raise refused(404, "Report not found", key)
        return found

    def _store(self, report: CloudReport, bodies: list[Body]) -> list[Body]:
        ids = [each["external_id"] for each in bodies]
        limit = self._scope.settings.annotation_limit
        if len({*report.annotations, *ids}) > limit:
            raise bad_insight(f"A report cannot have more than {limit} annotations.")
        for name, body in zip(ids, bodies, strict=True):
            old = report.annotations.get(name)
            stored = self._dated("report_annotation", body, _ANNOTATION_MEMBERS, old)
            report.annotations[name] = stored
        return [report.annotations[name] for name in ids]

    def _dated(
        self, kind: str, body: Body, members: tuple[str, ...], old: Body | None
    ) -> dict[str, Any]:
        known = {name: body[name] for name in members if body.get(name) is not None}
        now = self._now()
        name = old["uuid"] if old else f"{{{uuid.uuid4()}}}"
        created = old["created_on"] if old else now
        return {"type": kind, "uuid": name, **known, "created_on": created, "updated_on": now}
