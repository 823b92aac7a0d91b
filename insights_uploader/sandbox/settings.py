"""What a sandbox serves, to whom, and which of the server's open questions it answers how."""

import math
import re
from dataclasses import dataclass, field
from enum import IntEnum
from pathlib import Path
from typing import Literal, get_args

from insights_uploader.sandbox.cloud_settings import CloudSettings
from insights_uploader.sandbox.git import qualified
from insights_uploader.sandbox.jira_settings import JiraSettings

State = Literal["OPEN", "DECLINED", "MERGED"]


class Permission(IntEnum):
    """A caller's right on the one repository; a higher one includes the lower."""

    NONE = 0
    READ = 1
    ADMIN = 2


@dataclass(frozen=True, slots=True)
class User:
    """Someone who logs in with a password (Basic) or personal access tokens.

    A personal token works as Bearer and as a Basic password
    (Atlassian, "HTTP access tokens").
    """

    name: str
    password: str = field(repr=False)
    permission: Permission = Permission.READ
    tokens: tuple[str, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class AccessToken:
    """A project or repository access token: Bearer only, never a Basic password.

    It acts as a user of its own, `name` (Atlassian, "HTTP access tokens").
    """

    name: str
    secret: str = field(repr=False)
    permission: Permission = Permission.READ


@dataclass(frozen=True, slots=True)
class PullRequest:
    """A pull request between two refs of the repository; short names mean branches."""

    id: int
    source: str
    target: str
    state: State = "OPEN"
    title: str = "Sandbox pull request"

    def __post_init__(self) -> None:
        """Refuse refs that git would refuse, or take for an option."""
        qualified(self.source)
        qualified(self.target)
        if self.id < 1:
            raise ValueError(f"a pull request's id is positive, not {self.id}")
        if self.state not in get_args(State):
            raise ValueError(f"unknown pull request state {self.state!r}")


@dataclass(frozen=True, slots=True)
class RateLimit:
    """A bucket of tokens for every user: how many it holds, and how many flow in each second.

    The defaults are the server's (Atlassian OpenAPI, RestRateLimitSettings). Without inflow, or
    without room, the wait that the server names is endless.
    """

    capacity: int = 60
    per_second: float = 5.0

    def __post_init__(self) -> None:
        """Refuse what is no bucket."""
        if self.capacity < 0 or not 0 <= self.per_second < math.inf:
            raise ValueError(
                f"a rate limit is not negative, not {self.capacity} and {self.per_second}/s"
            )


@dataclass(frozen=True, slots=True)
class SandboxSettings:
    """One sandbox: a repository, its callers, its pull requests and its habits.

    The habits that Atlassian leaves open are switches: `over_limit_status`,
    `put_keeps_annotations`, `delete_absent_status` and `changes_paged`. A server without
    `rate_limit` takes any number of requests. One without `richBuildStatus` among its
    `build_capabilities` has the legacy API of build statuses alone; None is one that is older still
    and does not even know the address.
    """

    checkout: Path
    project: str = "PRJ"
    repository: str = "repo"
    context_path: str = ""
    users: tuple[User, ...] = ()
    tokens: tuple[AccessToken, ...] = ()
    pull_requests: tuple[PullRequest, ...] = ()
    annotation_limit: int = 1000
    over_limit_status: Literal[413, 400] = 413
    put_keeps_annotations: bool = True
    delete_absent_status: Literal[204, 404] = 204
    changes_paged: bool = True
    diff_line_limit: int = 10_000
    captcha_after: int = 5
    rate_limit: RateLimit | None = None
    build_capabilities: tuple[str, ...] | None = ("richBuildStatus", "cancelledStatus")
    jira: JiraSettings = field(default_factory=JiraSettings)
    cloud: CloudSettings = field(default_factory=CloudSettings)
    body_limit: int = 16 * 1024 * 1024
    version: str = "9.4.22"

    def __post_init__(self) -> None:
        """Refuse settings that would make a sandbox nobody meant."""
        if not re.fullmatch(r"(/[A-Za-z0-9._-]+)*", self.context_path):
            raise ValueError(f"a context path looks like /bitbucket, not {self.context_path!r}")
        if self.over_limit_status not in (413, 400):
            raise ValueError(f"over_limit_status is 413 or 400, not {self.over_limit_status}")
        if self.delete_absent_status not in (204, 404):
            raise ValueError(f"delete_absent_status is 204 or 404, not {self.delete_absent_status}")
        names = [user.name for user in self.users] + [token.name for token in self.tokens]
        if len(set(names)) != len(names):
            raise ValueError("two users or tokens have the same name")
        ids = [pull_request.id for pull_request in self.pull_requests]
        if len(set(ids)) != len(ids):
            raise ValueError("two pull requests have the same id")
