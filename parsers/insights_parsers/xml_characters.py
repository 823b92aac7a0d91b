"""Characters that XML 1.0 forbids, replaced in a stream of bytes before a parser sees them.

Test runners copy a terminal's output into their results as it is: raw control bytes (jest-junit,
mocha-junit-reporter, node:test) or references to them such as `&#27;` (mocha's xunit reporter). One
of them makes a whole file not well-formed although the rest of it is sound.
"""

import re
from collections.abc import Iterator

from insights_uploader.model.measure import Remark

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
"""What stands where a forbidden character stood, or `?` in an encoding that lacks it."""

_FORBIDDEN_BYTES = bytes({*range(0x20)} - {0x09, 0x0A, 0x0D})
_BYTE = re.compile(b"[%s]" % re.escape(_FORBIDDEN_BYTES))
_REFERENCE = re.compile(rb"&#(?:x([0-9a-fA-F]{1,8})|([0-9]{1,8}));")

# In these a reference is plain text, and stays as it is.
_LITERAL = {b"<![CDATA[": b"]]>", b"<!--": b"-->", b"<?": b"?>"}
_LITERAL_START = re.compile(b"|".join(map(re.escape, _LITERAL)))

# The end of a chunk that may be the beginning of one of the marks above.
_UNFINISHED = re.compile(rb"(?:&#?\w{0,9}|<[!?]?[-\[CDAT]{0,6}|\]{1,2}|-{1,2}|\?)\Z")
_LONGEST_UNFINISHED = 11


class CharacterFilter:
    """Replaces forbidden characters chunk by chunk, whatever the chunks' sizes.

    It looks at ASCII bytes only and so serves every encoding in which those mean ASCII. Lines keep
    their numbers. At most a few bytes are held back between chunks.

    Attributes:
        replaced: how many characters have been replaced.
        first_line: the 1-based line of the first of them; None without one.
        line: the 1-based line that the next chunk begins in.
    """

    def __init__(self, encoding: str) -> None:
        self.replaced = 0
        self.first_line: int | None = None
        self.line = 1
        self._held = b""
        self._literal_end = b""  # what ends the literal section we are in
        try:
            self._stand_in = REPLACEMENT.encode(encoding, "replace")
        except (LookupError, UnicodeError):  # the parser will refuse it in its own words
            self._stand_in = b"?"

    @property
    def in_cdata(self) -> bool:
        """Whether what has been given out so far ends inside a CDATA section."""
        return self._literal_end == b"]]>"

    def feed(self, chunk: bytes) -> bytes:
        """The clean form of a chunk, or of all but its last bytes."""
        chunk = self._held + chunk
        end = len(chunk)
        if unfinished := _UNFINISHED.search(chunk, max(0, end - _LONGEST_UNFINISHED)):
            end = unfinished.start()
        self._held = chunk[end:]
        return self._clean(chunk[:end])

    def close(self) -> bytes:
        """The clean form of what was held back; nothing may be fed after it."""
        return self._clean(self._held)

    def remark(self) -> Remark | None:
        """What the user should know about the replacements; None when there were none."""
        if not self.replaced:
            return None
        what = "1 character" if self.replaced == 1 else f"{self.replaced} characters"
        verb = "was" if self.replaced == 1 else "were"
        first = "" if self.replaced == 1 else "first "
        return Remark(
            f"{what} that XML forbids {verb} replaced, {first}in line {self.first_line}",
            self.first_line,
        )

    def _clean(self, chunk: bytes) -> bytes:
        return b"".join(map(self._clean_section, self._sections(chunk)))

    def _sections(self, chunk: bytes) -> Iterator[bytes]:
        """Cut a chunk before and after each literal section; `_literal_end` tells which it is."""
        position = 0
        while position < len(chunk):
            if self._literal_end:
                found = chunk.find(self._literal_end, position)
                end = found + len(self._literal_end) if found >= 0 else len(chunk)
                literal_after = self._literal_end if found < 0 else b""
            else:
                mark = _LITERAL_START.search(chunk, position)
                end = mark.end() if mark else len(chunk)
                literal_after = _LITERAL[mark.group()] if mark else b""
            yield chunk[position:end]
            self._literal_end = literal_after
            position = end

    def _clean_section(self, section: bytes) -> bytes:
        clean = section
        if b"&#" in section and not self._literal_end:
            clean = _REFERENCE.sub(self._reference, clean)
        if len(clean.translate(None, _FORBIDDEN_BYTES)) < len(clean):
            clean = _BYTE.sub(self._forbidden, clean)
        self.line += section.count(b"\n")
        return clean

    def _reference(self, match: re.Match[bytes]) -> bytes:
        hexadecimal, decimal = match.groups()
        if _is_xml_character(int(hexadecimal, 16) if hexadecimal else int(decimal)):
            return match.group()
        return self._forbidden(match)

    def _forbidden(self, match: re.Match[bytes]) -> bytes:
        self.replaced += 1
        if self.first_line is None or self.first_line > self.line:  # found in this section
            line = self.line + match.string.count(b"\n", 0, match.start())
            self.first_line = min(line, self.first_line or line)
        return self._stand_in


def _is_xml_character(code: int) -> bool:
    """Production 2, `Char`, of XML 1.0."""
    return (
        code in (0x09, 0x0A, 0x0D)
        or 0x20 <= code <= 0xD7FF
        or 0xE000 <= code <= 0xFFFD
        or 0x10000 <= code <= 0x10FFFF
    )
