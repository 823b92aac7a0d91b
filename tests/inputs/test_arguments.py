"""RESULTS: paths, globs and prefixes."""

from pathlib import Path

import pytest

from insights_uploader.inputs.arguments import expand
from insights_uploader.inputs.source import Source
from insights_uploader.model.errors import ResultsError, UsageError

FORMATS = ("junit", "sarif")


def expanded(*texts: str) -> list[tuple[str, str | None]]:
    """The files that are found, each with the format named for it."""
    arguments = expand(texts, FORMATS)
    for argument in arguments:
        argument.check()
    return [(argument.path, argument.format) for argument in arguments]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("b.xml", "a.xml", "deep/er/c.xml", "odd[1].xml", "sarif:d.json", "x:d.json"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "folder.xml").mkdir()
    return tmp_path


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["a.xml"], [("a.xml", None)]),
        (["missing.xml"], [("missing.xml", None)]),  # whoever opens it says so
        (["?.xml"], [("a.xml", None), ("b.xml", None)]),  # sorted
        (["*.xml"], [("a.xml", None), ("b.xml", None), ("odd[1].xml", None)]),  # no folder
        (["odd[1].xml"], [("odd[1].xml", None)]),  # a path that exists is a path
        (["b.xml", "?.xml"], [("b.xml", None), ("a.xml", None)]),  # each once
        (["junit:a.xml"], [("a.xml", "junit")]),
        (["sarif:**/?.xml"], [(p, "sarif") for p in ("a.xml", "b.xml", "deep/er/c.xml")]),
        (["x:d.json"], [("x:d.json", None)]),  # no format, and a file of that very name
        (["sarif:d.json"], [("d.json", "sarif")]),  # a file of that name changes nothing
        (["./sarif:d.json"], [("./sarif:d.json", None)]),
    ],
)
def test_expand(arguments: list[str], expected: list[tuple[str, str | None]]) -> None:
    assert expanded(*arguments) == expected


@pytest.mark.parametrize(
    "arguments",
    [
        ["./a.xml", "a.xml"],
        ["./a.xml", "deep/../a.xml", "{cwd}/a.xml"],
        ["./a.xml", "link.xml"],
        ["./a.xml", "./*a.xml"],
    ],
)
def test_a_file_counts_once_under_its_first_spelling(folder: Path, arguments: list[str]) -> None:
    (folder / "link.xml").symlink_to("a.xml")
    given = [argument.format(cwd=folder) for argument in arguments]
    assert expanded(*given) == [("./a.xml", None)]


@pytest.mark.parametrize("arguments", [["a.xml", "junit:./a.xml"], ["junit:a.xml", "./a.xml"]])
def test_a_file_with_and_without_prefix_counts_once(arguments: list[str]) -> None:
    assert expanded(*arguments) == [("a.xml", "junit")]


def test_a_file_named_like_a_glob_does_not_keep_the_others_from_being_read(folder: Path) -> None:
    (folder / "?.xml").touch()
    assert [a.path for a in expand(["?.xml"], FORMATS)] == ["?.xml", "a.xml", "b.xml"]


def test_a_glob_without_a_match_is_an_error() -> None:
    with pytest.raises(ResultsError, match=r"\*\.sarif: no file matches"):
        expanded("a.xml", "*.sarif")


def test_an_unknown_prefix_is_an_error() -> None:
    with pytest.raises(UsageError, match="there is no parser named xunit"):
        expand(["xunit:a.xml"], FORMATS)


@pytest.mark.parametrize("name", ["n" * 300, "a/" * 3000, "a\0b"])
@pytest.mark.parametrize("spelling", ["{}", "sarif:{}", "{}*", "{}/*", "**/{}/x"])
def test_an_impossible_name_is_a_readable_error(name: str, spelling: str) -> None:
    with pytest.raises(ResultsError, match=r"File name too long|is not a path|no file matches"):
        Source(expanded(spelling.format(name))[0][0])


def test_a_file_keeps_the_glob_that_found_it() -> None:
    found = expand(["?.xml", "missing.xml"], FORMATS)
    assert [(a.path, a.glob) for a in found] == [
        ("a.xml", "?.xml"),
        ("b.xml", "?.xml"),
        ("missing.xml", None),
    ]


# What globs match


@pytest.mark.parametrize(
    ("glob", "paths"),
    [
        ("**/c.xml", ["deep/er/c.xml"]),
        ("**", ["deep/er/c.xml", "deep/f.xml", "g.xml"]),
        ("**/", []),
        ("deep/**", ["deep/er/c.xml", "deep/f.xml"]),
        ("**/*.xml", ["deep/er/c.xml", "deep/f.xml", "g.xml"]),
        ("**/**/**/*.xml", ["deep/er/c.xml", "deep/f.xml", "g.xml"]),
        ("*/*.xml", ["deep/f.xml"]),
        ("deep/**/er/**/?.xml", ["deep/er/c.xml"]),
        ("d[a-e]ep//[!g].xml", ["deep/f.xml"]),
        ("./deep//../*.xml", ["./deep//../g.xml"]),
        ("../glob/*.xml", ["../glob/g.xml"]),
        ("{cwd}/**/c.xml", ["{cwd}/deep/er/c.xml"]),
        (".*/*", [".hidden/h.xml"]),  # the dot must be in the glob
        ("**/.hidden/*", [".hidden/h.xml"]),
        ("**/h.xml", []),
        ("deep/nowhere/*", []),
        ("g.xml/*", []),
    ],
)
def test_glob(folder: Path, monkeypatch: pytest.MonkeyPatch, glob: str, paths: list[str]) -> None:
    top = folder / "glob"
    for name in ("deep/er/c.xml", "deep/f.xml", "g.xml", ".hidden/h.xml", "deep/.h.xml"):
        (top / name).parent.mkdir(parents=True, exist_ok=True)
        (top / name).touch()
    monkeypatch.chdir(top)
    try:
        found = [path for path, _ in expanded(glob.format(cwd=top))]
    except ResultsError:
        found = []
    assert found == [path.format(cwd=top) for path in paths]


def test_links_in_circles_end(folder: Path) -> None:
    for name in ("l1", "l2", "deep/l3"):
        (folder / name).symlink_to(folder)
    (folder / "circle").symlink_to("circle")
    assert [a.path for a in expand(["**/c.xml"], FORMATS)] == ["deep/er/c.xml"]
    assert [a.path for a in expand(["*/*/*/*/c.xml"], FORMATS)] == ["deep/l3/deep/er/c.xml"]


def test_a_link_that_stays_inside_is_followed_where_the_glob_spells_it(folder: Path) -> None:
    (folder / "latest").symlink_to("deep/er")
    (folder / "c2.xml").symlink_to("deep/er/c.xml")
    assert expanded("*/c.xml") == [("latest/c.xml", None)]
    assert expanded("c?.xml") == [("c2.xml", None)]


@pytest.mark.parametrize("glob", ["in/*.sarif", "in/**/*.sarif", "in/*/*.sarif", "in/**"])
def test_what_a_link_brings_in_from_outside_is_left_out(folder: Path, glob: str) -> None:
    (folder / "out").mkdir()
    (folder / "out/secret.sarif").touch()
    (folder / "in/sub").mkdir(parents=True)
    (folder / "in/file.sarif").symlink_to("../out/secret.sarif")
    (folder / "in/folder").symlink_to("../out")
    (folder / "in/sub/file.sarif").symlink_to(folder / "out/secret.sarif")
    with pytest.raises(ResultsError, match="no file matches"):
        expanded(glob)
    for name in ("in/own.sarif", "in/sub/own.sarif"):
        (folder / name).touch()
    assert {Path(a.path).name for a in expand([glob], FORMATS)} == {"own.sarif"}


def test_a_link_before_the_first_wildcard_is_the_users_word(folder: Path) -> None:
    (folder / "bazel-testlogs").symlink_to("deep")
    assert expanded("bazel-testlogs/**/*.xml") == [("bazel-testlogs/er/c.xml", None)]


def test_a_link_that_leads_nowhere_fails_by_name(folder: Path) -> None:
    (folder / "gone.sarif").symlink_to("/nowhere/at/all")
    [argument] = expand(["*.sarif"], FORMATS)
    with pytest.raises(ResultsError, match=r"gone\.sarif: there is no such file"):
        Source(argument.path)


def test_a_long_chain_of_links_is_no_fault_of_ours(folder: Path) -> None:
    (folder / "0.sarif").touch()
    for number in range(1500):
        (folder / f"{number + 1}.sarif").symlink_to(f"{number}.sarif")
    paths = [a.path for a in expand(["**/*.sarif"], FORMATS)]
    assert paths[-1] == "999.sarif"
    assert len(paths) > 1000  # beyond what the system follows, and said so when opened
