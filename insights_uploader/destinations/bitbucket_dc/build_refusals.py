"""What to do when Bitbucket Data Center refuses something about builds. Pure."""

from insights_uploader.destinations.bitbucket_dc.refusals import refusal
from insights_uploader.destinations.reply import Reply
from insights_uploader.model.errors import ServerError

_HINTS = {
    "not-permitted": "To post a build status it needs read permission on the repository, and to "
    "delete one administration.",
    "no-endpoint": "Check --url and its context path. A repository's build statuses need Bitbucket "
    "7.14 or newer; --legacy uses the older API.",
    "too-large": "A proxy before the server bounds what it lets through.",
}


def build_refusal(reply: Reply) -> ServerError:
    """The error for an answer whose status is not the one hoped for."""
    error = refusal(reply)
    hint = _HINTS.get(error.slug, error.hint)
    return ServerError(error.slug, error.message, hint, error.status)
