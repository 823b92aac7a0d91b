"""Two commits compared, in each form the server streams: raw text, JSON, changed files."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from insights_uploader.sandbox.access import accepts, check_accept
from insights_uploader.sandbox.diffs import change_json, diff_json, parse_changes
from insights_uploader.sandbox.envelope import Json, bad_argument, page, whole_number
from insights_uploader.sandbox.scope import RepositoryScope

_CONTEXT_LINES = 10
"""The server's default: a diff captured from 10.4.2 shows ten."""


class Comparisons:
    """Answers about what changed from `since` to `until`, both full ids."""

    def __init__(self, scope: RepositoryScope) -> None:
        """Compare within this repository."""
        self._repository = scope.repository
        self._settings = scope.settings

    def diff(self, request: Request, since: str, until: str) -> Response:
        """Give raw text to who names `text/plain`, else JSON: the server's preference."""
        if accepts(request.headers, "text/plain", by_name=True):
            return self.raw(request, since, until)
        check_accept(request.headers, "application/json")
        paths = _paths(request)
        context = _context(request)
        changes = parse_changes(self._repository.raw_changes(since, until, paths))
        patch = self._repository.patch(since, until, context=context, paths=paths)
        body = {
            "fromHash": since,
            "toHash": until,
            "contextLines": context,
            "whitespace": "SHOW",
            **diff_json(changes, patch, self._settings.diff_line_limit),
        }
        return Json(body)

    def raw(self, request: Request, since: str, until: str) -> Response:
        """Give the diff as text, never truncated."""
        check_accept(request.headers, "text/plain")
        patch = self._repository.patch(
            since,
            until,
            context=_context(request),
            paths=_paths(request),
            ignore_whitespace=request.query_params.get("whitespace") == "ignore-all",
        )
        return Response(patch, media_type="text/plain")

    def changes(self, request: Request, since: str, until: str) -> Response:
        """Give a page of changed files."""
        check_accept(request.headers, "application/json")
        changes = parse_changes(self._repository.raw_changes(since, until))
        shown: list[dict[str, Any]] = [change_json(change) for change in changes]
        paged = page(request, shown, from_start=not self._settings.changes_paged)
        return Json({"fromHash": since, "toHash": until, **paged})


def _context(request: Request) -> int:
    lines = whole_number(request, "contextLines", _CONTEXT_LINES)
    return lines if lines >= 0 else _CONTEXT_LINES


def _paths(request: Request) -> list[str]:
    """Take the file of the address and, as a rename needs it, its old path."""
    named = (request.path_params.get("path"), request.query_params.get("srcPath"))
    paths = [path for path in named if path]
    for path in paths:
        if "\0" in path or any(part in ("", ".", "..") for part in path.split("/")):
            raise bad_argument(f"'{path}' is not a path in the repository")
    return paths
