"""Test results in the JUnit format, in all the dialects that tools write.

There is no standard. The rules here come from Apache Surefire's surefire-test-report.xsd (reruns),
GoogleTest's advanced guide (`status`, several failures in a case), pytest's documentation
(`junit_family`), and from files that tools wrote.
"""

from collections.abc import Iterator, Mapping

from insights_parsers.junit_case import MAX_PATH, Failure, Outcome, Scope
from insights_parsers.junit_durations import seconds
from insights_parsers.junit_finding import TOOL, finding
from insights_parsers.junit_text import Text, one_line
from insights_parsers.xml_prolog import root_name
from insights_parsers.xml_stream import stream
from insights_uploader.inputs.parser import Parsed
from insights_uploader.inputs.source import Source
from insights_uploader.model.measure import Remark, TestTotals, ToolRun

_ROOTS = ("testsuites", "testsuite")
_SCOPES = frozenset({*_ROOTS, "testcase"})
_FAILURES = {"failure": Outcome.FAILED, "error": Outcome.ERROR}
_SKIPS = frozenset({"skipped", "disabled", "ignored"})
# Catch2 says so in front of the failures of a test that may fail, which it does not count.
_MAY_FAIL = "TEST_CASE tagged with !"
# TestNG's and JUnit's ways to skip a test, which old reporters write as errors.
_SKIP_TYPES = (".SkipException", ".AssumptionViolatedException", ".TestAbortedException")
# What a case's `status` or `result` says where no element does (GoogleTest, CTest, behave, Karma).
_WORDS = {
    **dict.fromkeys(
        [
            "run",
            "success",
            "successful",
            "succeeded",
            "pass",
            "passed",
            "ok",
            "completed",
            "finished",
            "true",
            "0",
        ],
        Outcome.PASSED,
    ),
    **dict.fromkeys(
        ["notrun", "disabled", "skipped", "skip", "suppressed", "ignored", "pending", "untested"],
        Outcome.SKIPPED,
    ),
    **dict.fromkeys(["fail", "failed", "failure", "undefined"], Outcome.FAILED),
    **dict.fromkeys(
        ["error", "broken", "timedout", "timeout", "aborted", "crashed"], Outcome.ERROR
    ),
}
# Runs of a case that were not its last one (Surefire, cargo-nextest). A case that failed in the end
# also has a `failure` or an `error`; one that has none of them passed in the end.
_RERUNS = frozenset({"rerunFailure", "rerunError", "flakyFailure", "flakyError"})
_OUTPUT = frozenset({"system-out", "system-err"})
_IGNORED = _RERUNS | _OUTPUT | {"properties"}
# pytest counts a source's lines from 0 (`junit_family=xunit1`), other tools from 1.
_PYTEST = frozenset({("testsuites", "pytest tests"), ("testsuite", "pytest")})
# mocha-junit-reporter writes a spec's file on this suite alone; those of the spec come after it.
_ROOT_SUITE = "Root Suite"
_MAX_HELD = 16  # failures of one case that wait for its output


class JUnitParser:
    """Yields a finding for each failure and error, and the numbers of cases by outcome."""

    name = "junit"
    tool = TOOL

    def sniff(self, head: bytes, filename: str) -> bool:  # noqa: ARG002 - the content decides
        """Say whether the root element is a suite of tests or a set of them."""
        return root_name(head) in _ROOTS

    def parse(self, source: Source) -> Iterator[Parsed]:
        """Yield the run, its findings, its totals, and remarks on what was put right or is odd.

        A case counts once, as its worst outcome, whatever the suites' attributes say. A suite that
        fails by itself counts as one more case. Failures and errors that a suite announces where
        it shows none count as many; a remark tells of suites that announce tests and hold none.

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
        self._opened = 0
        self._failure: Failure | None = None
        self._ignored = 0  # depth inside an element of no interest
        self._printed = False  # inside what a case that failed printed
        self._begin()

    def _begin(self) -> None:
        """Count anew: a file may hold several documents."""
        self._cases = [0] * len(Outcome)
        self._seconds = 0.0
        self._hollow: list[str] = []  # the first suite that announces tests and holds none
        self._odd: dict[str, None] = {}  # words for a case's status that nobody knows

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        if self._ignored or name in _IGNORED:
            self._ignored += 1
            if name in _RERUNS:
                self._scopes[-1].flaky = True
            elif name in _OUTPUT and self._ignored == 1 and self._failure is None:
                self._printed = bool(self._scopes[-1].held)
        elif name in _SCOPES:
            self._open(name, attributes)
        elif name in _FAILURES and self._failure is None:
            self._failure = Failure(_FAILURES[name], attributes)
        elif name in _SKIPS:
            self._record(Outcome.SKIPPED)
            self._scopes[-1].forgiven |= attributes.get("message", "").startswith(_MAY_FAIL)

    def data(self, text: str) -> None:
        if self._printed:
            scope = self._scopes[-1]
            scope.output = scope.output or Text()
            scope.output.add(text)
        elif self._failure is not None and not self._ignored:
            self._failure.text.add(text)

    def end(self, name: str) -> None:
        if self._ignored:
            self._ignored -= 1
            self._printed &= self._ignored > 0
        elif name in _SCOPES:
            self._close()
        elif name in _FAILURES and self._failure is not None:
            self._fail(self._failure)
            self._failure = None

    def _open(self, name: str, attributes: Mapping[str, str]) -> None:
        outer = self._scopes[-1] if self._scopes else None
        self._opened += 1
        scope = Scope(name == "testcase", attributes, outer.file if outer else "")
        scope.number = self._opened
        scope.first_line = outer.first_line if outer else 1
        if scope.is_case:
            self._seconds += seconds(attributes.get("time", ""))
        else:
            scope.file = (attributes.get("file") or scope.file)[:MAX_PATH]
            if (name, attributes.get("name")) in _PYTEST:
                scope.first_line = 0
            elif outer and attributes.get("name") == _ROOT_SUITE:
                outer.file = scope.file
        self._scopes.append(scope)

    def _close(self) -> None:
        scope = self._scopes[-1]
        if scope.is_case:
            self._judge(scope)
        else:
            self._believe(scope)
        if scope.held:
            self._release(scope)
        self._scopes.pop()
        if scope.is_case or scope.outcome >= Outcome.FAILED:
            self._cases[scope.outcome] += 1
        if self._scopes:
            self._scopes[-1].take(scope)
        else:
            self.items += [self._totals(), *self._remarks()]
            self._begin()

    def _judge(self, case: Scope) -> None:
        """Take a case's outcome from its attributes where no element tells one."""
        if "status" not in case.attributes and "result" not in case.attributes:
            return
        given = (case.attributes.get("status"), case.attributes.get("result"))
        words = [word[:40].strip().lower() for word in given if word]
        if not words or case.outcome is not Outcome.PASSED:
            return
        worst = max(_WORDS.get(word, Outcome.PASSED) for word in words)
        case.outcome = min(worst, Outcome.SKIPPED) if case.flaky else worst
        self._odd.update((word, None) for word in words if word and word not in _WORDS)
        if case.outcome >= Outcome.FAILED:
            word = next(word for word in words if _WORDS.get(word) is case.outcome)
            self._fail(Failure(case.outcome, {"message": f'its status is "{word}"'}))

    def _believe(self, suite: Scope) -> None:
        """Count what a suite's attributes announce where no element in it tells."""
        unseen = dict(zip(_FAILURES.items(), suite.unseen(), strict=True))
        told = [f"{n} {word}{'s' * (n > 1)}" for (word, _), n in unseen.items() if n]
        if told:
            worst = max(outcome for (_, outcome), n in unseen.items() if n)
            shown = "such test" if suite.failures else "test that failed"
            message = f"the suite reports {' and '.join(told)} but no {shown}"
            self.items.append(finding(Failure(worst, {"message": message}), self._scopes))
            for (_, outcome), n in unseen.items():
                suite.count(outcome, n)
                self._cases[outcome] += n
        elif suite.announces_tests() and not (suite.failures or suite.errors):
            self._hollow.append(one_line(suite.attributes.get("name", "")))
            suite.cases = 1  # those around it need not say so again
        del self._hollow[1000:]
        while len(self._odd) > 5:
            self._odd.popitem()

    def _fail(self, failure: Failure) -> None:
        scope = self._scopes[-1]
        if scope.forgiven or failure.attributes.get("type", "").endswith(_SKIP_TYPES):
            self._record(Outcome.SKIPPED)
            scope.flaky = True  # and so is told of, should a suite announce it
            return
        self._record(failure.outcome)
        scope.count(failure.outcome)
        scope.held.append(failure)
        if not scope.is_case or len(scope.held) > _MAX_HELD:
            self._release(scope)

    def _release(self, scope: Scope) -> None:
        if scope.held:
            output = scope.output.whole() if scope.output else ""
            self.items += [finding(failure, self._scopes, output) for failure in scope.held]
            scope.held.clear()

    def _record(self, outcome: Outcome) -> None:
        self._scopes[-1].outcome = max(self._scopes[-1].outcome, outcome)

    def _totals(self) -> TestTotals:
        passed, skipped, failed, errors = self._cases
        duration_ms = round(self._seconds * 1000)
        return TestTotals(TOOL, passed, failed, errors, skipped, duration_ms)

    def _remarks(self) -> Iterator[Remark]:
        if not any(self._cases) and not self._hollow:
            yield Remark("no test ran: the file holds no case")
        if self._hollow:
            names = ", ".join(name or "one without a name" for name in self._hollow[:3])
            more = ", …" if len(self._hollow) > 3 else ""
            yield Remark(f"suites announce tests and hold none of them: {names}{more}")
        if self._odd:
            words = ", ".join(f'"{word}"' for word in self._odd)
            yield Remark(f"cases of unknown status count as passed: {words}")
