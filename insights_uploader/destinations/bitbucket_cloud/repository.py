"""What Bitbucket Cloud's API has in common below one repository: address, refusals, pages."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any, Generic, TypeVar
from urllib.parse import parse_qsl, urlsplit

import msgspec

from insights_uploader.destinations.authorization import Query
from insights_uploader.destinations.bitbucket_cloud.refusals import refusal
from insights_uploader.destinations.http import Http, Reply

MAX_PAGES = 100
"""A list that goes on longer is no list that anybody means, or has no end."""

_PER_PAGE = 100  # the most that Cloud gives at once

_T = TypeVar("_T")


class CloudPage(msgspec.Struct, Generic[_T]):
    """A part of a list; the last one names no next."""

    values: list[_T]
    next: str | None = None


def repository_address(workspace: str, repository: str) -> Sequence[str]:
    """The segments of a repository's address, below the API's server."""
    return ("2.0", "repositories", workspace, repository)


class CloudRepository:
    """Requests below `/2.0/repositories/{workspace}/{repo_slug}`.

    Every method raises `ServerError` when the server refuses, cannot be reached, or gives what it
    should not, and `UsageError`, before anything is sent, when a name can be in no address.
    """

    def __init__(self, http: Http, workspace: str, repository: str) -> None:
        self._http = http
        self._address = repository_address(workspace, repository)

    def send(
        self,
        method: str,
        *below: str,
        query: Query = (),
        body: object = None,
        accept: str = "application/json",
        repeatable: bool | None = None,
        expected: Collection[int] = (200,),
        again: Callable[[], None] | None = None,
    ) -> Reply:
        """Send a request; give the answer, which has a status hoped for.

        Args:
            method: GET, PUT, POST or DELETE.
            below: the segments below the repository; none ends in a slash, which is 400.
            query: the query's pairs.
            body: what to send as JSON.
            accept: the kind of answer that is asked for.
            repeatable: as `Http.send` has it.
            expected: statuses that are no refusal.
            again: asked before it is sent once more.
        """
        segments = (*self._address, *below)
        reply = self._http.send(
            method,
            segments,
            query=query,
            body=body,
            accept=accept,
            repeatable=repeatable,
            again=again,
        )
        if reply.status not in expected:
            raise refusal(reply)
        return reply

    def listed(self, *below: str, kind: type[_T], query: Query = ()) -> Iterator[_T]:
        """Everything in a list, page after page.

        Of the address of the next page only the query counts: the login goes nowhere else.

        Args:
            below: the segments below the repository.
            kind: of its entries.
            query: the query's pairs, without those of the paging.
        """
        query = [*query, ("pagelen", _PER_PAGE)]
        seen = set[tuple[tuple[str, str | int], ...]]()
        while True:
            reply = self.send("GET", *below, query=query)
            page = reply.decoded(CloudPage[kind])  # type: ignore[valid-type]
            yield from page.values
            if page.next is None:
                return
            seen.add(tuple(query))
            query = _query(page.next)
            if tuple(query) in seen or len(seen) == MAX_PAGES:
                raise reply.error("cut-list", "the list of the server has no end")


def json_object(reply: Reply) -> Mapping[str, Any]:
    """An answer that is a JSON object, whatever it holds."""
    body = reply.json()
    if not isinstance(body, dict):
        raise reply.error("odd-reply", "the answer is no JSON object")
    return body


def _query(address: str) -> Sequence[tuple[str, str | int]]:
    try:
        return list(parse_qsl(urlsplit(address).query, keep_blank_values=True))
    except ValueError:
        return []
