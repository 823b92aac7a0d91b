"""From the settings to the destinations that a run's outcome goes to."""

import functools
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING

import msgspec

from insights_uploader.cli.connecting import bitbucket, on_cloud
from insights_uploader.cli.destination import SETTINGS, commit_of
from insights_uploader.cli.settling import Settled
from insights_uploader.cli.speaking import say, warn
from insights_uploader.delivering import Deliveries, Sent, named_after
from insights_uploader.model.errors import InsightsError, UsageError
from insights_uploader.outcome import BuildRun, OutcomeDestination, Prepared
from insights_uploader.plan.plan import Plan
from insights_uploader.preview.plain import plain
from insights_uploader.review import UnderReview

if TYPE_CHECKING:  # a run that sends nothing needs none of what sends
    from insights_uploader.code_insights import CodeInsightsDestination
    from insights_uploader.destinations.http import Http
    from insights_uploader.publish import Confirmed, Publication

_REPORTS = "code-insights"
_BITBUCKET, _JIRA = "bitbucket", "jira"
_ON_BITBUCKET = (_REPORTS, "build-status", "code-coverage")


_LAST_WORD = {"tries": 1, "deadline": 5.0}
"""A CI that ends a job waits a few seconds before it kills it."""
_DEFAULT_KEY = str(next(each.default for each in SETTINGS if each.name == "key"))


class Destinations:
    """Those that the user named, each with its own way; nothing is sent by making them.

    Each has `--deadline` for itself, so that none can use up another's time.

    Attributes:
        all: in the order in which they are served.
        unmade: those of them that the user can do without, and that there is no way to.
        bitbucket: the way to the Bitbucket server for what is asked before anything is sent; None
            where none of them needs one.
    """

    def __init__(self, settings: Settled, stack: ExitStack | None) -> None:
        """Make them.

        Args:
            settings: of this run.
            stack: closes what is opened; None where nothing is to be sent.

        Raises:
            UsageError: what one of them needs is missing.
        """
        self._settings = settings
        self._stack = stack
        self._reports: CodeInsightsDestination | None = None
        self.bitbucket: Http | None = None
        self.all: list[OutcomeDestination] = []
        self.unmade: list[Sent] = []
        for name in named(settings):
            try:
                self.all.append(self._made(name))
            except InsightsError as error:
                told = _of(name, error, settings)
                if name not in settings["optional"]:
                    raise told from None
                self.unmade.append(Sent(name, optional=True, error=told))
        if stack is not None and any(each.name in _ON_BITBUCKET for each in self.all):
            self.bitbucket = stack.enter_context(bitbucket(settings))

    def hasty(self, name: str) -> OutcomeDestination:
        """A second way to a destination, for the last word of a run.

        Raises:
            InsightsError: there is none any more.
        """
        only = {"to": [name], "build_status": False, "optional": []}
        values = {**self._settings.values, **_LAST_WORD, **only}
        settings = msgspec.structs.replace(self._settings, values=values)
        return Destinations(settings, self._stack).all[0]

    def begin(self, run: Deliveries, review: UnderReview) -> None:
        """Tell them that the run has begun; none whose login was refused by then."""
        if self.bitbucket is not None and self.bitbucket.is_refused:
            run.refuse(_BITBUCKET)
        run.begin(review)

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

    def _way(self) -> "Http | None":
        """A way to the Bitbucket server of its own; None where nothing is to be sent."""
        return self._stack.enter_context(bitbucket(self._settings)) if self._stack else None

    def _code_insights(self) -> OutcomeDestination:
        from insights_uploader.code_insights import CodeInsightsDestination
        from insights_uploader.insights_servers import CloudInsightsServer, DataCenterInsights

        settings = self._settings
        place = (self._way(), *_place(settings))
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
            return CloudBuildStatusDestination(self._way(), *_place(settings))
        return BuildStatusDestination(self._way(), *_place(settings))

    def _code_coverage(self) -> OutcomeDestination:
        from insights_uploader.destinations.code_coverage.outcome import CodeCoverageOutcome

        if on_cloud(self._settings):
            raise UsageError(
                "bitbucket-cloud",
                "--to code-coverage: Bitbucket Cloud has no such app",
                "Its reports show the coverage of changed lines: --to code-insights.",
            )
        return CodeCoverageOutcome(self._way())

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
    """The names of the destinations, each once.

    The reports come first: only they tell whether another run has taken over the commit.
    """
    names = list(settings["to"])
    if settings["build_status"]:
        names += [_REPORTS, "build-status"]
    return sorted(dict.fromkeys(names), key=lambda name: name != _REPORTS)


def deliveries(settings: Settled, destinations: Destinations) -> Deliveries:
    """The way of the run's outcome to these destinations."""
    return Deliveries(
        destinations.all,
        lambda: time.time_ns() // 1_000_000,
        build=build_run(settings),
        branch=settings.build.branch if settings.build else None,
        optional=settings["optional"],
        unmade=destinations.unmade,
        logins={name: _BITBUCKET if name in _ON_BITBUCKET else _JIRA for name in named(settings)},
        commit=functools.partial(commit_of, settings),
        hasty=destinations.hasty,
        tell=lambda words: warn(plain(f"warning: {words}")),
    )


def build_run(settings: Settled) -> BuildRun | None:
    """The CI's build, as the user and the CI describe it; None where its page is not known."""
    build = settings.build
    url = settings["build_url"] or (build.build_url if build else None)
    if not url:
        return None
    key = settings["build_key"] or (build.job if build else None) or _key(settings)
    number = settings["build_number"] or (build.build_number if build else None)
    name = settings["build_name"] or (build.job_name if build else None) or key
    parent = settings["build_parent"] or (build.plan if build else None) or key
    return BuildRun(key=key, name=name, url=url, number=number, parent=parent)


def _key(settings: Settled) -> str:
    """The reports' prefix; not the checkout's, whose author could name another job's build."""
    is_checkouts = settings.file is not None and settings["config"] is None
    is_checkouts &= settings.origins.get("key") == settings.file
    key: str = _DEFAULT_KEY if is_checkouts else settings["key"]
    return key


def _of(name: str, error: InsightsError, settings: Settled) -> InsightsError:
    """A destination's trouble, with its name where it is not plain whose it is."""
    return error if named(settings) == [_REPORTS] else named_after(name, error)


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
