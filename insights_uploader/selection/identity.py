"""What makes two findings the same one, between runs and within a run. Pure.

No line number is in it. The place in the file is told by its content: the hundred characters
that follow the line's beginning, blanks left out, and the how-manieth such place in the file it
is (the scheme of GitHub code scanning's primaryLocationLineHash), blank lines counted apart. So
an identity survives code that moves and whitespace that changes, and two equal lines keep two
identities.

The tool's own fingerprints serve only where there is no source line to read: they are constant
in some tools (Semgrep writes `requires login`), random in others, and collide in more. The same
holds for the number of a line that lies beyond the file's end.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Sequence

from insights_uploader.model.finding import Placed

ReadLines = Callable[[str], Sequence[bytes] | None]
"""Gives a repository file's lines without their ends; None when there is no such file."""

_CONTEXT = 100
_BLANKS = bytes(range(33))
_DIGEST = 8
_REMEMBERED = 64_000_000  # bytes: eight million lines
_MOST_LINES = 500_000  # of one file; a longer one is no source that people edit

_VOLATILE = re.compile(
    r"(?:(?<=\bat )|(?<=\baddress ))0x[0-9a-f]+"  # of an object; elsewhere it may be a constant
    r"|(?<=[a-z]@)(?=\d*[a-f])[0-9a-f]{6,8}\b"  # of a Java object
    r"|(\.[a-z]\w{0,5}:)\d+(?::\d+)?(?!\.?\w)"  # the line and column in `file.py:12:3`
    r"|(?<=:\[)\d+:\d+(?=\])"  # the lines in pylint's `module:[12:20]`
    r"|(?<=\bline )\d+|(?<=\blines )\d+(?:\s*(?:-|and|to)\s*\d+)?"
    r"|(?<=\bcolumn )\d+",
    re.IGNORECASE,
)


class Identity:
    """Works out identities; remembers the contexts of many files."""

    def __init__(self, read_lines: ReadLines) -> None:
        self._read_lines = read_lines
        self._contexts: dict[str, bytes] = {}
        self._remembered = 0

    def of(self, placed: Placed) -> bytes:
        """The identity of a finding: 16 bytes."""
        finding = placed.finding
        digest = hashlib.blake2b(digest_size=16)
        for part in (finding.tool, finding.rule, placed.path or "", normalised(finding.message)):
            digest.update(part.encode("utf-8", "surrogatepass"))
            digest.update(b"\0")
        context = self._context(placed)
        if context is not None:
            digest.update(context)
        else:
            for name, value in finding.fingerprints:
                digest.update(f"{name}={value}\0".encode("utf-8", "surrogatepass"))
            if placed.line is not None:
                digest.update(b"%d" % placed.line)
            if placed.path is None:
                for location in finding.locations[:1]:
                    digest.update(location.path.encode("utf-8", "surrogatepass"))
        return digest.digest()

    def _context(self, placed: Placed) -> bytes | None:
        """The digest of the line's surroundings; None when there is no such line."""
        path, line = placed.path, placed.line
        if path is None or line is None:
            return None
        contexts = self._contexts.get(path)
        if contexts is None:
            lines = self._read_lines(path) or ()
            known = line_contexts(lines) if len(lines) <= _MOST_LINES else ()
            contexts = self._contexts[path] = b"".join(known)
            self._remembered += len(contexts)
            while self._remembered > _REMEMBERED and len(self._contexts) > 1:
                self._remembered -= len(self._contexts.pop(next(iter(self._contexts))))
        return contexts[_DIGEST * (line - 1) : _DIGEST * line] or None


def line_contexts(lines: Sequence[bytes]) -> Sequence[bytes]:
    """For each line the digest of what follows it and of how often that came before."""
    dense = [line.translate(None, _BLANKS) for line in lines]
    text = b"".join(dense)
    seen: Counter[tuple[bool, bytes]] = Counter()
    contexts = []
    offset = 0
    for line in dense:
        place = (bool(line), text[offset : offset + _CONTEXT])
        seen[place] += 1
        facts = b"%d %d %b" % (place[0], seen[place], place[1])
        contexts.append(hashlib.blake2b(facts, digest_size=_DIGEST).digest())
        offset += len(line)
    return contexts


def normalised(message: str) -> str:
    """A message without what changes from run to run: addresses, line numbers, blanks."""
    return " ".join(_VOLATILE.sub(r"\1#", message).split())
