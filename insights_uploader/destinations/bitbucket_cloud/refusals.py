"""Turns a refusal of Bitbucket Cloud into one readable sentence and a remedy. Pure.

Its services have three envelopes: `{"type": "error", "error": {"message", "detail"}}` by the OpenAPI
file, `{"key", "message", "arguments"}` of Code Insights (reviewdog/reviewdog #1285), and
`{"code", "message"}` of the gateway before them. A 429 is plain text and has no `Retry-After`
(cdancy/bitbucket-rest #354). All are read by their look, whoever sent them.
"""

from collections.abc import Iterator
from typing import Any

from insights_uploader.destinations.bitbucket_dc.refusals import SAYS
from insights_uploader.destinations.reply import Reply, describe
from insights_uploader.model.errors import ServerError

_LOGIN = (
    "An API token of Atlassian goes with its account's e-mail address: set BITBUCKET_TOKEN and "
    "BITBUCKET_USERNAME. A repository's or workspace's access token goes alone, as BITBUCKET_TOKEN."
)
_BY_STATUS = {
    401: ("bad-token", "the login is not accepted (401)", _LOGIN),
    403: (
        "forbidden",
        "the login is accepted and may not do this (403)",
        "It needs the scopes read:repository, write:repository and read:pullrequest.",
    ),
    413: ("too-large", "the request is too large (413)", "Try a smaller --max-annotations."),
    429: (
        "rate-limited",
        "too many requests (429)",
        "Bitbucket Cloud takes some 1,000 an hour of one login. Try again later.",
    ),
    555: ("too-slow", "the server took too long (555)", "Let git make the diff: use --base."),
}
_MISSING = (
    "Check --project, which takes the workspace, --repository, and whether the commit is pushed. A "
    "private repository shows so too, to a login that may not read it."
)
_REDIRECTED = (
    "Nothing is sent to another address. A workspace or repository that was renamed shows so too."
)


def refusal(reply: Reply) -> ServerError:
    """The error for an answer whose status is not the one hoped for."""
    slug, meaning, hint = _meaning(reply)
    return reply.error(slug, f"{meaning}.{_said(reply)}", hint)


def token_refusal(reply: Reply) -> ServerError:
    """The error for an answer that is no OAuth token (RFC 6749, 5.2)."""
    if reply.status in (400, 401, 403):
        words = f"the OAuth credentials are not accepted ({reply.status}).{_said(reply)}"
        hint = "Check BITBUCKET_CLIENT_ID and BITBUCKET_CLIENT_SECRET, of a private OAuth consumer."
        return reply.error("bad-token", words, hint)
    return refusal(reply)


def _meaning(reply: Reply) -> tuple[str, str, str]:
    """(slug, what happened, what to do)."""
    status = reply.status
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    if status == 404 and reply.is_json:
        return "not-found", "there is no such thing on the server (404)", _MISSING
    if 300 <= status < 400:
        return "redirected", f"the server sends us elsewhere ({status})", _REDIRECTED
    if status >= 500:
        return "server-failed", f"the server failed ({status}, {describe(reply)})", "Try again."
    if reply.is_json:
        return "refused", f"the server refuses the request ({status})", ""
    slug = "no-endpoint" if status == 404 else "not-json"
    words = f"the answer is {describe(reply)}, not JSON ({status})"
    return slug, words, "A proxy or a login page may stand before the server."


def _said(reply: Reply) -> str:
    """The server's own words, where it has any."""
    try:
        body = reply.json() if reply.is_json else None
    except ServerError:
        body = None
    words = reply.quoted("; ".join(dict.fromkeys(_words(body))))
    return f"{SAYS}{words}" if words else ""


def _words(body: Any) -> Iterator[str]:
    if not isinstance(body, dict):
        return
    nested = body.get("error")
    held = nested if isinstance(nested, dict) else body
    named = ("message", "detail", "error", "error_description")
    yield from (held[name] for name in named if isinstance(held.get(name), str) and held[name])
