"""What the server holds against what a plan would have it hold. Pure."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from insights_uploader.plan.plan import Body, PlannedReport

Stored = Mapping[str, Any]
"""A report or an annotation as the server gives it; its members may be of any kind."""

_REPORT_FIELDS = ("title", "details", "result", "reporter", "link", "logoUrl")
_DATA_FIELDS = ("title", "type", "value")
_ANNOTATION_FIELDS = ("externalId", "path", "line", "message", "severity", "type", "link")


class Difference(msgspec.Struct, frozen=True):
    """What separates a report's stored annotations from the planned ones.

    Attributes:
        missing: planned annotations that are not stored once and as planned.
        strays: external ids of stored ones that are not planned so, or are there twice.
        nameless: how many strays have no external id, and so cannot be deleted one by one.
    """

    missing: Sequence[Body]
    strays: Sequence[str]
    nameless: int

    def __bool__(self) -> bool:
        return bool(self.missing or self.strays or self.nameless)


def difference(planned: Sequence[Body], stored: Sequence[Stored]) -> Difference:
    """Compare annotations, in any order."""
    expected = {body["externalId"]: _annotation(body) for body in planned}
    ids = Counter(a["externalId"] for a in stored if _is_named(a))
    right, strays = set[str](), dict[str, None]()
    for annotation in filter(_is_named, stored):
        name = annotation["externalId"]
        if ids[name] == 1 and _annotation(annotation) == expected.get(name):
            right.add(name)
        else:
            strays[name] = None
    missing = [body for body in planned if body["externalId"] not in right]
    return Difference(missing, list(strays), len(stored) - ids.total())


def same_report(body: Body, stored: Stored) -> bool:
    """Tell whether a stored report shows what a body says; when it was made does not matter."""
    if any((body.get(name) or "") != (stored.get(name) or "") for name in _REPORT_FIELDS):
        return False
    data = stored.get("data") or []
    return isinstance(data, list) and list(map(_field, data)) == list(map(_field, body["data"]))


def same(planned: PlannedReport, report: Stored, annotations: Sequence[Stored]) -> bool:
    """Tell whether the server holds all of a report and nothing else."""
    return same_report(planned.body, report) and not difference(planned.annotations, annotations)


def created_ms(report: Stored) -> int | None:
    """When a stored report says that it was made; None when it does not say."""
    value = report.get("createdDate")
    return value if type(value) is int else None


def _field(item: object) -> object:
    return [item.get(name) for name in _DATA_FIELDS] if isinstance(item, Mapping) else item


def _is_named(annotation: Stored) -> bool:
    name = annotation.get("externalId")
    return isinstance(name, str) and bool(name)


def _annotation(annotation: Stored) -> Sequence[object]:
    """The compared members; an absent line counts as the server's default 0."""
    return [annotation.get(n) or (0 if n == "line" else "") for n in _ANNOTATION_FIELDS]
