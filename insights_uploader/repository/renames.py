"""Several new files that come from one old file.

`git diff` gives an old file to one new file at most: when a file is split in two, one half is a
rename and the other is all new. `git blame` asks for each new file alone where it comes from, and
finds the old file twice. Here the second is done, for all new files in one git process: each is
compared, as the only new file, with all that are gone.
"""

import re
from collections.abc import Sequence

import msgspec

from insights_uploader.repository.borrowed import BorrowedObjects

MAX_PAIRS = 100_000
"""So many pairs of a new and a gone file take seconds; beyond, git's own pairing will do."""

_RENAME = re.compile(rb"^rename from .*\nrename to .*$", re.MULTILINE)
"""Without context every line of a file begins with a sign, so these are git's own."""


class _Entry(msgspec.Struct, frozen=True):
    mode: bytes
    blob: bytes
    path: bytes


def separately_paired(
    git: BorrowedObjects, options: Sequence[str], old: str, new: str, text: bytes
) -> bytes:
    """A diff in which each new file is paired as if it were the only one.

    Args:
        git: a repository that has both trees.
        options: those of the diff, with `--find-renames`.
        old: the id of a commit or tree.
        new: the id of another.
        text: the diff as git pairs the files; it is returned where there is nothing to choose.

    Raises:
        CheckoutError: git fails.
    """
    if (
        b"\nrename from " not in text
        or text.count(b"\nnew file ") + text.count(b"\nrename to ") < 2
    ):
        return text
    created, gone = _created_and_gone(git, old, new)
    blobs = {entry.blob for entry in gone}
    if len(gone) * sum(entry.blob not in blobs for entry in created) > MAX_PAIRS:
        return text
    sources, *targets = _commits(git, [gone, *([entry] for entry in created)])
    pairs = b"".join(b"%s %s\n" % (target, sources) for target in targets)
    found = git.run(
        "diff-tree", "--stdin", "--no-commit-id", "-r", "-p", *options, "--diff-filter=AR",
        stdin=pairs,
    )  # fmt: skip
    if set(_RENAME.findall(found)) == set(_RENAME.findall(text)):
        return text
    return git.run("diff", *options, "--no-renames", "--diff-filter=a", old, new, "--") + found


def _created_and_gone(
    git: BorrowedObjects, old: str, new: str
) -> tuple[Sequence[_Entry], Sequence[_Entry]]:
    """The files that only the new tree has, and those that only the old one has."""
    listing = git.run(
        "diff", "--raw", "-z", "--no-renames", "--no-abbrev", "--ignore-submodules=none", old, new,
        "--",
    )  # fmt: skip
    created, gone = [], []
    parts = iter(listing.split(b"\0")[:-1])
    for facts, path in zip(parts, parts, strict=True):
        old_mode, new_mode, old_blob, new_blob, status = facts.removeprefix(b":").split(b" ")
        if status == b"A":
            created.append(_Entry(new_mode, new_blob, path))
        elif status == b"D":
            gone.append(_Entry(old_mode, old_blob, path))
    return created, gone


def _commits(git: BorrowedObjects, trees: Sequence[Sequence[_Entry]]) -> Sequence[bytes]:
    """Commits of these files and no others; their ids."""
    script = [b"feature done\n"]
    for number, entries in enumerate(trees, 1):
        script.append(b"reset refs/pairs\ncommit refs/pairs\nmark :%d\n" % number)
        script.append(b"committer x <x> 0 +0000\ndata 0\n")
        for mode, blob, name in ((e.mode, e.blob, _quoted(e.path)) for e in entries):
            script.append(b'M %s %s "%s"\n' % (mode, blob, name))
        script.append(b"get-mark :%d\n" % number)
    script.append(b"done\n")
    # Forced, since a diff before this one has left its own commits under that name.
    answer = git.run("fast-import", "--quiet", "--force", "--cat-blob-fd=1", stdin=b"".join(script))
    return answer.split()


def _quoted(path: bytes) -> bytes:
    """A path as it stands between git's quotation marks."""
    return b"".join(b"\\%03o" % byte for byte in path)
