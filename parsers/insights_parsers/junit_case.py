"""One test case or suite, a failure in it, and the finding that the two make."""

import enum
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from insights_parsers.stack_frames import frames
from insights_uploader.model.finding import Finding, FindingType, Location, Severity

TOOL = "junit"
"""The name that findings and totals carry; the format tells no tool's name."""

MAX_NAME = 1024
"""Characters kept of a name or a path."""
_MAX_MESSAGE = 8 * 1024
_MAX_TEXT = 64 * 1024
_MAX_LOCATIONS = 50

# A colour or another order to a terminal. It begins with the escape character, which XML forbids:
# here stands what replaced it, or what pytest (`#x1B`) and others write for it.
_TERMINAL = re.compile(
    "\N{REPLACEMENT CHARACTER}\\[[0-9:;<=>?]*[ -/]*[@-~]"
    "|\N{REPLACEMENT CHARACTER}\\][^\N{REPLACEMENT CHARACTER}\n]*\N{REPLACEMENT CHARACTER}\\\\?"
    "|(?:#x1B|\N{SYMBOL FOR ESCAPE}|\\\\x1b|\\\\u001b|\\?)\\[[0-9][0-9;]*m"
    "|(?:#x1B|\N{SYMBOL FOR ESCAPE}|\\\\x1b|\\\\u001b)\\[[mK]"
)
# gotestsum's text begins with `go test`'s own frame, which names the test once more.
_FRAME_LINE = re.compile(r"=== (?:RUN|PAUSE|CONT|NAME)\b|--- (?:FAIL|SKIP): ")
_EMPTY_WORDS = frozenset(
    {"", "fail", "failed", "failure", "error", "errored", "test failed", "test error"}
)


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
        message, type: the attributes, "" without them.
        file, line: the place that the element itself names.
    """

    outcome: Outcome
    message: str = ""
    type: str = ""
    file: str = ""
    line: int | None = None
    _pieces: list[str] = field(default_factory=list)
    _room: int = _MAX_TEXT

    def add(self, text: str) -> None:
        """Take a piece of the element's text; past the bound it is dropped."""
        if self._room:
            self._pieces.append(text[: self._room])
            self._room -= len(self._pieces[-1])

    @property
    def text(self) -> str:
        """The element's text, without colours and up to its bound."""
        return _plain("".join(self._pieces))


@dataclass(slots=True)
class Scope:
    """A case or a suite whose element is open.

    Attributes:
        is_case: False for a suite, and for the suites' common root.
        name, classname, file: the attributes, "" without them.
        line: the attribute, 1-based.
        first_line: what the tool calls a source's first line.
        failures, errors: of a suite, how many its attributes announce.
        outcome: the worst of the elements directly in it.
        explained: a failing element, or one that failed on a retry, stands in it at any depth.
    """

    is_case: bool
    name: str = ""
    classname: str = ""
    file: str = ""
    line: int | None = None
    first_line: int = 1
    failures: int = 0
    errors: int = 0
    outcome: Outcome = Outcome.PASSED
    explained: bool = False

    def announced(self) -> Failure | None:
        """The failure that a suite's attributes announce; None when they announce none.

        gotestsum writes a package that does not build as a suite with `errors="1"` and no case.
        """
        counts = [(self.failures, "failure"), (self.errors, "error")]
        words = [f"{n} {word}" if n == 1 else f"{n} {word}s" for n, word in counts if n]
        if not words:
            return None
        outcome = Outcome.ERROR if self.errors else Outcome.FAILED
        return Failure(outcome, f"the suite reports {' and '.join(words)} but no test that failed")


def finding(failure: Failure, scopes: list[Scope]) -> Finding:
    """The finding for a failure in the innermost of the open scopes.

    Args:
        failure: what went wrong.
        scopes: the open suites and the case, the outermost first.
    """
    text = failure.text
    rule = _full_name(scopes)
    return Finding(
        tool=TOOL,
        rule=rule,
        message=_message(rule, failure, text),
        severity=Severity.HIGH,
        type=FindingType.BUG,
        locations=tuple(_locations(failure, text, scopes))[:_MAX_LOCATIONS],
        failed_test=True,
    )


def _plain(text: str) -> str:
    return _TERMINAL.sub("", text)


def _full_name(scopes: list[Scope]) -> str:
    """A case's name after its class's or else its suite's, unless it begins with that anyway."""
    scope = scopes[-1]
    suite = next((s.name for s in reversed(scopes) if not s.is_case and s.name), "")
    name = " ".join(_plain(scope.name).split())
    group = " ".join(_plain(scope.classname or suite).split())
    if not scope.is_case:
        return name or suite or "unnamed test suite"
    if not (name and group):
        return name or group or "unnamed test"
    return name if _repeats(name, group) else f"{group}.{name}"


def _repeats(name: str, group: str) -> bool:
    """Whether a name holds its group already: in front, or behind (mocha-junit-reporter)."""
    begins = name.startswith(group) and not name[len(group) :][:1].isalnum()
    return begins or name.endswith(f" {group}")


def _message(rule: str, failure: Failure, text: str) -> str:
    """`<test> failed: <what the tool says>`, the first line complete in itself."""
    said = _plain(failure.message[:_MAX_MESSAGE]).strip()
    if said.lower().rstrip(".:!") in _EMPTY_WORDS:
        lines = (line.rstrip() for line in text[:_MAX_MESSAGE].split("\n"))
        said = "\n".join(line for line in lines if line and not _FRAME_LINE.match(line)) or said
    kind = failure.type[:MAX_NAME].strip()
    if kind.lower() not in _EMPTY_WORDS and kind.rpartition(".")[2] not in said:
        said = f"{kind}: {said}" if said else kind
    verb = "failed" if failure.outcome is Outcome.FAILED else "ended with an error"
    return f"{rule} {verb}: {said.lstrip()}"[:_MAX_MESSAGE] if said else f"{rule} {verb}"


def _locations(failure: Failure, text: str, scopes: list[Scope]) -> Iterator[Location]:
    """The places, best first, each once.

    What the failure's element names comes first, then the trace's frames. The case's attributes
    come after them since they say where the test is defined.
    """
    case = scopes[-1]
    suite_file = next((s.file for s in reversed(scopes) if s.file), "")
    # ruff and biome write a line and no file: the suite has the file's name.
    default = suite_file or next((s.name for s in reversed(scopes) if not s.is_case), "")
    places: list[Location] = []
    if failure.file or failure.line:
        places.append(Location(failure.file or default, failure.line))
    places += frames(text or _plain(failure.message[:_MAX_TEXT]))
    if case.file or case.line:
        places.append(Location(case.file or default, case.line))
    if suite_file:
        places.append(Location(suite_file))
    yield from dict.fromkeys(place for place in places if place.path)
