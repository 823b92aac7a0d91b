"""The request body of a commit's build status, by Bitbucket's older API. Pure.

The limits are those of the operation's prose in Atlassian's OpenAPI file for 9.4: the three states,
255 characters for every field and 450 for the url; counted as Java counts, in UTF-16 code units. A
body that the server could refuse for its content cannot be built here.
"""

from insights_uploader.destinations.bitbucket_dc.payload import fitted, is_web_address
from insights_uploader.destinations.long_names import shortened
from insights_uploader.model.errors import UsageError
from insights_uploader.plan.plan import Body

MAX_TEXT = 255
MAX_URL = 450

_STATES = {
    "INPROGRESS": "INPROGRESS",
    "SUCCESSFUL": "SUCCESSFUL",
    "FAILED": "FAILED",
    "CANCELLED": "FAILED",  # as Atlassian's own plugin for Jenkins does
}


def legacy_body(
    state: str, key: str, url: str, *, name: str | None = None, description: str | None = None
) -> Body:
    """The body of the POST.

    A build that was cancelled has failed here, and its description says so. A key that is too long
    is cut and ends in a hash of the whole.

    Args:
        state: in the words of the newer API.
        key: names the job; a later status of the same key replaces it.
        url: of the build's page, http or https.
        name: for people.
        description: one sentence for people.

    Raises:
        UsageError: the server would refuse it, or has no word for it.
    """
    key = key.strip()
    if not key or not key.isprintable():
        raise _refused("no-build-key", "the build's key must be a name that can be seen")
    if not is_web_address(url) or not url.isprintable() or fitted(url, MAX_URL) != url:
        words = f"the build's page must be an http or https address of at most {MAX_URL} characters"
        raise _refused("bad-build-url", words, "See --build-url.")
    if state not in _STATES:
        raise _refused(
            "bad-build",
            f"the state {state} is none that the legacy API of build statuses knows",
            "It takes INPROGRESS, SUCCESSFUL, FAILED, and CANCELLED as FAILED.",
        )
    if state == "CANCELLED":
        description = f"Cancelled. {description or ''}"
    texts = {
        "name": fitted(name or "", MAX_TEXT),
        "description": fitted(description or "", MAX_TEXT),
    }
    return {
        "key": shortened(key, MAX_TEXT),
        "state": _STATES[state],
        "url": url,
        **{field: text for field, text in texts.items() if text},
    }


def _refused(slug: str, words: str, hint: str = "") -> UsageError:
    return UsageError(slug, words, f"{hint} Nothing was sent.".lstrip())
