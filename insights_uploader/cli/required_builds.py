"""`insights-uploader required-builds`: which builds the repository's pull requests must have."""

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import click
import msgspec

from insights_uploader.cli.destination import destination_options, settled_destination
from insights_uploader.cli.outcomes import build_run
from insights_uploader.cli.planning import connected
from insights_uploader.cli.settling import Settled
from insights_uploader.cli.speaking import say, show, warn
from insights_uploader.destinations.build_status.client import RICH, build_capabilities
from insights_uploader.destinations.http import Http
from insights_uploader.destinations.required_builds.client import (
    Condition,
    RequiredBuilds,
    StoredMatcher,
    ignored,
)
from insights_uploader.destinations.required_builds.meeting import Judgement, Standing, judged
from insights_uploader.destinations.required_builds.payload import (
    BRANCHES,
    RefMatcher,
    condition_body,
)
from insights_uploader.model.errors import ExitCode, ServerError, UsageError
from insights_uploader.preview.plain import plain
from insights_uploader.preview.stored import as_json

_SINCE_10_2 = ("requiredForPullRequest", "requiredForMergeQueue")
_SOME_PAGE = "https://ci.example.com"
_json = click.option("--json", "is_json", is_flag=True, help="As JSON.")
_id = click.argument("number", metavar="ID", type=click.IntRange(min=0))


@click.group("required-builds")
def command() -> None:
    """See and change which builds a pull request must have before it can be merged."""


def _repository_options(subcommand: click.Command) -> click.Command:
    """Add the options that say which repository; no commit is meant here."""
    destination_options(subcommand)
    subcommand.params = [each for each in subcommand.params if each.name != "commit"]
    return subcommand


def _body_options(function: Any) -> Any:
    """Add the options that say what a condition is."""
    options = (
        click.option(
            *("--parent", "parents"),
            multiple=True,
            required=True,
            metavar="KEY",
            help="A build that is required, by the parent of its build status; several are all "
            "required.",
        ),
        click.option(
            "--ref",
            required=True,
            metavar="KIND:ID",
            help="The target branches: ANY_REF, BRANCH:main, PATTERN:release/*, "
            "MODEL_CATEGORY:RELEASE or MODEL_BRANCH:production.",
        ),
        click.option(
            "--exempt", metavar="KIND:ID", help="Source branches that need none, in the same form."
        ),
        click.option(
            "--for-pull-requests/--not-for-pull-requests",
            default=None,
            help="Whether it holds for pull requests (Bitbucket 10.2 or newer).",
        ),
        click.option(
            "--for-merge-queue/--not-for-merge-queue",
            default=None,
            help="Whether it holds for the merge queue (Bitbucket 10.2 or newer).",
        ),
        _json,
    )
    for option in reversed(options):
        function = option(function)
    return function


@contextlib.contextmanager
def _opened() -> Iterator[tuple[Http, Settled, RequiredBuilds, str]]:
    """The way to the server, and the conditions of the repository that is meant, with its name."""
    settings = settled_destination()
    project, repository = settings["project"], settings["repository"]
    with connected(settings) as http:
        conditions = RequiredBuilds(http, project, repository)
        yield http, settings, conditions, plain(f"{project}/{repository}")


@_repository_options
@command.command("list")
@_json
def _list(is_json: bool, **_: Any) -> int:
    """List the repository's conditions."""
    with _opened() as (_http, _settings, conditions, name):
        found = list(conditions.all())
    if is_json:
        show(as_json(found), is_json=True)
    else:
        lines = [_line(each) for each in found] or ["no builds are required"]
        show("\n".join([f"{name}:", *lines, ""]))
    return 0


@_repository_options
@command.command("create")
@_body_options
def _create(is_json: bool, **options: Any) -> int:
    """Add a condition. It takes an administrator of the repository."""
    body = _body(options)
    with _opened() as (_http, _settings, conditions, name):
        stored = conditions.create(body)
    return _told("created in", name, body, stored, is_json=is_json)


@_repository_options
@command.command("update")
@_id
@_body_options
def _update(number: int, is_json: bool, **options: Any) -> int:
    """Replace the condition ID as a whole. It takes an administrator of the repository."""
    body = _body(options)
    with _opened() as (_http, _settings, conditions, name):
        try:
            stored = conditions.update(number, body)
        except ServerError as error:
            if error.slug != "not-found":
                raise
            raise _absent(name, number) from None
    return _told("updated in", name, body, stored, is_json=is_json)


@_repository_options
@command.command("delete")
@_id
@_json
def _delete(number: int, is_json: bool, **_: Any) -> int:
    """Delete the condition ID, and say what it was. It takes an administrator of the repository.

    It asks nothing. The condition must be there: the server says the same of one that never was.
    """
    with _opened() as (_http, _settings, conditions, name):
        doomed = [each for each in conditions.all() if each.id == number]
        if not doomed:
            raise _absent(name, number)
        conditions.delete(number)
    if is_json:
        show(as_json(doomed[0]), is_json=True)
    else:
        say(f"deleted from {name}: {_line(doomed[0])}")
    return 0


@_repository_options
@command.command("check")
@click.option(
    *("--parent", "parents"),
    multiple=True,
    metavar="KEY",
    help="Of a build that is posted (default: what publish --build-status would say: the CI's "
    "plan or job, else the key).",
)
@click.option("--target", metavar="BRANCH", help="Merged into (default: the CI's target branch).")
@click.option("--source", metavar="BRANCH", help="What is merged (default: the CI's branch).")
@click.option("--legacy", is_flag=True, help="The builds are posted as legacy build status.")
@_json
def _check(
    parents: tuple[str, ...],
    target: str | None,
    source: str | None,
    legacy: bool,
    is_json: bool,
    **_: Any,
) -> int:
    """Tell whether green builds as they are posted meet the conditions; exit with 1 if not.

    A condition asks for builds by their parent, which the legacy API of build status has not: what
    is posted there meets none.
    """
    with _opened() as (http, settings, conditions, name):
        posted = [*dict.fromkeys(parents or _posted(settings))]
        build = settings.build
        target = _ref(target or (build.target_branch if build else None))
        if not target:
            raise UsageError(
                "no-target",
                "which branch is merged into is not known",
                "Name it with --target; a CI tells it in builds of pull requests only.",
            )
        is_legacy = legacy or RICH not in build_capabilities(http)
        ref = _ref(source or (build.branch if build else None))
        found = [*judged([*conditions.all()], posted, target, ref, is_legacy=is_legacy)]
    if is_json:
        told = {"target": target, "source": ref, "parents": posted, "legacy": is_legacy}
        show(as_json({**told, "conditions": found}), is_json=True)
    else:
        head = plain(f"{name}, to {target}, with the parent {', '.join(posted)}:")
        lines = [_judgement(each) for each in found] or ["no builds are required"]
        show("\n".join([head, *lines, ""]))
    if is_legacy and found:
        whose = "asked for" if legacy else "all that this server has"
        warn(f"warning: legacy build status is {whose}; it has no parent, and meets no condition")
    is_refused = any(each.standing is Standing.NOT_MET for each in found)
    return int(ExitCode.GATE_FAILED if is_refused else ExitCode.DONE)


def _body(options: Mapping[str, Any]) -> Mapping[str, Any]:
    return condition_body(
        options["parents"],
        RefMatcher.of(options["ref"]),
        RefMatcher.of(options["exempt"]) if options["exempt"] is not None else None,
        for_pull_requests=options["for_pull_requests"],
        for_merge_queue=options["for_merge_queue"],
    )


def _posted(settings: Settled) -> Sequence[str]:
    """The parent of the build status that a run with these settings posts.

    No build is posted without a page; which page it is does not matter to its parent.
    """
    values = {**settings.values, "build_url": settings["build_url"] or _SOME_PAGE}
    run = build_run(msgspec.structs.replace(settings, values=values))
    return [run.parent or run.key] if run else []


def _absent(name: str, number: int) -> ServerError:
    words = f"{name} has no condition {number}"
    hint = "Nothing was changed. `required-builds list` shows the ids."
    return ServerError("no-condition", words, hint, status=404)


def _told(
    done: str, name: str, body: Mapping[str, Any], stored: Condition, *, is_json: bool
) -> int:
    """Say what is there now, and what the server did not take."""
    if is_json:
        show(as_json(stored), is_json=True)
    else:
        say(f"{done} {name}: {_line(stored)}")
    lost = ignored(body, stored)
    for member in lost:
        if member in _SINCE_10_2:
            warn(f"warning: the server ignores {member}, which Bitbucket has from 10.2 on")
    if odd := [member for member in lost if member not in _SINCE_10_2]:
        words = f"condition {stored.id} of {name} is not as it was sent: {', '.join(odd)}"
        raise ServerError("not-as-sent", words, "`required-builds list` shows what is there.")
    return 0


def _ref(branch: str | None) -> str | None:
    """A branch by its full name."""
    return branch if not branch or branch.startswith("refs/") else BRANCHES + branch


def _line(condition: Condition) -> str:
    words = [f"{condition.id}  requires {', '.join(condition.build_parent_keys)}"]
    words.append(f"for {_matcher(condition.ref_matcher)}")
    if condition.exempt_ref_matcher is not None:
        words.append(f"exempt {_matcher(condition.exempt_ref_matcher)}")
    for member, place in zip(_places(condition), ("pull requests", "the merge queue"), strict=True):
        if member is False:
            words.append(f"not for {place}")
    return plain("  ".join(words))


def _places(condition: Condition) -> Sequence[bool | None]:
    return condition.required_for_pull_request, condition.required_for_merge_queue


def _matcher(matcher: StoredMatcher) -> str:
    return matcher.type.id if matcher.type.id == "ANY_REF" else f"{matcher.type.id} {matcher.id}"


def _judgement(judgement: Judgement) -> str:
    return plain(f"{judgement.id}  {judgement.standing}: {judgement.reason}")
