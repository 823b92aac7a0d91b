"""One `line` element of a Cobertura file: its number, its hits, its branches and conditions.

coverage-04.dtd asks for `number` and `hits`; `branch`, `condition-coverage` and the `conditions`
inside are optional. `missing-branches` is coverage.py's own (its xmlreport.py): where the branches
lead that were not taken, as in `12,exit`.
"""

import math
import re
from collections.abc import Mapping

from insights_parsers.cobertura_values import UnreadableError, shown
from insights_uploader.model.measure import LineCoverage

_MAX_LINE = 2**31 - 1  # Bitbucket's lines are int32
_MAX_COUNT = 2**63 - 1
_MAX_CONDITIONS = 10_000
_MAX_NUMBER = 40  # characters
_NUMBER = re.compile(r"\s*[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d{1,3})?\s*", re.ASCII)
_OF_BRANCHES = re.compile(r"\(\s*(\d{1,9})\s*/\s*(\d{1,9})\s*\)", re.ASCII)
_EXIT = "exit"  # coverage.py: out of the code block; each such branch is written alike
_PERCENT = re.compile(r"\s*(?:[\d.,]+(?:[eE][-+]?\d+)?|NaN)\s*%?\s*", re.ASCII)


class Line:
    """A `line` whose element is open.

    Attributes:
        number: 1-based; 0 when the writer had none.
    """

    __slots__ = (
        "_branches",
        "_conditions",
        "_covered",
        "_hits",
        "_missing",
        "_says_branches",
        "number",
    )

    def __init__(self, attributes: Mapping[str, str]) -> None:
        self.number = _line_number(attributes.get("number", ""))
        self._hits = _hits(attributes.get("hits", ""))
        said = attributes.get("condition-coverage", "")
        self._says_branches = bool(said)
        self._covered, self._branches = _branches(said) if said else (0, 0)
        left = self._branches - self._covered
        self._missing = _missing(attributes.get("missing-branches", ""), left)
        self._conditions: list[tuple[int, int]] = []

    def add_condition(self, attributes: Mapping[str, str]) -> None:
        """Take a `condition` of the line."""
        said = attributes.get("number", "")
        number = _whole(said)
        if number is None:
            raise UnreadableError(f"a condition's number is {shown(said)}")
        if len(self._conditions) == _MAX_CONDITIONS:
            raise UnreadableError(f"a line has more than {_MAX_CONDITIONS} conditions")
        self._conditions.append((number, _percent(attributes.get("coverage", ""))))

    def coverage(self) -> LineCoverage:
        """What the element says, once it has ended."""
        if (
            self._conditions and not self._says_branches
        ):  # grcov: each condition is one branch, taken or not
            self._branches = len(self._conditions)
            self._covered = sum(percent == 100 for _, percent in self._conditions)
        conditions = tuple(self._conditions)
        return LineCoverage(
            self.number, self._hits, self._covered, self._branches, conditions, self._missing
        )


def _whole(text: str) -> int | None:
    """A whole number, at most 2**63 - 1, past which nobody counts; None for anything else."""
    if len(text) > _MAX_NUMBER or not (text.isascii() and text.isdecimal()):
        return None
    return min(int(text), _MAX_COUNT)


def _line_number(text: str) -> int:
    number = _whole(text)
    if number is None or number > _MAX_LINE:
        raise UnreadableError(f"a line's number is {shown(text)}")
    return number


def _hits(text: str) -> int:
    """How often a line was run; a part of a run is a run."""
    whole = _whole(text)
    if whole is not None:
        return whole
    number = _number(text)
    if number is None:
        raise UnreadableError(f"a line's hits are {shown(text)}, which is no number")
    if number < 0:
        raise UnreadableError(
            f"a line's hits are {shown(text)}, less than none",
            "gcc's counters overflow in threads: build with -fprofile-update=atomic.",
        )
    return _MAX_COUNT if number >= _MAX_COUNT else math.ceil(number)


def _number(text: str) -> float | None:
    """A number, also with a fraction or an exponent; None for anything else."""
    if len(text) > _MAX_NUMBER or not _NUMBER.fullmatch(text):
        return None
    return float(text)  # too large a one is infinite


def _branches(text: str) -> tuple[int, int]:
    """How many branches were taken, of how many, from `50% (1/2)`.

    The percentage is the quotient of the two and not looked at; alone it gives no numbers.
    """
    if len(text) <= 2 * _MAX_NUMBER:
        percent, opening, counts = text.partition("(")
        found = _OF_BRANCHES.fullmatch((opening + counts).strip())
        covered, branches = (int(found[1]), int(found[2])) if found else (0, 0)
        if (found or not opening) and covered <= branches and _PERCENT.fullmatch(percent):
            return covered, branches
    raise UnreadableError(f"a line's condition-coverage is {shown(text)} and not like 50% (1/2)")


def _missing(text: str, count: int) -> tuple[int, ...]:
    """Where the branches lead that were not taken: lines, and 0, -1, ... for `exit`s.

    Empty when the text does not name so many: it is not in the format, and the counts stand.
    """
    if not 0 < count <= _MAX_CONDITIONS or text.count(",") != count - 1:
        return ()
    lines: set[int] = set()
    exits = 0
    for name in text.split(","):
        if name.strip() == _EXIT:
            lines.add(-exits)
            exits += 1
        elif line := _whole(name.strip()):
            lines.add(line)
    return tuple(sorted(lines)) if len(lines) == count else ()


def _percent(text: str) -> int:
    """A condition's coverage in whole percent, rounded down: 100 means all of it.

    grcov writes a fraction of 1 without the sign.
    """
    sign = text.rstrip().endswith("%")
    number = _number(text.rstrip().removesuffix("%"))
    if number is None or not 0 <= (percent := number if sign else number * 100) <= 100:
        raise UnreadableError(f"a condition's coverage is {shown(text)}")
    return math.floor(percent)
