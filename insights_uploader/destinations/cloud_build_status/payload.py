"""The request body of a build status on Bitbucket Cloud. Pure.

Members and states are those of Atlassian's OpenAPI file for Cloud (`commitstatus`); a key ends at 40
characters. No length of a name or description is documented: Data Center's are kept.
"""

import enum
import hashlib
import re
from typing import Any

import msgspec

from insights_uploader.destinations.bitbucket_cloud.payload import is_cloud_link
from insights_uploader.destinations.bitbucket_dc.payload import fitted
from insights_uploader.destinations.long_names import shortened
from insights_uploader.model.errors import UsageError
from insights_uploader.plan.plan import Body

MAX_KEY = 40
MAX_NAME = 255
MAX_DESCRIPTION = 255
_BRANCH = "refs/heads/"
_NOT_PLAIN = re.compile(r"[^A-Za-z0-9._-]+")


class CloudBuildState(enum.StrEnum):
    """How far a build is."""

    INPROGRESS = "INPROGRESS"
    SUCCESSFUL = "SUCCESSFUL"
    FAILED = "FAILED"
    STOPPED = "STOPPED"


class CloudBuild(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be said of one build of a commit.

    Attributes:
        key: names the job or plan, the same from build to build: a later status replaces it.
        state: how far it is.
        url: of the build's page.
        name: for people.
        description: one sentence for people.
        branch: that was built; without it the status belongs to no pull request.
    """

    key: str
    state: CloudBuildState
    url: str
    name: str | None = None
    description: str | None = None
    branch: str | None = None


def cloud_build_key(key: str) -> str:
    """The key as the server gets it: one that is too long is cut and ends in a hash of the whole.

    A key is also a part of an address, so that one with other signs than those of a word, as the
    slashes of a job in folders, gets dashes for them and a hash, too.

    Raises:
        UsageError: it is blank, or holds what cannot be seen.
    """
    name = key.strip()
    if not name or not name.isprintable():
        words = "--key: the build's key is empty, or holds characters that cannot be seen"
        raise UsageError("no-build-key", words, "It names the job. Nothing was sent.")
    plain = _NOT_PLAIN.sub("-", name)
    if plain != name or not plain.strip("."):
        plain = f"{plain}-{hashlib.sha256(name.encode('utf-8', 'replace')).hexdigest()[:8]}"
    return shortened(plain, MAX_KEY)


def cloud_build_body(build: CloudBuild) -> Body:
    """The body of the POST and the PUT (`commitstatus`).

    Raises:
        UsageError: the server would refuse it, and nothing can be cut off that it means.
    """
    if not is_cloud_link(build.url):
        raise UsageError(
            "bad-build-url",
            f"--build-url {build.url!r}: is no address that Bitbucket Cloud takes",
            "It must be http or https, and its host a full name, not localhost. Nothing was sent.",
        )
    body: dict[str, Any] = {
        "key": cloud_build_key(build.key),
        "state": str(build.state),
        "url": build.url,
    }
    texts = {
        "name": fitted(build.name or "", MAX_NAME),
        "description": fitted(build.description or "", MAX_DESCRIPTION),
        "refname": (build.branch or "").removeprefix(_BRANCH),
    }
    return body | {name: text for name, text in texts.items() if text}
