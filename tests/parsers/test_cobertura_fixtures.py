"""Real coverage files hold the numbers that their tools print."""

from collections import defaultdict
from pathlib import Path

import pytest
from fixture_records import FIXTURES, FOLDERS, recorded

from insights_parsers.cobertura import CoberturaParser
from insights_uploader.coverage import Coverage
from insights_uploader.inputs.source import Source
from insights_uploader.model.measure import FileCoverage, LineCoverage, Remark, ToolRun

COVERAGE = [folder for folder in FOLDERS if folder.parent.name == "cobertura"]


def read(folder: Path) -> list[object]:
    with Source(str(folder / recorded(folder)["file"])) as source:
        assert CoberturaParser().sniff(source.head(), source.filename)
        return list(CoberturaParser().parse(source))


@pytest.mark.parametrize("folder", COVERAGE, ids=lambda folder: folder.name)
def test_the_lines_are_those_that_the_tool_counts(folder: Path) -> None:
    told = recorded(folder)
    run, *items = read(folder)
    assert isinstance(run, ToolRun)
    paths = {item.paths for item in items if isinstance(item, FileCoverage)}
    merged: dict[tuple[tuple[str, ...], int], list[LineCoverage]] = defaultdict(list)
    for item in items:
        if isinstance(item, FileCoverage):
            for line in item.lines:
                merged[item.paths, line.line].append(line)
    assert len(merged) == told["lines"]
    assert sum(any(line.hits for line in lines) for lines in merged.values()) == told["covered"]
    assert len(paths) == told["files"]
    if "branches" in told:
        best = [max(lines, key=lambda line: line.covered) for lines in merged.values()]
        assert sum(line.branches for line in best) == told["branches"]
        assert sum(line.covered for line in best) == told["covered_branches"]
    remarks = [item for item in items if isinstance(item, Remark)]
    assert len(remarks) == told.get("remarks", int(told["files"] == 0))


@pytest.mark.parametrize(
    ("folder", "paths"),
    [
        ("coveragepy-branch-python-dotenv", ("/var/lib/jenkins/workspace/python-dotenv/src/dotenv/cli.py", "src/dotenv/cli.py")),
        ("coveragepy-relative-pluggy", ("src/pluggy/_hooks.py", "_hooks.py")),
        ("pytest-cov-itsdangerous", ("/builds/acme/itsdangerous/src/itsdangerous/exc.py",
                                     "/builds/acme/itsdangerous/tests/itsdangerous/exc.py", "itsdangerous/exc.py")),
        ("gcovr-cjson", ("/builds/acme/cjson/cJSON.c", "cJSON.c")),
        ("nyc-object-path", ("/builds/acme/object-path/index.js", "index.js")),
    ],
)  # fmt: skip
def test_a_files_true_place_is_among_its_paths(folder: str, paths: tuple[str, ...]) -> None:
    items = read(FIXTURES / "cobertura" / folder)
    assert paths in [item.paths for item in items if isinstance(item, FileCoverage)]


def test_two_shards_take_the_branches_that_coverage_pys_combine_says() -> None:
    def measured(name: str) -> Coverage:
        coverage = Coverage("coverage")
        for item in read(FIXTURES / "cobertura" / name):
            if isinstance(item, FileCoverage):
                coverage.add(item.paths[-1], item.lines)
        return coverage

    shards = measured("coveragepy-shard1-voluptuous")
    shards.join(measured("coveragepy-shard2-voluptuous"))
    combined = measured("coveragepy-combined-voluptuous")
    assert shards.project() == combined.project()
    for path, file in combined.files.items():
        together = shards.files[path].branches
        assert {line: known.taken for line, known in file.branches.items()} == {
            line: known.taken for line, known in together.items()
        }


def test_gcovr_tells_conditions_apart() -> None:
    items = read(FIXTURES / "cobertura/gcovr-cjson")
    lines = [line for item in items if isinstance(item, FileCoverage) for line in item.lines]
    assert LineCoverage(101, 3, 2, 2, ((0, 100),)) in lines
