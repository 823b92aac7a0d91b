"""The shapes of Bitbucket Cloud's answers: its errors, its pages."""

import math
from collections.abc import Sequence
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from insights_uploader.sandbox.envelope import Json

_PER_PAGE, _MOST_PER_PAGE = 10, 100


class CloudError(Exception):
    """A refusal in one of the three envelopes."""

    def __init__(self, status: int, body: Any) -> None:
        """Refuse."""
        super().__init__(status, body)
        self.status = status
        self.body = body


def refused(status: int, message: str, detail: str = "") -> CloudError:
    """The envelope of the OpenAPI file (`error`)."""
    error = {"message": message, "detail": detail} if detail else {"message": message}
    return CloudError(status, {"type": "error", "error": error})


def bad_insight(message: str) -> CloudError:
    """What Code Insights say of a bad body: wording of reviewdog/reviewdog #1285."""
    key = "report-service.general.bad-request"
    return CloudError(400, {"key": key, "message": message, "arguments": {}})


def cloud_error(_request: Request, error: Exception) -> Response:
    """Answer a refusal."""
    assert isinstance(error, CloudError)  # noqa: S101 - the handler's own kind
    return Json(error.body, error.status)


def gateway_error(request: Request, error: Exception) -> Response:
    """Answer what no resource answers; an address that ends in a slash is one of them."""
    assert isinstance(error, HTTPException)  # noqa: S101 - likewise
    status = 400 if request.url.path.endswith("/") else error.status_code
    if status == 404:
        return PlainTextResponse("Resource not found", 404)
    return Json({"code": status, "message": f"HTTP {status}"}, status)


def cloud_page(request: Request, values: Sequence[Any]) -> Response:
    """Give a page; one that is not the last names the next by its whole address."""
    number = _whole(request, "page", 1)
    size = min(_whole(request, "pagelen", _PER_PAGE), _MOST_PER_PAGE)
    if number < 1 or size < 1:
        raise refused(400, "Invalid page")
    page = {
        "page": number,
        "pagelen": size,
        "size": len(values),
        "values": values[(number - 1) * size : number * size],
    }
    if number < math.ceil(len(values) / size):
        page["next"] = str(request.url.include_query_params(page=number + 1, pagelen=size))
    return Json(page)


def _whole(request: Request, name: str, default: int) -> int:
    text = request.query_params.get(name, str(default))
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise refused(400, "Invalid page")
    return int(text)
