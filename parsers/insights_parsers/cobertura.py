"""Line and branch coverage in Cobertura's format.

The rules come from Cobertura's coverage-04.dtd. Where writers go their own ways, the comments name
them: coverage.py, gcovr, grcov, istanbul (nyc, jest, c8), coverlet, PHPUnit.
"""

import re
from collections.abc import Iterator, Mapping

from insights_parsers.cobertura_line import Line
from insights_parsers.cobertura_paths import MAX_PATH, Sources
from insights_parsers.cobertura_values import UnreadableError, located
from insights_parsers.xml_prolog import root_name
from insights_parsers.xml_stream import stream
from insights_uploader.inputs.parser import Parsed
from insights_uploader.inputs.source import Source
from insights_uploader.model.measure import FileCoverage, LineCoverage, Remark, ToolRun

TOOL = "coverage"
"""The name that measures carry; the format tells no tool's name."""

_MAX_VERSION = 100
_PART = 10_000  # lines of one class that are handed on together
_MAX_IN_METHODS = 1 << 20  # lines of one class that are held until its own lines come

# Clover's and SonarQube's generic format have a root of the same name, but none of these.
_ATTRIBUTES = rb"(?:line-rate|branch-rate|lines-valid|lines-covered)"
_SHAPE = re.compile(
    rb"<(?:[\w.-]+:)?coverage(?:\s[^<>]*?\s%s\s*=|\s+%s\s*=|[^<>]*>\s*"
    rb"(?:<!--.*?-->\s*)*<(?:[\w.-]+:)?(?:sources|packages)\b)" % (_ATTRIBUTES, _ATTRIBUTES),
    re.DOTALL,
)
# What istanbul, PHPUnit, coverlet (grcov, tarpaulin, ReportGenerator) write for the format's own.
_FORMAT_VERSIONS = frozenset(["", "0", "0.1", "0.4", "1", "1.0", "1.9"])


class CoberturaParser:
    """Yields the measured lines of each class, as the part of a file that it is."""

    name = "cobertura"
    tool = TOOL

    def sniff(self, head: bytes, filename: str) -> bool:  # noqa: ARG002 - the content decides
        """Say whether the root is `coverage` with Cobertura's attributes or children."""
        return root_name(head) == "coverage" and _SHAPE.search(head) is not None

    def parse(self, source: Source) -> Iterator[Parsed]:
        """Yield the run, then one `FileCoverage` for each class, and remarks at the end.

        A class's own lines are its measure. Those of its methods repeat them, or are others that
        the writer itself doesn't count (istanbul: the lines where functions are declared), so they
        are taken only for a class that has none of its own. A class of more than 10,000 lines
        comes in several parts.

        `paths` are the class's filename below each `source`, in the file's order, then the filename
        alone, each once; an absolute filename or a URL stands alone. The DTD puts the sources
        first: classes before them have the filename alone, with a remark.

        Raises:
            MalformedError: the file is not well-formed, is truncated, is no Cobertura file, or
                holds a number that is none or cannot be.
        """
        report = _Report()
        try:
            yield from stream(source, report)
            yield from report.ending()
        except UnreadableError as error:
            raise located(error, source, report.elements) from None


class _Report:
    """Follows the elements of one file.

    Attributes:
        elements: how many have begun.
    """

    roots: tuple[str, ...] = ("coverage",)

    def __init__(self) -> None:
        self.items: list[Parsed] = []
        self.elements = 0
        self._sources = Sources()
        self._has_packages = False
        self._class: _Class | None = None
        self._line: Line | None = None
        self._in_methods = False
        self._unnumbered = 0

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        self.elements += 1
        if name == "line":
            if self._class is None or self._line is not None:
                raise UnreadableError("a <line> stands outside a <class> or inside a <line>")
            self._line = Line(attributes)
        elif name == "condition":
            if self._line is not None:
                self._line.add_condition(attributes)
        elif name == "methods":
            self._in_methods = True
        elif name == "class":
            self._open_class(attributes)
        elif name == "source":
            self._sources.open()
        elif name == "packages":
            self._has_packages = True
        elif self.elements == 1:
            version = attributes.get("version", "").strip()[:_MAX_VERSION]
            self.items.append(ToolRun(TOOL, None if version in _FORMAT_VERSIONS else version))

    def data(self, text: str) -> None:
        self._sources.data(text)

    def end(self, name: str) -> None:
        if name == "line":
            self._close_line()
        elif name == "methods":
            self._in_methods = False
        elif name == "class" and self._class is not None:
            self.items.append(self._class.rest())
            self._class = None
        elif name == "source":
            self._sources.close()

    def ending(self) -> Iterator[Remark]:
        """What is to be said when the whole file has been read."""
        self._require_packages()
        if not self._sources.asked:
            yield Remark("no file was measured: the coverage report holds no class")
        if self._unnumbered:
            yield Remark(f"{self._unnumbered} measured lines of number 0 belong to no source line")
        yield from self._sources.remarks()

    def _require_packages(self) -> None:
        if not self._has_packages:
            raise UnreadableError(
                "the root has no <packages>: it is the <coverage> of another format",
                "Clover's and SonarQube's have such a root, too. Let the tool write Cobertura's.",
            )

    def _open_class(self, attributes: Mapping[str, str]) -> None:
        self._require_packages()
        filename = attributes.get("filename", "")
        if self._class is not None:
            raise UnreadableError("a <class> stands inside a <class>")
        if not filename.strip():
            raise UnreadableError("a <class> has no filename")
        if len(filename) > MAX_PATH:
            raise UnreadableError(f"a filename is longer than {MAX_PATH} characters")
        self._class = _Class(self._sources.paths(filename))
        self._in_methods = False

    def _close_line(self) -> None:
        if self._line is None or self._class is None:
            return
        if self._line.number == 0:  # a compiler's own code
            self._unnumbered += 1
        elif self._in_methods:
            self._class.add_in_method(self._line.coverage())
        elif full := self._class.add(self._line.coverage()):
            self.items.append(full)
        self._line = None


class _Class:
    """A class whose element is open."""

    def __init__(self, paths: tuple[str, ...]) -> None:
        self._paths = paths
        self._lines: list[LineCoverage] = []
        self._in_methods: list[LineCoverage] = []
        self._has_own = False

    def add(self, line: LineCoverage) -> FileCoverage | None:
        """Take one of the class's own lines; a part is given back when it is full."""
        self._has_own = True
        self._lines.append(line)
        return self._part() if len(self._lines) == _PART else None

    def add_in_method(self, line: LineCoverage) -> None:
        """Take a line of a method."""
        if self._has_own:
            return
        self._in_methods.append(line)
        if len(self._in_methods) > _MAX_IN_METHODS:
            raise UnreadableError(f"the methods of a class hold more than {_MAX_IN_METHODS} lines")

    def rest(self) -> FileCoverage:
        """The last part."""
        if not self._has_own:
            self._lines = self._in_methods
        return self._part()

    def _part(self) -> FileCoverage:
        lines, self._lines = tuple(self._lines), []
        return FileCoverage(TOOL, self._paths, lines)
