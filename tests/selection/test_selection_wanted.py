"""What the team does not want to see, and what it sees as something else."""

import pytest
from selection.builders import finding

from insights_uploader.model.finding import Finding, FindingType, Severity
from insights_uploader.selection.wanted import Adjustment, Wanted

LOW, MEDIUM, HIGH = Severity.LOW, Severity.MEDIUM, Severity.HIGH
FOUND = finding(tool="ruff", rule="D101", severity=MEDIUM)
TEST = finding(tool="junit", rule="tests.test_a.test_flaky", severity=HIGH, failed_test=True)
CASE = finding(tool="junit", rule="t.test_sum[1-2]", failed_test=True, variant_of="t.test_sum")


@pytest.mark.parametrize(
    ("wanted", "found", "path", "ignored"),
    [
        (Wanted(), FOUND, "a.py", False),
        (Wanted(include=["src/"]), FOUND, "src/a.py", False),
        (Wanted(include=["src/"]), FOUND, "a.py", True),
        (Wanted(include=["*.py"]), FOUND, "deep/er/a.py", False),  # as .gitignore: at any depth
        (Wanted(include=["/*.py"]), FOUND, "deep/er/a.py", True),  # anchored
        (Wanted(include=["src/"]), FOUND, None, False),  # no path, nothing to judge it by
        (Wanted(exclude=["vendor/**"]), FOUND, "vendor/x/a.py", True),
        (Wanted(include=["src/"], exclude=["gen/"]), FOUND, "src/gen/a.py", True),
        (Wanted(ignore=["D*"]), FOUND, "a.py", True),
        (Wanted(ignore=["d*"]), FOUND, "a.py", False),  # rules have their case
        (Wanted(ignore=["ruff:D1??"]), FOUND, "a.py", True),
        (Wanted(ignore=["pylint:D*"]), FOUND, "a.py", False),
        (Wanted(min_severity=HIGH), FOUND, "a.py", True),
        (Wanted(min_severity=MEDIUM), FOUND, "a.py", False),
        (Wanted(exclude=["tests/"], min_severity=HIGH), TEST, "tests/test_a.py", False),
        (Wanted(ignore=["*test_flaky"]), TEST, "tests/test_a.py", True),  # only by its name
        (Wanted(ignore=["t.test_sum[1-2]"]), CASE, None, True),  # one case, as the tool names it
        (Wanted(ignore=["junit:t.test_sum[1-2]"]), CASE, None, True),
        (Wanted(ignore=["t.test_sum[1-3]"]), CASE, None, False),
        (Wanted(ignore=["t.test_sum*"]), CASE, None, True),  # all of its cases
    ],
)
def test_ignored(wanted: Wanted, found: Finding, path: str | None, ignored: bool) -> None:
    assert (wanted.ignores(found, path) is not None) is ignored


def test_the_first_adjustment_that_matches_decides() -> None:
    wanted = Wanted(
        adjustments=[
            Adjustment("ruff:D*", severity=LOW),
            Adjustment("D101", severity=HIGH, type=FindingType.BUG),
        ]
    )
    assert wanted.adjusted(FOUND).severity is LOW
    assert wanted.adjusted(finding(tool="other", rule="D101")).severity is HIGH
    assert wanted.adjusted(finding(tool="other", rule="D101")).type is FindingType.BUG
    assert wanted.adjusted(TEST) is TEST
