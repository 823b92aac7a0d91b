"""Code Insights of one commit on Bitbucket Cloud: one method per operation.

Addresses and shapes: Atlassian's OpenAPI file for Cloud, below
`/repositories/{workspace}/{repo_slug}/commit/{commit}/reports`. A report, and an annotation, goes by
its external id as well as by its uuid.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from insights_uploader.destinations.bitbucket_cloud.repository import CloudRepository, json_object
from insights_uploader.destinations.http import Http
from insights_uploader.model.errors import ServerError
from insights_uploader.plan.plan import Body

Stored = Mapping[str, Any]


class CloudInsights(CloudRepository):
    """The reports of one commit, as the server gives them: their members may be of any kind."""

    def __init__(self, http: Http, workspace: str, repository: str, commit: str) -> None:
        super().__init__(http, workspace, repository)
        self._reports = ("commit", commit, "reports")

    def reports(self) -> Sequence[Stored]:
        """Every report of the commit."""
        return list(self.listed(*self._reports, kind=dict[str, Any]))

    def report(self, key: str) -> Stored | None:
        """A stored report; None when the commit has none of that key."""
        try:
            return json_object(self.send("GET", *self._reports, key))
        except ServerError as error:
            if error.slug != "not-found":
                raise
            return None

    def put_report(self, key: str, body: Body, again: Callable[[], None] | None = None) -> Stored:
        """Create or replace a report; what the server stored is returned."""
        return json_object(self.send("PUT", *self._reports, key, body=body, again=again))

    def delete_report(self, key: str, again: Callable[[], None] | None = None) -> None:
        """Delete a report and its annotations, if there is one."""
        self.send("DELETE", *self._reports, key, expected=(204, 404), again=again)

    def annotations(self, key: str) -> Sequence[Stored]:
        """A report's stored annotations."""
        return list(self.listed(*self._reports, key, "annotations", kind=dict[str, Any]))

    def annotation(self, key: str, external_id: str) -> Stored | None:
        """One stored annotation; None when the report has none of that id."""
        try:
            return json_object(self.send("GET", *self._annotation(key, external_id)))
        except ServerError as error:
            if error.slug != "not-found":
                raise
            return None

    def post_annotations(self, key: str, bodies: Sequence[Body]) -> None:
        """Create or replace annotations by their external ids, 1 to 100: twice is the same as once."""
        below = (*self._reports, key, "annotations")
        reply = self.send("POST", *below, body=list(bodies), repeatable=True)
        if not isinstance(reply.json(), list):
            raise reply.error("odd-reply", "the answer lists no annotations")

    def put_annotation(self, key: str, body: Body) -> None:
        """Create or replace the annotation of this external id."""
        json_object(self.send("PUT", *self._annotation(key, body["external_id"]), body=body))

    def delete_annotations(self, key: str, external_ids: Sequence[str]) -> None:
        """Delete the annotations of these external ids, one by one, as far as they are there."""
        for external_id in external_ids:
            self.send("DELETE", *self._annotation(key, external_id), expected=(204, 404))

    def _annotation(self, key: str, external_id: str) -> Sequence[str]:
        return (*self._reports, key, "annotations", external_id)
