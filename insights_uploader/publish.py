"""Floor 6: the replace protocol: delete, then create, and believe only what is read back.

For each report: DELETE; PUT; POST the annotations; GET them and compare. A report that is to
pass while annotations are still to come first says FAIL and "publishing", so that a run that
dies in between leaves no pass; a last PUT says PASS once the annotations are confirmed. It is
not known whether a PUT keeps a report's annotations: when they are gone they are posted again.
Nor is it known whether a DELETE took the old ones: without annotations they are compared too.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
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


def publish(plan: Plan, server: Reports) -> Iterator[Confirmed]:
    """Send a plan; yields each report once it is confirmed, or raises.

    Raises:
        PartialError: the server holds something of this run: a report that is not finished,
            finished ones without the others, or something else than was sent.
        ServerError: no report of this run was accepted. An older one may be deleted; when no
            answer came to the first PUT, its report may be there nevertheless.
    """
    confirmed: list[str] = []
    for planned in plan.reports:
        accepted = False
        try:
            _begin(planned, server)
            accepted = True
            report = _finish(planned, server)
        except ServerError as error:
            if not accepted and not confirmed:
                raise
            raise _partial(error, planned.key if accepted else None, confirmed) from error
        confirmed.append(report.key)
        yield report


def _begin(planned: PlannedReport, server: Reports) -> None:
    """Put the report in the place of what was there."""
    server.delete_report(planned.key)
    body = planned.body
    server.put_report(planned.key, _unfinished(body) if _passes_late(planned) else body)


def _finish(planned: PlannedReport, server: Reports) -> Confirmed:
    """Add the annotations, let the report pass if it does, and confirm all of it."""
    key = planned.key
    if planned.annotations:
        server.post_annotations(key, planned.annotations)
    _confirm_annotations(planned, server)
    if _passes_late(planned):
        server.put_report(key, planned.body)
        if not server.annotations(key):
            server.post_annotations(key, planned.annotations)
        _confirm_annotations(planned, server)
    _confirm_report(planned, server)
    return Confirmed(key, Result(planned.body["result"]), len(planned.annotations))


def _passes_late(planned: PlannedReport) -> bool:
    return bool(planned.annotations) and planned.body["result"] == Result.PASS


def _partial(error: ServerError, unfinished: str | None, confirmed: Sequence[str]) -> PartialError:
    """The failure, with what it leaves on the server."""
    message = error.message.rstrip(".") + "."
    if unfinished is not None:
        message += f" Report {unfinished} is not finished."
    if confirmed:
        message += f" Published before that: {', '.join(confirmed)}."
    slug = error.slug if isinstance(error, PartialError) else "published-in-part"
    return PartialError(slug, message, error.hint, error.status)


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
            f"report {planned.key}: it was sent as {planned.body['result']} and the server does "
            "not hold it so",
            "Another run may be publishing the same commit. Run again.",
        )


def _fingerprints(annotations: Iterable[Mapping[str, Any]]) -> Counter[tuple[str | int, ...]]:
    """The compared fields of each annotation; an absent line counts as the server's default 0."""
    return Counter(
        tuple(_scalar(a.get(name) or (0 if name == "line" else "")) for name in _COMPARED)
        for a in annotations
    )


def _scalar(value: object) -> str | int:
    """The value; anything that we never send is as good as none, and need not be hashable."""
    return value if isinstance(value, str | int) else -1
