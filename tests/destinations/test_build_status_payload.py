"""The bodies of both APIs of build statuses, whatever is to be said: Atlassian's limits hold."""

from typing import Any

import pytest
from contract.shapes import shapes
from hypothesis import given
from hypothesis import strategies as st

from insights_uploader.destinations.build_status.payload import (
    BuildState,
    BuildStatus,
    TestResults,
    body,
)
from insights_uploader.destinations.build_status_legacy.payload import legacy_body
from insights_uploader.model.errors import UsageError

PAGE = "https://ci.example.com/job/widgets/12"
TEXTS = st.text(max_size=600) | st.text(alphabet="a\U0001f600\ud83d\n\x1b", max_size=600)


def units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def build(**fields: Any) -> BuildStatus:
    return BuildStatus(**{"key": "widgets", "state": BuildState.SUCCESSFUL, "url": PAGE, **fields})


def test_all_that_the_rich_api_takes() -> None:
    assert body(
        build(
            key="TEST-REP123",
            state=BuildState.FAILED,
            name="Database Matrix Tests",
            description="Unit test build",
            number="3",
            parent="TEST-REP",
            ref="refs/heads/master",
            duration_ms=1_500_000,
            tests=TestResults(successful=134, failed=1, skipped=5),
        )
    ) == {
        "key": "TEST-REP123",
        "state": "FAILED",
        "url": PAGE,
        "name": "Database Matrix Tests",
        "description": "Unit test build",
        "buildNumber": "3",
        "parent": "TEST-REP",
        "ref": "refs/heads/master",
        "duration": 1_500_000,
        "testResults": {"successful": 134, "failed": 1, "skipped": 5},
    }


def test_the_least_that_is_sent_names_a_parent_for_required_builds() -> None:
    assert body(build()) == {
        "key": "widgets",
        "state": "SUCCESSFUL",
        "url": PAGE,
        "parent": "widgets",
    }


def test_what_was_cancelled_has_failed_where_the_server_knows_no_such_state() -> None:
    cancelled = build(state=BuildState.CANCELLED, description="By Ada.")
    assert body(cancelled)["state"] == "CANCELLED"
    sent = body(cancelled, takes_cancelled=False)
    assert (sent["state"], sent["description"]) == ("FAILED", "Cancelled. By Ada.")
    legacy = legacy_body("CANCELLED", "widgets", PAGE, description="By Ada.")
    assert (legacy["state"], legacy["description"]) == ("FAILED", "Cancelled. By Ada.")


def test_the_legacy_api_has_no_word_for_unknown() -> None:
    with pytest.raises(UsageError, match="UNKNOWN"):
        legacy_body("UNKNOWN", "widgets", PAGE)


@pytest.mark.parametrize(
    "make",
    [lambda key: body(build(key=key)), lambda key: legacy_body("FAILED", key, PAGE)],
    ids=["rich", "legacy"],
)
def test_a_long_key_is_cut_the_same_way_each_time_and_unlike_any_other(make: Any) -> None:
    exact, long, other = "k" * 255, "\U0001f600" * 200 + "a", "\U0001f600" * 200 + "b"
    assert make(exact)["key"] == exact
    assert units(make("k" * 256)["key"]) == 255
    assert units(make(long)["key"]) <= 255
    assert make(long)["key"] == make(long)["key"] != make(other)["key"]
    assert "\ufffd" not in make(long)["key"]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"key": "  "}, "key is empty"),
        ({"key": "a\x1bb"}, "cannot be seen"),
        ({"key": "a\ud83d"}, "cannot be seen"),
        ({"url": ""}, "page is empty"),
        ({"url": "ftp://ci.example.com/12"}, "no http or https"),
        ({"url": "https://ci.example.com/\ud83d"}, "no http or https"),
        ({"url": f"{PAGE}?{'x' * 450}"}, "450"),
        ({"url": "https://ada:pw@ci.example.com/"}, "a password"),
        ({"ref": "main"}, "refs/"),
        ({"ref": "refs/heads/a\u2028b"}, "cannot be seen"),
        ({"ref": f"refs/heads/{'x' * 1024}"}, "1024"),
        ({"parent": "p" * 1025}, "1024"),
        ({"parent": " "}, "1024"),
    ],
)
def test_what_cannot_be_cut_is_refused_before_anything_is_sent(
    fields: dict[str, Any], words: str
) -> None:
    with pytest.raises(UsageError, match=words) as refused:
        body(build(**fields))
    assert "Nothing was sent." in refused.value.hint


@pytest.mark.parametrize("url", [f"https://h/{'x' * 440}", PAGE])
def test_an_address_of_450_characters_is_sent_whole(url: str) -> None:
    assert (body(build(url=url))["url"], legacy_body("FAILED", "k", url)["url"]) == (url, url)


@pytest.mark.parametrize(
    "url", ["", "x", "https://ada:pw@ci.example.com/", f"https://h/{'x' * 441}", "https://h/\ud83d"]
)
def test_the_legacy_api_gets_no_bad_address(url: str) -> None:
    with pytest.raises(UsageError, match="450"):
        legacy_body("FAILED", "k", url)


@given(
    fields=st.fixed_dictionaries(
        {"key": TEXTS, "url": st.just(PAGE) | TEXTS},
        optional={
            "name": TEXTS,
            "description": TEXTS,
            "number": TEXTS,
            "parent": TEXTS,
            "ref": TEXTS.map("refs/heads/".__add__),
            "duration_ms": st.integers(),
        },
    ),
    state=st.sampled_from(BuildState),
    counts=st.none() | st.tuples(*[st.integers(min_value=0)] * 3),
)
def test_no_body_breaks_a_limit(
    fields: dict[str, Any], state: BuildState, counts: tuple[int, int, int] | None
) -> None:
    tests = TestResults(*counts) if counts else None
    try:
        sent = body(build(state=state, tests=tests, **fields))
    except UsageError:
        return
    file = shapes("bitbucket-dc/builds")
    assert file.component_refusals("RestBuildStatusSetRequest", sent) == []
    assert sent["key"].strip()
    assert units(sent.get("description", "")) <= 255


@given(
    state=st.sampled_from([str(each) for each in BuildState]),
    key=TEXTS,
    url=st.just(PAGE) | TEXTS,
    name=st.none() | TEXTS,
    description=st.none() | TEXTS,
)
def test_no_legacy_body_breaks_a_limit(
    state: str, key: str, url: str, name: str | None, description: str | None
) -> None:
    try:
        sent = legacy_body(state, key, url, name=name, description=description)
    except UsageError:
        return
    file = shapes("bitbucket-dc/builds")
    posted = file.document["operations"]["POST /build-status/latest/commits/{commitId}"]
    assert file.refusals(posted["request"]["application/json"], sent) == []
    assert sent["key"].strip()
