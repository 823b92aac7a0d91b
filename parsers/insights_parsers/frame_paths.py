"""The path of a stack frame: of one that names a class, a URL or a file's bare name, too."""

import re
from urllib.parse import unquote

from insights_uploader.model.finding import Location

# What can be in no repository: a runtime's own code, what was never a file, a build machine's
# compiler. Other people's packages may be in one; the resolver knows.
_FOREIGN = re.compile(
    r"^(?![a-z][a-z-]*://).*://|^(?:node|internal|dart|phar|blob|data|chrome-extension|resource):"
    r"|^internal/|^[<(]|(?:^|[/\\])node_modules[/\\]"
    r"|^/rustc/|^(?:java|jdk|sun|com/sun)/"
    r"|^package:(?:test|test_api|matcher|stack_trace|flutter|flutter_test)/"
    r"|/(?:libexec|x64|go[^/]*)/src/(?:runtime|testing|reflect|internal)/"
)
# What most repositories only use: packages of the JVM's test frameworks and languages, and folders
# of installed packages.
_FRAMEWORK = re.compile(
    r"^(?:javax|junit|groovy|kotlin|scala|org/(?:junit|testng|hamcrest|assertj|opentest4j|mockito"
    r"|gradle|scalatest|spockframework|codehaus/groovy|apache/(?:maven|groovy|tools/ant))"
    r"|io/kotest|com/intellij/rt)/"
    r"|(?:^|[/\\])(?:(?:site|dist)-packages|python3\.\d+|gems|pkg[/\\]mod|\.cargo|vendor[/\\]phpunit)[/\\]"
    r"|(?:^|/)(?:oUnit\w*\.ml|(?:eunit_\w+|test_server)\.erl)$"
)
_FILE_URL = re.compile(r"^file:(?://(?:localhost)?)?(?=/)")
_DRIVE = re.compile(r"^/[A-Za-z]:/")
_URL = re.compile(r"^[a-z][a-z-]*:/+")
# What Karma, Vite and Cypress put in front of a file's path, as a browser sees it.
_SERVED = re.compile(r"^(?:base/|absolute(?=/)|@fs(?=/)|__cypress/tests\?p=)")
_DART_PACKAGE = re.compile(r"^package:([^/:]+)/")
# Of these a tool writes the bare name, wherever the file lies.
_BARE = re.compile(r"^[^/\\]+\.(?:go|swift|[Rr]|java|kts?|scala|groovy)$")


def is_foreign(path: str) -> bool:
    """Whether a frame's path can be in no repository."""
    return _FOREIGN.search(path) is not None


def is_framework(path: str) -> bool:
    """Whether a frame's path is other people's code in nearly every repository."""
    return _FRAMEWORK.search(path) is not None


def location(path: str, line: int, *, derived: bool) -> Location:
    """A frame's place; `derived` when its path was made of a name."""
    if _FILE_URL.match(path):
        path = unquote(_FILE_URL.sub("", path))
        return Location(path[1:] if _DRIVE.match(path) else path, line)
    if _URL.match(path):
        return Location(_served(path), line, derived=True)
    if package := _DART_PACKAGE.match(path):
        return Location(f"{package[1]}/lib/{path[package.end() :]}", line, derived=True)
    return Location(path, line, derived=derived or _BARE.match(path) is not None)


def class_path(frame: re.Match[str]) -> str:
    """A JVM frame's package as folders, and the file: the last two names are class and method.

    What stands before a slash is the class loader or the module.
    """
    names = frame["method"].rpartition("/")[2].split(".")
    return "/".join([*names[:-2], frame["path"]])


def _served(url: str) -> str:
    """The path in a URL of a page's script, or of webpack's sources, without what serves it."""
    scheme = _URL.match(url)
    rest = url[scheme.end() :] if scheme else url
    if not url.startswith(("webpack:///", "webpack-internal:///")):
        rest = rest.partition("/")[2]  # the host, or webpack's name of the library
    rest = _SERVED.sub("", rest)
    return unquote(rest).removeprefix("./")
