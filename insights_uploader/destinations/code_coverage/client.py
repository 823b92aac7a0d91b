"""The Code Coverage app of one Bitbucket Data Center: one method per operation.

There is no document of it; the address and the statuses are those that its clients know:
`/rest/code-coverage/1.0/commits/{commitId}`, POST answered by 201 with what was taken, DELETE. The
address names no repository: all that hold the commit share its coverage.
"""

from collections.abc import Mapping
from typing import Any

from insights_uploader.destinations.bitbucket_dc.refusals import refusal
from insights_uploader.destinations.http import Http, Reply
from insights_uploader.model.errors import ServerError

_DONE = (200, 201, 204)
_HINTS = {
    "no-endpoint": "An administrator must install the Code Coverage app on the server; or --url "
    "lacks its context path.",
    "not-permitted": "It needs read permission on a repository that holds the commit.",
    "too-large": "A proxy before the server takes no bodies of that size.",
}


class CodeCoverage:
    """The coverage of one commit.

    Every method raises `ServerError` when the server refuses, has no such app, or cannot be
    reached, and `UsageError`, before anything is sent, when the commit can be in no address.
    """

    def __init__(self, http: Http, commit: str) -> None:
        self._http = http
        self._address = address(commit)

    def post(self, body: Mapping[str, Any]) -> None:
        """Add the coverage of some files.

        The same again tells the server nothing new, so it is repeated like a PUT.
        """
        self._send("POST", body)

    def delete(self) -> None:
        """Delete all coverage of the commit, whoever sent it."""
        self._send("DELETE")

    def _send(self, method: str, body: Mapping[str, Any] | None = None) -> None:
        reply = self._http.send(method, self._address, body=body, repeatable=True)
        if reply.status not in _DONE:
            raise _explained(refusal(reply))
        _check_origin(reply)


def address(commit: str) -> tuple[str, ...]:
    """The segments of a commit's address."""
    return ("rest", "code-coverage", "1.0", "commits", commit)


def _check_origin(reply: Reply) -> None:
    """Refuse a login page, which says 200 too; what the app itself says is not on record."""
    kind = reply.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind in ("text/html", "application/xhtml+xml"):
        raise reply.error(
            "not-json",
            "the answer is a web page",
            "A proxy or a login page may stand before the server; check --url.",
        )


def _explained(error: ServerError) -> ServerError:
    """The same refusal with what to do about it here."""
    message = error.message
    if error.slug == "no-endpoint":
        message = f"{message} The Code Coverage app is not installed there."
    return ServerError(error.slug, message, _HINTS.get(error.slug, error.hint), error.status)
