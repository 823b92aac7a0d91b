"""Where every finding ended, in counts that add up."""

import enum
from collections.abc import Mapping

import msgspec


class Disposition(enum.StrEnum):
    """The one end of a finding, in the order in which the reasons are tested."""

    PATH_UNRESOLVED = "path-unresolved"
    OFF_DIFF = "off-diff"
    SUPPRESSED = "suppressed"
    IGNORED = "ignored"
    DUPLICATE = "duplicate"
    IN_BASELINE = "in-baseline"
    OVER_CAP = "over-cap"
    INVALID = "invalid"
    PUBLISHED = "published"
    RELOCATED = "relocated"
    REPORT_LEVEL = "report-level"

    @property
    def is_published(self) -> bool:
        """True when a reviewer gets to see the finding as an annotation."""
        return self in (Disposition.PUBLISHED, Disposition.RELOCATED, Disposition.REPORT_LEVEL)


class Ledger(msgspec.Struct, frozen=True):
    """How many findings of one report, or of all, ended where.

    The sum of `dispositions` is `parsed + derived`; whoever builds a ledger keeps it so.

    Attributes:
        parsed: findings that parser plugins yielded.
        derived: findings made from coverage.
        dispositions: count by disposition; one that is absent counts zero.
    """

    parsed: int = 0
    derived: int = 0
    dispositions: Mapping[Disposition, int] = {}

    def count(self, disposition: Disposition) -> int:
        """The number of findings that ended there."""
        return self.dispositions.get(disposition, 0)

    @property
    def published(self) -> int:
        """The number of annotations."""
        return sum(n for disposition, n in self.dispositions.items() if disposition.is_published)

    @property
    def balanced(self) -> bool:
        """True when every finding has exactly one end."""
        return sum(self.dispositions.values()) == self.parsed + self.derived

    def moved(self, start: Disposition, end: Disposition, number: int = 1) -> "Ledger":
        """The ledger after `number` findings went from one end to another.

        Raises:
            ValueError: fewer than `number` findings are at `start`.
        """
        if self.count(start) < number:
            raise ValueError(f"only {self.count(start)} findings are {start}, cannot move {number}")
        counts = dict(self.dispositions)
        counts[start] -= number
        counts[end] = counts.get(end, 0) + number
        return Ledger(self.parsed, self.derived, {key: n for key, n in counts.items() if n})

    def plus(self, other: "Ledger") -> "Ledger":
        """The sum of two ledgers of different findings."""
        counts = dict(self.dispositions)
        for disposition, number in other.dispositions.items():
            counts[disposition] = counts.get(disposition, 0) + number
        return Ledger(self.parsed + other.parsed, self.derived + other.derived, counts)
