"""Whole runs over results whose paths are of another machine."""

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import repository
from fixture_records import FIXTURES, FOLDERS, recorded
from program import Run

ESLINT = FIXTURES / "eslint/json-object-path/eslint.json"


@pytest.fixture(scope="module")
def checkouts(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Path]:
    """By name and version, a checkout of each project that fixtures were made on."""
    folder = tmp_path_factory.mktemp("checkouts")
    releases = {
        "python-dotenv-0.21.1": ("python-dotenv", "0.21.0", "0.21.1"),
        "object-path-0.11.5": ("object-path", "0.11.4", "0.11.5"),
        "object-path-0.11.4": ("object-path", "0.11.5", "0.11.4"),
    }
    for name, release in releases.items():
        repository.build(folder / name, *release)
    return {name: folder / name for name in releases}


def plan(run: Run, checkout: Path, *arguments: str | Path) -> Any:
    options = ("--base", "main", "--filter", "all", "--format", "json")
    done = run("preview", *arguments, *options, cwd=checkout)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize(
    "project", ["python-dotenv-0.21.1", "object-path-0.11.5", "object-path-0.11.4"]
)
def test_every_path_of_a_foreign_machine_is_found(
    run: Run, checkouts: Mapping[str, Path], project: str
) -> None:
    """The tools ran below /builds/acme and Jenkins' workspaces; the checkout is elsewhere."""
    checkout = checkouts[project]
    files = [f / recorded(f)["file"] for f in FOLDERS if recorded(f).get("project") == project]
    roots = {recorded(f)["root"] for f in FOLDERS if recorded(f).get("project") == project}
    assert files
    assert not any(root.startswith(str(checkout.parent)) for root in roots)
    made = plan(run, checkout, *files)
    for record in made["inputs"]:
        assert record["paths"]["unmatched"] == {}
        assert record["paths"]["matched"] == record["paths"]["distinct"]
    assert made["ledger"]["paths"]["matched"] > 0
    assert "path-unresolved" not in made["ledger"]["dispositions"]
    tracked = set(repository.git(checkout, "ls-files", "-z").split("\0"))
    placed = {a["path"] for r in made["reports"] for a in r["annotations"] if "path" in a}
    assert placed <= tracked


@pytest.mark.parametrize(
    "root",
    [
        "C:\\\\Jenkins\\\\workspace\\\\Obj",
        "c:/agent/_work/1/s",
        "/github/workspace",
        ".",
        "object-path",
    ],
)
def test_whatever_the_other_machine_was(
    run: Run, checkouts: Mapping[str, Path], tmp_path: Path, root: str
) -> None:
    """The same results, as eslint would have written them there."""
    content = ESLINT.read_text()
    for name in ("index.js", "test.js", "benchmark.js"):
        separator = "\\\\" if "\\" in root else "/"
        content = content.replace(f"/builds/acme/object-path/{name}", f"{root}{separator}{name}")
    moved = tmp_path / "eslint.json"
    moved.write_text(content)
    made, expected = (plan(run, checkouts["object-path-0.11.5"], f) for f in (moved, ESLINT))
    for of, other in zip(made["reports"], expected["reports"], strict=True):
        assert of["annotations"] == other["annotations"]
    [record] = made["inputs"]
    assert record["paths"]["matched"] == record["paths"]["distinct"] > 1


def test_a_tie_is_told_and_an_alias_settles_it(
    run: Run, tmp_path: Path, checkouts: Mapping[str, Path]
) -> None:
    twice = tmp_path / "twice"
    release = repository.Release("object-path", "0.11.4", "0.11.5")
    repository.build_monorepo(twice, {"one": release, "two": release})
    tied = run("gate", ESLINT, "--base", "main", "--filter", "all", cwd=twice)
    assert tied.returncode == 1
    assert "0 of 3 paths in the repository (it fits equally one/ instead of" in tied.stdout
    assert "say which with --path-alias" in tied.stdout
    assert "none is in the repository" in tied.stdout
    alias = "--path-alias=/builds/acme/object-path=two"
    made = plan(run, twice, ESLINT, alias)
    assert {a["path"].split("/")[0] for a in made["reports"][0]["annotations"]} == {"two"}
    assert made["inputs"][0]["paths"]["rule"] == "by the alias /builds/acme/object-path = two"
    (twice / "insights-uploader.toml").write_text(
        '[[path-alias]]\nfrom = "/builds/acme/object-path"\nto = "one"\n'
    )
    made = plan(run, twice, ESLINT)
    assert {a["path"].split("/")[0] for a in made["reports"][0]["annotations"]} == {"one"}
    made = plan(run, twice, ESLINT, alias)  # the flag is the last word
    assert {a["path"].split("/")[0] for a in made["reports"][0]["annotations"]} == {"two"}


def test_an_alias_that_is_none_is_refused(run: Run, checkouts: Mapping[str, Path]) -> None:
    done = run("preview", ESLINT, "--path-alias", "/builds", cwd=checkouts["object-path-0.11.5"])
    assert done.returncode == 2
    assert "'/builds' is not of the form FROM=TO" in done.stderr


def test_an_alias_that_leads_nowhere_is_told(run: Run, checkouts: Mapping[str, Path]) -> None:
    aliases = ("--path-alias", "/bulids/acme=.", "--path-alias", "/builds/acme/object-path=.")
    made = plan(run, checkouts["object-path-0.11.5"], ESLINT, *aliases)
    assert made["notes"] == ["the alias /bulids/acme = . leads no path to a tracked file"]
    shown = run("preview", ESLINT, "--base", "main", *aliases, cwd=checkouts["object-path-0.11.5"])
    assert "  note: the alias /bulids/acme = . leads no path to a tracked file\n" in shown.stdout


def test_what_is_not_found_is_shown_with_the_alias_that_finds_it(
    run: Run, checkouts: Mapping[str, Path], tmp_path: Path
) -> None:
    checkout = checkouts["python-dotenv-0.21.1"]
    results = tmp_path / "eslint.json"
    results.write_text(
        '[{"filePath": "/x/cli.py", "messages": [{"ruleId": "r", "severity": 2, "message": "m", "line": 1}]}]'
    )
    shown = run("preview", results, "--base", "main", cwd=checkout).stdout
    hint = "not in the repository: /x/cli.py; is it src/dotenv/cli.py? --path-alias "
    assert f"{hint}/x=src/dotenv\n" in shown
    found = run("preview", results, "--base", "main", "--path-alias", "/x=src/dotenv", cwd=checkout)
    assert "1 of 1 path in the repository (by the alias /x = src/dotenv)" in found.stdout


def test_the_gate_asks_for_more_of_the_paths(
    run: Run, checkouts: Mapping[str, Path], tmp_path: Path
) -> None:
    checkout = checkouts["object-path-0.11.5"]
    partly = tmp_path / "eslint.json"
    partly.write_text(ESLINT.read_text().replace("object-path/benchmark.js", "object-path/gone.js"))
    for least, code in (("66", 0), ("67", 1)):
        arguments = ("--base", "main", "--fail-on", "never", "--min-path-match", least)
        done = run("gate", partly, *arguments, cwd=checkout)
        assert done.returncode == code, done.stdout
        assert (
            f"2 of 3 paths in the repository (66.67 %), and {least} % are asked for" in done.stdout
        )
    told = run("explain", "gone.js", partly, "--base", "main", cwd=checkout).stdout
    assert "path-unresolved" in told
    assert "nor without its prefix /builds/acme/object-path/" in told


def test_a_path_through_a_link_is_annotated_at_the_file(
    run: Run, checkouts: Mapping[str, Path], tmp_path: Path
) -> None:
    linked = tmp_path / "linked"
    subprocess.run(
        ["git", "clone", "-q", str(checkouts["object-path-0.11.5"]), str(linked)], check=True
    )
    repository.git(linked, "branch", "main", "origin/main")
    (linked / "also").mkdir()
    (linked / "also/index.js").symlink_to("../index.js")
    (linked / "packages").symlink_to(".")
    repository.git(linked, "add", "--all")
    repository.git(linked, "commit", "-q", "-m", "links")
    results = tmp_path / "eslint.json"
    content = ESLINT.read_text().replace("/builds/acme/object-path/index.js", "also/index.js")
    results.write_text(content.replace("/builds/acme/object-path/", "packages/"))
    made = plan(run, linked, results)
    paths = {a["path"] for a in made["reports"][0]["annotations"]}
    assert paths == {"index.js", "test.js", "benchmark.js"}
    assert made["inputs"][0]["paths"]["rule"] == "as written, through a link"
