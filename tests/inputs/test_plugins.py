"""Parser plugins are found by entry point; a broken one stops nobody else."""

from collections.abc import Iterator
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from insights_uploader.inputs.parser import Parsed, Parser
from insights_uploader.inputs.plugins import GROUP, installed, load
from insights_uploader.inputs.source import Source
from insights_uploader.model.errors import ResultsError, UsageError


class Lines:
    """A plugin as somebody else would write it."""

    name = "lines"

    def sniff(self, head: bytes, filename: str) -> bool:
        return filename.endswith(".lines")

    def parse(self, source: Source) -> Iterator[Parsed]:
        yield from ()


class Greedy(Lines):
    name = "greedy"


class Mute:
    name = "mute"


class Exploding:
    def __init__(self) -> None:
        raise OSError("no licence")


def point(name: str, target: str) -> EntryPoint:
    return EntryPoint(name, f"{__name__}:{target}", GROUP)


def test_our_own_plugins_are_found_like_anybodys() -> None:
    plugins = installed()
    assert {"junit", "sarif"} <= set(plugins.parsers)
    assert plugins.broken == ()
    assert all(isinstance(parser, Parser) for parser in plugins.parsers.values())
    assert plugins.origins["sarif"].startswith("insights-uploader ")


@pytest.mark.parametrize(
    ("name", "target", "reason"),
    [
        ("gone", "Missing", "AttributeError"),
        ("exploding", "Exploding", "OSError: no licence"),
        ("mute", "Mute", "lacks name, sniff or parse"),
        ("renamed", "Lines", "calls itself 'lines'"),
    ],
)
def test_a_broken_plugin_is_named_and_skipped(name: str, target: str, reason: str) -> None:
    plugins = load([point(name, target), point("lines", "Lines")])
    assert list(plugins.parsers) == ["lines"]
    [broken] = plugins.broken
    assert broken.name == name
    assert reason in broken.reason
    with pytest.raises(UsageError, match=f"the parser {name} of"):
        plugins.named(name)


def test_a_second_plugin_of_a_name_is_told() -> None:
    plugins = load([point("lines", "Lines"), point("lines", "Lines")])
    assert len(plugins.parsers) == len(plugins.broken) == 1


def test_a_file_that_two_formats_claim_is_nobodys(tmp_path: Path) -> None:
    plugins = load([point("lines", "Lines"), point("greedy", "Greedy")])
    (tmp_path / "a.lines").write_text("x")
    with (
        Source(str(tmp_path / "a.lines")) as source,
        pytest.raises(ResultsError, match="could be greedy or lines"),
    ):
        plugins.detect(source)
