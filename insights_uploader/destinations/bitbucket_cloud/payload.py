"""Code Insights' request bodies on Bitbucket Cloud. Pure.

Atlassian's OpenAPI file for Cloud names the members and the words of the lists (`report`,
`report_annotation`); its prose the numbers of data fields, 10, and of annotations, 100 in a request
and 1,000 in a report. The lengths are those of real refusals: a summary ends at 450 and is never
empty (reviewdog/reviewdog #1285), details end at 2,000 and a report has some, and a type
(saibotsivad/bpr-npm-audit PR #3). A title's and reporter's are not documented: those of Data Center
are kept. They count as Java does, in UTF-16 code units.

Bitbucket Cloud dates a report itself, by when it comes, which tells nothing of two runs that publish
one commit. So a data field says when the results were read.
"""

from collections.abc import Mapping
from itertools import islice
from typing import Any
from urllib.parse import urlsplit

from insights_uploader.destinations.bitbucket_dc.contents import data_fields, details
from insights_uploader.destinations.bitbucket_dc.payload import fitted, is_web_address
from insights_uploader.destinations.secrecy import is_loopback
from insights_uploader.gate import Result
from insights_uploader.model.finding import FindingType
from insights_uploader.plan.dialect import Dialect
from insights_uploader.plan.draft import AnnotationDraft, ReportDraft
from insights_uploader.plan.plan import Body

MAX_TITLE = 450
MAX_REPORTER = 450
MAX_DETAILS = 2000
MAX_DATA = 10
MAX_DATA_TEXT = 450
MAX_SUMMARY = 450
MAX_ANNOTATIONS = 1000
"""In one report."""
PER_CALL = 100
"""Annotations in one request."""

MADE = "Results of"
"""The title of the data field that says when a report was made."""

_RESULTS = {Result.PASS: "PASSED", Result.FAIL: "FAILED"}
_SCANNERS = frozenset({
    "bandit", "brakeman", "checkov", "codeql", "gitleaks", "gosec", "grype", "njsscan", "nuclei",
    "safety", "semgrep", "snyk", "tfsec", "trivy", "trufflehog", "zap",
})  # fmt: skip
"""Tools that look for nothing but weaknesses, so that a report has the same type without any."""


class CloudInsightsPayload:
    """Builds the bodies of reports and annotations."""

    dialect = Dialect(
        external_id="external_id",
        report=(
            *("title", "details", "result", "report_type"),
            *("reporter", "link", "logo_url"),
        ),
        annotation=(
            *("external_id", "path", "line", "summary", "details"),
            *("severity", "annotation_type", "link"),
        ),
        unfinished="PENDING",
        per_call=PER_CALL,
        made=MADE,
    )

    def body(self, draft: ReportDraft) -> Body:
        """The body of the PUT that creates a report (`report`)."""
        data = [_data(field) for field in islice(data_fields(draft), MAX_DATA - 1)]
        body: dict[str, Any] = {
            "title": fitted(draft.title, MAX_TITLE) or draft.key,
            "details": fitted(details(draft), MAX_DETAILS),
            "report_type": report_type(draft),
            "result": _RESULTS[draft.result],
            "data": [*data, {"title": MADE, "type": "DATE", "value": draft.created_ms}],
        }
        if reporter := fitted(draft.reporter, MAX_REPORTER):
            body["reporter"] = reporter
        return body | _address("link", draft.link) | _address("logo_url", draft.logo_url)

    def annotation_bodies(self, draft: ReportDraft) -> tuple[Body, ...]:
        """The items of the POST's list (`report_annotation`)."""
        return tuple(_annotation(annotation) for annotation in draft.annotations)


def report_type(draft: ReportDraft) -> str:
    """What kind of a tool it is that reports: SECURITY, COVERAGE, TEST or BUG."""
    if draft.coverage is not None:
        return "COVERAGE"
    if draft.tests is not None:
        return "TEST"
    kinds = {annotation.type for annotation in draft.annotations}
    is_scanner = not _SCANNERS.isdisjoint(draft.tool.lower().replace("-", " ").split())
    return "SECURITY" if is_scanner or FindingType.VULNERABILITY in kinds else "BUG"


def is_cloud_link(link: str) -> bool:
    """True for a web address that Cloud takes: of no machine that only its neighbours can name.

    It rejects localhost; a host without a dot is one (jenkinsci/bitbucket-branch-source-plugin
    checks for both).
    """
    if not is_web_address(link):
        return False
    host = urlsplit(link).hostname or ""
    return not is_loopback(host) and ("." in host or ":" in host)


def split_message(message: str) -> Mapping[str, str]:
    """A message as the summary, which is one line, and where that is not all of it, the details."""
    whole = fitted(message, MAX_DETAILS) or "The tool gave no message."
    summary = fitted(whole.partition("\n")[0], MAX_SUMMARY)
    return {"summary": summary} if summary == whole else {"summary": summary, "details": whole}


def _annotation(draft: AnnotationDraft) -> Body:
    body: dict[str, Any] = {
        "external_id": draft.id,
        "annotation_type": str(draft.type or FindingType.CODE_SMELL),
        **split_message(draft.message),
        "severity": draft.severity.name,
    }
    if draft.path is not None:
        body["path"] = draft.path
        if draft.line is not None and draft.line >= 1:
            body["line"] = draft.line
    return body | _address("link", draft.link)


def _data(field: Mapping[str, Any]) -> Mapping[str, Any]:
    return {k: fitted(v, MAX_DATA_TEXT) if isinstance(v, str) else v for k, v in field.items()}


def _address(name: str, link: str | None) -> dict[str, str]:
    return {name: link} if link is not None and is_cloud_link(link) else {}
