"""The files that a test's class or module may be in, made of its name."""

import re
from collections.abc import Iterator

from insights_parsers.stack_frames import is_source

_IDENTIFIER = re.compile(r"[A-Za-z_]\w*$")
_INNER = re.compile(r"[$+].*")
_TEST_LIKE = re.compile(r"(?:test|spec)s?_|\w*(?:[Tt]ests?|[Ss]pec|TestCase|IT)$")
_WORDS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_JVM = (".java", ".kt", ".scala", ".groovy")


def class_files(name: str) -> Iterator[str]:
    r"""Paths for a name, few and the likeliest first; none for free text.

    `tests.test_a.TestX` (pytest), `com.acme.FooTest` (the JVM), `Acme.Tests.FooTest` (.NET),
    `Acme\FooTest` (PHPUnit), `spec.models.foo_spec` (RSpec), `Elixir.Acme.FooTest` (ExUnit),
    `src/a.test.ts` (vitest, Playwright).
    """
    if " " not in name and is_source(name):
        yield name
        return
    if name.startswith("Elixir."):
        folders = _WORDS.sub("_", name.removeprefix("Elixir.")).lower().replace(".", "/")
        yield from (f"{folders}{end}" for end in (".exs", ".ex"))
        return
    end_of_php = (".php",) if "\\" in name else ()
    parts = _INNER.sub("", name).replace("\\", ".").split(".")
    if not all(map(_IDENTIFIER.match, parts)):
        return
    # One word in lower case, or capitals throughout (robot): seldom a module's or a class's.
    if (len(parts) == 1 and name.islower() and "_" not in name) or (
        not _TEST_LIKE.match(parts[-1]) and parts[0][0].isupper()
    ):
        return
    yield from _files(parts, end_of_php)


def _files(parts: list[str], ends: tuple[str, ...]) -> Iterator[str]:
    """The files for a dotted name; what begins with a capital is a class, the rest is folders."""
    classes = next((n for n, part in enumerate(parts) if part[0].isupper()), len(parts))
    folders, path = "/".join(parts[:classes]), "/".join(parts[: classes + 1])
    if ends or classes == 0:  # the folder seldom has the whole namespace's name
        yield from (parts[-1] + end for end in ends or (".cs", ".swift", ".java", ".kt", ".php"))
    elif classes == len(parts):
        yield f"{path}.py"
        if parts[-1].endswith(("_spec", "_test")):
            yield f"{path}.rb"
    else:
        if not any(
            "_" in part for part in parts[:classes]
        ):  # a Python module's, seldom a package's
            yield from (path + end for end in _JVM)
        yield f"{folders}.py"
