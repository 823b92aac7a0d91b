"""No body that Jira could refuse can be built; whatever can be built fits Atlassian's shape."""

import datetime as dt
import json
from collections.abc import Mapping
from typing import Any

import msgspec
import pytest
from contract.shapes import raw_shapes, shapes
from hypothesis import event, given, settings
from hypothesis import strategies as st

from insights_uploader.destinations.jira_deployments.deployment import (
    Association,
    AssociationType,
    Deployment,
    DeploymentState,
    Entity,
    Environment,
    EnvironmentType,
    Pipeline,
)
from insights_uploader.destinations.jira_deployments.payload import (
    check_properties,
    read_deployments,
    submission_body,
)
from insights_uploader.model.errors import UsageError

ATLASSIANS = {  # the example of the API's document, without the deprecated issueKeys
    "deploymentSequenceNumber": 100,
    "updateSequenceNumber": 1,
    "associations": [{"associationType": "issueIdOrKeys", "values": ["ABC-123", "ABC-456"]}],
    "displayName": "Deployment number 16 of Data Depot",
    "url": "http://mydeployer.com/project1/1111-222-333/prod-east",
    "description": "The bits are being transferred",
    "lastUpdated": "2018-01-20T23:27:25.000Z",
    "label": "Release 2018-01-20_08-47-bc2421a",
    "state": "in_progress",
    "pipeline": {
        "id": "e9c906a7-451f-4fa6-ae1a-c389e2e2d87c",
        "displayName": "Data Depot Deployment",
        "url": "http://mydeployer.com/project1",
    },
    "environment": {
        "id": "8ec94d72-a4fc-4ac0-b31d-c5a595f373ba",
        "displayName": "US East",
        "type": "production",
    },
    "commands": [{"command": "initiate_deployment_gating"}],
    "schemaVersion": "1.0",
}
SERVICES = {"associationType": "serviceIdOrKeys", "values": ["a-service"]}


def read(**changes: Any) -> Deployment:
    """Atlassian's example with other members; one that is None is left out."""
    whole = {n: each for n, each in {**ATLASSIANS, **changes}.items() if each is not None}
    [found] = read_deployments(json.dumps(whole).encode())
    return found


def refusals(body: Mapping[str, Any]) -> list[str]:
    """What Atlassian's shape says against a submission."""
    return shapes("jira-cloud/deployments").component_refusals("SubmitDeploymentRequest", body)


def test_atlassians_own_example_is_sent_as_it_is() -> None:
    properties = {"accountId": "account-234", "projectId": "project-123"}
    body = submission_body([read()], properties, "Bamboo 6.10.2")
    sent = {**ATLASSIANS, "lastUpdated": "2018-01-20T23:27:25Z"}
    del sent["schemaVersion"]  # the only one there is, and the default
    assert body == {
        "deployments": [sent],
        "properties": properties,
        "providerMetadata": {"product": "Bamboo 6.10.2"},
    }
    assert not refusals(body)


def test_all_words_are_atlassians() -> None:
    defined = raw_shapes("jira-cloud/deployments")["$defs"]
    states = defined["DeploymentData"]["properties"]["state"]["enum"]
    kinds = defined["Environment"]["properties"]["type"]["enum"]
    inner = "DeploymentData_associations_inner_anyOf"
    of_all = [inner, f"{inner}_1", f"{inner}_2"]
    associations = [defined[n]["properties"]["associationType"]["enum"] for n in of_all]
    assert [*DeploymentState] == states
    assert [*EnvironmentType] == kinds
    assert [*AssociationType] == [word for words in associations for word in words]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"issueKeys": ["ABC-1"]}, "issueKeys"),
        ({"displayName": None}, "displayName"),
        ({"displayName": "x" * 256}, "displayName"),
        ({"displayName": "\U0001f600" * 128}, "displayName"),  # 256 UTF-16 code units
        ({"description": ""}, "description"),
        ({"label": "two\nlines"}, "label"),
        ({"url": "ftp://example.com"}, "url"),
        ({"url": f"https://example.com/{'x' * 1981}"}, "url"),
        ({"lastUpdated": "2018-01-20T23:27:25"}, "lastUpdated"),
        ({"lastUpdated": "yesterday"}, "lastUpdated"),
        ({"state": "done"}, "state"),
        ({"duration": -1}, "duration"),
        ({"deploymentSequenceNumber": 2**63}, "deploymentSequenceNumber"),
        ({"updateSequenceNumber": -1}, "updateSequenceNumber"),
        ({"schemaVersion": "2.0"}, "schemaVersion"),
        ({"commands": [{"command": "deploy"}]}, "commands"),
        ({"pipeline": {"id": "", "displayName": "p", "url": "https://a.b"}}, "pipeline.id"),
        ({"environment": {"id": "e", "displayName": "e", "type": "prod"}}, "environment.type"),
        ({"associations": []}, "associations"),
        ({"associations": [SERVICES] * 4}, "associations"),
        ({"associations": [{"associationType": "issueKeys", "values": []}]}, "values"),
        ({"associations": [{"associationType": "issueKeys", "values": ["ABC"]}]}, "'ABC'"),
        ({"associations": [{"associationType": "issueKeys", "values": ["É-1"]}]}, "'É-1'"),
        ({"associations": [{"associationType": "branch", "values": ["x"]}]}, "associationType"),
        ({"associations": [{"associationType": "repository", "values": [{"repositoryId": "r"}]}]}, "issue or service"),
        ({"associations": [SERVICES, {"associationType": "commit", "values": [{"repositoryId": "r"}]}]}, "commitHash"),
        ({"associations": [SERVICES, {"associationType": "commit", "values": ["r"]}]}, "repositoryId"),
        ({"associations": [SERVICES, {"associationType": "serviceIdOrKeys", "values": ["s"] * 500}]}, "500"),
    ],
    ids=lambda value: str(value)[:60],
)  # fmt: skip
def test_what_jira_would_refuse_is_refused_here(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(UsageError) as error:
        read(**changes)
    assert error.value.slug == "bad-deployment"
    assert words in error.value.message


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b"7", b"[" * 100_000, b"\xff", b"[{}, 7]"])
def test_what_is_no_deployment_is_none(content: bytes) -> None:
    with pytest.raises(UsageError):
        read_deployments(content)


def test_a_deployment_is_in_a_submission_once() -> None:
    with pytest.raises(UsageError, match=r"deployments\[1\].*twice"):
        submission_body([read(), read(updateSequenceNumber=2)], {}, None)


def test_a_submission_has_a_hundred_deployments_at_most() -> None:
    some = [read(deploymentSequenceNumber=number) for number in range(101)]
    assert len(submission_body(some[:100], {}, None)["deployments"]) == 100
    with pytest.raises(UsageError, match="more than 100"):
        submission_body(some, {}, None)


@pytest.mark.parametrize(
    "properties",
    [
        {str(number): "" for number in range(6)},
        {"a:b": "x"},
        {"_a": "x"},
        {"": "x"},
        {"a": "x" * 256},
        {"a": "\ud800"},
    ],
)
def test_properties_are_few_and_short(properties: dict[str, str]) -> None:
    with pytest.raises(UsageError, match="properties"):
        check_properties(properties)


def mostly(usual: st.SearchStrategy[Any], odd: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """One in fifty is odd: a deployment has many members, and one that is refused is enough."""
    return st.integers(0, 49).flatmap(lambda drawn: odd if drawn == 25 else usual)


_TEXTS = st.text(max_size=300)
_NAMES = mostly(st.text("aä\U0001f600", min_size=1, max_size=127), _TEXTS)
_ISSUES = mostly(st.from_regex(r"\A([A-Z]{2,5}-[0-9]{1,4}|[0-9]{1,5})\Z"), _TEXTS)


def _belonging(kind: AssociationType) -> st.SearchStrategy[Association]:
    values: st.SearchStrategy[Any] = _NAMES
    if kind in (AssociationType.COMMIT, AssociationType.REPOSITORY):
        of_commit = _NAMES if kind is AssociationType.COMMIT else st.none()
        values = st.builds(Entity, _NAMES, mostly(of_commit, st.none() | _NAMES))
    elif kind is not AssociationType.SERVICE_ID_OR_KEYS:
        values = _ISSUES
    listed = mostly(st.lists(values, min_size=1, max_size=4), st.lists(values | _NAMES, max_size=2))
    return st.builds(Association, st.just(kind), listed)


_ASSOCIATION = st.sampled_from(AssociationType).flatmap(_belonging)
_ASSOCIATIONS = mostly(st.lists(_ASSOCIATION, min_size=1, max_size=3), st.lists(_ASSOCIATION))
_ADDRESSES = st.builds(
    "https://example.com/{}".format, mostly(st.text("aä%/", max_size=1990), _TEXTS)
)
_NUMBERS = mostly(st.integers(0, 2**63 - 1), st.integers())
_DEPLOYMENTS = st.builds(
    Deployment,
    deployment_sequence_number=_NUMBERS,
    update_sequence_number=_NUMBERS,
    associations=_ASSOCIATIONS,
    display_name=_NAMES,
    url=_ADDRESSES,
    description=_NAMES,
    last_updated=st.datetimes(timezones=st.just(dt.UTC)),
    state=st.sampled_from(DeploymentState),
    pipeline=st.builds(Pipeline, _NAMES, _NAMES, _ADDRESSES),
    environment=st.builds(Environment, _NAMES, _NAMES, st.sampled_from(EnvironmentType)),
    label=st.none() | _NAMES,
    duration=st.none() | _NUMBERS,
)


@settings(max_examples=100, deadline=None)
@given(_DEPLOYMENTS)
def test_what_is_not_refused_here_fits_atlassians_shape(deployment: Deployment) -> None:
    try:
        body = submission_body([deployment], {}, None)
    except UsageError as error:
        event(error.message)
        return
    event("taken")
    assert not refusals(body)


_FINE = st.text(st.characters(min_codepoint=32, blacklist_categories=("Cc", "Cs")), min_size=1)


@given(_FINE.filter(str.strip), st.integers(0, 255))
def test_a_text_is_taken_up_to_its_last_unit_and_no_further(text: str, length: int) -> None:
    text = (text * 256)[: max(length, 1)]
    is_short = len(text.encode("utf-16-le")) <= 2 * 255
    if not text.strip():
        return
    changed = msgspec.structs.replace(read(), display_name=text)
    if is_short:
        assert not refusals(submission_body([changed], {}, None))
    else:
        assert refusals({"deployments": [msgspec.to_builtins(changed)]})
        with pytest.raises(UsageError):
            submission_body([changed], {}, None)


@given(st.dictionaries(_TEXTS, _TEXTS, max_size=7))
def test_properties_that_are_not_refused_here_fit(properties: dict[str, str]) -> None:
    try:
        body = submission_body([read()], properties, None)
    except UsageError:
        return
    assert not refusals(body)
    assert not any(":" in key or key.startswith("_") for key in properties)
