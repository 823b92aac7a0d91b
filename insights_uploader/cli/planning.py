"""From the settings to the plan, with the real world handed in."""

import fnmatch
import functools
import io
import math
import os
import re
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from insights_uploader.cli.connecting import bitbucket, check_destination, on_cloud, opened
from insights_uploader.cli.hiding import authorization, hidden
from insights_uploader.cli.receipts import clear_receipt
from insights_uploader.cli.settling import Settled, settle
from insights_uploader.cli.surroundings import around
from insights_uploader.config import ReportSetting, RuleSetting
from insights_uploader.destinations.bitbucket_cloud.payload import (
    MAX_ANNOTATIONS,
    CloudInsightsPayload,
)
from insights_uploader.destinations.bitbucket_dc.payload import (
    CodeInsightsPayload,
    is_web_address,
    report_key,
    unread_key,
)
from insights_uploader.gate import Policy
from insights_uploader.inputs.plugins import installed
from insights_uploader.model.errors import UsageError
from insights_uploader.model.finding import FindingType, Severity
from insights_uploader.pipeline import Presentation, Request, World, make_plan
from insights_uploader.plan.plan import Plan
from insights_uploader.repository.checkout import Checkout
from insights_uploader.repository.paths import PathRule
from insights_uploader.review import Comparison, Server, UnderReview
from insights_uploader.selection.diff_filter import FilterMode
from insights_uploader.selection.selection import Caps
from insights_uploader.selection.selector import Trace
from insights_uploader.selection.wanted import Adjustment, Wanted
from insights_uploader.unreadable import OnBadInput

if TYPE_CHECKING:
    from insights_uploader.destinations.http import Http

_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")


def settled(options: Mapping[str, Any]) -> Settled:
    """Give the options their values and check what only hangs together.

    Raises:
        UsageError: a setting cannot be used.
        CheckoutError: there is no checkout to look for a settings file in.
    """
    found = settle(options, functools.cache(lambda: Checkout(options["checkout"], os.environ)))
    _check(found)
    return found


def plan_from(
    settings: Settled,
    trace: Trace | None = None,
    http: "Http | None" = None,
    begun: Callable[[UnderReview], None] | None = None,
) -> Plan:
    """Make the plan that the settings ask for.

    Args:
        settings: of this run.
        trace: hears how every finding ended.
        http: the way to the server; without it one is opened if a pull request is wanted.
        begun: hears what is under review, before any results are read.

    Raises:
        InsightsError: anything the user can cause.
    """
    if http is None and settings["pull_request"] is not None:
        with bitbucket(settings) as opened:
            return plan_from(settings, trace, opened, begun)
    is_cloud = on_cloud(settings)
    place = (settings["project"], settings["repository"])
    server = Server(http, *place, is_cloud) if http else None
    world = World(
        plugins=installed(),
        environ=os.environ,
        stdin=sys.stdin.buffer if sys.stdin else io.BytesIO(),
        now_ms=time.time_ns() // 1_000_000,
        builder=CloudInsightsPayload() if is_cloud else CodeInsightsPayload(),
        server=server,
        trace=trace,
        begun=begun,
        masked=hidden().masked,
    )
    return make_plan(_request(settings), world)


def connected(settings: Settled) -> "Http":
    """The way to the Data Center server that the settings name; nothing is sent yet.

    Raises:
        UsageError: the server, the repository or the token is missing or cannot work, or it is
            Bitbucket Cloud.
    """
    check_destination(settings)
    return opened(settings, authorization(settings["token_file"]))


def comparison(settings: Settled) -> Comparison:
    """What the user asks to compare."""
    return Comparison(
        base=settings["base"],
        two_dot=settings["two_dot"],
        side=settings["changes"],
        diff=settings["diff"],
        pull_request=settings["pull_request"],
        commit=settings["commit"],
    )


def _request(settings: Settled) -> Request:
    groups: Sequence[ReportSetting] = settings["report"] or ()
    wanted = _wanted(settings)
    fail_on = settings["fail_on"]
    return Request(
        results=settings["results"],
        checkout=settings["checkout"],
        report_of=_report_of(settings["key"], groups),
        on_bad_input=OnBadInput(
            functools.partial(unread_key, settings["key"]), settings["on_bad_input"] == "abort"
        ),
        comparison=comparison(settings),
        around=around(settings.build),
        project=settings["project"],
        repository=settings["repository"],
        mode=FilterMode(settings["filter"]),
        context=settings["context"],
        relocate=settings["relocate"],
        aliases=[_alias(a.from_, a.to) for a in settings["path_alias"] or ()],
        wanted=wanted,
        caps=Caps(annotations=_max_annotations(settings)),
        policy=Policy(
            fail_on=None if fail_on == "never" else Severity[fail_on.upper()],
            min_coverage=settings["min_coverage"],
            min_changed_coverage=settings["min_changed_coverage"],
            min_path_match=settings["min_path_match"],
        ),
        presentation=Presentation(
            title=settings["title"],
            titles={report_key(settings["key"], g.key): g.title for g in groups if g.title},
            reporter=settings["reporter"],
            link=settings["link"],
            logo_url=settings["logo_url"],
        ),
    )


def _max_annotations(settings: Settled) -> int:
    """How many a report gets; on Cloud nobody can raise the limit, as administrators can."""
    wanted: int = settings["max_annotations"]
    return min(wanted, MAX_ANNOTATIONS) if on_cloud(settings) else wanted


def _wanted(settings: Settled) -> Wanted:
    wanted = Wanted(
        include=settings["include"],
        exclude=settings["exclude"],
        ignore=settings["ignore"],
        min_severity=Severity[settings["min_severity"].upper()],
        adjustments=[_adjustment(rule) for rule in settings["rule"] or ()],
    )
    try:
        wanted.check()
    except ValueError as error:
        raise UsageError("bad-pattern", f"include, exclude or ignore: {error}") from None
    return wanted


def _report_of(prefix: str, groups: Sequence[ReportSetting]) -> Callable[[str], str]:
    """Tells the key of a tool's report: its group's, else its own."""

    def key(tool: str) -> str:
        for group in groups:
            if any(fnmatch.fnmatchcase(tool.lower(), glob.lower()) for glob in group.tools):
                return report_key(prefix, group.key)
        return report_key(prefix, tool)

    return key


def _alias(start: str, to: str) -> PathRule:
    return PathRule(_folder(start), _folder(to), f"by the alias {start} = {to}")


def _folder(path: str) -> str:
    path = path.replace("\\", "/").removeprefix("./").rstrip("/")
    return f"{path}/" if path and path != "." else ""


def _adjustment(rule: RuleSetting) -> Adjustment:
    try:
        return Adjustment(
            match=rule.match,
            severity=Severity[rule.severity.upper()] if rule.severity else None,
            type=FindingType(rule.type.upper()) if rule.type else None,
        )
    except (KeyError, ValueError) as error:
        word = str(error.args[0]).lower()
        raise UsageError(
            "bad-config",
            f"[[rule]] with match = {rule.match!r}: {word!r} is not known",
            "A severity is low, medium or high; a type vulnerability, code_smell or bug.",
        ) from None


def _check(settings: Settled) -> None:
    _check_comparison(settings)
    if not _KEY.fullmatch(settings["key"]):
        raise UsageError(
            "bad-key",
            f"--key {settings['key']!r}: must be 1 to 40 letters, digits, '.', '_' or '-'",
            "The server takes keys of 50 characters, and the tool's name is added.",
        )
    for name in ("min_coverage", "min_changed_coverage"):
        if settings[name] is not None and not math.isfinite(settings[name]):
            raise UsageError("bad-percent", f"--{name.replace('_', '-')}: is no percentage")
    if settings["receipt"] is not None:
        clear_receipt(settings["receipt"])
    for name in ("link", "logo_url"):
        link = settings[name]
        if link and not is_web_address(link):
            option = "--" + name.replace("_", "-")
            raise UsageError(
                "bad-link", f"{option} {link!r}: is no http or https address, or holds a password"
            )


def _check_comparison(settings: Settled) -> None:
    if settings["base"] is not None and not settings["base"].strip():
        raise UsageError(
            "no-base", "--base: is empty", "Is the variable set that should name the branch?"
        )
    if settings["base"] and settings["diff"]:
        raise UsageError(
            "base-and-diff", "--base and --diff cannot be used together", "Each says what changed."
        )
    if settings["pull_request"] is not None and settings["changes"] != "committed":
        raise UsageError(
            "uncommitted-pull-request",
            f"--changes {settings['changes']}: a pull request holds only what is committed",
            "Leave --pull-request away, and name its target with --base.",
        )
    if settings["two_dot"] and settings["diff"]:
        raise UsageError("base-and-diff", "--two-dot: there is no base to --diff", "Use --base.")
