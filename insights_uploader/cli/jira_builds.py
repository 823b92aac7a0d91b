"""`insights-uploader jira builds`: the builds that a Jira site shows at its issues."""

import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from insights_uploader.cli.destination import SETTINGS, asking, commit_of, settled_destination
from insights_uploader.cli.jira_answers import delete_by_properties, pairs_of, shown, tell
from insights_uploader.cli.jira_issues import issue_options, issues_of
from insights_uploader.cli.jira_site import connected_jira, jira_options
from insights_uploader.cli.numbers import WAIT
from insights_uploader.cli.settling import Settled
from insights_uploader.cli.speaking import warn
from insights_uploader.destinations.jira_builds.client import BuildKey, JiraBuilds
from insights_uploader.destinations.jira_builds.payload import (
    MAX_TEXT,
    Build,
    BuildState,
    Reference,
    TestInfo,
)
from insights_uploader.destinations.jira_builds.submitting import submit
from insights_uploader.destinations.jira_cloud.ids import entity_id
from insights_uploader.model.errors import CheckoutError, ServerError, UsageError
from insights_uploader.preview.plain import plain

if TYPE_CHECKING:
    from insights_uploader.ci.build import Build as CiBuild

_CHECKOUT = ("checkout", "commit")

_json = click.option("--json", "is_json", is_flag=True, help="As JSON.")
_pipeline = click.argument("pipeline")
_number = click.argument("number", type=int)
_property = click.option(
    "--property", "properties", multiple=True, metavar="KEY=VALUE", help="Of the builds."
)
_COUNT = click.IntRange(min=0)


@click.group("builds")
def command() -> None:
    """See and change the builds of a Jira site."""


@issue_options
@jira_options
@command.command("submit")
@click.option("--pipeline", metavar="ID", help="Of the sequence of builds, the same each time.")
@click.option("--number", type=int, metavar="N", help="Of the build (default: what the CI says).")
@click.option("--state", required=True, type=click.Choice([str(each) for each in BuildState]))
@click.option("--name", metavar="TEXT", help="Of the build (default: pipeline and number).")
@click.option("--build-url", metavar="URL", help="Of its page (default: what the CI says).")
@click.option("--description", metavar="TEXT", help="One sentence about it.")
@click.option("--label", metavar="TEXT", help="A word about it.")
@click.option("--sequence", type=int, metavar="N", help="Orders updates (default: the clock, ms).")
@click.option("--tests", multiple=True, metavar="RESULTS", help="Count these files' test cases.")
@click.option("--tests-passed", type=_COUNT, metavar="N", help="Or so many passed,")
@click.option("--tests-failed", type=_COUNT, metavar="N", help="so many failed,")
@click.option("--tests-skipped", type=_COUNT, metavar="N", help="so many were skipped.")
@click.option("--repository-url", metavar="URL", help="Of the repository's page.")
@click.option("--branch-url", metavar="URL", help="Of the branch's page.")
@_property
@click.option("--wait", type=WAIT, metavar="SECONDS", help="See that Jira has stored it.")
@_json
def _submit(is_json: bool, wait: float | None, properties: tuple[str, ...], **given: Any) -> int:
    """Submit a build for the issues that it belongs to.

    Jira accepts it at once and stores it later; with --wait the exit code says whether it is
    there. It replaces an update with a smaller sequence number. Where no issue is named nothing
    is sent, and the exit code is 0. A build all of whose issues are unknown to Jira is never
    stored: that is a warning, and with --wait an error (exit code 4).
    """
    settings = settled_destination()
    pairs = pairs_of(properties)
    issues = issues_of(settings, given)
    warn("".join(f"warning: {plain(line)}\n" for line in issues.warnings))
    if not issues.keys:
        words = f"{issues.none}: nothing is sent"
        tell({"sent": False, "reason": words}, [words], is_json=is_json)
        return 0
    build = _build(settings, given, issues.keys)
    with connected_jira(settings) as site:
        told = submit(JiraBuilds(site), build, pairs, wait)
    warn("".join(f"warning: {plain(line)}\n" for line in told.warnings))
    tell(told.details, told.lines, is_json=is_json)
    if told.failure:
        raise told.failure
    return 0


_submit.params += [asking(option) for option in SETTINGS if option.name in _CHECKOUT]


@jira_options
@command.command("get")
@_pipeline
@_number
@_json
def _get(pipeline: str, number: int, is_json: bool, **_: Any) -> int:
    """Show the build NUMBER of PIPELINE as it is stored, whatever is under way."""
    key = BuildKey(pipeline, number)
    with connected_jira() as site:
        stored = JiraBuilds(site).get(key)
    if stored is None:
        hint = "What was accepted is stored later; what belongs to no known issue never is."
        raise ServerError("not-found", f"Jira has no build {key}", hint, status=404)
    tell(stored, _lines(stored), is_json=is_json)
    return 0


@jira_options
@command.command("delete")
@_pipeline
@_number
@_json
def _delete(pipeline: str, number: int, is_json: bool, **_: Any) -> int:
    """Have Jira delete the build NUMBER of PIPELINE, which it does later, if there is one."""
    key = BuildKey(pipeline, number)
    with connected_jira() as site:
        JiraBuilds(site).delete(key)
    details = {"pipelineId": pipeline, "buildNumber": number, "deletion": "accepted"}
    tell(details, [f"deletion accepted: build {key}"], is_json=is_json)
    return 0


@jira_options
@command.command("delete-by-properties")
@_property
@_json
def _delete_by_properties(properties: tuple[str, ...], is_json: bool, **_: Any) -> int:
    """Have Jira delete all builds that were submitted with every --property that is given."""
    delete_by_properties(
        "builds",
        properties,
        lambda site, pairs: JiraBuilds(site).delete_by_properties(pairs),
        is_json=is_json,
    )
    return 0


def _build(settings: Settled, given: Mapping[str, Any], issue_keys: Sequence[str]) -> Build:
    """The build that the options and the CI describe."""
    ci: CiBuild | None = settings.build
    job = ci.job if ci else None
    number = given["number"] if given["number"] is not None else _ci_number(ci)
    url = given["build_url"] or (ci.build_url if ci else None)
    called = given["pipeline"] or job
    if not called or number is None or not url:
        raise _unknown({"--pipeline": called, "--number": number, "--build-url": url}, ci)
    now_ms = time.time_ns() // 1_000_000
    return Build(
        pipeline=given["pipeline"] or entity_id(called, MAX_TEXT),
        number=number,
        sequence=now_ms if given["sequence"] is None else given["sequence"],
        name=given["name"] or f"{called} #{number}",
        url=url,
        state=BuildState(given["state"]),
        updated_ms=now_ms,
        issue_keys=issue_keys,
        description=given["description"],
        label=given["label"],
        tests=_tests(given),
        references=_references(settings, given),
    )


def _unknown(told: Mapping[str, Any], ci: "CiBuild | None") -> UsageError:
    missing = " and ".join(option for option, value in told.items() if value in (None, ""))
    words = f"the build is not known: {missing}"
    if told["--number"] is None and ci and ci.build_number:
        words += f" (the CI's is {ci.build_number!r}, which is no number)"
    hint = "Give what is missing. The pipeline's id is the same for each of its builds."
    return UsageError("no-build", words, hint)


def _ci_number(ci: "CiBuild | None") -> int | None:
    """The number of the CI's build; None where it is not known, or no number."""
    number = (ci.build_number if ci else None) or ""
    is_number = number.isascii() and number.isdecimal() and len(number) < 20
    return int(number) if is_number else None


def _tests(given: Mapping[str, Any]) -> TestInfo | None:
    """The numbers of test cases: counted in files, or said."""
    said = [given[f"tests_{each}"] for each in ("passed", "failed", "skipped")]
    is_said = any(number is not None for number in said)
    if given["tests"]:
        if is_said:
            words = "--tests counts the test cases, and other options give their numbers, too"
            raise UsageError("two-counts", words)
        from insights_uploader.destinations.jira_builds.outcome import counted
        from insights_uploader.inputs.plugins import installed
        from insights_uploader.totals import totals_of

        return counted(totals_of(given["tests"], installed()))
    numbers = [number or 0 for number in said]
    return TestInfo(sum(numbers), *numbers) if is_said else None


def _references(settings: Settled, given: Mapping[str, Any]) -> Sequence[Reference]:
    """The commit and the branch, as far as their pages are known."""
    from insights_uploader.cli.jira_issues import branch_of

    repository_url, branch_url = given["repository_url"], given["branch_url"]
    if not repository_url and not branch_url:
        return ()
    try:
        commit = commit_of(settings) if repository_url else None
    except CheckoutError as error:
        if error.slug != "no-checkout":
            raise
        commit = None
    branch = branch_of(settings, given["branch"]) if branch_url else None
    return [
        Reference(commit=commit, repository_url=repository_url, ref_name=branch, ref_url=branch_url)
    ]


def _lines(stored: Mapping[str, Any]) -> Sequence[str]:
    """A stored build for people: a line for each of its fields."""
    return [f"{name}: {shown(value)}" for name, value in stored.items()]
