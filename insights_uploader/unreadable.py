"""Floor 6: results that cannot be read: which reports tell of them, and when they are done with."""

from collections.abc import Callable, Sequence

import msgspec

from insights_uploader.plan.plan import UnreadableInput
from insights_uploader.reading import Unread
from insights_uploader.selection.selection import Selection

Key = Callable[[str], str]


class OnBadInput(msgspec.Struct, frozen=True):
    """What becomes of results that cannot be read.

    Attributes:
        report_of: the key of the report that tells of a results file, by its path, that breaks
            before it names its tool.
        aborts: nothing is planned when one cannot be read.
    """

    report_of: Key
    aborts: bool = False

    def tell(
        self, selection: Selection, unread: Sequence[Unread], report_of_tool: Key
    ) -> tuple[UnreadableInput, ...]:
        """See that every file that could not be read has a report.

        A file that named its tools before it broke belongs to their reports, where its findings
        would be; any other has one of its own.

        Raises:
            ResultsError: one cannot be used, and the run is to end there.
            ExceptionGroup: of those, when several cannot.
        """
        if unread and self.aborts:
            errors = [each.error for each in unread]
            raise errors[0] if len(errors) == 1 else ExceptionGroup("unreadable results", errors)
        found = []
        for name, error, tools in unread:
            keys = {report_of_tool(tool): tool for tool in tools} or {self.report_of(name): name}
            for key, tool in keys.items():
                selection.report(key).tools[tool] = None
            found.append(UnreadableInput(name, tools, tuple(keys), error.message, error.hint))
        return tuple(found)

    def settled(
        self, names: Sequence[str], unreadable: Sequence[UnreadableInput]
    ) -> frozenset[str]:
        """The keys under which these files would be told of, and are not, since they were read.

        Args:
            names: of all results files.
            unreadable: those among them that could not be read.
        """
        keys = {self.report_of(name) for name in names}
        return frozenset(keys.difference(*(each.reports for each in unreadable)))
