"""What Code Insights accepts. Pure: a body in, the refused fields out.

Rules: Atlassian OpenAPI (RestSetInsightReportRequest, RestInsightReportData,
RestSingleAddInsightAnnotationRequest) and its prose. Wording: what users of
mc1arke/sonarqube-community-branch-plugin saw (#265, #639, #897); where nobody
saw any it is our own. Unknown fields are ignored, null counts as absent.
"""

import re
import sys
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from insights_uploader.sandbox.envelope import FieldError

SEVERITIES = ("LOW", "MEDIUM", "HIGH")
ANNOTATION_TYPES = ("VULNERABILITY", "CODE_SMELL", "BUG")
RESULTS = ("PASS", "FAIL")
REPORT_FIELDS = (
    "title",
    "data",
    "details",
    "result",
    "reporter",
    "link",
    "logoUrl",
    "createdDate",
    "coverageProviderKey",
)
ANNOTATION_FIELDS = ("externalId", "line", "link", "message", "path", "severity", "type")

_INT32_MAX, _INT64_MAX = 2**31 - 1, 2**63 - 1
_KEY_LENGTH = 50
_DATA_FIELDS = 6

Found = Iterator[FieldError]


def known(body: Mapping[str, Any], fields: tuple[str, ...]) -> dict[str, Any]:
    """Keep the fields that the server knows and that are not null."""
    return {name: body[name] for name in fields if body.get(name) is not None}


def report_errors(key: str, body: Any) -> list[FieldError]:
    """List what the server refuses in a report."""
    if not isinstance(body, dict):
        return [FieldError("report", "The report must be a JSON object")]
    return [
        *_text("key", key, longest=_KEY_LENGTH, required=True),
        *_text("title", body.get("title"), longest=450, required=True),
        *_text("details", body.get("details"), longest=2000),
        *_text("reporter", body.get("reporter"), longest=450),
        *_text("coverageProviderKey", body.get("coverageProviderKey"), longest=_INT32_MAX),
        *_choice("result", body.get("result"), RESULTS),
        *_url("link", body.get("link")),
        *_url("logoUrl", body.get("logoUrl")),
        *_integer("createdDate", body.get("createdDate"), -_INT64_MAX, _INT64_MAX),
        *_data(body.get("data")),
    ]


def annotation_errors(body: Any) -> list[FieldError]:
    """List what the server refuses in one annotation; it never says in which one."""
    if not isinstance(body, dict):
        return [FieldError("annotations", "An annotation must be a JSON object")]
    return [
        *_text("message", body.get("message"), longest=2000, required=True),
        *_choice("severity", body.get("severity"), SEVERITIES, required=True),
        *_choice("type", body.get("type"), ANNOTATION_TYPES),
        *_text("path", body.get("path"), longest=50_000),
        # "A string value shorter than 450 characters"
        *_text("externalId", body.get("externalId"), longest=449),
        *_integer("line", body.get("line"), 0, _INT32_MAX),
        *_url("link", body.get("link")),
    ]


def breaks_server(body: Any) -> bool:
    """Tell whether a report makes the server fail: a null PERCENTAGE does.

    Seen by mc1arke/sonarqube-community-branch-plugin (commit 28c0d95).
    """
    data = body.get("data") if isinstance(body, dict) else None
    return isinstance(data, list) and any(
        isinstance(item, dict) and item.get("type") == "PERCENTAGE" and item.get("value") is None
        for item in data
    )


def utf16_length(text: str) -> int:
    """Count as Java does: UTF-16 code units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _text(field: str, value: Any, *, longest: int, required: bool = False) -> Found:
    if value is None or (required and isinstance(value, str) and not value.strip()):
        if required:
            yield FieldError(field, f"The field '{field}' is required")
    elif not isinstance(value, str):
        yield FieldError(field, f"The field '{field}' must be a string")
    elif utf16_length(value) > longest:
        message = f"The field '{field}' cannot be more than {longest} characters long"
        yield FieldError(field, message)


def _choice(field: str, value: Any, choices: tuple[str, ...], *, required: bool = False) -> Found:
    if value is None:
        if required:
            yield FieldError(field, f"The field '{field}' is required")
    elif value not in choices:
        yield FieldError(field, f"The field '{field}' must be one of {', '.join(choices)}")


def _integer(field: str, value: Any, least: int, most: int) -> Found:
    if value is not None and (type(value) is not int or not least <= value <= most):
        yield FieldError(field, f"The field '{field}' must be an integer from {least} to {most}")


def _url(field: str, value: Any) -> Found:
    if value is not None and not _is_web_url(value):
        yield FieldError(field, f"The field '{field}' must be a valid HTTP or HTTPS URL")


def _is_web_url(value: Any) -> bool:
    # java.net.URI refuses these characters
    if not isinstance(value, str) or re.search(r'[\x00-\x20\x7f<>"{}|\\^`]', value):
        return False
    try:
        parts = urlsplit(value)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _data(value: Any) -> Found:
    # absent and null are accepted by real servers, though the schema says required
    if value is None:
        return
    if not isinstance(value, list):
        yield FieldError("data", "The field 'data' must be an array")
        return
    if len(value) > _DATA_FIELDS:
        yield FieldError("data", f"The field 'data' cannot have more than {_DATA_FIELDS} items")
    for item in value:
        yield from _data_item(item)


def _data_item(item: Any) -> Found:
    if not isinstance(item, dict):
        yield FieldError("data", "The field 'data' contains unsupported objects")
        return
    yield from _text("data.title", item.get("title"), longest=_INT32_MAX)
    kind = item.get("type")
    if kind is not None and (not isinstance(kind, str) or kind not in _VALUE_KINDS):
        yield from _choice("data.type", kind, tuple(name for name in _VALUE_KINDS if name))
    elif not _VALUE_KINDS[kind](item.get("value")):
        name = kind or "untyped"
        yield FieldError("data.value", f"The value of a {name} data field is not supported")


def _is_number(value: Any) -> bool:
    # a float's range, which also leaves out NaN and the infinities
    return type(value) in (int, float) and abs(value) <= sys.float_info.max


def _is_percentage(value: Any) -> bool:
    # null gets past the server's validation, see breaks_server
    return value is None or (_is_number(value) and 0 <= value <= 100)


def _is_link(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and isinstance(value.get("linktext"), str)
        and _is_web_url(value.get("href"))
    )


_VALUE_KINDS: Mapping[str | None, Callable[[Any], bool]] = {
    None: lambda value: isinstance(value, bool | str) or _is_number(value),
    "BOOLEAN": lambda value: isinstance(value, bool),
    "DATE": _is_number,
    "DURATION": _is_number,
    "LINK": _is_link,
    "NUMBER": _is_number,
    "PERCENTAGE": _is_percentage,
    "TEXT": lambda value: isinstance(value, str),
}
