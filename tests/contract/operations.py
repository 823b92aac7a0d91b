"""What becomes of every operation: who reaches it, and what the program makes of each refusal.

The operations are those of Atlassian's shapes; all else is what really passes between the program
and the sandbox. docs/operations.md shows it.
"""

import contextlib
import io
import json
import os
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import pytest
import repository
from contract.cut import SUBJECTS
from contract.lines import BRANCH, ITEMS, JIRA, STORIES, WORDS, Line, Place
from contract.shapes import raw_shapes
from program import TOKEN

from insights_uploader.cli import cli, ending
from insights_uploader.sandbox.faults import Answer, Edit
from insights_uploader.sandbox.jira_settings import JiraSettings
from insights_uploader.sandbox.recording import RecordedRequest
from insights_uploader.sandbox.server import Sandbox, serve
from insights_uploader.sandbox.settings import Permission, PullRequest, SandboxSettings, User

_ALL_COMMANDS = ("bitbucket-dc/server", "bitbucket-dc/repository")
APP = "bitbucket-dc/code-coverage"
_OF_THEAPP = [f"{method} /code-coverage/1.0/commits/{{commitId}}" for method in ("POST", "DELETE")]
_ROOTS = {"bitbucket-dc": "/rest", "bitbucket-cloud": "/2.0", "jira-cloud": ""}


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation as Atlassian's file names it: `GET /path/{name}`, in a file of shapes."""

    name: str
    subject: str

    @property
    def method(self) -> str:
        """As in GET."""
        return self.name.partition(" ")[0]

    @property
    def shown(self) -> str:
        """Its name with the whole path."""
        method, _, path = self.name.partition(" ")
        return f"{method} {_ROOTS[self.subject.partition('/')[0]]}{path}"

    @property
    def pattern(self) -> str:
        """Of its paths, as a regular expression."""
        path = re.escape(self.shown.partition(" ")[2]).replace("/latest/", r"/(?:latest|1\.0)/")
        return "^" + re.sub(r"\\{\w+\\}", "[^/]+", path) + "$"

    @property
    def has_body(self) -> bool:
        """Whether it sends one, which can be wrong or too large."""
        return self.method in ("POST", "PUT")

    def is_asked(self, request: RecordedRequest) -> bool:
        """Tell whether the request asks for it."""
        is_other = request.path.endswith("/commits/stats") and "{commitId}" in self.name
        found = re.search(self.pattern, request.path) and request.method == self.method
        return bool(found) and not is_other


def operations() -> Sequence[Operation]:
    """All of the files of shapes, but those that any command may need on its way."""
    found = [
        Operation(name, subject)
        for subject in SUBJECTS
        if subject not in _ALL_COMMANDS
        for name in raw_shapes(subject)["operations"]
    ]
    return [*found, *(Operation(name, APP) for name in _OF_THEAPP)]


def documented(folder: Path) -> set[str]:
    """The operations that Atlassian's documents in this folder name, as `GET /rest/path`."""
    texts = {path.name: path.read_text() for path in folder.glob("*.txt")}
    found: set[str] = set()
    for text in texts.values():
        found |= set(re.findall(r"^(?:GET|PUT|POST|DELETE) /rest/\S+", text, re.MULTILINE))
        listed = r"(GET|PUT|POST|DEL)(/(?:api|build-status|insights|required-builds)/.+?)(?=GET/|PUT/|POST/|DEL/|$)"
        for method, path in re.findall(listed, text, re.MULTILINE):
            found.add(f"{'DELETE' if method == 'DEL' else method} /rest{path}")
    legacy = texts["bitbucket-build-integration.txt"]
    if re.search(r"POST\n.*\n.*/rest/build-status/1\.0/commits/<commit-hash>", legacy):
        found.add("POST /rest/build-status/latest/commits/{commitId}")
    if "using the GET methods on the Build REST API" in legacy:
        found.add("GET /rest/build-status/latest/commits/{commitId}")
    return found


# Running


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command line ended, and what it said."""

    code: int
    output: str
    errors: str


@contextlib.contextmanager
def site(checkout: Path) -> Iterator[Sandbox]:
    """A sandbox over a checkout in which every story can happen."""
    admin = User("ada", "", Permission.ADMIN, (TOKEN,))
    settings = SandboxSettings(
        checkout,
        users=(admin,),
        pull_requests=(PullRequest(7, BRANCH, "main"),),
        captcha_after=1_000_000,
        jira=JiraSettings(issue_keys=frozenset({"DEMO-1"})),
    )
    with serve(settings) as sandbox:
        yield sandbox


def make_checkout(folder: Path) -> Path:
    """The demo project on a branch that names an issue."""
    repository.build(folder, "python-dotenv", "0.21.0", "0.21.1")
    repository.git(folder, "checkout", "--quiet", "-b", BRANCH)
    return folder


def run(
    sandbox: Sandbox,
    place: Place,
    line: Line,
    checkout: Path,
    changes: Mapping[str, str] = MappingProxyType({}),
) -> Ended:
    """Run the program in this process, with these changes to its variables."""
    if line.trouble:
        method, status, path = line.trouble.split()
        sandbox.faults.add(Answer(int(status)), method=method, path=path, times=None)
    environ = {"PATH": os.defpath, "HOME": str(checkout), **place.found(sandbox.url), **changes}
    output, errors = io.StringIO(), io.StringIO()
    with pytest.MonkeyPatch.context() as patch, contextlib.chdir(checkout):
        for name in list(os.environ):
            patch.delenv(name)
        for name, value in environ.items():
            patch.setenv(name, value)
        patch.setattr(sys, "argv", ["insights-uploader", *line.arguments])
        with contextlib.redirect_stdout(output), contextlib.redirect_stderr(errors):
            code = ending.run(cli, os.environ, errors)
    sandbox.faults.clear()
    return Ended(int(code), output.getvalue(), errors.getvalue())


@dataclass(frozen=True, slots=True)
class Reached:
    """An operation was reached on the way of a line.

    Attributes:
        place: the server.
        lines: of a story, up to the one that reached it.
        is_first: whether it was the first that this one asked for.
    """

    place: Place
    lines: Sequence[Line]
    is_first: bool

    @property
    def rank(self) -> tuple[bool, bool]:
        """The smaller, the better to provoke refusals with."""
        return (self.lines[-1].name.startswith(("publish", "preview")), not self.is_first)


def reaching(checkout: Path) -> Mapping[Operation, Sequence[Reached]]:
    """Run all stories, and see which line reaches what; the best line of each stands first."""
    found: dict[Operation, list[Reached]] = {}
    everything = operations()
    for place, lines in STORIES:
        with site(checkout) as sandbox:
            for number, line in enumerate(lines, 1):
                begun = len(sandbox.requests)
                ended = run(sandbox, place, line, checkout)
                assert ended.code == 0 or "gating-status" in line.name, (line, ended)
                for each in everything:
                    asked = [each.is_asked(request) for request in sandbox.requests[begun:]]
                    if any(asked):
                        reached = Reached(place, lines[:number], asked[0])
                        found.setdefault(each, []).append(reached)
    for ways in found.values():
        ways.sort(key=lambda each: each.rank)
    return found


# Refusing

STATUSES = (400, 401, 403, 404, 413, 429)


@dataclass(frozen=True, slots=True)
class Refusal:
    """What the program made of it; `injected`, where the sandbox had no reason of its own."""

    ended: Ended
    injected: bool


def refusals(operation: Operation, way: Reached, checkout: Path) -> Mapping[int, Refusal]:
    """Have the operation refused with every status that it may be refused with."""
    found: dict[int, Refusal] = {}
    *before, line = way.lines
    with site(checkout) as sandbox:

        def attempt(status: int, *, injected: bool = False, change: str = "", to: str = "") -> None:
            begun = len(sandbox.requests)
            changes = {change: to} if change else {}
            ended = run(sandbox, way.place, line, checkout, changes)
            asked = [each for each in sandbox.requests[begun:] if operation.is_asked(each)]
            if any(each.status == status for each in asked):
                found.setdefault(status, Refusal(ended, injected))

        if operation.method == "GET":
            attempt(404)  # nothing is there yet
        for each in before:
            run(sandbox, way.place, each, checkout)
        attempt(401, change=way.place.secret, to="w" * 32)
        if way.place.repository:
            attempt(404, change=way.place.repository, to="nowhere")
        for status in STATUSES:
            if status not in found and (operation.has_body or status not in (400, 413)):
                answer = Answer(status, _envelope(operation), {"content-type": "application/json"})
                path, method = operation.pattern, operation.method
                sandbox.faults.add(answer, method=method, path=path, times=None)
                attempt(status, injected=True)
    return dict(sorted(found.items()))


def _envelope(operation: Operation) -> str:
    """The words of the server in the envelope that it has."""
    if operation.subject == "jira-cloud/devinfo":
        return json.dumps({"errorMessages": [{"message": WORDS}]})
    if operation.subject.startswith("jira-cloud/"):
        return json.dumps([{"message": WORDS}])
    if operation.subject.startswith("bitbucket-cloud/"):
        return json.dumps({"type": "error", "error": {"message": WORDS}})
    error = {"context": None, "message": WORDS, "exceptionName": None}
    return json.dumps({"errors": [error]})


def of_items(operation: Operation, checkout: Path) -> Mapping[str, Ended]:
    """What the program makes of things that Jira rejects, does not know, or has newer ones of."""
    items = ITEMS[operation.name]
    found: dict[str, Ended] = {}
    line, answer = items.rejected
    with site(checkout) as sandbox:
        for name, lines in (("unknown key", items.unknown), ("stale", items.stale)):
            for each in lines:
                found[name] = run(sandbox, JIRA, each, checkout)
        sandbox.faults.add(Edit(lambda _: answer.encode()), path=operation.pattern)
        found["rejected"] = run(sandbox, JIRA, line, checkout)
    return found
