"""The order of severities, and sums of test cases."""

from insights_uploader.model.finding import Severity
from insights_uploader.model.measure import TestTotals


def test_a_worse_severity_is_greater() -> None:
    assert Severity.LOW < Severity.MEDIUM < Severity.HIGH
    assert [s.name for s in sorted(Severity, reverse=True)] == ["HIGH", "MEDIUM", "LOW"]


def test_a_case_counts_once_in_the_total() -> None:
    one = TestTotals("pytest", passed=5, failed=1, errors=2, skipped=3, duration_ms=40)
    two = TestTotals("pytest", passed=1, duration_ms=2)
    assert one.total == 11
    assert one.plus(two) == TestTotals("pytest", 6, 1, 2, 3, 42)
