"""The builds that Bitbucket holds, as lines for a terminal. Pure."""

import datetime as dt
from collections.abc import Iterator

from insights_uploader.destinations.build_status.client import StoredBuild
from insights_uploader.destinations.build_status_legacy.client import BuildCounts, CommitBuild
from insights_uploader.destinations.cloud_build_status.client import StoredStatus
from insights_uploader.preview.plain import plain


def build_line(build: StoredBuild | CommitBuild | StoredStatus) -> str:
    """A build in one line."""
    name = f"  {build.name}" if build.name else ""
    return plain(f"{build.key}  {build.state}{name}  {build.url or 'no page'}")


def build_lines(build: StoredBuild | CommitBuild | StoredStatus) -> Iterator[str]:
    """A build with all that it holds."""
    yield build_line(build)
    if build.description:
        yield plain(f"  {build.description}")
    if not isinstance(build, StoredBuild):
        return
    for name in ("build_number", "parent", "ref"):
        if (value := getattr(build, name)) is not None:
            yield plain(f"  {name.replace('_', ' ')}: {value}")
    if build.duration is not None:
        yield f"  duration: {_duration(build.duration)}"
    if (tests := build.test_results) is not None:
        numbers = (tests.successful or 0, tests.failed or 0, tests.skipped or 0)
        yield "  tests: {} passed, {} failed, {} skipped".format(*numbers)


def _duration(milliseconds: int) -> str:
    if milliseconds < 60_000:
        return f"{milliseconds / 1000:g} s"
    text = str(dt.timedelta(milliseconds=min(milliseconds, 10**14)))
    return text.rstrip("0") if "." in text else text


def counts_line(commit: str, counts: BuildCounts | None) -> str:
    """How many builds of a commit are how far, in one line."""
    if counts is None:
        return f"{commit}  no builds"
    words = [
        f"{number} {name.replace('_', ' ')}"
        for name in ("successful", "failed", "in_progress", "cancelled", "unknown")
        if (number := getattr(counts, name)) is not None
    ]
    return f"{commit}  {', '.join(words)}"
