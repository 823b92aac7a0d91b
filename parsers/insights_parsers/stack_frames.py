"""The places that a failing test's text names, language by language.

Each row of the table reads the frames of one kind of trace; a new language is a new row.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from insights_uploader.model.finding import Location


class _Trace(NamedTuple):
    """How one kind of trace writes a frame: its groups are the path and the line."""

    language: str
    frame: re.Pattern[str]
    innermost_last: bool = False


# Every pattern is anchored at a line's start and reads in linear time.
_TRACES = (
    # pytest's long and short styles, and its line for a missing fixture:
    # `tests/test_a.py:12: AssertionError`, `src/a.py:3: in divide`, `/src/tests/test_a.py:12`
    _Trace(
        "Python",
        re.compile(
            r"^((?:[A-Za-z]:)?[^\s:][^:\n]*\.py):(\d+)(?:: in [^\n]+|: ?[\w.]*)?$", re.MULTILINE
        ),
        innermost_last=True,
    ),
    # `  File "src/a.py", line 3, in divide` (Python's traceback, indented or marked by others)
    _Trace(
        "Python",
        re.compile(r'^[ \t|+]*(?:E[ \t]+)?File "([^"<\n][^"\n]*)", line (\d+)', re.MULTILINE),
        innermost_last=True,
    ),
    # `    at divide (/src/a.js:3:9)`, `    at file:///src/a.mjs:3:9`
    _Trace(
        "JavaScript",
        re.compile(
            r"^[ \t]*at (?:[^(\n]* \(|async )?"
            r"([^\n]+\.(?:[cm]?[jt]sx?|vue|svelte))(?:\?[^?:\n]*)?:(\d+):\d+\)?[ \t]*$",
            re.MULTILINE,
        ),
    ),
)
_FOREIGN = re.compile(r"^node:|^internal/|(?:^|[/\\])node_modules[/\\]|^(?!file:).*://")
_FILE_URL = re.compile(r"^file://(?:localhost)?(?=/)")


def frames(text: str) -> list[Location]:
    """The frames of all traces in a text, each once; within a trace the innermost is first."""
    found: dict[Location, None] = {}
    for trace in _TRACES:
        locations = list(_locations(trace, text))
        found.update(dict.fromkeys(reversed(locations) if trace.innermost_last else locations))
    return list(found)


def _locations(trace: _Trace, text: str) -> Iterator[Location]:
    for path, line in trace.frame.findall(text):
        if not _FOREIGN.search(path) and 0 < len(line) < 10 and int(line) > 0:
            yield Location(_local(path), int(line))


def _local(path: str) -> str:
    """A path for a `file:` URL, in which characters may be percent-encoded."""
    if not _FILE_URL.match(path):
        return path
    from urllib.parse import unquote

    return unquote(_FILE_URL.sub("", path))
