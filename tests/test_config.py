"""The settings file: what it may say depends on who can write it."""

import re
import time
import tomllib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from insights_uploader.cli.publish import command as publish
from insights_uploader.config import policy_of, read
from insights_uploader.model.errors import UsageError


def test_without_a_file_nothing_is_set(tmp_path: Path) -> None:
    found = read(tmp_path, None)
    assert (found.path, found.values()) == (None, {})


def test_the_files_own_keys(tmp_path: Path) -> None:
    (tmp_path / "insights-uploader.toml").write_text(
        """
        exclude = ["vendor/"]
        min-severity = "medium"
        max-annotations = 10
        [[path-alias]]
        from = "/builds/x"
        to = "src"
        [[rule]]
        match = "ruff:D*"
        severity = "low"
        [[report]]
        tools = ["ruff", "pylint"]
        key = "lint"
        """
    )
    values = read(tmp_path, None).values()
    assert values["exclude"] == ["vendor/"]
    assert values["min_severity"] == "medium"
    assert (values["path_alias"][0].from_, values["path_alias"][0].to) == ("/builds/x", "src")
    assert values["rule"][0].match == "ruff:D*"
    assert values["report"][0].tools == ["ruff", "pylint"]


def test_a_table_of_pyproject(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.insights-uploader]\nexclude = ['x']\n")
    assert read(tmp_path, None).values() == {"exclude": ["x"]}
    (tmp_path / "insights-uploader.toml").write_text("include = ['y']\n")
    assert read(tmp_path, None).values() == {"include": ["y"]}  # the own file comes first


@pytest.mark.parametrize("key", ["url", "token-file", "project", "repository", "base"])
def test_a_file_in_the_checkout_says_nothing_of_the_destination(tmp_path: Path, key: str) -> None:
    (tmp_path / "insights-uploader.toml").write_text(f"{key} = 'x'\n")
    with pytest.raises(UsageError, match=f"insights-uploader.toml: {key}: must not be set"):
        read(tmp_path, None)
    trusted = read(tmp_path, tmp_path / "insights-uploader.toml").values()
    assert trusted == {key.replace("-", "_"): "x"}  # the user named it


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("exlude = ['x']", "exlude: there is no such setting"),
        ("token = 'secret'", "token: there is no such setting"),
        ("exclude = 'x'", "exclude: must be a list, [...], and is text"),
        ("max-annotations = 'many'", "max-annotations: must be a whole number, and is text"),
        ("[rule]\nmatch = 'x'", "rule: is written as [[rule]], with double brackets"),
        ("exit-zero = true", "exit-zero: is an option of a single run, and stands in no file"),
        ("[[rule]]\nmatch = 'x'\nseverty = 'low'", "severty: there is no such setting"),
        ("[[rule]]\nseverity = 'low'", "rule[0]: match is missing"),
        ("a = [", "is not TOML"),
        ("a = '\ufffe'", "no such setting"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, content: str, words: str) -> None:
    (tmp_path / "insights-uploader.toml").write_text(content)
    with pytest.raises(UsageError) as caught:
        read(tmp_path, None)
    assert words in caught.value.message
    assert "insights-uploader.toml" in caught.value.message


@pytest.mark.parametrize(
    ("content", "hint"),
    [
        ("exlude = ['x']", "Did you mean exclude?"),
        ("token = 'x'", "Secrets stand in no settings file: set BITBUCKET_TOKEN."),
        ("username = 'x'", "Secrets stand in no settings file: set BITBUCKET_USERNAME."),
        ("quiet = true", "Give it as --quiet."),
        ("build-status = true", "Give it as --build-status."),
        (
            "exit-zero = true",
            "Give it as --exit-zero, or in the variable INSIGHTS_UPLOADER_EXIT_ZERO.",
        ),
        (
            "[tool.insights-uploader]\nexclude = ['x']",
            "[tool.insights-uploader] belongs to pyproject.toml; "
            "here the keys stand without a header.",
        ),
    ],
)
def test_what_was_meant_is_told(tmp_path: Path, content: str, hint: str) -> None:
    (tmp_path / "insights-uploader.toml").write_text(content)
    with pytest.raises(UsageError) as caught:
        read(tmp_path, None)
    assert caught.value.hint == hint


def test_every_option_may_stand_in_a_file_or_is_of_a_single_run(tmp_path: Path) -> None:
    for option in (each.name or "" for each in publish.params if each.name != "results"):
        (tmp_path / "named.toml").write_text(f"{option.replace('_', '-')} = [[1]]\n")
        with pytest.raises(UsageError) as caught:  # no option takes such a value
            read(tmp_path, tmp_path / "named.toml")
        assert re.search("must be|an option of a single run", caught.value.message), option


def test_a_link_out_of_the_checkout_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("password = 'x'")
    root = tmp_path / "checkout"
    root.mkdir()
    (root / "insights-uploader.toml").symlink_to(tmp_path / "secret")
    with pytest.raises(UsageError, match="leads out of the checkout") as caught:
        read(root, None)
    assert "password" not in caught.value.message


def test_not_utf_8(tmp_path: Path) -> None:
    (tmp_path / "insights-uploader.toml").write_bytes(b"a = '\xff'")
    with pytest.raises(UsageError, match="is not TOML"):
        read(tmp_path, None)


MANY = 100_000


@pytest.mark.parametrize(
    "content",
    [
        "a" + ".a" * MANY + "=1",
        "a" + ' . "a.b"' * (MANY // 4) + "=1",
        "[" + "a." * MANY + "a]",
        "x={" + "a." * MANY + "a=1}",
        'x="""' + '\\"""' * (MANY // 2),
        '"\\' * MANY,
        "'''" * (MANY // 2) + "'",
        'x=["""a"""", {' + "a." * MANY + "a=1}]",
        'x=["""a""""", {' + "a." * MANY + "a=1}]",
        "x=['''a'''', {" + "a." * MANY + "a=1}]",
        "a" * 2 * MANY,
        " " * 2 * MANY + ".",
        "x=" + "[" * MANY,
        "x=" + "{a=" * (MANY // 2),
        "x=1" + "_1" * MANY,
        "#" * 10 * MANY,
    ],
)
@pytest.mark.parametrize("name", ["insights-uploader.toml", "pyproject.toml"])
def test_a_hostile_file_is_refused_soon(tmp_path: Path, name: str, content: str) -> None:
    (tmp_path / name).write_text(content)
    begun = time.process_time()
    with pytest.raises(UsageError, match=name) as caught:
        read(tmp_path, None)
    with pytest.raises(UsageError, match=f"main:{name}"):
        policy_of(lambda asked: content.encode() if asked == name else None, "main")
    assert time.process_time() - begun < 1
    assert len(caught.value.message) < 1000


VALUES = st.builds(
    "{0}{1}{0}".format,
    st.sampled_from(['"', "'", '"""', "'''"]),
    st.text("""\\"'a#\n""", max_size=6),
)


@given(st.lists(VALUES, min_size=1, max_size=4))
@settings(suppress_health_check=[HealthCheck.filter_too_much], deadline=None)
def test_a_long_key_is_found_behind_whatever_strings_toml_takes(strings: list[str]) -> None:
    text = f"x = [{', '.join(strings)}, {{{'.'.join('k' * 14)} = 1}}]"
    assume(_is_toml(text))
    with pytest.raises(UsageError, match="dots"):
        policy_of(lambda _: text.encode(), "main")


def _is_toml(text: str) -> bool:
    """Whether it is, with the long key outside of all strings and comments."""
    try:
        return isinstance(tomllib.loads(text)["x"][-1], dict)
    except ValueError:
        return False


def test_the_slowest_file_that_is_taken_is_read(tmp_path: Path) -> None:
    tables = (f"[b{i:x}.{'.'.join('a' * 12)}]\n" for i in range(7900))
    (tmp_path / "pyproject.toml").write_text("".join(tables))
    assert read(tmp_path, None).path is None


def test_dots_in_strings_and_comments_are_no_keys(tmp_path: Path) -> None:
    lines = [
        f"[project]  # {'...' * 20}",
        "dependencies = [" + '"a==1.2.3.4", ' * 50 + "]",
        "description = '''" + "it's 1.2.3 " * 20 + "'''",
        "readme = ''''" + "a.b" * 20 + "''''",
        'text = """"' + r"a.b.c \" " * 20 + '""""',
        "numbers = [" + "1.5, " * 50 + "]",
        f"[tool.'{'a.' * 30}']",
        "[tool.a.b.c.d.e.f.g]",
        "[tool.insights-uploader]",
        'key = "k"',
    ]
    (tmp_path / "pyproject.toml").write_text("\n".join(lines))
    assert read(tmp_path, None).values() == {"key": "k"}
