"""A unified diff cut into one section per file, whoever wrote it.

git's own diffs are read, and any other with `---`, `+++` and `@@` lines (GNU diff, hg, svn). Around
the files there may be words: a commit message, `--stat`, `--raw`, one mail of `git format-patch`.
Once a diff has shown a `diff --git` line, only such a line begins a file in it.
"""

from collections.abc import Sequence

import msgspec

from insights_uploader.changes import names as naming
from insights_uploader.changes.cursor import Cursor, shown
from insights_uploader.changes.file_header import (
    GIT_LINE,
    Header,
    begins_plain,
    read_git,
    read_plain,
)
from insights_uploader.changes.hunks import Hunks
from insights_uploader.changes.prose import Prose, several_commits
from insights_uploader.model.errors import DiffError

MAX_FILES = 1_000_000
"""More files than this are no diff that anybody reviews."""


class Section(msgspec.Struct, frozen=True):
    """One file of a diff.

    Attributes:
        line: the line of the diff where it begins, from 1.
        old_path: its path before; None when it is new.
        new_path: its path after; None when it is deleted.
        new_blob: the blob id after, possibly abbreviated; None when the diff does not say, or
            says zeros (a working tree).
        binary: True when the diff shows no lines because they are none.
        submodule: True when it is another repository's commit, or a file of that.
        hunks: where its hunks are; None without any.
    """

    line: int
    old_path: str | None
    new_path: str | None
    new_blob: str | None = None
    binary: bool = False
    submodule: bool = False
    hunks: Hunks | None = None


def sections(text: bytes, name: str) -> list[Section]:
    """Cut a diff into its files, in its order.

    Args:
        text: the diff; nothing but white space is a diff without files.
        name: what to call it in messages.

    Raises:
        DiffError: it is no diff, not whole, of a kind whose lines cannot be told, or it does not
            say without doubt which files it is about.
    """
    if text.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise DiffError(
            "diff-encoding",
            f"{name}: it is UTF-16, as PowerShell's > writes it",
            "Let git write the file: git diff --output=FILE BASE...HEAD",
        )
    cursor = Cursor(text, name)
    prose = Prose()
    found: list[Header] = []
    while cursor.line:
        if cursor.line.startswith(GIT_LINE):
            found.append(read_git(cursor, prose.submodule))
        elif begins_plain(cursor) and not (found and found[-1].names.git is not None):
            found.append(read_plain(cursor))
        else:
            prose.read(cursor, after_file=bool(found))
            cursor.advance()
        if len(found) > MAX_FILES:
            raise cursor.refusal(
                "diff-too-large",
                f"more than {MAX_FILES:,} files",
                "Leave generated files out: git diff BASE...HEAD -- . ':!PATH'",
            )
    if not found and not prose.submodules and text.strip():
        raise DiffError(
            "diff-without-files",
            f"{name}: no file header found, so this is no unified diff",
            "Write one with: git diff --output=FILE BASE...HEAD",
        )
    named = _with_paths(found, cursor)
    _refuse_repeated(named, cursor)
    return named


def _with_paths(found: Sequence[Header], cursor: Cursor) -> list[Section]:
    """The sections under the paths that the diff's names mean."""
    prefixes = naming.decide([header.names for header in found])
    named = []
    for header in found:
        both = naming.paths(header.names, prefixes) if prefixes is not None else None
        if both is None:
            raise _undecided(found, cursor)
        named.append(_section(header, *both, cursor))
    return named


def _section(header: Header, old: bytes, new: bytes, cursor: Cursor) -> Section:
    within = bool(header.within) and (new + b"/").startswith(header.within + b"/")
    for path in (old, new):
        if not naming.is_in_repository(path):
            raise cursor.refusal(
                "diff-path",
                f"{shown(path)} is no path of a file in a repository",
                "Write the diff in the repository's root: git diff --output=FILE BASE...HEAD",
                header.line,
            )
    return Section(
        line=header.line,
        old_path=None if header.created else naming.as_text(old),
        new_path=None if header.deleted else naming.as_text(new),
        new_blob=header.new_blob,
        binary=header.binary,
        submodule=header.submodule or within,
        hunks=header.hunks,
    )


def _undecided(found: Sequence[Header], cursor: Cursor) -> DiffError:
    """The error for names whose prefixes cannot be told."""
    if naming.is_reversed([header.names for header in found]):
        return cursor.refusal(
            "diff-reversed",
            "the diff's sides are the wrong way round",
            "Leave -R out, or swap the two versions: git diff BASE...HEAD",
            found[0].line,
        )
    first = naming.decide([found[0].names])
    odd = next((h for h in found if first is None or not naming.paths(h.names, first)), found[0])
    seen = odd.names.git or b" ".join(n for n in (odd.names.minus, odd.names.plus) if n)
    return cursor.refusal(
        "diff-prefix",
        f"cannot tell which file this is, as the prefixes before the names are unknown or not "
        f"the same in the whole diff: {shown(seen)}",
        "Write it with git's usual ones: git diff --src-prefix=a/ --dst-prefix=b/ BASE...HEAD",
        odd.line,
    )


def _refuse_repeated(named: Sequence[Section], cursor: Cursor) -> None:
    """Refuse a diff that touches a file twice.

    The one exception: git writes a file that becomes a link, or the reverse, as one that is
    deleted and one that is new.
    """
    seen: dict[str, Section] = {}
    for section in named:
        if section.submodule:
            continue
        path = section.new_path or section.old_path
        if path is None:
            raise cursor.refusal(
                "diff-malformed",
                "the file is on neither side",
                "Write the diff again with: git diff --output=FILE BASE...HEAD",
                section.line,
            )
        before = seen.setdefault(path, section)
        replaced = before.new_path is None and section.old_path is None
        if before is not section and not replaced:
            raise several_commits(
                cursor,
                f"{shown(path.encode('utf-8', 'surrogateescape'))} comes a second time, after "
                f"line {before.line}",
                section.line,
            )
        seen[path] = section
