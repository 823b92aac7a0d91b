"""Code Insights of one commit on Bitbucket Data Center: one method per operation."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from insights_uploader.destinations.bitbucket_dc.refusals import refusal
from insights_uploader.destinations.http import Http, Reply
from insights_uploader.plan.plan import Body


class CodeInsights:
    """The reports of one commit.

    Every method raises `ServerError` when the server refuses or cannot be reached, and
    `UsageError`, before anything is sent, when the project or repository can be in no address.
    """

    def __init__(self, http: Http, project: str, repository: str, commit: str) -> None:
        self._http = http
        self._commit = (
            *("rest", "insights", "latest", "projects", project, "repos", repository),
            *("commits", commit),
        )

    def delete_report(self, key: str) -> None:
        """Delete a report and its annotations, if there is one.

        Of an absent report some servers say 204 and others 404; where 404 means that the commit
        is unknown, the PUT that follows says so.
        """
        self._send("DELETE", key, expected=(204, 404))

    def put_report(self, key: str, body: Body) -> Mapping[str, Any]:
        """Create or replace a report; what the server stored is returned."""
        return _object(self._send("PUT", key, body=body, expected=(200,)))

    def report(self, key: str) -> Mapping[str, Any]:
        """A stored report."""
        return _object(self._send("GET", key, expected=(200,)))

    def post_annotations(self, key: str, bodies: Sequence[Body]) -> None:
        """Add annotations to a report: all of them or none."""
        self._send("POST", key, "annotations", body={"annotations": bodies}, expected=(204, 200))

    def annotations(self, key: str) -> Sequence[Mapping[str, Any]]:
        """A report's stored annotations."""
        reply = self._send("GET", key, "annotations", expected=(200,))
        stored = _object(reply).get("annotations")
        if not isinstance(stored, list) or not all(isinstance(item, dict) for item in stored):
            raise reply.error("odd-reply", "the answer lists no annotations")
        return stored

    def _send(
        self,
        method: str,
        key: str,
        *below: str,
        body: object = None,
        expected: Collection[int],
    ) -> Reply:
        reply = self._http.send(method, (*self._commit, "reports", key, *below), body=body)
        if reply.status not in expected:
            raise refusal(reply)
        return reply


def _object(reply: Reply) -> Mapping[str, Any]:
    body = reply.json()
    if not isinstance(body, dict):
        raise reply.error("odd-reply", "the answer is no JSON object")
    return body
