"""RESULTS: paths, globs and prefixes."""

from pathlib import Path

import pytest

from insights_uploader.inputs.arguments import Argument, expand
from insights_uploader.model.errors import ResultsError, UsageError

FORMATS = ("junit", "sarif")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("b.xml", "a.xml", "deep/er/c.xml", "odd[1].xml", "sarif:d.json"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "folder.xml").mkdir()
    return tmp_path


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["a.xml"], [Argument("a.xml")]),
        (["missing.xml"], [Argument("missing.xml")]),  # whoever opens it says so
        (["?.xml"], [Argument("a.xml"), Argument("b.xml")]),  # sorted
        (["**/c.xml"], [Argument("deep/er/c.xml")]),
        (["*.xml"], [Argument("a.xml"), Argument("b.xml"), Argument("odd[1].xml")]),  # no folder
        (["odd[1].xml"], [Argument("odd[1].xml")]),  # a path that exists is a path
        (["b.xml", "?.xml"], [Argument("b.xml"), Argument("a.xml")]),  # each once
        (["junit:a.xml"], [Argument("a.xml", "junit")]),
        (["sarif:**/?.xml"], [Argument(p, "sarif") for p in ("a.xml", "b.xml", "deep/er/c.xml")]),
        (["sarif:d.json"], [Argument("sarif:d.json")]),  # a file of that very name
    ],
)
def test_expand(arguments: list[str], expected: list[Argument]) -> None:
    assert expand(arguments, FORMATS) == expected


def test_a_glob_without_a_match_is_an_error() -> None:
    with pytest.raises(ResultsError, match=r"\*\.sarif: no file matches"):
        expand(["a.xml", "*.sarif"], FORMATS)


def test_an_unknown_prefix_is_an_error() -> None:
    with pytest.raises(UsageError, match="there is no parser named xunit"):
        expand(["xunit:a.xml"], FORMATS)
