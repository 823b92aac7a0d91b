"""A pull request's diff from a real server on loopback, refused, cut and spoiled on its way.

What the changed lines are says `git blame` on one synthetic commit over the merge base.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from changes.conftest import Commit, Entry, Repository, numbers
from hypothesis import given, settings
from hypothesis import strategies as st

from insights_uploader.changes.source import Diff
from insights_uploader.destinations.bitbucket_dc import server_diff
from insights_uploader.destinations.bitbucket_dc.pull_requests import PullRequests
from insights_uploader.destinations.bitbucket_dc.server_diff import ServerDiff
from insights_uploader.destinations.http import Http
from insights_uploader.model.errors import DiffError, ServerError
from insights_uploader.sandbox.faults import Answer, Edit
from insights_uploader.sandbox.server import Sandbox, serve
from insights_uploader.sandbox.settings import AccessToken, SandboxSettings
from insights_uploader.sandbox.settings import PullRequest as Served

TWENTY = b"".join(b"line %d\n" % n for n in range(20))
LAST = b"zz/100%25 of #1?.txt"
ODD = (
    b"a b/two  spaces.py",
    b"caf\xc3\xa9/\xe2\x82\xac & \xf0\x9f\x98\x80;x=1.py",
    b'"quoted"\t+.py',
    b"back\\slash~'*[x].py",
    b"%2e%2e/%00.py",
)
BEFORE: Mapping[bytes, Entry] = {
    **dict.fromkeys(ODD, b"one\ntwo\nthree\n"),
    b"crlf.txt": b"one\r\ntwo\r\n",
    b"emptied.txt": b"gone\n",
    b"binary.bin": b"\0\1\n",
    b"gone.txt": b"gone\n",
    b"link": b"a file\n",
    b"mode.sh": b"#!/bin/sh\n",
    b"moved from.py": TWENTY + b"m\n",
    b"moved whole.py": TWENTY + b"w\n",
    b"shorter.txt": TWENTY,
    b"untouched.txt": b"untouched\n",
    b"zz.txt": b"\n",
    LAST: TWENTY,
}
AFTER: Mapping[bytes, Entry] = {
    **dict.fromkeys(ODD, b"one\nTWO\nthree\nfour"),
    b"crlf.txt": b"one\r\nzwei\r\nform\x0cfeed \xe2\x80\xa8 \xc2\x85\rreturn\r\n",
    b"emptied.txt": b"",
    b"binary.bin": b"\0\2\n",
    b"diff --git.txt": b"diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n",
    b"link": (b"120000", b"untouched.txt"),
    b"mode.sh": (b"100755", b"#!/bin/sh\n"),
    b"module": (b"160000", b"5" * 40),
    b"moved to.py": TWENTY.replace(b"line 7\n", b"seven\n") + b"m\n",
    b"moved/whole.py": TWENTY + b"w\n",
    b"new empty.txt": b"",
    b"new latin-1.txt": b"caf\xe9\n",
    b"shorter.txt": TWENTY.replace(b"line 4\nline 5\n", b""),
    b"untouched.txt": b"untouched\n",
    b"zz.txt": b"z\n",
    LAST: TWENTY.replace(b"line 2\n", b"2\n2\n").replace(b"line 9\n", b"9\n") + b"end\n",
}


class Story:
    """A repository and a server over it, whose pull request 7 merges `feature` into `main`."""

    def __init__(self, folder: Path) -> None:
        self.repository = Repository(folder)
        self.settings = SandboxSettings(
            folder,
            tokens=(AccessToken("ci", "ci-secret"),),
            pull_requests=(Served(7, "feature", "main"),),
        )

    def tell(
        self, before: Mapping[bytes, Entry], after: Mapping[bytes, Entry], related: bool = True
    ) -> None:
        """Branch off, change something, and let main go on."""
        made = self.repository
        self.base = made.commit(before)
        self.head = made.commit(after, *([self.base] if related else []))
        self.main = made.commit({**before, b"main moves on.txt": b"elsewhere\n"}, self.base)
        made.git("update-ref", "refs/heads/feature", self.head)
        made.git("update-ref", "refs/heads/main", self.main)

    def blamed(self) -> dict[bytes, list[int]]:
        """The changed lines by file that is changed and there, as `git blame` has them."""
        git = self.repository.git
        # One commit, so that lines which were changed back and forth are not blamed.
        commit = git("commit-tree", f"{self.head}^{{tree}}", "-p", self.base, stdin=b"x").decode()
        names = git("diff", "--name-only", "-z", "--diff-filter=d", self.base, self.head)
        paths = [name for name in names.split(b"\0") if name and name != b"module"]
        binary = {path for path in paths if b"\0" in git("show", self.head.encode() + b":" + path)}
        return {
            path: [] if path in binary else self.repository.blamed(self.base, commit.strip(), path)
            for path in paths
        }


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    told = Story(tmp_path_factory.mktemp("server-diff") / "repository")
    told.tell(BEFORE, AFTER)
    return told


@pytest.fixture(scope="module")
def blamed(story: Story) -> dict[bytes, list[int]]:
    """What the changed lines are."""
    return story.blamed()


@pytest.fixture(scope="module")
def shared(story: Story) -> Iterator[Sandbox]:
    with serve(story.settings) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(shared: Sandbox) -> Sandbox:
    shared.clear()
    return shared


Read = Callable[[], Diff]


def diff_of(story: Story, sandbox: Sandbox, commit: str = "") -> Diff:
    """The diff of the pull request; `commit` is what is checked out, the head unless told."""
    content = Commit(story.repository, commit or story.head)
    with Http(sandbox.url, "Bearer ci-secret") as http:
        pull_request = PullRequests(http, "PRJ", "repo").get(7)
        return ServerDiff(http, "PRJ", "repo", pull_request, content).changed_lines()


@pytest.fixture
def read(story: Story, sandbox: Sandbox) -> Read:
    return lambda: diff_of(story, sandbox)


def lines(diff: Diff) -> dict[bytes, list[int]]:
    paths = [file.path.encode("utf-8", "surrogateescape") for file in diff.changes.files]
    return {path: numbers(diff.changes, path) for path in paths}


def edited(change: Callable[[Any], object]) -> Edit:
    """The real answer with something in it changed."""

    def apply(body: bytes) -> bytes:
        answer = json.loads(body)
        change(answer)
        return json.dumps(answer).encode()

    return Edit(apply)


def asked(sandbox: Sandbox) -> list[str]:
    """What was asked of the pull request after it was found."""
    return [each.path.partition("/pull-requests/7")[2] for each in sandbox.requests[1:]]


REFUSED = {
    "400": Answer(400, "<h1>Oops</h1>", {"Content-Type": "text/html"}),
    "404": Answer(404, "<h1>Oops</h1>", {"Content-Type": "text/html"}),
    "406": Answer(406),
    "a page": Answer(200, "<h1>Log in</h1>", {"Content-Type": "text/html"}),
    "nothing": Answer(200, "", {"Content-Type": "text/plain"}),
}


def test_the_raw_diff_is_enough(
    story: Story, blamed: dict[bytes, list[int]], sandbox: Sandbox, read: Read
) -> None:
    diff = read()
    assert lines(diff) == blamed
    assert (diff.source, diff.base) == ("pull request 7", story.base)
    assert [path.partition("/diff/")[0] for path in asked(sandbox)] == [
        *("/changes", ".diff"),
        "",  # the last file, by itself
        "/merge-base",
    ]


@pytest.mark.parametrize("answer", REFUSED.values(), ids=REFUSED)
def test_a_refused_raw_diff_is_asked_for_file_by_file(
    blamed: dict[bytes, list[int]], sandbox: Sandbox, read: Read, answer: Answer
) -> None:
    sandbox.faults.add(answer, path=r"\.diff$")
    assert lines(read()) == blamed


def test_files_without_new_lines_are_not_asked_for(sandbox: Sandbox, read: Read) -> None:
    sandbox.faults.add(REFUSED["406"], path=r"\.diff$")
    read()
    unasked = ("mode.sh", "moved/whole.py", "new empty.txt", "emptied.txt", "gone.txt", "module")
    assert not [path for path in asked(sandbox) if path.endswith(unasked)]


def cuts(raw: bytes) -> list[int]:
    """Where each kind of place in a diff ends: header lines, hunks, and the middle of lines."""
    ends = [
        match.start() for match in re.finditer(rb"(?m)^(?:diff --git|@@|rename to|\+\+\+)", raw)
    ]
    some = ends[::9] + ends[-4:]
    return sorted({*some, *(end + 14 for end in some[::2]), len(raw) - 1, len(raw) - 9, 0})


def cut_at(place: int) -> Edit:
    return Edit(lambda body: body[:place])


def test_a_raw_diff_that_is_cut_anywhere_loses_no_line(
    blamed: dict[bytes, list[int]], sandbox: Sandbox, read: Read
) -> None:
    address = Path("rest/api/latest/projects/PRJ/repos/repo/pull-requests/7.diff").parts
    with Http(sandbox.url, "Bearer ci-secret") as http:
        raw = http.send("GET", address, query=[("contextLines", 0)], accept="text/plain").content
    for place in cuts(raw):
        sandbox.clear()
        sandbox.faults.add(cut_at(place), path=r"\.diff$")
        assert lines(read()) == blamed, raw[:place][-80:]


def test_only_what_was_cut_off_is_asked_for(sandbox: Sandbox, read: Read) -> None:
    """The end of the last file is lost, and the one before it is by then the last one."""
    sandbox.faults.add(Edit(lambda body: body[:-9]), path=r"\.diff$")
    read()
    files = [path for path in asked(sandbox) if path.startswith("/diff/")]
    assert files == ["/diff/zz.txt", "/diff/" + quote(LAST)]


def leave_one_file(sandbox: Sandbox) -> None:
    """Refuse the raw diff, and list one file only."""

    def leave(answer: Any) -> None:
        answer["values"] = [v for v in answer["values"] if v["path"]["name"] == "crlf.txt"]

    sandbox.faults.add(REFUSED["406"], path=r"\.diff$")
    sandbox.faults.add(edited(leave), path=r"/changes$")


def cut_root(answer: Any) -> None:
    answer.update(truncated=True)


def cut_all(answer: Any) -> None:
    answer.update(truncated=True, diffs=[])


def cut_file(answer: Any) -> None:
    answer["diffs"][0].update(truncated=True)


def cut_hunk(answer: Any) -> None:
    answer["diffs"][0]["hunks"][-1].update(truncated=True)


def cut_segment(answer: Any) -> None:
    answer["diffs"][0]["hunks"][0]["segments"][0].update(truncated=True)


@pytest.mark.parametrize("cut", [cut_root, cut_all, cut_file, cut_hunk, cut_segment])
def test_what_is_cut_off_by_itself_is_an_error_that_names_the_file(
    sandbox: Sandbox, read: Read, cut: Callable[[Any], None]
) -> None:
    leave_one_file(sandbox)
    sandbox.faults.add(edited(cut), path=r"/diff/crlf.txt$")
    with pytest.raises(
        DiffError, match=r"pull request 7: crlf\.txt: the server cuts off"
    ) as caught:
        read()
    assert caught.value.slug == "diff-truncated"
    assert "--base" in caught.value.hint


def cut_lines(answer: Any) -> None:
    """What a server does with long lines."""
    for line in answer["diffs"][0]["hunks"][0]["segments"][-1]["lines"]:
        line.update(truncated=True, line=line["line"][:1])


def test_a_long_line_that_is_cut_off_is_changed_all_the_same(
    blamed: dict[bytes, list[int]], sandbox: Sandbox, read: Read
) -> None:
    leave_one_file(sandbox)
    sandbox.faults.add(edited(cut_lines), path=r"/diff/crlf.txt$")
    assert lines(read()) == {b"crlf.txt": blamed[b"crlf.txt"]}


def without_blobs(answer: Any) -> None:
    for change in answer["values"]:
        change.pop("contentId")
        change.pop("fromContentId")


def only_text(answer: Any) -> None:
    """Without blob ids, and only files that lines can prove."""
    without_blobs(answer)
    names = ("crlf.txt", "moved to.py", "moved/whole.py", "shorter.txt", "diff --git.txt")
    answer["values"] = [v for v in answer["values"] if v["path"]["toString"] in names]


def test_without_blob_ids_the_lines_prove_themselves(
    blamed: dict[bytes, list[int]], sandbox: Sandbox, read: Read
) -> None:
    def refuse() -> None:
        sandbox.clear()
        sandbox.faults.add(REFUSED["406"], path=r"\.diff$")
        sandbox.faults.add(edited(only_text), path=r"/changes$")

    refuse()
    found = lines(read())
    assert len(found) == 5
    assert found == {path: blamed[path] for path in found}
    refuse()
    sandbox.faults.add(edited(cut_lines), path=r"/diff/crlf.txt$")
    with pytest.raises(DiffError, match=r"crlf\.txt: the server cuts off"):
        read()
    refuse()

    def other(answer: Any) -> None:
        answer["diffs"][0]["hunks"][0]["segments"][-1]["lines"][0]["line"] = "other"

    sandbox.faults.add(edited(other), path=r"/diff/crlf.txt$")
    with pytest.raises(DiffError, match=r"crlf\.txt, line 2: is another text"):
        read()


def no_hunks(answer: Any) -> None:
    answer["diffs"][0].pop("hunks")


def no_diffs(answer: Any) -> None:
    answer["diffs"].clear()


def lost_line(answer: Any) -> None:
    answer["diffs"][0]["hunks"][0]["segments"][-1]["lines"].pop()


def lost_first_line(answer: Any) -> None:
    answer["diffs"][0]["hunks"][0]["segments"][-1]["lines"].pop(0)


def lost_removal(answer: Any) -> None:
    answer["diffs"][0]["hunks"][0]["segments"].pop(0)


def twice(answer: Any) -> None:
    answer["diffs"] *= 2


def hunk_twice(answer: Any) -> None:
    answer["diffs"][0]["hunks"] *= 2


def from_zero(answer: Any) -> None:
    hunk = answer["diffs"][0]["hunks"][0]
    hunk["destinationLine"] = 0
    for number, line in enumerate(hunk["segments"][-1]["lines"]):
        line["destination"] = number


def shifted(answer: Any) -> None:
    answer["diffs"][0]["hunks"][0]["segments"][-1]["lines"][0]["destination"] += 7


def conflict(answer: Any) -> None:
    answer["diffs"][0]["hunks"][0]["segments"][-1]["lines"][0]["conflictMarker"] = "OURS"


@pytest.mark.parametrize(
    "spoil",
    [
        *(no_hunks, no_diffs, lost_line, lost_first_line, lost_removal),
        *(twice, hunk_twice, from_zero, shifted, conflict),
    ],
)
def test_a_diff_that_does_not_add_up_is_an_error_that_names_the_file(
    sandbox: Sandbox, read: Read, spoil: Callable[[Any], None]
) -> None:
    leave_one_file(sandbox)
    sandbox.faults.add(edited(spoil), path=r"/diff/crlf.txt$")
    with pytest.raises(DiffError, match=r"^pull request 7: crlf\.txt: ") as caught:
        read()
    assert caught.value.slug == "diff-malformed"


@pytest.mark.parametrize(
    "lie",
    [
        {"diffs": None},
        {"diffs": [[]]},
        {"truncated": None},
        {"truncated": "false"},
        {"diffs": [{"truncated": False, "hunks": [{"segments": []}]}]},
        {"diffs": [{"truncated": False, "destination": "crlf.txt"}]},
        {"diffs": [{"destination": {"components": ["crlf.txt"]}, "hunks": []}]},
    ],
)
def test_what_is_no_diff_is_an_error_in_words(
    sandbox: Sandbox, read: Read, lie: dict[str, object]
) -> None:
    leave_one_file(sandbox)
    sandbox.faults.add(edited(lambda answer: answer.update(lie)), path=r"/diff/")
    with pytest.raises(ServerError, match="not what it should be: "):
        read()


def test_a_flag_that_is_missing_is_not_taken_for_false(sandbox: Sandbox, read: Read) -> None:
    leave_one_file(sandbox)
    sandbox.faults.add(edited(lambda answer: answer.pop("truncated")), path=r"/diff/")
    with pytest.raises(ServerError, match="truncated"):
        read()


@pytest.mark.parametrize(
    ("status", "slug"),
    [(401, "bad-token"), (403, "forbidden"), (429, "rate-limited"), (500, "server-failed")],
)
@pytest.mark.parametrize("request_", [r"/changes$", r"\.diff$", r"/diff/", r"/merge-base$"])
def test_other_refusals_stay_what_they_are_and_end_it(
    sandbox: Sandbox, read: Read, request_: str, status: int, slug: str
) -> None:
    sandbox.faults.add(Answer(status), path=request_)
    with pytest.raises(ServerError) as caught:
        read()
    assert (caught.value.slug, caught.value.status) == (slug, status)
    assert re.search(request_, sandbox.requests[-1].path)


@pytest.mark.parametrize("status", [401, 403, 404, 429, 503])
def test_a_refused_file_is_no_file_without_changes(
    sandbox: Sandbox, read: Read, status: int
) -> None:
    leave_one_file(sandbox)
    sandbox.faults.add(Answer(status), path=r"/diff/crlf.txt$")
    with pytest.raises(ServerError) as caught:
        read()
    assert caught.value.status == status
    assert "/diff/crlf.txt" in caught.value.message
    assert sandbox.requests[-1].path.endswith("/diff/crlf.txt")


def test_a_pull_request_that_is_gone(sandbox: Sandbox, read: Read) -> None:
    gone = {"errors": [{"message": "no", "exceptionName": "x.NoSuchPullRequestException"}]}
    answer = Answer(404, json.dumps(gone), {"Content-Type": "application/json"})
    sandbox.faults.add(answer, path=r"\.diff$")
    with pytest.raises(ServerError) as caught:
        read()
    assert caught.value.slug == "no-pull-request"


def test_the_list_is_read_to_its_end(
    blamed: dict[bytes, list[int]], sandbox: Sandbox, read: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server_diff, "_PER_PAGE", 5)
    assert lines(read()) == blamed
    assert asked(sandbox).count("/changes") == 4


@pytest.mark.parametrize(
    "page",
    [
        {"isLastPage": False, "nextPageStart": 0},
        {"isLastPage": False, "nextPageStart": None},
        {"isLastPage": False, "nextPageStart": 20, "start": 0},
    ],
)
def test_a_list_that_is_cut_is_no_list(
    sandbox: Sandbox, read: Read, page: dict[str, object]
) -> None:
    """As by Atlassian's note: this resource gives one page, whatever the start."""
    sandbox.faults.add(edited(lambda answer: answer.update(page)), path=r"/changes$", times=None)
    with pytest.raises(ServerError, match="the list goes on") as caught:
        read()
    assert caught.value.slug == "cut-list"
    assert "--base" in caught.value.hint


@pytest.mark.parametrize(
    "lie",
    [
        {"path": None},
        {"path": {"components": "x"}},
        {"type": "RENAME"},
        {"nodeType": "FOLDER"},
        {"contentId": 7},
        {"srcPath": "x"},
    ],
)
def test_what_is_no_list_of_changes(sandbox: Sandbox, read: Read, lie: dict[str, object]) -> None:
    sandbox.faults.add(edited(lambda answer: answer["values"][3].update(lie)), path=r"/changes$")
    with pytest.raises(ServerError, match=r"not what it should be: .*\$\.values\[3\]"):
        read()


@pytest.mark.parametrize("parts", [["..", "x"], [], [""], ["a", ".", "b"], ["/etc/passwd"]])
def test_a_path_that_leads_elsewhere_is_asked_for_nowhere(
    sandbox: Sandbox, read: Read, parts: list[str]
) -> None:
    sandbox.faults.add(
        edited(lambda answer: answer["values"][0]["path"].update(components=parts)),
        path=r"/changes$",
    )
    with pytest.raises(DiffError, match="no path of a file"):
        read()
    assert asked(sandbox) == ["/changes"]


def test_a_list_that_names_less_than_the_diff(sandbox: Sandbox, read: Read) -> None:
    sandbox.faults.add(edited(lambda answer: answer["values"].pop(0)), path=r"/changes$")
    with pytest.raises(DiffError, match="in the diff and not in the list"):
        read()


def test_a_list_that_names_a_file_twice(sandbox: Sandbox, read: Read) -> None:
    sandbox.faults.add(
        edited(lambda answer: answer["values"].append(answer["values"][0])), path=r"/changes$"
    )
    with pytest.raises(DiffError, match="listed twice"):
        read()


@pytest.mark.parametrize("request_", [r"/changes$", r"/diff/crlf.txt$"])
def test_a_push_in_between_is_noticed(sandbox: Sandbox, read: Read, request_: str) -> None:
    sandbox.faults.add(edited(lambda answer: answer.update(toHash="f" * 40)), path=request_)
    leave_one_file(sandbox)
    with pytest.raises(DiffError, match="its diff ends at ffffffffffff") as caught:
        read()
    assert caught.value.slug == "pull-request-moved"


@pytest.mark.parametrize("refused", [False, True])
def test_a_checkout_of_another_commit_is_refused(
    story: Story, sandbox: Sandbox, refused: bool
) -> None:
    if refused:
        sandbox.faults.add(REFUSED["406"], path=r"\.diff$")
    other = story.repository.commit({**AFTER, ODD[0]: b"pushed later\n"}, story.head)
    with pytest.raises(DiffError, match="another version") as caught:
        diff_of(story, sandbox, other)
    assert caught.value.slug == "diff-of-other-content"


def test_a_server_that_knows_no_merge_base(sandbox: Sandbox, read: Read) -> None:
    for answer in (Answer(204), Answer(404)):
        sandbox.faults.add(answer, path=r"/merge-base$")
        assert read().base is None


def test_the_story_of_a_server_diff_that_was_cut_off(tmp_path: Path) -> None:
    """A pull request of a long and a short file, on a server that cuts answers at 50 lines."""
    story = Story(tmp_path / "repository")
    long = b"".join(b"x = %d\n" % n for n in range(80))
    story.tell({b"a.py": b""}, {b"a.py": b"", b"long.py": long, b"short.py": b"y = 1\n"})
    story.settings = SandboxSettings(
        story.repository.folder,
        tokens=story.settings.tokens,
        pull_requests=story.settings.pull_requests,
        diff_line_limit=50,
    )
    with serve(story.settings) as sandbox:
        # Its raw diff is whole, and all 81 lines are known.
        assert lines(diff_of(story, sandbox)) == {b"long.py": [*range(1, 81)], b"short.py": [1]}
        # A timeout cuts it after the first file; the second one is asked for.
        end = b"diff --git src://short.py"
        sandbox.faults.add(Edit(lambda body: body[: body.index(end)]), path=r"\.diff$")
        assert lines(diff_of(story, sandbox)) == {b"long.py": [*range(1, 81)], b"short.py": [1]}
        # In the middle of the first one nothing can be had of it but the 50 lines that JSON shows.
        # Neither these nor all nor none are the truth.
        sandbox.faults.add(Edit(lambda body: body[: body.index(b"x = 60")]), path=r"\.diff$")
        with pytest.raises(DiffError) as caught:
            diff_of(story, sandbox)
    assert caught.value.slug == "diff-truncated"
    assert caught.value.message.startswith("pull request 7: long.py: the server cuts off")
    assert "--base" in caught.value.hint


def test_a_pull_request_without_changes(tmp_path: Path) -> None:
    story = Story(tmp_path / "repository")
    story.tell({b"a": b"1\n"}, {b"a": b"1\n"})
    with serve(story.settings) as sandbox:
        assert lines(diff_of(story, sandbox)) == {}


def test_a_name_that_is_not_utf_8(tmp_path: Path) -> None:
    """JSON cannot hold it, and the raw diff can."""
    story = Story(tmp_path / "repository")
    story.tell({b"a": b"1\n"}, {b"a": b"1\n", b"caf\xe9": b"1\n2\n", b"last": b"1\n"})
    with serve(story.settings) as sandbox:
        assert lines(diff_of(story, sandbox)) == story.blamed()
        sandbox.faults.add(REFUSED["406"], path=r"\.diff$")
        with pytest.raises(DiffError, match="caf"):
            diff_of(story, sandbox)


@pytest.fixture(scope="module")
def random(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Story, Sandbox]]:
    story = Story(tmp_path_factory.mktemp("random") / "repository")
    story.tell({b"a": b""}, {b"a": b"1\n"})
    with serve(story.settings) as sandbox:
        yield story, sandbox


TEXT = st.lists(st.sampled_from([b"", b"a", b"b\r", b"-- x", b"++ y", b"@@ -1 +1 @@"]), max_size=9)
CONTENT = st.builds(lambda rows, end: b"\n".join(rows) + end, TEXT, st.sampled_from([b"", b"\n"]))
FILES = st.dictionaries(st.sampled_from([b"a", b"b c", b"d/\xc3\xa4", b"d/%41#"]), CONTENT)


@settings(max_examples=15, deadline=None)
@given(before=FILES, after=FILES)
def test_both_ways_give_the_lines_that_git_blame_gives(
    random: tuple[Story, Sandbox], before: dict[bytes, Entry], after: dict[bytes, Entry]
) -> None:
    story, sandbox = random
    story.tell(before, after)
    sandbox.clear()
    raw = lines(diff_of(story, sandbox))
    sandbox.faults.add(REFUSED["406"], path=r"\.diff$")
    assert raw == lines(diff_of(story, sandbox)) == story.blamed()
