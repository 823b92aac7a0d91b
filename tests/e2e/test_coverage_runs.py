"""Whole runs on real coverage, held against coverage.py's own numbers and git blame."""

import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import repository
from fixture_records import FIXTURES, RUFF, recorded
from program import TOKEN, Run

from insights_uploader.sandbox.server import Sandbox

COVERAGE = FIXTURES / "cobertura/coveragepy-branch-python-dotenv/coverage.xml"
ELSEWHERE = FIXTURES / "cobertura/gcovr-cjson/coverage.xml"
NOTHING = FIXTURES / "cobertura/nyc-nothing-object-path/cobertura-coverage.xml"
NO_COVERAGE = RUFF.parent.parent / "ruff-clean-python-dotenv/ruff.sarif"

MISSED_OF_CHANGED = {
    ("src/dotenv/main.py", 162),
    ("src/dotenv/variables.py", 34),
    ("src/dotenv/variables.py", 54),
}
"""`missing_lines` of `coverage json` (7.17.3, of the same test run) that git blames on the branch."""

Line = tuple[str, int]


def measured() -> Mapping[Line, ET.Element]:
    """The fixture's lines, by nothing of ours."""
    return {
        (each.attrib["filename"], int(line.attrib["number"])): line
        for each in ET.parse(COVERAGE).iter("class")
        for line in each.iter("line")
    }


def allowed(dotenv: Path, mode: str, context: int = 3) -> set[Line]:
    """The measured lines that a filter lets through, by git."""
    names = repository.git(dotenv, "diff", "--name-only", "main...HEAD").split("\n")
    lines: set[Line] = set()
    for path in {path for path, _ in measured()}:
        blame = repository.git(dotenv, "blame", "-s", "main..HEAD", "--", path)
        text = blame.removesuffix("\n").split("\n")  # a line of the base begins with ^
        added = {n for n, line in enumerate(text, start=1) if not line.startswith("^")}
        near = {n for line in added for n in range(line - context, line + context + 1)}
        of_file = set(range(1, len(text) + 1)) if path in names or mode == "all" else set()
        of_mode = {"added": added, "context": near, "file": of_file, "all": of_file}[mode]
        lines.update((path, n) for n in of_mode)
    return lines & set(measured())


def preview(run: Run, *arguments: str | Path) -> Any:
    done = run("preview", *arguments, "--base", "main", "--format", "json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def runs(plan: Any) -> list[tuple[str, int, int, int]]:
    """Path, line shown, first and last line of each run of uncovered lines."""
    found = []
    [report] = plan["reports"]
    for annotation in report["annotations"]:
        pattern = r"uncovered-lines: Lines? (\d+)(?: to (\d+))? (?:is|are) not covered by tests\."
        if match := re.match(pattern, annotation["message"]):
            first, last = int(match[1]), int(match[2] or match[1])
            found.append((annotation["path"], annotation["line"], first, last))
    return found


def partial(plan: Any) -> dict[Line, str]:
    [report] = plan["reports"]
    return {
        (annotation["path"], annotation["line"]): annotation["message"]
        for annotation in report["annotations"]
        if annotation["message"].startswith("partial-branch: ")
    }


@pytest.mark.parametrize("mode", ["added", "context", "file", "all"])
def test_the_lines_are_those_of_coverage_py_and_git(run: Run, dotenv: Path, mode: str) -> None:
    lines, chosen = measured(), allowed(dotenv, mode)
    missed = {line for line in chosen if lines[line].get("hits") == "0"}
    covered = {line for line in lines if lines[line].get("hits") != "0"}
    plan = preview(run, COVERAGE, "--filter", mode)
    held: list[Line] = []
    for path, shown, first, last in runs(plan):
        assert first <= shown <= last
        inside = [(path, n) for n in range(first, last + 1)]
        assert not covered & set(inside)
        assert {inside[0], inside[-1]} <= missed
        held.extend(line for line in inside if line in missed)
    assert sorted(held) == sorted(missed)
    in_part = {
        line
        for line in chosen & covered
        if not lines[line].get("condition-coverage", "100%").startswith("100%")
    }
    assert set(partial(plan)) == in_part
    assert plan["ledger"] == {
        "parsed": 0,
        "derived": len(runs(plan)) + len(in_part),
        "paths": {"distinct": 8, "matched": 8},
        "dispositions": {"published": len(runs(plan)) + len(in_part)},
    }
    if mode == "added":
        assert missed == MISSED_OF_CHANGED
    if mode == "all":
        assert len(missed) == 71
        assert len(in_part) == 16  # BrPart in coverage.py's own report


def test_the_missing_branches_are_counted(run: Run) -> None:
    lines = measured()
    for line, message in partial(preview(run, COVERAGE, "--filter", "all")).items():
        missing = len(lines[line].attrib["missing-branches"].split(","))
        assert f"{missing} of its " in message


def test_the_report_tells_both_rates(run: Run, dotenv: Path) -> None:
    told = recorded(COVERAGE.parent)
    changed = len(allowed(dotenv, "added"))
    plan = preview(run, COVERAGE)
    [report] = plan["reports"]
    assert report["key"] == "insights-uploader.coverage"
    assert report["body"]["result"] == "PASS"
    assert report["body"]["details"] == (
        "63 of 66 changed lines are covered (95.45 %), "
        "of the project 417 of 488 measured lines are covered (85.45 %).\n"
        "3 of 3 findings are shown."
    )
    assert (changed, changed - len(MISSED_OF_CHANGED)) == (66, 63)
    assert (told["lines"], told["covered"]) == (488, 417)
    assert report["body"]["data"] == [
        {"title": "Changed lines", "type": "PERCENTAGE", "value": 95.45},
        {"title": "Changed lines missed", "type": "NUMBER", "value": 3},
        {"title": "All lines", "type": "PERCENTAGE", "value": 85.45},
        {"title": "All lines missed", "type": "NUMBER", "value": 71},
        {"title": "Partial branches", "type": "NUMBER", "value": 0},
    ]
    rates = plan["measures"]["coverage"]
    assert {name: (r["covered"], r["measured"]) for name, r in rates.items()} == {
        "project": (417, 488),
        "changed": (63, 66),
    }


def test_the_server_takes_it(run: Run, sandbox: Sandbox) -> None:
    destination = {"BITBUCKET_PROJECT": "PRJ", "BITBUCKET_REPOSITORY": "repo"}
    done = run(
        "publish",
        *(COVERAGE, "--base", "main", "--filter", "all"),
        **destination,
        BITBUCKET_URL=sandbox.url,
        BITBUCKET_TOKEN=TOKEN,
    )
    assert done.returncode == 0, done.stderr
    plan = preview(run, COVERAGE, "--filter", "all")
    stored = sandbox.store.report(plan["target"]["commit"], "insights-uploader.coverage")
    assert stored is not None
    assert stored.body["data"] == plan["reports"][0]["body"]["data"]
    assert len(stored.annotations) == plan["ledger"]["derived"]


# The gate


@pytest.mark.parametrize(
    ("rules", "code", "words"),
    [
        ([], 0, None),  # nothing is asked for
        (["--min-coverage", "85.45"], 0, "417 of 488 measured lines covered (85.45 %)"),
        (["--min-coverage", "85.46"], 1, "417 of 488 measured lines covered (85.45 %), and 85.46 %"),
        (["--min-changed-coverage", "95.45"], 0, "63 of 66 coverable changed lines covered"),
        (["--min-changed-coverage", "95.46"], 1, "63 of 66 coverable changed lines covered (95.45 %)"),
        (["--min-coverage", "99", "--min-changed-coverage", "95"], 1, "63 of 66"),  # one is enough
        (["--min-coverage", "99", "--exit-zero"], 0, "417 of 488"),  # it fails, and the user knows
        (["--fail-on", "low"], 1, "3 findings of severity LOW"),  # derived ones count like others
    ],
)  # fmt: skip
def test_the_gate_asks_for_percentages(
    run: Run, rules: list[str], code: int, words: str | None
) -> None:
    done = run("gate", COVERAGE, "--base", "main", *rules)
    assert done.returncode == code, done.stderr
    assert (words or "the gate as a whole") in done.stdout
    assert ("measured line" in done.stdout) is ("--min-coverage" in rules)


def test_no_coverable_changed_line_passes_and_is_named(run: Run, dotenv: Path) -> None:
    diff = repository.git(dotenv, "diff", "main...HEAD", "--", "CHANGELOG.md").encode()
    asked = ["--diff", "-", "--min-changed-coverage", "100"]
    done = run("gate", COVERAGE, *asked, stdin=diff)
    assert done.returncode == 0, done.stderr
    assert "PASS  insights-uploader.coverage: there is no coverable changed line" in done.stdout
    assert run("gate", COVERAGE, *asked, "--min-coverage", "99", stdin=diff).returncode == 1
    shown = run("preview", COVERAGE, *asked, "--format", "json", stdin=diff)
    plan = json.loads(shown.stdout)
    [report] = plan["reports"]
    assert report["body"]["details"].startswith("No changed line is measured. Of the project 417")
    assert report["body"]["data"][0] == {
        "title": "Changed lines",
        "type": "TEXT",
        "value": "none to cover",
    }
    assert plan["measures"]["coverage"]["changed"] == {"covered": 0, "measured": 0, "percent": None}
    [reason] = [r for r in plan["verdict"]["reasons"] if r["rule"] == "min-changed-coverage"]
    assert (reason["result"], reason["measured"]) == ("PASS", None)


@pytest.mark.parametrize(
    ("results", "words"),
    [
        (NO_COVERAGE, "no results file measures any"),  # none was read
        (NOTHING, "no results file measures any"),  # one was, and it holds no class
        (ELSEWHERE, "is in the repository"),  # one was, of another project
    ],
)
@pytest.mark.parametrize("rule", ["--min-coverage", "--min-changed-coverage"])
def test_asked_for_and_not_measured_fails(run: Run, results: Path, words: str, rule: str) -> None:
    done = run("gate", results, "--base", "main", rule, "0")
    assert done.returncode == 1, done.stderr
    assert [line for line in done.stdout.split("\n") if line.startswith("FAIL") and words in line]


# Shards


def split(by: str) -> list[ET.Element]:
    """The fixture as two shards that together measured the same, each of the two every other one.

    By class or line each is in one shard only; by hits, both have all lines, run in one only.
    """
    shards = [ET.parse(COVERAGE).getroot() for _ in range(2)]
    kind = "classes" if by == "class" else "lines"
    for parents in zip(*(list(shard.iter(kind)) for shard in shards), strict=True):
        for number, pair in enumerate(zip(*map(list, parents), strict=True)):
            parent, child = parents[number % 2], pair[number % 2]
            if by != "hits":
                parent.remove(child)
                continue
            child.set("hits", "0")
            if said := child.get("condition-coverage"):
                child.set("condition-coverage", "0% (0/" + said.partition("/")[2])
    return shards


@pytest.mark.parametrize("by", ["class", "line", "hits"])
@pytest.mark.parametrize("turned", [False, True])
def test_two_shards_tell_what_the_whole_tells(
    run: Run, tmp_path: Path, by: str, turned: bool
) -> None:
    """A line that one shard misses and the other does not measure is missed.

    diff-cover 11.0.1 takes the lines that all shards miss: of these shards split by lines it
    reports none of the three (and none of 192 in jinja2 3.1.0 since 2.11.3).
    """
    names = ["one.xml", "two.xml"]
    for name, shard in zip(names, split(by), strict=True):
        ET.ElementTree(shard).write(tmp_path / name)
    shards = [tmp_path / name for name in (reversed(names) if turned else names)]
    for mode in ("added", "all"):
        whole = preview(run, COVERAGE, "--filter", mode)
        merged = preview(run, *shards, "--filter", mode)
        assert merged["measures"] == whole["measures"]
        for count in ("parsed", "derived", "dispositions"):
            assert merged["ledger"][count] == whole["ledger"][count]
        [ours], [expected] = merged["reports"], whole["reports"]
        assert ours["annotations"] == expected["annotations"]
        for key in ("details", "data", "result"):
            assert ours["body"][key] == expected["body"][key]
    assert {(path, n) for path, _, n, _ in runs(preview(run, *shards))} == MISSED_OF_CHANGED
