"""What Code Insights accept on Bitbucket Cloud. Pure: a body in, the first fault out.

Names and lists: Atlassian's OpenAPI file; lengths: what real refusals say (reviewdog/reviewdog
#1285, saibotsivad/bpr-npm-audit PR #3, mc1arke/sonarqube-community-branch-plugin #209).
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from insights_uploader.sandbox.contract import component_faults

SUBJECT = "bitbucket-cloud/insights"
PER_CALL = 100

_DATA_FIELDS = 10
_VALUES: Mapping[str, type | tuple[type, ...]] = {
    "BOOLEAN": bool,
    "DATE": int,
    "DURATION": (int, float),
    "NUMBER": (int, float),
    "PERCENTAGE": (int, float),  # from 0 to 100
    "TEXT": str,
}


def report_fault(body: Any) -> str | None:
    """What is wrong with a report, in the server's words where they are known."""
    if not isinstance(body, dict):
        return "The report must be an object"
    return next(_report_faults(body), None)


def annotations_fault(bodies: Any) -> str | None:
    """What is wrong with a list of annotations."""
    if not isinstance(bodies, list) or not bodies:
        return "The annotations must be a list that is not empty"
    if len(bodies) > PER_CALL:
        return "Bulk upload supports a maximum of 100 annotations."
    faults = (fault for each in bodies for fault in _annotation_faults(each))
    if fault := next(faults, None):
        return fault
    ids = [each["external_id"] for each in bodies]
    return "The external_id of an annotation must be unique" if len({*ids}) < len(ids) else None


def _report_faults(body: Mapping[str, Any]) -> Iterator[str]:
    missing = [name for name in ("title", "details", "report_type") if not _is_text(body, name)]
    if missing:
        yield f"required attributes are not set: {', '.join(missing)}"
    yield from _shape("report", {n: v for n, v in body.items() if n != "data"})
    yield from _longer(body, "details", 2000)
    yield from _links(body, "link", "logo_url")
    data = body.get("data", [])
    if not isinstance(data, list) or len(data) > _DATA_FIELDS:
        yield f"The data field cannot contain more than {_DATA_FIELDS} items"
    else:
        yield from (f"The data item {n} is not valid" for n, each in enumerate(data) if _bad(each))


def _annotation_faults(body: Any) -> Iterator[str]:
    if not isinstance(body, dict):
        yield "The annotation must be an object"
        return
    needed = ("external_id", "annotation_type", "summary")
    missing = [name for name in needed if not _is_text(body, name)]
    if missing:
        yield f"required attributes are not set: {', '.join(missing)}"
    yield from _shape("report_annotation", body)
    yield from _longer(body, "summary", 450)
    yield from _longer(body, "details", 2000)
    yield from _links(body, "link")


def _shape(component: str, body: Mapping[str, Any]) -> Sequence[str]:
    # `type` tells kinds of objects apart; the operation's own examples send none
    faults = component_faults(SUBJECT, component, {"type": component, **body})
    return [f"{each.place}: {each.message}" for each in faults]


def _longer(body: Mapping[str, Any], name: str, most: int) -> Iterator[str]:
    text = body.get(name)
    if isinstance(text, str) and len(text.encode("utf-16-le", "surrogatepass")) // 2 > most:
        yield f"The {name} field cannot contain more than {most} characters."


def _links(body: Mapping[str, Any], *names: str) -> Iterator[str]:
    yield from (
        f"The {n} field is not a valid URL" for n in names if n in body and _no_url(body[n])
    )


def _no_url(link: Any) -> bool:
    parts = urlsplit(link) if isinstance(link, str) else None
    host = parts.hostname if parts and parts.scheme in ("http", "https") else None
    return not host or host in ("localhost", "127.0.0.1", "::1") or not {".", ":"} & {*host}


def _bad(item: Any) -> bool:
    if not isinstance(item, dict) or not _is_text(item, "title"):
        return True
    kind, value = item.get("type"), item.get("value")
    if kind is None:
        return not isinstance(value, bool | int | float | str)
    if kind == "LINK":
        return not isinstance(value, dict) or {*value} != {"text", "href"} or _no_url(value["href"])
    if kind not in _VALUES or (isinstance(value, bool) and kind != "BOOLEAN"):
        return True
    if kind == "PERCENTAGE":
        return not isinstance(value, int | float) or not 0 <= value <= 100
    return not isinstance(value, _VALUES[kind])


def _is_text(body: Mapping[str, Any], name: str) -> bool:
    value = body.get(name)
    return isinstance(value, str) and bool(value.strip())
