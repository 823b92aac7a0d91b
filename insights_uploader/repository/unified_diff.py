"""The unified diff between two trees of the checkout."""

import re
from collections.abc import Iterable, Sequence

from insights_uploader.model.errors import CheckoutError
from insights_uploader.repository.borrowed import BorrowedObjects
from insights_uploader.repository.renames import separately_paired

_OPTIONS = (
    "-U0", "--inter-hunk-context=0", "--no-ext-diff", "--no-textconv", "--no-color",
    "--src-prefix=a/", "--dst-prefix=b/", "--find-renames", "-l5000", "--full-index",
    "--submodule=short", "--ignore-submodules=none", "--no-relative", "--diff-algorithm=myers",
    "--indent-heuristic",
)  # fmt: skip
"""Every option whose default could be another in some version of git, and that changes hunks or
headers. More than 5000 renamed and rewritten files take minutes to be paired; beyond that only those
that are the same or keep their names are."""

TEXT_BUDGET = 64 << 20
"""How many bytes of files with a NUL in them, old and new together, are read line by line."""

_SPECIAL = re.compile(rb"[*?\[\\]")
_PLAIN = re.compile(rb"[^A-Za-z0-9/._-]")


def unified_diff(git: BorrowedObjects, old: str, new: str) -> bytes:
    """The diff from one tree to another, without context lines.

    git takes a file with a NUL in its first 8000 bytes for a binary one and shows no lines of it;
    but a test or a source file in UTF-16 has NULs too. Such files are shown by their lines all the
    same, the smallest first, as far as `TEXT_BUDGET` goes.

    Args:
        git: a repository that has both trees.
        old: the id of a commit or tree.
        new: the id of another.

    Raises:
        CheckoutError: git has not all that it takes.
    """
    git.attributes.write_bytes(b"")
    try:
        options: tuple[str, ...] = _OPTIONS
        text = git.run("diff", *options, old, new, "--")
        if b"\nBinary files " in text:
            options = (*options, *_as_text(git, old, new))
            text = git.run("diff", *options, old, new, "--")
        return separately_paired(git, options, old, new, text)
    except CheckoutError as error:
        if error.slug == "partial-clone":
            error.hint = f"Let git fetch it: git diff --text --shortstat {old} {new}"
        raise


def _as_text(git: BorrowedObjects, old: str, new: str) -> Sequence[str]:
    """What makes text of the files that git takes for binary, of all or of the smallest.

    Attributes are the second choice: they also change which files git finds alike.
    """
    listing = git.run(
        "diff", "--raw", "--numstat", "-z", "--no-renames", "--no-abbrev", "--no-ext-diff",
        "--no-textconv", "--ignore-submodules=none", "--no-relative", old, new, "--",
    )  # fmt: skip
    blobs: dict[bytes, tuple[bytes, bytes]] = {}
    binary = []
    parts = iter(listing.split(b"\0")[:-1])
    for part in parts:
        if part.startswith(b":"):
            _, _, old_id, new_id, _ = part.split(b" ")
            blobs[next(parts)] = old_id, new_id
        elif part.startswith(b"-\t-\t"):
            binary.append(part.removeprefix(b"-\t-\t"))
    sizes = _sizes(git, [blob for path in binary for blob in blobs[path]])
    total = 0
    chosen: list[bytes] = []
    for size, path in sorted((sum(sizes[blob] for blob in blobs[path]), path) for path in binary):
        total += size
        if total > TEXT_BUDGET:
            git.attributes.write_bytes(_text_attributes(chosen))
            return ()
        chosen.append(path)
    return ("--text",)


def _sizes(git: BorrowedObjects, blobs: Iterable[bytes]) -> dict[bytes, int]:
    """Each blob's size in bytes; 0 for none, which is named by zeros."""
    asked = sorted(set(blobs))
    there = [blob for blob in asked if blob.strip(b"0")]
    answer = git.run("cat-file", "--batch-check=%(objectsize)", stdin=b"\n".join([*there, b""]))
    known = dict(zip(there, map(int, answer.split(b"\n")[:-1]), strict=True))
    return {blob: known.get(blob, 0) for blob in asked}


def _text_attributes(paths: Iterable[bytes]) -> bytes:
    """An attributes file that makes text of these paths (gitattributes(5), `diff`)."""
    return b"".join(b'"/%s" diff\n' % _quoted(_SPECIAL.sub(rb"\\\g<0>", p)) for p in paths)


def _quoted(pattern: bytes) -> bytes:
    """A pattern as it stands between git's quotation marks."""
    return _PLAIN.sub(lambda odd: b"\\%03o" % odd[0][0], pattern)
