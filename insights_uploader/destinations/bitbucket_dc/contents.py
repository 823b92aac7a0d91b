"""What a Code Insights report tells besides its annotations: details and data fields. Pure."""

from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any

from insights_uploader.coverage import PARTIAL, Rate
from insights_uploader.gate import UNREADABLE
from insights_uploader.model.finding import Severity
from insights_uploader.model.ledger import Disposition
from insights_uploader.model.measure import TestTotals
from insights_uploader.plan.draft import ReportDraft

_WORDS = {
    Disposition.OFF_DIFF: "on unchanged lines",
    Disposition.PATH_UNRESOLVED: "in files that are not in the repository",
    Disposition.SUPPRESSED: "suppressed",
    Disposition.IGNORED: "ignored by this project's settings",
    Disposition.DUPLICATE: "shown together with another",
    Disposition.IN_BASELINE: "known from before",
    Disposition.OVER_CAP: "beyond the limit of annotations",
    Disposition.INVALID: "refused by the server",
}
_NOTHING_READ = "What was found is not known."
_RULES = 5
_REASONS = 5


def details(draft: ReportDraft) -> str:
    """What is shown, what is not and why: the ledger in sentences."""
    ledger = draft.ledger
    lines = [f"Fails: {reason.words}." for reason in islice(draft.reasons, _REASONS)]
    if draft.tests is not None:
        lines.append(_tests(draft.tests))
    if draft.coverage is not None and draft.changed_coverage is not None:
        lines.append(_coverage(draft.coverage, draft.changed_coverage))
    found = ledger.parsed + ledger.derived
    if not found:
        lines.append(_NOTHING_READ if _is_unread(draft) else "Nothing was found.")
        return "\n".join(lines)
    lines.append(
        f"{ledger.published} of {found} finding{'' if found == 1 else 's'} "
        f"{'is' if ledger.published == 1 else 'are'} shown."
    )
    if moved := ledger.count(Disposition.RELOCATED):
        lines.append(f"{moved} of them at the nearest changed line, their own being unchanged.")
    if above := ledger.count(Disposition.REPORT_LEVEL):
        lines.append(f"{above} of them here, having no line in this pull request's diff.")
    hidden = [f"{n} {words}" for end, words in _WORDS.items() if (n := ledger.count(end))]
    if hidden:
        lines.append(f"Not shown: {', '.join(hidden)}.")
    if ledger.count(Disposition.OVER_CAP):
        rules = draft.hidden_rules
        most = ", ".join(f"{rule} ({n})" for rule, n in islice(rules.items(), _RULES))
        others = len(rules) - _RULES
        more = f" and {others} other rule{'s' if others > 1 else ''}" if others > 0 else ""
        lines.append(f"Beyond the limit: {most}{more}.")
    return "\n".join(lines)


def data_fields(draft: ReportDraft) -> Sequence[Mapping[str, Any]]:
    """At most six figures, in Bitbucket's own types (RestInsightReportData)."""
    tests = draft.tests
    if _is_unread(draft):
        return []
    if draft.coverage is not None and draft.changed_coverage is not None:
        return _coverage_fields(draft.coverage, draft.changed_coverage, draft)
    if tests is not None:
        return [
            _field("Tests", "NUMBER", tests.total),
            _field("Passed", "NUMBER", tests.passed),
            _field("Failed", "NUMBER", tests.failed),
            _field("Errors", "NUMBER", tests.errors),
            _field("Skipped", "NUMBER", tests.skipped),
            _field("Duration", "DURATION", tests.duration_ms),
        ]
    return [
        *(_field(s.name.title(), "NUMBER", draft.severities.get(s, 0)) for s in reversed(Severity)),
        _field("On unchanged lines", "NUMBER", draft.ledger.count(Disposition.OFF_DIFF)),
        *(_field("Version", "TEXT", v) for v in islice(draft.versions, 1)),
    ]


def _is_unread(draft: ReportDraft) -> bool:
    """True when all that is known of a report is that its results cannot be read."""
    measured = draft.tests or draft.coverage or draft.ledger.parsed or draft.versions
    return not measured and any(reason.rule == UNREADABLE for reason in draft.reasons)


def _coverage_fields(
    project: Rate, changed: Rate, draft: ReportDraft
) -> Sequence[Mapping[str, Any]]:
    return [
        _rate("Changed lines", changed, "none to cover"),
        _field("Changed lines missed", "NUMBER", changed.measured - changed.covered),
        _rate("All lines", project, "none measured"),
        _field("All lines missed", "NUMBER", project.measured - project.covered),
        _field("Partial branches", "NUMBER", draft.rules.get(PARTIAL, 0)),
    ]


def _rate(title: str, rate: Rate, nothing: str) -> Mapping[str, Any]:
    if rate.percent is None:  # a percentage of null is an error on the server
        return _field(title, "TEXT", nothing)
    return _field(title, "PERCENTAGE", rate.percent)


def _field(title: str, kind: str, value: float | str) -> Mapping[str, Any]:
    return {"title": title, "type": kind, "value": value}


def _coverage(project: Rate, changed: Rate) -> str:
    if project.percent is None:
        return "Nothing was measured."
    whole = f"{project.covered} of {project.measured} measured lines are covered"
    whole = f"{whole} ({project.percent:g} %)"
    if changed.percent is None:
        return f"No changed line is measured. Of the project {whole}."
    part = f"{changed.covered} of {changed.measured} changed lines are covered"
    return f"{part} ({changed.percent:g} %), of the project {whole}."


def _tests(tests: TestTotals) -> str:
    parts = [f"{tests.passed} passed"]
    if tests.failed:
        parts.append(f"{tests.failed} failed")
    if tests.errors:
        parts.append(f"{tests.errors} in error")
    if tests.skipped:
        parts.append(f"{tests.skipped} skipped")
    return f"Of {tests.total} tests {', '.join(parts)}."
