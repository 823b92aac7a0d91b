"""From the parsed options to the plan, with the real world handed in."""

import functools
import os
import re
import sys
import time
from typing import Any

from insights_uploader.cli.options import request
from insights_uploader.destinations.bitbucket_dc.payload import (
    CodeInsightsPayload,
    is_web_address,
    report_keys,
)
from insights_uploader.inputs.plugins import installed
from insights_uploader.model.errors import UsageError
from insights_uploader.pipeline import World, make_plan
from insights_uploader.plan.plan import Plan

_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")


def plan_from(options: dict[str, Any]) -> Plan:
    """Make the plan that the options ask for.

    Raises:
        InsightsError: anything the user can cause.
    """
    _check(options)
    world = World(
        plugins=installed(),
        environ=os.environ,
        stdin=sys.stdin.buffer,
        now_ms=time.time_ns() // 1_000_000,
        builder=CodeInsightsPayload(),
        keys=functools.partial(report_keys, options["key"]),
    )
    return make_plan(request(options), world)


def _check(options: dict[str, Any]) -> None:
    if options["base"] and options["diff"]:
        raise UsageError(
            "base-and-diff", "--base and --diff cannot be used together", "Each says what changed."
        )
    if not _KEY.fullmatch(options["key"]):
        raise UsageError(
            "bad-key",
            f"--key {options['key']!r}: must be 1 to 40 letters, digits, '.', '_' or '-'",
            "The server takes keys of 50 characters, and the tool's name is added.",
        )
    for name in ("link", "logo_url"):
        link = options[name]
        if link and not is_web_address(link):
            option = "--" + name.replace("_", "-")
            raise UsageError("bad-link", f"{option} {link!r}: is no http or https address")
