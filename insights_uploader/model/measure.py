"""What a results file measures besides its findings."""

import msgspec


class ToolRun(msgspec.Struct, frozen=True):
    """A tool ran and wrote this file, whether it found anything or not.

    Attributes:
        tool: the name that its findings carry.
        version: as the tool wrote it; None when it did not.
        failure: the tool's own words that it failed, which is not a pass; None when it ended well.
    """

    tool: str
    version: str | None = None
    failure: str | None = None


class TestTotals(msgspec.Struct, frozen=True):
    """Numbers of test cases, counted from the elements and not from a suite's attributes.

    Attributes:
        tool: whose tests these are.
        passed, failed, errors, skipped: each case counts once, as its worst outcome.
        duration_ms: the sum of the cases' times.
    """

    __test__ = False  # not a test class, whatever pytest thinks of its name

    tool: str
    passed: int = 0
    failed: int = 0
    errors: int = 0
    skipped: int = 0
    duration_ms: int = 0

    @property
    def total(self) -> int:
        """All cases, skipped ones too."""
        return self.passed + self.failed + self.errors + self.skipped

    def plus(self, other: "TestTotals") -> "TestTotals":
        """The sum of two sets of cases of one tool."""
        return TestTotals(
            tool=self.tool,
            passed=self.passed + other.passed,
            failed=self.failed + other.failed,
            errors=self.errors + other.errors,
            skipped=self.skipped + other.skipped,
            duration_ms=self.duration_ms + other.duration_ms,
        )


class Remark(msgspec.Struct, frozen=True):
    """Something a parser had to put right or leave out, for the user to know.

    Attributes:
        message: one sentence.
        line: 1-based line of the results file, when it is known.
    """

    message: str
    line: int | None = None
