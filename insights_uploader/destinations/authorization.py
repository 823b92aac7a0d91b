"""What proves to a server who we are, request by request. Knows no network."""

from collections.abc import Sequence
from typing import Protocol

Query = Sequence[tuple[str, str | int]]


class Authorization(Protocol):
    """Makes the Authorization header of each try of a request.

    Some APIs want one that is signed for this very request, others one that ends after a while.
    """

    def header(self, method: str, path: str, query: Query) -> str | None:
        """The header's value; None sends none.

        Args:
            method: of the request, as GET.
            path: below the server's base address, from its slash, quoted as it is sent.
            query: the query's pairs, not quoted.

        Raises:
            ServerError: there is none to be had, as when a token cannot be renewed.
        """


class Fixed:
    """The same value for every request. Its text form does not show it."""

    def __init__(self, value: str) -> None:
        """Send this value; an empty one is not sent."""
        self._value = value

    def header(self, _method: str, _path: str, _query: Query) -> str | None:
        """The value."""
        return self._value or None
