"""What makes two findings the same one, between runs and within a run. Pure.

No line number is in it. The place in the file is told by its content: the fifty characters that
follow the line's beginning, blanks left out, and the how-manieth such place in the file it is,
blank lines counted apart. So an identity survives code that moves and whitespace that changes,
and two equal lines keep two identities. This is the scheme of GitHub code scanning's
primaryLocationLineHash with half of its hundred characters: an edit right below a line changes
the line's identity, and half the window halves how many do. From Click 8.1.0 to 8.1.7, 97 of 100
unchanged lines in the files that changed keep theirs instead of 94; with fewer characters still,
more lines are taken for another that looks alike.

The tool's own fingerprints serve only where there is no source line to read: they are constant
in some tools (Semgrep writes `requires login`), random in others, and collide in more. The same
holds for the number of a line, of a file that cannot be read or is shorter.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Sequence

from insights_uploader.model.finding import Placed

ReadLines = Callable[[str], Sequence[bytes] | None]
"""Gives a repository file's lines without their ends; None when there is no such file."""

_CONTEXT = 50
_BLANKS = bytes(range(33))
_DIGEST = 8
_REMEMBERED = 64_000_000  # bytes: eight million lines
_MOST_LINES = 500_000  # of one file; a longer one is no source that people edit

# Of an absolute path; in a linter's message only of a file's, since others may be addresses.
_FOLDERS = re.compile(r"(?<![\w./\\-])(?:file://)?(?:[A-Za-z]:)?(?:[/\\][\w.@+~-]+)+[/\\]")
_FOLDERS_OF_FILE = re.compile(
    _FOLDERS.pattern + r"(?=[\w+~-]{1,100}\.[a-z]\w{0,5}\b)", re.IGNORECASE
)
_VOLATILE = re.compile(
    r"(?:(?<=\bat )|(?<=\baddress ))0x[0-9a-f]+"  # of an object; elsewhere it may be a constant
    r"|(?<=[a-z]@)(?=\d*[a-f])[0-9a-f]{6,8}\b"  # of a Java object
    r"|(\.[a-z]\w{0,5}:)\d+(?::\d+)?(?!\.?\w)"  # the line and column in `file.py:12:3`
    r"|(?<=:\[)\d+:\d+(?=\])"  # the lines in pylint's `module:[12:20]`
    r"|(?<=\bline )\d+|(?<=\blines )\d+(?:\s*(?:-|and|to)\s*\d+)?"
    r"|(?<=\bcolumn )\d+",
    re.IGNORECASE,
)
# A linter's message tells findings of one line apart by such words; a failing test's is the
# program's output, and other in each run.
_VOLATILE_IN_TESTS = re.compile(
    r"(?<![\w-])[\w-]{0,40}(?:\.{3}|…)[\w-]{0,40}"  # a value that is cut
    r"|\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b"  # a UUID
    r"|\b\d{4}-\d\d-\d\d[t ]\d\d:\d\d(?::\d\d(?:[.,]\d{1,9})?)?"  # a point in time
    r"|(?<![\w.])\d\d:\d\d:\d\d(?:[.,]\d{1,9})?\b"  # a time of day
    r"|(?<![\w.])\d{1,9}\.\d{1,18} ?(?:[mnuµ]?s|sec(?:ond)?s?)\b"  # a duration
    r"|\b(?=[a-f]*\d)(?=\d*[a-f])[0-9a-f]{12,}\b|0x[0-9a-f]{6,}\b|\b\d{10,}\b"  # an id, an address
    r"|\btmp\.?\w{6,10}\b"  # Python's and mktemp's temporary names
    r"|(?<=\bpid[ =:])\d+|(?<=\bgoroutine )\d+"
    r"|(?<=:)\d{5}\b|(?<=\bport )\d{5}\b",  # a port that the system chose
    re.IGNORECASE,
)


class Identity:
    """Works out identities; remembers the contexts of many files."""

    def __init__(self, read_lines: ReadLines) -> None:
        self._read_lines = read_lines
        self._contexts: dict[str, bytes] = {}
        self._remembered = 0

    def of(self, placed: Placed) -> bytes:
        """The identity of a finding: 16 bytes.

        Of a case of a parametrised test the message is no part of it: at one place it fails once.
        """
        finding = placed.finding
        context, place = self._place(placed)
        facts = [finding.tool, finding.rule]
        if finding.variant_of is None:
            facts.append(normalised(finding.message, failed_test=finding.failed_test))
            if context is None:
                facts.extend(f"{name}={value}" for name, value in finding.fingerprints)
        return _digest(context, place, *facts)

    def of_test(self, placed: Placed, name: str) -> bytes:
        """The identity of all failing cases of a parametrised test at one place: 16 bytes."""
        return _digest(*self._place(placed), placed.finding.tool, "", name)

    def _place(self, placed: Placed) -> tuple[bytes | None, str]:
        """The line's surroundings and the path; the line's number where there are none.

        Of what has no place in the repository it is the one that the tool named.
        """
        context = self._context(placed)
        if context is not None:
            return context, placed.path or ""
        if placed.path is not None:
            return None, f"{placed.path}:{placed.line}"
        for location in placed.finding.locations:
            return None, f"{_FOLDERS.sub('#', location.path)}:{location.line}"
        return None, ""

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


def test_case(placed: Placed) -> bytes:
    """Which case a failure is of, which may have several: 16 bytes."""
    return _digest(None, placed.path or "", placed.finding.tool, placed.finding.rule)


def _digest(context: bytes | None, *facts: str) -> bytes:
    """The digest of a line's surroundings and some facts, whatever characters they hold."""
    texts = [fact.encode("utf-8", "surrogatepass") for fact in facts]
    lengths = b"%d " * len(texts) % tuple(map(len, texts))
    parts = (lengths, context or b"", *texts)
    return hashlib.blake2b(b"".join(parts), digest_size=16).digest()


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


def normalised(message: str, *, failed_test: bool = False) -> str:
    """A message without what changes from run to run: folders, addresses, line numbers, blanks."""
    if "/" in message or "\\" in message:
        message = (_FOLDERS if failed_test else _FOLDERS_OF_FILE).sub("#", message)
    message = _VOLATILE.sub(r"\1#", message)
    if failed_test:
        message = _VOLATILE_IN_TESTS.sub("#", message)
    return " ".join(message.split())
