"""A unified diff as changed lines: our own headers, unidiff's hunks."""

import io
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import TYPE_CHECKING

from insights_uploader.changes.changed_lines import ChangedFile, ChangedLines, LineRange
from insights_uploader.changes.headers import Section, sections
from insights_uploader.changes.hunks import Hunks
from insights_uploader.model.errors import DiffError

if TYPE_CHECKING:
    from unidiff.patch import PatchedFile

MAX_HELD_LINES = 2_000_000
"""unidiff holds an object of some 400 bytes for each line of a file's hunks with context."""

_HEAD = ("--- a/f\n", "+++ b/f\n")


def parse_diff(text: bytes, name: str, *, zero_context: bool = False) -> ChangedLines:
    r"""Read the changed lines of the new side.

    Deleted files have none and are left out, and so are submodules. A renamed file, one with a new
    mode, a binary one is there without lines.

    Args:
        text: the diff, as bytes; its lines end at `\n` only. Without anything but white space it
            is a diff in which nothing changed; whether that can be is the caller's to say.
        name: what to call it in messages: "changes.diff", "git diff".
        zero_context: True for a diff that was made with `-U0`, which must then have no context
            lines; its lines' text is not kept.

    Raises:
        DiffError: the text is no diff, or not whole, or ambiguous, or has context lines.
    """
    held = 0
    files = []
    for section in sections(text, name):
        if section.new_path is None or section.submodule:
            continue
        file = _changed_file(section, section.new_path, text, name, zero_context)
        held += len(file.added_text or ())
        if held > MAX_HELD_LINES:
            raise _too_large(section, name)
        files.append(file)
    return ChangedLines(files)


def _changed_file(
    section: Section, path: str, text: bytes, name: str, zero_context: bool
) -> ChangedFile:
    """One file's changed lines, and their text where nothing else proves them."""
    with_text = section.new_blob is None and not zero_context
    ranges: Iterable[LineRange] = ()
    added: dict[int, bytes] = {}
    if section.hunks is not None:
        if zero_context and section.hunks.context:
            raise _refused(section, name, "the diff has context lines, though it is to have none")
        # Without context a hunk's header says it all, and unidiff need not keep the lines.
        whole = with_text or section.hunks.context > 0
        if whole and section.hunks.lines > MAX_HELD_LINES:
            raise _too_large(section, name)
        parsed = _parsed(section, section.hunks, text, name, metadata_only=not whole)
        ranges = _added_ranges(parsed) if whole else _header_ranges(parsed, section, name)
        if with_text:
            added = _added_text(parsed)
    return ChangedFile(
        path=path,
        ranges=_merged(ranges),
        new_blob=section.new_blob,
        added_text=added if with_text else None,
    )


def _parsed(
    section: Section, hunks: Hunks, text: bytes, name: str, *, metadata_only: bool
) -> "PatchedFile":
    """A section's hunks as unidiff reads them, under a name that cannot trouble it."""
    from unidiff.errors import UnidiffParseError
    from unidiff.patch import PatchSet

    body = io.BytesIO(text[hunks.start : hunks.end])
    # Latin-1 has a character for every byte; any other newline setting would split at \r.
    lines = io.TextIOWrapper(body, encoding="latin-1", newline="\n")
    # The marker for a missing last newline comes in any language; unidiff knows the English one.
    wanted = chain(_HEAD, (line for line in lines if not line.startswith("\\")))
    try:
        patch = PatchSet(wanted, metadata_only=metadata_only)
    except UnidiffParseError as error:
        raise _refused(section, name, str(error)) from None
    if len(patch) != 1 or len(patch[0]) != hunks.count:
        raise _refused(section, name, "its hunks cannot be told apart")
    return patch[0]


def _header_ranges(parsed: "PatchedFile", section: Section, name: str) -> Iterator[LineRange]:
    """The ranges that hunks without context name in their headers."""
    for hunk in parsed:
        if hunk.added != hunk.target_length:
            raise _refused(section, name, "a hunk's header does not agree with its lines")
        if hunk.target_length:
            yield LineRange(hunk.target_start, hunk.target_start + hunk.target_length - 1)


def _added_ranges(parsed: "PatchedFile") -> Iterator[LineRange]:
    """Each added line as a range of its own."""
    for hunk in parsed:
        for line in hunk:
            if line.line_type == "+" and line.target_line_no is not None:
                yield LineRange(line.target_line_no, line.target_line_no)


def _added_text(parsed: "PatchedFile") -> dict[int, bytes]:
    """The added lines' bytes by line number, without their ends."""
    return {
        line.target_line_no: line.value.removesuffix("\n").encode("latin-1")
        for hunk in parsed
        for line in hunk
        if line.line_type == "+" and line.target_line_no is not None
    }


def _merged(ranges: Iterable[LineRange]) -> tuple[LineRange, ...]:
    """Ranges in ascending order, with neighbours made one."""
    merged: list[LineRange] = []
    for each in ranges:
        if merged and merged[-1].end + 1 == each.start:
            merged[-1] = LineRange(merged[-1].start, each.end)
        else:
            merged.append(each)
    return tuple(merged)


def _refused(section: Section, name: str, reason: str) -> DiffError:
    return DiffError(
        "diff-malformed",
        f"{name}: line {section.line}: {reason}",
        "Write the diff again with: git diff --output=FILE BASE...HEAD",
    )


def _too_large(section: Section, name: str) -> DiffError:
    return DiffError(
        "diff-too-large",
        f"{name}: line {section.line}: more than {MAX_HELD_LINES:,} lines to keep in memory",
        "Write the diff without context: git diff -U0 --output=FILE BASE...HEAD, or use --base",
    )
