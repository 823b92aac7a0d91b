"""Pylint: the formats json, json2, text, colorized, parseable, msvs and github.

A finding's rule is the symbol (`missing-module-docstring`); the github format has only message
ids (`C0114`). A clean run in a text format with `--score=no` is an empty file. Pylint writes its
version into none of them.
"""

import re
from collections.abc import Iterator

from insights_parsers.pylint_findings import TOOL
from insights_parsers.pylint_json import json_findings
from insights_parsers.pylint_layouts import (
    END,
    LAYOUTS,
    is_filler,
    is_module,
    is_score,
    without_colours,
)
from insights_parsers.pylint_text import TextReader
from insights_uploader.inputs.parser import Parsed
from insights_uploader.inputs.source import Source
from insights_uploader.model.measure import ToolRun

_CATEGORY = re.compile(rb'"type"\s*:\s*"(?:fatal|error|warning|refactor|convention|info)')
_MESSAGES = re.compile(rb'\[\s*\{|\{\s*"messages"\s*:\s*\[\s*\{')
_CLEAN = re.compile(rb'\{\s*"messages"\s*:\s*\[\s*\]\s*,\s*"statistics"\s*:\s*\{\s*"messageTypeC')
_KEYS = (b'"module"', b'"path"', b'"symbol"')  # they stand before the message in both formats


class PylintParser:
    """The plugin."""

    name = "pylint"
    tool = TOOL
    empty_is_clean = True

    def sniff(self, head: bytes, filename: str) -> bool:  # noqa: ARG002 - the content decides
        """JSON with the keys of pylint's messages, or text that begins as one of its formats.

        An empty JSON list is not claimed: a dozen of tools write that for a clean run.
        """
        content = head.lstrip()
        if _CLEAN.match(content):
            return True
        if _MESSAGES.match(content):
            return bool(_CATEGORY.search(content)) and all(key in content for key in _KEYS)
        return _begins_as_text(content)

    def parse(self, source: Source) -> Iterator[Parsed]:
        """Yield the ToolRun, a finding for each message, and remarks on what was put right.

        Raises:
            MalformedError: in none of the formats, broken or cut off.
        """
        first = source.head().lstrip()[:1]
        if first in (b"[", b"{"):
            yield ToolRun(TOOL)
            yield from json_findings(source.path, source.map(), is_list=first == b"[")
            return
        with source.open() as stream:
            yield ToolRun(TOOL)
            yield from TextReader(source.path, stream).findings()


def _begins_as_text(content: bytes) -> bool:
    """Whether the first line that says something is one of pylint's text formats."""
    lines = content.decode(errors="replace").split("\n")
    line = next((line for line in lines if not is_filler(line)), "").removesuffix("\r")
    line = without_colours(line)
    if is_module(line) or is_score(line):
        return True
    return any(
        (match := layout.start.fullmatch(line)) is not None
        and (not layout.ends_with_symbol or END.search(match["text"]) is not None)
        for layout in LAYOUTS
    )
