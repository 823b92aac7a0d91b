"""Required builds over a socket: every operation, how they are refused, and what they ask for."""

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest
from contract.shapes import shapes
from hypothesis import given
from hypothesis import strategies as st
from program import TOKEN

from insights_uploader.destinations.bitbucket_dc.address import HEADERS
from insights_uploader.destinations.http import Http, Retries
from insights_uploader.destinations.required_builds.client import (
    Condition,
    MatcherKind,
    RequiredBuilds,
    StoredMatcher,
    ignored,
)
from insights_uploader.destinations.required_builds.meeting import Standing, judged, matches
from insights_uploader.destinations.required_builds.payload import (
    RefKind,
    RefMatcher,
    condition_body,
)
from insights_uploader.model.errors import ServerError, UsageError
from insights_uploader.sandbox.faults import Answer
from insights_uploader.sandbox.server import Sandbox
from insights_uploader.sandbox.settings import Permission, RateLimit, User

ADMIN = User("ada", "a-password", Permission.ADMIN, tokens=("admin-token",))
NOBODY = User("nor", "a-password", Permission.NONE, tokens=("nobody-token",))
USERS = {"users": (ADMIN, NOBODY)}
with_users = pytest.mark.parametrize("sandbox", [USERS], indirect=True)
MAIN = RefMatcher.of("BRANCH:main")


@contextmanager
def conditions(
    sandbox: Sandbox,
    token: str = "admin-token",
    project: str = "PRJ",
    retries: Retries | None = None,
) -> Iterator[RequiredBuilds]:
    with Http(sandbox.url, f"Bearer {token}", headers=HEADERS, retries=retries) as http:
        yield RequiredBuilds(http, project, "repo")


# what is sent


@pytest.mark.parametrize(
    ("text", "body"),
    [
        ("any_ref", {"id": "ANY_REF", "type": {"id": "ANY_REF"}}),
        ("BRANCH:main", {"id": "refs/heads/main", "type": {"id": "BRANCH"}}),
        ("BRANCH:refs/heads/a:b", {"id": "refs/heads/a:b", "type": {"id": "BRANCH"}}),
        ("PATTERN:release/*", {"id": "release/*", "type": {"id": "PATTERN"}}),
        ("MODEL_CATEGORY:release", {"id": "RELEASE", "type": {"id": "MODEL_CATEGORY"}}),
        ("model_branch:Production", {"id": "production", "type": {"id": "MODEL_BRANCH"}}),
    ],
)
def test_every_kind_of_matcher(text: str, body: Mapping[str, Any]) -> None:
    assert RefMatcher.of(text).body == body


@pytest.mark.parametrize(
    "text",
    [
        *("", "main", "TAG:1", "BRANCH", "BRANCH:", "BRANCH:refs/tags/1", "BRANCH:refs/heads/"),
        *("PATTERN: ", "PATTERN:a\x1b", "ANY_REF:main", "MODEL_CATEGORY:MAIN", "MODEL_BRANCH:main"),
    ],
)
def test_a_matcher_that_the_server_could_not_make(text: str) -> None:
    with pytest.raises(UsageError, match=re.escape(repr(text))):
        RefMatcher.of(text)


@given(
    parents=st.lists(st.text(max_size=5) | st.just("é" * 1024) | st.just("😀" * 513), max_size=102),
    target=st.text(max_size=20) | st.sampled_from(["ANY_REF", "BRANCH:x", "PATTERN:**"]),
    exempt=st.none() | st.just("MODEL_BRANCH:production"),
)
def test_what_is_built_holds_to_atlassians_shape(
    parents: list[str], target: str, exempt: str | None
) -> None:
    try:
        body = condition_body(
            parents, RefMatcher.of(target), RefMatcher.of(exempt) if exempt else None
        )
    except UsageError:
        return
    sent = json.loads(json.dumps(body))
    file = shapes("bitbucket-dc/required-builds")
    assert file.component_refusals("RestRequiredBuildConditionSetRequest", sent) == []
    assert all(len(each.encode("utf-16-le")) <= 2048 for each in sent["buildParentKeys"])


def test_a_hundred_builds_and_no_more() -> None:
    many = [f"build-{number}" for number in range(100)]
    assert condition_body([*many, "build-0"], MAIN)["buildParentKeys"] == many
    for wrong in ([], [*many, "one-more"], ["x" * 1025], [" "]):
        with pytest.raises(UsageError, match="--parent"):
            condition_body(wrong, MAIN)


# over the socket


@with_users
def test_a_condition_is_created_read_replaced_and_deleted(sandbox: Sandbox) -> None:
    body = condition_body(["plan-a", "plan-b"], MAIN, RefMatcher.of("PATTERN:hotfix/*"))
    with conditions(sandbox) as client:
        created = client.create(body)
        assert [*client.all()] == [created]
        assert created == Condition(
            id=created.id,
            build_parent_keys=["plan-a", "plan-b"],
            ref_matcher=StoredMatcher("refs/heads/main", MatcherKind("BRANCH", "Branch"), "main"),
            exempt_ref_matcher=StoredMatcher(
                "hotfix/*", MatcherKind("PATTERN", "Pattern"), "hotfix/*"
            ),
        )
        assert ignored(body, created) == []
        other = condition_body(["plan-a"], RefMatcher.of("ANY_REF"))
        replaced = client.update(created.id, other)
        assert (replaced.id, replaced.ref_matcher.id) == (created.id, "ANY_REF_MATCHER_ID")
        assert (replaced.exempt_ref_matcher, ignored(other, replaced)) == (None, [])
        client.delete(created.id)
        assert [*client.all()] == []
        client.delete(created.id)  # of one that never was the server says the same


@pytest.mark.parametrize("kind", RefKind)
@with_users
def test_the_server_takes_every_kind_of_matcher(sandbox: Sandbox, kind: RefKind) -> None:
    word = {"MODEL_CATEGORY": "RELEASE", "MODEL_BRANCH": "production", "ANY_REF": ""}
    matcher = RefMatcher.of(f"{kind}:{word.get(kind, 'x')}")
    with conditions(sandbox) as client:
        body = condition_body(["p"], matcher, matcher)
        stored = client.create(body)
    assert (stored.ref_matcher.type.id, ignored(body, stored)) == (kind, [])


@with_users
def test_all_pages_are_read(sandbox: Sandbox) -> None:
    with conditions(sandbox) as client:
        made = [client.create(condition_body([f"p{number}"], MAIN)).id for number in range(130)]
        assert [each.id for each in client.all()] == made


@pytest.mark.parametrize(
    ("sandbox", "lost"),
    [
        (USERS | {"version": "9.4.22"}, ["requiredForPullRequest", "requiredForMergeQueue"]),
        (USERS | {"version": "10.2.0"}, []),
    ],
    indirect=["sandbox"],
)
def test_what_an_older_server_ignores_is_known(sandbox: Sandbox, lost: list[str]) -> None:
    body = condition_body(["p"], MAIN, for_pull_requests=True, for_merge_queue=False)
    with conditions(sandbox) as client:
        assert ignored(body, client.create(body)) == lost


@pytest.mark.parametrize(
    ("token", "project", "slug", "words"),
    [
        ("wrong", "PRJ", "bad-token", "not accepted"),
        (TOKEN, "PRJ", "not-permitted", "ci is accepted and may not do this"),
        ("nobody-token", "PRJ", "not-permitted", "nor is accepted and may not do this"),
        ("admin-token", "NONE", "no-project", "Project NONE does not exist"),
    ],
)
@with_users
def test_refusals_of_a_write(
    sandbox: Sandbox, token: str, project: str, slug: str, words: str
) -> None:
    with (
        conditions(sandbox, token, project) as client,
        pytest.raises(ServerError, match=words) as e,
    ):
        client.create(condition_body(["p"], MAIN))
    assert e.value.slug == slug
    assert len(sandbox.requests) == 1
    if slug == "not-permitted":
        assert "administrator" in e.value.hint


@with_users
def test_a_reader_may_look(sandbox: Sandbox) -> None:
    with conditions(sandbox, TOKEN) as client:
        assert [*client.all()] == []
    with conditions(sandbox, "nobody-token") as client, pytest.raises(ServerError) as refused:
        [*client.all()]
    assert refused.value.slug == "not-permitted"


@with_users
def test_a_condition_that_is_not_there_cannot_be_replaced(sandbox: Sandbox) -> None:
    with conditions(sandbox) as client, pytest.raises(ServerError, match="with id 7") as refused:
        client.update(7, condition_body(["p"], MAIN))
    assert refused.value.slug == "not-found"


@with_users
def test_a_server_without_required_builds(sandbox: Sandbox) -> None:
    missing = json.dumps({"message": "HTTP 404 Not Found", "status-code": 404, "sub-code": -1})
    answer = Answer(404, missing, {"content-type": "application/json"})
    sandbox.faults.add(answer, path="/required-builds/", times=None)
    with conditions(sandbox) as client, pytest.raises(ServerError) as refused:
        [*client.all()]
    assert (refused.value.slug, "no required builds" in refused.value.hint) == ("no-endpoint", True)


@pytest.mark.parametrize(("status", "slug"), [(403, "forbidden"), (413, "too-large")])
@with_users
def test_refusals_from_before_the_server(sandbox: Sandbox, status: int, slug: str) -> None:
    sandbox.faults.add(Answer(status, "no"), path="/condition")
    with conditions(sandbox) as client, pytest.raises(ServerError) as refused:
        client.create(condition_body(["p"], MAIN))
    assert (refused.value.slug, refused.value.status) == (slug, status)


@pytest.mark.parametrize(
    "sandbox", [USERS | {"rate_limit": RateLimit(capacity=1, per_second=5)}], indirect=True
)
def test_past_the_rate_limit_it_is_sent_again(sandbox: Sandbox) -> None:
    waits: list[str] = []
    with conditions(sandbox, retries=Retries(tell=waits.append)) as client:
        client.create(condition_body(["p"], MAIN))
        client.create(condition_body(["q"], MAIN))
        assert [list(each.build_parent_keys) for each in client.all()] == [["p"], ["q"]]
    assert any("429" in wait for wait in waits)


@with_users
def test_a_condition_is_not_created_twice(sandbox: Sandbox) -> None:
    sandbox.faults.add(Answer(503, "busy", applied=True), method="POST", path="/condition")
    with conditions(sandbox, retries=Retries()) as client:
        with pytest.raises(ServerError) as refused:
            client.create(condition_body(["p"], MAIN))
        assert (refused.value.status, len([*client.all()])) == (503, 1)


@pytest.mark.parametrize(
    ("answer", "slug"),
    [
        ({"values": [{"id": 1}]}, "odd-reply"),
        ({"values": [{"id": "1", "buildParentKeys": [], "refMatcher": MAIN.body}]}, "odd-reply"),
        ({"values": [], "isLastPage": False}, "cut-list"),
    ],
)
@with_users
def test_what_is_no_list_of_conditions_is_no_answer(
    sandbox: Sandbox, answer: Mapping[str, Any], slug: str
) -> None:
    body = json.dumps({"start": 0, "isLastPage": True, **answer})
    sandbox.faults.add(Answer(200, body, {"content-type": "application/json"}), path="/conditions")
    with conditions(sandbox) as client, pytest.raises(ServerError) as refused:
        [*client.all()]
    assert refused.value.slug == slug


# what they ask for


def stored(text: str) -> StoredMatcher:
    matcher = RefMatcher.of(text)
    return StoredMatcher(matcher.id, MatcherKind(str(matcher.kind)))


@pytest.mark.parametrize(
    ("pattern", "ref", "expected"),
    [
        # Atlassian, "Branch permission patterns"
        ("*", "refs/heads/any/thing", True),
        ("PROJECT-*", "refs/heads/PROJECT-1234", True),
        ("PROJECT-*", "refs/heads/stable/PROJECT-new", True),
        ("PROJECT-*", "refs/tags/PROJECT-1.1", True),
        ("?.?", "refs/heads/1.1", True),
        ("?.?", "refs/heads/stable/2.X", True),
        ("tags/", "refs/heads/stable/tags/some_branch", True),
        ("tags/**", "refs/tags/project-1.1.0", True),
        ("heads/**/master", "refs/heads/master", True),
        ("heads/**/master", "refs/heads/stable/master", True),
        ("heads/**/master", "refs/tags/master", False),
        ("?.?", "refs/heads/10.1", False),
        ("release/*", "refs/heads/release/1.0", True),
        ("release/*", "refs/heads/release/1/0", False),
        ("release/*", "refs/heads/main", False),
        ("PROJECT-*", "refs/heads/project-1", False),
        ("refs/heads/main", "refs/heads/main", True),
        ("in", "refs/heads/main", False),
        ("*a*b*", "refs/heads/xaxxbx", True),
        ("*a*b*", "refs/heads/xbxxax", False),
    ],
)
def test_patterns_of_branches(pattern: str, ref: str, expected: bool) -> None:
    assert matches(stored(f"PATTERN:{pattern}"), ref) is expected


def test_a_pattern_takes_no_longer_than_it_is_long() -> None:
    assert matches(stored("PATTERN:" + "*a" * 5000), "refs/heads/" + "a" * 250 + "b") is False
    assert matches(stored("PATTERN:" + "**/a/" * 2000 + "b"), "refs/heads/" + "a/" * 100) is False


@pytest.mark.parametrize(
    ("matcher", "ref", "expected"),
    [
        ("ANY_REF", "refs/heads/x", True),
        ("BRANCH:main", "refs/heads/main", True),
        ("BRANCH:main", "refs/heads/main2", False),
        ("BRANCH:main", "refs/heads/x/main", False),
        ("MODEL_BRANCH:production", "refs/heads/main", None),
        ("MODEL_CATEGORY:RELEASE", "refs/heads/release/1", None),
    ],
)
def test_other_matchers(matcher: str, ref: str, expected: bool | None) -> None:
    assert matches(stored(matcher), ref) is expected


@pytest.mark.parametrize(
    ("target", "exempt", "posted", "source", "standing"),
    [
        ("BRANCH:main", None, {"a", "b"}, None, Standing.MET),
        ("BRANCH:main", None, {"a"}, None, Standing.NOT_MET),
        ("BRANCH:other", None, {"a"}, None, Standing.OTHER_BRANCH),
        ("ANY_REF", "PATTERN:hotfix/*", {"a"}, "refs/heads/hotfix/1", Standing.EXEMPT),
        ("ANY_REF", "PATTERN:hotfix/*", {"a"}, "refs/heads/feature", Standing.NOT_MET),
        ("ANY_REF", "PATTERN:hotfix/*", {"a"}, None, Standing.UNKNOWN),
        ("ANY_REF", "MODEL_CATEGORY:HOTFIX", {"a"}, "refs/heads/x", Standing.UNKNOWN),
        ("MODEL_BRANCH:production", None, {"a"}, None, Standing.UNKNOWN),
        ("MODEL_BRANCH:production", None, {"a", "b"}, None, Standing.MET),
    ],
)
def test_how_a_condition_stands(
    target: str, exempt: str | None, posted: set[str], source: str | None, standing: Standing
) -> None:
    matcher = stored(exempt) if exempt else None
    condition = Condition(1, ["a", "b"], stored(target), matcher)
    [judgement] = judged([condition], posted, "refs/heads/main", source)
    assert judgement.standing is standing
    assert list(judgement.missing) == [name for name in ("a", "b") if name not in posted]


def test_legacy_build_status_meets_nothing() -> None:
    condition = Condition(1, ["a"], stored("ANY_REF"))
    [judgement] = judged([condition], {"a"}, "refs/heads/main", is_legacy=True)
    assert (judgement.standing, judgement.missing) == (Standing.NOT_MET, ["a"])
