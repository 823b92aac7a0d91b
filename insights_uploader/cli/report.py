"""`insights-uploader report`: the Code Insights that a commit has on the server."""

import contextlib
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

import click

from insights_uploader.cli.connecting import bitbucket, on_cloud
from insights_uploader.cli.destination import commit_of, destination_options, settled_destination
from insights_uploader.cli.speaking import say, show
from insights_uploader.destinations.bitbucket_cloud.single_annotation import (
    cloud_annotation_body,
)
from insights_uploader.destinations.bitbucket_cloud.stored_reports import (
    CloudReport,
    CloudStoredReports,
)
from insights_uploader.destinations.bitbucket_dc.single_annotation import annotation_body
from insights_uploader.destinations.bitbucket_dc.stored_reports import StoredReport, StoredReports
from insights_uploader.model.errors import PartialError, ServerError, UsageError
from insights_uploader.model.finding import FindingType, Severity
from insights_uploader.preview.plain import plain
from insights_uploader.preview.stored import annotation_line, as_json, report_line, report_lines

_json = click.option("--json", "is_json", is_flag=True, help="As JSON.")
_key = click.argument("key")
_SEVERITY = click.Choice([each.name for each in Severity], case_sensitive=False)
_TYPE = click.Choice([str(each) for each in FindingType], case_sensitive=False)


@click.group("report")
def command() -> None:
    """See and change what Code Insights a commit has on the server."""


@contextlib.contextmanager
def _stored() -> Iterator[tuple[StoredReports | CloudStoredReports, str]]:
    """The reports of the commit that is meant, and what to call it."""
    settings = settled_destination()
    project, repository = settings["project"], settings["repository"]
    with bitbucket(settings) as http:
        commit = commit_of(settings)
        name = plain(f"commit {commit} of {project}/{repository}")
        try:
            place = (http, project, repository, commit)
            there = CloudStoredReports(*place) if on_cloud(settings) else StoredReports(*place)
            yield there, name
        except ServerError as error:
            if error.slug == "not-found":
                error.hint = error.hint or "`report list` shows the keys that the commit has."
            raise


@destination_options
@command.command("list")
@_json
def _list(is_json: bool, **_: Any) -> int:
    """List the reports of the commit."""
    with _stored() as (stored, commit):
        reports: list[StoredReport | CloudReport] = [*stored.all()]
    if is_json:
        show(as_json(reports), is_json=True)
    else:
        lines = [report_line(report) for report in reports] or ["there are no reports"]
        show("\n".join([f"{commit}:", *lines, ""]))
    return 0


@destination_options
@command.command("show", short_help="Show a report without its annotations.")
@_key
@_json
def _show(key: str, is_json: bool, **_: Any) -> int:
    """Show the report KEY with all that it holds but its annotations."""
    with _stored() as (stored, _commit):
        report = stored.one(_named(key))
    text = as_json(report) if is_json else "\n".join([*report_lines(report), ""])
    show(text, is_json=is_json)
    return 0


@destination_options
@command.command("delete", short_help="Delete reports with their annotations.")
@click.argument("keys", metavar="KEY...", nargs=-1, required=True)
@_json
def _delete(keys: tuple[str, ...], is_json: bool, **_: Any) -> int:
    """Delete the reports KEY... with their annotations, and say what they were.

    It asks nothing. All of them must be there before the first is deleted. Only the user whose
    token made a report, or an administrator of the repository, may delete it.
    """
    with _stored() as (stored, commit):
        reports = [stored.one(_named(key)) for key in dict.fromkeys(keys)]
        for done, report in enumerate(reports):
            try:
                stored.delete(report.key)
                _check_gone(stored, report.key)
            except ServerError as error:
                if not done:
                    raise
                gone = ", ".join(each.key for each in reports[:done])
                words = f"{done} of {len(reports)} are deleted ({gone}), and then: {error.message}"
                raise PartialError(error.slug, words, error.hint, error.status) from None
            if not is_json:
                say(f"deleted from {commit}: {report_line(report)}")
    if is_json:
        show(as_json(reports), is_json=True)
    return 0


def _check_gone(stored: StoredReports | CloudStoredReports, key: str) -> None:
    """Read back: a server may say that it deleted what it keeps."""
    try:
        stored.one(key)
    except ServerError as error:
        if error.status == HTTPStatus.NOT_FOUND:
            return
        raise
    words = f"report {key} was deleted, and is there still"
    raise ServerError("not-confirmed", words, "Another run may have published it again.")


@destination_options
@command.command("annotations", short_help="List annotations of the commit or of reports.")
@click.argument("keys", metavar="[KEY]...", nargs=-1)
@click.option("--severity", multiple=True, type=_SEVERITY, help="Only those of this severity.")
@click.option("--type", "kind", multiple=True, type=_TYPE, help="Only those of this type.")
@click.option("--path", multiple=True, metavar="PATH", help="Only those in this file.")
@click.option("--external-id", multiple=True, metavar="ID", help="Only those with this id.")
@_json
def _annotations(
    keys: tuple[str, ...],
    severity: tuple[str, ...],
    kind: tuple[str, ...],
    path: tuple[str, ...],
    external_id: tuple[str, ...],
    is_json: bool,
    **_: Any,
) -> int:
    """List the annotations of the commit, or of the reports KEY... only.

    The server filters. Every filter can be given several times, and then any of its values will do.
    """
    filters = [
        *(("key", _named(each)) for each in keys),
        *(("severity", each) for each in severity),
        *(("type", each) for each in kind),
        *(("path", each) for each in path),
        *(("externalId", each) for each in external_id),
    ]
    with _stored() as (stored, commit):
        # By its address a report that is not there is an error; by the filter it is an empty list.
        found = stored.annotations_of(keys[0]) if len(filters) == len(keys) == 1 else None
        if found is None:
            found = stored.annotations_that_pass(filters)
    if is_json:
        show(as_json(found), is_json=True)
    else:
        lines = [annotation_line(each) for each in found] or ["there are no such annotations"]
        show("\n".join([f"{commit}:", *lines, ""]))
    return 0


@destination_options
@command.command("annotate", short_help="Add or replace an annotation.")
@_key
@click.option("--message", required=True, metavar="TEXT", help="What to say.")
@click.option("--severity", required=True, type=_SEVERITY, help="How bad it is.")
@click.option("--type", "kind", type=_TYPE, help="What it is.")
@click.option("--path", metavar="PATH", help="The file it is about (default: the whole commit).")
@click.option("--line", type=int, metavar="N", help="The line of that file.")
@click.option("--link", metavar="URL", help="Where more is said.")
@click.option("--external-id", metavar="ID", help="Replaces the one that has this id already.")
@_json
def _annotate(
    key: str,
    message: str,
    severity: str,
    kind: str | None,
    external_id: str | None,
    is_json: bool,
    **place: Any,
) -> int:
    """Add an annotation to the report KEY, or with --external-id add or replace that one.

    Only the user whose token made the report may do it.
    """
    place = {name: place[name] for name in ("path", "line", "link")}
    with _stored() as (stored, commit):
        is_cloud = isinstance(stored, CloudStoredReports)
        body = (cloud_annotation_body if is_cloud else annotation_body)(
            message,
            Severity[severity],
            kind=FindingType(kind) if kind else None,
            external_id=external_id,
            **place,
        )
        if external_id is None:
            stored.post_annotations(_named(key), [body])
        else:
            _named(external_id, "--external-id")
            stored.put_annotation(_named(key), body)
    if is_json:
        show(as_json(body), is_json=True)
    else:
        say(f"annotated {plain(key)} of {commit}")
    return 0


@destination_options
@command.command("delete-annotations", short_help="Delete annotations by their external ids.")
@_key
@click.argument("external_ids", metavar="[ID]...", nargs=-1)
@click.option("--all", "is_all", is_flag=True, help="All of the report's annotations.")
@_json
def _delete_annotations(
    key: str, external_ids: tuple[str, ...], is_all: bool, is_json: bool, **_: Any
) -> int:
    """Delete the annotations of the report KEY that have the external ids ID..., and name them.

    It asks nothing. An id that no annotation has is an error, and then nothing is deleted.
    """
    if is_all == bool(external_ids) or not all(external_ids):
        raise UsageError(
            "which-annotations",
            "which annotations are to be deleted is not said",
            "Name their external ids, or say --all.",
        )
    with _stored() as (stored, commit):
        held = stored.annotations_of(_named(key))
        doomed = [each for each in held if is_all or each.external_id in external_ids]
        missing = set(external_ids) - {each.external_id for each in doomed}
        if missing:
            raise UsageError(
                "no-annotation",
                f"report {key} of {commit} has no annotation {', '.join(sorted(missing))}",
                "Nothing was deleted. `report annotations` shows the external ids.",
            )
        if doomed and is_all:
            stored.delete_all_annotations(key)
        elif doomed:
            stored.delete_annotations(key, external_ids)
    if is_json:
        show(as_json(doomed), is_json=True)
        return 0
    lines = [f"deleted: {annotation_line(each)}" for each in doomed]
    say("\n".join([f"{plain(key)} of {commit}:", *(lines or ["there were no annotations"])]))
    return 0


def _named(name: str, what: str = "KEY") -> str:
    """A name that an address can end in: Tomcat refuses slashes in it, and dots lead elsewhere."""
    if not name.strip():
        raise UsageError("bad-name", f"{what}: is empty", "`report list` shows the keys.")
    if name in (".", "..") or "/" in name or "\\" in name:
        words = f"{what} {name}: can be in no address of the server"
        raise UsageError(
            "bad-name", words, "It is '.' or '..', or it holds a slash or a backslash."
        )
    return name
