"""From a SARIF artifactLocation to the path that the tool meant (SARIF 2.1.0, section 3.4)."""

import re
from collections.abc import Mapping, Sequence
from urllib.parse import unquote

import msgspec

from insights_parsers.sarif_schema import ArtifactLocation
from insights_parsers.sarif_vocabulary import read_artifact

_MAX_CHAIN = 16
_DRIVE = re.compile(r"/?([A-Za-z]):[/\\]")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:")


class ArtifactPaths:
    """The paths of one run's artifacts, each worked out once."""

    def __init__(
        self, bases: Mapping[str, ArtifactLocation], artifacts: Sequence[msgspec.Raw]
    ) -> None:
        self._bases = bases
        self._artifacts = artifacts
        self._known: dict[tuple[str | None, str | None, int | None], str | None] = {}

    def path(self, location: ArtifactLocation) -> str | None:
        """The decoded path, absolute or relative; None when the location names no file.

        Raises:
            WrongTypeError: the artifact it points to is not of the schema's types.
            msgspec.DecodeError: likewise, not JSON.
        """
        key = (location.uri, location.uri_base_id, location.index)
        if key not in self._known:
            self._known[key] = self._work_out(location)
        return self._known[key]

    def _work_out(self, location: ArtifactLocation) -> str | None:
        uri, base_id = location.uri, location.uri_base_id
        index = location.index
        if uri is None and index is not None and 0 <= index < len(self._artifacts):
            artifact = read_artifact(msgspec.json.decode(self._artifacts[index]))
            if artifact.location is not None:
                uri, base_id = artifact.location.uri, artifact.location.uri_base_id
        if not uri:
            return None
        return file_path(self._absolute(uri, base_id))

    def _absolute(self, uri: str, base_id: str | None) -> str:
        """Put the bases in front, as section 3.14.14 chains them; a missing base adds nothing."""
        for _ in range(_MAX_CHAIN):
            if base_id is None or _is_absolute(uri):
                return uri
            base = self._bases.get(base_id)
            if base is None or not base.uri:
                return uri
            uri = base.uri.rstrip("/") + "/" + uri
            base_id = base.uri_base_id
        return uri


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
