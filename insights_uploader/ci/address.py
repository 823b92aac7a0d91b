"""A page of Bitbucket Data Center, by its address: which server, repository and pull request.

`https://host/context/projects/PRJ/repos/slug/pull-requests/7/overview`; repositories of users lie
below `/users/name/repos/` and belong to the project `~name`.
"""

from collections.abc import Sequence
from urllib.parse import unquote, urlsplit

import msgspec

from insights_uploader.ci import checks


class Address(msgspec.Struct, frozen=True):
    """Where a page of a repository lies.

    Attributes:
        server: with the context path, without a slash at its end.
        project: key, or `~user`.
        repository: slug.
        pull_request: number; None for any other page.
    """

    server: str
    project: str
    repository: str
    pull_request: int | None = None


def parse(url: str) -> Address:
    """Take a page's address apart.

    Raises:
        ValueError: the address is broken, or of no repository of Bitbucket Data Center.
    """
    scheme, host, path, *_ = urlsplit(checks.web_address(url))
    parts = segments(path)
    found = find_repository(parts)
    if found is None:
        raise ValueError("not an address in a repository of Bitbucket Data Center")
    start, project, repository = found
    context = [part for part in path.split("/") if part][:start]  # as it stands, not decoded
    server = checks.server_address("/".join([f"{scheme}://{host}", *context]))
    number = None
    match parts[start + 4 :]:
        case ["pull-requests", text, *_]:
            number = checks.pull_request_number(text)
    return Address(server, project, repository, number)


def segments(path: str) -> list[str]:
    """The parts of an address's path, decoded."""
    return [unquote(part) for part in path.split("/") if part]


def find_repository(parts: Sequence[str]) -> tuple[int, str, str] | None:
    """Where `projects/KEY/repos/slug` or `users/name/repos/slug` begins, the key and the slug.

    Raises:
        ValueError: the key or the slug is not valid.
    """
    for start in range(len(parts) - 3):
        kind, owner, repos, slug = parts[start : start + 4]
        if repos == "repos" and kind in ("projects", "users"):
            key = f"~{owner}" if kind == "users" else owner
            return start, checks.project_key(key), checks.repository_slug(slug)
    return None
