"""Floor 6: what the replace protocol asks of a server: one commit's reports and their annotations."""

from collections.abc import Callable, Sequence
from typing import Protocol

from insights_uploader.comparing import Stored
from insights_uploader.model.errors import ServerError
from insights_uploader.plan.plan import Body

Again = Callable[[], None]
"""Asked before a request is sent once more; what it raises ends the tries."""


class Reports(Protocol):
    """The reports of the plan's commit on a server; every method may raise ServerError."""

    def report(self, key: str) -> Stored | None:
        """A stored report; None when there is none."""
        ...

    def delete_report(self, key: str, again: Again | None = None) -> None:
        """Delete a report and its annotations, if there is one."""
        ...

    def put_report(self, key: str, body: Body, again: Again | None = None) -> Stored:
        """Create or replace a report."""
        ...

    def annotations(self, key: str) -> Sequence[Stored]:
        """A report's stored annotations."""
        ...

    def post_annotations(self, key: str, bodies: Sequence[Body]) -> None:
        """Add annotations: all or none."""
        ...

    def put_annotation(self, key: str, body: Body) -> None:
        """Create or replace the annotation of this external id."""
        ...

    def delete_annotations(self, key: str, external_ids: Sequence[str]) -> None:
        """Delete the annotations of these external ids."""
        ...


def is_open(error: ServerError) -> bool:
    """True when the server may or may not have done what was asked."""
    status = error.status
    return status is None or status < 300 or status >= 500 or status == 429
