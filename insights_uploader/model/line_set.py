"""Sets of line numbers, which are dense."""

from collections.abc import Iterator

_WORD = 256


class LineSet:
    """A set of line numbers, at a bit or so for each."""

    def __init__(self) -> None:
        self._words: dict[int, int] = {}

    def add(self, line: int) -> None:
        """Add a line."""
        index, bit = divmod(line, _WORD)
        self._words[index] = self._words.get(index, 0) | 1 << bit

    def __contains__(self, line: int) -> bool:
        index, bit = divmod(line, _WORD)
        return bool(self._words.get(index, 0) >> bit & 1)

    def __len__(self) -> int:
        return sum(word.bit_count() for word in self._words.values())

    def __iter__(self) -> Iterator[int]:
        for index in sorted(self._words):
            word = self._words[index]
            while word:
                low = word & -word
                yield index * _WORD + low.bit_length() - 1
                word ^= low

    def update(self, other: "LineSet") -> None:
        """Add all lines of another set."""
        for index, word in other._words.items():  # noqa: SLF001 - of its own kind
            self._words[index] = self._words.get(index, 0) | word
