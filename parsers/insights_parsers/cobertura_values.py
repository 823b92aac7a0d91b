"""What a Cobertura file must not say, and where it says so.

lxml's target parser tells nobody where an element stands. So when a value cannot be used, the file
is read once more, up to that element, by the standard library's expat, which does.
"""

from functools import partial
from xml.parsers import expat

from insights_parsers.xml_characters import CharacterFilter
from insights_parsers.xml_prolog import declared_encoding
from insights_uploader.inputs.source import Source
from insights_uploader.model.errors import MalformedError

_CHUNK = 1 << 17
_SHOWN = 40


class UnreadableError(Exception):
    """A well-formed element says what cannot be.

    Attributes:
        hint: what to do about it; may be empty.
    """

    def __init__(self, reason: str, hint: str = "") -> None:
        super().__init__(reason)
        self.hint = hint


def shown(text: str) -> str:
    """A value for a message, in quotes and no longer than a reader needs."""
    return repr(text if len(text) <= _SHOWN else f"{text[:_SHOWN]}...")


def located(error: UnreadableError, source: Source, ordinal: int) -> MalformedError:
    """The error for a file whose n-th element cannot be used, with that element's position.

    lxml reports a tag that is not well-formed too, with the attributes before the fault, and the
    fault only after that: it is what is wrong then.

    Args:
        error: what was said of the element.
        source: the file.
        ordinal: 1 for the root.
    """
    encoding = source.encoding or declared_encoding(source.head())
    characters = CharacterFilter(encoding)
    finder = _Finder(encoding, ordinal)
    with source.open() as content:
        for chunk in iter(partial(content.read, _CHUNK), b""):
            if finder.feed(characters.feed(chunk)):
                break
        else:
            finder.close(characters.close())
    if finder.fault:
        return MalformedError(source.path, finder.position, finder.fault, finder.hint)
    return MalformedError(source.path, finder.position, str(error), error.hint)


class _Finder:
    """Counts the elements up to one.

    Attributes:
        position: of the element, or of the fault before its end; empty until found.
        fault: why the file is not well-formed up to there; empty when it is.
        hint: what to do about a fault; may be empty.
    """

    def __init__(self, encoding: str, ordinal: int) -> None:
        self.position = ""
        self.fault = ""
        self.hint = ""
        self._left = ordinal
        # As in a file's prolog: all other encodings agree in ASCII, which is all markup needs.
        self._parser = expat.ParserCreate("utf-8" if encoding == "utf-8" else "iso-8859-1")
        self._parser.StartElementHandler = self._start

    def feed(self, chunk: bytes) -> bool:
        """Read on; True when there is nothing more to find."""
        try:
            self._parser.Parse(chunk, False)  # noqa: FBT003 - expat takes no keyword
        except expat.ExpatError as error:
            if not self.position:
                self.position = f"line {error.lineno}, column {error.offset + 1}"
                reason = expat.ErrorString(error.code).replace("not well-formed (", "(")
                self.fault = f"is not well-formed XML: {reason}"
        return bool(self.position)

    def close(self, rest: bytes) -> None:
        """The file ends, in the middle of a tag unless what is left brings the element."""
        if not self.feed(rest):
            line, column = self._parser.CurrentLineNumber, self._parser.CurrentColumnNumber
            self.position = f"line {line}, column {column + 1}"
            self.fault = "the file ends in the middle of a tag"
            self.hint = "Was the step that wrote it interrupted, or is it still writing?"

    def _start(self, _name: str, _attributes: dict[str, str]) -> None:
        self._left -= 1
        if self._left == 0:
            line, column = self._parser.CurrentLineNumber, self._parser.CurrentColumnNumber
            self.position = f"line {line}, column {column + 1}"
