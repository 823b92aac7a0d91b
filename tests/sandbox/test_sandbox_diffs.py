"""Diffs in each form, compared with git and with the files themselves."""

from __future__ import annotations

import os
import re
import subprocess
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest

from insights_uploader.sandbox.diffs import parse_patch, path_json
from insights_uploader.sandbox.server import serve
from insights_uploader.sandbox.settings import (
    AccessToken,
    PullRequest,
    SandboxSettings,
)

if TYPE_CHECKING:
    import httpx
    from sandbox.conftest import Checkout, Conforms, Connect, ErrorOf

QUOTED = 'dir/café "q"\t.txt'
TEXT = {"Accept": "text/plain"}


def plain_diff(checkout: Checkout, *arguments: str) -> bytes:
    """git's own diff, rewritten by hand to the server's prefixes."""
    command = ["git", "-C", str(checkout.path), "diff", "-M", *arguments]
    environment = os.environ | {"GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1"}
    out = subprocess.run(command, check=True, capture_output=True, env=environment).stdout
    return b"\n".join(map(with_prefixes, out.split(b"\n")))


def with_prefixes(line: bytes) -> bytes:
    """Works for this file's repository: none of its lines of content begin like a header."""
    if not re.match(rb'diff --git |Binary files |--- "?a/|\+\+\+ "?b/', line):
        return line
    line = re.sub(rb'(?<= )("?)a/', rb"\1src://", line, count=1)
    return re.sub(rb'(?<= )("?)b/', rb"\1dst://", line, count=1)


def test_the_raw_diff_is_gits_with_other_prefixes(
    client: httpx.Client, api: str, checkout: Checkout
) -> None:
    answer = client.get(f"{api}/pull-requests/1.diff")
    assert answer.headers["content-type"].startswith("text/plain")
    assert answer.content == plain_diff(checkout, "-U10", checkout.base, checkout.feature)
    for line in (
        b"diff --git src://many.txt dst://many.txt",
        b"+++ dst://brand-new.txt",
        b"--- src://removed.txt",
        b"rename to dir/new-name.py",
        # git quotes a name: octal for UTF-8, a backslash for quotes and tabs, a tab after spaces
        b'+++ "dst://dir/caf\\303\\251 \\"q\\"\\t.txt"\t',
    ):
        assert line in answer.content.split(b"\n")


def test_the_diff_is_the_effective_one(client: httpx.Client, api: str) -> None:
    assert "only-on-main" not in client.get(f"{api}/pull-requests/1.diff").text
    # two-dot: what main got since, shows backwards
    between = client.get(f"{api}/diff?since=main&until=feature", headers=TEXT).text
    assert "deleted file mode 100644" in between
    assert "only-on-main" in between


@pytest.mark.parametrize(
    ("query", "context"), [("", 10), ("contextLines=0", 0), ("contextLines=3", 3)]
)
def test_context_lines(
    client: httpx.Client, api: str, checkout: Checkout, query: str, context: int
) -> None:
    expected = plain_diff(checkout, f"-U{context}", checkout.base, checkout.feature)
    assert client.get(f"{api}/pull-requests/1.diff?{query}").content == expected
    shown = client.get(f"{api}/pull-requests/1/diff?{query}").json()
    assert shown["contextLines"] == context


def test_senseless_context_lines(client: httpx.Client, api: str, error_of: ErrorOf) -> None:
    answer = client.get(f"{api}/pull-requests/1.diff?contextLines=--ext-diff")
    assert error_of(answer)[:2] == (400, "ArgumentValidationException")


def test_whitespace_is_ignored_on_demand(client: httpx.Client, api: str) -> None:
    url = f"{api}/pull-requests/1.diff"
    assert "\n+a  b\n" in client.get(url).text
    ignored = client.get(f"{url}?whitespace=ignore-all").text
    assert "a  b" not in ignored
    assert "\n+changed 2\n" in ignored


def test_unrelated_histories_compare_with_the_target(
    client: httpx.Client, api: str, checkout: Checkout
) -> None:
    answer = client.get(f"{api}/pull-requests/4.diff")
    assert answer.content == plain_diff(checkout, "-U10", checkout.main, checkout.orphan)


def test_a_two_dot_diff_needs_accept_text(
    client: httpx.Client, api: str, checkout: Checkout, error_of: ErrorOf
) -> None:
    url = f"{api}/diff"
    query = {"since": checkout.base, "until": checkout.small}
    text = client.get(url, params=query, headers=TEXT)
    assert text.content == plain_diff(checkout, "-U10", checkout.base, checkout.small)
    # the server prefers JSON (qs=0.1 for text), whatever else is accepted
    assert client.get(url, params=query).json()["toHash"] == checkout.small
    parent = client.get(url, params={"until": "small"}, headers=TEXT)
    assert parent.content == text.content
    assert error_of(client.get(url, headers=TEXT))[0] == 400


def test_a_root_commit_is_compared_with_nothing(client: httpx.Client, api: str) -> None:
    shown = client.get(f"{api}/commits/orphan/diff").json()
    assert {each["source"] for each in shown["diffs"]} == {None}
    changes = client.get(f"{api}/commits/orphan/changes").json()["values"]
    assert {each["type"] for each in changes} == {"ADD"}


def by_path(shown: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {(each["destination"] or each["source"])["toString"]: each for each in shown["diffs"]}


@pytest.mark.parametrize("context", [0, 1, 10, 100])
def test_every_line_of_the_json_stands_in_its_file(
    client: httpx.Client, api: str, checkout: Checkout, conforms: Conforms, context: int
) -> None:
    url = f"{api}/pull-requests/1/diff?contextLines={context}"
    shown = client.get(url).json()
    assert (shown["fromHash"], shown["toHash"]) == (checkout.base, checkout.feature)
    assert (shown["truncated"], shown["whitespace"]) == (False, "SHOW")
    checked = 0
    for each in shown["diffs"]:
        for hunk in each.get("hunks", []):
            conforms("RestDiffHunk", hunk)
            for segment in hunk["segments"]:
                for line in segment["lines"]:
                    sides = {"source": checkout.base, "destination": checkout.feature}
                    sides.pop(
                        {"ADDED": "source", "REMOVED": "destination"}.get(segment["type"], ""), None
                    )
                    for side, commit in sides.items():
                        blob = checkout.git("show", f"{commit}:{each[side]['toString']}")
                        # split as git does: not at \r or form feeds
                        assert blob.split("\n")[line[side] - 1] == line["line"]
                        checked += 1
    assert checked > 8


def test_the_json_of_each_kind_of_change(client: httpx.Client, api: str) -> None:
    shown = client.get(f"{api}/pull-requests/1/diff").json()
    files = by_path(shown)
    assert files["brand-new.txt"]["source"] is None
    assert files["removed.txt"]["destination"] is None
    assert files["blob.bin"]["binary"] is True
    assert "hunks" not in files["blob.bin"]
    assert files["tool.sh"]["hunks"] == []
    renamed = files["dir/new-name.py"]
    assert renamed["source"]["toString"] == "old-name.py"
    assert renamed["destination"]["parent"] == "dir"
    # a file that became a link is a deletion and a new file
    link = [each for each in shown["diffs"] if "link.txt" in str(each)]
    assert [(bool(each["source"]), bool(each["destination"])) for each in link] == [
        (True, False),
        (False, True),
    ]
    assert QUOTED in files


def test_counters_of_the_json_are_those_of_a_real_server(client: httpx.Client, api: str) -> None:
    """The recorded answer gives an ADDED line the next source line, and a REMOVED one its place."""
    shown = client.get(f"{api}/pull-requests/1/diff/many.txt?contextLines=1").json()
    hunk = shown["diffs"][0]["hunks"][0]
    assert [
        (segment["type"], line["source"], line["destination"], line["line"])
        for segment in hunk["segments"]
        for line in segment["lines"]
    ] == [
        ("CONTEXT", 1, 1, "line 1"),
        ("REMOVED", 2, 2, "line 2"),
        ("ADDED", 3, 2, "changed 2"),
        ("ADDED", 3, 3, "added"),
        ("CONTEXT", 3, 4, "line 3"),
    ]
    assert hunk["sourceLine"], hunk["sourceSpan"] == (1, 3)
    assert (hunk["destinationLine"], hunk["destinationSpan"]) == (1, 4)


def test_one_files_diff(client: httpx.Client, api: str) -> None:
    url = f"{api}/pull-requests/1/diff"
    assert list(by_path(client.get(f"{url}/many.txt").json())) == ["many.txt"]
    assert list(by_path(client.get(f"{url}/{quote(QUOTED)}").json())) == [QUOTED]
    assert client.get(f"{url}/no-such-file").json()["diffs"] == []
    # without its old path a renamed file looks new
    new = client.get(f"{url}/dir/new-name.py").json()["diffs"][0]
    assert new["source"] is None
    moved = client.get(f"{url}/dir/new-name.py?srcPath=old-name.py").json()["diffs"][0]
    assert moved["source"]["name"] == "old-name.py"
    raw = client.get(f"{url}/many.txt", headers=TEXT).text
    assert raw.count("diff --git") == 1


@pytest.mark.parametrize(
    "path", ["../etc/passwd", "dir/../../x", "dir//x", "./x", "/etc/passwd", "dir/", ":/"]
)
def test_a_path_outside_the_repository_is_refused(
    client: httpx.Client, api: str, error_of: ErrorOf, path: str
) -> None:
    answer = client.get(f"{api}/pull-requests/1/diff", params={"srcPath": path})
    assert error_of(answer)[:2] == (400, "ArgumentValidationException")


@pytest.mark.parametrize("path", [":(top)many.txt", "*.txt", "--output=stolen", "-O/etc/passwd"])
def test_a_path_is_never_a_pattern_or_an_option(
    client: httpx.Client, api: str, checkout: Checkout, path: str
) -> None:
    answer = client.get(f"{api}/pull-requests/1/diff", params={"srcPath": path})
    assert answer.json()["diffs"] == []
    assert not (checkout.path / "stolen").exists()


def test_the_ends_of_the_diff_can_be_moved(
    client: httpx.Client, api: str, checkout: Checkout
) -> None:
    query = {"sinceId": checkout.base, "untilId": checkout.small}
    shown = client.get(f"{api}/pull-requests/1/diff", params=query).json()
    assert list(by_path(shown)) == ["small.txt"]


def test_changes(client: httpx.Client, api: str, checkout: Checkout, conforms: Conforms) -> None:
    shown = client.get(f"{api}/pull-requests/1/changes?limit=100").json()
    for each in shown["values"]:
        conforms("RestChange", each)
    found = {each["path"]["toString"]: each for each in shown["values"]}
    assert {path: each["type"] for path, each in found.items()} == {
        "brand-new.txt": "ADD",
        "removed.txt": "DELETE",
        "many.txt": "MODIFY",
        "tool.sh": "MODIFY",
        "link.txt": "MODIFY",
        "blob.bin": "MODIFY",
        "space.txt": "MODIFY",
        "abc.txt": "MODIFY",
        QUOTED: "MODIFY",
        "dir/new-name.py": "MOVE",
    }
    moved = found["dir/new-name.py"]
    assert moved["srcPath"]["toString"] == "old-name.py"
    assert 50 <= moved["percentUnchanged"] < 100
    assert (found["tool.sh"]["srcExecutable"], found["tool.sh"]["executable"]) == (False, True)
    blob = checkout.git("rev-parse", f"{checkout.feature}:many.txt").strip()
    assert found["many.txt"]["contentId"] == blob


def test_changes_are_paged(client: httpx.Client, api: str) -> None:
    url = f"{api}/pull-requests/1/changes"
    first = client.get(f"{url}?limit=5").json()
    assert (first["size"], first["isLastPage"], first["nextPageStart"]) == (5, False, 5)
    rest = client.get(f"{url}?limit=5&start=5").json()
    assert (rest["size"], rest["isLastPage"]) == (5, True)
    paths = [each["path"]["toString"] for each in first["values"] + rest["values"]]
    assert len(set(paths)) == 10


def small_sandbox(checkout: Checkout, **switches: Any) -> SandboxSettings:
    return SandboxSettings(
        checkout.path,
        tokens=(AccessToken("ci", "ci-secret"),),
        pull_requests=(PullRequest(1, "feature", "main"),),
        **switches,
    )


def test_changes_that_ignore_start(checkout: Checkout, connect: Connect, api: str) -> None:
    with serve(small_sandbox(checkout, changes_paged=False)) as sandbox:
        client = connect(sandbox)
        url = f"{api}/pull-requests/1/changes?limit=5"
        assert client.get(f"{url}&start=5").json() == client.get(url).json()


@pytest.mark.parametrize("limit", [0, 1, 3, 4, 5, 7, 40, None])
def test_the_json_is_cut_at_the_line_limit(
    checkout: Checkout, connect: Connect, api: str, conforms: Conforms, limit: int | None
) -> None:
    with serve(small_sandbox(checkout)) as sandbox:
        whole = connect(sandbox).get(f"{api}/pull-requests/1/diff").json()
    total = lines_of(whole)
    limit = len(total) if limit is None else limit
    with serve(small_sandbox(checkout, diff_line_limit=limit)) as sandbox:
        shown = connect(sandbox).get(f"{api}/pull-requests/1/diff").json()
    kept = lines_of(shown)
    assert kept == total[:limit]
    assert shown["truncated"] == (limit < len(total))
    for each in shown["diffs"][:-1]:
        assert each["truncated"] is False
    # a file is either whole, or marked on every level down to the cut
    for each, original in zip(shown["diffs"], whole["diffs"], strict=False):
        assert each["truncated"] == (lines_of({"diffs": [each]}) != lines_of({"diffs": [original]}))
        for hunk in each.get("hunks", []):
            conforms("RestDiffHunk", hunk)
            assert hunk["segments"][-1]["truncated"] == hunk["truncated"]


def lines_of(shown: dict[str, Any]) -> list[tuple[int, int, str]]:
    return [
        (line["source"], line["destination"], line["line"])
        for each in shown["diffs"]
        for hunk in each.get("hunks", [])
        for segment in hunk["segments"]
        for line in segment["lines"]
    ]


def test_the_raw_diff_is_never_cut(checkout: Checkout, connect: Connect, api: str) -> None:
    with serve(small_sandbox(checkout, diff_line_limit=1)) as sandbox:
        raw = connect(sandbox).get(f"{api}/pull-requests/1.diff")
    assert raw.content == plain_diff(checkout, "-U10", checkout.base, checkout.feature)


def test_content_that_looks_like_a_header_is_content() -> None:
    patch = (
        b"diff --git src://a dst://a\n--- src://a\n+++ dst://a\n@@ -1,2 +1,2 @@ def f():\n"
        b"--- src://a\n-diff --git a b\n+++ dst://b\n+@@ -1 +1 @@\n"
        b"diff --git src://b dst://b\nBinary files src://b and dst://b differ\n"
    )
    first, second = parse_patch(patch)
    assert [(line.type, line.text) for line in first.hunks[0].lines] == [
        ("REMOVED", "-- src://a"),
        ("REMOVED", "diff --git a b"),
        ("ADDED", "++ dst://b"),
        ("ADDED", "@@ -1 +1 @@"),
    ]
    assert first.hunks[0].context == "def f():"
    assert (second.binary, second.hunks) == (True, [])


@pytest.mark.parametrize(
    ("path", "parent", "name", "extension"),
    [
        ("a/b/c.tar.gz", "a/b", "c.tar.gz", "gz"),
        ("Makefile", "", "Makefile", None),
        ("a/.gitignore", "a", ".gitignore", None),
    ],
)
def test_the_parts_of_a_path(path: str, parent: str, name: str, extension: str | None) -> None:
    shown = path_json(path)
    assert (shown["parent"], shown["name"], shown.get("extension")) == (parent, name, extension)
    assert "/".join(shown["components"]) == shown["toString"] == path
