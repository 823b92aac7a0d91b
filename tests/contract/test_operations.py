"""Every operation is reached by a command, which ends well with whatever refusal it gets.

docs/operations.md is held to what happens here.
"""

from collections.abc import Hashable, Mapping, Sequence
from pathlib import Path

import pytest
from contract.exchanges import answer_faults, request_faults
from contract.lines import ITEMS, UNKNOWN, WORDS
from contract.operations import (
    STATUSES,
    Operation,
    Reached,
    documented,
    make_checkout,
    of_items,
    operations,
    reaching,
    refusals,
)
from contract.operations_page import PAGE, deviations, item_row, row
from fixture_records import ROOT

from insights_uploader.sandbox.recording import Exchange

DOCUMENTS = ROOT.parent / "shared/api/docs"
CLOUD = "/2.0/repositories/{workspace}/{repo_slug}"
INSIGHTS = "/rest/insights/latest/projects/{projectKey}/repos/{repositorySlug}/commits/{commitId}"
UNUSED = {
    f"GET {CLOUD}/commit/{{commit}}/reports/{{reportId}}/annotations/{{annotationId}}",
    f"GET {CLOUD}/pullrequests/{{pull_request_id}}/diff",  # it only leads to another address
    f"PUT {CLOUD}/commit/{{commit}}/statuses/build/{{key}}",  # POST replaces a status, too
}
BORNE = {
    # what was to go is not there
    (f"DELETE {CLOUD}/commit/{{commit}}/reports/{{reportId}}", 404),
    (f"GET {CLOUD}/commit/{{commit}}/reports/{{reportId}}", 404),
    # whether older reports are left is only told
    *((f"GET {CLOUD}/commit/{{commit}}/reports", status) for status in STATUSES),
}
"""Refusals that the program gets along with."""

ALL = {each.shown: each for each in operations()}


def of_jira(shown: str) -> bool:
    return ALL[shown].name in ITEMS


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_checkout(tmp_path_factory.mktemp("operations") / "checkout")


@pytest.fixture(scope="module")
def ways(
    checkout: Path, exchanges: Mapping[Hashable, Exchange]
) -> Mapping[Operation, Sequence[Reached]]:
    found = reaching(checkout)
    seen = list(exchanges.values())
    assert [fault for each in seen for fault in (*request_faults(each), *answer_faults(each))] == []
    return found


def on_page(shown: str) -> list[str]:
    lines = PAGE.read_text().splitlines()
    return [line for line in lines if line.startswith(f"| `{shown}` |")]


def test_what_atlassians_documents_name_is_here() -> None:
    if not DOCUMENTS.exists():
        pytest.skip(f"Atlassian's documents are not here: {DOCUMENTS.name}")
    named = documented(DOCUMENTS)
    assert len(named) == 38
    assert named <= {*ALL} - UNUSED


def test_nothing_else_is_on_the_page() -> None:
    lines = PAGE.read_text().splitlines()
    names = [line.split("`")[1] for line in lines if line.startswith("| `")]
    assert sorted(names) == sorted([*ALL, *(ALL[name].shown for name in ALL if of_jira(name))])
    told = [f"{n}. {each.name}: {each.reason}" for n, each in enumerate(deviations(), 1)]
    assert [line for line in lines if line[:1].isdigit()] == told


@pytest.mark.parametrize("shown", ALL, ids=str)
def test_an_operation_is_reached_and_its_refusals_are_told(
    shown: str, ways: Mapping[Operation, Sequence[Reached]], checkout: Path
) -> None:
    operation = ALL[shown]
    how = ways.get(operation, ())
    assert bool(how) is (shown not in UNUSED)
    found = refusals(operation, how[0], checkout) if how else {}
    if how:
        expected = STATUSES if operation.has_body else (401, 403, 404, 429)
        assert tuple(found) == expected
    for status, refusal in found.items():
        code, errors = refusal.ended.code, refusal.ended.errors
        assert code in ((0,) if (shown, status) in BORNE else (4, 5)), (status, errors)
        if code:
            assert errors.startswith(("error: ", "warning: ")), errors
        if code and refusal.injected and status != 404:
            assert WORDS in errors
    assert row(operation, how, found) in on_page(shown), "write docs/operations.md anew"


@pytest.mark.parametrize("shown", [name for name in ALL if of_jira(name)])
def test_what_jira_makes_of_single_things_is_told(shown: str, checkout: Path) -> None:
    found = of_items(ALL[shown], checkout)
    assert {name: ended.code for name, ended in found.items() if name != "unknown key"} == {
        "rejected": 4,
        "stale": 4,
    }
    assert WORDS in found["rejected"].output + found["rejected"].errors
    assert f"Jira does not know issue {UNKNOWN}" in found["unknown key"].errors or (
        f"Jira knows no issue {UNKNOWN}" in found["unknown key"].errors
    )
    assert "superseded" in found["stale"].output or "sequence" in found["stale"].errors
    assert item_row(ALL[shown], found) in on_page(shown), "write docs/operations.md anew"
