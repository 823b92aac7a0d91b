"""The variables of a CI, each checked when it is taken, with a note of where a value came from."""

from collections.abc import Callable, Mapping
from string import Formatter
from typing import Any
from urllib.parse import quote, unquote

from insights_uploader.ci import address, checks, remote
from insights_uploader.ci.build import BITBUCKET_CLOUD, Build

_CHECKS: Mapping[str, Callable[[str], str | int]] = {
    "server": checks.server_address,
    "project": checks.project_key,
    "repository": checks.repository_slug,
    "commit": checks.commit_id,
    "head": checks.commit_id,
    "branch": checks.branch_name,
    "target_branch": checks.branch_name,
    "pull_request": checks.pull_request_number,
    "build_url": checks.web_address,
    "build_number": checks.label,
    "job": checks.job,
    "job_name": checks.job,
    "plan": checks.job,
}
_OF_THE_SERVER = ("project", "repository", "pull_request")
_ELSEWHERE = "of another server than Bitbucket Data Center"


class Variables:
    """What the environment says, field by field; the first valid value of a field stays."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self._values: dict[str, Any] = {}
        self._origins: dict[str, str] = {}
        self._ignored: dict[str, str] = {}
        self._elsewhere = False

    def get(self, name: str) -> str:
        """A variable's value as it stands; empty when it is not set or blank."""
        value = self._environ.get(name, "")
        return value if value.strip() else ""

    def has(self, name: str) -> bool:
        """Whether a variable is there, be it blank."""
        return name in self._environ

    def take(self, field: str, *names: str) -> None:
        """Set a field from the first of the variables that has a valid value."""
        for name in names:
            if text := self.get(name):
                self._put(field, text, name)

    def take_tracking(self, field: str, name: str) -> None:
        """Set a field from a branch with its remote before it: `origin/main`."""
        if text := self.get(name):
            self._put(field, text.removeprefix("refs/remotes/").removeprefix("origin/"), name)

    def take_above(self, field: str, name: str, last: str) -> None:
        """Set a field from a path without its last part, if that is the one that is named."""
        above, slash, part = self.get(name).rpartition("/")
        if slash and last and unquote(part) == last:
            self._put(field, above, name)

    def join(self, field: str, *names: str) -> None:
        """Set a field from variables with slashes between them, if all of them are there."""
        if all(map(self.get, names)):
            self._put(field, "/".join(map(self.get, names)), ", ".join(names))

    def compose(self, field: str, template: str) -> None:
        """Set a field from a template like `{SERVER}/build/{NUMBER}`, if all of it is there."""
        names = [name for _, name, _, _ in Formatter().parse(template) if name]
        if all(map(self.get, names)):
            values = {name: _quoted(self.get(name).rstrip("/")) for name in names}
            self._put(field, template.format_map(values), ", ".join(names))

    def take_address(self, *names: str) -> None:
        """Set server, project, repository and pull request from a page's address.

        An address of another server shows that the pull request is not Bitbucket's.
        """
        for name in names:
            if text := self.get(name):
                try:
                    page = address.parse(text)
                except ValueError as error:
                    self._ignored[name] = str(error)
                    self._elsewhere = True
                    continue
                for field in ("server", *_OF_THE_SERVER):
                    if (value := getattr(page, field)) is not None:
                        self._put(field, str(value), name)

    def take_remote(self, *names: str) -> None:
        """Set project and repository from the address of a git remote; never the server."""
        for name in names:
            if text := self.get(name):
                self._elsewhere |= remote.is_elsewhere(text)
                if found := remote.repository_of(text):
                    self._put("project", found[0], name)
                    self._put("repository", found[1], name)
                else:
                    self._ignored[name] = "not an address to clone from Bitbucket Data Center"

    def take_cloud(self, workspace: str, repository: str, pull_request: str) -> None:
        """Set server, project, repository and pull request, which are Bitbucket Cloud's."""
        text = self.get(workspace)
        try:  # no project's key, which would be in upper case
            self._values["project"] = checks.repository_slug(text)
        except ValueError as error:
            self._ignored[workspace] = str(error)
            self.elsewhere(pull_request)
            return
        self._values["server"] = BITBUCKET_CLOUD
        self._origins |= {"server": workspace, "project": workspace}
        self.take("repository", repository)
        self.take("pull_request", pull_request)

    def elsewhere(self, *names: str) -> None:
        """These variables are about a repository or pull request of another server."""
        for name in names:
            if self.get(name):
                self._ignored[name] = _ELSEWHERE

    def build(self, ci: str, others: tuple[str, ...]) -> Build:
        """All that was taken.

        Without an address of Bitbucket Data Center, and with one of another server, a number or a
        name is that server's: the same number here would be a stranger's pull request.
        """
        if self._elsewhere and "server" not in self._values:
            for field in _OF_THE_SERVER:
                if self._values.pop(field, None) is not None:
                    self._ignored[self._origins.pop(field)] = _ELSEWHERE
        return Build(
            ci=ci,
            others=others,
            origins=self._origins,
            ignored=self._ignored,
            **self._values,
        )

    def _put(self, field: str, text: str, origin: str) -> None:
        if field in self._values:
            return
        try:
            self._values[field] = _CHECKS[field](text)
        except ValueError as error:
            self._ignored[origin] = str(error)
        else:
            self._origins[field] = origin


def _quoted(text: str) -> str:
    """A part of an address, of a variable that need be no UTF-8."""
    return quote(text, safe=":/~@", errors="surrogateescape")
