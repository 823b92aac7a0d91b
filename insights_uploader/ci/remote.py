"""The project and the repository in the address of a git remote; never the host.

Whoever may write to a checkout chooses its remotes, so a host that stands in one gets no token.
"""

import re
from urllib.parse import urlsplit

from insights_uploader.ci import checks
from insights_uploader.ci.address import find_repository, segments

_SCP = re.compile(r"(?:[^@/:\s]+@)?([^@/:\s]{2,}):(?!//)(.*)")
"""`git@host:prj/slug.git`; a host of one letter is a drive of Windows."""


def repository_of(url: str) -> tuple[str, str] | None:
    """The project's key and the repository's slug; None when it is no remote of Data Center.

    Known are `https://host/context/scm/prj/slug.git`, `ssh://git@host:7999/prj/slug.git`,
    `git@host:prj/slug.git` and the address of the repository's page.
    """
    location = _locate(url)
    if location is None:
        return None
    scheme, host, parts = location
    if checks.is_another_forge(host):
        return None
    try:
        if page := find_repository(parts):
            return page[1:]
        match scheme, parts:
            case ("http" | "https", [*_, "scm", project, slug]) | ("ssh", [project, slug]):
                return checks.project_key(project), _slug(slug)
    except ValueError:
        pass
    return None


def is_elsewhere(url: str) -> bool:
    """Whether a remote is surely on a server that is not Bitbucket Data Center."""
    location = _locate(url)
    if location is None:
        return False
    scheme, host, _ = location
    return checks.is_another_forge(host) or (scheme != "ssh" and repository_of(url) is None)


def _locate(url: str) -> tuple[str, str, list[str]] | None:
    """Scheme, host and decoded path; None for a folder and for what is no address."""
    if not url.isprintable() or len(url) > 2048:
        return None
    if "://" not in url:
        scp = _SCP.fullmatch(url)
        return ("ssh", scp[1].lower(), segments(scp[2])) if scp else None
    try:
        address = urlsplit(url)
        host = address.hostname
    except ValueError:  # a bracket that is not closed
        return None
    if address.scheme not in ("http", "https", "ssh") or not host:
        return None
    return address.scheme, host, segments(address.path)


def _slug(name: str) -> str:
    return checks.repository_slug(name.removesuffix(".git"))
