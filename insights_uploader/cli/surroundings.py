"""What the CI and the git remote say where nobody else says anything."""

from collections.abc import Iterator
from typing import NamedTuple

from insights_uploader.ci.build import Build
from insights_uploader.ci.remote import repository_of
from insights_uploader.repository.checkout import Checkout
from insights_uploader.review import Surroundings

_OF_BUILD = {
    "url": "server",
    "project": "project",
    "repository": "repository",
    "link": "build_url",
}
_MERGING = frozenset({"Jenkins"})
"""CIs that merge the target into the pull request's head, which is the first parent then."""


class Told(NamedTuple):
    """A setting's value, and where it comes from, in words."""

    name: str
    value: str
    origin: str


def told(build: Build | None, checkout: Checkout) -> Iterator[Told]:
    """The settings that the CI or the git remote fill in, the CI's first.

    A remote names the project and the repository, and never the server: the token goes there.
    """
    if build is not None:
        for name, field in _OF_BUILD.items():
            value = getattr(build, field)
            if value is not None:
                yield Told(name, value, f"{build.ci}: {build.origins[field]}")
        if build.target_branch is not None:
            base = checkout.target(build.target_branch)
            yield Told("base", base, f"{build.ci}: {build.origins['target_branch']}")
    address = checkout.remote_address()
    names = repository_of(address) if address else None
    if names is not None:
        for name, value in zip(("project", "repository"), names, strict=True):
            yield Told(name, value, "the git remote")


def around(build: Build | None) -> Surroundings:
    """What the CI says of the commit under review."""
    if build is None:
        return Surroundings()
    revisions = []
    if build.pull_request is not None:
        revisions.append(f"refs/remotes/origin/PR-{build.pull_request}")
    # A fork's branch may be called like the target, as `main` often is: that name is the target's.
    if build.branch and build.target_branch and build.branch != build.target_branch:
        revisions.append(f"refs/remotes/origin/{build.branch}")
    return Surroundings(
        head=build.head,
        branch=build.branch,
        pull_request=build.pull_request,
        head_revisions=revisions,
        merges=build.ci in _MERGING and build.target_branch is not None,
    )
