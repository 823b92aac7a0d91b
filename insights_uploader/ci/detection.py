"""Which CI runs us."""

from collections.abc import Mapping
from typing import Protocol

from insights_uploader.ci import (
    azure,
    bamboo,
    bitbucket_pipelines,
    buildkite,
    circleci,
    drone,
    github,
    gitlab,
    jenkins,
    teamcity,
    woodpecker,
)
from insights_uploader.ci.build import Build
from insights_uploader.ci.variables import Variables


class _Ci(Protocol):
    """What each CI's module holds."""

    NAME: str

    def detected(self, environ: Mapping[str, str]) -> bool: ...

    def read(self, variables: Variables) -> None: ...


_KNOWN: tuple[_Ci, ...] = (
    # Agents that somebody starts on any machine: one that runs inside a job of another CI has
    # that job's variables too, and it is the agent that runs us.
    jenkins, bamboo, teamcity, azure, buildkite,
    # These start jobs in an environment of their own.
    gitlab, github, circleci, bitbucket_pipelines,
    # Woodpecker sets many of Drone's variables, for steps that were written for Drone.
    woodpecker, drone,
)  # fmt: skip
"""In the order in which they are asked; the first that is there counts."""


def detect(environ: Mapping[str, str]) -> Build | None:
    """The build that runs us, by its variables alone; None when no CI is known.

    A mere `CI=true` is no CI. Where several are there the first of the list above is read, and
    the others are named. On Windows give `os.environ` itself: only it finds names in any case.
    """
    running = [ci for ci in _KNOWN if ci.detected(environ)]
    if not running:
        return None
    variables = Variables(environ)
    running[0].read(variables)
    return variables.build(running[0].NAME, tuple(ci.NAME for ci in running[1:]))
