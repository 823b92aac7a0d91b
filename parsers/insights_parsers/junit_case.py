"""One test case or suite, a failure in it, and the finding that the two make."""

import enum
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from insights_parsers.stack_frames import frames
from insights_uploader.model.finding import Finding, FindingType, Location, Severity

TOOL = "junit"
"""The name that findings and totals carry; the format tells no tool's name."""

_MAX_NAME = 1024
_MAX_PATH = 4096
_MAX_MESSAGE = 8 * 1024
_MAX_TEXT = 64 * 1024
_MAX_LOCATIONS = 50
_MAX_LINE = 2**31 - 1  # Bitbucket's lines are int32

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
# Messages and types that say no more than the element; "collection failure" is pytest's.
_EMPTY_WORDS = frozenset(
    ["", "fail", "failed", "failure", "error", "test failed", "test error", "collection failure"]
)
# A linter's `classname` or suite (ruff, eslint): where one machine keeps a file, no part of a name.
_ABSOLUTE_PATH = re.compile(r"/|[A-Za-z]:[/\\]")
_NAMELESS_SUITES = frozenset(["pytest", "pytest tests"])  # the same in every project


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
    """

    outcome: Outcome
    attributes: Mapping[str, str]
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
        attributes: the element's.
        first_line: what the tool calls a source's first line.
        outcome: the worst of the elements directly in it.
        explained: a failing element, or one that failed before a retry, is in it at any depth.
    """

    is_case: bool
    attributes: Mapping[str, str]
    first_line: int = 1
    outcome: Outcome = Outcome.PASSED
    explained: bool = False

    def announced(self) -> Failure | None:
        """The failure that a suite's attributes announce; None when they announce none.

        gotestsum writes a package that does not build as a suite with `errors="1"` and no case.
        """
        failures, errors = (_number(self.attributes.get(a, "")) for a in ("failures", "errors"))
        counts = ((failures, "failure"), (errors, "error"))
        words = [f"{n} {kind}{'s' * (n > 1)}" for n, kind in counts if n]
        if not words:
            return None
        said = f"the suite reports {' and '.join(words)} but no test that failed"
        return Failure(Outcome.ERROR if errors else Outcome.FAILED, {"message": said})


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
    return _TERMINAL.sub("", text) if "[" in text or "]" in text else text


def _number(text: str) -> int | None:
    """A whole number as it stands in an attribute; None for anything else."""
    text = text[:20].strip()
    return int(text) if text.isascii() and text.isdecimal() else None


def _full_name(scopes: list[Scope]) -> str:
    """A case's name after its class's or else its suite's, unless it holds that already."""
    attributes = scopes[-1].attributes
    name = _one_line(attributes.get("name", ""))
    suite = _one_line(_of_suite(scopes, "name"))
    if not scopes[-1].is_case:
        return name or suite or "unnamed test suite"
    group = _one_line(attributes.get("classname", "")) or suite
    if group in _NAMELESS_SUITES or not (name and group):
        return name or group or "unnamed test"
    return name if _ABSOLUTE_PATH.match(group) or _repeats(name, group) else f"{group}.{name}"


def _one_line(text: str) -> str:
    return " ".join(_plain(text[:_MAX_NAME]).split())


def _of_suite(scopes: list[Scope], attribute: str) -> str:
    """An attribute of the innermost suite that has it; "" when none has."""
    found = (s.attributes.get(attribute) for s in reversed(scopes) if not s.is_case)
    return next(filter(None, found), "")[:_MAX_PATH]


def _repeats(name: str, group: str) -> bool:
    """Whether a name holds its group already: in front, or behind (mocha-junit-reporter)."""
    begins = name.startswith(group) and not name[len(group) :][:1].isalnum()
    return begins or name.endswith(f" {group}")


def _message(rule: str, failure: Failure, text: str) -> str:
    """`<test> failed: <what the tool says>`, the first line complete in itself."""
    said = _plain(failure.attributes.get("message", "")[:_MAX_MESSAGE]).strip()
    if said.lower().rstrip(".:!") in _EMPTY_WORDS:
        lines = (line.rstrip() for line in text[:_MAX_MESSAGE].split("\n"))
        said = "\n".join(line for line in lines if line and not _FRAME_LINE.match(line)) or said
    kind = _one_line(failure.attributes.get("type", ""))
    if kind.lower() not in _EMPTY_WORDS and kind.rpartition(".")[2] not in said:
        said = f"{kind}: {said.lstrip()}" if said else kind
    verb = "failed" if failure.outcome is Outcome.FAILED else "ended with an error"
    return f"{rule} {verb}: {said.lstrip()}"[:_MAX_MESSAGE] if said else f"{rule} {verb}"


def _locations(failure: Failure, text: str, scopes: list[Scope]) -> Iterator[Location]:
    """The places, best first, each once.

    What the failure's element names comes first, then the trace's frames. The case's attributes
    come after them since they say where the test is defined.
    """
    case = scopes[-1]
    # ruff and biome write a line and no file: the suite has the file's name.
    file = _of_suite(scopes, "file")
    default = file or _of_suite(scopes, "name")
    trace = text or _plain(failure.attributes.get("message", "")[:_MAX_TEXT])
    places = [
        _named_place(failure.attributes, 1, default),
        *frames(trace),
        _named_place(case.attributes, case.first_line, default),
        Location(file),
    ]
    yield from dict.fromkeys(place for place in places if place and place.path)


def _named_place(attributes: Mapping[str, str], first_line: int, default: str) -> Location | None:
    """The place in an element's `file` and `line`; None when it has neither."""
    file = attributes.get("file", "")[:_MAX_PATH]
    number = _number(attributes.get("line", ""))
    line = None if number is None else number + 1 - first_line
    known = line if line and line <= _MAX_LINE else None
    return Location(file or default, known) if file or known else None
