"""The README shows what the program prints."""

import shutil
from pathlib import Path

import repository
from fixture_records import BANDIT, PYTEST, ROOT
from program import Run

README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_preview_is_what_preview_prints(run: Run, tmp_path: Path) -> None:
    repository.build(tmp_path, "python-dotenv", "0.21.0", "0.21.1")
    for result in (BANDIT, PYTEST):
        shutil.copy(result, tmp_path)
    shown = README.split("```\n")[1]
    command, _, output = shown.partition("\n")
    prompt, program, *arguments = command.split(" ")
    assert (prompt, program) == ("$", "insights-uploader")
    assert run(*arguments, cwd=tmp_path).stdout == output


def test_every_exit_code_is_documented() -> None:
    from insights_uploader.model.errors import ExitCode

    rows = [line for line in README.splitlines() if line.startswith("| ") and line[2:3].isdigit()]
    assert [int(row.split("|")[1]) for row in rows] == [code.value for code in ExitCode]


def test_the_two_commands_exist() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in ("demo", "test", "help", "lint"):
        assert f"\n{target}:" in makefile
    assert "make test" in (ROOT / ".ci/run").read_text(encoding="utf-8")
