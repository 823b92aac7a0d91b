"""Decodes the parts of one JSON results file; errors name the file and the JSON path.

A file is read over a memory map: first its outline with the items of long arrays as
`msgspec.Raw`, views of the map, then one item at a time into its type. That keeps memory flat,
however many items there are.
"""

import re
from collections.abc import Iterator, Sequence
from typing import TypeVar

import msgspec

from insights_uploader.model.errors import MalformedError

_BYTE = re.compile(r" \(byte (\d+)\)$")
_PATH = re.compile(r"^(.*) - at `\$(.*)`$", re.DOTALL)
_ERRORS = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
_MAX_REASON = 200  # it may quote a value of the file

T = TypeVar("T")


class JsonReader:
    """Decodes parts that stand at or below one place of a file.

    Attributes:
        where: the JSON path of that place, as in `runs[0]`; empty for the whole file.
    """

    def __init__(self, path: str, format_name: str, where: str = "") -> None:
        self._path = path
        self._format = format_name
        self.where = where

    def decode(self, raw: memoryview | msgspec.Raw, kind: type[T], where: str = "") -> T:
        """Decode one part, which stands at `where` below this reader's place.

        Raises:
            MalformedError: it is not JSON, not of that type, nested too deeply or cut off.
        """
        try:
            return msgspec.json.decode(raw, type=kind)
        except _ERRORS as error:
            raise self._malformed(error, raw, where) from None

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
                raise self._malformed(error, raw, f"{where}[{index}]") from None
            yield item

    def wrong(self, place: str, reason: str) -> MalformedError:
        """The error for JSON that breaks the format at a place."""
        return MalformedError(
            self._path,
            place,
            reason[:1].lower() + reason[1:_MAX_REASON],
            f"The file does not follow {self._format}; report it to the tool that wrote it.",
        )

    def _malformed(
        self, error: Exception, raw: memoryview | msgspec.Raw, where: str
    ) -> MalformedError:
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
