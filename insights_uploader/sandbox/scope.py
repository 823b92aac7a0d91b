"""The one repository that every resource is about: who may, and which commit."""

import json
import re
from typing import Any, NoReturn

from starlette.requests import Request

from insights_uploader.sandbox.access import (
    Caller,
    authenticated,
    check_json,
    check_xsrf,
    not_permitted,
)
from insights_uploader.sandbox.envelope import (
    ApiError,
    bad_argument,
    no_such_commit,
    no_such_project,
    no_such_repository,
)
from insights_uploader.sandbox.git import Repository
from insights_uploader.sandbox.settings import Permission, PullRequest, SandboxSettings


class RepositoryScope:
    """Checks, in the server's order: login, project, repository, permission, commit."""

    def __init__(self, settings: SandboxSettings, repository: Repository) -> None:
        """Guard this repository."""
        self.settings = settings
        self.repository = repository
        self.pull_requests = {str(each.id): each for each in settings.pull_requests}

    def reader(self, request: Request) -> Caller:
        """Give a caller who may read the repository that the address names."""
        caller = authenticated(request)
        project, slug = request.path_params["project"], request.path_params["repository"]
        # keys and slugs are case-insensitive on the server
        if project.casefold() != self.settings.project.casefold():
            raise no_such_project(project)
        if slug.casefold() != self.settings.repository.casefold():
            raise no_such_repository(project, slug)
        if caller.permission < Permission.READ:
            raise not_permitted()
        return caller

    def writer(self, request: Request) -> Caller:
        """Give a reader whose mutation no foreign page can have sent."""
        check_xsrf(request.headers)
        return self.reader(request)

    def open(self, pull_request: PullRequest) -> None:
        """Add a pull request to those of the settings.

        Raises:
            ValueError: there is one of this number.
        """
        number = str(pull_request.id)
        if number in self.pull_requests:
            raise ValueError(f"there is a pull request {number}")
        self.pull_requests = {**self.pull_requests, number: pull_request}

    def commit(self, name: str) -> str:
        """Give the full id of a commit, branch or ref, or 404."""
        commit = self.repository.commit_id(name)
        if commit is None:
            raise no_such_commit(name, self.settings.repository)
        return commit

    def full_commit(self, request: Request) -> str:
        """Give the commit of a Code Insights address: a full id that exists."""
        name: str = request.path_params["commit"]
        if not re.fullmatch(r"[0-9a-fA-F]{40}", name):
            raise bad_argument(f"'{name}' is not a full 40 character commit hash")
        return self.commit(name)


async def json_body(request: Request) -> Any:
    """Read a JSON body: 415 for another type, 400 for what is no JSON."""
    check_json(request.headers)
    try:
        return json.loads(await request.body(), parse_constant=_no_constant)
    except (ValueError, RecursionError):
        name = "com.fasterxml.jackson.core.JsonParseException"
        raise ApiError(400, "The request body is not valid JSON", name) from None


def _no_constant(name: str) -> NoReturn:
    # NaN and the infinities are Python's own, not JSON
    raise ValueError(name)
