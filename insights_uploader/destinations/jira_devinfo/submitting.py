"""Submits development information, and says of each entity what Jira said to it."""

import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Any

import msgspec

from insights_uploader.destinations.jira_cloud.confirming import UNKNOWN_ISSUES
from insights_uploader.destinations.jira_devinfo.acceptance import (
    Acceptance,
    Entity,
    entities_of,
)
from insights_uploader.destinations.jira_devinfo.chunks import KINDS, chunks, halves
from insights_uploader.destinations.jira_devinfo.client import DevInfo
from insights_uploader.destinations.jira_devinfo.confirmation import Sight, seen
from insights_uploader.destinations.jira_devinfo.payload import Body, Submission
from insights_uploader.model.errors import PartialError, ServerError


class Standing(StrEnum):
    """How an entity stands after its submission."""

    ACCEPTED = "accepted"
    STORED = "stored"
    UNSEEN = "accepted, and not among the 400 newest, which are all that Jira shows"
    SUPERSEDED = "superseded"
    NOT_YET = "not stored yet"
    UNKNOWN = "belongs to no issue that Jira knows"
    FAILED = "failed"
    NOT_SENT = "not sent"


_TAKEN = (Standing.ACCEPTED, Standing.STORED, Standing.UNSEEN)
_LATER = (Standing.NOT_YET, Standing.UNKNOWN)
_SEEN = {
    Sight.STORED: Standing.STORED,
    Sight.SUPERSEDED: Standing.SUPERSEDED,
    Sight.NOT_YET: Standing.NOT_YET,
    Sight.BEYOND: Standing.UNSEEN,
}
_REASONS = {
    Standing.SUPERSEDED: "another update of the same or a greater sequence id is stored, and Jira "
    "ignores what is not newer",
    Standing.NOT_YET: "it is accepted; Jira stores it later, mostly soon",
}


class Fate(msgspec.Struct, frozen=True):
    """What became of one entity, or of a whole repository, and why."""

    entity: Entity
    standing: Standing
    reasons: Sequence[str] = ()
    issue_keys: Sequence[str] = ()

    @property
    def line(self) -> str:
        """For people."""
        of = f" for {', '.join(self.issue_keys)}" if self.issue_keys else ""
        return ": ".join((self.standing, f"{self.entity.words}{of}", *self.reasons))


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a submission.

    Attributes:
        fates: of every entity, and of repositories that failed as a whole.
        unknown_keys: issues that Jira does not know.
        broken: what ended it before its end.
        is_confirmed: whether what is accepted was to be seen there.
    """

    fates: Sequence[Fate]
    unknown_keys: Sequence[str]
    broken: ServerError | None = None
    is_confirmed: bool = False

    @property
    def lines(self) -> Sequence[str]:
        """What Jira took, a line each."""
        taken = (Standing.ACCEPTED, Standing.STORED)
        return [self._known(each).line for each in self.fates if each.standing in taken]

    @property
    def warnings(self) -> Sequence[str]:
        """What it did not take, and what is not known of it, a line each."""
        taken = (Standing.ACCEPTED, Standing.STORED)
        strange = [f"Jira knows no issue {key}" for key in self.unknown_keys]
        return [*(each.line for each in self.fates if each.standing not in taken), *strange]

    def _known(self, fate: Fate) -> Fate:
        """With those of its issues only at which Jira shows it."""
        keys = [key for key in fate.issue_keys if key not in self.unknown_keys]
        return msgspec.structs.replace(fate, issue_keys=keys)

    @property
    def failure(self) -> ServerError | None:
        """Why not all is on Jira as it should be; None when it is, as far as is known.

        It is a PartialError when some is. What belongs to no issue that Jira knows is found by the
        way, as a commit that names another system's: it is a failure only where that is all there
        is, and it was to be seen there.
        """
        is_strange = all(each.standing is Standing.UNKNOWN for each in self.fates)
        taken = _TAKEN if self.is_confirmed and is_strange else (*_TAKEN, Standing.UNKNOWN)
        missing = [e for e in self.fates if e.standing not in taken and e.entity.kind]
        if not missing and self.broken is None:
            return None
        count = sum(bool(each.entity.kind) for each in self.fates)
        words = f"{len(missing)} of {count} entities are not on Jira as they should be"
        slug, hint, status = _slug(missing), "What became of each is said above.", None
        if any(each.standing is Standing.UNKNOWN for each in missing):
            hint = f"{hint} {UNKNOWN_ISSUES}"
        if self.broken is not None:
            slug, hint, status = self.broken.slug, self.broken.hint, self.broken.status
            words = f"{words}: {self.broken.message}" if missing else self.broken.message
        kind = PartialError if len(missing) < count else ServerError
        return kind(slug, words, hint, status)

    @property
    def details(self) -> Mapping[str, Any]:
        """All of it, in JSON's own types."""
        entities = [
            {
                **msgspec.to_builtins(each.entity),
                "issueKeys": list(each.issue_keys),
                "standing": each.standing,
                "reasons": list(each.reasons),
            }
            for each in self.fates
        ]
        return {
            "sent": True,
            "entities": entities,
            "unknownIssueKeys": list(self.unknown_keys),
        }


def submit(
    api: DevInfo,
    repositories: Sequence[Body],
    submission: Submission,
    wait_s: float | None = None,
    *,
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> Told:
    """Submit repositories with all that is in them; with a time to wait, look until it is stored.

    What is too large for Jira (413) is sent in two parts.

    Args:
        api: of the site.
        repositories: bodies with entities.
        submission: what is said of all.
        wait_s: how long to look, in seconds; None looks not at all.
        sleep: waits for some seconds.
        clock: gives seconds.

    Raises:
        UsageError: Jira could not take it; nothing was sent.
        ServerError: it refuses or cannot be reached, and took nothing. Once it has taken some,
            what ends the work is told with the rest (`Told.broken`).
    """
    said, sent, broken = _sent(api, repositories, submission)
    bodies = {
        Entity(each["id"], kind, entity["id"]): entity
        for each in repositories
        for kind in KINDS
        for entity in each.get(kind, ())
    }
    fates = {fate.entity: fate for fate in _fates(said, bodies)}
    if wait_s is not None:
        pending = {e: bodies[e] for e, f in fates.items() if f.standing is Standing.ACCEPTED}
        try:
            looked = seen(api.repository, pending, wait_s, sleep=sleep, clock=clock)
        except ServerError as error:
            broken, looked = broken or error, {}
        for entity, sight in looked.items():
            standing = _SEEN[sight]
            reasons = [_REASONS[standing]] if standing in _REASONS else []
            fates[entity] = Fate(entity, standing, reasons, bodies[entity]["issueKeys"])
    unsent = [Fate(each, Standing.NOT_SENT) for each in bodies if each not in sent]
    return Told(
        fates=[*fates.values(), *unsent],
        unknown_keys=said.unknown_keys,
        broken=broken,
        is_confirmed=wait_s is not None,
    )


def _sent(
    api: DevInfo, repositories: Sequence[Body], submission: Submission
) -> tuple[Acceptance, set[Entity], ServerError | None]:
    """What was said, to which entities, and what ended it early."""
    said, sent = Acceptance(), set[Entity]()
    parts = deque(chunks(repositories))
    while parts:
        part = parts.popleft()
        try:
            said += api.submit(part, submission)
        except ServerError as error:
            smaller = halves(part) if error.status == 413 else [part]
            if len(smaller) > 1:
                parts.extendleft(reversed(smaller))
                continue
            if not sent:
                raise
            return said, sent, error
        sent |= set(entities_of(part))
    return said, sent, None


def _fates(said: Acceptance, bodies: Mapping[Entity, Body]) -> Iterator[Fate]:
    unknown = set(said.unknown_keys)
    for entity in said.accepted:
        keys = bodies[entity]["issueKeys"]
        standing = Standing.UNKNOWN if set(keys) <= unknown else Standing.ACCEPTED
        yield Fate(entity, standing, (), keys)
    for failure in said.failed:
        keys = bodies.get(failure.entity, {}).get("issueKeys", ())
        yield Fate(failure.entity, Standing.FAILED, failure.messages or ["no reason"], keys)


def _slug(missing: Sequence[Fate]) -> str:
    standings = {each.standing for each in missing}
    if standings and standings <= set(_LATER):
        return "not-confirmed"
    return "superseded" if standings == {Standing.SUPERSEDED} else "not-taken"
