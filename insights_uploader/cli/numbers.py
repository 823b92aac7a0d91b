"""Numbers as they are given on the command line."""

from typing import Any

import click

_LONGEST_S = 7 * 24 * 60 * 60


class Number(click.FloatRange):
    """A number in a range; NaN is in none, though it compares as if it were."""

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Read it.

        Raises:
            click.BadParameter: it is no number of the range.
        """
        number: float = super().convert(value, param, ctx)
        if number != number:  # noqa: PLR0124 - which only NaN is
            self.fail(f"{value!r} is no number.", param, ctx)
        return number


WAIT = Number(0, _LONGEST_S)
"""How long to look for something, in seconds; a week at most."""
