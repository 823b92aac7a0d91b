"""The places of a failure: those its text names, then those its attributes and names tell."""

import re
from collections.abc import Iterator, Mapping

from insights_parsers.class_files import class_files
from insights_parsers.junit_case import MAX_PATH, Failure, Scope, of_suite
from insights_parsers.junit_text import MAX_TEXT, number, one_line, plain
from insights_parsers.stack_frames import frames, is_source
from insights_uploader.model.finding import Location

_MAX_LOCATIONS = 50
_OUTERMOST = 15  # of these; the rest are the innermost
_MAX_LINE = 2**31 - 1  # Bitbucket's lines are int32
_FILE_ATTRIBUTES = ("file", "filepath", "filename")
# `line 3, col 5, Error - …` (eslint, biome, spectral), `On line 3` (stylelint), `Line:3` (SwiftLint)
_LINE = re.compile(
    r"\s*(?:on |warning:|error:)?\s*line:? ?(\d+)\b|.*?\bline (\d+), col(?:umn)? \d",  # TSLint
    re.IGNORECASE,
)
_GO_FILE = re.compile(r"[^/\\]+\.go$")
_GO_PACKAGE = re.compile(r"[\w.~-]+(?:/[\w.~-]+)*$")
_FREE_FOLDERS = re.compile(r"\.(?:kts?|scala)$")
_ABSOLUTE = re.compile(r"/|[A-Za-z]:[/\\]")
_PEST_TEST = re.compile(r"(?<=\.php)::.*$", re.DOTALL)  # `tests/ATest.php::it adds`
_PYTEST = frozenset(["pytest", "pytest tests"])


def locations(failure: Failure, trace: str, scopes: list[Scope]) -> tuple[Location, ...]:
    """The places, best first, each once.

    What the failure's element names comes first, then the trace's frames. The case's attributes
    come after them since they say where the test is defined, and what is derived from names last.

    Args:
        failure: what went wrong.
        trace: its text; the message serves where that names no place.
        scopes: the open suites and the case, the outermost first.
    """
    case = scopes[-1]
    message = plain(failure.attributes.get("message", "")[:MAX_TEXT])
    inner = [_of_package(place, scopes) for place in frames(trace) or frames(message)]
    # ruff and biome write a line and no file: the suite has the file's name.
    default = case.file or of_suite(scopes, "name")
    named = _named_place(failure.attributes, 1, default)
    defined = [
        _named_place(case.attributes, case.first_line, default),
        *frames(_attribute(case, "classname")),
        *(() if inner else frames(_attribute(case, "name"))),
        None if inner else _line_of_linter(trace, scopes) or _line_of_linter(message, scopes),
        Location(case.file),
    ]
    inner = [*_shortened(inner), *_below_root_package(inner, case)]
    known = [p for p in (named, *inner, *defined) if p is not None and p.path]
    lined = [place.path for place in known if place.line]
    known = [place for place in known if place.line or not _is_one_of(place.path, lined)]
    found = dict.fromkeys([*known, *_of_class(scopes, known)])
    return tuple(found)[:_MAX_LOCATIONS]


def _shortened(inner: list[Location]) -> list[Location]:
    """As many frames as leave room for other places: the innermost, and some of the outermost."""
    room = _MAX_LOCATIONS - 10
    if len(inner) <= room:
        return inner
    return inner[: room - _OUTERMOST] + inner[-_OUTERMOST:]


def _below_root_package(inner: list[Location], case: Scope) -> Iterator[Location]:
    """The frames of a class's own code by their bare names, for languages that need no folders.

    Kotlin's conventions leave a project's common root package out of its folders. The first two
    names of the case's class are taken for that package: other people's code has others.
    """
    package = "/".join(_attribute(case, "classname").split(".")[:2]) + "/"
    for place in inner[:5]:
        if _FREE_FOLDERS.search(place.path) and place.path.startswith(package):
            yield Location(place.path.rpartition("/")[2], place.line, derived=True)


def _attribute(scope: Scope, name: str) -> str:
    return one_line(scope.attributes.get(name, ""))


def _named_place(attributes: Mapping[str, str], first_line: int, default: str) -> Location | None:
    """The place in an element's `file` and `line`; None when it has neither."""
    file = next(filter(None, map(attributes.get, _FILE_ATTRIBUTES)), "")[:MAX_PATH]
    file = _PEST_TEST.sub("", file)
    value = number(attributes.get("line", ""))
    line = None if value is None else value + 1 - first_line
    known = line if line and line <= _MAX_LINE else None
    return Location(file or default, known) if file or known else None


def _line_of_linter(text: str, scopes: list[Scope]) -> Location | None:
    """The line that a linter writes in its text alone, in the file that something is named after."""
    found = _LINE.match(text[:200])
    digits = (found[1] or found[2]) if found else "0"
    if len(digits) > 10 or not 0 < int(digits) <= _MAX_LINE:
        return None
    case = scopes[-1]
    names = (
        next(filter(None, map(case.attributes.get, _FILE_ATTRIBUTES)), "") or case.file,
        _attribute(case, "name"),
        of_suite(scopes, "name"),
        _attribute(case, "classname"),
    )
    file = next((name for name in names if is_source(name)), None)
    return Location(file, int(digits)) if file else None


def _of_package(place: Location, scopes: list[Scope]) -> Location:
    """A frame of `go test`, which names the bare file, in the folder of its package."""
    if not (place.derived and _GO_FILE.match(place.path)):
        return place
    names = (of_suite(scopes, "name"), _attribute(scopes[-1], "classname"))
    package = next((n for n in names if _GO_PACKAGE.match(n) and not n.endswith(".go")), None)
    return Location(f"{package}/{place.path}", place.line, derived=True) if package else place


def _of_class(scopes: list[Scope], known: list[Location]) -> Iterator[Location]:
    """The files that a case's class may be in, unless a known place is in one of them.

    A file of a known place's language is likelier than others, which are left out then.
    """
    case = scopes[-1]
    if any(map(case.attributes.get, _FILE_ATTRIBUTES)):
        return
    suite = of_suite(scopes, "name")
    name = _attribute(case, "classname") or _attribute(case, "class")
    name = name or (_attribute(case, "name") if suite in _PYTEST else suite)
    stems = [_stem(place.path) for place in known]
    ends = {_end(place.path) for place in known}
    own = _attribute(case, "name")  # SwiftLint and HTMLHint name the case after the file
    paths = [*class_files(name), *([own] if "/" in own and is_source(own) else ())]
    for path in [path for path in paths if not ends or _end(path) in ends]:
        stem = _stem(path)
        if not any(one == stem or one.endswith(f"/{stem}") for one in stems):
            yield Location(path, derived=not _ABSOLUTE.match(path))


def _is_one_of(path: str, others: list[str]) -> bool:
    """Whether a path is one of others, or it or one of them is the other's end."""
    clean = path.removeprefix("./")
    return any(
        clean == other or clean.endswith(f"/{other}") or other.endswith(f"/{clean}")
        for other in (other.removeprefix("./") for other in others)
    )


def _end(path: str) -> str:
    return path.rpartition(".")[2]


def _stem(path: str) -> str:
    """A path without the end that tells the language."""
    return path.replace("\\", "/").rpartition(".")[0].removeprefix("./")
