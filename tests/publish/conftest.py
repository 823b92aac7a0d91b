"""Real plans, and a stand-in for the server over real HTTP."""

import functools
import io
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from program import TOKEN
from publishing import Connect, MakePlan

from insights_uploader.destinations.bitbucket_dc.address import HEADERS
from insights_uploader.destinations.bitbucket_dc.client import CodeInsights
from insights_uploader.destinations.bitbucket_dc.payload import CodeInsightsPayload, report_key
from insights_uploader.destinations.http import Http
from insights_uploader.inputs.plugins import installed
from insights_uploader.pipeline import Request, World, make_plan
from insights_uploader.plan.plan import Plan
from insights_uploader.review import Comparison
from insights_uploader.sandbox.server import Sandbox


@pytest.fixture
def plan_of(dotenv: Path) -> MakePlan:
    """Make the plan for results files on the demo project's branch."""

    def make(*results: Path, **settings: Any) -> Plan:
        world = World(
            plugins=installed(),
            environ=dict(os.environ),
            stdin=io.BytesIO(),
            now_ms=1_700_000_000_000,
            builder=CodeInsightsPayload(),
        )
        request = Request(
            results=[str(path) for path in results],
            checkout=dotenv,
            report_of=functools.partial(report_key, "ci"),
            comparison=Comparison(base="main"),
            project="PRJ",
            repository="repo",
            **settings,
        )
        return make_plan(request, world)

    return make


@pytest.fixture
def connect(sandbox: Sandbox) -> Iterator[Connect]:
    """Clients of the sandbox."""
    opened: list[Http] = []

    def make(plan: Plan, token: str = TOKEN, **settings: Any) -> CodeInsights:
        http = Http(sandbox.url, f"Bearer {token}", headers=HEADERS, **settings)
        opened.append(http)
        return CodeInsights(http, "PRJ", "repo", plan.target.commit)

    yield make
    for http in opened:
        with http:
            pass
