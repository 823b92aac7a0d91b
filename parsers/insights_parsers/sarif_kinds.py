"""Which SARIF results ask somebody to act, and how many do not (section 3.27.9)."""

from collections import Counter
from collections.abc import Iterator

from insights_parsers.sarif_schema import Result
from insights_uploader.model.measure import Remark

_FINDINGS = frozenset({"fail", "review", "open"})
_OTHERS = frozenset({"pass", "notApplicable", "informational"})
_MAX_WORD = 40


class Kinds:
    """Sorts the results of one run, and counts what the user should know of."""

    def __init__(self) -> None:
        self._passed_over: Counter[str] = Counter()
        self._unknown = 0
        self._first_unknown = ""

    def is_finding(self, result: Result) -> bool:
        """True for a result that somebody should act on; so is one whose kind means nothing."""
        kind = result.kind
        if kind in _OTHERS:
            self._passed_over[f"their kind is {kind!r}"] += 1
            return False
        if result.baseline_state == "absent":
            self._passed_over["they are absent from the run, by their baselineState"] += 1
            return False
        if kind is not None and kind not in _FINDINGS:
            self._unknown += 1
            self._first_unknown = self._first_unknown or kind[:_MAX_WORD]
        return True

    def remarks(self, tool: str) -> Iterator[Remark]:
        """What was counted."""
        for reason, number in sorted(self._passed_over.items()):
            yield Remark(f"{number} results of {tool} are no findings: {reason}")
        if self._unknown:
            yield Remark(
                f"{self._unknown} results of {tool} have an unknown kind, "
                f"such as {self._first_unknown!r}, taken as fail"
            )
