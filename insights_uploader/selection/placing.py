"""Gives a finding its place in the repository and holds it against the changed lines."""

from typing import Protocol

from insights_uploader.model.finding import Finding, Location, Placed
from insights_uploader.model.ledger import Disposition
from insights_uploader.repository.paths import Resolved
from insights_uploader.selection.diff_filter import DiffFilter


class Resolve(Protocol):
    """Tells where a tool's path lies in the repository."""

    def __call__(self, path: str, *, derived: bool = False) -> Resolved:
        """Resolve a path that a tool wrote, or that a parser derived from a name."""


REPORT_LEVEL = "it belongs to the report as a whole"


def place(finding: Finding, resolve: Resolve, diff: DiffFilter) -> tuple[Placed, Disposition]:
    """Place a finding at the best of its locations.

    Of several locations the first on a changed line is taken, else the first in a changed file,
    else the first that is tracked. A finding of several lines is anchored at the first of them
    that changed; one of a whole file belongs to every changed file. One on no changed line moves to
    the nearest, if the filter relocates.

    Returns:
        The placed finding and how it ends by its place: `PUBLISHED` on a changed line, `RELOCATED`,
        `REPORT_LEVEL` for a failing test elsewhere and for what has no location, `OFF_DIFF` or
        `PATH_UNRESOLVED`.
    """
    if not finding.locations:
        return Placed(finding, None, None, None, REPORT_LEVEL), Disposition.REPORT_LEVEL
    moved: Placed | None = None
    fallback: Placed | None = None
    in_changed_file = False
    reason = ""
    for location in finding.locations:
        resolved = resolve(location.path, derived=location.derived)
        if resolved.path is None:
            reason = reason or resolved.rule
            continue
        anchor = _anchor(location, resolved.path, diff)
        if location.line is not None:
            shown_at = diff.relocated(resolved.path, anchor, location.line)
            if shown_at is not None:
                here = (finding, resolved.path, location.line, location, resolved.rule, shown_at)
                moved = moved or Placed(*here)
                continue
        if anchor is not None:
            placed = Placed(finding, resolved.path, anchor or None, location, resolved.rule)
            return placed, Disposition.PUBLISHED
        touched = diff.touches_file(resolved.path)
        if fallback is None or (touched and not in_changed_file):
            fallback = Placed(finding, resolved.path, location.line, location, resolved.rule)
            in_changed_file = touched
    if moved is not None:
        return moved, Disposition.RELOCATED
    if fallback is None:
        placed = Placed(finding, None, None, None, reason)
        end = Disposition.REPORT_LEVEL if finding.failed_test else Disposition.PATH_UNRESOLVED
        return placed, end
    return fallback, Disposition.REPORT_LEVEL if finding.failed_test else Disposition.OFF_DIFF


def _anchor(location: Location, path: str, diff: DiffFilter) -> int | None:
    """The line to annotate; 0 for the file as a whole; None when the filter takes neither."""
    if location.line is None:
        return 0 if diff.takes_file(path) else None
    return diff.anchor(path, location.line, max(location.line, location.end_line or 0))
