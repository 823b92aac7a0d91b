"""Every fixture holds what the tool that wrote it says of itself."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from fixture_records import FOLDERS, recorded

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
        [totals] = [item for item in items if isinstance(item, TestTotals)]
        assert totals.failed == told["failed"]
        assert totals.errors == told["errors"]
        assert totals.skipped == told["skipped"] + told.get(SKIPPED_AS_WELL, 0)
        if told["tool"] != "ruff" or told["findings"]:  # a clean linter writes one dummy case
            assert totals.total == told["tests"]


def test_every_format_has_fixtures() -> None:
    assert {folder.parent.name for folder in FOLDERS} >= set(installed().parsers)
