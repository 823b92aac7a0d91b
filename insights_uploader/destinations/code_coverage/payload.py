"""The bodies of the Code Coverage app for Bitbucket Data Center. Pure.

The app has no document of Atlassian's. Its body is known from the clients that feed it (the Gradle
and SimpleCov plugins, among others): `{"files": [{"path", "coverage": "C:1,2;P:3;U:4"}]}`, lines
that were run, run in part, and not run. Some of them send one body per module of a commit, so that
bodies with different files add up.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from insights_uploader.coverage import Coverage, MeasuredFile

MAX_BODY = 1024 * 1024
"""Bytes of JSON in one body; proxies refuse more than they are set up for, often 1 MiB.

A single file that needs more goes alone: of one file in two bodies nobody knows the outcome."""

FileBody = Mapping[str, str]

_ENVELOPE = '{"files":[]}'


def coverage_bodies(coverage: Coverage, limit: int = MAX_BODY) -> Iterator[Mapping[str, Any]]:
    """The bodies that carry the files of the repository, sorted, each file in one of them."""
    files: list[FileBody] = []
    size = len(_ENVELOPE)
    for path in sorted(coverage.files):
        lines = line_states(coverage.files[path])
        if not lines or not is_sendable(path):
            continue
        file = {"path": path, "coverage": lines}
        more = len(msgspec.json.encode(file)) + 1
        if files and size + more > limit:
            yield {"files": files}
            files, size = [], len(_ENVELOPE)
        files.append(file)
        size += more
    if files:
        yield {"files": files}


def is_sendable(path: str) -> bool:
    """False for a name that is no UTF-8, which git may hold and JSON cannot carry."""
    return not any("\ud800" <= character <= "\udfff" for character in path)


def line_states(file: MeasuredFile) -> str:
    """A file's lines as `C:1,2;P:3;U:4`; a group without lines is left out.

    A line that was run, though not all of its branches were, is run in part.
    """
    covered, partial, uncovered = [], [], []
    for line in file.measured:
        branches = file.branches.get(line)
        if line not in file.covered:
            uncovered.append(line)
        elif branches is not None and branches.taken < branches.total:
            partial.append(line)
        else:
            covered.append(line)
    groups = (("C", covered), ("P", partial), ("U", uncovered))
    return ";".join(f"{name}:{_listed(lines)}" for name, lines in groups if lines)


def _listed(lines: Sequence[int]) -> str:
    return ",".join(map(str, lines))
