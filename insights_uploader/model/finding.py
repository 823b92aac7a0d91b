"""A finding as a tool reported it, and the same finding placed in the repository."""

import enum

import msgspec


class Severity(enum.IntEnum):
    """Bitbucket's three annotation severities, ordered: a higher number is worse."""

    LOW = 1
    MEDIUM = 2
    HIGH = 3


class FindingType(enum.StrEnum):
    """Bitbucket's three annotation types."""

    VULNERABILITY = "VULNERABILITY"
    CODE_SMELL = "CODE_SMELL"
    BUG = "BUG"


class Location(msgspec.Struct, frozen=True, gc=False):
    r"""A place in a file, as the tool wrote it.

    Attributes:
        path: decoded, with `/` or `\\` as the tool had it; absolute or relative to anything.
        line: 1-based; None when the tool named only the file.
        end_line: 1-based, inclusive; None when the finding ends on `line`.
        derived: True when the tool wrote no path and a parser made this one of a name, such as a
            class or a package. It need not exist: it lies where exactly one tracked file ends so
            (or is the end of it), and it is not missed when there is none.
    """

    path: str
    line: int | None = None
    end_line: int | None = None
    derived: bool = False


class Finding(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """What a parser yields: one result, one failing test.

    Attributes:
        tool: the name of the tool that found it; one report is made per tool.
        rule: the tool's name for the rule; of a failing test, the test's full name.
        message: plain text for a reviewer; never empty.
        severity: Bitbucket's term, mapped by the parser's documented table.
        type: Bitbucket's term, or None when the tool says nothing that decides it.
        locations: best first; empty when the tool named no place.
        link: an address that explains the rule, as the tool wrote it.
        help: the tool's own advice.
        fingerprints: the tool's own identities as (name, value), in the tool's order.
        suppression: the tool's words for why it is suppressed; None when it is not.
        failed_test: True for a failing test, which no diff ever filters.
        case: of a failing test, the number of its case in the results file; failures of one case
            share it. 0 where the parser does not tell, and for anything else.
        variant_of: of a case of a parametrised test, the test's full name without the parameters;
            such failures at one place are shown as one annotation. None for anything else.
    """

    tool: str
    rule: str
    message: str
    severity: Severity
    type: FindingType | None = None
    locations: tuple[Location, ...] = ()
    link: str | None = None
    help: str | None = None
    fingerprints: tuple[tuple[str, str], ...] = ()
    suppression: str | None = None
    failed_test: bool = False
    case: int = 0
    variant_of: str | None = None


class Placed(msgspec.Struct, frozen=True, gc=False):
    """A finding and its place in the repository.

    Attributes:
        finding: what the tool reported.
        path: relative to the repository's root, `/` between parts; None when it has no place there.
        line: 1-based, the line to annotate; None when only the file is known.
        location: the one of the finding's locations that was taken; None when none could be.
        rule: the words of the path rule that decided, or the reason why no place was found.
        shown_at: the changed line that it is shown at instead of its own; None when it is not moved.
    """

    finding: Finding
    path: str | None
    line: int | None
    location: Location | None
    rule: str
    shown_at: int | None = None
