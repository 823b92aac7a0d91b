"""What the user should know of a SARIF run besides its findings."""

from collections import Counter
from collections.abc import Iterator

from insights_uploader.model.measure import Remark

_MAX_WORD = 80


class Remarks:
    """Counts what was passed over or not understood, by reason."""

    def __init__(self, tool: str) -> None:
        self._tool = tool
        self._numbers: Counter[tuple[str, str]] = Counter()
        self._first: dict[tuple[str, str], str] = {}

    def count(self, thing: str, reason: str, word: str | None = None) -> None:
        """Count one of the run's things.

        Args:
            thing: what it is, such as `result`.
            reason: what is remarkable about it, after its name; `{}` stands for the word.
            word: the file's own, of which the first is shown.
        """
        self._numbers[thing, reason] += 1
        if word is not None:
            self._first.setdefault((thing, reason), repr(word[:_MAX_WORD]))

    def all(self) -> Iterator[Remark]:
        """A remark for each reason."""
        for (thing, reason), number in sorted(self._numbers.items()):
            words = reason.replace("{}", self._first.get((thing, reason), ""))
            yield Remark(f"{number} {thing}{'s' * (number > 1)} of {self._tool} {words}")
