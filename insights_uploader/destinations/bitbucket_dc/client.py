"""Code Insights of one commit on Bitbucket Data Center: one method per operation.

Addresses and shapes: Atlassian's OpenAPI file for 9.4, below
`/insights/latest/projects/{projectKey}/repos/{repositorySlug}/commits/{commitId}`.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from insights_uploader.destinations.bitbucket_dc.refusals import refusal
from insights_uploader.destinations.bitbucket_dc.repository_api import RepositoryApi
from insights_uploader.destinations.http import Http, Reply
from insights_uploader.plan.plan import Body

_MAX_STORED = 50_000  # fifty times what a server takes by default
_IDS = 50
"""External ids in one address: proxies take some 8,000 characters."""


class CodeInsights(RepositoryApi):
    """The reports of one commit, as the server gives them: their members may be of any kind.

    Every method raises `ServerError` when the server refuses or cannot be reached, and
    `UsageError`, before anything is sent, when the project or repository can be in no address.
    """

    def __init__(self, http: Http, project: str, repository: str, commit: str) -> None:
        super().__init__(http, project, repository, api="insights")
        self._address = (*self._address, "commits", commit)

    def delete_report(self, key: str, again: Callable[[], None] | None = None) -> None:
        """Delete a report and its annotations, if there is one.

        Of an absent report some servers say 204 and others 404; where 404 means that the commit
        is unknown, the PUT that follows says so.

        Args:
            key: of the report.
            again: asked before it is sent once more.
        """
        self._send("DELETE", key, expected=(204, 404), again=again)

    def put_report(
        self, key: str, body: Body, again: Callable[[], None] | None = None
    ) -> Mapping[str, Any]:
        """Create or replace a report; what the server stored is returned.

        Args:
            key: of the report.
            body: all of it.
            again: asked before it is sent once more.
        """
        return _object(self._send("PUT", key, body=body, expected=(200,), again=again))

    def report(self, key: str) -> Mapping[str, Any] | None:
        """A stored report; None when the commit has none of that key."""
        reply = self.get(("reports", key))
        if reply.status == 200:
            return _object(reply)
        refused = refusal(reply)
        if refused.slug == "not-found":
            return None
        raise refused

    def post_annotations(self, key: str, bodies: Sequence[Body]) -> None:
        """Add annotations to a report: all of them or none."""
        self._write("POST", key, "annotations", body={"annotations": bodies})

    def annotations(self, key: str) -> Sequence[Mapping[str, Any]]:
        """A report's stored annotations."""
        reply = self._send("GET", key, "annotations", expected=(200,))
        stored = _object(reply).get("annotations")
        if not isinstance(stored, list) or not all(isinstance(item, dict) for item in stored):
            raise reply.error("odd-reply", "the answer lists no annotations")
        if len(stored) > _MAX_STORED:
            raise reply.error("oversized", f"the answer lists {len(stored)} annotations")
        return stored

    def put_annotation(self, key: str, body: Body) -> None:
        """Create or replace the annotation of this external id."""
        self._write("PUT", key, "annotations", body["externalId"], body=body)

    def delete_annotations(self, key: str, external_ids: Sequence[str]) -> None:
        """Delete the annotations of these external ids, as many at a time as an address holds.

        Without ids nothing is sent: to the server that would mean all of them.
        """
        for start in range(0, len(external_ids), _IDS):
            query = [("externalId", name) for name in external_ids[start : start + _IDS]]
            self._write("DELETE", key, "annotations", query=query)

    def delete_all_annotations(self, key: str) -> None:
        """Delete the annotations of a report, whatever they are."""
        self._write("DELETE", key, "annotations")

    def _write(
        self,
        method: str,
        key: str,
        *below: str,
        query: Sequence[tuple[str, str]] = (),
        body: object = None,
    ) -> None:
        reply = self._send(method, key, *below, query=query, body=body, expected=(204, 200))
        if reply.status == 200:
            reply.json()  # a login page says 200 too

    def _send(
        self,
        method: str,
        key: str,
        *below: str,
        query: Sequence[tuple[str, str]] = (),
        body: object = None,
        expected: Collection[int],
        again: Callable[[], None] | None = None,
    ) -> Reply:
        address = (*self._address, "reports", key, *below)
        reply = self._http.send(method, address, query=query, body=body, again=again)
        if reply.status not in expected:
            raise refusal(reply)
        return reply


def _object(reply: Reply) -> Mapping[str, Any]:
    body = reply.json()
    if not isinstance(body, dict):
        raise reply.error("odd-reply", "the answer is no JSON object")
    return body
