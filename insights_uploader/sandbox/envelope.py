"""The shapes every answer has: errors, pages, JSON."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from insights_uploader.sandbox.git import GitError

_BITBUCKET = "com.atlassian.bitbucket"
_INT32_MAX = 2**31 - 1


@dataclass(frozen=True, slots=True)
class FieldError:
    """One refused field: Bitbucket's `context`, with the server's wording."""

    field: str
    message: str


class ApiError(Exception):
    """An answer in Bitbucket's error envelope (Atlassian OpenAPI, RestErrorMessage)."""

    def __init__(
        self,
        status: int,
        errors: Sequence[FieldError] | str,
        exception_name: str | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        """Refuse with one message, or with one error per field."""
        super().__init__(status, errors, exception_name)
        self.status = status
        self.headers = headers
        entries = (
            [(None, errors)]
            if isinstance(errors, str)
            else [(each.field, each.message) for each in errors]
        )
        self.body: dict[str, Any] = {
            "errors": [
                {"context": context, "message": message, "exceptionName": exception_name}
                for context, message in entries
            ]
        }


class Json(JSONResponse):
    """JSON in ASCII: stored text may hold lone surrogates, which UTF-8 cannot."""

    media_type = "application/json;charset=UTF-8"

    def render(self, content: Any) -> bytes:
        """Write the body."""
        return json.dumps(content, allow_nan=False, separators=(",", ":")).encode("ascii")


def no_such_project(key: str) -> ApiError:
    """404 for an unknown project."""
    return ApiError(
        404, f"Project {key} does not exist.", f"{_BITBUCKET}.project.NoSuchProjectException"
    )


def no_such_repository(project: str, slug: str) -> ApiError:
    """404 for an unknown repository."""
    return ApiError(
        404,
        f"Repository {project}/{slug} does not exist.",
        f"{_BITBUCKET}.repository.NoSuchRepositoryException",
    )


def no_such_commit(commit: str, slug: str) -> ApiError:
    """404 for an unknown commit, branch or ref."""
    return ApiError(
        404,
        f"Commit '{commit}' does not exist in repository '{slug}'.",
        f"{_BITBUCKET}.commit.NoSuchCommitException",
    )


def no_such_pull_request(number: str, project: str, slug: str) -> ApiError:
    """404 for an unknown pull request."""
    return ApiError(
        404,
        f"Pull request {number} does not exist in {project}/{slug}.",
        f"{_BITBUCKET}.pull.NoSuchPullRequestException",
    )


def no_such_report(key: str) -> ApiError:
    """404 for an unknown report; the real wording is not on record."""
    return ApiError(
        404, f"The report '{key}' does not exist.", f"{_BITBUCKET}.NoSuchEntityException"
    )


def bad_argument(message: str) -> ApiError:
    """400 for a parameter that makes no sense."""
    return ApiError(400, message, f"{_BITBUCKET}.validation.ArgumentValidationException")


def page(request: Request, values: Sequence[Any], *, from_start: bool = False) -> dict[str, Any]:
    """Cut a page as Bitbucket does: `start` (0) and `limit` (25).

    `from_start` ignores `start`, as the pull request's changes do by Atlassian's note.
    """
    start = 0 if from_start else whole_number(request, "start", 0)
    limit = whole_number(request, "limit", 25)
    if start < 0 or limit < 1:
        raise bad_argument("A page's start is not negative and its limit is positive")
    cut = list(values[start : start + limit])
    last = start + limit >= len(values)
    return {
        "values": cut,
        "size": len(cut),
        "isLastPage": last,
        "nextPageStart": None if last else start + limit,
        "start": start,
        "limit": limit,
    }


def whole_number(request: Request, name: str, default: int) -> int:
    """Read a 32-bit number from the query."""
    text = request.query_params.get(name)
    if text is None:
        return default
    if not re.fullmatch(r"-?[0-9]{1,10}", text) or abs(int(text)) > _INT32_MAX:
        raise bad_argument(f"The query parameter '{name}' must be a number")
    return int(text)


def api_error(_: Request, error: ApiError) -> Response:
    """Answer an ApiError."""
    return Json(error.body, error.status, error.headers)


def http_error(request: Request, error: HTTPException, context_path: str) -> Response:
    """Answer what no resource answers: an unknown route, a wrong method or type.

    That comes from the container, so it is no envelope; JSON if the client
    asks for it, else XML (vriesdemichael/bitbucket-data-center-cli, OPENAPI-008).
    """
    status, headers = error.status_code, dict(error.headers or {})
    if status == HTTPStatus.NOT_ACCEPTABLE:
        return Response(status_code=status)
    message = f"HTTP {status} {HTTPStatus(status).phrase}"
    if not request.scope["path"].startswith(f"{context_path}/rest/"):
        return HTMLResponse(f"<!doctype html><title>{message}</title><h1>{message}</h1>", status)
    if "application/json" in request.headers.get("accept", ""):
        body = {"message": message, "status-code": status, "sub-code": -1}
        return Json(body, status, headers)
    xml = (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
        f"<status><status-code>{status}</status-code><sub-code>-1</sub-code>"
        f"<message>{message}</message></status>"
    )
    return Response(xml, status, headers, media_type="application/xml")


def git_error(_: Request, error: GitError) -> Response:
    """Answer a failure of git: it is the operator's own machine, so say what git said."""
    return Json(ApiError(500, str(error)).body, 500)
