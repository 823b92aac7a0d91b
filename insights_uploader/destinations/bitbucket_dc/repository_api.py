"""What Bitbucket Data Center's REST API has in common below one repository: address and pages."""

import itertools
from collections.abc import Iterator, Sequence
from typing import Annotated, Any, Generic, TypeVar

import msgspec

from insights_uploader.destinations.bitbucket_dc.refusals import refusal
from insights_uploader.destinations.http import Http, Reply
from insights_uploader.model.errors import ServerError

MAX_PAGES = 100
"""A list that goes on longer is no list that anybody means, or has no end."""

CommitId = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{40}(?:[0-9a-f]{24})?\Z")]

Query = Sequence[tuple[str, str | int]]

_T = TypeVar("_T")


class Page(msgspec.Struct, Generic[_T], rename="camel"):
    """A part of a list (RestPage). Without `isLastPage` nobody knows whether it is the whole."""

    values: list[_T]
    is_last_page: bool
    start: int
    next_page_start: int | None = None


_P = TypeVar("_P", bound=Page[Any])


class RepositoryApi:
    """Reads below `/rest/{api}/latest/projects/{project}/repos/{repository}`."""

    def __init__(self, http: Http, project: str, repository: str, api: str = "api") -> None:
        self._http = http
        self._address: Sequence[str] = (
            *("rest", api, "latest", "projects", project, "repos", repository),
        )

    def get(
        self, below: Sequence[str], query: Query = (), accept: str = "application/json"
    ) -> Reply:
        """Ask for something; the answer may have any status.

        Raises:
            ServerError: no answer came.
            UsageError: the project or repository can be in no address.
        """
        return self._http.send("GET", (*self._address, *below), query=query, accept=accept)

    def pages(
        self, below: Sequence[str], query: Query, kind: type[_P], limit: int, hint: str = ""
    ) -> Iterator[_P]:
        """Ask for a list, page after page, to its end.

        Args:
            below: the list's address below the repository's.
            query: the query's pairs, without those of the paging.
            kind: what a page is.
            limit: how many entries to ask for at once; the server may give fewer.
            hint: what to do when the server does not give the whole list.

        Raises:
            ServerError: the server refuses, what it gives is no such list, or not the whole.
        """
        start = 0
        for number in itertools.count(1):
            reply = self.get(below, (*query, ("start", start), ("limit", limit)))
            if reply.status != 200:
                raise refusal(reply)
            page = reply.decoded(kind)
            if page.start != start:
                raise _cut(
                    reply, f"the list goes on at entry {start}, and we get {page.start}", hint
                )
            yield page
            if page.is_last_page:
                return
            if page.next_page_start is None or page.next_page_start <= start:
                raise _cut(reply, "the list goes on, and the server does not say where", hint)
            if number == MAX_PAGES:
                raise _cut(reply, f"the list has more than {MAX_PAGES} pages", hint)
            start = page.next_page_start


def _cut(reply: Reply, words: str, hint: str) -> ServerError:
    return reply.error("cut-list", words, hint)
