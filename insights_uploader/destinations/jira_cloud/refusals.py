"""Turns a refusal of Jira Software Cloud into one readable sentence and a remedy. Pure.

Builds and deployments give a list, `[{"message", "errorTraceId"?}]`; development information an
object, `{"errorMessages": [...]}`; Atlassian's gateway `{"code", "message"}`; and 401, 403, 429 and
503 have no body. All are read by their look, whoever sent them.
"""

from collections.abc import Sequence
from typing import Any

from insights_uploader.destinations.jira_cloud.address import Api
from insights_uploader.destinations.reply import Reply, describe
from insights_uploader.model.errors import ServerError

_SAYS = " Jira says: "
_OAUTH = (
    "It takes OAuth credentials that an administrator of the site makes, under Settings, Apps, "
    "OAuth credentials"
)
_CLOUD_ID = (
    "Check JIRA_CLOUD_ID, if it is set: it must be the id of the very site whose administrator made "
    "the credentials; without it JIRA_SITE tells it."
)
_PERSONAL = "A personal API token opens none of these APIs."

_SLASH = "%2F"
_NO_SLASH = (
    "An id with a slash may have no address on a server. A pipeline that the CI names is submitted "
    "with ~2F in its place."
)

_BY_STATUS = {
    404: ("not-found", "there is no such thing on the site (404)", ""),
    413: ("too-large", "the request is too large (413)", "Send less at a time."),
    429: ("rate-limited", "too many requests (429)", "Try again in a while."),
    503: ("server-failed", "Jira is not available (503)", "Try again in a while."),
}
_REDIRECTED = (
    "redirected",
    "Jira sends us elsewhere",
    "A site that was renamed answers so. Nothing is sent to another address unasked: give the "
    "new one as --jira-site.",
)


def refusal(reply: Reply, api: Api, *, is_connect: bool) -> ServerError:
    """The error for an answer whose status is not the one hoped for.

    Args:
        reply: the answer.
        api: that was asked.
        is_connect: a Connect app asked; else OAuth credentials did.
    """
    slug, meaning, hint = _meaning(reply, api, is_connect)
    words = reply.quoted("; ".join(error_messages(reply)))
    return reply.error(slug, f"{meaning}.{_SAYS}{words}" if words else f"{meaning}.", hint)


def token_refusal(reply: Reply) -> ServerError:
    """The error for an answer that is no token (RFC 6749, 5.2)."""
    words = reply.quoted("; ".join(error_messages(reply)))
    said = f"{_SAYS}{words}" if words else ""
    if reply.status in (400, 401, 403):
        slug, hint = "bad-token", f"Check JIRA_CLIENT_ID and its secret. {_OAUTH}. {_PERSONAL}"
        return reply.error(slug, f"the credentials are not accepted ({reply.status}).{said}", hint)
    slug, meaning, hint = _common(reply)
    return reply.error(slug, f"{meaning}.{said}", hint)


def error_messages(reply: Reply) -> Sequence[str]:
    """The messages of any of the envelopes; none when the body is another."""
    if not reply.is_json:
        return ()
    try:
        body = reply.json()
    except ServerError:
        return ()
    return list(_messages(body))


def messages_of(errors: Any) -> Sequence[str]:
    """The messages of a list of errors: of a refusal, or of one rejected item."""
    listed = errors if isinstance(errors, list) else []
    return [words for words in map(_message, listed) if words]


def _messages(body: Any) -> Sequence[str]:
    if not isinstance(body, dict):
        return messages_of(body)
    listed = messages_of(body.get("errorMessages"))
    single = (body.get(name) for name in ("message", "error", "error_description"))
    return listed or [words for words in single if isinstance(words, str) and words]


def _message(error: Any) -> str:
    """One error's words, with the id by which Atlassian's support finds it."""
    if isinstance(error, str):
        return error
    if not isinstance(error, dict):
        return ""
    words, trace = error.get("message"), error.get("errorTraceId")
    said = words if isinstance(words, str) and words else "no reason"
    return f"{said} (trace {trace})" if isinstance(trace, str) and trace else said


def _meaning(reply: Reply, api: Api, is_connect: bool) -> tuple[str, str, str]:
    """(slug, what happened, what to do)."""
    if reply.status == 401:
        if is_connect:
            hint = (
                "Check JIRA_CONNECT_KEY, its secret, and this machine's clock: each request's "
                "token counts for three minutes, on the site where the app is installed."
            )
        else:
            hint = f"{_CLOUD_ID} Check JIRA_CLIENT_ID and its secret, too. {_PERSONAL}"
        return "bad-token", "the credentials are not accepted (401)", hint
    if reply.status == 403:
        if is_connect:
            hint = f"The app's descriptor must define {api.module}, and the scope of this request."
        else:
            hint = (
                f"{_OAUTH}, with the permission for {api.name_and_version[0]}, and the cloud id "
                f"of that very site. {_PERSONAL}"
            )
        return "forbidden", "the credentials are accepted and may not do this (403)", hint
    return _common(reply)


def _common(reply: Reply) -> tuple[str, str, str]:
    status = reply.status
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    if 300 <= status < 400:
        slug, words, hint = _REDIRECTED
        return slug, f"{words} ({status})", hint
    if status >= 500:
        return "server-failed", f"Jira failed ({status}, {describe(reply)})", "Try again."
    if reply.is_json or not reply.content:
        return "refused", f"Jira refuses the request ({status})", ""
    if status == 400 and _SLASH in reply.request:
        return "refused", f"the request is refused ({status}, {describe(reply)})", _NO_SLASH
    words = f"the answer is {describe(reply)}, not JSON ({status})"
    return "not-json", words, "A proxy or a login page may stand before Jira; check --jira-site."
