"""`insights-uploader explain`: why a finding was or was not published."""

import os
import re
from typing import Any

import click

from insights_uploader.cli.options import results_options
from insights_uploader.cli.planning import plan_from, settled
from insights_uploader.cli.speaking import say
from insights_uploader.cli.verdicts import fail, unreadable
from insights_uploader.model.finding import Finding, Placed
from insights_uploader.model.ledger import Disposition
from insights_uploader.preview.plain import plain
from insights_uploader.repository.checkout import Checkout

_UNKNOWN = ", and the commit has no such file"
_PLACE = re.compile(r"(.+?)(?::(\d{1,9}))?", re.DOTALL)


@click.command("explain")
@click.argument("place", metavar="PATH[:LINE]")
@results_options
def command(place: str, **options: Any) -> int:
    """Tell of each finding in a file, or on a line of it, how it ended and why.

    PATH is the file's in the repository, or the end of what the tool wrote. The results are read
    again with the same options as for publish.
    """
    match = _PLACE.fullmatch(place)
    path, line = (match[1], int(match[2]) if match[2] else None) if match else (place, None)
    heard: list[tuple[Placed, Disposition, str, bytes | None]] = []

    name = path.removeprefix("./")

    def trace(placed: Placed, end: Disposition, why: str, identity: bytes | None) -> None:
        if _is_at(placed, name, line):
            heard.append((placed, end, why, identity))

    plan = plan_from(settled(options), trace)
    shown = {a.id: a.message for report in plan.reports for a in report.draft.annotations}
    seen: set[bytes] = set()
    for placed, end, why, identity in heard:
        if identity is None:
            say(_line(placed, end, why))
            continue
        words = shown.get(identity.hex())
        if identity in seen or (words and placed.finding.message.strip() not in words):
            say(_line(placed, Disposition.DUPLICATE, _standing_for(placed.finding)))
            continue
        seen.add(identity)
        if words:
            say(_line(placed, end, why))
        else:
            say(_line(placed, Disposition.OVER_CAP, "others rank before it: --max-annotations"))
    if not heard:
        files = Checkout(options["checkout"], os.environ).head.files
        unknown = "" if any(f"/{each}".endswith(f"/{name}") for each in files) else _UNKNOWN
        say(f"no finding of these results is at {plain(place)}{unknown}")
    fail(unreadable(plan))
    return 0


def _standing_for(finding: Finding) -> str:
    """Why a finding that passed the filter has no annotation of its own."""
    if finding.variant_of is None:
        return "the same finding was read twice"
    return f"one annotation tells of all cases of {finding.variant_of} that fail here"


def _is_at(placed: Placed, path: str, line: int | None) -> bool:
    """True when a finding, or a place that its tool named, is at this path and line."""
    lines = [(placed.path, placed.line, placed.line)]
    if placed.shown_at is not None:
        lines.append((placed.path, placed.shown_at, placed.shown_at))
    for location in placed.finding.locations:
        same = location.path == path or location.path.replace("\\", "/").endswith(f"/{path}")
        if same or location == placed.location:
            end = location.end_line or location.line
            lines.append((path if same else placed.path, location.line, end))
    return any(
        at == path and (line is None or start is None or start <= line <= (end or start))
        for at, start, end in lines
    )


def _line(placed: Placed, end: Disposition, why: str) -> str:
    finding = placed.finding
    location = placed.location or (finding.locations[0] if finding.locations else None)
    where = placed.path or (location.path if location else "(no place)")
    line = f":{location.line}" if location and location.line else ""
    words = plain(f"{finding.tool}, {finding.rule}: {finding.message}")
    shown = placed.shown_at or placed.line
    if end.is_published and location and shown != location.line and shown:
        why = f"{why}; it is shown at line {shown}"
    return f"{plain(where)}{line}  {end}  {plain(words)[:160]}\n  because: {plain(why)}"
