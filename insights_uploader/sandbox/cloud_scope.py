"""The one repository of a workspace that every resource is about: who may, and which commit."""

import json
import re
from typing import Any

from starlette.requests import Request

from insights_uploader.sandbox.cloud_access import CloudAccess
from insights_uploader.sandbox.cloud_envelope import CloudError, refused
from insights_uploader.sandbox.cloud_settings import CloudSettings
from insights_uploader.sandbox.git import qualified
from insights_uploader.sandbox.scope import RepositoryScope
from insights_uploader.sandbox.settings import PullRequest

SHORT = 12
"""Digits of a commit's id, as a pull request shows it."""


class CloudScope:
    """Checks, in the server's order: login, repository, permission, commit."""

    def __init__(self, scope: RepositoryScope, settings: CloudSettings, access: CloudAccess):
        """Guard the repository of `scope`."""
        self.settings = settings
        self.repository = scope.repository
        self.slug = scope.settings.repository
        self._scope = scope
        self._access = access

    @property
    def full_name(self) -> str:
        """The repository's, as in `acme/widgets`."""
        return f"{self.settings.workspace}/{self.slug}"

    @property
    def pull_requests(self) -> dict[str, PullRequest]:
        """Those into the repository, by number."""
        return self._scope.pull_requests

    def reader(self, request: Request) -> str:
        """Give the name of a caller who may read the repository that the address names."""
        caller = self._access.caller(request)
        self._check(request)
        return caller

    def writer(self, request: Request) -> str:
        """Give the name of a caller who may write to it."""
        self._access.caller(request)
        self._check(request)
        return self._access.writer(request)

    def commit(self, name: str) -> str:
        """Give the full id of a commit; a short one is known of what a pull request shows."""
        if re.fullmatch(r"[0-9a-f]{7,39}", name):
            tips = [tip for pull in self.pull_requests.values() for tip in self.tips(pull)]
            name = next((tip for tip in tips if tip.startswith(name)), name)
        found = self.repository.commit_id(name) if re.fullmatch(r"[0-9a-f]{40}", name) else None
        if found is None:
            raise refused(404, "Commit not found", name)
        return found

    def tips(self, pull: PullRequest) -> tuple[str, str]:
        """Give the newest commits of both branches."""
        found = [self.repository.commit_id(qualified(each)) for each in (pull.source, pull.target)]
        if None in found:
            raise refused(404, "Commit not found")
        return str(found[0]), str(found[1])

    def _check(self, request: Request) -> None:
        named = f"{request.path_params['workspace']}/{request.path_params['repository']}"
        names = {self.full_name.casefold(), *(f.casefold() for f in self.settings.forks.values())}
        if named.casefold() not in names:
            words = "You may not have access to this repository or it no longer exists in this"
            raise refused(404, f"{words} workspace.")


async def cloud_body(request: Request) -> Any:
    """Read a body, which is JSON."""
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
        raise CloudError(415, {"code": 415, "message": "HTTP 415 Unsupported Media Type"})
    try:
        return json.loads(await request.body())
    except (ValueError, RecursionError):
        raise refused(400, "Bad request", "The body is no JSON") from None
