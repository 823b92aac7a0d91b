"""A SARIF log that breaks off names its tools all the same: no other report than theirs fails."""

import json
import time
from pathlib import Path

import pytest
from fixture_records import FIXTURES, RUFF

from insights_parsers.sarif import SarifParser
from insights_uploader.inputs.source import Source
from insights_uploader.model.errors import MalformedError
from insights_uploader.model.measure import ToolRun

LOGS = sorted(FIXTURES.glob("sarif/*/*.sarif"))


def broken(content: bytes, path: Path) -> set[str]:
    """The tools that are heard of before the error."""
    path.write_bytes(content)
    tools = set()
    with Source(str(path)) as source, pytest.raises(MalformedError):  # noqa: PT012
        for item in SarifParser().parse(source):
            assert isinstance(item, ToolRun)
            tools.add(item.tool)
    return tools


def named(*logs: Path) -> list[str]:
    """The tools' names as Python's own JSON reader finds them."""
    runs = [run for log in logs for run in json.loads(log.read_bytes())["runs"]]
    return [run["tool"]["driver"]["name"] for run in runs]


@pytest.mark.parametrize("log", LOGS, ids=lambda log: log.parent.name)
def test_a_log_that_is_cut_anywhere_names_no_other_tool(log: Path, tmp_path: Path) -> None:
    content, whole = log.read_bytes(), set(named(log))
    text = content.decode()
    for percent in (30, 60, 90, 99):
        cut = content[: len(content) * percent // 100]
        assert broken(cut, tmp_path / "a.sarif") <= whole
        after_name = text.index('"name"', text.index('"driver"')) + 100
        if len(cut) > len(text[:after_name].encode()) and len(whole) == 1:
            assert broken(cut, tmp_path / "a.sarif") == whole


@pytest.mark.parametrize("log", LOGS, ids=lambda log: log.parent.name)
def test_a_log_that_lacks_its_last_bytes_names_its_tools(log: Path, tmp_path: Path) -> None:
    assert broken(log.read_bytes().rstrip()[:-20], tmp_path / "a.sarif") == set(named(log))


def test_of_two_runs_those_that_are_reached_are_named(tmp_path: Path) -> None:
    first, second = LOGS[0], RUFF
    log = json.loads(first.read_bytes())
    log["runs"] += json.loads(second.read_bytes())["runs"]
    content = json.dumps(log).encode()
    ours, theirs = named(first)[0], named(second)[0]
    at = content.index(json.dumps(theirs).encode(), content.rindex(b'"driver"'))
    assert broken(content[:-5], tmp_path / "a.sarif") == {ours, theirs}
    assert broken(content[: at + 3], tmp_path / "a.sarif") == {ours}


def test_a_log_that_breaks_in_one_run_names_the_tools_of_all(tmp_path: Path) -> None:
    runs = [{"tool": {"driver": {"name": n}}, "results": 5 * [1]} for n in ("a", "b")]
    content = json.dumps({"version": "2.1.0", "runs": runs}).encode()
    assert broken(content, tmp_path / "a.sarif") == {"a", "b"}


@pytest.mark.parametrize(
    ("content", "tools"),
    [
        (r'{"runs":[{"results":[{"message":{"text":"\"tool\":{\"driver\":{\"name\":\"x', set()),
        (r'{"runs":[{"tool":{"driver":{"rules":[{"name":"x"}],"name":"y"},', {"y"}),
        (r'{"runs":[{"tool":{"driver":{"name":"y","rules":[{"name":"x"', {"y"}),
        (r'{"runs":[{"tool":{"driver":{"rules":[{"name":"x"}', set()),
        (r'{"runs":[{"tool":{"driver":{"rules":[{}]},"name":"x"', set()),
        (r'{"runs":[{"tool":{"driver":{"name":"x', set()),
        (r'{"runs":[{"tool":{"driver":{"name":5', set()),
        (r'{"runs":[{"tool":{"driver":{"name" "x"', set()),
        (r'{"runs":[{"tool":{"driver":{"name":"  a \n b ",', {"a b"}),
        (r'{"runs":[{"tool":{"driver":{"name":" ",', {"sarif"}),
        (r'{"runs":[{"tool":{"driver":{"name":"a\ud800b",', {"a\ufffdb"}),
        ('{"runs":[{"tool":{"driver":{"rules":' + "[" * 100_000, set()),
        ('{"runs":[{"tool":{"driver":{"version":' + "9" * 5000 + ',"name":"x",', set()),
    ],
)
def test_only_a_whole_name_of_a_driver_counts(
    content: str, tools: set[str], tmp_path: Path
) -> None:
    assert broken(content.encode(), tmp_path / "a.sarif") == tools


@pytest.mark.parametrize("part", ['"tool":{"driver":{', '"tool":{"driver":{"x":"', '"tool" '])
def test_a_hostile_log_is_given_up_soon(part: str, tmp_path: Path) -> None:
    content = b'{"runs":[' + part.encode() * 400_000
    begun = time.process_time()
    assert broken(content, tmp_path / "a.sarif") == set()
    assert time.process_time() - begun < 3
