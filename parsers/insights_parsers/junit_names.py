"""The full name of a test, and of a case of a parametrised test the name without its parameters."""

import re

from insights_parsers.junit_case import Scope, of_suite
from insights_parsers.junit_text import one_line
from insights_parsers.stack_frames import is_source

# A linter's `classname` or suite (ruff, eslint) and busted's `spec/a_spec.lua:17`: where one machine
# keeps a file or where a test stands today, no part of a name. phpcs ends names so.
_PLACE = re.compile(r"/|[A-Za-z]:[/\\]|\S+\.\w+:\d+(?::\d+)?$")
_AT_PLACE = re.compile(r" at (?:/|[A-Za-z]:\\)[^()]* \(\d+:\d+\)$")
_NAMED_PLACE = re.compile(r"([^\s:]+):\d+(?::\d+)?$")  # pylint_junit, luacheck
_RUN_TIME = re.compile(r"-20\d{12}$")  # unittest-xml-reporting's, another in every run
_NAMELESS_SUITES = frozenset(["pytest", "pytest tests"])  # the same in every project

# How tools write the parameters of one case after the test's name, which is the first group.
_PARAMETERS = (
    # pytest `test_x[1-2]`, JUnit 4 `test[0]`, Surefire `test(int)[3]`, TestNG `test[1, 2](0)`
    re.compile(r"([^\[\]]*[\w)}>])\[.*\](?:\(\d+\))?$"),
    # JUnit 5 and Gradle: `[1] a=1`, `test(int) > [1] 1, 2`, `test(String) [1] x`
    re.compile(r"(|[^\[\]]*[)}>]) ?\[\d+\](?: .*)?$"),
    # PHPUnit and Pest: `testX with data set #0 (1, 2)`, `testX with data set "name"`
    re.compile(r"(.*?) with data set [#\"].*$"),
    # NUnit, MSTest and xUnit.net: `Adds(1,"a")`, `Adds (1)`, `Ns.T.Adds(x: 1, y: "a")`
    re.compile(r"([\w.`+<>]+) ?\((?:-?\d|[\"']|(?:[Tt]rue|[Ff]alse|[Nn]ull|None)\b|\w+: ).*\)$"),
    # unittest's subTest: `test_x (i=1)`, `test_x [why] (i=1)`
    re.compile(r"(\w+) (?:\[[^\]]*\] ?)?\(\w+=.*\)$"),
    # Go's subtests: `TestX/case_1/deeper`
    re.compile(r"((?:Test|Benchmark|Fuzz|Example)\w*)/.+$"),
    # GoogleTest and Catch2: `Suite/Test/0`, `Test/3 # GetParam() = 7`
    re.compile(r"(.*\w)/\d+(?: +# GetParam\(\) = .*)?$"),
    # Rust's rstest: `adds::case_1_small`
    re.compile(r"(.*\w)::case_\d+\w*$"),
    # Spock: `adds [a: 1, #0]`, `adds #1`
    re.compile(r"([^\[\]]*\S) \[[^\[\]]*#\d+\]$"),
    # behave and Cucumber: `Adding -- @1.2 Numbers`, `Adding - Example #1.1`
    re.compile(r"(.*?) (?:-- @\d+\.\d+ .*|-- @\d+\.\d+|- (?:Examples? )?#\d+(?:\.\d+)?)$"),
)
_TYPED = re.compile(r"/\d+$")


def full_name(scopes: list[Scope], kind: str = "") -> str:
    """A case's name after its class's or else its suite's, unless it holds that already.

    Args:
        scopes: the open suites and the case, the outermost first.
        kind: the failure's, which names the rule where a linter names the case after a place.
    """
    group, name = _parts(scopes)
    place = _NAMED_PLACE.match(name)
    if kind and place and place[1] in (group, of_suite(scopes, "name")):
        name = kind
    return _joined(group, name) or ("unnamed test" if scopes[-1].is_case else "unnamed test suite")


def variant_of(scopes: list[Scope]) -> str | None:
    """The full name without the parameters of one case; None when nothing tells it is one."""
    group, name = _parts(scopes)
    if not scopes[-1].is_case or not name:
        return None
    attributes = scopes[-1].attributes
    if "value_param" in attributes or "type_param" in attributes:  # GoogleTest
        return _joined(_TYPED.sub("", group), _TYPED.sub("", name)) or None
    for parameters in _PARAMETERS:
        if found := parameters.match(name):
            return _joined(group, found[1].rstrip(" >")) or None
    return None


def _parts(scopes: list[Scope]) -> tuple[str, str]:
    """The name of what a case belongs to, and its own."""
    attributes = scopes[-1].attributes
    name = _AT_PLACE.sub("", one_line(attributes.get("name", "")))
    suite = _RUN_TIME.sub("", one_line(of_suite(scopes, "name")))
    if not scopes[-1].is_case:
        return "", name or suite
    group = one_line(attributes.get("classname", "") or attributes.get("class", "")) or suite
    return ("", name or group) if group in _NAMELESS_SUITES else (group, name)


def _joined(group: str, name: str) -> str:
    if not (name and group):
        return name or group
    place = _PLACE.match(group) or (is_source(group) and " " not in group)
    return name if place or _repeats(name, group) else f"{group}.{name}"


def _repeats(name: str, group: str) -> bool:
    """Whether a name holds its group already: in front, or behind (mocha-junit-reporter)."""
    begins = name.startswith(group) and not name[len(group) :][:1].isalnum()
    return begins or name.endswith(f" {group}")
