"""A run's coverage for the Code Coverage app, as one of the destinations of its outcome."""

from collections.abc import Iterator, Sequence

from insights_uploader.destinations.address import path_of
from insights_uploader.destinations.code_coverage.client import CodeCoverage, address
from insights_uploader.destinations.code_coverage.payload import coverage_bodies, is_sendable
from insights_uploader.destinations.http import Http
from insights_uploader.model.errors import PartialError, ServerError, UsageError
from insights_uploader.outcome import Delivery, Outcome, Prepared


class CodeCoverageOutcome:
    """Sends which lines the tests ran. What the commit has there already stays."""

    name = "code-coverage"
    announces = False

    def __init__(self, http: Http | None = None) -> None:
        """Send it this way; without one it can only be prepared."""
        self._http = http

    def prepared(self, outcome: Outcome) -> Sequence[Prepared]:
        """The requests that carry the coverage; none where nothing was measured."""
        coverage = outcome.plan.coverage if outcome.plan else None
        if coverage is None:
            return ()
        path = path_of(address(outcome.commit))
        return [Prepared("POST", path, body) for body in coverage_bodies(coverage)]

    def send(self, outcome: Outcome) -> Delivery:
        """Send it; the app offers nothing to read it back with.

        Raises:
            UsageError: there is no way to a server.
            ServerError: the server refuses, has no such app, or cannot be reached.
            PartialError: it did so after it had taken some.
        """
        if self._http is None:
            raise UsageError("no-destination", "--url is missing", "The coverage goes there.")
        requests = self.prepared(outcome)
        if not requests:
            return Delivery(["no coverage of files in the repository was measured"])
        app = CodeCoverage(self._http, outcome.commit)
        for done, request in enumerate(requests):
            try:
                app.post(request.body)
            except ServerError as error:
                if not done:
                    raise
                words = f"{error.message} {done} of {len(requests)} requests were taken before."
                raise PartialError(error.slug, words, error.hint, error.status) from None
        files = sum(len(request.body["files"]) for request in requests)
        return Delivery(
            [f"the coverage of {_counted(files, 'file')} is taken"],
            {"files": files, "requests": len(requests)},
            [*_left_out(outcome)],
        )


def _left_out(outcome: Outcome) -> Iterator[str]:
    coverage = outcome.plan.coverage if outcome.plan else None
    if coverage is None:
        return
    if elsewhere := len(coverage.elsewhere):
        yield f"left out: {_counted(elsewhere, 'measured file')} not in the repository"
    if odd := sum(not is_sendable(path) for path in coverage.files):
        yield f"left out: {_counted(odd, 'measured file')} whose name is not UTF-8"


def _counted(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
