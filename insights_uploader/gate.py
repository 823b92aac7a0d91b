"""Floor 3, pure: judges a run by a policy; every reason is named with what was measured."""

import enum
from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec

from insights_uploader.coverage import Rate
from insights_uploader.model.finding import Severity


class Result(enum.StrEnum):
    """Code Insights' two results."""

    PASS = "PASS"  # noqa: S105 - not a password
    FAIL = "FAIL"


UNREADABLE = "unreadable-results"
"""The rule that results which cannot be read are no pass."""


class Policy(msgspec.Struct, frozen=True):
    """What fails a run.

    Attributes:
        fail_on: a finding of this severity or worse that passed the filter, capped or not; None
            lets findings of every severity pass.
        min_coverage: percent of all measured lines; None asks for none.
        min_changed_coverage: percent of the measured changed lines.
        min_path_match: percent of the paths in the results that must be in the repository; of
            every results file at least one must be, whatever is asked for.
    """

    fail_on: Severity | None = Severity.HIGH
    min_coverage: float | None = None
    min_changed_coverage: float | None = None
    min_path_match: float = 0


class Evidence(msgspec.Struct, frozen=True):
    """What one report gives the gate to judge.

    Attributes:
        report: its key.
        severities: findings that passed the filter, failing tests left out.
        failing_tests: how many tests fail.
        tool_failures: the tool's own words that it failed.
        unreadable: of its results files those that could not be read, in words.
        paths: how many distinct paths its results files name, counted file by file.
        matched: how many of those are in the repository.
        unmatched: results files of which no path is, each with its count.
        coverage: of all measured lines; None when the report measures none.
        changed_coverage: of the measured changed lines.
    """

    report: str
    severities: Mapping[Severity, int] = {}
    failing_tests: int = 0
    tool_failures: Sequence[str] = ()
    unreadable: Sequence[str] = ()
    paths: int = 0
    matched: int = 0
    unmatched: Mapping[str, int] = {}
    coverage: Rate | None = None
    changed_coverage: Rate | None = None


class Reason(msgspec.Struct, frozen=True):
    """One rule of the policy, held against one report.

    Attributes:
        report: the key of the report; empty for a rule that is about the run as a whole.
        rule: the rule's stable name.
        result: what the rule alone says.
        measured: the number that decided; None where there was nothing to measure.
        words: for people; names the number.
    """

    report: str
    rule: str
    result: Result
    measured: float | None
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
    if not any(report.coverage for report in evidence):
        reasons += tuple(_unmeasured(policy))
    return Verdict(_worst(reasons), reasons)


def _reasons(policy: Policy, evidence: Evidence) -> Sequence[Reason]:
    tests = evidence.failing_tests
    reasons = [
        *(_reason(evidence, UNREADABLE, 1, words) for words in evidence.unreadable),
        *_severe(policy.fail_on, evidence),
        _reason(evidence, "failing-tests", tests, _count(tests, "failing test")),
        *_covered(policy, evidence),
        *_placed(policy, evidence),
    ]
    reasons.extend(
        _reason(evidence, "tool-failed", 1, f"the tool itself failed: {words}")
        for words in evidence.tool_failures
    )
    reasons.extend(
        _reason(
            evidence,
            "paths-unmatched",
            n,
            f"of {_count(n, 'path')} in {path} none is in the repository",
        )
        for path, n in evidence.unmatched.items()
    )
    return reasons


def _severe(limit: Severity | None, evidence: Evidence) -> Iterator[Reason]:
    if limit is None:
        return
    severe = sum(n for severity, n in evidence.severities.items() if severity >= limit)
    term = limit.name if limit is Severity.HIGH else f"{limit.name} or worse"
    yield _reason(evidence, "fail-on", severe, f"{_count(severe, 'finding')} of severity {term}")


def _placed(policy: Policy, evidence: Evidence) -> Iterator[Reason]:
    """How many paths are in the repository: a wrong prefix reads like a run without findings."""
    if not evidence.paths or (evidence.unmatched and not evidence.matched):
        return  # there are none, or the files of which none is there say so
    percent = 100 * evidence.matched / evidence.paths
    words = f"{evidence.matched} of {_count(evidence.paths, 'path')} in the repository"
    if policy.min_path_match:
        words += f" ({percent:.4g} %), and {policy.min_path_match:g} % are asked for"
    enough = 100 * evidence.matched >= policy.min_path_match * evidence.paths
    result = Result.PASS if enough else Result.FAIL
    yield Reason(evidence.report, "path-match", result, percent, words)


def _covered(policy: Policy, evidence: Evidence) -> Iterator[Reason]:
    rules = (
        ("min-coverage", policy.min_coverage, evidence.coverage, "measured line"),
        (
            "min-changed-coverage",
            policy.min_changed_coverage,
            evidence.changed_coverage,
            "coverable changed line",
        ),
    )
    for rule, least, rate, thing in rules:
        if least is None or rate is None:
            continue
        if rate.percent is None:  # of all lines that is a broken measure, of the changed ones none
            result = Result.FAIL if rule == "min-coverage" else Result.PASS
            yield Reason(evidence.report, rule, result, None, f"there is no {thing}")
            continue
        result = Result.PASS if 100 * rate.covered >= least * rate.measured else Result.FAIL
        words = f"{rate.covered} of {_count(rate.measured, thing)} covered ({rate.percent:g} %)"
        words = f"{words}, and {least:g} % are asked for"
        yield Reason(evidence.report, rule, result, rate.percent, words)


def _unmeasured(policy: Policy) -> Iterator[Reason]:
    """A rule about coverage that nothing was measured for fails: silence is not a pass."""
    rules = {
        "min-coverage": policy.min_coverage,
        "min-changed-coverage": policy.min_changed_coverage,
    }
    for rule, least in rules.items():
        if least is not None:
            words = f"{least:g} % of coverage are asked for, and no results file measures any"
            yield Reason("", rule, Result.FAIL, None, words)


def _reason(evidence: Evidence, rule: str, measured: int, words: str) -> Reason:
    result = Result.FAIL if measured else Result.PASS
    return Reason(evidence.report, rule, result, measured, words)


def _worst(reasons: Iterable[Reason]) -> Result:
    failed = any(reason.result is Result.FAIL for reason in reasons)
    return Result.FAIL if failed else Result.PASS


def _count(number: int, thing: str) -> str:
    return f"{number or 'no'} {thing}{'' if number == 1 else 's'}"
