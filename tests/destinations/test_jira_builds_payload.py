"""Whatever a build is like: its body is one that Jira takes, or it is refused here."""

import re
from datetime import datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from insights_uploader.destinations.jira_builds.payload import (
    Build,
    BuildState,
    Reference,
    TestInfo,
    build_body,
    checked_properties,
    left_out,
    submissions,
)
from insights_uploader.model.errors import UsageError
from insights_uploader.sandbox.contract import component_faults
from insights_uploader.sandbox.jira_cloud import property_errors

BUILD = Build(
    pipeline="p",
    number=1,
    sequence=1,
    name="n",
    url="https://ci.example.com",
    state=BuildState.UNKNOWN,
    updated_ms=0,
    issue_keys=["DEMO-1"],
)

texts = st.text(
    st.characters(codec="utf-16", exclude_characters="\r"), max_size=300
) | st.sampled_from(["", " ", "x" * 256, "\U0001f600" * 128, "\ud800", "\0"])
links = st.sampled_from(
    ["https://x.example", "https://x.example/" + "y" * 2000, "ftp://x", "x y", ""]
)
keys = st.lists(st.from_regex(r"[A-Z][A-Z0-9]{1,5}-[1-9][0-9]{0,3}", fullmatch=True), max_size=130)
numbers = st.integers(-(2**64), 2**64)
references = st.builds(Reference, commit=texts, repository_url=links, ref_name=texts, ref_url=links)
tests = st.builds(TestInfo, numbers, numbers, numbers, numbers)
wild = st.builds(
    Build,
    pipeline=texts,
    number=numbers,
    sequence=numbers,
    name=texts,
    url=links,
    state=st.sampled_from(BuildState),
    updated_ms=st.integers(-(10**17), 10**17),
    issue_keys=keys | st.lists(texts, max_size=3),
    description=st.none() | texts,
    label=st.none() | texts,
    tests=st.none() | tests,
    references=st.lists(references, max_size=7),
)
likely = st.builds(
    Build,
    pipeline=st.just("p"),
    number=st.integers(0, 2**63 - 1),
    sequence=st.integers(0, 2**63 - 1),
    name=texts,
    url=st.just("https://x.example"),
    state=st.sampled_from(BuildState),
    updated_ms=st.integers(0, 10**13),
    issue_keys=keys.filter(bool),
    description=texts,
    label=texts,
    references=st.lists(references, max_size=7),
)


@given(wild | likely)
def test_a_body_is_one_that_jira_takes_or_is_not_built(build: Build) -> None:
    try:
        body = build_body(build)
    except UsageError:
        return
    assert component_faults("jira-cloud/builds", "BuildData", body) == []
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", body["lastUpdated"])
    assert msgspec.json.encode(body)
    for key in ("pipelineId", "buildNumber", "updateSequenceNumber", "url"):
        assert body[key] in (build.pipeline, build.number, build.sequence, build.url)


@given(likely)
def test_what_is_left_out_is_said(build: Build) -> None:
    body = build_body(build)
    words = " ".join(left_out(build))
    assert ("issue keys are left out" in words) == (len(set(build.issue_keys)) > 100)
    assert len(body["issueKeys"]) == min(len(set(build.issue_keys)), 100)
    assert len(body.get("references", [])) <= 5


@pytest.mark.parametrize(
    "change",
    [
        {"pipeline": ""}, {"pipeline": " "}, {"pipeline": "x" * 256}, {"pipeline": "\U0001f600" * 128},
        {"number": -1}, {"number": 2**63}, {"sequence": -1}, {"sequence": 2**63},
        {"url": ""}, {"url": "ftp://x"}, {"url": "https://x.example/" + "y" * 2000},
        {"issue_keys": []}, {"issue_keys": ["demo 1"]}, {"issue_keys": ["é-1"]}, {"issue_keys": ["A-1\n"]},
        {"updated_ms": 10**17}, {"tests": TestInfo(-1, 0, 0)}, {"tests": TestInfo(0, 0, 2**63)},
    ],
    ids=lambda change: str(change)[:40],
)  # fmt: skip
def test_what_names_a_build_is_never_cut_or_guessed(change: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        build_body(msgspec.structs.replace(BUILD, **change))


def test_the_longest_that_fits() -> None:
    change: dict[str, Any] = {
        "pipeline": "\U0001f600" * 127 + "x", "number": 2**63 - 1, "sequence": 2**63 - 1,
        "url": "https://x.example/" + "y" * 1982, "name": "x" * 300, "label": "", "description": " ",
        "issue_keys": ["DEMO-1", "DEMO-1"],
    }  # fmt: skip
    body = build_body(msgspec.structs.replace(BUILD, **change))
    assert (len(body["displayName"]), body["displayName"][-1]) == (255, "…")
    assert body["issueKeys"] == ["DEMO-1"]
    assert not body.keys() & {"label", "description", "testInfo", "references"}


def test_more_keys_and_references_than_jira_takes_are_left_out() -> None:
    link = Reference(commit="c0ffee", repository_url="https://x.example")
    many = msgspec.structs.replace(
        BUILD, issue_keys=[f"DEMO-{n}" for n in range(1, 131)], references=[link] * 7
    )
    body = build_body(many)
    assert body["issueKeys"] == [f"DEMO-{n}" for n in range(1, 101)]
    assert len(body["references"]) == 5
    assert list(left_out(many)) == [
        "30 of 130 issue keys are left out: Jira takes 100",
        "2 of the references are left out: Jira takes 5",
    ]


def test_the_moment_is_that_of_rfc_3339() -> None:
    shown = build_body(msgspec.structs.replace(BUILD, updated_ms=1_523_494_301_448))["lastUpdated"]
    assert shown == "2018-04-12T00:51:41.448Z"
    assert datetime.fromisoformat(shown).timestamp() == 1523494301.448


@given(st.dictionaries(texts, texts, max_size=7))
def test_properties_are_those_that_jira_takes(properties: dict[str, str]) -> None:
    try:
        taken = checked_properties(properties)
    except UsageError:
        assert property_errors(properties) or any(
            not key
            or len(key) > 127
            or len(value) > 127
            or re.search("[\ud800-\udfff]", key + value)
            for key, value in properties.items()
        )
        return
    assert taken == properties
    assert property_errors(taken) == []


@pytest.mark.parametrize("number", [1, 100, 101, 250])
def test_a_submission_has_a_hundred_builds_at_most(number: int) -> None:
    bodies = submissions([build_body(BUILD)] * number, {"run": "7"}, "product 1.0")
    sizes = [len(body["builds"]) for body in bodies]
    assert sizes == [100] * (number // 100) + [number % 100] * (number % 100 > 0)
    for body in bodies:
        assert component_faults("jira-cloud/builds", "SubmitBuildsRequest", body) == []
        assert body["properties"] == {"run": "7"}
        assert body["providerMetadata"] == {"product": "product 1.0"}
