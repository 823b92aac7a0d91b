"""No body for Bitbucket Cloud breaks its limits, whatever is to be said; and nothing of it is lost."""

from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import given

from insights_uploader.coverage import Rate
from insights_uploader.destinations.bitbucket_cloud.address import (
    CLOUD,
    CloudSite,
    is_cloud,
    site_of,
)
from insights_uploader.destinations.bitbucket_cloud.authorization import (
    OAuthConsumer,
    PipelinesProxy,
    proof,
)
from insights_uploader.destinations.bitbucket_cloud.payload import (
    CloudInsightsPayload,
    report_type,
    split_message,
)
from insights_uploader.destinations.bitbucket_dc.address import normalised_url
from insights_uploader.destinations.cloud_build_status.payload import (
    CloudBuild,
    CloudBuildState,
    cloud_build_body,
    cloud_build_key,
)
from insights_uploader.gate import Result
from insights_uploader.model.errors import UsageError
from insights_uploader.model.finding import FindingType, Severity
from insights_uploader.model.ledger import Disposition, Ledger
from insights_uploader.model.measure import TestTotals
from insights_uploader.plan.draft import AnnotationDraft, ReportDraft
from insights_uploader.sandbox.cloud_validation import annotations_fault, report_fault
from insights_uploader.sandbox.contract import component_faults

texts = st.text(max_size=3000) | st.text("\U0001f600e\u0301\n", min_size=400, max_size=2500)
links = (
    st.none()
    | st.text(max_size=50)
    | st.sampled_from(
        ["https://ci.example.com/1", "http://localhost/1", "http://127.0.0.1/1", "http://jenkins/1"]
    )
)


@st.composite
def notes(draw: st.DrawFn) -> AnnotationDraft:
    return AnnotationDraft(
        id=draw(st.text("0123456789abcdef", min_size=32, max_size=32)),
        rule="F401",
        message=draw(texts),
        severity=draw(st.sampled_from(Severity)),
        type=draw(st.none() | st.sampled_from(FindingType)),
        path=draw(st.none() | st.just("src/a.py")),
        line=draw(st.none() | st.integers(0, 2**31 - 1)),
        link=draw(links),
        end=Disposition.PUBLISHED,
    )


def report(**members: Any) -> ReportDraft:
    known: dict[str, Any] = {
        "tool": "ruff", "key": "ci.ruff", "title": "Ruff", "reporter": "insights-uploader",
        "link": None, "logo_url": None, "versions": ["0.6"], "result": Result.PASS, "reasons": [],
        "created_ms": 1_700_000_000_000, "annotations": (), "rules": {}, "severities": {},
        "tests": None, "ledger": Ledger(),
    }  # fmt: skip
    return ReportDraft(**{**known, **members})


@given(notes())
def test_no_annotation_breaks_a_limit(note: AnnotationDraft) -> None:
    [body] = CloudInsightsPayload().annotation_bodies(report(annotations=(note,)))
    assert annotations_fault([body]) is None
    assert body["external_id"] == note.id


@given(texts, texts, texts, links, st.sampled_from(Result))
def test_no_report_breaks_a_limit(
    title: str, reporter: str, version: str, link: str | None, result: Result
) -> None:
    draft = report(title=title, reporter=reporter, versions=[version], link=link, result=result)
    assert report_fault(CloudInsightsPayload().body(draft)) is None


@given(texts)
def test_a_summary_is_one_line_and_what_it_leaves_out_is_in_the_details(message: str) -> None:
    split = split_message(message)
    assert "\n" not in split["summary"]
    if "details" in split:
        beginning = split["summary"].removesuffix("…").rstrip()
        assert split["details"].startswith(beginning)


def test_a_short_message_is_no_details() -> None:
    assert split_message("F401: unused") == {"summary": "F401: unused"}
    long = "S105: a password\nin two lines"
    assert split_message(long) == {"summary": "S105: a password", "details": long}


def test_line_0_is_the_file_as_a_whole() -> None:
    note = AnnotationDraft(
        id="a", rule="r", message="m", severity=Severity.LOW, type=None, path="a.py", line=0,
        link=None, end=Disposition.PUBLISHED,
    )  # fmt: skip
    [body] = CloudInsightsPayload().annotation_bodies(report(annotations=(note,)))
    assert body == {
        "external_id": "a", "annotation_type": "CODE_SMELL", "summary": "m", "severity": "LOW",
        "path": "a.py",
    }  # fmt: skip


def test_a_body_has_clouds_own_names_and_says_when_it_was_made() -> None:
    body = CloudInsightsPayload().body(report(link="https://ci.example.com/1"))
    assert (body["result"], body["report_type"]) == ("PASSED", "BUG")
    assert body["data"][-1] == {"title": "Results of", "type": "DATE", "value": 1_700_000_000_000}
    assert body["link"] == "https://ci.example.com/1"
    assert not {"createdDate", "logoUrl"} & {*body}


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({"coverage": Rate(1, 2), "changed_coverage": Rate(1, 1)}, "COVERAGE"),
        ({"tests": TestTotals("pytest", passed=1)}, "TEST"),
        ({"tool": "bandit"}, "SECURITY"),
        ({"tool": "ruff"}, "BUG"),
    ],
)  # fmt: skip
def test_the_type_is_that_of_the_tool(members: dict[str, Any], expected: str) -> None:
    assert report_type(report(**members)) == expected


@given(texts, texts, texts, st.sampled_from(CloudBuildState))
def test_no_build_status_breaks_a_limit(
    key: str, name: str, description: str, state: CloudBuildState
) -> None:
    build = CloudBuild(
        key=f"k{key.encode().hex()}", state=state, url="https://ci.example.com/1", name=name,
        description=description, branch="refs/heads/feature/x",
    )  # fmt: skip
    body = cloud_build_body(build)
    assert not component_faults("bitbucket-cloud/builds", "commitstatus", {"type": "build", **body})
    assert 0 < len(body["key"]) <= 40
    assert body["refname"] == "feature/x"


def test_a_key_stays_what_it_is_and_another_stays_another() -> None:
    assert cloud_build_key("widgets-main") == "widgets-main"
    assert cloud_build_key("a/b") != cloud_build_key("a-b")
    long = "x" * 60
    assert cloud_build_key(f"{long}1") != cloud_build_key(f"{long}2")
    assert cloud_build_key(long) == cloud_build_key(long)


@pytest.mark.parametrize(
    "url", ["http://localhost/1", "http://jenkins/1", "ftp://a.example.com", ""]
)
def test_a_build_page_that_nobody_else_can_open_is_refused(url: str) -> None:
    with pytest.raises(UsageError):
        cloud_build_body(CloudBuild(key="k", state=CloudBuildState.FAILED, url=url))


@pytest.mark.parametrize(
    "url",
    [
        "https://bitbucket.org", "https://api.bitbucket.org/2.0", "http://bitbucket.org/",
        "https://BITBUCKET.org./acme/repo", "https://www.bitbucket.org",
    ],
)  # fmt: skip
def test_the_host_decides_for_cloud_always_by_https(url: str) -> None:
    assert is_cloud(url)
    assert site_of(url) == CLOUD
    with pytest.raises(UsageError):
        normalised_url(url)


@pytest.mark.parametrize(
    "url",
    [
        "https://bitbucket.example.com", "https://bitbucket.org.example.com", "https://example.com/2.0",
        "https://notbitbucket.org", "http://localhost:7990", "http://localhost:7990/2.0x", "nonsense", "",
        "https://example.com/bitbucket.org", "https://bitbucket.org@example.com",
    ],
)  # fmt: skip
def test_no_other_server_is_cloud(url: str) -> None:
    assert not is_cloud(url)


def test_a_stand_in_of_this_machine_is_cloud_below_2_0() -> None:
    assert site_of("http://127.0.0.1:7990/2.0") == CloudSite(*["http://127.0.0.1:7990"] * 2)
    with pytest.raises(UsageError):
        normalised_url("http://127.0.0.1:7990/2.0")


PIPELINES = {"BITBUCKET_PIPELINE_UUID": "{1}"}
OAUTH = {"BITBUCKET_CLIENT_ID": "id", "BITBUCKET_CLIENT_SECRET": "secret"}


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({"BITBUCKET_TOKEN": "t", **OAUTH}, "Bearer t"),
        (
            {"BITBUCKET_TOKEN": "t", "BITBUCKET_USERNAME": "a@b.c", **PIPELINES},
            "Basic YUBiLmM6dA==",
        ),
        ({"BITBUCKET_USERNAME": "ada", "BITBUCKET_PASSWORD": "t"}, "Basic YWRhOnQ="),
        ({**OAUTH, **PIPELINES}, OAuthConsumer("id", "secret")),
        (PIPELINES, PipelinesProxy("http://localhost:29418")),
        (
            {**PIPELINES, "BITBUCKET_PIPE_STORAGE_DIR": "/opt/x"},
            PipelinesProxy("http://host.docker.internal:29418"),
        ),
    ],
)
def test_how_we_are_known(environ: dict[str, str], expected: object) -> None:
    assert proof(environ, None) == expected


def test_a_secret_is_in_no_text_form() -> None:
    assert "secret" not in f"{OAuthConsumer('id', 'secret')!r} {[OAuthConsumer('id', 'secret')]}"
