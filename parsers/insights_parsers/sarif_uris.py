"""From a SARIF artifactLocation to the path that the tool meant (SARIF 2.1.0, section 3.4)."""

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple
from urllib.parse import unquote

import msgspec

from insights_parsers.json_reader import JsonReader
from insights_parsers.sarif_schema import ArtifactLocation
from insights_parsers.sarif_vocabulary import WrongTypeError, read_artifact

_MAX_CHAIN = 16
_MAX_URI = 4 * 4096  # Linux has no longer path, however it is encoded
_PROJECT = (".", "./")  # mobsfscan's place for what the whole app lacks; no file
_DRIVE = re.compile(r"/?([A-Za-z]):[/\\]")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:")  # of two letters at least: no drive
_ADDRESS = re.compile(r"(?!file:)[a-z][a-z0-9+.-]+://", re.IGNORECASE)


class Artifact(NamedTuple):
    """What an artifactLocation names.

    Attributes:
        paths: the file's possible paths, decoded, absolute or relative, best first; empty when it
            names no file.
        address: what it names instead, such as a web page that was scanned; None without.
    """

    paths: tuple[str, ...] = ()
    address: str | None = None


class ArtifactPaths:
    """The paths of one run's artifacts."""

    def __init__(
        self,
        bases: Mapping[str, ArtifactLocation],
        artifacts: Sequence[msgspec.Raw],
        reader: JsonReader,
    ) -> None:
        self._bases = bases
        self._artifacts = artifacts
        self._reader = reader

    def artifact(self, uri: str | None, base_id: str | None, index: float | None) -> Artifact:
        """What an artifactLocation of these properties names.

        What is longer than any path is cut: it serves for a message only.

        Raises:
            MalformedError: the artifact that the index names is not of the schema's types.
        """
        if uri is None and index is not None and 0 <= index < len(self._artifacts):
            uri, base_id = self._artifact(int(index))
        if not uri or uri in _PROJECT:
            return Artifact()
        if _ADDRESS.match(uri):
            return Artifact(address=uri[:_MAX_URI])
        return Artifact(paths=file_paths(self._absolute(uri, base_id)[:_MAX_URI]))

    def _artifact(self, index: int) -> tuple[str | None, str | None]:
        where = f".artifacts[{index}]"
        try:
            artifact = read_artifact(self._reader.decode(self._artifacts[index], object, where))
        except WrongTypeError as error:
            raise self._reader.wrong(
                f"{self._reader.where}{where}{error.place}", str(error)
            ) from None
        location = artifact.location
        return (location.uri, location.uri_base_id) if location is not None else (None, None)

    def _absolute(self, uri: str, base_id: str | None) -> str:
        """Put the bases in front, as section 3.14.14 chains them; a missing base adds nothing.

        Bases that lead past every path's length are none. A base of another scheme than `file:`
        says nothing of the checkout: JetBrains' is `empty:`, others name a page of the repository.
        """
        absolute = uri
        for _ in range(_MAX_CHAIN):
            base = self._bases.get(base_id) if base_id is not None else None
            if base is None or not base.uri or _is_absolute(absolute) or _is_foreign(base.uri):
                break
            if len(base.uri) + len(absolute) > _MAX_URI:
                return uri
            absolute = base.uri.rstrip("/") + "/" + absolute
            base_id = base.uri_base_id
        return absolute


def file_paths(uri: str) -> tuple[str, ...]:
    """The paths that a URI reference may name, best first: percent-decoded, without scheme.

    `#` and `?` stay part of the path: tools that write raw paths mean them so, and a source
    file has neither query nor fragment. A host other than localhost gives a UNC path; it may
    also be the first folder of a relative path, and a `%20` part of a raw one.
    """
    path, hosted = uri, ""
    if uri[:5].lower() == "file:":
        path = uri[5:]
        if path.startswith("//"):
            host, slash, tail = path[2:].partition("/")
            if _DRIVE.match(path[2:]):  # file://C:/x, which .NET tools write
                path = path[2:]
            elif host in ("", "localhost"):
                path = slash + tail
            else:
                hosted = path[2:]
    spellings = (unquote(path, errors="surrogateescape"), unquote(hosted), path)
    return tuple(dict.fromkeys([_without_slash(spelling) for spelling in spellings if spelling]))


def _without_slash(path: str) -> str:
    """A path without the slash before its drive letter."""
    return path.lstrip("/") if _DRIVE.match(path) else path


def _is_foreign(uri: str) -> bool:
    scheme = _SCHEME.match(uri)
    return scheme is not None and scheme[0].lower() != "file:"


def _is_absolute(uri: str) -> bool:
    return uri.startswith(("/", "\\")) or bool(_SCHEME.match(uri)) or bool(_DRIVE.match(uri))
