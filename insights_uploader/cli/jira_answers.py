"""What commands about Jira have in common at their ends: properties in, answers out."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from insights_uploader.cli.jira_site import connected_jira
from insights_uploader.cli.speaking import show
from insights_uploader.model.errors import UsageError
from insights_uploader.preview.plain import plain
from insights_uploader.preview.stored import as_json

if TYPE_CHECKING:
    from insights_uploader.destinations.jira_cloud.site import JiraSite


def pairs_of(properties: Sequence[str]) -> dict[str, str]:
    """The values of --property as a mapping.

    Raises:
        UsageError: one is not KEY=VALUE, or a key comes twice.
    """
    pairs: dict[str, str] = {}
    for text in properties:
        key, equals, value = text.partition("=")
        if not equals or key in pairs:
            words = f"--property {text}: must be KEY=VALUE, each key once"
            raise UsageError("bad-property", words)
        pairs[key] = value
    return pairs


def delete_by_properties(
    what: str,
    properties: Sequence[str],
    delete: "Callable[[JiraSite, Mapping[str, str]], None]",
    *,
    is_json: bool,
) -> None:
    """Have Jira delete what was submitted with all of these properties, and say so.

    Args:
        what: is deleted, in the plural.
        properties: the values of --property.
        delete: asks for it.
        is_json: whether the answer is JSON.

    Raises:
        UsageError: there is none, which would mean everything.
    """
    pairs = pairs_of(properties)
    if not pairs:
        words = f"which {what} are to be deleted is not said"
        raise UsageError("no-property", words, "Give a --property KEY=VALUE.")
    with connected_jira() as site:
        delete(site, pairs)
    details = {"properties": pairs, "deletion": "accepted"}
    tell(details, [f"deletion accepted: {what} with {named(pairs)}"], is_json=is_json)


def named(pairs: Mapping[str, str]) -> str:
    """Properties in words."""
    return " and ".join(f"{key}={value}" for key, value in pairs.items())


def shown(value: Any) -> str:
    """A member of what Jira has, on one line."""
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def tell(details: Any, lines: Sequence[str], *, is_json: bool) -> None:
    """What Jira says, as JSON or for people, without a secret that it repeats."""
    text = as_json(details) if is_json else "".join(f"{plain(line)}\n" for line in lines)
    show(text, is_json=is_json)
