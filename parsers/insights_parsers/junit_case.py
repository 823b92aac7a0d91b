"""One test case or suite, and a failure in it."""

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field

from insights_parsers.junit_text import Text, number

MAX_PATH = 4096
_MAX_ANNOUNCED = 10**9  # more is no number of tests


class Outcome(enum.IntEnum):
    """How a case ended; a higher number is worse."""

    PASSED = 0
    SKIPPED = 1
    FAILED = 2
    ERROR = 3


@dataclass(slots=True)
class Failure:
    """A `failure` or `error` element.

    Attributes:
        outcome: FAILED or ERROR.
        attributes: the element's: `message` and `type`, of some tools also `file` and `line`.
        text: the element's.
    """

    outcome: Outcome
    attributes: Mapping[str, str]
    text: Text = field(default_factory=Text)


@dataclass(slots=True)
class Scope:
    """A case or a suite whose element is open.

    Attributes:
        is_case: False for a suite, and for the suites' common root.
        attributes: the element's.
        file: the suite's `file`, or that of the suite around it; "" without one.
        first_line: what the tool calls a source's first line.
        number: of the case or suite in the file, from 1.
        outcome: the worst of the elements directly in it.
        cases: how many cases are in it at any depth.
        failures, errors: how many such elements are in it at any depth.
        settled: a case, or a suite that tells its own errors, is directly in it.
        flaky: a case whose failure does not count, as before a retry, is in it at any depth.
        forgiven: this case's failures do not count.
        held: failures of this case, which may yet be explained by what the case printed.
        output: what the case printed, from its first failure on; None before that.
    """

    is_case: bool
    attributes: Mapping[str, str]
    file: str = ""
    first_line: int = 1
    number: int = 0
    outcome: Outcome = Outcome.PASSED
    cases: int = 0
    failures: int = 0
    errors: int = 0
    settled: bool = False
    flaky: bool = False
    forgiven: bool = False
    held: list[Failure] = field(default_factory=list)
    output: Text | None = None

    def count(self, outcome: Outcome, number_of: int = 1) -> None:
        """Count elements of a kind."""
        self.failures += number_of * (outcome is Outcome.FAILED)
        self.errors += number_of * (outcome is Outcome.ERROR)

    def take(self, inner: "Scope") -> None:
        """Count what an inner scope that has ended held."""
        self.cases += inner.cases + inner.is_case
        self.failures += inner.failures
        self.errors += inner.errors
        self.flaky |= inner.flaky
        self.settled |= inner.is_case or "errors" in inner.attributes

    def unseen(self) -> tuple[int, int]:
        """The failures and errors that a suite's attributes announce and no element in it shows.

        gotestsum writes a package that does not build as a suite with `errors="1"` and no case,
        or only counts it in the root's. Attributes lie (biome and stylelint count a severity as
        `errors`): they are believed where no element speaks, and of errors also where the number
        of failures is that of the elements and no suite inside tells its own.
        """
        failures, errors = self._announced("failures"), self._announced("errors")
        if self.flaky or self.errors or self.failures not in (0, failures):
            return 0, 0
        return (0, 0 if self.settled else errors) if self.failures else (failures, errors)

    def announces_tests(self) -> bool:
        """Whether its attributes tell of tests that were run, while no case is in it."""
        others = self._announced("skipped") + self._announced("disabled")
        return not self.cases and self._announced("tests") > others

    def _announced(self, attribute: str) -> int:
        value = number(self.attributes.get(attribute, "")) or 0
        return value if value < _MAX_ANNOUNCED else 0


def of_suite(scopes: list[Scope], attribute: str) -> str:
    """An attribute of the innermost suite that has it; "" when none has."""
    found = (s.attributes.get(attribute) for s in reversed(scopes) if not s.is_case)
    return next(filter(None, found), "")[:MAX_PATH]
