"""Test results in the JUnit format, in all the dialects that tools write.

There is no standard. The rules here come from Apache Surefire's surefire-test-report.xsd (reruns),
GoogleTest's advanced guide (`status`, several failures in a case), pytest's documentation
(`junit_family`), and from files that tools wrote.
"""

from collections.abc import Iterator, Mapping

from insights_parsers.junit_case import TOOL, Failure, Outcome, Scope, finding
from insights_parsers.xml_prolog import root_name
from insights_parsers.xml_stream import stream
from insights_uploader.inputs.parser import Parsed
from insights_uploader.inputs.source import Source
from insights_uploader.model.measure import TestTotals, ToolRun

_ROOTS = ("testsuites", "testsuite")
_SCOPES = frozenset({*_ROOTS, "testcase"})
_FAILURES = {"failure": Outcome.FAILED, "error": Outcome.ERROR}
_SKIPS = frozenset({"skipped", "disabled"})
_SKIPPED_STATUS = frozenset({"notrun", "disabled"})
# Runs of a case that were not its last one (Surefire, cargo-nextest). A case that failed in the end
# also has a `failure` or an `error`; one that has none of them passed in the end.
_RERUNS = frozenset({"rerunFailure", "rerunError", "flakyFailure", "flakyError"})
_IGNORED = _RERUNS | {"system-out", "system-err", "properties"}
# pytest counts a source's lines from 0 (`junit_family=xunit1`), other tools from 1.
_PYTEST = frozenset({("testsuites", "pytest tests"), ("testsuite", "pytest")})
_MAX_SECONDS = 1e9  # 30 years; more is a broken clock


class JUnitParser:
    """Yields a finding for each failure and error, and the numbers of cases by outcome."""

    name = "junit"

    def sniff(self, head: bytes, filename: str) -> bool:  # noqa: ARG002 - the content decides
        """Say whether the root element is a suite of tests or a set of them."""
        return root_name(head) in _ROOTS

    def parse(self, source: Source) -> Iterator[Parsed]:
        """Yield the run, its findings, its totals, and a remark if characters were replaced.

        A case counts once, as its worst outcome, whatever the suites' attributes say. A suite that
        fails by itself, or that announces failures and shows none, counts as one more case.

        Raises:
            MalformedError: the file is not well-formed, is truncated, or is no JUnit file.
        """
        yield ToolRun(TOOL)
        yield from stream(source, _Results())


class _Results:
    """Follows the elements of one file."""

    roots: tuple[str, ...] = _ROOTS

    def __init__(self) -> None:
        self.items: list[Parsed] = []
        self._scopes: list[Scope] = []
        self._failure: Failure | None = None
        self._ignored = 0  # depth inside an element of no interest
        self._cases = [0] * len(Outcome)
        self._seconds = 0.0

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        if self._ignored or name in _IGNORED:
            self._ignored += 1
            if name in _RERUNS:
                self._scopes[-1].explained = True
        elif name in _SCOPES:
            self._open(name, attributes)
        elif name in _FAILURES and self._failure is None:
            self._failure = Failure(_FAILURES[name], attributes)
        elif name in _SKIPS:
            self._record(Outcome.SKIPPED)

    def data(self, text: str) -> None:
        if self._failure is not None and not self._ignored:
            self._failure.add(text)

    def end(self, name: str) -> None:
        if self._ignored:
            self._ignored -= 1
        elif name in _SCOPES:
            self._close()
        elif name in _FAILURES and self._failure is not None:
            self._fail(self._failure)
            self._failure = None

    def _open(self, name: str, attributes: Mapping[str, str]) -> None:
        first_line = self._scopes[-1].first_line if self._scopes else 1
        scope = Scope(name == "testcase", attributes, first_line)
        if scope.is_case:
            self._seconds += _seconds(attributes.get("time", ""))
            if attributes.get("status") in _SKIPPED_STATUS:
                scope.outcome = Outcome.SKIPPED
        elif (name, attributes.get("name")) in _PYTEST:
            scope.first_line = 0
        self._scopes.append(scope)

    def _close(self) -> None:
        scope = self._scopes[-1]
        if not (scope.is_case or scope.explained) and (announced := scope.announced()):
            self._fail(announced)
        self._scopes.pop()
        if scope.is_case or scope.outcome >= Outcome.FAILED:
            self._cases[scope.outcome] += 1
        if self._scopes:
            self._scopes[-1].explained |= scope.explained
        else:
            self.items.append(self._totals())

    def _fail(self, failure: Failure) -> None:
        self._record(failure.outcome)
        self._scopes[-1].explained = True
        self.items.append(finding(failure, self._scopes))

    def _record(self, outcome: Outcome) -> None:
        self._scopes[-1].outcome = max(self._scopes[-1].outcome, outcome)

    def _totals(self) -> TestTotals:
        passed, skipped, failed, errors = self._cases
        duration_ms = round(self._seconds * 1000)
        return TestTotals(TOOL, passed, failed, errors, skipped, duration_ms)


def _seconds(text: str) -> float:
    """A duration; commas are Surefire's, between thousands. What is no duration counts as 0."""
    try:
        seconds = float(text[:40].replace(",", ""))
    except ValueError:
        return 0.0
    return seconds if 0 < seconds < _MAX_SECONDS else 0.0
