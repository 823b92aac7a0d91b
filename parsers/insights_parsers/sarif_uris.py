"""From a SARIF artifactLocation to the path that the tool meant (SARIF 2.1.0, section 3.4)."""

import re
from collections.abc import Mapping, Sequence
from urllib.parse import unquote

import msgspec

from insights_parsers.json_reader import JsonReader
from insights_parsers.sarif_schema import ArtifactLocation
from insights_parsers.sarif_vocabulary import WrongTypeError, read_artifact

_MAX_CHAIN = 16
_MAX_URI = 4 * 4096  # Linux has no longer path, however it is encoded
_DRIVE = re.compile(r"/?([A-Za-z]):[/\\]")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:")


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

    def path(self, uri: str | None, base_id: str | None, index: int | None) -> str | None:
        """The decoded path of an artifactLocation, absolute or relative; None when it names no file.

        What is longer than any path is cut: it serves for a message only.

        Raises:
            MalformedError: the artifact that the index names is not of the schema's types.
        """
        if uri is None and index is not None and 0 <= index < len(self._artifacts):
            uri, base_id = self._artifact(index)
        if not uri:
            return None
        return file_path(self._absolute(uri, base_id)[:_MAX_URI])

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

        Bases that lead past every path's length are none.
        """
        absolute = uri
        for _ in range(_MAX_CHAIN):
            base = self._bases.get(base_id) if base_id is not None else None
            if base is None or not base.uri or _is_absolute(absolute):
                break
            if len(base.uri) + len(absolute) > _MAX_URI:
                return uri
            absolute = base.uri.rstrip("/") + "/" + absolute
            base_id = base.uri_base_id
        return absolute


def file_path(uri: str) -> str:
    """The path that a URI reference names: percent-decoded, without scheme and host.

    `#` and `?` stay part of the path: tools that write raw paths mean them so, and a source
    file has neither query nor fragment. A host other than localhost gives a UNC path.
    """
    if uri[:5].lower() == "file:":
        rest = uri[5:]
        if rest.startswith("//"):
            host, slash, tail = rest[2:].partition("/")
            if _DRIVE.match(rest[2:]):  # file://C:/x, which .NET tools write
                rest = rest[2:]
            else:
                rest = slash + tail if host in ("", "localhost") else f"//{host}/{tail}"
        uri = rest
    elif _SCHEME.match(uri) and not _DRIVE.match(uri):
        return uri  # http: and others name no file; kept for the message
    path = unquote(uri, errors="surrogateescape")
    if _DRIVE.match(path):
        path = path.lstrip("/")
    return path


def _is_absolute(uri: str) -> bool:
    return uri.startswith(("/", "\\")) or bool(_SCHEME.match(uri)) or bool(_DRIVE.match(uri))
