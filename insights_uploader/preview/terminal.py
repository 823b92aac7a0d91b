"""A plan as text for a terminal or a build log. Pure: colours are the caller's to strip."""

from collections.abc import Iterator, Mapping

import click

from insights_uploader.gate import Result
from insights_uploader.model.finding import Severity
from insights_uploader.model.ledger import Disposition, Ledger
from insights_uploader.plan.draft import AnnotationDraft
from insights_uploader.plan.plan import InputRecord, Plan, PlannedReport
from insights_uploader.preview.plain import plain

_COLOURS: Mapping[Severity, str] = {
    Severity.HIGH: "red",
    Severity.MEDIUM: "yellow",
    Severity.LOW: "blue",
}
_WIDTH = 200


def text(plan: Plan) -> str:
    """The whole preview, with ANSI colours."""
    return "\n".join(_lines(plan)) + "\n"


def summary(plan: Plan) -> str:
    """The preview without the annotations: what was read, what became of it, the verdict."""
    return "\n".join([*_inputs(plan), "", *_ending(plan)]) + "\n"


def failures(plan: Plan) -> str:
    """Only what fails the gate; empty when it is passed."""
    return "".join(
        f"{_result(r.result)}  {f'{plain(r.report)}: ' if r.report else ''}{plain(r.words)}\n"
        for r in plan.verdict.failures()
    )


def verdict(plan: Plan) -> str:
    """Every rule of the gate with what was measured, failing ones first."""
    lines = [*_inputs(plan), "", ledger_line(plan.ledger)]
    for result in (Result.FAIL, Result.PASS):
        lines.extend(
            f"{_result(result)}  {f'{plain(r.report)}: ' if r.report else ''}{plain(r.words)}"
            for r in plan.verdict.reasons
            if r.result is result
        )
    return "\n".join([*lines, f"{_result(plan.verdict.result)}  the gate as a whole"]) + "\n"


def _lines(plan: Plan) -> Iterator[str]:
    yield from _inputs(plan)
    for report in plan.reports:
        yield ""
        yield from _report(report)
    yield ""
    yield from _ending(plan)


def _inputs(plan: Plan) -> Iterator[str]:
    for record in plan.inputs:
        yield from _input(record)
    for unread in plan.unreadable:
        yield f"not read: {plain(unread.message)}"
    base = f" since {plan.diff.base[:12]}" if plan.diff.base else ""
    yield (
        f"{plain(plan.diff.source)}: {_count(plan.diff.lines, 'changed line')} in "
        f"{_count(plan.diff.files, 'file')}{base}, up to {plan.target.commit[:12]}"
    )
    for note in plan.notes:
        yield f"  note: {plain(note)}"
    if not plan.diff.files:
        yield "  note: nothing changed there; is that what this commit is to be compared with?"


def _input(record: InputRecord) -> Iterator[str]:
    tools = plain(", ".join(record.tools))
    paths = ""
    if record.paths:
        paths = f"; {record.matched} of {_count(record.paths, 'path')} in the repository"
        if record.path_rule != "as written":
            paths += f" ({plain(record.path_rule)})"
    found = _count(record.findings, "finding")
    yield f"{plain(record.path)}: {record.format}, {tools}, {found}{paths}"
    for remark in record.remarks:
        where = f" (line {remark.line})" if remark.line else ""
        yield f"  note: {plain(remark.message)}{where}"
    for path, nearest in record.unmatched.items():
        hint = f"; is it {plain(nearest)}? {plain(_alias(path, nearest))}" if nearest else ""
        yield f"  not in the repository: {plain(path)}{hint}"


def _alias(path: str, file: str) -> str:
    """The option by which a path leads to a file."""
    ours, theirs = (name.replace("\\", "/").split("/") for name in (path, file))
    while ours and theirs and ours[-1] == theirs[-1]:
        ours.pop()
        theirs.pop()
    return f"--path-alias {'/'.join(ours)}={'/'.join(theirs)}"


def _report(report: PlannedReport) -> Iterator[str]:
    draft = report.draft
    versions = f" {', '.join(draft.versions)}" if draft.versions else ""
    heading = click.style(f"{plain(draft.title)}{plain(versions)}", bold=True)
    yield f"{heading}  {_result(draft.result)}  {report.key}"
    for line in str(report.body["details"]).splitlines():
        yield f"  {plain(line)}"
    for annotation in sorted(draft.annotations, key=_place):
        yield f"  {_annotation(annotation)}"
    for annotation_id, reason in draft.invalid.items():
        yield f"  left out {annotation_id}: {plain(reason)}"


def _place(annotation: AnnotationDraft) -> tuple[str, int, str]:
    """The reader's order; the plan's own is that of the ranks."""
    return (annotation.path or "", annotation.line or 0, annotation.message)


def _annotation(annotation: AnnotationDraft) -> str:
    severity = click.style(f"{annotation.severity.name:<6}", fg=_COLOURS[annotation.severity])
    words = plain(annotation.message.strip())
    if len(words) > _WIDTH:
        words = words[: _WIDTH - 1] + "…"
    if annotation.path is None:
        return f"{severity} {click.style('(report)', dim=True)} {words}"
    line = f":{annotation.line}" if annotation.line else ""
    return f"{severity} {plain(annotation.path)}{line}  {words}"


def _ending(plan: Plan) -> Iterator[str]:
    yield ledger_line(plan.ledger)
    for reason in plan.verdict.failures():
        report = f"{plain(reason.report)}: " if reason.report else ""
        yield f"{_result(reason.result)}  {report}{plain(reason.words)}"
    if plan.verdict.result is Result.PASS:
        yield f"{_result(Result.PASS)}  the gate is passed"


def ledger_line(ledger: Ledger, *, sent: bool = False) -> str:
    """The ledger on one line; what is not sent yet is still to be published."""
    words = {} if sent else {Disposition.PUBLISHED: "to publish"}
    ends = [f"{n} {words.get(end, end)}" for end in Disposition if (n := ledger.count(end))]
    found = _count(ledger.parsed + ledger.derived, "finding")
    if ledger.derived:
        found += f" ({ledger.derived} of them derived from coverage)"
    return f"{found}: {', '.join(ends)}" if ends else "no findings"


def _result(result: Result) -> str:
    return click.style(str(result), fg="green" if result is Result.PASS else "red", bold=True)


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}{'' if number == 1 else 's'}"
