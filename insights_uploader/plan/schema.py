"""The plan as JSON; docs/plan.schema.json describes it."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from insights_uploader import __version__
from insights_uploader.coverage import Rate
from insights_uploader.model.ledger import Ledger
from insights_uploader.model.measure import TestTotals
from insights_uploader.plan.plan import InputRecord, Plan, UnreadableInput

SCHEMA = "insights-uploader/plan/1"
"""A new number means that a reader of the old one may break."""


def to_json(plan: Plan, destinations: Sequence[Mapping[str, Any]] = ()) -> bytes:
    """The plan, indented, in UTF-8, with a final newline.

    Args:
        plan: with the bodies of Code Insights.
        destinations: what other destinations would be sent.
    """
    return _encoded({**plan_object(plan), "destinations": list(destinations)})


RECEIPT_SCHEMA = "insights-uploader/receipt/1"


def plan_object(plan: Plan) -> Mapping[str, Any]:
    """The plan as JSON's own types."""
    target = plan.target
    return {
        "schema": SCHEMA,
        "tool": f"insights-uploader {__version__}",
        "target": {name: getattr(target, name) for name in target.__struct_fields__},
        "reports": [
            {"key": r.key, "body": r.body, "annotations": list(r.annotations)} for r in plan.reports
        ],
        "ledger": {**ledger_object(plan.ledger), "paths": _paths(plan)},
        "measures": {"tests": _tests(plan), "coverage": _coverage(plan)},
        "inputs": [*map(_input, plan.inputs), *map(_unreadable, plan.unreadable)],
        "diff": {name: getattr(plan.diff, name) for name in plan.diff.__struct_fields__},
        "notes": list(plan.notes),
        "verdict": {
            "result": plan.verdict.result,
            "reasons": [
                {name: getattr(reason, name) for name in reason.__struct_fields__}
                for reason in plan.verdict.reasons
            ],
        },
    }


def receipt(
    plan: Plan,
    confirmed: Sequence[Mapping[str, Any]],
    deleted: Sequence[str],
    destinations: Sequence[Mapping[str, Any]],
    error: str | None,
) -> bytes:
    """What a run decided and what the server was seen to hold, without the bodies."""
    content = dict(plan_object(plan))
    content["schema"] = RECEIPT_SCHEMA
    content["reports"] = [
        {
            "key": report.key,
            "result": report.draft.result,  # the gate's word; each server has its own for it
            "annotations": len(report.annotations),
            "ledger": ledger_object(report.draft.ledger),
        }
        for report in plan.reports
    ]
    content["confirmed"] = list(confirmed)
    content["deleted"] = list(deleted)
    content["destinations"] = list(destinations)
    content["error"] = error
    return _encoded(content)


def _encoded(content: Mapping[str, Any]) -> bytes:
    """JSON in UTF-8, which the names of files and branches need not be."""
    try:
        text = msgspec.json.encode(content)
    except UnicodeEncodeError:
        text = msgspec.json.encode(_in_utf8(content))
    return msgspec.json.format(text, indent=2) + b"\n"


def _in_utf8(value: Any) -> Any:
    """A value with U+FFFD for every lone surrogate, as Python puts for a byte that it cannot decode."""
    match value:
        case str():
            return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        case Mapping():
            return {_in_utf8(key): _in_utf8(each) for key, each in value.items()}
        case list() | tuple():
            return [_in_utf8(each) for each in value]
        case _:
            return value


def ledger_object(ledger: Ledger) -> Mapping[str, Any]:
    """A ledger as JSON's own types; dispositions without findings are left out."""
    return {
        "parsed": ledger.parsed,
        "derived": ledger.derived,
        "dispositions": {str(key): number for key, number in ledger.dispositions.items()},
    }


def _paths(plan: Plan) -> Mapping[str, int]:
    """How many distinct paths the inputs name, and how many of them are in the repository."""
    return {
        "distinct": sum(record.paths for record in plan.inputs),
        "matched": sum(record.matched for record in plan.inputs),
    }


def _tests(plan: Plan) -> Mapping[str, int] | None:
    totals: TestTotals | None = None
    for tests in plan.tests:
        totals = totals.plus(tests) if totals else tests
    if totals is None:
        return None
    return {
        "total": totals.total,
        "passed": totals.passed,
        "failed": totals.failed,
        "errors": totals.errors,
        "skipped": totals.skipped,
        "duration_ms": totals.duration_ms,
    }


def _coverage(plan: Plan) -> Mapping[str, Any] | None:
    drafts = [r.draft for r in plan.reports if r.draft.coverage and r.draft.changed_coverage]
    if not drafts:
        return None
    return {
        "project": _rate([d.coverage for d in drafts if d.coverage]),
        "changed": _rate([d.changed_coverage for d in drafts if d.changed_coverage]),
    }


def _rate(rates: Sequence[Rate]) -> Mapping[str, Any]:
    rate = Rate(sum(r.covered for r in rates), sum(r.measured for r in rates))
    return {"covered": rate.covered, "measured": rate.measured, "percent": rate.percent}


def _input(record: InputRecord) -> Mapping[str, Any]:
    return {
        "path": record.path,
        "format": record.format,
        "tool": ", ".join(record.tools),
        "findings": record.findings,
        "outcome": "read",
        "paths": {
            "distinct": record.paths,
            "matched": record.matched,
            "rule": record.path_rule,
            "unmatched": record.unmatched,
        },
        "remarks": [remark.message for remark in record.remarks],
    }


def _unreadable(record: UnreadableInput) -> Mapping[str, Any]:
    return {
        "path": record.path,
        "outcome": "unreadable",
        "reports": record.reports,
        "reason": record.message,
        "hint": record.hint,
    }
