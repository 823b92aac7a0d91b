"""Floor 3, pure: judges a run by a policy; every reason is named with what was measured."""

import enum
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from insights_uploader.model.finding import Severity


class Result(enum.StrEnum):
    """Code Insights' two results."""

    PASS = "PASS"  # noqa: S105 - not a password
    FAIL = "FAIL"


class Policy(msgspec.Struct, frozen=True):
    """What fails a run.

    Attributes:
        fail_on: a finding of this severity or worse that passed the filter, capped or not.
    """

    fail_on: Severity = Severity.HIGH


class Evidence(msgspec.Struct, frozen=True):
    """What one report gives the gate to judge.

    Attributes:
        report: the tool's name.
        severities: findings that passed the filter, failing tests left out.
        failing_tests: how many tests fail.
        tool_failures: the tool's own words that it failed.
        unmatched: results files of which no path lies in the repository, each with its count.
    """

    report: str
    severities: Mapping[Severity, int] = {}
    failing_tests: int = 0
    tool_failures: Sequence[str] = ()
    unmatched: Mapping[str, int] = {}


class Reason(msgspec.Struct, frozen=True):
    """One rule of the policy, held against one report.

    Attributes:
        report: the tool's name.
        rule: the rule's stable name.
        result: what the rule alone says.
        measured: the number that decided.
        words: for people; names the number.
    """

    report: str
    rule: str
    result: Result
    measured: int
    words: str


class Verdict(msgspec.Struct, frozen=True):
    """The gate's judgement of a run.

    Attributes:
        result: FAIL when any reason fails.
        reasons: all of them, report by report.
    """

    result: Result
    reasons: tuple[Reason, ...]

    def of(self, report: str) -> Result:
        """The result of one report."""
        return _worst(reason for reason in self.reasons if reason.report == report)

    def failures(self, report: str | None = None) -> Sequence[Reason]:
        """The reasons that fail, of one report or of all."""
        return [
            reason
            for reason in self.reasons
            if reason.result is Result.FAIL and report in (None, reason.report)
        ]


def judge(policy: Policy, evidence: Sequence[Evidence]) -> Verdict:
    """Hold every report against the policy."""
    reasons = tuple(reason for report in evidence for reason in _reasons(policy, report))
    return Verdict(_worst(reasons), reasons)


def _reasons(policy: Policy, evidence: Evidence) -> Sequence[Reason]:
    limit = policy.fail_on
    severe = sum(n for severity, n in evidence.severities.items() if severity >= limit)
    term = limit.name if limit is Severity.HIGH else f"{limit.name} or worse"
    tests = evidence.failing_tests
    reasons = [
        _reason(evidence, "fail-on", severe, f"{_count(severe, 'finding')} of severity {term}"),
        _reason(evidence, "failing-tests", tests, _count(tests, "failing test")),
    ]
    reasons.extend(
        _reason(evidence, "tool-failed", 1, f"the tool itself failed: {words}")
        for words in evidence.tool_failures
    )
    reasons.extend(
        _reason(
            evidence, "paths-unmatched", n, f"none of the {n} paths in {path} is in the repository"
        )
        for path, n in evidence.unmatched.items()
    )
    return reasons


def _reason(evidence: Evidence, rule: str, measured: int, words: str) -> Reason:
    result = Result.FAIL if measured else Result.PASS
    return Reason(evidence.report, rule, result, measured, words)


def _worst(reasons: Iterable[Reason]) -> Result:
    failed = any(reason.result is Result.FAIL for reason in reasons)
    return Result.FAIL if failed else Result.PASS


def _count(number: int, thing: str) -> str:
    return f"{number or 'no'} {thing}{'' if number == 1 else 's'}"
