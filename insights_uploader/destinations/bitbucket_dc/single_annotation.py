"""The body of one annotation that a user words himself. Pure."""

from collections.abc import Mapping
from typing import Any

from insights_uploader.changes.names import is_in_repository
from insights_uploader.destinations.bitbucket_dc.payload import (
    MAX_LINE,
    MAX_MESSAGE,
    MAX_PATH,
    fitted,
    is_web_address,
)
from insights_uploader.model.errors import UsageError
from insights_uploader.model.finding import FindingType, Severity
from insights_uploader.plan.plan import Body

_MAX_ID = 449  # UTF-16 code units: "a string value shorter than 450 characters"


def annotation_body(
    message: str,
    severity: Severity,
    *,
    kind: FindingType | None = None,
    path: str | None = None,
    line: int | None = None,
    link: str | None = None,
    external_id: str | None = None,
) -> Body:
    """The body of the annotation (RestSingleAddInsightAnnotationRequest).

    Nothing is cut off or left out: whoever words it himself is told what does not fit.

    Raises:
        UsageError: the server would refuse it, or show it nowhere.
    """
    body: dict[str, Any] = {"message": message.strip(), "severity": severity.name}
    if not body["message"] or fitted(message, MAX_MESSAGE) != body["message"]:
        raise _refused("--message", f"must be 1 to {MAX_MESSAGE} characters that can be seen")
    if external_id is not None:
        if not external_id or fitted(external_id, _MAX_ID) != external_id:
            raise _refused("--external-id", f"must be 1 to {_MAX_ID} characters that can be seen")
        body["externalId"] = external_id
    body |= _place(path, line)
    if link is not None:
        if not is_web_address(link):
            raise _refused("--link", "must be an http or https address")
        body["link"] = link
    if kind is not None:
        body["type"] = str(kind)
    return body


def _place(path: str | None, line: int | None) -> Mapping[str, str | int]:
    place: dict[str, str | int] = {}
    if path is not None:
        encoded = path.encode("utf-8", "surrogateescape")
        if not is_in_repository(encoded) or fitted(path, MAX_PATH) != path:
            raise _refused("--path", "must be a file's path in the repository, as in src/a.py")
        place["path"] = path
    if line is not None:
        if path is None or not 0 <= line <= MAX_LINE:
            raise _refused("--line", "must be a line of the file that --path names")
        place["line"] = line
    return place


def _refused(option: str, words: str) -> UsageError:
    return UsageError("bad-annotation", f"{option}: {words}", "Nothing was sent.")
