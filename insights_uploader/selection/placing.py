"""Gives a finding its place in the repository and holds it against the changed lines."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from insights_uploader.changes.line_map import LineMap
from insights_uploader.model.finding import Finding, Location, Placed
from insights_uploader.model.ledger import Disposition
from insights_uploader.repository.paths import Resolved
from insights_uploader.selection.diff_filter import DiffFilter


class Resolve(Protocol):
    """Tells where a tool's path lies in the repository."""

    def __call__(self, path: str, *, derived: bool = False) -> Resolved:
        """Resolve a path that a tool wrote, or that a parser derived from a name."""


_LONGEST = 10_000  # lines of one finding that are carried back
BROUGHT_IN = "the target branch brought that line in, not this one"
REPORT_LEVEL = "it belongs to the report as a whole"


def place(
    finding: Finding, resolve: Resolve, diff: DiffFilter, carried: LineMap | None = None
) -> tuple[Placed, Disposition]:
    """Place a finding at the best of its locations.

    Of several locations the first on a changed line is taken, else the first in a changed file,
    else the first that is tracked. A finding of several lines is anchored at the first of them
    that changed; one of a whole file belongs to every changed file. One on no changed line moves to
    the nearest, if the filter relocates.

    Args:
        finding: what the tool reported.
        resolve: finds its paths among the files that the tool saw.
        diff: the changed lines, and what of them a finding must touch.
        carried: leads from the lines of those files to the diff's; None where they are the same.

    Returns:
        The placed finding and how it ends by its place: `PUBLISHED` on a changed line, `RELOCATED`,
        `REPORT_LEVEL` for a failing test elsewhere and for what has no location, `OFF_DIFF` or
        `PATH_UNRESOLVED`.
    """
    if not finding.locations:
        return Placed(finding, None, None, None, REPORT_LEVEL), Disposition.REPORT_LEVEL
    spots, reason = _spots(finding, resolve, carried)
    if not spots:
        end = Disposition.REPORT_LEVEL if finding.failed_test else Disposition.PATH_UNRESOLVED
        return Placed(finding, None, None, None, reason), end
    moved: Placed | None = None
    for spot in spots:
        if not spot.is_ours:
            continue
        anchor = _anchor(spot.location, spot.path, diff)
        line = spot.location.line
        shown_at = diff.relocated(spot.path, anchor, line) if line is not None else None
        if shown_at is not None:
            moved = moved or spot.placed(finding, line, shown_at)
        elif anchor is not None:
            return spot.placed(finding, anchor or None), Disposition.PUBLISHED
    if moved is not None:
        return moved, Disposition.RELOCATED
    touched = (spot for spot in spots if spot.is_ours and diff.touches_file(spot.path))
    best = next(touched, spots[0])
    end = Disposition.REPORT_LEVEL if finding.failed_test else Disposition.OFF_DIFF
    return best.placed(finding, best.location.line), end


class _Spot(NamedTuple):
    """One of a finding's places that is tracked, where the diff counts its lines.

    `is_ours` is False for a line that the target branch brought in.
    """

    path: str
    location: Location
    rule: str
    is_ours: bool = True

    def placed(self, finding: Finding, line: int | None, shown_at: int | None = None) -> Placed:
        return Placed(finding, self.path, line, self.location, self.rule, shown_at)


def _spots(
    finding: Finding, resolve: Resolve, carried: LineMap | None
) -> tuple[Sequence[_Spot], str]:
    """The tracked ones of a finding's places, and why the first of the others is not."""
    spots = []
    reason = ""
    for location in finding.locations:
        resolved = resolve(location.path, derived=location.derived)
        if resolved.path is None:
            reason = reason or resolved.rule
            continue
        spot = _Spot(resolved.path, location, resolved.rule)
        if carried is not None:
            before = _before(location, resolved.path, carried)
            if before is None:
                spot = _Spot(resolved.path, location, BROUGHT_IN, is_ours=False)
            else:
                spot = _Spot(before.path, before, resolved.rule)
        spots.append(spot)
    return spots, reason


def _before(location: Location, path: str, carried: LineMap) -> Location | None:
    """The same place in the pull request's head; None for one that a merge brought in."""
    if location.line is None:
        old = carried.path_before(path)
        return None if old is None else Location(old)
    lines = range(location.line, min(location.end_line or 0, location.line + _LONGEST) + 1)
    found = [place for line in lines or [location.line] if (place := carried.before(path, line))]
    if not found:
        return None
    end = found[-1].line if found[-1].line > found[0].line else None
    return Location(found[0].path, found[0].line, end)


def _anchor(location: Location, path: str, diff: DiffFilter) -> int | None:
    """The line to annotate; 0 for the file as a whole; None when the filter takes neither."""
    if location.line is None:
        return 0 if diff.takes_file(path) else None
    return diff.anchor(path, location.line, max(location.line, location.end_line or 0))
