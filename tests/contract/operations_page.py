"""The page of all operations, docs/operations.md.

`PYTHONPATH=tests:fixtures/demo python -m contract.operations_page` writes it anew.
"""

import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from contract.cut import names
from contract.deviations import DEVIATIONS, Deviation
from contract.lines import ITEMS
from contract.operations import (
    APP,
    STATUSES,
    Ended,
    Operation,
    Reached,
    Refusal,
    make_checkout,
    of_items,
    operations,
    reaching,
    refusals,
)
from contract.shapes import raw_shapes
from fixture_records import ROOT

_HEAD = """\
# Every operation

This page is written from what passes between the program and its sandbox, and the tests fail where
it is no longer so (`PYTHONPATH=tests:fixtures/demo python -m contract.operations_page` writes it
anew). On it are all operations that Atlassian's documents name for builds, deployments, Code
Insights and Jira, those of Bitbucket Cloud that belong to them, and those of the Code Coverage app.

- *reached by*: the commands that ask for it.
- *held to the file*: every request and every answer of any test is validated against the shapes in
  Atlassian's OpenAPI file, but for the deviations of these numbers, which are told below.
- *400 to 429*: the exit code of the program when this operation alone is refused so: 4 the server
  refused, 5 published in part, 0 done without it. With `†` the sandbox refuses on order, in the
  envelope of that API; else for reasons of its own: a wrong secret, an unknown repository, nothing
  there yet. Only what has a body is refused with 400 and 413.
"""
_TITLES = {
    "bitbucket-dc/insights": "Bitbucket Data Center: Code Insights",
    "bitbucket-dc/builds": "Bitbucket Data Center: build status, and the legacy one",
    "bitbucket-dc/required-builds": "Bitbucket Data Center: required builds",
    "bitbucket-dc/deployments": "Bitbucket Data Center: deployments",
    "bitbucket-dc/code-coverage": "Bitbucket Data Center: the Code Coverage app",
    "bitbucket-cloud/insights": "Bitbucket Cloud: Code Insights",
    "bitbucket-cloud/builds": "Bitbucket Cloud: build status",
    "bitbucket-cloud/pull-requests": "Bitbucket Cloud: pull requests and their diffs",
    "jira-cloud/builds": "Jira Software Cloud: builds",
    "jira-cloud/deployments": "Jira Software Cloud: deployments",
    "jira-cloud/devinfo": "Jira Software Cloud: development information",
}
_ITEMS = ("rejected", "unknown key", "stale")


def row(operation: Operation, ways: Sequence[Reached], found: Mapping[int, Refusal]) -> str:
    """The line of an operation."""
    names = dict.fromkeys(way.lines[-1].name for way in ways)
    commands = ", ".join(f"`{name}`" for name in sorted(names)) or "not used"
    cells = [_cell(found.get(status)) for status in STATUSES]
    return _line([f"`{operation.shown}`", commands, held(operation), *cells])


def _cell(refusal: Refusal | None) -> str:
    if refusal is None:
        return ""
    return f"{refusal.ended.code}{'†' if refusal.injected else ''}"


def item_row(operation: Operation, found: Mapping[str, Ended]) -> str:
    """The line of what Jira says with the status of success."""
    return _line([f"`{operation.shown}`", *(str(found[name].code) for name in _ITEMS)])


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _table(heads: Sequence[str], rows: Iterable[str]) -> Iterator[str]:
    yield from (_line(heads), _line("---" for _ in heads), *rows, "")


# Deviations


def deviations() -> Sequence[Deviation]:
    """Those of the operations on the page, each once."""
    found = {
        (each.name, each.reason): each
        for operation in operations()
        for each in _deviations_of(operation)
    }
    return list(found.values())


def held(operation: Operation) -> str:
    """Whether its shapes are Atlassian's, and which deviations touch them."""
    if operation.subject == APP:
        return "no file has it"
    known = [(each.name, each.reason) for each in deviations()]
    numbers = {known.index((each.name, each.reason)) + 1 for each in _deviations_of(operation)}
    return "yes" if not numbers else f"yes, but {', '.join(map(str, sorted(numbers)))}"


def _deviations_of(operation: Operation) -> Iterator[Deviation]:
    if operation.subject == APP:
        return
    document = raw_shapes(operation.subject)
    components = _components(document, document["operations"][operation.name])
    for each in DEVIATIONS:
        place, name, *_ = each.way
        is_of_it = name == operation.name if place == "operations" else name in components
        if operation.subject in each.subjects and is_of_it:
            yield each


def _components(document: Mapping[str, Any], shape: Any) -> set[str]:
    """The names of the components that a shape is made of, however deep."""
    found: set[str] = set()
    new = set(names(shape))
    while new:
        found |= new
        new = {n for each in new for n in names(document["$defs"][each])} - found
    return found


# The page


PAGE = ROOT / "docs/operations.md"


def _lines(checkout: Path) -> Iterator[str]:
    yield _HEAD
    ways = reaching(checkout)
    everything = operations()
    heads = ["operation", "reached by", "held to the file", *map(str, STATUSES)]
    for subject, members in groupby(everything, lambda each: each.subject):
        yield f"## {_TITLES[subject]}\n"
        rows = []
        for each in members:
            how = ways.get(each, ())
            rows.append(row(each, how, refusals(each, how[0], checkout) if how else {}))
        yield from _table(heads, rows)
    yield "## What Jira says of single things\n"
    yield "It accepts a request (202), and says in the answer what it rejects and which issues it does"
    yield "not know; that an update is older than what is stored it does not say, and `--wait` finds"
    yield "out. These are the exit codes where nothing else was sent.\n"
    of_jira = [each for each in everything if each.name in ITEMS]
    item_rows = [item_row(each, of_items(each, checkout)) for each in of_jira]
    yield from _table(["operation", *_ITEMS], item_rows)
    yield "## Deviations from Atlassian's files\n"
    for number, deviation in enumerate(deviations(), 1):
        yield f"{number}. {deviation.name}: {deviation.reason}"
    yield ""


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        PAGE.write_text("\n".join(_lines(make_checkout(Path(folder) / "checkout"))))
