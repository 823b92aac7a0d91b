"""The gate's verdict, by the default policy and others."""

import pytest

from insights_uploader.gate import Evidence, Policy, Result, judge
from insights_uploader.model.finding import Severity

HIGH, MEDIUM, LOW = Severity.HIGH, Severity.MEDIUM, Severity.LOW


@pytest.mark.parametrize(
    ("evidence", "fail_on", "words"),
    [
        (Evidence("t"), HIGH, []),
        (Evidence("t", {MEDIUM: 9, LOW: 9}), HIGH, []),
        (Evidence("t", {HIGH: 2}), HIGH, ["2 findings of severity HIGH"]),
        (Evidence("t", {HIGH: 1, MEDIUM: 2, LOW: 4}), MEDIUM, ["3 findings of severity MEDIUM or worse"]),
        (Evidence("t", {LOW: 1}), LOW, ["1 finding of severity LOW or worse"]),
        (Evidence("t", failing_tests=1), HIGH, ["1 failing test"]),
        (Evidence("t", tool_failures=["boom"]), HIGH, ["the tool itself failed: boom"]),
        (Evidence("t", paths=3, matched=1), HIGH, []),
        (Evidence("t", unmatched={"a.sarif": 3}), HIGH, ["of 3 paths in a.sarif none is in the repository"]),
    ],
)  # fmt: skip
def test_verdict(evidence: Evidence, fail_on: Severity, words: list[str]) -> None:
    verdict = judge(Policy(fail_on), [evidence])
    assert [reason.words for reason in verdict.failures()] == words
    assert verdict.result is (Result.FAIL if words else Result.PASS)


@pytest.mark.parametrize(
    ("least", "matched", "failing"),
    [(0, 1, []), (66.6, 2, []), (66.7, 2, ["2 of 3 paths in the repository (66.67 %), and 66.7 % are asked for"]),
     (100, 3, []), (100, 0, ["0 of 3 paths in the repository (0 %), and 100 % are asked for"])],
)  # fmt: skip
def test_the_rate_of_paths_in_the_repository(
    least: float, matched: int, failing: list[str]
) -> None:
    verdict = judge(Policy(min_path_match=least), [Evidence("t", paths=3, matched=matched)])
    assert [reason.words for reason in verdict.failures()] == failing
    assert f"{matched} of 3 paths in the repository" in verdict.reasons[-1].words
    assert verdict.reasons[-1].measured == pytest.approx(100 * matched / 3)


def test_each_report_has_a_result_of_its_own() -> None:
    verdict = judge(Policy(), [Evidence("good"), Evidence("bad", {HIGH: 1})])
    assert verdict.result is Result.FAIL
    assert verdict.of("good") is Result.PASS
    assert verdict.of("bad") is Result.FAIL
    assert {reason.report for reason in verdict.failures()} == {"bad"}


def test_rules_that_pass_are_named_too() -> None:
    assert [r.words for r in judge(Policy(), [Evidence("t")]).reasons] == [
        "no findings of severity HIGH",
        "no failing tests",
    ]
