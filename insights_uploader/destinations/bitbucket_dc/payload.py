"""Code Insights' request bodies on Bitbucket Data Center. Pure.

The limits are those of Atlassian's OpenAPI file for 9.4 (RestSetInsightReportRequest,
RestSingleAddInsightAnnotationRequest) and of its API page, counted as Java counts, in UTF-16 code
units. A body that the server could refuse for its content cannot be built here.
"""

import hashlib
import re
import unicodedata
from collections.abc import Mapping
from itertools import islice
from typing import Any
from urllib.parse import urlsplit

from insights_uploader.destinations.bitbucket_dc.contents import data_fields, details
from insights_uploader.plan.dialect import Dialect
from insights_uploader.plan.draft import AnnotationDraft, ReportDraft
from insights_uploader.plan.plan import Body

MAX_TITLE = 450
MAX_DETAILS = 2000
MAX_REPORTER = 450
MAX_DATA = 6
MAX_MESSAGE = 2000
MAX_PATH = 50_000
MAX_KEY = 50  # the server's own words; its OpenAPI file is silent
MAX_LINE = 2**31 - 1

_ELLIPSIS = "…"
_TO_TERMINAL = re.compile(  # ECMA-48: a colour or another order, and a title or link (OSC)
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b\n]{0,4096}(?:\x07|\x1b\\)|\x1b[ -/]*[0-~]"
)
_LINE_END = re.compile(r"\r\n?|[\v\f\x85]")
# Control characters, those that make text read in another order, and what is no character.
_INVISIBLE = re.compile(
    r"[\x00-\x08\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufdd0-\ufdef\ufffe\uffff]"
)
_SURROGATE = re.compile(r"[\ud800-\udfff]")  # half a character, which no JSON can carry
# Two that are one character: the joiner (UAX 29), a skin colour, a tag, two letters of a flag.
_JOINED = re.compile(
    r"\u200d.|.[\u200d\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f]|[\U0001f1e6-\U0001f1ff]{2}",
    re.DOTALL,
)
_MAX_CHARACTER = 32  # code points; more marks on one letter than any script has
_NOT_IN_KEY = re.compile(r"[^a-z0-9_-]+")
_UNREADABLE = "unreadable"
_NOT_IN_URL = re.compile(r"[\s\x00-\x20\x7f<>\"{}|\\^`]")


class CodeInsightsPayload:
    """Builds the bodies of reports and annotations."""

    dialect = Dialect(
        external_id="externalId",
        report=("title", "details", "result", "reporter", "link", "logoUrl"),
        annotation=("externalId", "path", "line", "message", "severity", "type", "link"),
        unfinished="FAIL",  # there is no PENDING
        per_call=None,
        made="createdDate",
    )

    def body(self, draft: ReportDraft) -> Body:
        """The body of the PUT that creates a report (RestSetInsightReportRequest)."""
        body: dict[str, Any] = {
            "title": fitted(draft.title, MAX_TITLE) or draft.key,
            "details": fitted(details(draft), MAX_DETAILS),
            "result": str(draft.result),
            "data": [_data(field) for field in islice(data_fields(draft), MAX_DATA)],
            "reporter": fitted(draft.reporter, MAX_REPORTER),
            "createdDate": draft.created_ms,
        }
        body |= _address("link", draft.link) | _address("logoUrl", draft.logo_url)
        return body

    def annotation_bodies(self, draft: ReportDraft) -> tuple[Body, ...]:
        """The items of the POST's list (RestSingleAddInsightAnnotationRequest)."""
        return tuple(_annotation(annotation) for annotation in draft.annotations)


def report_key(prefix: str, name: str) -> str:
    """The key of a tool's or a group's report: `prefix.name`, static, at most 50 characters.

    Names that differ in nothing but case and odd characters share a key, and so a report. There is
    no dot in the name, so that a prefix is told from a longer one. A key that is too long is cut
    and ends in a hash of the whole.
    """
    return _fitting(f"{prefix}.{_in_key(name) or 'tool'}")


def unread_key(prefix: str, path: str) -> str:
    """The key of the report that tells of a results file that cannot be read."""
    return _fitting(f"{prefix}.{_UNREADABLE}.{_in_key(path) or 'results'}")


def is_key_of(prefix: str, key: str) -> bool:
    """True for the keys that are made with this prefix, and not with one that it begins."""
    name = key.removeprefix(f"{prefix}.").removeprefix(f"{_UNREADABLE}.")
    return key.startswith(f"{prefix}.") and bool(name) and "." not in name


def _in_key(name: str) -> str:
    return _NOT_IN_KEY.sub("-", name.lower()).strip("-")


def _fitting(key: str) -> str:
    if len(key) > MAX_KEY:
        mark = hashlib.sha256(key.encode()).hexdigest()[:8]
        key = f"{key[: MAX_KEY - len(mark) - 1]}-{mark}"
    return key


def fitted(text: str, units: int) -> str:
    r"""The beginning of a text that fits into a number of UTF-16 code units.

    What no reader can see is removed: control characters, orders to a terminal as a whole, marks
    of direction. Line ends become `\n`. Everything else stays as it is, Markdown too. Where the
    text is cut stands an ellipsis, and no character is split, whatever it is made of.
    """
    text = _LINE_END.sub("\n", _TO_TERMINAL.sub("", text))
    text = _SURROGATE.sub("\ufffd", _INVISIBLE.sub("", text)).strip()
    if len(text) <= units // 2 or _units(text) <= units:
        return text
    room = units - len(_ELLIPSIS)
    end = min(room, len(text))
    while (over := _units(text[:end]) - room) > 0:
        end -= (over + 1) // 2
    return text[: _character_start(text, end)].rstrip() + _ELLIPSIS


def _character_start(text: str, end: int) -> int:
    """Where the character that a cut at `end` would split begins; `end` where it splits none."""
    for start in range(end, max(end - _MAX_CHARACTER, 0), -1):
        is_mark = unicodedata.category(text[start]).startswith("M")
        if not is_mark and not _JOINED.match(text, start - 1):
            return start
    return end


def is_web_address(link: str) -> bool:
    """True for what the server takes as "a valid http or https URL"."""
    if _NOT_IN_URL.search(link):
        return False
    try:
        parts = urlsplit(link)
        is_web = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
    return is_web and parts.username is None and parts.password is None  # no secret in a link


def _annotation(draft: AnnotationDraft) -> Body:
    body: dict[str, Any] = {
        "externalId": draft.id,
        "message": fitted(draft.message, MAX_MESSAGE) or "The tool gave no message.",
        "severity": draft.severity.name,
    }
    if draft.type is not None:
        body["type"] = str(draft.type)
    if draft.path is not None and _units(draft.path) <= MAX_PATH:
        body["path"] = draft.path
        if draft.line is not None and 0 < draft.line <= MAX_LINE:
            body["line"] = draft.line
    return body | _address("link", draft.link)


def _data(field: Mapping[str, Any]) -> Mapping[str, Any]:
    return {k: fitted(v, MAX_TITLE) if isinstance(v, str) else v for k, v in field.items()}


def _address(name: str, link: str | None) -> dict[str, str]:
    return {name: link} if link is not None and is_web_address(link) else {}


def _units(text: str) -> int:
    """The length in UTF-16 code units."""
    return len(text) + sum(character > "\uffff" for character in text)
