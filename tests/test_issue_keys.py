"""Which keys are found in a branch's name and in messages, and which are none."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from insights_uploader.issue_keys import (
    FALSE_FRIENDS,
    is_issue_key,
    is_project_key,
    issue_keys,
)

# Atlassian OpenAPI of Jira Software Cloud: of builds and deployments, and of devinfo (Java's \w)
OF_BUILDS = re.compile(r"\w{1,255}-\d{1,255}", re.ASCII)
OF_DEVINFO = re.compile(r"[^\W\d_][^\W]{1,255}-[0-9]{1,255}")


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("DEMO-123", ["DEMO-123"]),
        ("feature/DEMO-123-login", ["DEMO-123"]),
        ("DEMO-1: fix\n\nand (OPS_2-45), see A1-7.", ["DEMO-1", "OPS_2-45", "A1-7"]),
        ("[DEMO-2] DEMO-1, DEMO-2", ["DEMO-2", "DEMO-1"]),
        ("https://example.atlassian.net/browse/DEMO-9?x=y", ["DEMO-9"]),
        ("Merge branch 'DEMO-5_x' into main", ["DEMO-5"]),
        ("demo-123 Demo-123 DEMOx-1 D-1 1A-1 DEMO-0 DEMO-01 DEMO-1a DEMO_-1x éDEMO-1", []),
        ("DEMO-123é", []),
        ("Fix SNYK-JS-LODASH-590103 (DEMO-1), see SNYK-1", ["DEMO-1", "SNYK-1"]),
        ("hotfix/FIX-DEMO-7", ["DEMO-7"]),
        ("", []),
    ],
)
def test_a_key_stands_alone_and_in_upper_case(text: str, keys: list[str]) -> None:
    assert issue_keys([text]) == keys


@pytest.mark.parametrize(
    "text",
    ["UTF-8", "SHA-256", "ISO-8601", "CVE-2024-12345", "RFC-2119", "CWE-79", "TLS-1.3", "AES-128",
     "X86-64", "PEP-8", "origin/PR-12", "UTC-5", "GPL-3.0", "PKCS-12", "GH-12", "JDK-17", "TODO-1"],
)  # fmt: skip
def test_a_false_friend_is_none_unless_its_project_is_named(text: str) -> None:
    assert issue_keys([f"DEMO-1 {text} OPS-2"]) == ["DEMO-1", "OPS-2"]
    project = text.rpartition("/")[2].partition("-")[0]
    [key] = issue_keys([f"DEMO-1 {text} OPS-2"], [project])
    assert key.startswith(f"{project}-")


def test_the_order_is_that_of_the_texts() -> None:
    assert issue_keys(["B-1 BB-2", "AA-1", "BB-2 AA-3"]) == ["BB-2", "AA-1", "AA-3"]


@given(st.lists(st.text(st.sampled_from("AB1_-é \n/.")), max_size=5))
def test_what_is_found_is_what_the_apis_take(texts: list[str]) -> None:
    for key in issue_keys(texts):
        assert OF_BUILDS.fullmatch(key)
        assert OF_DEVINFO.fullmatch(key)
        assert is_issue_key(key)
        assert any(key in text for text in texts)


@given(st.from_regex(r"[A-Z][A-Z0-9_]{1,30}-[1-9][0-9]{0,9}", fullmatch=True), st.data())
def test_a_key_is_found_wherever_it_stands_alone(key: str, data: st.DataObject) -> None:
    edge = st.sampled_from(["", " ", "\n", "(", "/", ".", "'", "#", "\u00a0"])
    project = key.partition("-")[0]
    assert issue_keys([data.draw(edge) + key + data.draw(edge)], [project]) == [key]


def test_what_is_said_outright_is_checked() -> None:
    assert is_issue_key("DEMO-1")
    assert not any(map(is_issue_key, ["demo-1", "DEMO-1 ", "DEMO-1\n", "DEMO", "é-1", ""]))
    assert is_project_key("DEMO")
    assert not any(map(is_project_key, ["D", "demo", "DEMO-1", ""]))
    assert all(map(is_project_key, FALSE_FRIENDS))
