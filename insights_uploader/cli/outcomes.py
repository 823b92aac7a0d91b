"""From the settings to the destinations that a run's outcome goes to."""

import functools
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING

from insights_uploader.cli.connecting import bitbucket, on_cloud
from insights_uploader.cli.settling import Settled
from insights_uploader.cli.speaking import say, warn
from insights_uploader.delivering import Deliveries
from insights_uploader.model.errors import UsageError
from insights_uploader.outcome import BuildRun, OutcomeDestination, Prepared
from insights_uploader.plan.plan import Plan
from insights_uploader.preview.plain import plain

if TYPE_CHECKING:  # a run that sends nothing needs none of what sends
    from insights_uploader.code_insights import CodeInsightsDestination
    from insights_uploader.destinations.http import Http
    from insights_uploader.publish import Confirmed, Publication

_REPORTS = "code-insights"
_ON_BITBUCKET = (_REPORTS, "build-status", "code-coverage")


class Destinations:
    """Those that the user named, each with its way; nothing is sent by making them.

    Attributes:
        all: in the order in which they are served.
        bitbucket: the way to the Bitbucket server; None where none of them needs one.
    """

    def __init__(self, settings: Settled, stack: ExitStack | None) -> None:
        """Make them.

        Args:
            settings: of this run.
            stack: closes what is opened; None where nothing is to be sent.

        Raises:
            UsageError: what one of them needs is missing.
        """
        names = named(settings)
        self._settings = settings
        self._stack = stack
        self._reports: CodeInsightsDestination | None = None
        self.bitbucket: Http | None = None
        if stack is not None and any(name in _ON_BITBUCKET for name in names):
            self.bitbucket = stack.enter_context(bitbucket(settings))
        self.all: Sequence[OutcomeDestination] = [self._made(name) for name in names]

    @property
    def publication(self) -> "Publication | None":
        """What became of the reports; None where none were to be sent."""
        return self._reports.publication if self._reports else None

    @property
    def deleted(self) -> Sequence[str]:
        """The keys of the reports that were deleted."""
        return self._reports.deleted if self._reports else ()

    def _made(self, name: str) -> OutcomeDestination:
        makers: Mapping[str, Callable[[], OutcomeDestination]] = {
            "code-insights": self._code_insights,
            "build-status": self._build_status,
            "code-coverage": self._code_coverage,
            "jira-builds": self._jira_builds,
            "jira-devinfo": self._jira_devinfo,
        }
        return makers[name]()

    def _code_insights(self) -> OutcomeDestination:
        from insights_uploader.code_insights import CodeInsightsDestination
        from insights_uploader.insights_servers import CloudInsightsServer, DataCenterInsights

        settings = self._settings
        place = (self.bitbucket, *_place(settings))
        is_cloud = on_cloud(settings)
        self._reports = CodeInsightsDestination(
            CloudInsightsServer(*place) if is_cloud else DataCenterInsights(*place),
            settings["key"],
            force=bool(settings.values.get("force")),
            prune=bool(settings.values.get("prune")),
            confirmed=functools.partial(_confirmed, quiet=settings["quiet"]),
        )
        return self._reports

    def _build_status(self) -> OutcomeDestination:
        from insights_uploader.destinations.build_status.outcome import BuildStatusDestination
        from insights_uploader.destinations.cloud_build_status.outcome import (
            CloudBuildStatusDestination,
        )

        settings = self._settings
        self._check_build("build-status")
        if on_cloud(settings):
            return CloudBuildStatusDestination(self.bitbucket, *_place(settings))
        return BuildStatusDestination(self.bitbucket, *_place(settings))

    def _code_coverage(self) -> OutcomeDestination:
        from insights_uploader.destinations.code_coverage.outcome import CodeCoverageOutcome

        if on_cloud(self._settings):
            raise UsageError(
                "bitbucket-cloud",
                "--to code-coverage: Bitbucket Cloud has no such app",
                "Its reports show the coverage of changed lines: --to code-insights.",
            )
        return CodeCoverageOutcome(self.bitbucket)

    def _jira_builds(self) -> OutcomeDestination:
        from insights_uploader.cli.jira_outcomes import jira_builds_outcome

        self._check_build("jira-builds")
        return jira_builds_outcome(self._settings, self._stack)

    def _jira_devinfo(self) -> OutcomeDestination:
        from insights_uploader.cli.devinfo_outcome import jira_devinfo_outcome

        return jira_devinfo_outcome(self._settings, self._stack)

    def _check_build(self, name: str) -> None:
        """See that there is a build to tell of."""
        if build_run(self._settings) is None:
            raise UsageError(
                "no-build",
                f"{name}: the address of the build's page is not known",
                "Name it with --build-url; in the CIs that docs/ci.md lists it is known already.",
            )


def _place(settings: Settled) -> tuple[str, str]:
    """The project, or workspace, and the repository; where nothing is sent they may be missing."""
    return settings["project"] or "PROJECT", settings["repository"] or "REPOSITORY"


def others(settings: Settled, plan: Plan) -> Mapping[str, Sequence[Prepared]]:
    """What all destinations but the reports, which the plan holds, would be sent.

    Raises:
        UsageError: what one of them needs is missing.
    """
    if named(settings) == [_REPORTS]:
        return {}
    found = Destinations(settings, None)
    outcome = deliveries(settings, found).outcome(plan)
    return {each.name: each.prepared(outcome) for each in found.all if each.name != _REPORTS}


def named(settings: Settled) -> Sequence[str]:
    """The names of the destinations, each once."""
    names = list(settings["to"])
    if settings["build_status"]:
        names += ["code-insights", "build-status"]
    return list(dict.fromkeys(names))


def deliveries(settings: Settled, destinations: Destinations) -> Deliveries:
    """The way of the run's outcome to these destinations."""
    return Deliveries(
        destinations.all,
        lambda: time.time_ns() // 1_000_000,
        build=build_run(settings),
        branch=settings.build.branch if settings.build else None,
        optional=settings["optional"],
        tell=lambda words: warn(plain(f"warning: {words}")),
    )


def build_run(settings: Settled) -> BuildRun | None:
    """The CI's build, as the user and the CI describe it; None where its page is not known."""
    build = settings.build
    url = settings["build_url"] or (build.build_url if build else None)
    if not url:
        return None
    key = settings["build_key"] or (build.job if build else None) or settings["key"]
    number = settings["build_number"] or (build.build_number if build else None)
    name = settings["build_name"] or (build.job_name if build else None) or key
    parent = settings["build_parent"] or (build.plan if build else None) or key
    return BuildRun(key=key, name=name, url=url, number=number, parent=parent)


def _confirmed(report: "Confirmed", *, quiet: bool) -> None:
    """Tell of a report that the server was seen to hold."""
    if not quiet:
        plural = "" if report.annotations == 1 else "s"
        done = "published" if report.sent else "unchanged"
        say(
            f"{done} {report.key}: {report.result}, "
            f"{report.annotations} annotation{plural} confirmed"
        )
    lines = [f"{report.key}: left out {name}: {why}" for name, why in report.invalid.items()]
    if report.over_cap:
        lines.append(
            f"{report.key}: the server takes {report.annotations} annotations; the last "
            f"{report.over_cap} in rank are left out"
        )
    warn("".join(f"warning: {plain(line)}\n" for line in lines))
