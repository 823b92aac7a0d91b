"""Ids of what is stored on Jira: letters, digits and `~.-_` (Atlassian's OpenAPI file). Pure."""

import hashlib
import re
import string

from insights_uploader.model.errors import UsageError

MAX_ID = 1024

_PLAIN = frozenset(f"{string.ascii_letters}{string.digits}._-".encode())
_ID = re.compile(rf"[A-Za-z0-9~._-]{{1,{MAX_ID}}}")


def entity_id(name: str, most: int = MAX_ID) -> str:
    """The id of what is called so: other names have other ids, and the same always the same.

    Jira takes letters, digits and `~.-_`. All else, and `~` itself, becomes `~` and two hexadecimal
    digits for each of its bytes. An id that is too long is cut, and ends in `~.` and a hash.

    Args:
        name: what a person or a CI calls it.
        most: how many characters the API takes.

    Raises:
        UsageError: the name is empty.
    """
    if not name:
        raise UsageError("no-id", "what has no name can have no id in Jira")
    given = name.encode("utf-8", "surrogatepass")
    escaped = "".join(chr(byte) if byte in _PLAIN else f"~{byte:02X}" for byte in given)
    if escaped in (".", ".."):  # these lead elsewhere in an address
        escaped = f"~2E{escaped[1:]}"
    if len(escaped) <= most:
        return escaped
    mark = f"~.{hashlib.sha256(given).hexdigest()}"
    return escaped[: most - len(mark)] + mark


def check_lookup(given: str, what: str) -> None:
    """See that what gets this id can be looked up and deleted later: the id stands in an address.

    There a slash ends a segment, servers refuse it in its quoted form, and dots alone lead elsewhere.

    Raises:
        UsageError: it cannot.
    """
    if "/" in given or "\\" in given or given in (".", ".."):
        words = f"{what}: what is called {given[:60]!r} could not be looked up later"
        hint = f"Its address cannot hold a slash, or dots alone. As in {entity_id(given)[:255]}."
        raise UsageError("bad-id", words, hint)


def checked_id(given: str) -> str:
    """An id that somebody worded himself.

    Raises:
        UsageError: Jira takes no such id.
    """
    if _ID.fullmatch(given) and given not in (".", ".."):
        return given
    words = f"{given[:60]!r}: is no id that Jira takes"
    raise UsageError("bad-id", words, "It holds 1 to 1024 ASCII letters, digits and '~.-_'.")
