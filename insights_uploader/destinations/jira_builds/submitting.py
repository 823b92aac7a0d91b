"""Submits one build, and says all that Jira said to it."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from insights_uploader import __version__
from insights_uploader.destinations.jira_builds.client import (
    NO_KEY,
    BuildKey,
    JiraBuilds,
    Rejected,
    Submitted,
)
from insights_uploader.destinations.jira_builds.payload import (
    Body,
    Build,
    build_body,
    left_out,
    submissions,
)
from insights_uploader.destinations.jira_cloud.confirming import (
    UNKNOWN_ISSUES,
    Confirmation,
    confirmed,
)
from insights_uploader.model.errors import ServerError

PRODUCT = f"insights-uploader {__version__}"
_MOST_REASONS = 10


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a submission.

    Attributes:
        build: the body that was sent.
        submitted: what Jira answered of this build.
        confirmation: what a look at the stored build said; None where it was not looked for.
        wait_s: how long it was to be looked for, in seconds; None: not at all.
        broken: what ended the look before its end.
        left_out: what of the build its body does not hold.
    """

    build: Body
    submitted: Submitted
    confirmation: Confirmation | None
    wait_s: float | None
    broken: ServerError | None = None
    left_out: Sequence[str] = ()

    @property
    def lines(self) -> Sequence[str]:
        """What Jira took, a line each."""
        word = "stored" if self.confirmation is Confirmation.STORED else "accepted"
        unknown = self.submitted.unknown_issue_keys
        known = [key for key in self.build["issueKeys"] if key not in unknown]
        issues = f"for {', '.join(known)}" if known else "for no issue that Jira knows"
        return [f"{word}: build {key} {issues}" for key in self.submitted.accepted]

    @property
    def warnings(self) -> Sequence[str]:
        """What it does not know, and what was not sent, a line each."""
        unknown = self.submitted.unknown_issue_keys
        lines = [*self.left_out, *(f"Jira knows no issue {key}" for key in unknown)]
        if unknown and _is_unknown(self.build, self.submitted):
            lines.append("Jira knows none of the issue keys, and does not store the build")
        return lines

    @property
    def failure(self) -> ServerError | None:
        """Why the build is not on Jira as it should be; None when it is, as far as is known.

        That Jira knows none of its issues is a failure only where it was to be seen there.
        """
        if self.submitted.rejected:
            reasons = (
                f"{each.key}: {'; '.join(each.messages)}" for each in self.submitted.rejected
            )
            return ServerError("rejected", f"Jira rejects build {', '.join(reasons)}", status=202)
        if self.broken is not None:
            return self.broken
        key = _key(self.build)
        if self.wait_s is not None and _is_unknown(self.build, self.submitted):
            words = f"build {key} is never stored: Jira knows none of its issues"
            return ServerError("not-confirmed", words, UNKNOWN_ISSUES)
        if not self.submitted.accepted and not _is_unknown(self.build, self.submitted):
            words = f"build {key} is not mentioned in Jira's answer"
            hint = "Jira names all that it takes. `jira builds get` shows whether it is there."
            return ServerError("not-taken", words, hint, 202)
        return self._unseen

    @property
    def _unseen(self) -> ServerError | None:
        """Why it is not there, though it was accepted; None where it is, or was not looked for."""
        key = _key(self.build)
        if self.confirmation is Confirmation.NOT_YET:
            return ServerError(
                "not-confirmed",
                f"build {key} is accepted, and was not stored within {self.wait_s:g} s",
                "Jira stores it later, mostly soon; `jira builds get` shows it. Or wait longer.",
            )
        if self.confirmation is Confirmation.SUPERSEDED:
            return ServerError(
                "superseded",
                f"build {key} is stored by another update, of the same or a greater sequence number",
                "Jira ignores what is not newer, though it says that it accepts it.",
            )
        return None

    @property
    def details(self) -> Mapping[str, Any]:
        """All of it, in JSON's own types."""
        return {
            "sent": True,
            "build": self.build,
            "accepted": [msgspec.to_builtins(each) for each in self.submitted.accepted],
            "rejected": [msgspec.to_builtins(each) for each in self.submitted.rejected],
            "unknownIssueKeys": list(self.submitted.unknown_issue_keys),
            "confirmation": self.confirmation,
            "leftOut": list(self.left_out),
        }


def request_of(build: Build, properties: Mapping[str, str]) -> Body:
    """The request that submits one build.

    Raises:
        UsageError: Jira takes no such build or property.
    """
    [request] = submissions([build_body(build)], properties, PRODUCT)
    return request


def submit(
    builds: JiraBuilds, build: Build, properties: Mapping[str, str], wait_s: float | None
) -> Told:
    """Submit a build; with a time to wait, look until it is stored.

    Jira accepts and stores later: only the look says that it is there. What belongs to no issue
    that Jira knows is never stored, and not looked for.

    Args:
        builds: of the site.
        build: what to submit.
        properties: by which it can be deleted later.
        wait_s: how long to look, in seconds; None looks not at all.

    Raises:
        UsageError: Jira takes no such build or property; nothing was sent.
        ServerError: it refuses or cannot be reached. Once it has taken the build, what ends the
            look is told with the rest (`Told.broken`).
    """
    request = request_of(build, properties)
    [body] = request["builds"]
    submitted = _of(body, builds.submit([request]))
    confirmation, broken = None, None
    if wait_s is not None and submitted.accepted and not _is_unknown(body, submitted):
        try:
            confirmation = confirmed(lambda: builds.get(_key(body)), body, wait_s=wait_s)
        except ServerError as error:
            broken = error
    return Told(
        build=body,
        submitted=submitted,
        confirmation=confirmation,
        wait_s=wait_s,
        broken=broken,
        left_out=list(left_out(build)),
    )


def _key(body: Body) -> BuildKey:
    return BuildKey(body["pipelineId"], body["buildNumber"])


def _of(body: Body, said: Submitted) -> Submitted:
    """What of an answer is about this build: whatever else a server lists is kept nowhere.

    A rejected build whose key cannot be read is this one, which was sent alone.
    """
    key, unknown = _key(body), set(said.unknown_issue_keys)
    rejected = [each for each in said.rejected if each.key in (key, NO_KEY)][:1]
    return Submitted(
        [key] if key in said.accepted else [],
        [Rejected(key, each.messages[:_MOST_REASONS]) for each in rejected],
        [each for each in body["issueKeys"] if each in unknown],
    )


def _is_unknown(body: Body, submitted: Submitted) -> bool:
    return set(body["issueKeys"]) <= set(submitted.unknown_issue_keys)
