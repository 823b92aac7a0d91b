"""What the server holds, as lines for a terminal and as JSON. Pure."""

import datetime as dt
import re
from collections.abc import Iterator

import msgspec

from insights_uploader.destinations.bitbucket_cloud.stored_reports import (
    CloudAnnotation,
    CloudReport,
)
from insights_uploader.destinations.bitbucket_dc.stored_reports import (
    StoredAnnotation,
    StoredReport,
)
from insights_uploader.preview.plain import plain

_NOT_ASCII = re.compile(r"[^\n\x20-\x7e]")


def as_json(value: object) -> str:
    """JSON in ASCII, so that no terminal obeys what is in it."""
    text = msgspec.json.format(msgspec.json.encode(value).decode("utf-8", "replace"), indent=2)
    return _NOT_ASCII.sub(_escaped, text) + "\n"


def report_line(report: StoredReport | CloudReport) -> str:
    """A report in one line."""
    made = f", made {_date(report.created_date)}" if report.created_date is not None else ""
    return plain(f"{report.key}  {report.result or 'no result'}  {report.title}{made}")


def report_lines(report: StoredReport | CloudReport) -> Iterator[str]:
    """A report with all that it holds."""
    yield report_line(report)
    for name in ("reporter", "link", "logo_url"):
        if (value := getattr(report, name)) is not None:
            yield plain(f"  {name.replace('_', ' ')}: {value}")
    for field in report.data or ():
        value = bytes(field.value).decode("utf-8", "replace")
        kind = f" ({field.type})" if field.type else ""
        yield plain(f"  {field.title or 'untitled'}{kind}: {value}")
    if report.details:
        yield "  details:"
        yield from (f"    {plain(line)}" for line in report.details.splitlines())


def annotation_line(annotation: StoredAnnotation | CloudAnnotation) -> str:
    """An annotation in one line."""
    line = f":{annotation.line}" if annotation.line else ""
    where = f"{annotation.path}{line}" if annotation.path else "(no path)"
    kind = f" {annotation.type}" if annotation.type else ""
    of = f"  [{annotation.report_key or '?'} {annotation.external_id or 'no external id'}]"
    return plain(f"{where}  {annotation.severity or 'no severity'}{kind}  {annotation.message}{of}")


def _date(milliseconds: int) -> str:
    try:
        moment = dt.datetime.fromtimestamp(milliseconds / 1000, dt.UTC)
    except (OverflowError, ValueError, OSError):
        return f"at {milliseconds} ms"
    return moment.strftime("%Y-%m-%d %H:%M:%S UTC")


def _escaped(match: re.Match[str]) -> str:
    units = match[0].encode("utf-16-be", "surrogatepass")
    pairs = (units[i : i + 2].hex() for i in range(0, len(units), 2))
    return "".join(f"\\u{pair}" for pair in pairs)
