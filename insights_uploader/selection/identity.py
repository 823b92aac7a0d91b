"""What makes two findings the same one, between runs and within a run. Pure.

No line number is in it. The place in the file is told by its content: the hundred characters
that follow the line's beginning, blanks left out, and the how-manieth such place in the file it
is (the scheme of GitHub code scanning's primaryLocationLineHash). So an identity survives code
that moves and whitespace that changes, and two equal lines keep two identities.

The tool's own fingerprints serve only where there is no source line to read: they are constant
in some tools (Semgrep writes `requires login`), random in others, and collide in more.
"""

import hashlib
import re
from collections.abc import Callable, Sequence

from insights_uploader.model.finding import Placed

ReadLines = Callable[[str], Sequence[bytes] | None]
"""Gives a repository file's lines without their ends; None when there is no such file."""

_CONTEXT = 100
_BLANKS = bytes(range(33))
_FILES = 32

_VOLATILE = re.compile(
    r"0x[0-9a-fA-F]{4,}"  # object addresses
    r"|(?<=:)\d+(?::\d+)?\b"  # the line and column in `file.py:12:3`
    r"|(?<=line )\d+|(?<=lines )\d+(?:\s*(?:-|and|to)\s*\d+)?"
    r"|(?<=column )\d+",
)


class Identity:
    """Works out identities; remembers the contexts of the files it saw last."""

    def __init__(self, read_lines: ReadLines) -> None:
        self._read_lines = read_lines
        self._contexts: dict[str, Sequence[bytes]] = {}

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
            if len(self._contexts) >= _FILES:
                self._contexts.pop(next(iter(self._contexts)))
            contexts = self._contexts[path] = line_contexts(self._read_lines(path) or ())
        return contexts[line - 1] if line <= len(contexts) else None


def line_contexts(lines: Sequence[bytes]) -> Sequence[bytes]:
    """For each line the digest of what follows it and of how often that came before."""
    dense = [line.translate(None, _BLANKS) for line in lines]
    text = b"".join(dense)
    seen: dict[bytes, int] = {}
    contexts = []
    offset = 0
    for line in dense:
        content = text[offset : offset + _CONTEXT]
        number = seen[content] = seen.get(content, 0) + 1
        contexts.append(hashlib.blake2b(content + b"\0%d" % number, digest_size=8).digest())
        offset += len(line)
    return contexts


def normalised(message: str) -> str:
    """A message without what changes from run to run: addresses, line numbers, blanks."""
    return " ".join(_VOLATILE.sub("#", message).split())
