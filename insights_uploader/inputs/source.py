"""A results file, opened as often as a parser needs, always as plain BOM-free bytes."""

import codecs
import io
import mmap
import os
import tempfile
from pathlib import Path
from typing import IO, TYPE_CHECKING, BinaryIO, Self, cast

from insights_uploader.model.errors import MalformedError, ResultsError

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

SNIFF_BYTES = 1 << 16
_CHUNK = 1 << 20

_BOMS = (  # UTF-32 before UTF-16, whose BOM begins alike
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


class Source:
    """One results file on disk.

    Attributes:
        path: the file as the user named it, for messages.
        encoding: "utf-8" when the bytes that `open` gives are known to be UTF-8 whatever a
            declaration inside says (the file had a BOM, or was UTF-16 or UTF-32 and has been
            converted); None when nothing outside the content tells.
    """

    def __init__(self, path: str, *, may_be_empty: bool = False) -> None:
        self.path = path
        self._file, self._skip, self.encoding = _decoded(path, may_be_empty)
        self.size = os.fstat(self._file.fileno()).st_size - self._skip

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        self._file.close()

    @property
    def filename(self) -> str:
        """The file's name without its folders."""
        return Path(self.path).name

    def open(self) -> BinaryIO:
        """A fresh stream of the whole content; closing it is the caller's."""
        raw = _PositionalReader(self._file.fileno(), self._skip, self.path)
        return cast(BinaryIO, io.BufferedReader(raw, _CHUNK))

    def head(self) -> bytes:
        """The first bytes of the content that are not blank, at most `SNIFF_BYTES`."""
        descriptor = self._file.fileno()
        start = _after_blanks(descriptor, self._skip, self.path)
        return _read(descriptor, SNIFF_BYTES, start, self.path)

    def map(self) -> memoryview:
        """The whole content as a read-only memory map, for parsers that index into it."""
        if not self.size:
            return memoryview(b"")
        try:
            mapped = mmap.mmap(self._file.fileno(), 0, access=mmap.ACCESS_READ)
        except (OSError, ValueError) as error:  # the latter when it has just been emptied
            raise _unreadable(self.path, error) from None
        return memoryview(mapped)[self._skip :]


class _PositionalReader(io.RawIOBase):
    """A stream with a position of its own over a file that others read too."""

    def __init__(self, descriptor: int, position: int, path: str) -> None:
        self._descriptor = descriptor
        self._position = position
        self._path = path

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer", /) -> int:
        try:
            read = os.preadv(self._descriptor, [buffer], self._position)
        except OSError as error:
            raise _unreadable(self._path, error) from None
        self._position += read
        return read


def _decoded(path: str, may_be_empty: bool) -> tuple[IO[bytes], int, str | None]:
    """Open a file and find out its encoding: (stream, bytes of BOM to skip, known encoding)."""
    file = _open_regular(path)
    try:
        head = _read(file.fileno(), SNIFF_BYTES, 0, path)
        if head and not os.fstat(file.fileno()).st_size:
            raise _not_a_file(path)  # made up as it is read, as in /proc
        if not may_be_empty:
            _refuse_empty(file.fileno(), path)
        encoding, skip = _encoding(head)
        if encoding == "utf-8":
            return file, skip, encoding
        if encoding is None:
            return file, 0, None
        with file:
            return _transcoded(file, skip, encoding, path), 0, "utf-8"
    except BaseException:
        file.close()
        raise


def _open_regular(path: str) -> IO[bytes]:
    """Open a regular file for reading, without ever blocking on a pipe."""
    try:
        file = os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb")
    except FileNotFoundError:
        raise ResultsError(
            "missing-results",
            f"{path}: there is no such file",
            "Check that the step before wrote it, and the folder you run in.",
        ) from None
    except IsADirectoryError:
        raise ResultsError(
            "results-not-a-file", f"{path}: is a folder", f"Name its files: '{path}/**/*.xml'."
        ) from None
    except OSError as error:
        raise _unreadable(path, error) from None
    except ValueError:
        raise ResultsError("unreadable-results", f"{path!r}: is not a path") from None
    if not os.path.isfile(file.fileno()):  # noqa: PTH113 - of the open file, not of its name
        file.close()
        raise _not_a_file(path)
    return file


def _not_a_file(path: str) -> ResultsError:
    return ResultsError(
        "results-not-a-file",
        f"{path}: is not a regular file",
        "Write the results to a file first; they are read more than once.",
    )


def _read(descriptor: int, size: int, position: int, path: str) -> bytes:
    try:
        return os.pread(descriptor, size, position)
    except OSError as error:
        raise _unreadable(path, error) from None


def _after_blanks(descriptor: int, position: int, path: str) -> int:
    """Where the first character after a position stands that is not blank; else the end."""
    while chunk := _read(descriptor, SNIFF_BYTES, position, path):
        text = chunk.lstrip()
        position += len(chunk) - len(text)
        if text:
            break
    return position


def _refuse_empty(descriptor: int, path: str) -> None:
    """Refuse a file that says nothing; what a BOM alone says is for the parser to judge."""
    size = os.fstat(descriptor).st_size
    if _after_blanks(descriptor, 0, path) == size:
        raise ResultsError(
            "empty-results",
            f"{path}: the file holds only blanks" if size else f"{path}: the file is empty",
            "The step that writes it probably failed before it wrote anything.",
        )


def _unreadable(path: str, error: Exception) -> ResultsError:
    reason = (isinstance(error, OSError) and error.strerror) or str(error)
    return ResultsError("unreadable-results", f"{path}: {reason}")


def _encoding(head: bytes) -> tuple[str | None, int]:
    """The encoding that a file's first bytes prove, and the length of its BOM."""
    for bom, name in _BOMS:
        if head.startswith(bom):
            return name, len(bom)
    # UTF-16 without a BOM: XML and JSON begin with an ASCII character, so every other byte is NUL.
    if head[:1] and head[1:2] == b"\0" and head[0]:
        return "utf-16-le", 0
    if head[:1] == b"\0" and head[1:2] not in (b"", b"\0"):
        return "utf-16-be", 0
    return None, 0


def _transcoded(file: IO[bytes], skip: int, encoding: str, path: str) -> IO[bytes]:
    """The content as UTF-8 in an anonymous temporary file, which keeps memory flat."""
    file.seek(skip)
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    target = tempfile.TemporaryFile()  # noqa: SIM115 - it lives as long as the source
    done = skip
    try:
        while chunk := file.read(_CHUNK):
            target.write(decoder.decode(chunk).encode())
            done += len(chunk)
        target.write(decoder.decode(b"", final=True).encode())
    except UnicodeError as error:
        target.close()
        start = getattr(error, "start", 0)
        raise MalformedError(
            path, f"near byte {done + start}", f"is not valid {encoding.upper()}"
        ) from None
    target.flush()
    target.seek(0)
    return target
