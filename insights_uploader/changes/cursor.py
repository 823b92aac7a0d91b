"""A place in a diff: the line that is read, and the words to refuse it with."""

from insights_uploader.model.errors import DiffError

MAX_LINES = 20_000_000
"""More lines than this are no diff that anybody reviews; it bounds time and memory."""

_BOM = b"\xef\xbb\xbf"  # PowerShell 5 writes one


class Cursor:
    r"""Walks over a diff line by line. Lines end at `\n` and nowhere else.

    The lines are cut out when their turn comes, so that memory does not grow with their number.

    Attributes:
        text: the whole diff.
        name: what to call the diff in messages: "changes.diff", "git diff".
        offset: where in `text` the current line begins.
        number: the current line's number, from 1.
        line: the current line with its end; empty after the last one.
    """

    __slots__ = ("line", "name", "number", "offset", "text")

    def __init__(self, text: bytes, name: str) -> None:
        self.text = text
        self.name = name
        self.line = b""
        self.move_to(len(_BOM) if text.startswith(_BOM) else 0, 1)
        if text.count(b"\n") > MAX_LINES:
            raise DiffError(
                "diff-too-large",
                f"{name}: it has more than {MAX_LINES:,} lines",
                "Leave generated files out: git diff BASE...HEAD -- . ':!PATH'",
            )

    @property
    def content(self) -> bytes:
        """The current line without its end.

        A carriage return before the end goes too: git quotes a name that has one, so it comes
        from a program that turned the diff's line ends into Windows'.
        """
        return self.line.removesuffix(b"\n").removesuffix(b"\r")

    def advance(self) -> None:
        """Go to the next line."""
        self.move_to(self.offset + len(self.line), self.number + 1)

    def move_to(self, offset: int, number: int) -> None:
        """Go to the line that begins at `offset` and is the `number`-th."""
        end = self.text.find(b"\n", offset) + 1
        self.offset = offset
        self.number = number
        self.line = self.text[offset : end or len(self.text)]

    def following(self, count: int) -> list[bytes]:
        """The `count` lines after the current one; empty ones past the end."""
        lines = []
        start = self.offset + len(self.line)
        for _ in range(count):
            end = self.text.find(b"\n", start) + 1 or len(self.text)
            lines.append(self.text[start:end])
            start = end
        return lines

    def refusal(self, slug: str, reason: str, hint: str, number: int | None = None) -> DiffError:
        """The error for a line of this diff.

        Args:
            slug: the kind of failure.
            reason: what is wrong there.
            hint: what to do.
            number: the line, when it is not the current one.
        """
        return DiffError(slug, f"{self.name}: line {number or self.number}: {reason}", hint)


def shown(raw: bytes) -> str:
    """Bytes of a diff for a message: readable, harmless to a terminal, and not too long."""
    text = raw.decode("utf-8", "surrogateescape")
    if len(text) > 120:
        text = text[:117] + "..."
    return text if text.isprintable() else ascii(text)
