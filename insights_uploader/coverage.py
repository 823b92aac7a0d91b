"""Floor 3, pure: what tests did not run of what a change added, and the rates.

Measures of one file from several classes, methods, files and shards are merged: a line is measured
if it is in any, covered if the sum of its hits is not 0, and of its branches those count as taken
that any of them took, condition by condition or branch by branch where the file tells them apart.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Protocol

import msgspec

from insights_uploader.model.finding import Finding, FindingType, Location, Severity
from insights_uploader.model.line_set import LineSet
from insights_uploader.model.measure import LineCoverage

UNCOVERED, PARTIAL = "uncovered-lines", "partial-branch"
"""The rules of the findings that are made here."""

_GAP = 3
_COMMENTS = (b"#", b"//", b"/*", b"*", b"--", b";", b"<!--", b"%", b"'''", b'"""')


ReadLines = Callable[[str], Sequence[bytes] | None]
"""Gives a repository file's lines without their ends; None when there is no such file."""


class ChosenLines(Protocol):
    """Which lines the filter lets through."""

    def chosen(self, path: str, line: int) -> bool:
        """True when a finding on this line of a repository file passes the filter."""
        ...


class Branches(msgspec.Struct, frozen=True):
    """What is known of one line's branches.

    Attributes:
        covered, total: how many were taken, of how many; of several measures, the most.
        conditions: percent covered by number of condition, of several measures the most; empty
            where the conditions do not add up to the count.
        missing: where the branches lead that no measure of as many took, sorted; None where no
            such measure tells.
    """

    covered: int
    total: int
    conditions: Mapping[int, int] = {}
    missing: tuple[int, ...] | None = None

    @classmethod
    def of(cls, line: LineCoverage) -> "Branches":
        """What one measure tells."""
        missing = line.missing if len(line.missing) == line.branches - line.covered else None
        known = cls(line.covered, line.branches, dict(line.conditions), missing)
        adds_up = known._by_condition() == line.covered
        return known if adds_up else cls(line.covered, line.branches, missing=missing)

    def merged(self, other: "Branches") -> "Branches":
        """What two measures of one line know together."""
        conditions = dict(self.conditions)
        for number, percent in other.conditions.items():
            conditions[number] = max(percent, conditions.get(number, 0))
        covered, total = max(self.covered, other.covered), max(self.total, other.total)
        return Branches(covered, total, conditions, self._missing_with(other))

    @property
    def taken(self) -> int:
        """How many were taken at least."""
        named = 0 if self.missing is None else self.total - len(self.missing)
        return min(max(self.covered, self._by_condition(), named), self.total)

    def _missing_with(self, other: "Branches") -> tuple[int, ...] | None:
        """What neither took; of two that count differently, what the one with more did not."""
        if self.total != other.total:
            return self.missing if self.total > other.total else other.missing
        if self.missing is None or other.missing is None:
            return other.missing if self.missing is None else self.missing
        return tuple(sorted({*self.missing} & {*other.missing}))

    def _by_condition(self) -> int:
        """How many the conditions add up to; 0 where they are not of equal size."""
        each, rest = divmod(self.total, len(self.conditions) or 1)
        if rest:
            return 0
        taken = 0
        for percent in self.conditions.values():
            number = (2 * percent * each + 100) // 200
            if abs(100 * number - percent * each) >= each:  # not that many hundredths
                return 0
            taken += number
        return taken


class MeasuredFile:
    """The merged measures of one file."""

    def __init__(self) -> None:
        self.measured = LineSet()
        self.covered = LineSet()
        self.branches: dict[int, Branches] = {}

    def add(self, line: LineCoverage) -> None:
        """Merge one line in.

        Where it was not run, it tells nothing of the branches of another run.
        """
        self.measured.add(line.line)
        if line.hits > 0:
            self.covered.add(line.line)
        if line.branches and (line.hits > 0 or line.covered):
            self._branch(line.line, Branches.of(line))

    def join(self, other: "MeasuredFile") -> None:
        """Merge another part of the same file in."""
        self.measured.update(other.measured)
        self.covered.update(other.covered)
        for line, branches in other.branches.items():
            self._branch(line, branches)

    def _branch(self, line: int, branches: Branches) -> None:
        before = self.branches.get(line)
        self.branches[line] = before.merged(branches) if before else branches


class Rate(msgspec.Struct, frozen=True):
    """How much was covered.

    Attributes:
        covered, measured: lines.
    """

    covered: int
    measured: int

    @property
    def percent(self) -> float | None:
        """0 to 100, cut after two decimals so that it never says more than there is.

        None when there was nothing to cover, which is neither 0 nor 100.
        """
        return self.covered * 10_000 // self.measured / 100 if self.measured else None


class Coverage:
    """All files that were measured.

    Attributes:
        tool: whose measure it is.
        files: by repository path.
        elsewhere: by the tool's own path, those that are not in the repository.
    """

    def __init__(self, tool: str) -> None:
        self.tool = tool
        self.files: dict[str, MeasuredFile] = {}
        self.elsewhere: dict[str, MeasuredFile] = {}

    def add(self, path: str, lines: Iterable[LineCoverage]) -> None:
        """Merge the lines of a repository file in."""
        _add(self.files, path, lines)

    def add_elsewhere(self, path: str, lines: Iterable[LineCoverage]) -> None:
        """Merge the lines of a file in that is not in the repository."""
        _add(self.elsewhere, path, lines)

    def join(self, other: "Coverage") -> None:
        """Merge another shard in; associative and commutative, and idempotent."""
        for ours, theirs in ((self.files, other.files), (self.elsewhere, other.elsewhere)):
            for path, file in theirs.items():
                ours.setdefault(path, MeasuredFile()).join(file)

    def project(self) -> Rate:
        """The rate of everything that was measured."""
        files = [*self.files.values(), *self.elsewhere.values()]
        return Rate(
            sum(len(file.covered) for file in files), sum(len(file.measured) for file in files)
        )

    def of_chosen(self, chosen: ChosenLines) -> Rate:
        """The rate of the lines that the filter lets through."""
        covered = measured = 0
        for path, file in self.files.items():
            for line in file.measured:
                if chosen.chosen(path, line):
                    measured += 1
                    covered += line in file.covered
        return Rate(covered, measured)


def _add(files: dict[str, MeasuredFile], path: str, lines: Iterable[LineCoverage]) -> None:
    file = files.setdefault(path, MeasuredFile())
    for line in lines:
        file.add(line)


def findings(coverage: Coverage, chosen: ChosenLines, lines_of: ReadLines) -> Iterator[Finding]:
    """Findings for the runs of uncovered lines and the partly taken branches that are chosen.

    A run goes on over blank lines, comments and up to three other lines that nobody covered or
    chose (the rest of a long statement); it ends at a covered line.
    """
    for path, file in coverage.files.items():
        missed = [n for n in file.measured if n not in file.covered and chosen.chosen(path, n)]
        if missed:
            source = lines_of(path) or ()
            for run in _runs(missed, file, source):
                yield _uncovered(coverage.tool, path, run)
        for line, branches in sorted(file.branches.items()):
            partial = line in file.covered and branches.taken < branches.total
            if partial and chosen.chosen(path, line):
                yield _partial(coverage.tool, path, line, branches)


def _runs(
    missed: Sequence[int], file: MeasuredFile, source: Sequence[bytes]
) -> Iterator[Sequence[int]]:
    """Group missed lines, which come sorted, into runs."""
    run = [missed[0]]
    for line in missed[1:]:
        if not _joined(run[-1], line, file, source):
            yield run
            run = []
        run.append(line)
    yield run


def _joined(before: int, line: int, file: MeasuredFile, source: Sequence[bytes]) -> bool:
    """True when nothing between two missed lines was covered, nor much else stands there."""
    others = 0
    for between in range(before + 1, line):
        if between in file.covered:
            return False
        others += not _says_nothing(source, between)
        if others > _GAP:
            return False
    return True


def _says_nothing(source: Sequence[bytes], line: int) -> bool:
    """True for a blank line or a comment; past the file's end nobody knows."""
    if line > len(source):
        return False
    text = source[line - 1].strip()
    return not text or text.startswith(_COMMENTS)


def _uncovered(tool: str, path: str, run: Sequence[int]) -> Finding:
    first, last = run[0], run[-1]
    where = f"Line {first} is" if first == last else f"Lines {first} to {last} are"
    return Finding(
        tool=tool,
        rule=UNCOVERED,
        message=f"{where} not covered by tests.",
        severity=Severity.LOW,
        type=FindingType.CODE_SMELL,
        locations=(Location(path, first, last if last > first else None),),
    )


def _partial(tool: str, path: str, line: int, branches: Branches) -> Finding:
    missing = branches.total - branches.taken
    return Finding(
        tool=tool,
        rule=PARTIAL,
        message=(
            f"Line {line} is covered in part: {missing} of its {branches.total} branches "
            f"{'is' if missing == 1 else 'are'} never taken."
        ),
        severity=Severity.LOW,
        type=FindingType.CODE_SMELL,
        locations=(Location(path, line),),
    )
