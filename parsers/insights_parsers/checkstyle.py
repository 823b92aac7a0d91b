"""Findings in Checkstyle's XML format, which linters of all languages write.

The rules come from Checkstyle's own XMLLogger and SeverityLevel. The format does not name its tool,
and a clean file holds nothing to guess it by. One report is made per tool, under a key that must
not change when the last finding is gone, so every file is of the tool `checkstyle`. Which tool it
was stands in the rules, taken as written: `eslint.rules.semi`, `ShellCheck.SC2086`.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping

from insights_parsers.xml_prolog import root_name
from insights_parsers.xml_stream import stream
from insights_uploader.inputs.parser import Parsed
from insights_uploader.inputs.source import Source
from insights_uploader.model.finding import Finding, FindingType, Location, Severity
from insights_uploader.model.measure import Remark, ToolRun

TOOL = "checkstyle"
"""The name that findings carry, whatever tool wrote the file."""

UNNAMED = "unnamed"
"""The rule of a finding without `source`; eslint has none for a file that it cannot parse."""

_ROOT = "checkstyle"
_SEVERITIES = {
    "error": Severity.HIGH,
    "warning": Severity.MEDIUM,
    "info": Severity.LOW,
    "ignore": Severity.LOW,
}
_UNKNOWN = Severity.MEDIUM
_MAX_UNKNOWN = 10  # words that a remark names
_MAX_WORD = 40
_MAX_RULE = 1024
_MAX_PATH = 4096
_MAX_MESSAGE = 8 * 1024
_MAX_LINE = 2**31 - 1  # Bitbucket's lines are int32
_MAX_TEXT = 8 * 1024
_MAX_FAILURE = 300
# com.puppycrawl.tools.checkstyle.checks.sizes.LineLengthCheck, since 10.0 also with #id behind
_JAVA_CLASS = re.compile(r"(?:[a-z_][a-z0-9_]*\.){2,}([A-Z]\w*(?:#.*)?)")
_TOOLS = frozenset({"pycodestyle", "pyflakes", "mccabe"})
_CODE = re.compile(r"[A-Z]{1,3}[0-9]{3,4}(?= )")
_OPENING = re.compile(r"\s*(?:<exception>)?\s*(?:<!\[CDATA\[)?\s*")


class CheckstyleParser:
    """Yields a finding for each `error` element."""

    name = "checkstyle"
    tool = TOOL

    def sniff(self, head: bytes, filename: str) -> bool:  # noqa: ARG002 - the content decides
        """Say whether the root element is `checkstyle`."""
        return root_name(head) == _ROOT

    def parse(self, source: Source) -> Iterator[Parsed]:
        """Yield the run, its findings, and at the end remarks and the tool's failure.

        No version is told: the root's may be Checkstyle's, that of the tool that wrote the file
        (PHP_CodeSniffer), or one of Checkstyle's that another tool copied (4.3: eslint, stylelint,
        oxlint, ShellCheck, hadolint, detekt).

        A severity that Checkstyle doesn't know is MEDIUM, and a `line` that is no number is left
        out, both with a remark; a line of 0 or less means the file.

        Raises:
            MalformedError: the file is not well-formed, is truncated, or is no checkstyle file.
        """
        report = _Report()
        yield ToolRun(TOOL)
        yield from stream(source, report)
        yield from report.ending()


class _Report:
    """Follows the elements of one file."""

    roots: tuple[str, ...] = (_ROOT,)

    def __init__(self) -> None:
        self.items: list[Parsed] = []
        self._path = ""
        self._text = ""
        self._failure = ""
        self._failures = 0
        self._unknown: Counter[str] = Counter()
        self._no_numbers = 0

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        if name == "error":
            self.items.append(self._finding(attributes))
        elif name == "file":
            self._path = attributes.get("name", "")
            self._text = ""
        elif name == "exception":
            self._text = ""

    def data(self, text: str) -> None:
        if len(self._text) < _MAX_TEXT and (self._text or not text.isspace()):
            self._text += text[:_MAX_TEXT]

    def end(self, name: str) -> None:
        # Checkstyle 7.8 to 8.x escapes the whole element, so that it is its file's text.
        if name == "exception" or (
            name in {"file", _ROOT} and self._text.lstrip().startswith("<exception>")
        ):
            self._fail()
        if name == "file":
            self._path = ""

    def ending(self) -> Iterator[Parsed]:
        """What is to be said when the whole file has been read."""
        if self._failures:
            more = f" (and {self._failures - 1} more exceptions)" if self._failures > 1 else ""
            yield ToolRun(TOOL, failure=self._failure + more)
        for word, count in self._unknown.items():
            yield Remark(f"{count} findings of {word} are taken as warnings")
        if self._no_numbers:
            yield Remark(f"{self._no_numbers} findings have a line that is no number")

    def _fail(self) -> None:
        self._failures += 1
        if not self._failure:
            text = _OPENING.sub("", self._text[:_MAX_TEXT], count=1)
            words = " ".join(text.partition("\n")[0].split()) or "an exception without words"
            where = f"{self._path[:_MAX_PATH]}: " if self._path else ""
            self._failure = where + words[:_MAX_FAILURE]
        self._text = ""

    def _finding(self, attributes: Mapping[str, str]) -> Finding:
        severity = self._severity(attributes.get("severity", ""))
        line = self._line(attributes.get("line", ""))
        message = attributes.get("message", "")[:_MAX_MESSAGE].strip()
        rule = _rule(attributes.get("source", ""), message)
        place = self._path if len(self._path) <= _MAX_PATH else ""
        return Finding(
            tool=TOOL,
            rule=rule,
            message=message or f"{rule}: the tool gave no message.",
            severity=severity,
            type=FindingType.BUG if severity is Severity.HIGH else FindingType.CODE_SMELL,
            locations=(Location(place, line),) if place.strip() else (),
        )

    def _severity(self, word: str) -> Severity:
        known = _SEVERITIES.get(word) or _SEVERITIES.get(word[:_MAX_WORD].strip().lower())
        if known is None:
            told = f"severity {word[:_MAX_WORD]!r}" if word.strip() else "no severity"
            if told not in self._unknown and len(self._unknown) >= _MAX_UNKNOWN:
                told = "other unknown severities"
            self._unknown[told] += 1
        return known or _UNKNOWN

    def _line(self, text: str) -> int | None:
        """A finding's line; None when it stands for the whole file or is no number."""
        digits = text[:20].strip().removeprefix("-")
        if digits.isascii() and digits.isdecimal() and int(digits) <= _MAX_LINE:
            return None if "-" in text else int(digits) or None
        self._no_numbers += bool(text.strip())
        return None


def _rule(source: str, message: str) -> str:
    """A rule's name: `source` as written, of a Java class only the name without its package.

    flake8's plugin writes a tool's name there, and the rule's code before the message.
    """
    rule = " ".join(source[:_MAX_RULE].split())
    java = _JAVA_CLASS.fullmatch(rule)
    if java is None and rule in _TOOLS and (code := _CODE.match(message)) is not None:
        return code[0]
    return java[1] if java else rule or UNNAMED
