"""An XML file of any size, read in flat memory and handed to a target element by element.

A format's parser writes a `Target`, which turns elements into items, and yields from `stream`:

    yield from stream(source, Target())

Nothing is fetched and no entity is expanded. What breaks the format is an error; only characters
that XML forbids are put right, with a remark. Several documents one after the other, each with its
declaration, are read as one file: that is what `cargo test` writes for a crate with several binaries,
and what `cat` makes of reports.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Protocol, TypeVar, cast

from insights_parsers.xml_characters import CharacterFilter
from insights_parsers.xml_prolog import Prolog, declared_encoding
from insights_uploader.inputs.source import Source
from insights_uploader.model.errors import MalformedError
from insights_uploader.model.measure import Remark

if TYPE_CHECKING:
    from lxml import etree

Item = TypeVar("Item")

MAX_DEPTH = 100
"""Elements inside each other; real results stay below ten."""
MAX_TOKEN = 1 << 24
"""Bytes in one tag with its attributes, comment or reference: a parser holds each whole."""
_CHUNK = 1 << 17
_NOT_WELL_FORMED = "is not well-formed XML"
_SPLIT_CDATA = b"]]><![CDATA["
_DECLARATION = b"<?xml "


class Target(Protocol[Item]):
    """Turns the elements of one format into items.

    Attributes:
        roots: the names that the root element may have.
        items: what has been made so far; `stream` takes it out after every chunk of the file.
    """

    roots: tuple[str, ...]
    items: list[Item]

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        """An element begins; the name comes without its namespace."""
        ...

    def end(self, name: str) -> None:
        """An element ends."""
        ...

    def data(self, text: str) -> None:
        """A piece of text; one text comes in any number of pieces."""
        ...


def stream(source: Source, target: Target[Item]) -> Iterator[Item | Remark]:
    """Yield a target's items as the file is read, and at the end a remark on replaced characters.

    Raises:
        MalformedError: the file is not well-formed XML, is truncated, has trailing content, has
            another root, declares entities, or exceeds `MAX_DEPTH` or `MAX_TOKEN`.
    """
    encoding = source.encoding or declared_encoding(source.head())
    characters = CharacterFilter(encoding)
    documents = _Documents(partial(_Document, source.path, encoding, target))
    with source.open() as content:
        for chunk in iter(partial(content.read, _CHUNK), b""):
            if characters.in_cdata:  # else lxml would collect the whole section
                documents.feed(_SPLIT_CDATA, characters.line)
            documents.feed(characters.feed(chunk), characters.line)
            yield from _drained(target.items)
    documents.feed(characters.close(), characters.line)
    documents.close()
    yield from _drained(target.items)
    if remark := characters.remark():
        yield remark


def _drained(items: list[Item]) -> Iterator[Item]:
    yield from items
    items.clear()


class _Documents:
    """The documents of one file: one ends where the declaration of the next stands."""

    def __init__(self, new: "Callable[[int], _Document]") -> None:
        self._new = new
        self._document = new(0)
        self._lines = 0
        self._held = b""  # the beginning of what may be a declaration

    def feed(self, chunk: bytes, line: int) -> None:
        """Read on; `line` is where the chunk ends."""
        chunk = self._held + chunk
        kept = next((n for n in range(5, 0, -1) if chunk.endswith(_DECLARATION[:n])), 0)
        self._held = chunk[len(chunk) - kept :]
        chunk = chunk[: len(chunk) - kept]
        if chunk.startswith(_DECLARATION):
            self._next()
        while (position := chunk.find(_DECLARATION, 1)) >= 0:
            self._feed(chunk[:position], line)
            self._next()
            chunk = chunk[position:]
        self._feed(chunk, line)

    def close(self) -> None:
        """Make sure that the last one ended, and that nothing follows it."""
        self._document.feed(self._held, 0)
        self._document.close()

    def _next(self) -> None:
        if self._document.is_complete:  # else it stands in a comment or a CDATA section
            self._document.close()
            self._document = self._new(self._lines)

    def _feed(self, chunk: bytes, line: int) -> None:
        self._document.feed(chunk, line)
        self._lines += chunk.count(b"\n")


class _Document:
    """One document on its way through lxml, and the errors in our words."""

    def __init__(self, path: str, encoding: str, target: Target[Item], lines_before: int) -> None:
        from lxml import etree

        self._path = path
        self._lines_before = lines_before
        self._roots = target.roots
        self._prolog = Prolog(path, encoding)
        self._bounds = _Bounds(target)
        self._parser = etree.XMLParser(
            # The stubs ask for methods that lxml does not.
            target=cast("etree.ParserTarget[None]", self._bounds),
            encoding="utf-8" if encoding == "utf-8" else None,  # else lxml reads the declaration
            huge_tree=True,
            resolve_entities="internal",  # with False, lxml leaves `&amp;` in attributes half decoded
            no_network=True,
            load_dtd=False,
        )

    @property
    def is_complete(self) -> bool:
        """True when its root has ended."""
        return self._bounds.complete

    def feed(self, chunk: bytes, line: int) -> None:
        """Read on; `line` is where the chunk ends, for errors without a better position."""
        from lxml import etree

        if not chunk:
            return
        self._read_prolog(chunk)
        self._bounds.unseen += len(chunk)
        try:
            self._parser.feed(chunk)
        except etree.XMLSyntaxError as error:
            raise self._malformed(error) from None
        except _TooDeepError:
            reason = f"has more than {MAX_DEPTH} elements inside each other"
            raise MalformedError(self._path, f"before line {line + 1}", reason) from None
        self._refuse_logged()
        if self._bounds.unseen > MAX_TOKEN:
            reason = f"has a tag, a comment or a reference of more than {MAX_TOKEN >> 20} MiB"
            raise MalformedError(self._path, f"before line {line + 1}", reason)

    def close(self) -> None:
        """Make sure that the file ended where its root did."""
        from lxml import etree

        try:
            self._parser.close()
        except etree.XMLSyntaxError as error:
            raise self._malformed(error, at_end=True) from None
        self._refuse_logged()

    def _read_prolog(self, chunk: bytes) -> None:
        if self._prolog.root is None:
            self._prolog.feed(chunk)
            if self._prolog.root not in (None, *self._roots):
                raise MalformedError(
                    self._path,
                    self._prolog.position,
                    f"the root element is <{self._prolog.root}> and not "
                    + " or ".join(f"<{root}>" for root in self._roots),
                    "If it is another format, write its name before the path: FORMAT:PATH.",
                )

    def _refuse_logged(self) -> None:
        """Raise what lxml only logs: an undeclared prefix, or with a DOCTYPE an undeclared entity.

        It leaves such a reference out of the text without a word.
        """
        from lxml import etree

        for entry in self._parser.feed_error_log:
            if (
                entry.level >= etree.ErrorLevels.ERROR
                or entry.type == etree.ErrorTypes.WAR_UNDECLARED_ENTITY
            ):
                position = f"line {self._lines_before + entry.line}, column {entry.column}"
                raise MalformedError(self._path, position, f"{_NOT_WELL_FORMED}: {entry.message}")

    def _malformed(self, error: "etree.XMLSyntaxError", *, at_end: bool = False) -> MalformedError:
        line, column = error.position
        message = str(error.msg).partition(", line ")[0].strip()
        reason, hint = f"{_NOT_WELL_FORMED}: {message}", ""
        if "EntityRef:" in message:  # which may come up at the end only
            reason = f"{_NOT_WELL_FORMED}: an & that is not written as &amp;"
        elif at_end and not self._bounds.complete:
            opened = self._bounds.open
            where = f"inside <{opened[-1]}>" if opened else "before the end of its first tag"
            reason = f"the file ends {where}"
            hint = "Was the step that wrote it interrupted, or is it still writing?"
        position = f"line {self._lines_before + line}, column {column}"
        return MalformedError(self._path, position, reason, hint)


class _TooDeepError(Exception):
    """Raised through lxml to leave its parser."""


class _Bounds:
    """Stands between lxml and a target: local names, and the bounds that lxml does not keep.

    Attributes:
        open: the names of the elements that have begun and not ended.
        complete: whether the root has ended.
        unseen: bytes fed since lxml last reported anything.
    """

    def __init__(self, target: Target[Item]) -> None:
        self.open: list[str] = []
        self.complete = False
        self.unseen = 0
        self._start, self._end, self._data = target.start, target.end, target.data

    def start(self, tag: str, attrib: Mapping[str, str]) -> None:
        self.unseen = 0
        name = tag.partition("}")[2] if tag[0] == "{" else tag
        if len(self.open) == MAX_DEPTH:
            raise _TooDeepError
        self.open.append(name)
        self._start(name, attrib)

    def end(self, _tag: str) -> None:
        self.unseen = 0
        self._end(self.open.pop())
        self.complete = not self.open

    def data(self, data: str) -> None:
        self.unseen = 0
        self._data(data)

    def close(self) -> None:
        """Called by lxml at the end."""
