"""One commit's files: which there are, and what they hold."""

import functools
from collections.abc import Mapping, Sequence

from insights_uploader.repository.git import Git

_LINK, _SUBMODULE = b"120000", b"160000"
_HEADER = 200  # bytes, more than a line of `cat-file --batch` with its id, type and size


class Commit:
    """The files of one commit, read when first asked for.

    Attributes:
        id: the full commit id.
    """

    def __init__(self, git: Git, commit_id: str) -> None:
        self._git = git
        self.id = commit_id

    @functools.cached_property
    def _tree(self) -> Mapping[str, tuple[bytes, str]]:
        """Path -> (mode, object id) of everything in the commit."""
        listing = self._git.run("ls-tree", "-r", "-z", "--full-tree", self.id)
        tree = {}
        for entry in listing.split(b"\0")[:-1]:
            facts, _, name = entry.partition(b"\t")
            mode, _kind, object_id = facts.split(b" ")
            tree[name.decode("utf-8", "surrogateescape")] = (mode, object_id.decode())
        return tree

    @functools.cached_property
    def files(self) -> frozenset[str]:
        """The tracked regular files, relative to the repository's root."""
        return frozenset(
            path for path, (mode, _) in self._tree.items() if mode not in (_LINK, _SUBMODULE)
        )

    @functools.cached_property
    def links(self) -> Mapping[str, str]:
        """The tracked symbolic links, each with its target as it stands in the link."""
        links = [(path, blob) for path, (mode, blob) in self._tree.items() if mode == _LINK]
        if not links:
            return {}
        asked = "".join(f"{blob}\n" for _, blob in links).encode()
        answer = self._git.run("cat-file", "--batch", stdin=asked)
        targets = {}
        position = 0
        for path, _ in links:
            head, _, _ = answer[position : position + _HEADER].partition(b"\n")
            start = position + len(head) + 1
            end = start + int(head.rsplit(b" ", 1)[1])
            targets[path] = answer[start:end].decode("utf-8", "surrogateescape")
            position = end + 1
        return targets

    def blob_id(self, path: str) -> str | None:
        """The object id of a file, link or submodule; None when the commit has no such path."""
        entry = self._tree.get(path)
        return entry[1] if entry else None

    @functools.lru_cache(maxsize=16)  # noqa: B019 - one commit lives as long as the run
    def lines(self, path: str) -> Sequence[bytes] | None:
        r"""A file's lines without their ends, split at `\n` only; None for what is no file."""
        if path not in self.files:
            return None
        content = self._git.run("cat-file", "blob", self._tree[path][1])
        lines = content.split(b"\n")
        if not lines[-1]:
            lines.pop()
        return lines
