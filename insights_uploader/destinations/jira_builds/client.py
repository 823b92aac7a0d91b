"""Builds on a Jira site: one method per operation."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from insights_uploader.destinations.jira_builds.payload import (
    Body,
    checked_number,
    checked_pipeline,
    checked_properties,
)
from insights_uploader.destinations.jira_cloud.address import Api
from insights_uploader.destinations.jira_cloud.refusals import messages_of
from insights_uploader.destinations.jira_cloud.site import JiraSite
from insights_uploader.destinations.reply import Reply
from insights_uploader.model.errors import PartialError, ServerError, UsageError


class BuildKey(msgspec.Struct, frozen=True):
    """What tells a build from others."""

    pipeline: str
    number: int

    def __str__(self) -> str:
        return f"{self.pipeline} #{self.number}"


NO_KEY = BuildKey("?", 0)
"""Of a build that an answer does not name."""


class Rejected(msgspec.Struct, frozen=True):
    """A build that Jira did not take, and why."""

    key: BuildKey
    messages: Sequence[str]


class Submitted(msgspec.Struct, frozen=True):
    """What Jira says to a submission: what it accepted is not stored yet.

    Attributes:
        accepted: builds of a valid form.
        rejected: the others.
        unknown_issue_keys: which it does not know. A build all of whose keys are unknown is
            accepted, and never stored.
    """

    accepted: Sequence[BuildKey] = ()
    rejected: Sequence[Rejected] = ()
    unknown_issue_keys: Sequence[str] = ()

    def plus(self, other: "Submitted") -> "Submitted":
        """What it says to both."""
        unknown = dict.fromkeys((*self.unknown_issue_keys, *other.unknown_issue_keys))
        return Submitted(
            (*self.accepted, *other.accepted),
            (*self.rejected, *other.rejected),
            tuple(unknown),
        )


class JiraBuilds:
    """The builds of a site.

    Every method raises `ServerError` when Jira refuses or cannot be reached, and `UsageError`,
    before anything is sent, for what no build can be called.
    """

    def __init__(self, site: JiraSite) -> None:
        self._site = site

    def submit(self, bodies: Sequence[Body]) -> Submitted:
        """Create or replace builds; each body is one request (`payload.submissions`).

        Sent twice it does no more than once: the second has the same sequence number.

        Raises:
            PartialError: a request failed after others were taken.
        """
        submitted = Submitted()
        for done, body in enumerate(bodies):
            try:
                reply = self._site.send(Api.BUILDS, "POST", "bulk", body=body, repeatable=True)
                submitted = submitted.plus(_submitted(reply))
            except ServerError as error:
                if not done:
                    raise
                words = f"{error.message} {done} of {len(bodies)} requests were taken before."
                raise PartialError(error.slug, words, error.hint, error.status) from None
        return submitted

    def get(self, key: BuildKey) -> Mapping[str, Any] | None:
        """A build as it is stored, whatever is under way; None when there is none."""
        reply = self._site.send(Api.BUILDS, "GET", *_below(key), expected=(200, 404))
        if reply.status == 404:
            return None
        body = reply.json()
        if not isinstance(body, dict):
            raise reply.error("odd-reply", "the answer is no build")
        return body

    def delete(self, key: BuildKey) -> None:
        """Have a build deleted, some time, if there is one."""
        self._site.send(Api.BUILDS, "DELETE", *_below(key))

    def delete_by_properties(self, properties: Mapping[str, str]) -> None:
        """Have all builds deleted, some time, that were submitted with all of these properties."""
        if not properties:
            raise UsageError("no-property", "which builds are to be deleted is not said")
        query = list(checked_properties(properties).items())
        self._site.send(Api.BUILDS, "DELETE", "bulkByProperties", query=query)


def _below(key: BuildKey) -> Sequence[str]:
    number = checked_number(key.number, "the build's number")
    return ("pipelines", checked_pipeline(key.pipeline), "builds", str(number))


def _submitted(reply: Reply) -> Submitted:
    """The answer (SubmitBuildsResponse), of which every part may be missing."""
    body = reply.json()
    if not isinstance(body, dict):
        raise reply.error("odd-reply", "the answer does not say what was accepted")
    rejected = [each for each in _listed(body, "rejectedBuilds") if isinstance(each, dict)]
    return Submitted(
        [key for each in _listed(body, "acceptedBuilds") if (key := _key(each))],
        [
            Rejected(
                _key(each.get("key")) or NO_KEY,
                [reply.quoted(words) for words in messages_of(each.get("errors"))],
            )
            for each in rejected
        ],
        [reply.quoted(key) for key in _listed(body, "unknownIssueKeys") if isinstance(key, str)],
    )


def _listed(body: Mapping[str, Any], name: str) -> Sequence[Any]:
    found = body.get(name)
    return found if isinstance(found, list) else []


def _key(value: Any) -> BuildKey | None:
    if not isinstance(value, dict):
        return None
    pipeline, number = value.get("pipelineId"), value.get("buildNumber")
    return BuildKey(pipeline, number) if isinstance(pipeline, str) and type(number) is int else None
