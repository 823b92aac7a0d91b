"""Everything that can go wrong for a user, as one tree.

    InsightsError
    +-- UsageError            exit 2   options that cannot be used together, or mean nothing
    +-- ResultsError          exit 3   results or a diff that cannot be used
    |   +-- MalformedError             ... with the position in the file
    |   +-- CheckoutError              ... the git repository around them
    |   +-- DiffError                  ... the changed lines
    +-- ServerError           exit 4   the server or the way to it
    |   +-- PartialError      exit 5   published in part

Each carries a `slug` (stable, for scripts and the docs), a message that says what is wrong and
where, and a `hint` that says what to do.
"""

import enum


class ExitCode(enum.IntEnum):
    """The process's exit codes; the README documents them."""

    DONE = 0
    GATE_FAILED = 1
    USAGE = 2
    RESULTS = 3
    SERVER = 4
    PARTIAL = 5
    FAULT = 70
    INTERRUPTED = 130


class InsightsError(Exception):
    """A failure that the user can cause, with words for the user.

    Attributes:
        slug: short, stable name of the kind of failure.
        hint: what to do about it; may be empty.
    """

    exit_code: ExitCode = ExitCode.FAULT

    def __init__(self, slug: str, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.slug = slug
        self.hint = hint

    @property
    def message(self) -> str:
        """What is wrong, with the file and the position where there is one."""
        return str(self)


class UsageError(InsightsError):
    """The command line or a setting."""

    exit_code = ExitCode.USAGE


class ResultsError(InsightsError):
    """Results, or what is needed to place them, that cannot be used."""

    exit_code = ExitCode.RESULTS


class MalformedError(ResultsError):
    """A results file whose content breaks its format.

    Attributes:
        path: the file as the user named it.
        position: "line 7, column 3", "byte 1024" or a JSON path.
        reason: what is wrong there.
    """

    def __init__(self, path: str, position: str, reason: str, hint: str = "") -> None:
        where = f"{path}: {position}" if position else path
        super().__init__("malformed-results", f"{where}: {reason}", hint)
        self.path = path
        self.position = position
        self.reason = reason


class CheckoutError(ResultsError):
    """The git repository, its commits and files."""


class DiffError(ResultsError):
    """A diff that is missing, broken, or made for other content."""


class ServerError(InsightsError):
    """The server, or the network between.

    Attributes:
        status: the HTTP status; None when no response came.
    """

    exit_code = ExitCode.SERVER

    def __init__(self, slug: str, message: str, hint: str = "", status: int | None = None) -> None:
        super().__init__(slug, message, hint)
        self.status = status


class PartialError(ServerError):
    """Some reports are published and others are not."""

    exit_code = ExitCode.PARTIAL
