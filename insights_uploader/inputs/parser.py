"""The contract of a parser plugin.

A plugin is a class without constructor arguments, registered in the entry-point group
`insights_uploader.parsers` under its format's name. Its module imports no heavy library until
`parse` runs, since every start of the program loads the modules of all plugins it asks.
"""

from collections.abc import Iterator
from typing import Protocol, runtime_checkable

from insights_uploader.inputs.source import Source
from insights_uploader.model.finding import Finding
from insights_uploader.model.measure import FileCoverage, Remark, TestTotals, ToolRun

Parsed = Finding | FileCoverage | TestTotals | ToolRun | Remark
"""What a parser yields."""


@runtime_checkable
class Parser(Protocol):
    """Reads one format.

    A format that never names the tool that wrote a file may say by an attribute `tool` what name
    all its findings carry, so that a file which cannot be read fails that tool's report; one whose
    way to say that all is well is a file of no bytes, by `empty_is_clean = True`.
    """

    name: str
    """The format's name, as the user writes it before a path: `sarif:out/*.json`."""

    def sniff(self, head: bytes, filename: str) -> bool:
        """Say whether a file is of this format.

        Args:
            head: the first bytes of the decoded file that are not blank, up to `SNIFF_BYTES`.
            filename: the file's name without its folders.
        """
        ...

    def parse(self, source: Source) -> Iterator[Parsed]:
        """Yield what the file holds, one item at a time, in the file's order.

        Every file yields at least one `ToolRun`, before the first finding of that tool. Memory
        does not grow with the number of findings. No path is resolved here.

        Raises:
            MalformedError: the content breaks the format, is truncated or has trailing content.
        """
        ...
