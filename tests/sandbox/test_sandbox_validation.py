"""The limits of fields: each at its edge, in Java's units."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from insights_uploader.sandbox.validation import (
    ANNOTATION_FIELDS,
    REPORT_FIELDS,
    annotation_errors,
    known,
    report_errors,
    utf16_length,
)

if TYPE_CHECKING:
    import httpx
    from sandbox.conftest import Conforms, ErrorOf

REPORT: dict[str, Any] = {"title": "t", "data": []}
NOTE: dict[str, Any] = {"message": "m", "severity": "LOW"}
TWO_UNITS = "😀"


def data(value: Any, kind: str | None = None) -> dict[str, Any]:
    return {"data": [{"title": "d", "value": value} | ({"type": kind} if kind else {})]}


@pytest.mark.parametrize(
    "change",
    [
        {"title": "t" * 450},
        {"title": TWO_UNITS * 225},
        {"details": TWO_UNITS * 1000},
        {"reporter": "r" * 450},
        {"result": "PASS"},
        {"result": None},
        {"link": "HTTP://example.com/a?b=c#d"},
        {"link": "http://[::1]:80/"},
        {"createdDate": 0},
        {"data": None},
        {"data": [{"title": "d", "value": 1}] * 6},
        data(True),
        data(1.5),
        data("text"),
        data(False, "BOOLEAN"),
        data(1630041546433, "DATE"),
        data(0, "DURATION"),
        data({"linktext": "x", "href": "https://x.example"}, "LINK"),
        data(-1.5, "NUMBER"),
        data(0, "PERCENTAGE"),
        data(100, "PERCENTAGE"),
        data("", "TEXT"),
    ],
    ids=str,
)
def test_reports_within_the_limits(change: dict[str, Any]) -> None:
    assert report_errors("k" * 50, REPORT | change) == []


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"title": "t" * 451}, "title"),
        ({"title": TWO_UNITS * 225 + "t"}, "title"),
        ({"title": None}, "title"),
        ({"title": " "}, "title"),
        ({"title": 1}, "title"),
        ({"details": TWO_UNITS * 1000 + "d"}, "details"),
        ({"reporter": "r" * 451}, "reporter"),
        ({"result": "PENDING"}, "result"),
        ({"result": "pass"}, "result"),
        ({"result": ["PASS"]}, "result"),
        ({"link": "ftp://example.com"}, "link"),
        ({"link": "javascript:alert(1)"}, "link"),
        ({"link": "http://"}, "link"),
        ({"link": "http://exa mple.com"}, "link"),
        ({"link": "http://example.com/<script>"}, "link"),
        ({"link": "http://[::1"}, "link"),
        ({"link": "//example.com"}, "link"),
        ({"link": ""}, "link"),
        ({"link": 5}, "link"),
        ({"logoUrl": "logo.png"}, "logoUrl"),
        ({"createdDate": "now"}, "createdDate"),
        ({"createdDate": 1.5}, "createdDate"),
        ({"createdDate": True}, "createdDate"),
        ({"createdDate": 2**63}, "createdDate"),
        ({"data": {}}, "data"),
        ({"data": ["text"]}, "data"),
        ({"data": [{"title": "d", "value": 1}] * 7}, "data"),
        (data(1, "MONEY"), "data.type"),
        (data(1, ["TEXT"]), "data.type"),  # type: ignore[arg-type]
        (data({}), "data.value"),
        (data([]), "data.value"),
        (data(None), "data.value"),
        (data(10**400), "data.value"),
        (data("true", "BOOLEAN"), "data.value"),
        (data("1", "NUMBER"), "data.value"),
        (data(True, "NUMBER"), "data.value"),
        (data("today", "DATE"), "data.value"),
        (data("1s", "DURATION"), "data.value"),
        (data(-0.1, "PERCENTAGE"), "data.value"),
        (data(100.1, "PERCENTAGE"), "data.value"),
        (data("https://x.example", "LINK"), "data.value"),
        (data({"linktext": "x", "href": "x"}, "LINK"), "data.value"),
        (data({"href": "https://x.example"}, "LINK"), "data.value"),
        (data(1, "TEXT"), "data.value"),
        ({"data": [{"title": 1, "value": 1}]}, "data.title"),
    ],
    ids=str,
)
def test_reports_beyond_the_limits(change: dict[str, Any], field: str) -> None:
    assert [error.field for error in report_errors("k", REPORT | change)] == [field]


@pytest.mark.parametrize(
    "change",
    [
        {"message": TWO_UNITS * 1000},
        {"severity": "MEDIUM"},
        {"severity": "HIGH", "type": "VULNERABILITY"},
        {"type": "CODE_SMELL"},
        {"line": 0},
        {"line": 2**31 - 1},
        {"path": "p" * 50_000},
        {"externalId": "e" * 449},
        {"link": "https://example.com", "type": None, "path": None, "line": None},
    ],
    ids=lambda change: str(change)[:40],
)
def test_annotations_within_the_limits(change: dict[str, Any]) -> None:
    assert annotation_errors(NOTE | change) == []


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"message": TWO_UNITS * 1000 + "m"}, "message"),
        ({"message": ""}, "message"),
        ({"message": 1}, "message"),
        ({"severity": None}, "severity"),
        ({"severity": "CRITICAL"}, "severity"),
        ({"severity": "low"}, "severity"),
        ({"type": "STYLE"}, "type"),
        ({"line": -1}, "line"),
        ({"line": 2**31}, "line"),
        ({"line": "5"}, "line"),
        ({"line": True}, "line"),
        ({"path": "p" * 50_001}, "path"),
        ({"externalId": "e" * 450}, "externalId"),
        ({"externalId": 5}, "externalId"),
        ({"link": "file:///etc/passwd"}, "link"),
    ],
    ids=lambda change: str(change)[:40],
)
def test_annotations_beyond_the_limits(change: dict[str, Any], field: str) -> None:
    assert [error.field for error in annotation_errors(NOTE | change)] == [field]


def test_the_servers_own_wording(client: httpx.Client, report_url: str, error_of: ErrorOf) -> None:
    link = client.put(report_url, json=REPORT | {"link": "not a url"})
    assert error_of(link) == (400, None, "The field 'link' must be a valid HTTP or HTTPS URL")
    long = client.put(report_url.replace("tool", "k" * 51), json=REPORT)
    assert error_of(long) == (400, None, "The field 'key' cannot be more than 50 characters long")


def test_every_refused_field_is_named(client: httpx.Client, report_url: str) -> None:
    answer = client.put(report_url, json={"result": "OK", "link": "x"})
    shown = [error["context"] for error in answer.json()["errors"]]
    assert shown == ["title", "result", "link"]


@given(st.text(st.characters(codec="utf-8")))
def test_length_is_that_of_a_java_string(text: str) -> None:
    assert utf16_length(text) == sum(2 if ord(each) > 0xFFFF else 1 for each in text)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)
NAMED = {
    "title": JSON | st.just("t"),
    "message": JSON | st.just("m"),
    "severity": JSON | st.just("LOW"),
    "data": JSON,
    "link": JSON,
    "line": JSON,
    "result": JSON | st.just("PASS"),
}


@given(st.fixed_dictionaries({}, optional=NAMED))
def test_what_the_sandbox_takes_fits_atlassians_schema(
    conforms: Conforms, body: dict[str, Any]
) -> None:
    if not report_errors("k", body):
        conforms("RestSetInsightReportRequest", {"data": []} | known(body, REPORT_FIELDS))
    if not annotation_errors(body):
        conforms("RestSingleAddInsightAnnotationRequest", known(body, ANNOTATION_FIELDS))


@given(JSON)
def test_nothing_that_is_json_breaks_the_validation(body: Any) -> None:
    report_errors("k", body)
    annotation_errors(body)
    report_errors("k", {"data": body})
    report_errors("k", {"data": [{"type": body, "value": body}]})
