"""The words in which a server's Code Insights say what the replace protocol has to know. Pure."""

from collections.abc import Sequence

import msgspec


class Dialect(msgspec.Struct, frozen=True, kw_only=True):
    """How one API names the same things.

    Attributes:
        external_id: the member of an annotation that names it.
        report: the members of a report that show what it says, without its data.
        annotation: the members of an annotation that do.
        unfinished: the result of a report that is to pass, while its annotations are on their way.
        per_call: how many annotations one request takes; None where it takes all.
        made: the member of a report, or else the title of one of its data fields, that holds when
            it was made, in milliseconds since 1970. It is the fence between two runs of one commit.
    """

    external_id: str
    report: Sequence[str]
    annotation: Sequence[str]
    unfinished: str
    per_call: int | None
    made: str
