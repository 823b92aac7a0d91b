"""Decodes the parts of one JSON results file; errors name the file and the JSON path.

A file is read over a memory map: first its outline with the items of long arrays as
`msgspec.Raw`, views of the map, then one item at a time into its type. That keeps memory flat,
however many items there are.

Three things that JSON forbids and real tools write cost their characters and not the file: half a
surrogate pair (a JavaScript tool cut a string), bytes that are no UTF-8 (a tool quoted a source
file), and `NaN` or `Infinity` (Python's json module).
"""

import re
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

import msgspec

from insights_uploader.model.errors import MalformedError
from insights_uploader.model.measure import Remark

_BYTE = re.compile(r" \(byte (\d+)\)$")
_PATH = re.compile(r"^(.*) - at `\$(.*)`$", re.DOTALL)
_ERRORS = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
_FINAL = (msgspec.ValidationError, RecursionError)  # what no mending changes
_MAX_REASON = 200  # it may quote a value of the file
_MAX_MENDED = 64 << 20  # bytes: a mended part is a copy in memory

_ESCAPE = rb"(?<!\\)(?:\\\\)*+\\u"  # one whose backslash is not escaped itself
_HIGH, _LOW = rb"[dD][89abAB][0-9a-fA-F]{2}", rb"[dD][c-fC-F][0-9a-fA-F]{2}"
_HALF_PAIR = re.compile(
    rb"%(esc)b(?:(%(high)b)(?!\\u%(low)b)|(?<!\\u%(high)b\\u)(%(low)b))"
    % {b"esc": _ESCAPE, b"high": _HIGH, b"low": _LOW}
)
_NO_NUMBER = re.compile(rb'"(?:[^"\\]++|\\.)*+"?|(-?\b(?:NaN|Infinity)\b)', re.DOTALL)

T = TypeVar("T")
_Part = memoryview | msgspec.Raw | bytes | bytearray


class JsonReader:
    """Decodes parts that stand at or below one place of a file.

    Attributes:
        where: the JSON path of that place, as in `runs[0]`; empty for the whole file.
    """

    def __init__(self, path: str, format_name: str, where: str = "") -> None:
        self._path = path
        self._format = format_name
        self._mended = 0
        self.where = where

    def decode(self, raw: _Part, kind: type[T], where: str = "") -> T:
        """Decode one part, which stands at `where` below this reader's place.

        Raises:
            MalformedError: it is not JSON, not of that type, nested too deeply or cut off.
        """
        try:
            return msgspec.json.decode(raw, type=kind)
        except _ERRORS as error:
            decode = msgspec.json.Decoder(kind).decode
            return self._decode_mended(error, raw, decode, where)

    def each(self, raws: Sequence[msgspec.Raw], kind: type[T], where: str) -> Iterator[T]:
        """Decode the items of an array that stands at `where`, one when it is asked for.

        Raises:
            MalformedError: as `decode` does.
        """
        decode = msgspec.json.Decoder(kind).decode
        for index, raw in enumerate(raws):
            try:
                item = decode(raw)
            except _ERRORS as error:
                item = self._decode_mended(error, raw, decode, f"{where}[{index}]")
            yield item

    def remarks(self) -> Iterator[Remark]:
        """What had to be put right so far."""
        if self._mended:
            yield Remark(
                f"{self._mended} part{'s' * (self._mended > 1)} of the file not in JSON and UTF-8: "
                "broken characters are shown as \ufffd, and NaN and Infinity are left out"
            )

    def wrong(self, place: str, reason: str) -> MalformedError:
        """The error for JSON that breaks the format at a place."""
        return MalformedError(
            self._path,
            place,
            reason[:1].lower() + reason[1:_MAX_REASON],
            f"The file does not follow {self._format}; report it to the tool that wrote it.",
        )

    def _decode_mended(
        self, error: Exception, raw: _Part, decode: Callable[[_Part], T], where: str
    ) -> T:
        """Decode what could not be decoded as it is, after what can be put right has been."""
        part = raw
        for mend in (_as_json, _as_utf8):
            if isinstance(error, _FINAL) or len(memoryview(raw)) > _MAX_MENDED:
                break
            part = mend(part)
            try:
                item = decode(part)
            except _ERRORS as another:
                error = another
            else:
                self._mended += 1
                return item
        raise self._malformed(error, raw, where) from None

    def _malformed(self, error: Exception, raw: _Part, where: str) -> MalformedError:
        if isinstance(error, msgspec.ValidationError):
            match = _PATH.match(str(error))
            reason, inner = (match[1], match[2]) if match else (str(error), "")
            place = f"{self.where}{where}{inner}".lstrip(".") or "the whole file"
            return self.wrong(place, reason)
        if isinstance(error, RecursionError):
            return self.wrong(self.where + where, "is nested too deeply")
        return self._not_json(error, len(memoryview(raw)), self.where + where)

    def _not_json(self, error: Exception, size: int, where: str) -> MalformedError:
        reason = str(error)
        if "truncated" in reason:
            return MalformedError(
                self._path,
                f"byte {size}",
                "the file ends in the middle of the JSON",
                "The step that writes it was probably interrupted.",
            )
        match = _BYTE.search(reason)
        place = where or (f"byte {match[1]}" if match else "")
        return MalformedError(self._path, place, _BYTE.sub("", reason), "It must be JSON in UTF-8.")


def _as_json(part: _Part) -> bytearray:
    """A copy of the same length without half surrogate pairs, NaN and Infinity.

    The numbers become -1, which is no line, no index (SARIF 2.1.0 section 3.7.4) and no score.
    """
    view = memoryview(part)
    copy = bytearray(view)
    for half in _HALF_PAIR.finditer(view):
        copy[half.end() - 4 : half.end()] = b"fffd"
    if b"NaN" in copy or b"Infinity" in copy:
        for match in _NO_NUMBER.finditer(view):
            if match[1]:
                copy[match.start() : match.end()] = b"-1".ljust(len(match[1]))
    return copy


def _as_utf8(part: _Part) -> bytes:
    return bytes(memoryview(part)).decode(errors="replace").encode()
