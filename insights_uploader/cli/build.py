"""`insights-uploader build`: the build statuses of a commit on Bitbucket Data Center."""

import contextlib
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click
import msgspec

from insights_uploader.cli.connecting import bitbucket, on_cloud
from insights_uploader.cli.destination import commit_of, destination_options, settled_destination
from insights_uploader.cli.numbers import Number
from insights_uploader.cli.planning import connected
from insights_uploader.cli.settling import Settled
from insights_uploader.cli.speaking import say, show, warn
from insights_uploader.destinations.build_status.payload import (
    BuildState,
    BuildStatus,
    TestResults,
)
from insights_uploader.destinations.build_status.posting import BuildPosting
from insights_uploader.destinations.build_status_legacy.client import (
    CommitBuilds,
    build_counts,
    build_counts_of,
)
from insights_uploader.destinations.cloud_build_status.posting import CloudBuildPosting
from insights_uploader.model.errors import ServerError, UsageError
from insights_uploader.preview.builds import build_line, build_lines, counts_line
from insights_uploader.preview.plain import plain
from insights_uploader.preview.stored import as_json
from insights_uploader.repository.checkout import Checkout

if TYPE_CHECKING:
    from insights_uploader.destinations.http import Http

_COUNT = click.IntRange(0, 2**31 - 1)
_STATE = click.Choice([str(each) for each in BuildState], case_sensitive=False)
_ORDER = click.Choice(["NEWEST", "OLDEST", "STATUS"], case_sensitive=False)
_COMMIT_ID = re.compile("[0-9a-fA-F]{40}")

_json = click.option("--json", "is_json", is_flag=True, help="As JSON.")
_key = click.argument("key")
_legacy = click.option(
    "--legacy",
    is_flag=True,
    help="Use the older API of commits, as is done where the server has no other.",
)


@click.group("build")
def command() -> None:
    """See and change the build statuses of a commit."""


@contextlib.contextmanager
def _opened(settings: Settled, *, cloud: bool = False) -> Iterator[tuple["Http", str, str]]:
    """The way to the server, the commit that is meant, and what to call it.

    Args:
        settings: of this run.
        cloud: whether it may be Bitbucket Cloud, too.
    """
    with bitbucket(settings) if cloud else connected(settings) as http:
        commit = commit_of(settings)
        name = f"commit {commit} of {settings['project']}/{settings['repository']}"
        yield http, commit, plain(name)


def _posting_there(
    http: "Http", settings: Settled, *, legacy: bool
) -> BuildPosting | CloudBuildPosting:
    """As the server has it, which the host decides."""
    if on_cloud(settings):
        return CloudBuildPosting(http, settings["project"], settings["repository"])
    return _posting(http, settings, legacy=legacy)


def _posting(http: "Http", settings: Settled, *, legacy: bool) -> BuildPosting:
    return BuildPosting(http, settings["project"], settings["repository"], legacy=legacy)


@destination_options
@command.command("set")
@click.argument("state", metavar="STATE", type=_STATE)
@click.option("--key", metavar="KEY", help="Of the job, the same from build to build.")
@click.option("--name", metavar="TEXT", help="For people (default: the key).")
@click.option("--build-url", metavar="URL", help="Of the build's page.")
@click.option("--build-number", metavar="N", help="As the CI counts.")
@click.option("--parent", metavar="KEY", help="What required builds ask for.")
@click.option("--ref", metavar="REF", help="What was built, as in refs/heads/main.")
@click.option("--duration", type=Number(0, 10**9), metavar="SECONDS", help="It took.")
@click.option("--description", metavar="TEXT", help="One sentence.")
@click.option("--tests", multiple=True, metavar="RESULTS", help="Count these files' test cases.")
@click.option("--tests-passed", type=_COUNT, metavar="N", help="Or so many passed,")
@click.option("--tests-failed", type=_COUNT, metavar="N", help="so many failed,")
@click.option("--tests-skipped", type=_COUNT, metavar="N", help="so many were skipped.")
@_legacy
@_json
def _set(state: str, legacy: bool, is_json: bool, **given: Any) -> int:
    """Say that the build is in STATE, and see that the server holds it so.

    STATE is INPROGRESS, SUCCESSFUL, FAILED, CANCELLED or UNKNOWN. CANCELLED becomes FAILED where
    the server has no such state.

    What is not given is taken from the CI, where it says it: key, name, page, number and branch. A
    build of the same key on the same commit is replaced.
    """
    settings = settled_destination()
    build = _build(settings, BuildState(state), given)
    with _opened(settings, cloud=True) as (http, commit, name):
        posted = _posting_there(http, settings, legacy=legacy).post(commit, build)
    warn("".join(f"warning: {plain(each)}\n" for each in posted.warnings))
    if is_json:
        told = {"api": posted.api, "commit": commit, "sent": posted.sent, "stored": posted.stored}
        show(as_json(told), is_json=True)
    else:
        say(f"{name}: {build_line(posted.stored)}")
    return 0


@destination_options
@command.command("get")
@_key
@_legacy
@_json
def _get(key: str, legacy: bool, is_json: bool, **_: Any) -> int:
    """Show the build KEY of the commit."""
    settings = settled_destination()
    with _opened(settings, cloud=True) as (http, commit, name):
        build = _posting_there(http, settings, legacy=legacy).get(commit, key)
    if build is None:
        raise _no_build(key, name)
    show(as_json(build) if is_json else "\n".join([*build_lines(build), ""]), is_json=is_json)
    return 0


@destination_options
@command.command("list")
@click.option("--order", type=_ORDER, default="NEWEST", show_default=True, help="Which first.")
@_json
def _list(order: str, is_json: bool, **_: Any) -> int:
    """List the commit's latest 100 builds, of whatever repository that holds it.

    It asks the older API; the newer one lists none.
    """
    settings = settled_destination()
    with _opened(settings) as (http, commit, _name):
        builds = list(CommitBuilds(http, commit).latest(order))
    if is_json:
        show(as_json(builds), is_json=True)
    else:
        lines = [build_line(build) for build in builds] or ["there are no builds"]
        show("\n".join([f"commit {commit}:", *lines, ""]))
    return 0


@destination_options
@command.command("delete")
@_key
@_json
def _delete(key: str, is_json: bool, **_: Any) -> int:
    """Delete the build KEY of the commit, and say what it was.

    It asks nothing. Only an administrator of the repository may do it.
    """
    settings = settled_destination()
    with _opened(settings) as (http, commit, name):
        posting = _posting(http, settings, legacy=False)
        build = posting.get(commit, key)
        if build is None:
            raise _no_build(key, name)
        posting.delete(commit, key)
        if posting.get(commit, key) is not None:
            words = f"build {key} was deleted from {name}, and is there still"
            raise ServerError("not-confirmed", words, "Another run may have posted it again.")
    if is_json:
        show(as_json(build), is_json=True)
    else:
        say(f"deleted from {name}: {build_line(build)}")
    return 0


@destination_options
@command.command("stats")
@click.argument("commits", metavar="[COMMIT]...", nargs=-1)
@click.option(
    "--include-unique", is_flag=True, help="Of one commit: the build that is alone in its state."
)
@_json
def _stats(commits: tuple[str, ...], include_unique: bool, is_json: bool, **_: Any) -> int:
    """Count the builds of the commit, or of every COMMIT, by their state."""
    if include_unique and len(commits) > 1:
        raise UsageError("one-commit", "--include-unique: is for one commit alone")
    settings = settled_destination()
    with connected(settings) as http:
        named = list(dict.fromkeys(_commit(settings, each) for each in commits))
        if len(named) > 1:
            counts = build_counts_of(http, named)
            lines = [counts_line(commit, counts.get(commit)) for commit in named]
            show(as_json(counts) if is_json else "\n".join([*lines, ""]), is_json=is_json)
            return 0
        commit = named[0] if named else commit_of(settings)
        one = build_counts(http, commit, include_unique=include_unique)
    if is_json:
        show(as_json(one), is_json=True)
        return 0
    lines = [counts_line(commit, one)]
    if isinstance(one.result, dict):
        lines.append(plain(f"  {one.result.get('key')}  {one.result.get('state')}"))
    show("\n".join([*lines, ""]))
    return 0


def _build(settings: Settled, state: BuildState, given: Mapping[str, Any]) -> BuildStatus:
    """The build that the options and the CI describe."""
    from insights_uploader.cli.outcomes import build_run

    plan = settings.build.plan if settings.build else None
    said = {
        "build_key": given["key"],
        "build_name": given["name"],
        "build_url": given["build_url"],
        "build_number": given["build_number"],
        "build_parent": given["parent"] or settings["build_parent"] or plan,
    }
    values = {**settings.values, **{name: each for name, each in said.items() if each is not None}}
    run = build_run(msgspec.structs.replace(settings, values=values))
    if run is None:
        words = "the build's page is not known, and Bitbucket takes no build without one"
        raise UsageError("no-build-url", words, "Give it with --build-url. Nothing was sent.")
    branch = settings.build.branch if settings.build else None
    return BuildStatus(
        key=run.key,
        state=state,
        url=run.url,
        name=run.name,
        description=given["description"],
        number=run.number,
        parent=run.parent,
        ref=given["ref"] or (f"refs/heads/{branch}" if branch else None),
        duration_ms=None if given["duration"] is None else round(given["duration"] * 1000),
        tests=_tests(given["tests"], [given[f"tests_{each}"] for each in _OUTCOMES]),
    )


_OUTCOMES = ("passed", "failed", "skipped")


def _tests(files: Sequence[str], numbers: Sequence[int | None]) -> TestResults | None:
    """The numbers of test cases: counted in files, or said."""
    is_said = any(number is not None for number in numbers)
    if not files:
        return TestResults(*(number or 0 for number in numbers)) if is_said else None
    if is_said:
        words = "--tests counts the test cases, and other options give their numbers, too"
        raise UsageError("two-counts", words)
    from insights_uploader.inputs.plugins import installed
    from insights_uploader.totals import totals_of

    totals = totals_of(files, installed())
    return TestResults(totals.passed, totals.failed + totals.errors, totals.skipped)


def _commit(settings: Settled, named: str) -> str:
    if _COMMIT_ID.fullmatch(named):
        return named.lower()
    return Checkout(settings["checkout"], os.environ).commit_id(named)


def _no_build(key: str, name: str) -> ServerError:
    hint = "`build list` shows the keys."
    return ServerError("no-build", f"{name} has no build {key}", hint, status=404)
