"""The places that a failing test's text names, language by language.

Each row of the table reads the frames of one kind of trace; a new language is a new row.
"""

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from insights_parsers.frame_paths import class_path, is_foreign, is_framework, location
from insights_uploader.model.finding import Location

_MAX_LINE = 2**31 - 1  # Bitbucket's lines are int32
_MAX_WIDTH = 4096  # characters of a line of text; a longer one is data and no frame

_JS = r"\.(?:[cm]?[jt]sx?|vue|svelte|astro|coffee)"
_JVM = r"\.(?:java|kts?|scala|groovy|gvy|clj[cs]?|aj)"
_DOTNET = r"\.(?:cs|csx|fs|fsx|vb|cshtml|razor)"
_SOURCE = (
    r"\.(?:[cm]?[jt]sx?|vue|svelte|astro|coffee|py[xiw]?|ipynb|java|kts?|scala|sc|groovy|gvy"
    r"|clj[cs]?|go|cs|csx|fs|fsx|vb|cshtml|razor|rb|rake|erb|haml|slim|ru|feature|php|phpt|phtml|rs"
    r"|c|cc|cpp|cxx|c\+\+|h|hh|hpp|hxx|h\+\+|ipp|inl|m|mm|cu|cuh|swift|dart|exs?|eex|heex|[eh]rl"
    r"|pl|pm|lua|moon|[Rr]|[Rr]md|jl|bats|bash|sh|zsh|fish|ps1|psm1|sql|hs|elm|mli?|nim|zig|cr"
    r"|f90|f95|f03|pas|dpr|ad[bs]|sv|svh|vhdl?|sol|proto|robot|resource|tcl|el|lisp|rkt|ss|scm"
    r"|tf|tfvars|hcl|rego|bicep|ya?ml|json|jsonc|toml|xml|html?|css|scss|sass|less|md|mdx|rst|adoc)"
)
# Between a path and its line: `a:3`, `a(3`, `a (3`, `a#3`, `a#L3`, `a, line 3`, `a: 3-5`
_TO_LINE = r"""(?::| ?\(|#L?|["']?,? line |: (?=\d+-\d))(?P<line>\d+)\b"""
_NAME = "~@%+$-"  # what a path has besides letters, digits, dots and slashes of one kind
_ANY = "any"  # its frames come after those of the languages, which are surer


class _Trace(NamedTuple):
    """How one kind of trace writes a frame: its groups are `path` and `line`.

    Attributes:
        language: what the rows of one language's frames have in common; they are ordered together.
        frame: matched at a line's start, in linear time; a line goes to the first row it fits.
        innermost_last: whether the frame where it went wrong is written last.
        path: makes the path of a frame that names a class and a bare file; None: it is written.
    """

    language: str
    frame: re.Pattern[str]
    innermost_last: bool = False
    path: Callable[[re.Match[str]], str] | None = None


_TRACES = (
    # pytest's long and short styles, its doctests, and its line for a missing fixture:
    # `tests/test_a.py:12: AssertionError`, `src/a.py:3: in divide`, `/src/tests/test_a.py:12`
    _Trace(
        "Python",
        re.compile(
            r"(?P<path>(?:[A-Za-z]:)?[^\s:][^:]*\.(?:py[xiw]?|rst|md|txt|ya?ml|ipynb))"
            r":(?P<line>\d+)(?:: in .+|: ?(?:[A-Za-z_][\w.]*)?)?$"
        ),
        innermost_last=True,
    ),
    # `  File "src/a.py", line 3, in divide` (Python's traceback, indented or marked by others)
    _Trace(
        "Python",
        re.compile(r'[ \t|+>]*+(?:E[ \t]++)?File "(?P<path>[^"<][^"]*)", line (?P<line>\d+)'),
        innermost_last=True,
    ),
    # `at com.acme.Foo$Bar.test(FooTest.java:12)`, `at app//…`, `at java.base@17/…`
    _Trace(
        "JVM",
        re.compile(rf"[ \t|]*+at (?P<method>.+)\((?P<path>[^():/\\]+{_JVM}):(?P<line>\d+)\)"),
        path=class_path,
    ),
    # `    at divide (/src/a.js:3:9)`, `    at file:///src/a.mjs:3:9`
    _Trace(
        "JavaScript",
        re.compile(
            r"[ \t]*+at (?:[^(]* \(|async )?"
            rf"(?P<path>.+{_JS})(?:\?[^?:]*)?:(?P<line>\d+):\d+\)?[ \t]*+$"
        ),
    ),
    # `divide@http://localhost:9876/base/src/a.js?5f3:3:9` (Firefox and Safari)
    _Trace(
        "JavaScript",
        re.compile(
            rf"[^@]*+@(?P<path>[a-z-]++:/++[^@]+{_JS})(?:\?[^?:]*)?"
            r":(?P<line>\d+)(?::\d+)?[ \t]*+$"
        ),
    ),
    # vitest, after an arrow: `src/a.test.ts:3:9`, `divide src/a.ts:3:9`
    _Trace(
        "JavaScript",
        re.compile(
            rf"[ \t]*+\u276f (?:.* )?(?P<path>\S+{_JS})(?:\?[^?:\s]*)?:(?P<line>\d+):\d+[ \t]*+$"
        ),
    ),
    # `    a_test.go:6: boom`, `Error Trace:	/src/a_test.go:6` (testify), `	/src/a.go:3 +0x1d`
    _Trace(
        "Go",
        re.compile(
            r"(?:[ \t]*+Error Trace:)?[ \t]*+(?P<path>(?:[A-Za-z]:[^\s:]+|[^\s:\\]+)\.go):(?P<line>\d+)"
            r"(?=[:\s]|$)"
        ),
    ),
    # `   at Acme.FooTest.Adds() in /src/FooTest.cs:line 12`, in any language of the system:
    # `   bei Acme.FooTest.Adds() in C:\src\FooTest.cs:Zeile 12.`
    _Trace(
        ".NET",
        re.compile(
            r"[ \t]*+\S+ .*\) (?:\[0x[0-9a-f]+\] )?\S+ "
            rf"(?P<path>[^()]+{_DOTNET}):(?:[^\d\s:]{{1,20}} )?(?P<line>\d+)\b"
        ),
    ),
    # `# ./spec/a_spec.rb:12:in 'x'`, `from lib/a.rb:3:in 'divide'`
    _Trace(
        "Ruby",
        re.compile(
            r"[ \t#]*+(?:from )?(?P<path>(?:(?:[A-Za-z]:)?[./\\][^:]*|[^\s:]+)"
            r"\.(?:rb|rake|ru|erb|haml|slim|feature))"
            r":(?P<line>\d+)(?::in |$)"
        ),
    ),
    # `/app/tests/FooTest.php:12`, `#0 /app/src/Foo.php(12): Foo->bar()`
    _Trace(
        "PHP",
        re.compile(
            r"[ \t]*+(?:#\d+ )?"
            r"(?P<path>(?:(?:[A-Za-z]:)?[./\\][^:(]*|[^\s:(]+)\.(?:php|phpt|phtml|inc))"
            r"[:(](?P<line>\d+)(?:\)|$)"
        ),
    ),
    # `thread 'x' panicked at src/lib.rs:12:5:`, before Rust 1.73 `… at 'why', src/lib.rs:12:5`,
    # and a backtrace's `             at ./src/lib.rs:12:5`
    _Trace(
        "Rust",
        re.compile(
            r"(?:.*panicked at (?:.*', )?|.*', |[ \t]++at )"
            r"(?P<path>(?:[A-Za-z]:)?[^\s:']+\.rs):(?P<line>\d+):\d+"
        ),
    ),
    # `test/foo_test.dart 12:5  main.<fn>`, `package:acme/foo.dart 3:5  divide`
    _Trace("Dart", re.compile(r"[ \t]*+(?P<path>\S+\.dart) (?P<line>\d+)(?::\d+)?[ \t]")),
    _Trace(
        "Dart",
        re.compile(r"#\d+[ \t]++[^(]*\((?P<path>[^()]+\.dart):(?P<line>\d+)(?::\d+)?\)"),
    ),
    # `(acme 0.1.0) lib/foo.ex:3: Foo.bar/1`; a line with no function is where the test begins
    _Trace(
        "Elixir",
        re.compile(r"[ \t]*+(?:\([^()]*\) )?(?P<path>[^\s:()]+\.exs?):(?P<line>\d+): "),
    ),
    # `#   at t/foo.t line 12.`
    _Trace(
        "Perl",
        re.compile(r".*\bat (?P<path>[^\s:]+\.(?:t|p[lm]|psgi)) line (?P<line>\d+)\b"),
    ),
    # `[{file,"test/foo_tests.erl"},{line,12}]`
    _Trace(
        "Erlang",
        re.compile(r'[^"]*\{file,[ ]?"(?P<path>[^"]+)"\},[ ]?\{line,(?P<line>\d+)\}'),
    ),
    # `    #0 0x55d in divide(int) /src/a.cc:12:3` (Clang's and GCC's sanitizers)
    _Trace(
        "Sanitizer",
        re.compile(rf"[ \t]*+#\d+ 0x[0-9a-f]+ in [^/]* (?P<path>/[^:()]*{_SOURCE}):(?P<line>\d+)"),
    ),
    # Any other, where an absolute path begins a line; it may hold blanks …
    _Trace(
        _ANY,
        re.compile(rf"[ \t]*+(?P<path>(?:/|[A-Za-z]:[\\/])[^:(\"'#]*{_SOURCE}){_TO_LINE}"),
    ),
    # … or where a path follows what commonly introduces one: `Failure (test-a.R:3:1)`,
    # `Loc: [a.cpp(12)]`, `(in test file test/a.bats, line 3)`, `X at /app/Foo.php (3:1)`
    _Trace(
        _ANY,
        re.compile(
            r"(?:[ \t]*+|.*?(?:\b(?:at|in|by|file|from)[ \t]++"
            r"|[(\[{<'\"`,:;=|>*#\u2022\u203a\u276f\u2192][ \t]*+))"
            rf"(?P<path>(?!//)(?:[A-Za-z]:[\\/][\w./\\{_NAME}]+|[\w./{_NAME}]+|[\w.\\{_NAME}]+){_SOURCE})"
            rf"{_TO_LINE}"
        ),
    ),
)
# Every frame has one of these before its line's number, and few other lines do.
_CANDIDATE = re.compile(r"[:(# ,L]\d")
# What follows went wrong before what stands above it (the JVM, PHP, node, vitest).
_CAUSE = re.compile(r"[ \t#|-]*+(?:Caused by\b|Cause\b|\[cause\])")
_TWO_LINES = re.compile(
    r"^[ \t]*+-?[ \t]*+file[ \t]*+:[ \t]*+(\S[^\n]*)\n[ \t]*+-?[ \t]*+line[ \t]*+:[ \t]*+(\d+)$",
    re.MULTILINE | re.IGNORECASE,
)

_SOURCE_NAME = re.compile(rf"[^:*?\"<>|]+{_SOURCE}$")


def is_source(name: str) -> bool:
    """Whether a name reads as that of a source file."""
    return _SOURCE_NAME.match(name[2:] if name[1:2] == ":" else name) is not None


def frames(text: str) -> list[Location]:
    """The frames of all traces in a text, each once; the innermost of the last cause is first.

    Those of test frameworks and installed packages are left out where there are others.
    """
    # Boost.Test and golangci-lint: `- file   : a.cpp`, and in the next line `- line   : 12`
    text = _TWO_LINES.sub(r"\1:\2:", text)
    parts: list[list[str]] = [[]]
    for line in text.split("\n"):
        if _CAUSE.match(line):
            parts.append([])
        if _CANDIDATE.search(line, 0, _MAX_WIDTH):
            parts[-1].append(line[:_MAX_WIDTH].rstrip("\r"))
    found = list(dict.fromkeys(place for part in reversed(parts) for place in _ordered(part)))
    return [place for place in found if not is_framework(place.path)] or found


def _ordered(lines: list[str]) -> Iterator[Location]:
    """The frames in lines of text, language by language, the innermost first."""
    found: dict[str, list[Location]] = {trace.language: [] for trace in _TRACES}
    for line in lines:
        for trace in _TRACES:
            if frame := trace.frame.match(line):
                if place := _place(trace, frame):
                    found[trace.language].append(place)
                break
    last = {trace.language for trace in _TRACES if trace.innermost_last}
    for language, places in found.items():
        yield from reversed(places) if language in last else places


def _place(trace: _Trace, frame: re.Match[str]) -> Location | None:
    """Where a frame is; None where no repository has it."""
    digits = frame["line"]
    path = trace.path(frame) if trace.path else frame["path"]
    if is_foreign(path) or len(digits) > 10 or not 0 < int(digits) <= _MAX_LINE:
        return None
    return location(path, int(digits), derived=trace.path is not None)
