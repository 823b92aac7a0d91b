"""The Code Insights resources: reports and annotations.

Addresses, statuses and rights: Atlassian OpenAPI of Bitbucket Data Center 9.4,
`/insights/latest/projects/{projectKey}/repos/{repositorySlug}/commits/{commitId}`.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from insights_uploader.sandbox.access import Caller, check_accept, not_permitted
from insights_uploader.sandbox.envelope import (
    ApiError,
    FieldError,
    Json,
    no_such_report,
    page,
)
from insights_uploader.sandbox.scope import RepositoryScope, json_body
from insights_uploader.sandbox.settings import Permission
from insights_uploader.sandbox.store import Body, LimitExceededError, Report, Store
from insights_uploader.sandbox.validation import (
    ANNOTATION_FIELDS,
    REPORT_FIELDS,
    annotation_errors,
    breaks_server,
    known,
    report_errors,
)

_COMMIT = "/projects/{project}/repos/{repository}/commits/{commit}"
_REPORT = _COMMIT + "/reports/{key}"
_NO_CONTENT = 204


class Insights:
    """The endpoints over one store; `now` gives milliseconds since 1970."""

    def __init__(self, scope: RepositoryScope, store: Store, now: Callable[[], int]) -> None:
        """Serve `store`."""
        self._scope = scope
        self._store = store
        self._now = now

    def routes(self) -> list[Route]:
        """List the routes below `/rest/insights/{version}`."""
        annotations, single = _REPORT + "/annotations", _REPORT + "/annotations/{external_id}"
        return [
            Route(_COMMIT + "/annotations", self.commit_annotations, methods=["GET"]),
            Route(_COMMIT + "/reports", self.reports, methods=["GET"]),
            Route(_REPORT, self.get_report, methods=["GET"]),
            Route(_REPORT, self.put_report, methods=["PUT"]),
            Route(_REPORT, self.delete_report, methods=["DELETE"]),
            Route(annotations, self.report_annotations, methods=["GET"]),
            Route(annotations, self.add_annotations, methods=["POST"]),
            Route(annotations, self.delete_annotations, methods=["DELETE"]),
            Route(single, self.put_annotation, methods=["PUT"]),
        ]

    async def reports(self, request: Request) -> Response:
        """Give a page of the commit's reports."""
        commit = self._readable_commit(request)
        shown = [_shown(report) for report in self._store.reports(commit)]
        return Json(page(request, shown))

    async def get_report(self, request: Request) -> Response:
        """Give one report."""
        return Json(_shown(self._report(request, self._readable_commit(request))))

    async def put_report(self, request: Request) -> Response:
        """Create a report, or replace one's own."""
        check_accept(request.headers, "application/json")
        caller = self._scope.writer(request)
        body = await json_body(request)
        commit, key = self._scope.full_commit(request), request.path_params["key"]
        _refuse(report_errors(key, body))
        if breaks_server(body):
            raise ApiError(500, "An internal error occurred", "java.lang.NullPointerException")
        old = self._store.report(commit, key)
        if old and old.owner != caller.name:
            raise not_permitted()
        stored = {"createdDate": self._now()} | known(body, REPORT_FIELDS)
        stored["data"] = [
            known(item, ("title", "type", "value")) for item in body.get("data") or ()
        ]
        return Json(_shown(self._store.put(commit, key, caller.name, stored)))

    async def delete_report(self, request: Request) -> Response:
        """Delete a report: the author's right, or an administrator's."""
        caller = self._scope.writer(request)
        commit, key = self._scope.full_commit(request), request.path_params["key"]
        report = self._store.report(commit, key)
        if report is None:
            if self._scope.settings.delete_absent_status == _NO_CONTENT:
                return Response(status_code=_NO_CONTENT)
            raise no_such_report(key)
        _check_may_delete(caller, report)
        self._store.delete(commit, key)
        return Response(status_code=_NO_CONTENT)

    async def report_annotations(self, request: Request) -> Response:
        """Give all annotations of a report; this answer is not paged."""
        report = self._report(request, self._readable_commit(request))
        return _annotations((report.key, each) for each in report.annotations)

    async def commit_annotations(self, request: Request) -> Response:
        """Give the commit's annotations that pass every filter; one may have several values."""
        commit = self._readable_commit(request)
        query = request.query_params
        keys = query.getlist("key")
        filters = {
            name: query.getlist(name)
            for name in ("severity", "type", "path", "externalId")
            if name in query
        }
        return _annotations(
            (report.key, each)
            for report in self._store.reports(commit)
            if not keys or report.key in keys
            for each in report.annotations
            if all(each.get(name) in values for name, values in filters.items())
        )

    async def add_annotations(self, request: Request) -> Response:
        """Add annotations to one's own report: all or none, without de-duplication."""
        caller = self._scope.writer(request)
        body = await json_body(request)
        report = self._own_report(request, caller)
        given: Any = body.get("annotations") if isinstance(body, dict) else None
        if not isinstance(given, list) or not given:
            raise ApiError(400, [FieldError("annotations", "The field 'annotations' is required")])
        for each in given:
            _refuse(annotation_errors(each))
        with _limited(self._scope.settings.over_limit_status):
            self._store.add(report, [known(each, ANNOTATION_FIELDS) for each in given])
        return Response(status_code=_NO_CONTENT)

    async def put_annotation(self, request: Request) -> Response:
        """Create or replace the annotation with the address's external id."""
        caller = self._scope.writer(request)
        body = await json_body(request)
        report = self._own_report(request, caller)
        external_id = request.path_params["external_id"]
        annotation = body | {"externalId": external_id} if isinstance(body, dict) else body
        _refuse(annotation_errors(annotation))
        with _limited(self._scope.settings.over_limit_status):
            self._store.set(report, external_id, known(annotation, ANNOTATION_FIELDS))
        return Response(status_code=_NO_CONTENT)

    async def delete_annotations(self, request: Request) -> Response:
        """Delete the annotations with the given external ids, or all."""
        caller = self._scope.writer(request)
        report = self._report(request, self._scope.full_commit(request))
        _check_may_delete(caller, report)
        self._store.remove(report, request.query_params.getlist("externalId"))
        return Response(status_code=_NO_CONTENT)

    def _readable_commit(self, request: Request) -> str:
        check_accept(request.headers, "application/json")
        self._scope.reader(request)
        return self._scope.full_commit(request)

    def _report(self, request: Request, commit: str) -> Report:
        key = request.path_params["key"]
        report = self._store.report(commit, key)
        if report is None:
            raise no_such_report(key)
        return report

    def _own_report(self, request: Request, caller: Caller) -> Report:
        report = self._report(request, self._scope.full_commit(request))
        if report.owner != caller.name:
            raise not_permitted()
        return report


@contextmanager
def _limited(status: int) -> Iterator[None]:
    """Refuse more annotations than the instance allows; which status is not documented."""
    try:
        yield
    except LimitExceededError as error:
        message = f"A report cannot have more than {error} annotations"
        raise ApiError(
            status,
            message,
            "com.atlassian.bitbucket.codeinsights.annotation.AnnotationsLimitExceededException",
        ) from None


def _refuse(errors: list[FieldError]) -> None:
    if errors:
        raise ApiError(400, errors)


def _check_may_delete(caller: Caller, report: Report) -> None:
    if report.owner != caller.name and caller.permission < Permission.ADMIN:
        raise not_permitted()


def _shown(report: Report) -> dict[str, Any]:
    """Show a report (Atlassian OpenAPI, RestInsightReport): no coverage provider."""
    shown = {name: value for name, value in report.body.items() if name != "coverageProviderKey"}
    return {"key": report.key, **shown}


def _annotations(found: Iterable[tuple[str, Body]]) -> Response:
    shown = [
        {"reportKey": key, "line": 0, **known(annotation, ANNOTATION_FIELDS)}
        for key, annotation in found
    ]
    return Json({"annotations": shown})
