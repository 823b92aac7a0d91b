"""The Code Coverage app: which lines of a commit were run.

It is no part of Bitbucket and has no document: address, body and statuses are those that its
clients know, `/rest/code-coverage/1.0/commits/{commitId}` among them. Of two bodies with the same
file the later counts here; what the app does then is not on record.
"""

import re
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from insights_uploader.sandbox.access import authenticated, check_xsrf
from insights_uploader.sandbox.envelope import ApiError, FieldError, Json
from insights_uploader.sandbox.scope import json_body

_COVERAGE = re.compile(r"(?:[CPU]:(?:[1-9][0-9]*(?:,[1-9][0-9]*)*)?(?:;(?!$)|$)){1,3}")


class CodeCoverage:
    """The endpoints over the coverage of any commits.

    Attributes:
        files: by commit, the coverage by path, as it was sent.
    """

    def __init__(self) -> None:
        """Start without any."""
        self.files: dict[str, dict[str, str]] = {}

    def clear(self) -> None:
        """Forget everything, as a test does between two cases."""
        self.files.clear()

    def routes(self) -> list[Route]:
        """List the routes below `/rest/code-coverage/{version}`."""
        return [
            Route("/commits/{commit}", self.post, methods=["POST"]),
            Route("/commits/{commit}", self.delete, methods=["DELETE"]),
        ]

    async def post(self, request: Request) -> Response:
        """Add files; the answer lists them."""
        check_xsrf(request.headers)
        authenticated(request)
        body = await json_body(request)
        files: Any = body.get("files") if isinstance(body, dict) else None
        if not isinstance(files, list) or not all(map(_is_file, files)):
            words = "must be a list of objects with 'path' and 'coverage', as in C:1,2;P:3;U:4"
            raise ApiError(400, [FieldError("files", words)])
        stored = self.files.setdefault(request.path_params["commit"], {})
        stored.update({file["path"]: file["coverage"] for file in files})
        return Json(files, 201)

    async def delete(self, request: Request) -> Response:
        """Delete what the commit has, if anything."""
        check_xsrf(request.headers)
        authenticated(request)
        self.files.pop(request.path_params["commit"], None)
        return Response(status_code=204)


def _is_file(file: Any) -> bool:
    return (
        isinstance(file, dict)
        and isinstance(file.get("path"), str)
        and bool(file["path"])
        and isinstance(file.get("coverage"), str)
        and _COVERAGE.fullmatch(file["coverage"]) is not None
    )
