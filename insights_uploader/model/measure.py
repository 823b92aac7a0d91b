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


class LineCoverage(msgspec.Struct, frozen=True, gc=False):
    """How one line was run.

    Attributes:
        line: 1-based.
        hits: how often it was run.
        covered, branches: how many of its branches were taken, of how many; 0 of 0 without any.
        conditions: (number, percent covered) of each condition, where the file tells them apart.
        missing: where the branches lead that were not taken, sorted, where the file tells: lines,
            and 0, -1, ... for those that leave the code block.
    """

    line: int
    hits: int
    covered: int = 0
    branches: int = 0
    conditions: tuple[tuple[int, int], ...] = ()
    missing: tuple[int, ...] = ()


class FileCoverage(msgspec.Struct, frozen=True):
    """The measured lines of one file, or of a part of it; the same file may come several times.

    Attributes:
        tool: whose measure it is.
        paths: where the file may be, as the tool wrote it: below each of its source folders, then
            as the bare name; the first that is tracked is meant.
        lines: in the file's order; a line may come several times.
    """

    tool: str
    paths: tuple[str, ...]
    lines: tuple[LineCoverage, ...]


class Remark(msgspec.Struct, frozen=True):
    """Something a parser had to put right or leave out, for the user to know.

    Attributes:
        message: one sentence.
        line: 1-based line of the results file, when it is known.
    """

    message: str
    line: int | None = None
