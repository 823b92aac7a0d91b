"""What stands before an XML file's root element: its encoding, entity declarations, the root's name.

lxml's target parser tells nothing of entity declarations, and what it makes of them has changed
from version to version. The standard library's expat names each of them, so it reads this part.
"""

import re
from xml.parsers import expat

from insights_parsers.xml_characters import CharacterFilter
from insights_uploader.model.errors import MalformedError

_DECLARED = re.compile(rb"<\?xml\s[^>]*?\sencoding\s*=\s*[\"']([A-Za-z][\w.-]*)[\"']")
_UTF_8 = "utf-8"


def declared_encoding(head: bytes) -> str:
    """The encoding that an XML file's first bytes declare, in lower case; UTF-8 without one.

    A declaration of UTF-16 or UTF-32 that can be read as ASCII is wrong (.NET's `StringWriter`
    makes such files): the file is UTF-8.
    """
    declaration = _DECLARED.match(head)
    encoding = declaration[1].decode().lower() if declaration else _UTF_8
    return _UTF_8 if encoding.startswith(("utf-16", "utf-32", "ucs-")) else encoding


def root_name(head: bytes) -> str | None:
    """The name of an XML file's root element without its namespace.

    Entity declarations do not hide it: who reads the file then can say what is wrong with it.

    Args:
        head: the first bytes of the file.

    Returns:
        None when they are not XML or end before the root's start tag does.
    """
    encoding = declared_encoding(head)
    prolog = Prolog("", encoding, tolerant=True)
    try:
        prolog.feed(CharacterFilter(encoding).feed(head))
    except MalformedError:
        return None
    return prolog.root


class Prolog:
    """Reads a file up to its root element, and refuses entity declarations unless tolerant.

    Attributes:
        root: the root's name without its namespace; None as long as it has not come.
        position: where it stands, as "line 2, column 1".
    """

    def __init__(self, path: str, encoding: str, *, tolerant: bool = False) -> None:
        self.root: str | None = None
        self.position = ""
        self._path = path
        # All other encodings that can be read here agree in ASCII, which is all markup needs.
        self._parser = expat.ParserCreate(_UTF_8 if encoding == _UTF_8 else "iso-8859-1")
        self._parser.StartElementHandler = self._start
        if tolerant:
            return
        self._parser.EntityDeclHandler = self._refuse
        # Otherwise expat reports no more declarations after the use of a parameter entity.
        self._parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_ALWAYS)
        self._parser.SkippedEntityHandler = self._refuse

    def feed(self, chunk: bytes) -> None:
        """Read on, unless the root has come already.

        Raises:
            MalformedError: this part is not well-formed or declares or uses an entity.
        """
        if self.root is not None:
            return
        try:
            self._parser.Parse(chunk, False)  # noqa: FBT003 - expat takes no keyword
        except expat.ExpatError as error:
            if self.root is None:  # what follows the root is for the other parser to judge
                reason = expat.ErrorString(error.code).replace("not well-formed (", "(")
                raise MalformedError(
                    self._path, self._here(), f"is not well-formed XML: {reason}"
                ) from None

    def _here(self) -> str:
        line, column = self._parser.CurrentLineNumber, self._parser.CurrentColumnNumber
        return f"line {line}, column {column + 1}"

    def _start(self, name: str, _attributes: dict[str, str]) -> None:
        if self.root is None:
            self.root = name.rpartition(":")[2]
            self.position = self._here()

    def _refuse(self, *_declaration: object) -> None:
        if self.root is None:
            raise MalformedError(
                self._path,
                self._here(),
                "entity declarations are not accepted",
                "No tool needs them in its results: find out what wrote this file.",
            )
