"""What pylint's messages mean as findings, whichever of its formats they came in.

Pylint's own words for the categories: `pylint.constants.MSG_TYPES` and the chapter "Messages
control" of its documentation.
"""

import enum

from insights_uploader.model.finding import Finding, FindingType, Location, Severity

TOOL = "pylint"
_MAX_LINE = 2**31 - 1  # Bitbucket's lines are int32


class Category(enum.StrEnum):
    """The categories of messages, worst first; each message id begins with its letter.

    | category | severity | type |
    |---|---|---|
    | fatal, error | HIGH | BUG |
    | warning | MEDIUM | CODE_SMELL |
    | refactor, convention, info | LOW | CODE_SMELL |
    """

    FATAL = "fatal"
    ERROR = "error"
    WARNING = "warning"
    REFACTOR = "refactor"
    CONVENTION = "convention"
    INFO = "info"
    INFORMATION = "information"  # the documentation's word for what the code calls info

    @property
    def severity(self) -> Severity:
        """Bitbucket's severity, by the table above."""
        match self:
            case Category.FATAL | Category.ERROR:
                return Severity.HIGH
            case Category.WARNING:
                return Severity.MEDIUM
            case _:
                return Severity.LOW

    @property
    def type(self) -> FindingType:
        """Bitbucket's type, by the table above."""
        return FindingType.BUG if self.severity is Severity.HIGH else FindingType.CODE_SMELL


def pylint_finding(category: Category, rule: str, message: str, location: Location) -> Finding:
    """One message as a finding.

    Args:
        category: what decides severity and type.
        rule: the symbol, or the message id in formats without symbols.
        message: pylint's words. Blanks at its end are cut, since in some formats they are not
            told from what follows; the rule stands in for an empty message.
        location: from `location`.
    """
    return Finding(
        tool=TOOL,
        rule=rule,
        message=message.rstrip() or rule,
        severity=category.severity,
        type=category.type,
        locations=(location,) if location.path else (),
    )


def location(path: str, line: int | None, end_line: int | None) -> Location:
    """A place as pylint wrote it; a line that no file can have is left out."""
    if line is None or not 1 <= line <= _MAX_LINE:
        return Location(path)
    beyond = end_line is not None and line < end_line <= _MAX_LINE
    return Location(path, line, end_line if beyond else None)
