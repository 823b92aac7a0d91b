r"""Which file a section of a diff is about: quoted names, and the prefixes before them.

A prefix such as `a/` cannot be told from a folder by looking at one name, so it is never stripped
from one name. It is decided once for the whole diff, from pairs of names:

* git names a file twice in its `diff --git` line. Unless there are `rename` or `copy` lines both
  sides are the same path, so `x x` has no prefixes, even where `x` begins with `a/`, and
  `a/x b/x` has `a/` and `b/`, which `--no-prefix` could only have written for a rename.
* `rename` and `copy` lines give both paths bare; what the other lines have before them is the
  prefix.
* `src://` and `dst://` (Bitbucket) are no folders: git has no path with `//` in it.
* Prefixes of the user's own (`--src-prefix`, or the two folders of `diff -r`) are taken up to the
  first `/` after the last place where the two names differ, and only if every section agrees. If
  they end without a `/` only a rename tells where, and without one the diff is refused.

The same prefixes must explain every section, else the diff is refused; so is a diff without git's
header lines that only creates or deletes files, since `+++ b/x.py` alone says nothing. Two things
remain that no diff can tell: equal prefixes on both sides look like a folder, and prefixes that
end alike (`old/src/`, `new/src/`) look shorter than they are. Such a path is not in the commit, or
is another file there, and `prove` refuses it.
"""

import os
import re
from collections.abc import Sequence

import msgspec

DEV_NULL = b"/dev/null"

Prefixes = tuple[bytes, bytes]
"""What stands before the old and before the new path."""

_KNOWN: tuple[Prefixes, ...] = (
    (b"", b""),  # --no-prefix
    (b"a/", b"b/"),
    (b"src://", b"dst://"),  # Bitbucket
    (b"c/", b"w/"),  # diff.mnemonicPrefix: commit, index, worktree, object; and --no-index
    (b"c/", b"i/"),
    (b"i/", b"w/"),
    (b"o/", b"w/"),
    (b"1/", b"2/"),
)
_MAX_ASKED, _MAX_SPACES = 100, 20  # where nobody named a file oddly the first section will do
_QUOTED = re.compile(rb'"((?:[^"\\]|\\.)*)"')
_ESCAPE = re.compile(rb"\\([0-7]{3}|.)", re.DOTALL)
_ESCAPED = {
    b"a": b"\a",
    b"b": b"\b",
    b"t": b"\t",
    b"n": b"\n",
    b"v": b"\v",
    b"f": b"\f",
    b"r": b"\r",
    b'"': b'"',
    b"\\": b"\\",
}


class Names(msgspec.Struct):
    """What one section's header lines call its file; unquoted, prefixes still on.

    Attributes:
        git: both names of the `diff --git` line with a space between, or None.
        minus: the name in the `---` line, `DEV_NULL`, or None without that line.
        plus: the same for the `+++` line.
        moved_from: the path in `rename from` or `copy from`, which has no prefix.
        moved_to: the path in `rename to` or `copy to`.
    """

    git: bytes | None = None
    minus: bytes | None = None
    plus: bytes | None = None
    moved_from: bytes | None = None
    moved_to: bytes | None = None


def unquoted(name: bytes) -> bytes:
    """A name as git writes it, with C escapes in double quotes when it is an odd one.

    Raises:
        ValueError: the quotes or the escapes are broken.
    """
    if not name.startswith(b'"'):
        return name
    quoted = _QUOTED.fullmatch(name)
    if quoted is None:
        raise ValueError("the quotes of the name do not match")
    return _unescaped(quoted[1])


def git_names(rest: bytes) -> bytes:
    """What follows `diff --git `: two names, each quoted or not, as `Names.git`.

    Raises:
        ValueError: the quotes or the escapes are broken.
    """
    if rest.startswith(b'"'):
        first = _QUOTED.match(rest)
        if first is None or rest[first.end() : first.end() + 1] != b" ":
            raise ValueError("the quotes of the names do not match")
        return _unescaped(first[1]) + b" " + unquoted(rest[first.end() + 1 :])
    # A name with a quotation mark in it is itself quoted, so this one begins the second name.
    plain, mark, quoted = rest.partition(b' "')
    return plain + b" " + unquoted(b'"' + quoted) if mark else rest


def side_name(rest: bytes) -> bytes:
    """What follows `--- ` or `+++ `: a name, and after a tab perhaps a date.

    Raises:
        ValueError: the quotes or the escapes are broken.
    """
    return unquoted(rest.partition(b"\t")[0])


def moved_name(rest: bytes) -> bytes:
    """What follows `rename to ` and its like: a path, which git writes without a prefix.

    Raises:
        ValueError: the quotes or the escapes are broken.
    """
    return unquoted(rest).removeprefix(b"src://").removeprefix(b"dst://")


def complete_move(names: Names, submodule: bytes) -> None:
    """Put a submodule's path before the names of a file that was moved in it.

    git leaves it out in the `rename` and `copy` lines of `--submodule=diff`, and nowhere else.
    """
    if not submodule or names.git is None or names.moved_from is None or names.moved_to is None:
        return
    if names.git.endswith(submodule + b"/" + names.moved_to):
        names.moved_from = submodule + b"/" + names.moved_from
        names.moved_to = submodule + b"/" + names.moved_to


def decide(sections: Sequence[Names]) -> Prefixes | None:
    """The one pair of prefixes that explains every section; None when there is none, or two."""
    fitting = [known for known in _KNOWN if _explains(known, sections)]
    if not fitting and not is_reversed(sections):
        # A rename shows the prefixes whole, so those sections are asked first.
        by_worth = sorted(sections, key=lambda names: names.moved_to is None)[:_MAX_ASKED]
        own = next((pair for names in by_worth if (pair := _own_prefixes(names))), None)
        fitting = [own] if own and _explains(own, sections) else []
    return fitting[0] if len(fitting) == 1 else None


def is_reversed(sections: Sequence[Names]) -> bool:
    """True when git's prefixes are the wrong way round, as `git diff -R` writes them."""
    return any(_explains((new, old), sections) for old, new in _KNOWN if old)


def paths(names: Names, prefixes: Prefixes) -> tuple[bytes, bytes] | None:
    """The old and the new path of a section, or None when the prefixes do not explain it."""
    if names.moved_from is not None and names.moved_to is not None:
        old, new = names.moved_from, names.moved_to
    else:
        same = _same_path(names, prefixes)
        if same is None:
            return None
        old = new = same
    if not old or not new or b"://" in old + b" " + new:
        return None
    written = prefixes[0] + old, prefixes[1] + new
    fits = (
        names.git in (None, b" ".join(written))
        and names.minus in (None, DEV_NULL, written[0])
        and names.plus in (None, DEV_NULL, written[1])
    )
    return (old, new) if fits else None


def is_in_repository(path: bytes) -> bool:
    """False for a path that cannot be a file's in a repository, or leads out of it."""
    parts = path.split(b"/")
    return b"\0" not in path and not any(part in (b"", b".", b"..") for part in parts)


def as_text(path: bytes) -> str:
    """A path as the rest of the program has it: UTF-8, odd bytes as lone surrogates."""
    return path.decode("utf-8", "surrogateescape")


def _explains(prefixes: Prefixes, sections: Sequence[Names]) -> bool:
    return all(paths(names, prefixes) is not None for names in sections)


def _same_path(names: Names, prefixes: Prefixes) -> bytes | None:
    """The path of a section whose two sides have the same one, if the prefixes are these."""
    for name, prefix in zip((names.minus, names.plus), prefixes, strict=True):
        if name not in (None, DEV_NULL):
            return name[len(prefix) :] if name.startswith(prefix) else None
    if names.git is None:
        return None
    # Spaces in a name do not matter: the prefixes' lengths say where the second name begins.
    length = (len(names.git) - len(prefixes[0]) - len(prefixes[1]) - 1) // 2
    return names.git[len(prefixes[0]) :][:length] if length > 0 else None


def _own_prefixes(names: Names) -> Prefixes | None:
    """The prefixes that a section shows without knowing them before, or None."""
    shown = {pair for old, new in _written(names) if (pair := _before_path(old, new, names))}
    return shown.pop() if len(shown) == 1 else None


def _written(names: Names) -> list[tuple[bytes, bytes]]:
    """The old and the new name as a section may have written them, with their prefixes."""
    both = [name for name in (names.minus, names.plus) if name and name != DEV_NULL]
    if len(both) == 2:
        return [(both[0], both[1])]
    words = (names.git or b"").split(b" ")
    if len(words) > _MAX_SPACES:
        return []
    # Spaces in the names: each of them may be the one between.
    return [(b" ".join(words[:n]), b" ".join(words[n:])) for n in range(1, len(words))]


def _before_path(old: bytes, new: bytes, names: Names) -> Prefixes | None:
    """What stands before the path in two names for it, if that can be told."""
    if names.moved_from is not None and names.moved_to is not None:
        if old.endswith(names.moved_from) and new.endswith(names.moved_to):
            return old.removesuffix(names.moved_from), new.removesuffix(names.moved_to)
        return None
    shared = len(os.path.commonprefix([old[::-1], new[::-1]]))  # noqa: RUF071 - bytes are meant
    ends = old[: len(old) - shared], new[: len(new) - shared]
    if all(not end or end.endswith(b"/") for end in ends):
        return ends
    if old[len(ends[0]) :].startswith(b"/"):
        return ends[0] + b"/", ends[1] + b"/"
    return None


def _unescaped(quoted: bytes) -> bytes:
    return _ESCAPE.sub(_escaped_byte, quoted)


def _escaped_byte(escape: re.Match[bytes]) -> bytes:
    code = escape[1]
    if len(code) == 3:
        value = int(code, 8)
        if value < 256:
            return bytes([value])
    elif code in _ESCAPED:
        return _ESCAPED[code]
    raise ValueError("the name has an escape that git does not write")
