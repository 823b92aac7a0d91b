"""The files of one commit, or of another state of the checkout: which there are, what they hold."""

import functools
import re
from collections.abc import Mapping, Sequence

from insights_uploader.repository.git import Git

_DETACHED = re.compile(rb"Merge (?:commit|remote-tracking branch|branch) '[^'\n]+' into HEAD\b")
_LINK, _SUBMODULE = b"120000", b"160000"
_HEADER = 200  # bytes, more than a line of `cat-file --batch` with its id, type and size


class Files:
    """The files of one tree, read when first asked for.

    Attributes:
        tree: the id by which git knows them: a commit's or a tree's.
    """

    def __init__(self, git: Git, tree: str) -> None:
        self._git = git
        self.tree = tree

    @property
    def id(self) -> str | None:
        """The full id of the commit; None for what is not committed."""
        return None

    @functools.cached_property
    def _entries(self) -> Mapping[str, tuple[bytes, str]]:
        """Path -> (mode, object id) of everything in the tree."""
        listing = self._git.run("ls-tree", "-r", "-z", "--full-tree", self.tree)
        entries = {}
        for entry in listing.split(b"\0")[:-1]:
            facts, _, name = entry.partition(b"\t")
            mode, _kind, object_id = facts.split(b" ")
            entries[name.decode("utf-8", "surrogateescape")] = (mode, object_id.decode())
        return entries

    @functools.cached_property
    def files(self) -> frozenset[str]:
        """The regular files, relative to the repository's root."""
        return frozenset(
            path for path, (mode, _) in self._entries.items() if mode not in (_LINK, _SUBMODULE)
        )

    @functools.cached_property
    def links(self) -> Mapping[str, str]:
        """The symbolic links, each with its target as it stands in the link.

        A partial clone need not hold those that are not checked out; they are left out.
        """
        links = [(path, blob) for path, (mode, blob) in self._entries.items() if mode == _LINK]
        if not links:
            return {}
        asked = "".join(f"{blob}\n" for _, blob in links).encode()
        answer = self._git.run("cat-file", "--batch", stdin=asked)
        targets = {}
        position = 0
        for path, _ in links:
            head, _, _ = answer[position : position + _HEADER].partition(b"\n")
            start = position + len(head) + 1
            if head.endswith(b" missing"):
                position = start
                continue
            end = start + int(head.rsplit(b" ", 1)[1])
            targets[path] = answer[start:end].decode("utf-8", "surrogateescape")
            position = end + 1
        return targets

    def blob_id(self, path: str) -> str | None:
        """The object id of a file, link or submodule; None when there is no such path."""
        entry = self._entries.get(path)
        return entry[1] if entry else None

    @functools.lru_cache(maxsize=16)  # noqa: B019 - one state lives as long as the run
    def lines(self, path: str) -> Sequence[bytes] | None:
        r"""A file's lines without their ends, split at `\n` only; None for what is no file."""
        if path not in self.files:
            return None
        content = self._git.run("cat-file", "blob", self._entries[path][1])
        lines = content.split(b"\n")
        if not lines[-1]:
            lines.pop()
        return lines


class Commit(Files):
    """The files of one commit."""

    @property
    def id(self) -> str:
        """The full id of the commit."""
        return self.tree

    @functools.cached_property
    def parents(self) -> Sequence[str]:
        """The ids of its parents as the commit names them, also where a shallow clone ends."""
        head, _ = self._object
        lines = (line.partition(b" ") for line in head.split(b"\n"))
        return tuple(value.decode() for key, _, value in lines if key == b"parent")

    @property
    def is_merge_of_detached(self) -> bool:
        """True for what `git merge COMMIT` makes where no branch is checked out, as CIs do."""
        _, message = self._object
        return len(self.parents) > 1 and _DETACHED.match(message) is not None

    @functools.cached_property
    def _object(self) -> tuple[bytes, bytes]:
        """The commit's headers and its message."""
        head, _, message = self._git.run("cat-file", "commit", self.id).partition(b"\n\n")
        return head, message
