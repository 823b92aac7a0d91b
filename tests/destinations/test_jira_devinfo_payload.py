"""Whatever git and Bitbucket have: its body is one that Jira takes, or it is refused here."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from insights_uploader.destinations.jira_cloud.ids import checked_id, entity_id
from insights_uploader.destinations.jira_devinfo.chunks import chunks, count, halves
from insights_uploader.destinations.jira_devinfo.gathering import Found, Naming, Source, found_in
from insights_uploader.destinations.jira_devinfo.pages import RepositoryPages
from insights_uploader.destinations.jira_devinfo.payload import (
    branch_body,
    check_properties,
    commit_body,
    pull_request_body,
    repository_body,
)
from insights_uploader.destinations.jira_devinfo.pull_request import Person, ShownPullRequest
from insights_uploader.model.errors import UsageError
from insights_uploader.repository.commits import ChangedFile, LoggedCommit
from insights_uploader.sandbox.contract import component_faults
from insights_uploader.sandbox.jira_cloud import property_errors

ID = re.compile(r"[A-Za-z0-9~._-]{1,1024}")
PAGES = RepositoryPages("https://bitbucket.example.com/ctx", "PRJ", "repo")
REPOSITORY = PAGES.url
COMMIT = LoggedCommit(
    id="a7727ee6350c33cdf90826dc21abaa26a5704370",
    parents=["b" * 40],
    author_name="Jane Doe",
    author_email="jane@example.com",
    authored_s=1_477_956_445,
    message="DEMO-1 Read the file\n\nand close it",
)
PULL_REQUEST = ShownPullRequest(
    id=7,
    state="MERGED",
    title="Read files",
    head=COMMIT.id,
    branch="feature/DEMO-2",
    source=("~jane", "repo"),
    target_branch="main",
    author=Person("Jane Doe", "jane@example.com"),
    reviewers=[Person("Joe", "joe@example.com", approves=True), Person("Jim")],
    comments=3,
    updated_ms=1_477_956_445_678,
)

texts = st.text(
    st.characters(codec="utf-16", exclude_characters="\r"), max_size=300
) | st.sampled_from(["", " ", "x" * 1025, "\U0001f600" * 600, "\udc80", "\0", "..", "~", "~2F"])
numbers = st.integers(-(2**64), 2**64)
keys = st.lists(
    st.from_regex(r"[A-Z][A-Z0-9]{1,5}-[1-9][0-9]{0,3}", fullmatch=True), min_size=1, max_size=9
) | st.just([f"DEMO-{n}" for n in range(1, 502)])
files = st.lists(
    st.builds(
        ChangedFile,
        path=texts,
        status=st.sampled_from("ACDMRTX"),
        added=st.none() | st.integers(0, 2**40),
        removed=st.none() | st.integers(0, 2**40),
    ),
    max_size=14,
)
commits = st.builds(
    LoggedCommit,
    id=st.from_regex(r"[0-9a-f]{40}", fullmatch=True),
    parents=st.lists(st.just("b" * 40), max_size=3),
    author_name=texts,
    author_email=texts,
    authored_s=numbers,
    message=texts,
    files=files,
    file_count=st.integers(0, 2**40),
)
people = st.builds(Person, name=texts, email=texts, approves=st.booleans())
pull_requests = st.builds(
    ShownPullRequest,
    id=st.integers(1, 2**63),
    state=st.sampled_from(["OPEN", "MERGED", "DECLINED"]),
    title=texts,
    head=st.just(COMMIT.id),
    branch=texts,
    source=st.tuples(st.just("PRJ"), st.just("repo")),
    target_branch=texts,
    author=people,
    reviewers=st.lists(people, max_size=3),
    comments=st.integers(0, 2**40),
    updated_ms=numbers,
)


def faults(component: str, body: Any) -> Sequence[Any]:
    return component_faults("jira-cloud/devinfo", component, body)


@given(commits, keys, numbers, st.booleans())
def test_a_commit_is_one_that_jira_takes_or_is_not_built(
    commit: LoggedCommit, keys: Sequence[str], sequence: int, with_email: bool
) -> None:
    try:
        body = commit_body(commit, keys, PAGES, sequence, with_email=with_email)
    except UsageError:
        assert not 0 <= sequence < 2**63  # else every commit can be told
        return
    assert faults("Commit", body) == []
    msgspec.json.encode(body)
    assert with_email or "email" not in body["author"]


@given(texts, keys, numbers)
def test_a_branch_is_one_that_jira_takes_or_is_not_built(
    name: str, keys: Sequence[str], sequence: int
) -> None:
    try:
        body = branch_body(name, keys, commit_body(COMMIT, keys, PAGES, 1), PAGES, sequence)
    except UsageError:
        return
    assert faults("Branch", body) == []
    assert body["name"] == name  # never cut
    msgspec.json.encode(body)


@given(pull_requests, keys)
def test_a_pull_request_is_one_that_jira_takes_or_is_not_built(
    shown: ShownPullRequest, keys: Sequence[str]
) -> None:
    try:
        body = pull_request_body(shown, keys, PAGES, 1)
    except UsageError:
        return
    assert faults("PullRequest", body) == []
    assert body["sourceBranch"] == shown.branch
    msgspec.json.encode(body)


def test_a_commit_as_jira_has_it() -> None:
    changed = ChangedFile("src/a b.py", "R", 3, 1)
    commit = msgspec.structs.replace(COMMIT, files=[changed], file_count=1)
    assert commit_body(commit, ["DEMO-1"], PAGES, 5) == {
        "id": COMMIT.id,
        "issueKeys": ["DEMO-1"],
        "updateSequenceId": 5,
        "message": "DEMO-1 Read the file\n\nand close it",
        "author": {"name": "Jane Doe"},
        "fileCount": 1,
        "url": f"{REPOSITORY}/commits/{COMMIT.id}",
        "authorTimestamp": "2016-10-31T23:27:25+00:00",
        "displayId": "a7727ee6350",
        "files": [
            {
                "path": "src/a b.py",
                "url": f"{REPOSITORY}/commits/{COMMIT.id}#src/a%20b.py",
                "changeType": "MOVED",
                "linesAdded": 3,
                "linesRemoved": 1,
            }
        ],
    }


def test_ten_files_are_listed_and_all_are_counted() -> None:
    names = [f"f{n:02}" for n in range(30)]
    many = [ChangedFile(name, "M", 1, 1) for name in reversed(names)]
    body = commit_body(
        msgspec.structs.replace(COMMIT, files=many, file_count=30), ["DEMO-1"], PAGES, 1
    )
    assert ([each["path"] for each in body["files"]], body["fileCount"]) == (names[:10], 30)


def test_a_merge_is_marked() -> None:
    merge = msgspec.structs.replace(COMMIT, parents=["b" * 40, "c" * 40])
    assert commit_body(merge, ["DEMO-1"], PAGES, 1)["flags"] == ["MERGE_COMMIT"]
    assert "flags" not in commit_body(COMMIT, ["DEMO-1"], PAGES, 1)


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        *(("A", "ADDED"), ("C", "COPIED"), ("D", "DELETED"), ("M", "MODIFIED")),
        *(("R", "MOVED"), ("T", "MODIFIED"), ("X", "UNKNOWN")),
    ],
)
def test_a_change_has_jiras_name(status: str, expected: str) -> None:
    commit = msgspec.structs.replace(COMMIT, files=[ChangedFile("a", status)], file_count=1)
    [file] = commit_body(commit, ["DEMO-1"], PAGES, 1)["files"]
    assert (file["changeType"], file["linesAdded"], file["linesRemoved"]) == (expected, 0, 0)


def test_a_message_is_cut_in_the_servers_units() -> None:
    long = msgspec.structs.replace(COMMIT, message="\U0001f600" * 600)
    message = commit_body(long, ["DEMO-1"], PAGES, 1)["message"]
    assert len(message.encode("utf-16-le")) // 2 <= 1024
    assert message.startswith("\U0001f600" * 500)


@pytest.mark.parametrize(("branch", "is_taken"), [("b" * 512, True), ("b" * 513, False)])
def test_a_name_is_not_cut(branch: str, is_taken: bool) -> None:
    last = commit_body(COMMIT, ["DEMO-1"], PAGES, 1)
    if is_taken:
        assert branch_body(branch, ["DEMO-1"], last, PAGES, 1)["name"] == branch
        return
    with pytest.raises(UsageError, match="branch's name"):
        branch_body(branch, ["DEMO-1"], last, PAGES, 1)


def test_a_pull_request_as_jira_has_it() -> None:
    fork = "https://bitbucket.example.com/ctx/projects/~jane/repos/repo"
    assert pull_request_body(PULL_REQUEST, ["DEMO-2"], PAGES, 5, with_email=True) == {
        "id": "7",
        "issueKeys": ["DEMO-2"],
        "updateSequenceId": 5,
        "status": "MERGED",
        "title": "Read files",
        "author": {"name": "Jane Doe", "email": "jane@example.com"},
        "commentCount": 3,
        "sourceBranch": "feature/DEMO-2",
        "sourceBranchUrl": f"{fork}/browse?at=refs%2Fheads%2Ffeature%2FDEMO-2",
        "lastUpdate": "2016-10-31T23:27:25+00:00",
        "destinationBranch": "main",
        "destinationBranchUrl": f"{REPOSITORY}/browse?at=refs%2Fheads%2Fmain",
        "reviewers": [
            {"name": "Joe", "approvalStatus": "APPROVED", "email": "joe@example.com"},
            {"name": "Jim", "approvalStatus": "UNAPPROVED"},
        ],
        "url": f"{REPOSITORY}/pull-requests/7",
        "displayId": "#7",
    }


def test_no_address_of_a_person_is_told_unasked() -> None:
    told = [
        commit_body(COMMIT, ["DEMO-1"], PAGES, 1),
        pull_request_body(PULL_REQUEST, ["DEMO-1"], PAGES, 1),
    ]
    assert b"@example.com" not in msgspec.json.encode(told)


# Ids


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("main", "main"),
        ("feature/DEMO-1_a.b", "feature~2FDEMO-1_a.b"),
        ("feature~2FDEMO-1", "feature~7E2FDEMO-1"),
        ("ü", "~C3~BC"),
        ("..", "~2E."),
        ("\n", "~0A"),
    ],
)
def test_an_id_holds_what_jira_takes(name: str, expected: str) -> None:
    assert entity_id(name) == expected


@given(st.lists(texts.filter(bool) | st.text("/~2F.", min_size=1), min_size=2, unique=True))
def test_other_names_have_other_ids(names: Sequence[str]) -> None:
    ids = [entity_id(name) for name in names]
    assert all(ID.fullmatch(each) for each in ids)
    assert len(set(ids)) == len(names)
    assert [checked_id(each) for each in ids] == ids


def test_a_repository_has_one_id_however_it_is_spelled() -> None:
    spelled = [
        RepositoryPages("https://bitbucket.example.com", "PRJ", "repo"),
        RepositoryPages("https://BITBUCKET.example.com:443", "prj", "Repo"),
        RepositoryPages("http://bitbucket.example.com:80", "PRJ", "repo"),
    ]
    assert {each.identity for each in spelled} == {"bitbucket.example.com/PRJ/repo"}
    other = RepositoryPages("https://bitbucket.example.com:8443/ctx", "PRJ", "repo")
    assert repository_body(other, 1) == {
        "id": "bitbucket.example.com~3A8443~2Fctx~2FPRJ~2Frepo",
        "name": "PRJ/repo",
        "url": "https://bitbucket.example.com:8443/ctx/projects/PRJ/repos/repo",
        "updateSequenceId": 1,
    }
    assert repository_body(other, 1, "mine")["id"] == "mine"


@given(st.dictionaries(texts, texts, max_size=7))
def test_properties_are_those_that_jira_takes(properties: Mapping[str, str]) -> None:
    try:
        check_properties(properties)
    except UsageError:
        return
    assert property_errors(properties) == []
    msgspec.json.encode(properties)


# Parts

sizes = st.lists(
    st.tuples(st.integers(0, 120), st.integers(0, 900), st.integers(0, 3), st.integers(0, 3)),
    max_size=6,
)


def _repository(at: int, commits: int, branches: int, pulls: int) -> dict[str, Any]:
    lists = {"commits": commits, "branches": branches, "pullRequests": pulls}
    found = {kind: [{"id": f"{n}"} for n in range(many)] for kind, many in lists.items()}
    return {"id": f"r{at}", "name": "r", **found}


def _check(parts: Sequence[Sequence[Mapping[str, Any]]]) -> list[tuple[str, str, str]]:
    """See that each request holds to the limits; give all entities."""
    entities = []
    for part in parts:
        assert 0 < len(part) <= 100
        assert 0 < count(part) <= 1000
        assert len({each["id"] for each in part}) == len(part)
        for each in part:
            for kind in ("commits", "branches", "pullRequests"):
                inside = [(each["id"], kind, e["id"]) for e in each.get(kind, ())]
                assert len(inside) <= 400
                entities += inside
    return entities


@given(sizes)
def test_parts_hold_every_entity_once(given: Sequence[tuple[int, int, int, int]]) -> None:
    repositories = [_repository(*each) for each in given]
    entities = _check(chunks(repositories))
    assert len(set(entities)) == len(entities)
    assert set(entities) == {
        (each["id"], kind, entity["id"])
        for each in repositories
        for kind in ("commits", "branches", "pullRequests")
        for entity in each[kind]
    }


def test_parts_of_many_repositories() -> None:
    parts = chunks([_repository(at, 1, 0, 0) for at in range(201)])
    _check(parts)
    assert [len(each) for each in parts] == [100, 100, 1]


@pytest.mark.parametrize("size", [1, 2, 7, 400])
def test_halves_are_all_of_it(size: int) -> None:
    whole = [_repository(0, size, 1, 1)]
    parts = halves(whole)
    assert sorted(_check(parts)) == sorted(_check([whole]))
    assert max(map(count, parts)) < count(whole)
    alone = [_repository(0, 1, 0, 0)]
    assert halves(alone) == [alone]


# What belongs to which issue

NAMING = Naming(pages=PAGES, sequence=5)
MUTE = msgspec.structs.replace(COMMIT, id="c" * 40, message="no key, but UTF-8")


def keys_of(found: Found) -> dict[str, list[list[str]]]:
    [repository] = found.repositories
    kinds = ("commits", "branches", "pullRequests")
    return {k: [e["issueKeys"] for e in repository[k]] for k in kinds if k in repository}


def test_each_belongs_to_the_issues_that_it_names() -> None:
    given = Source(
        head=COMMIT, commits=[COMMIT, MUTE], branch="feature/DEMO-2", pull_request=PULL_REQUEST
    )
    found = found_in(given, NAMING)
    assert keys_of(found) == {
        "commits": [["DEMO-1"]],
        "branches": [["DEMO-2"]],
        "pullRequests": [["DEMO-2", "DEMO-1"]],
    }
    assert list(found.left_out) == ["1 of 2 commits name no issue"]
    assert found.repositories[0]["branches"][0]["lastCommit"]["issueKeys"] == ["DEMO-1"]


def test_a_pull_request_and_its_branch_know_each_other_by_one_page() -> None:
    given = Source(
        head=COMMIT, commits=[COMMIT], branch="feature/DEMO-2", pull_request=PULL_REQUEST
    )
    [repository] = found_in(given, NAMING).repositories
    [branch], [pull] = repository["branches"], repository["pullRequests"]
    assert "/~jane/" in branch["url"]
    assert branch["url"] == pull["sourceBranchUrl"]


def test_a_last_commit_without_a_key_belongs_to_the_branchs_issue() -> None:
    found = found_in(Source(head=MUTE, commits=[MUTE], branch="DEMO-2"), NAMING)
    [branch] = found.repositories[0]["branches"]
    assert branch["lastCommit"]["issueKeys"] == ["DEMO-2"]
    assert "commits" not in found.repositories[0]


def test_commits_of_another_head_are_none_of_the_pull_requests() -> None:
    given = Source(head=MUTE, commits=[MUTE, COMMIT], pull_request=PULL_REQUEST)
    assert keys_of(found_in(given, NAMING))["pullRequests"] == [["DEMO-2"]]


def test_only_the_projects_that_are_named_count() -> None:
    given = Source(head=COMMIT, commits=[COMMIT], branch="OTHER-1")
    naming = msgspec.structs.replace(NAMING, projects=["OTHER"])
    assert keys_of(found_in(given, naming)) == {"branches": [["OTHER-1"]]}


def test_further_issues_are_those_of_the_branch_and_the_pull_request() -> None:
    pull = msgspec.structs.replace(PULL_REQUEST, branch="x", title="y", head=MUTE.id)
    given = Source(head=MUTE, commits=[MUTE], branch="x", pull_request=pull)
    naming = msgspec.structs.replace(NAMING, issue_keys=["DEMO-9"])
    assert keys_of(found_in(given, naming)) == {
        "branches": [["DEMO-9"]],
        "pullRequests": [["DEMO-9"]],
    }


def test_of_nothing_with_a_key_nothing_is_left() -> None:
    pull = msgspec.structs.replace(PULL_REQUEST, branch="x", title="y", head=MUTE.id)
    given = Source(head=MUTE, commits=[MUTE], is_whole=False, branch="x", pull_request=pull)
    found = found_in(given, NAMING)
    assert list(found.repositories) == []
    assert list(found.left_out) == [
        "1 of 1 commits name no issue",
        "the range has more commits than the 1 newest, which are read",
        "branch x names no issue",
        "pull request 7 names no issue",
    ]


def test_more_issues_than_jira_takes_are_told() -> None:
    many = msgspec.structs.replace(COMMIT, message=" ".join(f"DEMO-{n}" for n in range(1, 502)))
    found = found_in(Source(head=many, commits=[many]), NAMING)
    assert len(keys_of(found)["commits"][0]) == 500
    assert list(found.left_out) == ["more than 500 issues of one thing: the first 500 are sent"]
