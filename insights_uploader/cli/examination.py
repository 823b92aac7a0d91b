"""Asks the server whatever tells if a publish would work; nothing that it sends changes anything."""

import time
from collections.abc import Iterator, Mapping
from typing import BinaryIO
from urllib.parse import unquote

import msgspec

from insights_uploader import doctor
from insights_uploader.cli.cloud_examination import cloud_checks
from insights_uploader.cli.connecting import check_destination, on_cloud, opened
from insights_uploader.cli.destination import commit_of
from insights_uploader.cli.hiding import authorization
from insights_uploader.cli.planning import comparison
from insights_uploader.cli.settling import Settled
from insights_uploader.cli.surroundings import around
from insights_uploader.destinations.bitbucket_dc.pull_requests import PullRequest
from insights_uploader.destinations.bitbucket_dc.refusals import refusal
from insights_uploader.destinations.bitbucket_dc.repository_api import CommitId, RepositoryApi
from insights_uploader.destinations.bitbucket_dc.stored_reports import StoredReports
from insights_uploader.destinations.http import Http, Reply
from insights_uploader.doctor import Check, attempted, failed, passed, skipped, warned
from insights_uploader.model.errors import InsightsError, ServerError, UsageError
from insights_uploader.repository.checkout import Checkout
from insights_uploader.review import Server, under_review

_PROPERTIES = ("rest", "api", "latest", "application-properties")
_NAMES = (
    "server", "version", "clock", "token", "repository", "changes", "commit", "pull-request",
    "reports", "rate-limit",
)  # fmt: skip


class ServerExamination:
    """The checks that a server answers, and of what publish would compare.

    Args:
        settings: of publish.
        checkout: the git checkout, if there is one.
        stdin: what `--diff -` would read.
    """

    def __init__(self, settings: Settled, checkout: Checkout | None, stdin: BinaryIO) -> None:
        self._settings = settings
        self._checkout = checkout
        self._stdin = stdin
        self._project = settings["project"]
        self._repository = settings["repository"]
        self._commit: str | None = None
        self._pull: PullRequest | None = None
        self._headers: Mapping[str, str] = {}

    def checks(self) -> Iterator[Check]:
        """Every check; those that cannot be made for want of another are named, too."""
        seen: set[str] = set()
        for check in self._asked():
            seen.add(check.name)
            yield check
        if "changes" not in seen:
            yield from self._changes(None)
        why = "a check before it failed"
        yield from (skipped(name, why) for name in _NAMES if name not in seen | {"changes"})

    def _asked(self) -> Iterator[Check]:
        if on_cloud(self._settings):
            yield from cloud_checks(self._settings)
            return
        try:
            if not self._settings["url"]:
                check_destination(self._settings)
            with opened(self._settings, "") as stranger:
                yield from self._server(stranger)
                left_s = stranger.left_s
        except InsightsError as error:
            yield failed("server", error)
            return
        yield from self._with_token(left_s)

    def _server(self, http: Http) -> Iterator[Check]:
        """What the server tells strangers; an answer that is none is an error."""
        start = time.monotonic()
        reply = http.send("GET", _PROPERTIES)
        took = time.monotonic() - start
        now = time.time()
        if reply.status in (401, 403):
            yield doctor.speed(http.base_url, took)
            yield skipped("version", f"the server does not tell strangers ({reply.status})")
        elif reply.status != 200:
            raise refusal(reply)
        else:
            properties = reply.decoded(_Properties)
            yield doctor.speed(http.base_url, took)
            yield doctor.version(properties.version)
        yield doctor.clock(reply.headers.get("date"), now, took)

    def _with_token(self, left_s: float) -> Iterator[Check]:
        """What a token is needed for; one that is refused is not sent again, lest it be locked."""
        try:
            proof = authorization(self._settings["token_file"])
        except UsageError as error:
            yield failed("token", error)
            return
        with opened(self._settings, proof, left_s) as http:
            try:
                reply = self._kept(http.send("GET", _PROPERTIES))
                if reply.status != 200:
                    raise refusal(reply)
            except ServerError as error:
                yield failed("token", error)
                return
            yield doctor.token(unquote(reply.headers.get("x-ausername", "")))
            try:
                check_destination(self._settings)
                api = RepositoryApi(http, self._project, self._repository)
                yield self._readable(api)
            except InsightsError as error:
                yield failed("repository", error)
                yield doctor.rate(self._headers)
                return
            yield from self._of_commit(http, api)

    def _readable(self, api: RepositoryApi) -> Check:
        reply = self._kept(api.get(()))
        if reply.status != 200:
            raise refusal(reply)
        found = reply.decoded(_Repository)
        name = f"{found.project.key}/{found.slug}"
        if found.archived:
            remedy = "Nothing can be published to it until it is restored."
            return warned("repository", f"{name} is archived", remedy)
        return passed("repository", f"{name} may be read, which is what publishing takes")

    def _of_commit(self, http: Http, api: RepositoryApi) -> Iterator[Check]:
        yield from self._changes(Server(http, self._project, self._repository))
        is_known = False
        for check in attempted("commit", lambda: self._known(api)):
            is_known = check.status is doctor.Status.PASSED
            yield check
        if is_known or self._pull is not None:
            yield from attempted("pull-request", lambda: self._pull_request(http))
        if is_known:
            yield from attempted("reports", lambda: self._reports(http))
        yield doctor.rate(self._headers)

    def _changes(self, server: Server | None) -> Iterator[Check]:
        """What publish would compare, by the same way."""
        if self._checkout is None:
            yield skipped("changes", "there is no checkout")
        elif self._settings["diff"] == "-":
            yield skipped("changes", "--diff - is read by publish")
        elif server is None and self._settings["pull_request"] is not None:
            yield skipped("changes", "the diff of --pull-request is the server's")
        else:
            checkout = self._checkout
            yield from attempted("changes", lambda: self._compared(server, checkout))

    def _compared(self, server: Server | None, checkout: Checkout) -> Iterator[Check]:
        asked, told = comparison(self._settings), around(self._settings.build)
        review = under_review(asked, told, checkout, server, self._stdin)
        self._commit, self._pull = review.commit, review.pull_request
        diff = review.diff
        number = len(diff.changes.files)
        words = f"{diff.source}: {number} file{' is' if number == 1 else 's are'} changed"
        if diff.base is not None:
            words += f" since {diff.base}"
        if review.notes:
            remedy = "This is what publish would go by."
            yield warned("changes", words, remedy, review.notes)
        else:
            yield passed("changes", words)

    def _known(self, api: RepositoryApi) -> Iterator[Check]:
        self._commit = self._commit or commit_of(self._settings)
        reply = self._kept(api.get(("commits", self._commit)))
        if reply.status != 200:
            raise refusal(reply)
        found = reply.decoded(_Commit).id
        if found != self._commit:
            raise reply.error("odd-reply", f"the answer is of another commit, {found}")
        yield passed("commit", f"the server has {found}, which would get the reports")

    def _pull_request(self, http: Http) -> Iterator[Check]:
        from insights_uploader.destinations.bitbucket_dc.pull_requests import PullRequests

        assert self._commit is not None  # noqa: S101 - the commit was asked for before
        pull = self._pull
        if pull is None:
            pulls = PullRequests(http, self._project, self._repository)
            try:
                pull = pulls.find(self._commit, around(self._settings.build).branch)
            except UsageError as error:
                words = error.message.removeprefix("--pull-request: ")
                remedy = "Bitbucket shows a report on the pull request whose head it is of."
                yield warned("pull-request", words, remedy)
                return
        yield doctor.pull_request(pull, self._commit)

    def _reports(self, http: Http) -> Iterator[Check]:
        assert self._commit is not None  # noqa: S101 - likewise
        stored = StoredReports(http, self._project, self._repository, self._commit)
        keys = [report.key for report in stored.all()]
        ours = sum(key.startswith(f"{self._settings['key']}.") for key in keys)
        words = f"Code Insights answers; the commit has {len(keys)}, {ours} with our prefix"
        yield passed("reports", words)

    def _kept(self, reply: Reply) -> Reply:
        """An answer whose headers tell what is left of this token's requests."""
        self._headers = reply.headers
        return reply


class _Properties(msgspec.Struct):
    """Of the server (Atlassian OpenAPI, RestApplicationProperties)."""

    version: str


class _Project(msgspec.Struct):
    key: str


class _Repository(msgspec.Struct):
    """Of the repository (Atlassian OpenAPI, RestRepository), what is used of it."""

    slug: str
    project: _Project
    archived: bool = False


class _Commit(msgspec.Struct):
    id: CommitId
