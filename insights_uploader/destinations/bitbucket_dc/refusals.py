"""Turns a refusal of Bitbucket Data Center into one readable sentence and a remedy. Pure."""

from collections.abc import Sequence
from typing import Any

from insights_uploader.destinations.reply import Reply, describe
from insights_uploader.model.errors import ServerError

SAYS = " The server says: "
"""Stands in a refusal's message before the server's own words, if it gave any."""

_UNREADABLE = " What the server says of it is too long, cut off, or broken JSON."

_MISSING = {
    "NoSuchProjectException": (
        "no-project",
        "Check --project: it takes the key, as in ~user or PRJ.",
    ),
    "NoSuchRepositoryException": ("no-repository", "Check --repository: it takes the slug."),
    "NoSuchCommitException": (
        "no-commit",
        "The server does not have this commit. Push it first; where CI builds a merge commit, name "
        "the pull request's own commit with --commit, or publish with --pull-request auto.",
    ),
    "NoSuchPullRequestException": (
        "no-pull-request",
        "Check the number after --pull-request: it counts the pull requests into --repository.",
    ),
}

_BY_STATUS = {
    403: (
        "forbidden",
        "the server refuses",
        "A proxy or the server's XSRF check stands in the way; a locked account shows so too.",
    ),
    413: ("too-large", "the request is too large", "Try a smaller --max-annotations."),
    429: ("rate-limited", "too many requests", "Try again in a while."),
}
_TOO_MANY = ("too-large", "the report is too large (400)", "Try a smaller --max-annotations.")
_REDIRECTED = (
    "redirected",
    "the server sends us elsewhere",
    "No token is sent to another address. Give the final one as --url; a project or repository "
    "that was moved or renamed shows so too.",
)
_NOT_JSON = ("not-json", "A proxy or a login page may stand before the server; check --url.")


def refusal(reply: Reply) -> ServerError:
    """The error for an answer whose status is not the one hoped for."""
    errors = _errors(reply)
    names = [_text(error, "exceptionName").rpartition(".")[2] for error in errors or ()]
    words = reply.quoted("; ".join(_sentence(error) for error in errors or ()))
    slug, meaning, hint = _meaning(reply, names, bool(errors))
    said = f"{SAYS}{words}" if words else _UNREADABLE * (errors is None)
    return reply.error(slug, f"{meaning}.{said}", hint)


def _meaning(reply: Reply, names: Sequence[str], is_envelope: bool) -> tuple[str, str, str]:
    """(slug, what happened, what to do)."""
    status = reply.status
    if status == 401:
        return _unauthorised(reply, names)
    if status == 404:
        return _not_found(reply, names, is_envelope)
    if status == 400 and "AnnotationsLimitExceededException" in names:
        return _TOO_MANY
    if status in _BY_STATUS:
        slug, words, hint = _BY_STATUS[status]
    elif 300 <= status < 400:
        slug, words, hint = _REDIRECTED
    elif status >= 500:
        slug, words, hint = "server-failed", f"the server failed ({describe(reply)})", "Try again."
    elif reply.is_json:
        slug, words, hint = "refused", "the server refuses the request", ""
    else:
        slug, words, hint = _NOT_JSON[0], f"the answer is {describe(reply)}, not JSON", _NOT_JSON[1]
    return slug, f"{words} ({status})", hint


def _not_found(reply: Reply, names: Sequence[str], is_envelope: bool) -> tuple[str, str, str]:
    """404 with an error envelope is a missing thing; without one, a missing address."""
    for name in names:
        if name in _MISSING:
            slug, hint = _MISSING[name]
            return slug, "there is no such thing on the server (404)", hint
    if is_envelope:
        return "not-found", "there is no such thing on the server (404)", ""
    return (
        "no-endpoint",
        f"the server does not know this address (404, {describe(reply)})",
        "Check --url and its context path; Code Insights needs Bitbucket 5.15 or newer.",
    )


def _unauthorised(reply: Reply, names: Sequence[str]) -> tuple[str, str, str]:
    """401 means four things here, and it is never worth a second try."""
    if any("Captcha" in name for name in names):
        return (
            "captcha",
            "the account is locked behind a CAPTCHA (401)",
            "Log in to Bitbucket in a browser once, then check the token before the next run.",
        )
    if "AuthorisationException" in names:
        user = reply.quoted(reply.headers.get("x-ausername", ""))
        return (
            "not-permitted",
            f"the token{f' of {user}' if user else ''} is accepted and may not do this (401)",
            "It needs read permission on the repository; a report that another user made can "
            "only be replaced by that user: use one token for all runs, or another --key.",
        )
    if "NoAccessAuthenticationException" in names:
        return "no-licence", "the token's user has no Bitbucket licence (401)", ""
    return (
        "bad-token",
        "the token is not accepted (401)",
        "Check BITBUCKET_TOKEN: expired, revoked, or of another server?",
    )


def _errors(reply: Reply) -> Sequence[dict[str, Any]] | None:
    """The entries of the error envelope (RestErrorMessage); none when the body is another.

    Of JSON that cannot be read it is None.
    """
    if not reply.is_json or not reply.content:
        return ()
    try:
        body = reply.json()
    except ServerError:
        return None
    errors = body.get("errors") if isinstance(body, dict) else None
    if not isinstance(errors, list):
        return ()
    return [error for error in errors if isinstance(error, dict)]


def _sentence(error: dict[str, Any]) -> str:
    message, context = _text(error, "message") or "no reason", _text(error, "context")
    return f"{context}: {message}" if context else message


def _text(error: dict[str, Any], name: str) -> str:
    """A member that is a string; of anything else even the text form could fail, when deep."""
    value = error.get(name)
    return value if isinstance(value, str) else ""
