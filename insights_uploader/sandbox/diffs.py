"""git's diff in Bitbucket's JSON: changed files, hunks, segments, lines. Pure.

Shapes: Atlassian OpenAPI, RestChange and RestDiff, and a recorded answer of a
real server (AmadeusITGroup/sonar-stash). Lines count from hunk headers, never
from how a line looks: a removed `-- x` reads like a file header.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

_TYPES = {"A": "ADD", "D": "DELETE", "M": "MODIFY", "T": "MODIFY", "R": "MOVE", "C": "COPY"}
_SEGMENTS = {b" ": "CONTEXT", b"-": "REMOVED", b"+": "ADDED"}
_SUBMODULE, _EXECUTABLE = "160000", "100755"
_HUNK = re.compile(rb"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@(?: (.*))?")


@dataclass(frozen=True, slots=True)
class Change:
    """One entry of git's `--raw` list; `source` is the old path."""

    status: str
    similarity: int
    modes: tuple[str, str]
    blobs: tuple[str, str]
    source: str
    path: str


@dataclass(frozen=True, slots=True)
class Line:
    """A line with its segment's type and the counters of both sides."""

    type: str
    source: int
    destination: int
    text: str


@dataclass(slots=True)
class Hunk:
    """A hunk: its header and its lines."""

    context: str
    spans: tuple[int, int, int, int]
    lines: list[Line] = field(default_factory=list)


@dataclass(slots=True)
class Section:
    """The part of a patch about one file."""

    binary: bool = False
    hunks: list[Hunk] = field(default_factory=list)


def parse_changes(raw: bytes) -> list[Change]:
    """Read `git diff --raw -z --no-abbrev`."""
    fields = iter(raw.decode("utf-8", "replace").split("\0")[:-1])
    changes = []
    for header in fields:
        old_mode, new_mode, old_blob, new_blob, status = header.lstrip(":").split(" ")
        source = next(fields)
        path = next(fields) if status[0] in "RC" else source
        similarity = int(status[1:] or -1)
        modes, blobs = (old_mode, new_mode), (old_blob, new_blob)
        changes.append(Change(status[0], similarity, modes, blobs, source, path))
    return changes


def parse_patch(patch: bytes) -> list[Section]:
    """Read `git diff -p` into one section per `diff --git` header."""
    lines = iter(patch.split(b"\n"))
    sections: list[Section] = []
    for line in lines:
        if line.startswith(b"diff --git "):
            sections.append(Section())
        elif line.startswith(b"Binary files "):
            sections[-1].binary = True
        elif header := _HUNK.match(line):
            sections[-1].hunks.append(_hunk(header, lines))
    return sections


def change_json(change: Change) -> dict[str, Any]:
    """Show a changed file (RestChange)."""
    moved = change.status in "RC"
    shown = {
        "contentId": change.blobs[1],
        "fromContentId": change.blobs[0],
        "path": path_json(change.path),
        "executable": change.modes[1] == _EXECUTABLE,
        "percentUnchanged": change.similarity,
        "type": _TYPES[change.status],
        "nodeType": "SUBMODULE" if _SUBMODULE in change.modes else "FILE",
        "srcExecutable": change.modes[0] == _EXECUTABLE,
    }
    return shown | ({"srcPath": path_json(change.source)} if moved else {})


def diff_json(changes: Iterable[Change], patch: bytes, limit: int) -> dict[str, Any]:
    """Show the files' diffs; past `limit` lines the rest is left out, marked `truncated`.

    A whole file that did not fit is just missing, as users found
    (jenkinsci/violation-comments-to-stash-plugin #60, danger/danger-js #764).
    """
    shown: list[dict[str, Any]] = []
    left = limit
    for source, destination, section in _pairs(changes, parse_patch(patch)):
        size = sum(len(hunk.lines) for hunk in section.hunks)
        if size and not left:
            return {"diffs": shown, "truncated": True}
        shown.append(_file_json(source, destination, section, left))
        if size > left:
            return {"diffs": shown, "truncated": True}
        left -= size
    return {"diffs": shown, "truncated": False}


def path_json(path: str) -> dict[str, Any]:
    """Show a path in the parts that the server gives."""
    components = path.split("/")
    name = components[-1]
    stem, dot, extension = name.rpartition(".")
    return {
        "components": components,
        "parent": "/".join(components[:-1]),
        "name": name,
        **({"extension": extension} if dot and stem else {}),
        "toString": path,
    }


def _hunk(header: re.Match[bytes], lines: Iterator[bytes]) -> Hunk:
    """Take a hunk's lines, as many as its header announces."""
    source, destination = int(header[1]), int(header[3])
    spans = (source, int(header[2] or 1), destination, int(header[4] or 1))
    hunk = Hunk((header[5] or b"").decode("utf-8", "replace"), spans)
    source_left, destination_left = spans[1], spans[3]
    while source_left or destination_left:
        line = next(lines)
        if line[:1] == b"\\":
            continue
        kind = _SEGMENTS[line[:1]]
        text = line[1:].decode("utf-8", "replace")
        hunk.lines.append(Line(kind, source, destination, text))
        if kind != "ADDED":
            source, source_left = source + 1, source_left - 1
        if kind != "REMOVED":
            destination, destination_left = destination + 1, destination_left - 1
    return hunk


def _pairs(
    changes: Iterable[Change], sections: Iterable[Section]
) -> Iterator[tuple[str | None, str | None, Section]]:
    """Join each change with its section: git writes both in the same order.

    A changed file type is one change but two sections: a deletion and a new file.
    """
    following = iter(sections)
    for change in changes:
        if change.status == "T":
            yield change.source, None, next(following)
            yield None, change.path, next(following)
        else:
            source = None if change.status == "A" else change.source
            yield source, None if change.status == "D" else change.path, next(following)


def _file_json(
    source: str | None, destination: str | None, section: Section, left: int
) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "source": None if source is None else path_json(source),
        "destination": None if destination is None else path_json(destination),
    }
    if section.binary:
        return shown | {"binary": True, "truncated": False}
    hunks = []
    truncated = False
    for hunk in section.hunks:
        if truncated := not left:
            break
        hunks.append(_hunk_json(hunk, left))
        truncated = len(hunk.lines) > left
        if truncated:
            break
        left -= len(hunk.lines)
    return shown | {"hunks": hunks, "truncated": truncated}


def _hunk_json(hunk: Hunk, left: int) -> dict[str, Any]:
    truncated = len(hunk.lines) > left
    names = ("sourceLine", "sourceSpan", "destinationLine", "destinationSpan")
    segments = [
        {
            "type": kind,
            "lines": [
                {
                    "source": line.source,
                    "destination": line.destination,
                    "line": line.text,
                    "truncated": False,
                }
                for line in lines
            ],
            "truncated": False,
        }
        for kind, lines in groupby(hunk.lines[:left], key=lambda line: line.type)
    ]
    segments[-1]["truncated"] = truncated
    return {
        **({"context": hunk.context} if hunk.context else {}),
        **dict(zip(names, hunk.spans, strict=True)),
        "segments": segments,
        "truncated": truncated,
    }
