"""The pages of a repository on Bitbucket, to which Jira's issues link. Pure."""

from typing import Self
from urllib.parse import quote, urlsplit

import msgspec

_PORTS = {"https": 443, "http": 80}


class RepositoryPages(msgspec.Struct, frozen=True):
    """Where people find a repository and what is in it, on Bitbucket Data Center.

    Attributes:
        server: its address, with the context path and without a slash at the end.
        project: the project's key, or `~user`.
        slug: the repository's.
    """

    server: str
    project: str
    slug: str

    def of(self, project: str, slug: str) -> Self:
        """Another repository's of this server, as a fork's."""
        return msgspec.structs.replace(self, project=project, slug=slug)

    @property
    def name(self) -> str:
        """For people."""
        return f"{self.project}/{self.slug}"

    @property
    def identity(self) -> str:
        """Names the repository among those of all servers, however its address is spelled.

        Servers do not tell apart the case of a host, of a project's key and of a slug.
        """
        parts = urlsplit(self.server)
        port = parts.port if parts.port not in (None, _PORTS.get(parts.scheme)) else None
        host = f"{parts.hostname or ''}:{port}" if port else parts.hostname or ""
        return f"{host}{parts.path}/{self.project.upper()}/{self.slug.lower()}"

    @property
    def url(self) -> str:
        """The repository."""
        project, slug = (quote(each, safe="~") for each in (self.project, self.slug))
        return f"{self.server}/projects/{project}/repos/{slug}"

    def commit(self, commit: str) -> str:
        """One commit with its changes."""
        return f"{self.url}/commits/{commit}"

    def file(self, commit: str, path: str, *, is_deleted: bool) -> str:
        """One file's changes in a commit; there a deleted file has a page, too."""
        return f"{self.commit(commit)}#{quote(path, safe='/')}"

    def branch(self, name: str) -> str:
        """The files of a branch."""
        return f"{self.url}/browse?at={_ref(name)}"

    def new_pull_request(self, name: str) -> str:
        """Where a pull request of a branch is made."""
        return f"{self.url}/pull-requests?create&sourceBranch={_ref(name)}"

    def pull_request(self, number: int) -> str:
        """One pull request."""
        return f"{self.url}/pull-requests/{number}"


class CloudPages(RepositoryPages, frozen=True):
    """The same on Bitbucket Cloud, where the project is the workspace."""

    @property
    def url(self) -> str:
        """The repository."""
        workspace, slug = (quote(each, safe="~") for each in (self.project, self.slug))
        return f"{self.server}/{workspace}/{slug}"

    def file(self, commit: str, path: str, *, is_deleted: bool) -> str:
        """One file as a commit left it; a deleted one has no page, and is on the commit's."""
        if is_deleted:
            return self.commit(commit)
        return f"{self.url}/src/{commit}/{quote(path, safe='/', errors='replace')}"

    def branch(self, name: str) -> str:
        """A branch."""
        return f"{self.url}/branch/{quote(name, safe='/', errors='replace')}"

    def new_pull_request(self, name: str) -> str:
        """Where a pull request of a branch is made."""
        return f"{self.url}/pull-requests/new?source={quote(name, safe='', errors='replace')}"


def _ref(branch: str) -> str:
    """A branch as a query names it; one whose name is no UTF-8 has no page."""
    return quote(f"refs/heads/{branch}", safe="", errors="replace")
