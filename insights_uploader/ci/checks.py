"""What a value must look like to be believed: a pull request's author chooses some of them.

Each function gives the value in its canonical form, or raises ValueError with a reason that does
not repeat the value: it may hold a password, or orders to a terminal.
"""

import re
from urllib.parse import urlsplit

_NO_HOST = "an address without a valid host"
_MAX_URL = 2048
_MAX_LABEL = 255
_MAX_JOB = 1024  # characters; projects lie in folders of folders
_MAX_BRANCH = 1024  # characters; more than any file system lets git keep
_MAX_KEY = 128  # characters of a key or a slug, by Bitbucket Data Center
_OTHER_FORGES = (
    "github.com", "gitlab.com", "bitbucket.org", "codeberg.org", "dev.azure.com",
    "visualstudio.com", "gitea.com", "sr.ht",
)  # fmt: skip
_COMMIT = re.compile(r"(?:[0-9a-fA-F]{40}|[0-9a-fA-F]{64})")
_PROJECT = re.compile(r"[A-Za-z][A-Za-z0-9_-]*|~[A-Za-z0-9_][A-Za-z0-9._-]*")
_SLUG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*")
_NUMBER = re.compile(r"[1-9][0-9]{0,17}")
_HOST = re.compile(r"(?:[A-Za-z0-9_][A-Za-z0-9._-]*|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?")
_CONTEXT = re.compile(r"(?:/[A-Za-z0-9_][A-Za-z0-9._~-]*)*/?")
_NO_REF = re.compile(r"[ ~^:?*\[\\]|\.\.|@\{|//|/\.|\.lock(?:/|$)|^[-./]|[./]$|^@$")
"""What git allows in no reference (git-check-ref-format), and a `-` that begins an option."""


def commit_id(text: str) -> str:
    """A full commit id, SHA-1 or SHA-256, in lower case."""
    if not _COMMIT.fullmatch(text):
        raise ValueError("not a full commit id (40 or 64 hexadecimal digits)")
    return text.lower()


def branch_name(text: str) -> str:
    """A branch's name without `refs/heads/`, safe as an argument to git."""
    name = text.removeprefix("refs/heads/")
    if name.startswith("refs/"):
        raise ValueError("a reference that is no branch")
    valid = 0 < len(name) <= _MAX_BRANCH and name.isprintable() and not _NO_REF.search(name)
    if not valid:
        raise ValueError("not a name that git allows for a branch")
    return name


def pull_request_number(text: str) -> int:
    """A positive number that the server's 64 bits hold."""
    if not _NUMBER.fullmatch(text):
        raise ValueError("not a pull request's number")
    return int(text)


def project_key(text: str) -> str:
    """A project's key in upper case, as the server writes it, or `~user` as it stands."""
    if len(text) > _MAX_KEY or not _PROJECT.fullmatch(text):
        raise ValueError("not the key of a project")
    return text if text.startswith("~") else text.upper()


def repository_slug(text: str) -> str:
    """A repository's name in addresses."""
    if len(text) > _MAX_KEY or not _SLUG.fullmatch(text):
        raise ValueError("not the slug of a repository")
    return text


def web_address(text: str) -> str:
    """An http or https address without user or password."""
    if len(text) > _MAX_URL or not text.isascii() or not text.isprintable() or " " in text:
        raise ValueError("not a web address")
    try:
        address = urlsplit(text)
        valid = bool(_HOST.fullmatch(address.netloc.rpartition("@")[2])) and address.port != 0
    except ValueError:  # its message would repeat the host
        raise ValueError(_NO_HOST) from None
    if address.scheme not in ("http", "https"):
        raise ValueError("not an http or https address")
    if not valid:
        raise ValueError(_NO_HOST)
    if "@" in address.netloc:
        raise ValueError("an address with a user or a password")
    return text


def server_address(text: str) -> str:
    """The address of a server: what `web_address` allows, without a query and a last slash."""
    address = urlsplit(web_address(text))
    if address.query or address.fragment or not _CONTEXT.fullmatch(address.path):
        raise ValueError("not the address of a server")
    if is_another_forge(address.hostname or ""):
        raise ValueError("the address of another server than Bitbucket Data Center")
    return f"{address.scheme}://{address.netloc.lower()}{address.path.rstrip('/')}"


def is_another_forge(host: str) -> bool:
    """Whether a host is one of the public services, which are no Bitbucket Data Center."""
    labels = host.lower().rstrip(".")
    return any(labels == forge or labels.endswith(f".{forge}") for forge in _OTHER_FORGES)


def job(text: str) -> str:
    """What a job or plan is called."""
    if not text.isprintable() or not text.strip() or len(text) > _MAX_JOB:
        raise ValueError("not a name that can be shown")
    return text


def label(text: str) -> str:
    """Any short line of text."""
    if not text.isprintable() or len(text) > _MAX_LABEL:
        raise ValueError("not a line of text")
    return text
