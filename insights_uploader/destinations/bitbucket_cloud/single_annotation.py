"""The body of one annotation that a user words himself, for Bitbucket Cloud. Pure."""

import hashlib
from typing import Any

from insights_uploader.changes.names import is_in_repository
from insights_uploader.destinations.bitbucket_cloud.payload import (
    MAX_DETAILS,
    is_cloud_link,
    split_message,
)
from insights_uploader.destinations.bitbucket_dc.payload import fitted
from insights_uploader.model.errors import UsageError
from insights_uploader.model.finding import FindingType, Severity
from insights_uploader.plan.plan import Body


def cloud_annotation_body(
    message: str,
    severity: Severity,
    *,
    kind: FindingType | None = None,
    path: str | None = None,
    line: int | None = None,
    link: str | None = None,
    external_id: str | None = None,
) -> Body:
    """The body of the annotation (`report_annotation`), whose id follows from it if none is given.

    Nothing is cut off or left out: whoever words it himself is told what does not fit.

    Raises:
        UsageError: the server would refuse it, or show it nowhere.
    """
    words = message.strip()
    if not words or fitted(message, MAX_DETAILS) != words:
        raise _refused("--message", f"must be 1 to {MAX_DETAILS} characters that can be seen")
    if external_id is not None and (not external_id.strip() or not external_id.isprintable()):
        raise _refused("--external-id", "must be characters that can be seen")
    if path is not None and not is_in_repository(path.encode("utf-8", "surrogateescape")):
        raise _refused("--path", "must be a file's path in the repository, as in src/a.py")
    if line is not None and (path is None or line < 1):
        raise _refused("--line", "must be a line of the file that --path names")
    if link is not None and not is_cloud_link(link):
        raise _refused("--link", "must be an http or https address, and not this machine's own")
    identity = hashlib.sha256(f"{path}\0{line}\0{words}".encode("utf-8", "replace")).hexdigest()
    body: dict[str, Any] = {
        "external_id": external_id or identity[:32],
        "annotation_type": str(kind or FindingType.CODE_SMELL),
        **split_message(words),
        "severity": severity.name,
    }
    given = {"path": path, "line": line, "link": link}
    return body | {name: value for name, value in given.items() if value is not None}


def _refused(option: str, words: str) -> UsageError:
    return UsageError("bad-annotation", f"{option}: {words}", "Nothing was sent.")
