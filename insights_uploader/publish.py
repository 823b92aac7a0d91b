"""Floor 6: the replace protocol: delete, then create, and believe only what is read back.

For each report: DELETE; PUT; POST the annotations; GET them and compare. A report that is to
pass while annotations are still to come first says FAIL and "publishing", so that a run that
dies in between leaves no pass; a last PUT says PASS once the annotations are confirmed. It is
not known whether a PUT keeps a report's annotations: when they are gone they are posted again.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

import msgspec

from insights_uploader.gate import Result
from insights_uploader.model.errors import PartialError, ServerError
from insights_uploader.plan.plan import Body, Plan, PlannedReport

_COMPARED = ("externalId", "path", "line", "message", "severity", "type", "link")
_PUBLISHING = "The results are being published. If this stays, the run that did so has died."


class Reports(Protocol):
    """The reports of the plan's commit on a server; every method may raise ServerError."""

    def delete_report(self, key: str) -> None:
        """Delete a report and its annotations, if there is one."""
        ...

    def put_report(self, key: str, body: Body) -> Mapping[str, Any]:
        """Create or replace a report."""
        ...

    def report(self, key: str) -> Mapping[str, Any]:
        """A stored report."""
        ...

    def post_annotations(self, key: str, bodies: Sequence[Body]) -> None:
        """Add annotations: all or none."""
        ...

    def annotations(self, key: str) -> Sequence[Mapping[str, Any]]:
        """A report's stored annotations."""
        ...


class Confirmed(msgspec.Struct, frozen=True):
    """What the server was seen to hold after the run.

    Attributes:
        key: of the report.
        result: PASS or FAIL.
        annotations: how many.
    """

    key: str
    result: Result
    annotations: int


def publish(plan: Plan, server: Reports) -> Sequence[Confirmed]:
    """Send a plan; every report is confirmed, or it raises.

    Raises:
        PartialError: some reports are published and another could not be.
        ServerError: nothing is published.
    """
    confirmed: list[Confirmed] = []
    for planned in plan.reports:
        try:
            confirmed.append(_replace(planned, server))
        except ServerError as error:
            if not confirmed:
                raise
            done = ", ".join(c.key for c in confirmed)
            raise PartialError(
                "published-in-part",
                f"{error.message} Published before that: {done}.",
                error.hint,
                error.status,
            ) from error
    return confirmed


def _replace(planned: PlannedReport, server: Reports) -> Confirmed:
    key, body = planned.key, planned.body
    server.delete_report(key)
    passes_late = bool(planned.annotations) and body["result"] == Result.PASS
    server.put_report(key, _unfinished(body) if passes_late else body)
    if planned.annotations:
        server.post_annotations(key, planned.annotations)
        _confirm_annotations(planned, server)
    if passes_late:
        server.put_report(key, body)
        if not server.annotations(key):
            server.post_annotations(key, planned.annotations)
        _confirm_annotations(planned, server)
    _confirm_report(planned, server)
    return Confirmed(key, Result(body["result"]), len(planned.annotations))


def _unfinished(body: Body) -> Body:
    return {**body, "result": str(Result.FAIL), "details": _PUBLISHING}


def _confirm_annotations(planned: PlannedReport, server: Reports) -> None:
    """Compare what the server holds with what was sent.

    Raises:
        PartialError: something is missing, changed or too much.
    """
    stored = _fingerprints(server.annotations(planned.key))
    sent = _fingerprints(planned.annotations)
    if stored == sent:
        return
    missing, strange = (sent - stored).total(), (stored - sent).total()
    raise PartialError(
        "not-confirmed",
        f"report {planned.key}: of {sent.total()} annotations the server holds "
        f"{sent.total() - missing} as sent, and {strange} that are not from this run",
        "Another run may be publishing the same commit. Run again.",
    )


def _confirm_report(planned: PlannedReport, server: Reports) -> None:
    stored = server.report(planned.key)
    if stored.get("result") != planned.body["result"]:
        raise PartialError(
            "not-confirmed",
            f"report {planned.key}: it was sent as {planned.body['result']} and the server "
            f"says {str(stored.get('result'))[:20]}",
            "Another run may be publishing the same commit. Run again.",
        )


def _fingerprints(annotations: Iterable[Mapping[str, Any]]) -> Counter[tuple[Any, ...]]:
    """The compared fields of each annotation; an absent line counts as the server's default 0."""
    return Counter(
        tuple(str(a.get(name) or (0 if name == "line" else "")) for name in _COMPARED)
        for a in annotations
    )
