"""Whatever is wrong with the input: one clear error that names it, exit 3, nothing sent."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from fixture_records import BANDIT, PYTEST, RUFF
from program import TOKEN, Run

from insights_uploader.sandbox.server import Sandbox

BOMB = """<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">
<!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]>
<testsuite><testcase name="x"><failure message="&c;"/></testcase></testsuite>"""

EXTERNAL = """<?xml version="1.0"?><!DOCTYPE x [<!ENTITY secret SYSTEM "file:///etc/hostname">]>
<testsuite><testcase name="x"><failure>&secret;</failure></testcase></testsuite>"""

UP = '{"runs":[{"tool":{"driver":{"name":"T"}},"results":[{"message":{"text":"m"},"locations":[{"physicalLocation":{"artifactLocation":{"uri":"../../etc/passwd"},"region":{"startLine":1}}}]}]}]}'

FILES = {
    "empty.xml": b"",
    "blank.json": b"  \n\n",
    "notes.txt": b"All went well.\n",
    "other.json": b'{"some": "thing"}',
    "other.xml": b"<project><target/></project>",
    "cut.xml": PYTEST.read_bytes()[:5000],
    "cut.sarif": RUFF.read_bytes()[:50_000],
    "bomb.xml": BOMB.encode(),
    "external.xml": EXTERNAL.encode(),
    "deep.sarif": b'{"runs":[' + b"[" * 100_000,
    "deep.xml": b"<testsuites>" + b"<testsuite>" * 100_000,
}


@pytest.fixture
def bad(tmp_path: Path) -> Path:
    """A folder with the files above."""
    for name, content in FILES.items():
        (tmp_path / name).write_bytes(content)
    (tmp_path / "folder.xml").mkdir()
    return tmp_path


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("missing.xml", ["missing.xml", "no such file"]),
        ("empty.xml", ["empty.xml", "is empty"]),
        ("blank.json", ["blank.json", "only blanks"]),
        ("folder.xml", ["folder.xml", "is a folder"]),
        ("*.trx", ["*.trx", "no file matches"]),
        ("notes.txt", ["notes.txt", "no known format", "junit, pylint, sarif"]),
        ("other.json", ["other.json", "no known format"]),
        ("other.xml", ["other.xml", "no known format"]),
        ("cut.xml", ["cut.xml: line ", "column"]),
        ("cut.sarif", ["cut.sarif: byte 50000", "ends in the middle"]),
        ("bomb.xml", ["bomb.xml: line ", "entity"]),
        ("external.xml", ["external.xml: line ", "entity"]),
        ("deep.sarif", ["deep.sarif", "nested too deeply"]),
        ("deep.xml", ["deep.xml: ", "more than 100 elements inside each other"]),
        ("junit:cut.sarif", ["cut.sarif: line 1"]),
        ("sarif:cut.xml", ["cut.xml: byte 0"]),
    ],
)
def test_results_that_cannot_be_used(
    run: Run, bad: Path, sandbox: Sandbox, dotenv: Path, name: str, words: Sequence[str]
) -> None:
    arguments = [RUFF, name, "--base", "main", "--checkout", dotenv, "--url", sandbox.url]
    arguments += ["--project", "PRJ", "--repository", "repo", "--on-bad-input", "abort"]
    done = run("publish", *arguments, cwd=bad, BITBUCKET_TOKEN=TOKEN)
    assert done.returncode == 3, done.stderr
    assert done.stderr.startswith("error: ")
    for word in words:
        assert word in done.stderr
    assert done.stdout == ""
    assert sandbox.requests == []


def test_all_bad_files_are_told_at_once(run: Run, bad: Path, dotenv: Path) -> None:
    files = ["empty.xml", "cut.xml", "missing.xml"]
    done = run("preview", *files, "--base", "main", "--checkout", dotenv, cwd=bad)
    assert done.returncode == 3
    assert [name for name in files if name in done.stderr] == files
    assert done.stderr.count("error: ") == 3


def test_a_path_out_of_the_repository_is_told_and_fails_the_gate(
    run: Run, dotenv: Path, tmp_path: Path
) -> None:
    (tmp_path / "up.sarif").write_text(UP)
    done = run("preview", tmp_path / "up.sarif", "--base", "main")
    assert "not in the repository: ../../etc/passwd" in done.stdout
    assert "1 path-unresolved" in done.stdout
    assert "FAIL  insights-uploader.t: of 1 path in" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        ([], 2, "Missing argument"),
        ([BANDIT], 3, "which branch to compare with"),  # no origin, no --base
        ([BANDIT, "--base", "nowhere"], 3, "nowhere: names no commit"),
        ([BANDIT, "--base=--output=x"], 3, "names no commit"),
        ([BANDIT, "--base", ""], 2, "--base: is empty"),
        ([BANDIT, "--two-dot", "--diff", "x"], 2, "there is no base to --diff"),
        ([BANDIT, "--pull-request", "0"], 2, "neither a pull request's number nor auto"),
        ([BANDIT, "--pull-request", "7"], 2, "--url is missing"),
        ([BANDIT, "--pull-request", "7", "--changes", "staged"], 2, "only what is committed"),
        ([BANDIT, "--base", "main", "--diff", "x"], 2, "cannot be used together"),
        ([BANDIT, "--diff", "missing.diff"], 3, "missing.diff: there is no such file"),
        ([BANDIT, "--diff", "-"], 3, "standard input: an empty diff"),
        ([BANDIT, "--base", "main", "--commit", "main"], 3, "is not checked out"),
        ([BANDIT, "--base", "main", "--key", "a b"], 2, "--key 'a b'"),
        ([BANDIT, "--base", "main", "--link", "javascript:x"], 2, "--link"),
        (["nosuch:x.xml", "--base", "main"], 2, "no parser named nosuch"),
        ([BANDIT, "--base", "main", "--checkout", "/"], 3, "is in no git repository"),
        ([BANDIT, "--base", "main", "--checkout", "/nonexistent"], 3, "/nonexistent: No such file"),
        ([BANDIT, "--base", "main", "--max-annotations", "-1"], 2, "--max-annotations"),
    ],
)
def test_options_that_cannot_be_used(
    run: Run, arguments: Sequence[str | Path], code: int, words: str
) -> None:
    done = run("preview", *arguments)
    assert (done.returncode, done.stdout) == (code, ""), done.stderr
    assert words in done.stderr
