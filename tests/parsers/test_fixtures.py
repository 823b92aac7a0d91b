"""Every fixture holds what the tool that wrote it says of itself."""

from collections import Counter
from functools import reduce
from pathlib import Path
from typing import Any

import pytest
import table
from fixture_records import FIXTURES, FOLDERS, recorded

from insights_uploader.inputs.plugins import installed
from insights_uploader.inputs.source import Source
from insights_uploader.model.finding import Finding
from insights_uploader.model.measure import TestTotals

SKIPPED_AS_WELL = "xfailed"  # pytest writes an expected failure as a skipped case


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda f: f"{f.parent.name}/{f.name}")
def test_a_fixture_is_read_as_its_tool_sums_it_up(folder: Path) -> None:
    told: dict[str, Any] = recorded(folder)
    with Source(str(folder / told["file"])) as source:
        parser = installed().detect(source)
        items = list(parser.parse(source))
    assert parser.name == told["format"]
    kinds = Counter(type(item) for item in items)
    assert kinds[Finding] == told["findings"] + told.get("suppressed", 0)
    if told["format"] == "junit":
        totals = reduce(TestTotals.plus, (i for i in items if isinstance(i, TestTotals)))
        assert totals.failed == told["failed"]
        assert totals.errors == told["errors"]
        assert totals.skipped == told["skipped"] + told.get(SKIPPED_AS_WELL, 0)
        assert totals.total == told["tests"]


def test_the_table_of_all_fixtures_is_up_to_date() -> None:
    shown = (FIXTURES / "README.md").read_text(encoding="utf-8")
    assert "\n".join([table.HEADER, *table.rows()]) in shown


def test_the_fixtures_are_of_many_tools_and_languages() -> None:
    told = [recorded(folder) for folder in FOLDERS]
    assert {record["format"] for record in told} >= set(installed().parsers)
    assert len({record["tool"] for record in told}) >= 25
    assert len({record["language"] for record in told}) >= 6
