"""A deployment in Atlassian's own shape (DeploymentData in its OpenAPI file). Pure.

The deprecated member `issueKeys` is not here, and so is never sent: it takes 100 keys of issues
and nothing else. Atlassian wants `associations` in its place, which take 500 of all kinds.
"""

import datetime as dt
import enum
from collections.abc import Sequence
from typing import Annotated, Literal

import msgspec


class DeploymentState(enum.StrEnum):
    """How far a deployment is."""

    UNKNOWN = "unknown"
    PENDING = "pending"
    IN_PROGRESS = "in_progress"
    CANCELLED = "cancelled"
    FAILED = "failed"
    ROLLED_BACK = "rolled_back"
    SUCCESSFUL = "successful"


class EnvironmentType(enum.StrEnum):
    """What an environment is for."""

    UNMAPPED = "unmapped"
    DEVELOPMENT = "development"
    TESTING = "testing"
    STAGING = "staging"
    PRODUCTION = "production"


class AssociationType(enum.StrEnum):
    """What a deployment belongs to."""

    ISSUE_KEYS = "issueKeys"
    ISSUE_ID_OR_KEYS = "issueIdOrKeys"
    SERVICE_ID_OR_KEYS = "serviceIdOrKeys"
    COMMIT = "commit"
    REPOSITORY = "repository"


ISSUES = (AssociationType.ISSUE_KEYS, AssociationType.ISSUE_ID_OR_KEYS)


class CommandName(enum.StrEnum):
    """What Jira is asked to do: the only command that its document names."""

    INITIATE_DEPLOYMENT_GATING = "initiate_deployment_gating"


class _Shape(
    msgspec.Struct, frozen=True, rename="camel", omit_defaults=True, forbid_unknown_fields=True
):
    """A part of a body, whose members have Atlassian's names."""


class DeploymentKey(msgspec.Struct, frozen=True, rename="camel"):
    """What names a deployment. An answer may hold more than is known here."""

    pipeline_id: str
    environment_id: str
    deployment_sequence_number: int

    @property
    def name(self) -> str:
        """For people."""
        where = f"of pipeline {self.pipeline_id} to {self.environment_id}"
        return f"deployment {self.deployment_sequence_number} {where}"


class Pipeline(_Shape, frozen=True):
    """What deploys; its id is unique for the provider."""

    id: str
    display_name: str
    url: str


class Environment(_Shape, frozen=True):
    """Where to; its id is unique for the provider, so that pipelines can share it."""

    id: str
    display_name: str
    type: EnvironmentType


class Entity(_Shape, frozen=True):
    """A repository; with a hash a commit of it."""

    repository_id: str
    commit_hash: str | None = None


class Association(_Shape, frozen=True):
    """What a deployment belongs to: ids or keys of issues or services, or entities."""

    association_type: AssociationType
    values: Sequence[str | Entity]

    @property
    def names(self) -> Sequence[str]:
        """What it names, for people: a kind and a value each; of issues there is one kind."""
        kind = _KINDS[self.association_type]
        return [
            f"{kind} {each}"
            if isinstance(each, str)
            else " ".join((kind, *filter(None, (each.repository_id, each.commit_hash))))
            for each in self.values
        ]


_KINDS = {
    AssociationType.ISSUE_KEYS: "issue",
    AssociationType.ISSUE_ID_OR_KEYS: "issue",
    AssociationType.SERVICE_ID_OR_KEYS: "service",
    AssociationType.COMMIT: "commit",
    AssociationType.REPOSITORY: "repository",
}


class Command(_Shape, frozen=True):
    """What Jira shall do."""

    command: CommandName


class Deployment(_Shape, frozen=True, kw_only=True):
    """One deployment, as DeploymentData has it, but for the deprecated `issueKeys`.

    Attributes:
        deployment_sequence_number: of two deployments of a pipeline to an environment the later
            has the higher one.
        update_sequence_number: of two updates likewise. Jira silently ignores one whose number is
            not higher than that of what is stored.
        duration: in seconds.
    """

    deployment_sequence_number: int
    update_sequence_number: int
    associations: Sequence[Association]
    display_name: str
    url: str
    description: str
    last_updated: Annotated[dt.datetime, msgspec.Meta(tz=True)]
    state: DeploymentState
    pipeline: Pipeline
    environment: Environment
    label: str | None = None
    duration: int | None = None
    commands: Sequence[Command] = ()
    schema_version: Literal["1.0"] = "1.0"

    @property
    def key(self) -> DeploymentKey:
        """What names it."""
        number = self.deployment_sequence_number
        return DeploymentKey(self.pipeline.id, self.environment.id, number)
