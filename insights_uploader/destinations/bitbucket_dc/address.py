"""How a Bitbucket Data Center server is addressed."""

from collections.abc import Mapping

from insights_uploader.destinations.address import split_address
from insights_uploader.destinations.bitbucket_cloud.address import is_cloud
from insights_uploader.model.errors import UsageError

HEADERS: Mapping[str, str] = {"X-Atlassian-Token": "no-check"}
"""Of every request: no XSRF check is asked for, which a program without cookies does not need."""


def normalised_url(url: str) -> str:
    """A server's base address, without the parts of it that people paste along.

    Raises:
        UsageError: it is no address of a Bitbucket Data Center server.
    """
    parts = split_address(url)
    host = parts.hostname or ""
    if is_cloud(url) or host == "bitbucket.org" or host.endswith(".bitbucket.org"):
        raise UsageError(
            "bitbucket-cloud",
            "--url: is Bitbucket Cloud, which has nothing of this",
            "This is for Bitbucket Data Center. To Cloud go the reports and build statuses of "
            "publish.",
        )
    path = parts.path.partition("/rest/")[0].rstrip("/").removesuffix("/rest")
    return f"{parts.scheme}://{parts.netloc}{path}"
