"""`insights-uploader jira devinfo`: the commits, branches and pull requests of Jira's issues."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import click

from insights_uploader.cli.described_devinfo import (
    devinfo_options,
    gathered,
    repository_id_of,
)
from insights_uploader.cli.destination import destination_options, settled_destination
from insights_uploader.cli.jira_answers import named, pairs_of, tell
from insights_uploader.cli.jira_site import connected_jira, jira_options
from insights_uploader.cli.numbers import WAIT
from insights_uploader.cli.speaking import warn
from insights_uploader.destinations.jira_cloud.ids import entity_id
from insights_uploader.destinations.jira_devinfo.chunks import KINDS
from insights_uploader.destinations.jira_devinfo.client import DevInfo, EntityType
from insights_uploader.destinations.jira_devinfo.outcome import nothing
from insights_uploader.destinations.jira_devinfo.payload import Operation, Submission
from insights_uploader.destinations.jira_devinfo.submitting import submit
from insights_uploader.model.errors import ServerError
from insights_uploader.preview.plain import plain

_MOST_SHOWN = 200  # characters of a message or title
_TITLES = {"commits": "message", "branches": "name", "pullRequests": "title"}
_NOT_THERE = "What was accepted is stored later; what belongs to no known issue never is."

_json = click.option("--json", "is_json", is_flag=True, help="As JSON.")
_identity = click.option(
    "--repository-id",
    default="",
    metavar="ID",
    help="Of the repository in Jira (default: made of --url, --project and --repository).",
)
_property = click.option(
    "--property", "properties", multiple=True, metavar="KEY=VALUE", help="Of the repositories."
)
_up_to = click.option(
    "--up-to",
    type=click.IntRange(min=0),
    metavar="N",
    help="Only what is stored with this update sequence id or a smaller one.",
)


@click.group("devinfo")
def command() -> None:
    """See and change what a Jira site knows of commits, branches and pull requests."""


def _repository_options(given: click.Command) -> click.Command:
    """Add the options that say which Jira site, and which repository of which Bitbucket."""
    jira_options(destination_options(given))
    given.params = list({option.name: option for option in given.params}.values())  # some are both
    return given


@devinfo_options
@_repository_options
@command.command("submit")
@_identity
@_property
@click.option("--wait", type=WAIT, metavar="SECONDS", help="See that Jira has stored it.")
@_json
def _submit(is_json: bool, wait: float | None, **given: Any) -> int:
    """Submit the commits that the branch has alone, the branch, and its pull request.

    Each goes to the issues that it names; what names none is not sent. Jira accepts it at once
    and stores it later; with --wait the exit code says whether it is there. It replaces an update
    with a smaller sequence id only: always count in the same unit. Where no issue is named
    nothing is sent, and the exit code is 0. What belongs to no issue that Jira knows is never
    stored: that is a warning, and with --wait an error (exit code 4) where it is all there is.

    Messages of commits and names of authors are sent; e-mail addresses, being personal data, only
    with --author-emails.
    """
    settings = settled_destination()
    operation, pairs = Operation(given["operation"]), pairs_of(given["properties"])
    submission = Submission(
        prevent_transitions=given["prevent_transitions"], operation=operation, properties=pairs
    )
    found = gathered(settings, given)
    if not found.repositories:
        _warn(found.left_out)
        tell(
            {"sent": False, "leftOut": list(found.left_out)},
            [nothing(given["projects"])],
            is_json=is_json,
        )
        return 0
    with connected_jira(settings) as site:
        told = submit(DevInfo(site), found.repositories, submission, wait)
    _warn([*told.warnings, *found.left_out])
    details = {**told.details, "leftOut": list(found.left_out)}
    tell(details, told.lines, is_json=is_json)
    if told.failure:
        raise told.failure
    return 0


@_repository_options
@command.command("get")
@_identity
@_json
def _get(repository_id: str, is_json: bool, **_: Any) -> int:
    """Show the repository with its 400 newest entities as they are stored."""
    settings = settled_destination()
    identity = repository_id_of(settings, repository_id)
    with connected_jira(settings) as site:
        stored = DevInfo(site).repository(identity)
    if stored is None:
        words = f"Jira has no repository {identity}"
        raise ServerError("not-found", words, _NOT_THERE, status=404)
    tell(stored, list(_lines(stored)), is_json=is_json)
    return 0


@_repository_options
@command.command("delete")
@_identity
@_up_to
@_json
def _delete(repository_id: str, up_to: int | None, is_json: bool, **_: Any) -> int:
    """Have Jira delete the repository and all that is in it, which it does later."""
    settings = settled_destination()
    identity = repository_id_of(settings, repository_id)
    with connected_jira(settings) as site:
        DevInfo(site).delete_repository(identity, up_to)
    _tell_deletion({"repository": identity}, f"repository {identity}", up_to, is_json=is_json)
    return 0


@_repository_options
@command.command("delete-entity")
@click.argument("kind", type=click.Choice([str(each) for each in EntityType]))
@click.argument("entity", metavar="ID")
@_identity
@_up_to
@_json
def _delete_entity(
    kind: str, entity: str, repository_id: str, up_to: int | None, is_json: bool, **_: Any
) -> int:
    """Have Jira delete one entity: the commit, branch or pull_request ID.

    ID is what `get` shows, or a branch's name.
    """
    settings = settled_destination()
    identity = repository_id_of(settings, repository_id)
    # no branch's name holds a `~`, and every id that is made of one is its own
    name = entity if "~" in entity else entity_id(entity)
    with connected_jira(settings) as site:
        DevInfo(site).delete_entity(identity, EntityType(kind), name, up_to)
    details = {"repository": identity, "type": kind, "id": name}
    _tell_deletion(details, f"{kind} {name}", up_to, is_json=is_json)
    return 0


@jira_options
@command.command("delete-by-properties")
@_property
@_up_to
@_json
def _delete_by_properties(
    properties: tuple[str, ...], up_to: int | None, is_json: bool, **_: Any
) -> int:
    """Have Jira delete all repositories that have every --property that is given.

    Atlassian's newest description says that Jira no longer heeds --up-to here, and deletes newer
    ones, too.
    """
    pairs = pairs_of(properties)
    if up_to is not None:
        _warn(["Jira may no longer heed --up-to here, and delete what is newer, too"])
    with connected_jira() as site:
        DevInfo(site).delete_by_properties(pairs, up_to)
    words = f"repositories with {named(pairs)}"
    _tell_deletion({"properties": pairs}, words, up_to, is_json=is_json)
    return 0


@jira_options
@command.command("exists")
@_property
@_up_to
@_json
def _exists(properties: tuple[str, ...], up_to: int | None, is_json: bool, **_: Any) -> int:
    """Tell whether a repository has every --property that is given.

    The exit code is 0 either way: the answer is what is printed.
    """
    pairs = pairs_of(properties)
    with connected_jira() as site:
        is_there = DevInfo(site).exists(pairs, up_to)
    words = f"{'there are' if is_there else 'there are no'} repositories with {named(pairs)}"
    tell({"hasDataMatchingProperties": is_there}, [words], is_json=is_json)
    return 0


def _lines(stored: Mapping[str, Any]) -> Iterator[str]:
    """A stored repository for people: a line for each thing in it."""
    yield f"repository {stored.get('name')}: {stored.get('url')}"
    kinds = zip(KINDS, ("commit", "branch", "pull request"), strict=True)
    for kind, word in kinds:
        for each in stored.get(kind) or ():
            title = str(each.get(_TITLES[kind])).partition("\n")[0][:_MOST_SHOWN]
            keys = each.get("issueKeys")
            of = ", ".join(map(str, keys)) if isinstance(keys, list) else ""
            state = f" {each['status']}" if "status" in each else ""
            yield f"{word} {each.get('id')}{state} for {of}: {title}"


def _warn(lines: Sequence[str]) -> None:
    warn("".join(f"warning: {plain(line)}\n" for line in lines))


def _tell_deletion(
    details: Mapping[str, Any], words: str, up_to: int | None, *, is_json: bool
) -> None:
    bound = "" if up_to is None else f", up to {up_to}"
    told = {**details, "upTo": up_to, "deletion": "accepted"}
    tell(told, [f"deletion accepted: {words}{bound}"], is_json=is_json)
