"""Submits deployments, and says of each what Jira said to it."""

import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Any

import msgspec

from insights_uploader.destinations.jira_cloud.confirming import (
    UNKNOWN_ISSUES,
    Confirmation,
    confirmed,
)
from insights_uploader.destinations.jira_deployments.client import JiraDeployments, Submission
from insights_uploader.destinations.jira_deployments.deployment import (
    Association,
    Deployment,
    DeploymentKey,
)
from insights_uploader.model.errors import PartialError, ServerError


class Standing(StrEnum):
    """How a deployment stands after its submission."""

    ACCEPTED = "accepted"
    STORED = "stored"
    SUPERSEDED = "superseded"
    NOT_YET = "not stored yet"
    UNKNOWN = "belongs to nothing that Jira knows"
    REJECTED = "rejected"
    UNANSWERED = "not mentioned in the answer"
    NOT_SENT = "not sent"


_LATER = (Standing.NOT_YET, Standing.UNKNOWN)
_CONFIRMED = {
    Confirmation.STORED: Standing.STORED,
    Confirmation.SUPERSEDED: Standing.SUPERSEDED,
    Confirmation.NOT_YET: Standing.NOT_YET,
}
_REASONS = {
    Standing.SUPERSEDED: "another update of the same or a greater sequence number is stored, and "
    "Jira ignores what is not newer",
    Standing.NOT_YET: "it is accepted; Jira stores it later, mostly soon",
}
_SAME = ("state", "displayName", "url")
"""By which one's own update is told from another of the same number."""


class Fate(msgspec.Struct, frozen=True):
    """What became of one deployment, and why."""

    key: DeploymentKey
    standing: Standing
    reasons: Sequence[str] = ()

    @property
    def line(self) -> str:
        """For people."""
        return ": ".join((self.standing, self.key.name, *self.reasons))


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a submission.

    Attributes:
        fates: one for every deployment, in their order.
        unknown: what they belong to and Jira does not know, as `issue DEMO-1`.
        answers: the unknown as Jira lists it.
        broken: what ended it before its end.
        is_confirmed: whether what is accepted was to be seen there.
    """

    fates: Sequence[Fate]
    unknown: Sequence[str]
    answers: Mapping[str, Sequence[Any]]
    broken: ServerError | None
    is_confirmed: bool

    @property
    def failure(self) -> ServerError | None:
        """Why not all deployments are on Jira; None when they are, as far as is known.

        It is a PartialError when some are. That Jira knows nothing that a deployment belongs to is
        a failure only where the deployment was to be seen there.
        """
        taken = [Standing.ACCEPTED, Standing.STORED]
        taken += [] if self.is_confirmed else [Standing.UNKNOWN]
        missing = [each for each in self.fates if each.standing not in taken]
        if not missing and self.broken is None:
            return None
        count = f"{len(missing)} of {len(self.fates)} deployments"
        words = f"{count} are not on Jira as they should be"
        is_late = all(each.standing in _LATER for each in missing)
        slug, status = "not-confirmed" if is_late else "not-taken", 202
        hint = "What became of each is said above."
        if any(each.standing is Standing.UNKNOWN for each in missing):
            hint = f"{hint} {UNKNOWN_ISSUES}"
        if self.broken is not None:
            slug, hint, status = self.broken.slug, self.broken.hint, self.broken.status or 0
            words = f"{words}: {self.broken.message}" if missing else self.broken.message
        kind = PartialError if len(missing) < len(self.fates) else ServerError
        return kind(slug, words, hint, status or None)

    @property
    def details(self) -> Mapping[str, Any]:
        """All of it, in JSON's own types."""
        each = [
            {
                **msgspec.to_builtins(fate.key),
                "standing": fate.standing,
                "reasons": list(fate.reasons),
            }
            for fate in self.fates
        ]
        return {"deployments": each, **self.answers}


def submit(
    api: JiraDeployments,
    deployments: Sequence[Deployment],
    properties: Mapping[str, str],
    *,
    product: str | None = None,
    wait_s: float | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Told:
    """Submit deployments; with a time to wait, look until they are stored.

    Args:
        api: of the site.
        deployments: in Atlassian's shape.
        properties: by which they can be deleted together.
        product: the provider's name and version.
        wait_s: how long to look at all of them, in seconds; None looks at none.
        clock: gives seconds.

    Raises:
        UsageError: Jira could not take one; nothing was sent.
        ServerError: it refuses or cannot be reached, and took none. Once it has taken some, what
            ends the work is told with the rest (`Told.broken`).
    """
    fates, unknown = list[Fate](), dict[str, None]()
    answers: dict[str, list[Any]] = {"unknownIssueKeys": [], "unknownAssociations": []}
    broken = None
    try:
        for sent, said in api.submit(deployments, properties, product):
            strange = unknown_names(said)
            unknown |= dict.fromkeys(strange)
            answers["unknownIssueKeys"] += said.unknown_issue_keys
            answers["unknownAssociations"] += said.unknown_associations
            fates += (_fate(each, said, set(strange)) for each in sent)
    except ServerError as error:
        if not fates:
            raise
        broken = error
        fates += (Fate(each.key, Standing.NOT_SENT) for each in deployments[len(fates) :])
    if wait_s is not None and broken is None:
        end = clock() + wait_s
        try:
            for at, fate in enumerate(fates):
                if fate.standing is Standing.ACCEPTED:
                    fates[at] = _looked_for(api, deployments[at], max(0.0, end - clock()))
        except ServerError as error:
            broken = error
    return Told(
        fates=fates,
        unknown=list(unknown),
        answers=answers,
        broken=broken,
        is_confirmed=wait_s is not None,
    )


def unknown_names(said: Submission) -> Sequence[str]:
    """What Jira does not know, named as `Association.names` has it."""
    return [*(f"issue {key}" for key in said.unknown_issue_keys), *_listed(said)]


def _listed(said: Submission) -> Iterator[str]:
    for each in said.unknown_associations:
        try:
            yield from msgspec.convert(each, Association).names
        except msgspec.ValidationError:
            yield "something that Jira does not name"


def _fate(deployment: Deployment, said: Submission, unknown: Collection[str]) -> Fate:
    """What Jira's answer says of one deployment.

    That nothing it belongs to is known comes first: such a one is not stored, whether it is listed
    as accepted, as rejected or not at all (the prose of SubmitDeploymentsResponse).
    """
    key = deployment.key
    reasons = [words for each in said.rejected if each.key == key for words in each.messages]
    if all(name in unknown for each in deployment.associations for name in each.names):
        return Fate(key, Standing.UNKNOWN, reasons)
    if any(each.key == key for each in said.rejected):
        return Fate(key, Standing.REJECTED, reasons or ["no reason"])
    return Fate(key, Standing.ACCEPTED if key in said.accepted else Standing.UNANSWERED)


def _looked_for(api: JiraDeployments, deployment: Deployment, wait_s: float) -> Fate:
    key, body = deployment.key, msgspec.to_builtins(deployment)
    found = confirmed(lambda: api.get(key), body, wait_s=wait_s, same=_SAME)
    standing = _CONFIRMED[found]
    return Fate(key, standing, [_REASONS[standing]] if standing in _REASONS else [])
