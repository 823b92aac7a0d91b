"""Gate, settings, explain and parsers, as a user runs them."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import repository
from fixture_records import BANDIT, PYTEST, ROOT, RUFF
from program import TOKEN, Run

from insights_uploader.sandbox.server import Sandbox


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout of one's own, to put settings files into."""
    folder = tmp_path / "checkout"
    repository.build(folder, "python-dotenv", "0.21.0", "0.21.1")
    return folder


def plan(run: Run, *arguments: str | Path, **settings: Any) -> Any:
    done = run("preview", *arguments, "--base", "main", "--format", "json", **settings)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ([RUFF], 1),  # errors on changed lines
        ([BANDIT], 0),  # notes only
        ([PYTEST], 1),  # failing tests
        ([RUFF, "--fail-on", "never"], 0),
        ([BANDIT, "--fail-on", "low"], 1),
        ([PYTEST, "--fail-on", "never"], 1),
        ([RUFF, "--exit-zero"], 0),
        ([RUFF, "--ignore", "*"], 0),
        ([RUFF, "--exclude", "*"], 0),
        ([BANDIT, "--min-coverage", "50"], 1),  # asked for, and nothing measures any
        (["missing.sarif", "--exit-zero"], 3),
    ],
)
def test_the_gates_exit_code(run: Run, arguments: list[str | Path], code: int) -> None:
    done = run("gate", *arguments, "--base", "main")
    assert done.returncode == code, done.stderr + done.stdout


def test_the_gate_names_every_rule_and_what_it_measured(run: Run) -> None:
    done = run("gate", RUFF, PYTEST, "--base", "main")
    assert "FAIL  insights-uploader.ruff: 36 findings of severity HIGH" in done.stdout
    assert "FAIL  insights-uploader.junit: 5 failing tests" in done.stdout
    assert "PASS  insights-uploader.ruff: no failing tests" in done.stdout
    quiet = run("gate", RUFF, "--base", "main", "-q")
    assert quiet.stdout == ""
    assert quiet.stderr == "FAIL  insights-uploader.ruff: 36 findings of severity HIGH\n"


def test_a_receipt_that_could_not_be_written_is_told_before_anything_is_sent(
    run: Run, sandbox: Sandbox
) -> None:
    arguments = ["--base", "main", "--project", "PRJ", "--repository", "repo", "--url", sandbox.url]
    done = run("publish", RUFF, *arguments, "--receipt", "/nodir/r.json", BITBUCKET_TOKEN=TOKEN)
    assert done.returncode == 2
    assert sandbox.requests == []


def test_a_misspelt_variable_is_no_setting(run: Run) -> None:
    done = run("gate", RUFF, "--base", "main", INSIGHTS_UPLOADER_FAIL_IN="low")
    assert done.returncode == 2
    assert "Did you mean INSIGHTS_UPLOADER_FAIL_ON?" in done.stderr


@pytest.mark.parametrize(
    ("variable", "hint"),
    [
        ("INSIGHTS_UPLOADER_TOKEN", "Set BITBUCKET_TOKEN instead."),
        ("INSIGHTS_UPLOADER_PASSWORD", "Set BITBUCKET_PASSWORD instead."),
        ("INSIGHTS_UPLOADER_RULE", "It stands in the settings file only, as [[rule]]."),
        ("INSIGHTS_UPLOADER_COLOUR", "See --help for the options."),
    ],
)
def test_what_to_set_instead_of_a_variable_that_is_none(run: Run, variable: str, hint: str) -> None:
    done = run("gate", RUFF, "--base", "main", **{variable: "a-secret"})
    assert done.returncode == 2
    assert f"error: {variable}: there is no such setting\n  {hint}\n" == done.stderr


def test_a_bad_value_is_blamed_on_who_holds_it(run: Run) -> None:
    by_variable = run("gate", RUFF, INSIGHTS_UPLOADER_FAIL_ON="x")
    assert "Invalid value for INSIGHTS_UPLOADER_FAIL_ON: 'x' is not one of" in by_variable.stderr
    by_option = run("gate", RUFF, "--fail-on", "x", INSIGHTS_UPLOADER_FAIL_ON="y")
    assert "Invalid value for '--fail-on': 'x' is not one of" in by_option.stderr


def test_what_is_set_for_publish_disturbs_no_other_step(run: Run) -> None:
    environ = {"INSIGHTS_UPLOADER_PRUNE": "1", "INSIGHTS_UPLOADER_ON_UPLOAD_ERROR": "warn"}
    done = run("gate", RUFF, "--base", "main", "--fail-on", "never", **environ)
    assert done.returncode == 0, done.stderr


def test_flag_before_environment_before_file_before_default(run: Run, checkout: Path) -> None:
    def limit(*flags: str, **environ: str) -> int:
        number = plan(run, RUFF, *flags, cwd=checkout, **environ)["target"]["limit"]
        assert isinstance(number, int)
        return number

    assert limit() == 1000
    (checkout / "insights-uploader.toml").write_text("max-annotations = 7\n")
    assert limit() == 7
    assert limit(INSIGHTS_UPLOADER_MAX_ANNOTATIONS="8") == 8
    assert limit("--max-annotations", "9", INSIGHTS_UPLOADER_MAX_ANNOTATIONS="8") == 9
    shown = run("preview", RUFF, "--base", "main", "-v", cwd=checkout).stdout
    assert "max-annotations = 7 (insights-uploader.toml)" in shown
    assert "base = main (the command line)" in shown


def test_a_settings_file_selects_groups_and_adjusts(run: Run, checkout: Path) -> None:
    (checkout / "insights-uploader.toml").write_text(
        """
        exclude = ["tests/"]
        ignore = ["PTH*"]
        [[rule]]
        match = "ruff:UP*"
        severity = "low"
        type = "code_smell"
        [[report]]
        tools = ["ruff", "bandit"]
        key = "lint"
        title = "Linters"
        """
    )
    found = plan(run, RUFF, BANDIT, cwd=checkout)
    [report] = found["reports"]
    assert (report["key"], report["body"]["title"]) == ("insights-uploader.lint", "Linters")
    for annotation in report["annotations"]:
        assert not annotation["path"].startswith("tests/")
        assert not annotation["message"].startswith("PTH")
        is_adjusted = annotation["message"].startswith("UP")
        assert (annotation["severity"] == "LOW") is is_adjusted
        assert (annotation["type"] == "CODE_SMELL") is is_adjusted
    assert found["ledger"]["dispositions"]["ignored"] > 0


def test_a_settings_file_in_the_checkout_does_not_choose_the_server(
    run: Run, checkout: Path, sandbox: Sandbox
) -> None:
    (checkout / "insights-uploader.toml").write_text(f"url = '{sandbox.url}'\n")
    arguments = ["--base", "main", "--project", "PRJ", "--repository", "repo"]
    done = run("publish", RUFF, *arguments, cwd=checkout, BITBUCKET_TOKEN=TOKEN)
    assert done.returncode == 2
    assert "url: must not be set by a file in the checkout" in done.stderr
    assert sandbox.requests == []


def test_a_branch_cannot_wave_itself_through_with_the_policy_of_its_target(
    run: Run, checkout: Path
) -> None:
    (checkout / "insights-uploader.toml").write_text("exclude = ['*']\ntitle = 'Mine'\n")
    assert run("gate", RUFF, "--base", "main", cwd=checkout).returncode == 0
    arguments = [RUFF, "--base", "main", "--policy-from", "main"]
    assert run("gate", *arguments, cwd=checkout).returncode == 1  # main has no settings file
    assert (
        plan(run, RUFF, "--policy-from", "main", cwd=checkout)["reports"][0]["body"]["title"]
        == "Mine"
    )
    repository.git(checkout, "checkout", "--quiet", "-b", "policy", "main")
    (checkout / "insights-uploader.toml").write_text("fail-on = 'never'\n")
    repository.git(checkout, "add", "insights-uploader.toml")
    repository.git(checkout, "commit", "--quiet", "-m", "The target's policy")
    repository.git(checkout, "checkout", "--quiet", repository.HEAD)
    (checkout / "insights-uploader.toml").write_text("fail-on = 'low'\n")
    assert run("gate", *arguments[:-1], "policy", cwd=checkout).returncode == 0
    assert run("gate", *arguments[:-1], "nowhere", cwd=checkout).returncode == 3


def test_a_file_that_the_user_names_comes_before_the_targets_policy(
    run: Run, checkout: Path, tmp_path: Path
) -> None:
    (tmp_path / "team.toml").write_text("fail-on = 'low'\n")
    arguments = [BANDIT, "--base", "main", "--policy-from", "main"]
    assert run("gate", *arguments, cwd=checkout).returncode == 0  # notes only
    named = run("gate", *arguments, "--config", tmp_path / "team.toml", cwd=checkout)
    assert named.returncode == 1


@pytest.mark.parametrize(
    ("content", "arguments"),
    [
        ("exclude = ['!']", []),
        (f"exclude = ['{'*' * 200}q']", []),
        (f"ignore = {[f'x{n}' for n in range(3000)]}", []),
        (f"context = {'9' * 5000}", []),
        ("min-coverage = nan", []),
        ("", ["--policy-from", ""]),
    ],
)
def test_hostile_settings_are_refused_with_words(
    run: Run, checkout: Path, content: str, arguments: list[str]
) -> None:
    (checkout / "insights-uploader.toml").write_text(content)
    done = run("gate", RUFF, "--base", "main", *arguments, cwd=checkout)
    assert done.returncode == 2, done.stderr
    assert done.stderr.startswith("error: ")


def test_an_alias_of_the_branch_does_not_count_under_the_targets_policy(
    run: Run, checkout: Path
) -> None:
    for path in (checkout / "src/dotenv").glob("*.py"):
        decoy = checkout / "decoy/src/dotenv" / path.name
        decoy.parent.mkdir(parents=True, exist_ok=True)
        decoy.touch()
    (checkout / "insights-uploader.toml").write_text(
        "[[path-alias]]\nfrom = '/builds/acme/python-dotenv'\nto = 'decoy'\n"
        "[[report]]\ntools = ['ruff']\nkey = 'other'\n"
    )
    repository.git(checkout, "add", ".")
    repository.git(checkout, "commit", "--quiet", "-m", "decoys")
    done = run("gate", RUFF, "--base", "main", "--policy-from", "main", cwd=checkout)
    assert done.returncode == 1
    assert "insights-uploader.ruff: 36 findings" in done.stdout


@pytest.mark.parametrize("value", ["severe", "7"])
def test_a_value_that_no_option_takes_is_told_with_its_file(
    run: Run, checkout: Path, value: str
) -> None:
    (checkout / "insights-uploader.toml").write_text(f"min-severity = '{value}'\n")
    done = run("preview", RUFF, "--base", "main", cwd=checkout)
    assert done.returncode == 2
    assert "insights-uploader.toml: min-severity: " in done.stderr


def test_a_path_alias_of_the_user(run: Run, checkout: Path) -> None:
    results = [
        {"message": {"text": "m"}, "locations": [{"physicalLocation": {"artifactLocation": {"uri": "pkg/cli.py"}}}]}
    ]  # fmt: skip
    log = {"runs": [{"tool": {"driver": {"name": "T"}}, "results": results}]}
    (checkout / "a.sarif").write_text(json.dumps(log))
    (checkout / "insights-uploader.toml").write_text(
        "[[path-alias]]\nfrom='pkg'\nto='src/dotenv'\n"
    )
    [report] = plan(run, "a.sarif", cwd=checkout)["reports"]
    assert report["annotations"][0]["path"] == "src/dotenv/cli.py"


def at(result: Any) -> tuple[str, int]:
    """Where a result is, by the file itself."""
    place = result["locations"][0]["physicalLocation"]
    return place["artifactLocation"]["uri"], place["region"]["startLine"]


def test_wider_filters_show_more(run: Run) -> None:
    shown = [
        plan(run, RUFF, "--filter", mode)["ledger"]["dispositions"]["published"]
        for mode in ("added", "context", "file", "all")
    ]
    assert shown == sorted(set(shown))
    results = json.loads(RUFF.read_text())["runs"][0]["results"]
    assert shown[-1] == len({json.dumps([r["ruleId"], r["message"], at(r)]) for r in results})


@pytest.mark.parametrize(
    ("place", "words"),
    [
        ("src/dotenv/cli.py:138", ["TRY003", "published"]),
        ("src/dotenv/cli.py:137", ["TRY003", "published", "its line passes the filter"]),
        ("cli.py:138", ["src/dotenv/cli.py:137"]),  # the end of what the tool wrote
        ("src/dotenv/ipython.py", ["off-diff", "the filter takes none of its lines"]),
        ("nowhere.py", ["no finding of these results is at nowhere.py"]),
    ],
)
def test_explain(run: Run, place: str, words: list[str]) -> None:
    done = run("explain", place, RUFF, "--base", "main")
    assert done.returncode == 0, done.stderr
    for word in words:
        assert word in done.stdout


def test_explain_tells_of_the_cap_and_of_wishes(run: Run) -> None:
    arguments = ["src/dotenv/cli.py", RUFF, "--base", "main"]
    assert "over-cap" in run("explain", *arguments, "--max-annotations", "1").stdout
    told = run("explain", *arguments, "--ignore", "ruff:T*").stdout
    assert "because: --ignore ruff:T*" in told


def test_parsers_are_listed(run: Run) -> None:
    lines = run("parsers").stdout.splitlines()
    assert [line.split()[0] for line in lines] == [
        "checkstyle", "cobertura", "eslint", "junit", "pylint", "sarif",
    ]  # fmt: skip


def test_a_receipt_holds_what_was_confirmed(run: Run, sandbox: Sandbox, tmp_path: Path) -> None:
    arguments = ["--base", "main", "--project", "PRJ", "--repository", "repo"]
    arguments += ["--url", sandbox.url, "--receipt", str(tmp_path / "receipt.json"), "-q"]
    done = run("publish", BANDIT, *arguments, BITBUCKET_TOKEN=TOKEN)
    assert (done.returncode, done.stdout) == (0, "")
    receipt = json.loads((tmp_path / "receipt.json").read_text())
    schema = json.loads((ROOT / "docs/receipt.schema.json").read_text())
    jsonschema.Draft202012Validator(schema).validate(receipt)
    [confirmed] = receipt["confirmed"]
    assert confirmed == {
        "key": "insights-uploader.bandit",
        "result": "PASS",
        "annotations": 6,
        "sent": True,
        "over_cap": 0,
        "invalid": {},
    }
    assert TOKEN not in (tmp_path / "receipt.json").read_text()


def test_a_receipt_of_a_failed_upload_holds_both(
    run: Run, sandbox: Sandbox, tmp_path: Path
) -> None:
    arguments = ["--base", "main", "--project", "PRJ", "--repository", "repo"]
    arguments += ["--url", sandbox.url, "--receipt", str(tmp_path / "receipt.json")]
    done = run("publish", RUFF, *arguments, BITBUCKET_TOKEN="wrong-token")
    assert done.returncode == 1
    receipt = json.loads((tmp_path / "receipt.json").read_text())
    assert receipt["verdict"]["result"] == "FAIL"
    assert "the token is not accepted" in receipt["error"]
    assert receipt["confirmed"] == []


def test_an_empty_pylint_file_is_clean_when_it_is_named_so(run: Run, tmp_path: Path) -> None:
    (tmp_path / "pylint.txt").touch()
    assert run("gate", tmp_path / "pylint.txt", "--base", "main").returncode == 3
    done = run("gate", f"pylint:{tmp_path}/pylint.txt", "--base", "main")
    assert done.returncode == 0, done.stderr


def test_an_older_receipt_is_none_of_a_run_that_fails(
    run: Run, tmp_path: Path, checkout: Path
) -> None:
    receipt = tmp_path / "receipt.json"
    receipt.write_text("{}")
    done = run("gate", RUFF, "--base", "nowhere", "--receipt", receipt)
    assert done.returncode == 3
    assert not receipt.exists()
    done = run("gate", RUFF, "--base", "main", "--receipt", tmp_path)
    assert done.returncode == 2
    assert "is a folder" in done.stderr


def test_a_receipt_does_not_follow_a_link_of_the_checkout(run: Run, tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.write_text("precious")
    (tmp_path / "receipt.json").symlink_to(precious)
    done = run(
        "gate", RUFF, "--base", "main", "--exit-zero", "--receipt", tmp_path / "receipt.json"
    )
    assert done.returncode == 0, done.stderr
    assert precious.read_text() == "precious"
    assert json.loads((tmp_path / "receipt.json").read_text())["verdict"]["result"] == "FAIL"


def test_a_link_with_a_password_is_not_published(run: Run) -> None:
    done = run("preview", RUFF, "--base", "main", "--link", "https://me:hunter22@example.com/")
    assert done.returncode == 2
    assert "hunter22" not in done.stderr + done.stdout


def test_a_finding_that_quotes_the_token_does_not_publish_it(run: Run, tmp_path: Path) -> None:
    """A failing test that prints its environment."""
    secret = "a-token-of-the-server"
    (tmp_path / "t.xml").write_text(
        '<testsuite tests="1"><testcase classname="tests.test_cli" name="t">'
        f'<failure message="BITBUCKET_TOKEN={secret}">{secret}</failure></testcase></testsuite>'
    )
    arguments = ("preview", tmp_path / "t.xml", "--base", "main", "--format", "json")
    done = run(*arguments, BITBUCKET_TOKEN=secret)
    assert done.returncode == 0, done.stderr
    assert secret not in done.stdout
    [report] = json.loads(done.stdout)["reports"]
    assert "BITBUCKET_TOKEN=***" in report["annotations"][0]["message"]
