"""A repository of our own that borrows the checkout's objects.

Whatever a user, an administrator or the author of a branch can say about diffs stands in
configuration, in attributes or in variables. Here are none: no `.git/config`, no
`.git/info/attributes`, no `.gitattributes`, no index, no working tree, no remote that git would
fetch from. What git writes here is git's own, byte for byte.
"""

import re
import shutil
import tempfile
import weakref
from collections.abc import Mapping
from pathlib import Path

from insights_uploader.model.errors import CheckoutError
from insights_uploader.repository.git import Git

_ODD = re.compile(rb'[\\"\n]')


class BorrowedObjects(Git):
    """git in a temporary repository, which is gone when nobody refers to it any more.

    Attributes:
        new_objects: where objects may be written that the checkout must not keep.
        attributes: a file of attributes for the next commands; the caller's to write, empty before.

    Args:
        objects: the folder with the checkout's objects.
        hash_name: what they are named by: "sha1" or "sha256".
        environ: the user's variables.

    Raises:
        CheckoutError: there is no place for temporary files.
    """

    def __init__(self, objects: Path, hash_name: str, environ: Mapping[str, str]) -> None:
        try:
            folder = Path(tempfile.mkdtemp(prefix="insights-uploader-"))
            weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
            self.new_objects = folder / "objects"
            self.attributes = folder / "attributes"
            _make_repository(folder, objects, hash_name)
        except OSError as error:
            raise CheckoutError(
                "no-temporary-folder",
                f"{error.filename or tempfile.gettempdir()}: {error.strerror}",
                "Name a folder that can be written to in the variable TMPDIR.",
            ) from None
        self._lent = objects
        ours = {
            "GIT_DIR": str(folder),
            "GIT_WORK_TREE": str(folder),
            "GIT_CONFIG_GLOBAL": "/dev/null",
            "GIT_CONFIG_SYSTEM": "/dev/null",
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_ATTR_NOSYSTEM": "1",
            "XDG_CONFIG_HOME": str(folder),  # git before 2.32 knows of no GIT_CONFIG_GLOBAL
            "HOME": str(folder),
        }
        users = {key: value for key, value in environ.items() if not key.startswith("GIT_")}
        super().__init__(folder, users, ours)

    def run(self, *arguments: str, stdin: bytes = b"") -> bytes:
        """What a command prints.

        Raises:
            CheckoutError: git is missing, fails or takes too long, or the clone is a partial one
                that lacks what the command needs.
        """
        try:
            return super().run(*arguments, stdin=stdin)
        except CheckoutError as error:
            if error.slug != "git-failed" or not any(self._lent.glob("pack/*.promisor")):
                raise
            raise CheckoutError(
                "partial-clone",
                f"the clone is partial (git clone --filter) and lacks what git {arguments[0]} needs",
                "Fetch all: git fetch --refetch --no-filter origin",
            ) from None


def _make_repository(folder: Path, objects: Path, hash_name: str) -> None:
    """What `git init` would make, as far as git asks for it."""
    (folder / "refs").mkdir()
    (folder / "objects" / "info").mkdir(parents=True)
    (folder / "HEAD").write_text("ref: refs/heads/none\n")
    (folder / "attributes").touch()
    (folder / "config").write_text(
        "[core]\nrepositoryFormatVersion = 1\nbare = false\nattributesFile = attributes\n"
        f"[extensions]\nobjectFormat = {hash_name}\n"
    )
    lent = _ODD.sub(rb"\\\g<0>", bytes(objects)).replace(b"\\\n", rb"\n")
    (folder / "objects" / "info" / "alternates").write_bytes(b'"%s"\n' % lent)
