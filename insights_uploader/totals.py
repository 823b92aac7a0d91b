"""Floor 6: numbers of test cases from results files, for APIs that want no more of them."""

from collections.abc import Sequence

from insights_uploader.inputs.arguments import expand
from insights_uploader.inputs.plugins import Plugins
from insights_uploader.inputs.source import Source
from insights_uploader.model.errors import ResultsError
from insights_uploader.model.measure import TestTotals


def totals_of(patterns: Sequence[str], plugins: Plugins) -> TestTotals:
    """The sum of the test cases in these files, of whatever tools.

    Args:
        patterns: RESULTS, as `publish` takes them.
        plugins: what reads them.

    Raises:
        ResultsError: a file cannot be used, or none of them counts test cases.
        UsageError: a prefix names no installed format.
    """
    totals: TestTotals | None = None
    for argument in expand(patterns, plugins.parsers):
        argument.check()
        named = plugins.named(argument.format) if argument.format else None
        with Source(argument.path) as source:
            for item in (named or plugins.detect(source)).parse(source):
                if isinstance(item, TestTotals):
                    totals = item if totals is None else totals.plus(item)
    if totals is None:
        words = f"{', '.join(patterns)}: no test cases are counted in it"
        raise ResultsError("no-tests", words, "JUnit's XML is such a format.")
    return totals
