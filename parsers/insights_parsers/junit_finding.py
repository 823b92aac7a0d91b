"""The finding for one failure in a case: its name, its words and its places."""

import re

from insights_parsers.junit_case import Failure, Outcome, Scope
from insights_parsers.junit_names import full_name, variant_of
from insights_parsers.junit_places import locations
from insights_parsers.junit_text import one_line, plain, without_frames
from insights_uploader.model.finding import Finding, FindingType, Severity

TOOL = "junit"
"""The name that findings and totals carry; the format tells no tool's name."""

_MAX_MESSAGE = 8 * 1024
_OUTPUT_LINES = 15

# gotestsum's text begins with `go test`'s own frame, which names the test once more.
_FRAME_LINE = re.compile(r"=== (?:RUN|PAUSE|CONT|NAME)\b|--- (?:FAIL|SKIP): ")
# A line with a place and nothing else (GoogleTest, testify, bats, Rust, EUnit, Boost.Test): the
# finding has it already. A step before the one that is wrong (cucumber-js).
_PLACE_LINE = re.compile(
    r"[ \t]*(?:Error Trace:)?[ \t]*(?:[A-Za-z]:)?[^\s:]+:\d+(?::\d+)?:?[ \t]*$"
    r"|\((?:in|from) .* line \d+[,)]$"
    r"|thread '.*' (?:\(\d+\) )?panicked at [^']+:\d+:\d+:?$"
    r"|(?:::)?in (?:function|call from) .*\(.*line \d+\)$"
    r"|ASSERTION FAILURE:$|- (?:file|line)[ ]+: "
    r"|.*\.{3}passed$"
    # Playwright's heading: `[chromium] > e2e/a.spec.ts:3:7 > page > loads ----`, of wider characters
    "|[ \t]*(?:\\[[^\\]]*\\] \u203a )?[^\u203a]*:\\d+:\\d+ \u203a .*[\u2500=]$"
)
# A place and the test's title (Playwright before 1.57), or cucumber's `failed A title`.
_TITLE = re.compile(r"(?:[^:]+:\d+:\d+|failed) (?P<title>.+)$")
# What Ruby's cucumber writes between the steps and what is wrong.
_MESSAGE_LINE = "Message:"
# What testify and Boost.Test write in front of what is wrong.
_LABEL = re.compile(r"[ \t]+Error:[ \t]+|- message: ")
# A line of a Python traceback, and pytest's mark on the lines of an error.
_TRACEBACK = "Traceback (most recent call last):"
_PYTHON_FRAME = re.compile(r"[ \t|]*File \"")
_PYTEST_ERROR = re.compile(r"E {2,}(?=\S)")
# Messages and types that say no more than the element; "collection failure" is pytest's, "assert"
# cargo's.
_EMPTY_WORDS = frozenset(
    [
        *("", "fail", "failed", "failure", "error", "test failed", "test error", "assert"),
        *("collection failure", "testfailed", "test failure", "exception"),
        *("unknown file", "testtools.testresult.real._stringexception"),
        *("mypy produced messages", "nonetype: none", "nonetype", "none", "---"),
        "\N{BLACK CIRCLE} test suite failed to run",
        # Catch2
        *("{unknown expression after the reported line}",),
        "due to unexpected exception with message",
    ]
)
# In what a program printed: where its trouble begins, and a test of it that passed (Unity).
_TROUBLE = re.compile(
    r"\b(?:panicked at|FAIL(?:ED|URE)?|[Ff]ail(?:ed|ure)|[Ee]rror|ERROR|[Aa]ssert)"
)
_PASSED = re.compile(r"[^\n]*:PASS[ \t]*(?:\n|$)")


def finding(failure: Failure, scopes: list[Scope], output: str = "") -> Finding:
    """The finding for a failure in the innermost of the open scopes.

    Args:
        failure: what went wrong.
        scopes: the open suites and the case, the outermost first.
        output: what the case printed; it serves a failure that says nothing itself.
    """
    text = failure.text.whole()
    output = _PASSED.sub("", output)
    kinds = (one_line(failure.attributes.get(name, "")) for name in ("type", "message"))
    rule = full_name(scopes, next((kind for kind in kinds if not _is_empty(kind)), ""))
    return Finding(
        tool=TOOL,
        rule=rule,
        message=_message(rule, failure, text, scopes, output),
        severity=Severity.HIGH,
        type=FindingType.BUG,
        locations=locations(failure, text or output, scopes),
        failed_test=True,
        case=scopes[-1].number,
        variant_of=variant_of(scopes),
    )


def _message(rule: str, failure: Failure, text: str, scopes: list[Scope], output: str) -> str:
    """`<test> failed: <what the tool says>`, the first line complete in itself."""
    said = plain(failure.attributes.get("message", "")[:_MAX_MESSAGE]).strip()
    said = said.replace("{newline}", "\n")  # CppUTest
    told = _telling(said, scopes) or said
    if _is_empty(told) or _says_nothing(told, _written_name(scopes)):
        told = _python_error(text) or _telling(text[:_MAX_MESSAGE], scopes)
        told = told or _telling(_trouble(output), scopes) or said
    kind = one_line(failure.attributes.get("type", ""))
    named = kind == one_line(scopes[-1].attributes.get("name", ""))  # minitest-reporters
    if not (named or _is_empty(kind) or kind.rpartition(".")[2] in told):
        told = f"{kind}: {told.lstrip()}" if told else kind
    told = without_frames(told)
    verb = "failed" if failure.outcome is Outcome.FAILED else "ended with an error"
    return f"{rule} {verb}: {told.lstrip()}"[:_MAX_MESSAGE] if told else f"{rule} {verb}"


def _is_empty(text: str) -> bool:
    return text.lower().rstrip(".:!") in _EMPTY_WORDS


def _telling(text: str, scopes: list[Scope]) -> str:
    """The lines of a text that tell what is wrong.

    What is left out in front of them: `go test`'s frame, bare places, and the test's own name
    (PHPUnit). If nothing is left, the first line that was not a frame is.
    """
    lines = [line.rstrip() for line in text.split("\n")]
    lines = [line for line in lines if line and not _FRAME_LINE.match(line)]
    if _MESSAGE_LINE in lines[:-1]:
        lines = lines[lines.index(_MESSAGE_LINE) + 1 :]
    name = _written_name(scopes)
    shown = 0
    while shown < len(lines) and _says_nothing(lines[shown], name):
        shown += 1
    kept = lines[shown:] or lines[:1]
    if kept and shown:
        kept[0] = _LABEL.sub("", kept[0], count=1)
    return "\n".join(kept)


def _written_name(scopes: list[Scope]) -> str:
    """A case's name as PHPUnit writes it."""
    attributes = scopes[-1].attributes
    return "::".join(one_line(attributes.get(key, "")) for key in ("classname", "name"))


def _says_nothing(line: str, name: str) -> bool:
    return _PLACE_LINE.match(line) is not None or _is_empty(line.strip()) or _names(line, name)


def _python_error(text: str) -> str:
    """What a Python traceback ends with, or pytest's report on a module; "" for other texts."""
    lines = text.split("\n")
    marked = [n for n, line in enumerate(lines) if _PYTEST_ERROR.match(line)]
    if marked:
        return _PYTEST_ERROR.sub("", lines[marked[-1]])
    if not any(_TRACEBACK in line for line in lines[:5]):
        return ""
    last = max((n for n, line in enumerate(lines) if _PYTHON_FRAME.match(line)), default=len(lines))
    ending = (n for n in range(last + 1, len(lines)) if lines[n][:1].strip())
    return "\n".join(lines[next(ending, len(lines)) :])[:_MAX_MESSAGE].rstrip()


def _names(line: str, name: str) -> bool:
    r"""Whether a line holds only a case's name; PHP's has `\\` where the attribute has dots."""
    title = _TITLE.match(line)
    if name.endswith(f"::{line}") or (title and name.endswith(title["title"])):
        return True
    return len(name) > 2 and line.replace("\\", ".").startswith(name)


def _trouble(output: str) -> str:
    """Of what a program printed, the lines from the first that tells of trouble, else the last."""
    lines = [line.rstrip() for line in output.split("\n") if line.strip()]
    first = next((n for n, line in enumerate(lines) if _TROUBLE.search(line)), None)
    some = lines[-_OUTPUT_LINES:] if first is None else lines[first : first + _OUTPUT_LINES]
    return "\n".join(some)
