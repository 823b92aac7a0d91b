"""What the server holds against what a plan would have it hold. Pure."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from insights_uploader.plan.dialect import Dialect
from insights_uploader.plan.plan import Body, PlannedReport

Stored = Mapping[str, Any]
"""A report or an annotation as the server gives it; its members may be of any kind."""

_DATA_FIELDS = ("title", "type", "value")


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


def difference(planned: Sequence[Body], stored: Sequence[Stored], dialect: Dialect) -> Difference:
    """Compare annotations, in any order."""
    named = dialect.external_id
    expected = {body[named]: _annotation(body, dialect) for body in planned}
    nameable = [each for each in stored if _is_named(each, dialect)]
    ids = Counter(each[named] for each in nameable)
    right, strays = set[str](), dict[str, None]()
    for annotation in nameable:
        name = annotation[named]
        if ids[name] == 1 and _annotation(annotation, dialect) == expected.get(name):
            right.add(name)
        else:
            strays[name] = None
    missing = [body for body in planned if body[named] not in right]
    return Difference(missing, list(strays), len(stored) - ids.total())


def same_report(body: Body, stored: Stored, dialect: Dialect) -> bool:
    """Tell whether a stored report shows what a body says; when it was made does not matter."""
    if any((body.get(name) or "") != (stored.get(name) or "") for name in dialect.report):
        return False
    return _data(body, dialect) == _data(stored, dialect)


def same(
    planned: PlannedReport, report: Stored, annotations: Sequence[Stored], dialect: Dialect
) -> bool:
    """Tell whether the server holds all of a report and nothing else."""
    if not same_report(planned.body, report, dialect):
        return False
    return not difference(planned.annotations, annotations, dialect)


def created_ms(report: Stored, dialect: Dialect) -> int | None:
    """When a stored report says that it was made; None when it does not say."""
    data = report.get("data")
    fields = data if isinstance(data, list) else []
    said = [item.get("value") for item in fields if _title(item) == dialect.made]
    value = next(iter(said), report.get(dialect.made))
    return value if type(value) is int and 0 <= value < 2**63 else None


def _data(report: Stored, dialect: Dialect) -> object:
    data = report.get("data") or []
    if not isinstance(data, list):
        return data
    return [_field(item) for item in data if _title(item) != dialect.made]


def _title(item: object) -> object:
    return item.get("title") if isinstance(item, Mapping) else None


def _field(item: object) -> object:
    return [item.get(name) for name in _DATA_FIELDS] if isinstance(item, Mapping) else item


def _is_named(annotation: Stored, dialect: Dialect) -> bool:
    name = annotation.get(dialect.external_id)
    return isinstance(name, str) and bool(name)


def _annotation(annotation: Stored, dialect: Dialect) -> Sequence[object]:
    """The compared members; an absent line counts as the server's default 0."""
    return [annotation.get(n) or (0 if n == "line" else "") for n in dialect.annotation]
