"""What a CI's variables say of the build that runs."""

from collections.abc import Mapping
from typing import Self

import msgspec

BITBUCKET_CLOUD = "https://bitbucket.org"
"""The server of a build that Bitbucket Pipelines runs."""


class Build(msgspec.Struct, frozen=True, kw_only=True):
    """One build, as its CI describes it; None is what the CI does not say.

    Attributes:
        ci: the CI's name for people.
        server: the address of the Bitbucket server, with its context path and without a slash at
            its end; only where the CI itself names it. Never one of a git remote, since the token
            goes there.
        project: key of the project that a pull request goes to, or `~user`; on Cloud the workspace.
        repository: slug.
        commit: id of the commit that was checked out; None where the CI merges on the agent and
            names no commit for it.
        head: id of the last commit of the pull request's source, where the CI tells it apart from
            the commit that was checked out.
        branch: the branch that was built; of a pull request, its source.
        target_branch: of a pull request.
        pull_request: its number on that server; those of other servers are ignored.
        build_url: page of the build.
        build_number: as the CI counts them; not always a number.
        job: key of the job or plan that was built, the same from build to build, and another one
            than that of any other job of this CI.
        job_name: of the job, for people, where the CI tells it apart from the key.
        plan: key of what the jobs of all branches belong to, where each branch has a job of its
            own; a required build asks for it.
        origins: field -> the variable or variables its value came from.
        ignored: variable -> why its value was not taken; never the value itself.
        others: names of further CIs whose variables are there too, and were not read.
    """

    ci: str
    server: str | None = None
    project: str | None = None
    repository: str | None = None
    commit: str | None = None
    head: str | None = None
    branch: str | None = None
    target_branch: str | None = None
    pull_request: int | None = None
    build_url: str | None = None
    build_number: str | None = None
    job: str | None = None
    job_name: str | None = None
    plan: str | None = None
    origins: Mapping[str, str]
    ignored: Mapping[str, str]
    others: tuple[str, ...] = ()

    def on(self, *, cloud: bool) -> Self:
        """The build as it is to a Bitbucket that the user names.

        Data Center knows nothing of the names and numbers that Pipelines has from Cloud.

        Args:
            cloud: whether that is Bitbucket Cloud.
        """
        if cloud or self.server != BITBUCKET_CLOUD:
            return self
        fields = ("server", "project", "repository", "pull_request")
        told = {self.origins[each] for each in fields if each in self.origins}
        return msgspec.structs.replace(
            self,
            **dict.fromkeys(fields),
            origins={name: each for name, each in self.origins.items() if name not in fields},
            ignored={**self.ignored, **dict.fromkeys(told, "of Bitbucket Cloud")},
        )
