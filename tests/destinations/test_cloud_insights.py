"""Code Insights of Bitbucket Cloud over HTTP: one test an operation, then what goes wrong."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import repository

from insights_uploader.credentials import basic
from insights_uploader.destinations.authorization import Authorization
from insights_uploader.destinations.bitbucket_cloud.authorization import (
    ClientCredentials,
    OAuthConsumer,
)
from insights_uploader.destinations.bitbucket_cloud.client import CloudInsights
from insights_uploader.destinations.http import Http, Retries
from insights_uploader.model.errors import ServerError, UsageError
from insights_uploader.sandbox.cloud_settings import CloudSettings
from insights_uploader.sandbox.faults import Answer, Drop, Edit
from insights_uploader.sandbox.server import Sandbox

THERE = CloudSettings()
JSON, TEXT = {"content-type": "application/json"}, {"content-type": "text/plain"}
LOGIN = basic(THERE.email, THERE.api_token)
REPORT: dict[str, Any] = {
    "title": "Ruff",
    "details": "2 of 3 findings are shown.",
    "report_type": "BUG",
    "result": "FAILED",
    "data": [
        {"title": "High", "type": "NUMBER", "value": 2},
        {
            "title": "Page",
            "type": "LINK",
            "value": {"text": "CI", "href": "https://ci.example.com"},
        },
    ],
}
UNBORN = "e00cf62997a027bbf785614a93e2e55bb331d268"

Way = Callable[..., CloudInsights]


def note(name: str = "one", **members: Any) -> dict[str, Any]:
    body = {
        "external_id": name,
        "annotation_type": "BUG",
        "summary": "F401: os is imported and not used",
        "severity": "HIGH",
        "path": "src/dotenv/main.py",
        "line": 3,
    }
    return {**body, **members}


@pytest.fixture
def head(dotenv: Path) -> str:
    return repository.git(dotenv, "rev-parse", "HEAD").strip()


@pytest.fixture
def way(sandbox: Sandbox, head: str) -> Iterator[Way]:
    opened: list[Http] = []

    def make(
        proof: str | Authorization = LOGIN,
        commit: str = head,
        repository: str = "repo",
        **settings: Any,
    ) -> CloudInsights:
        opened.append(Http(sandbox.url, proof, **settings))
        return CloudInsights(opened[-1], THERE.workspace, repository, commit)

    yield make
    for http in opened:
        with http:
            pass


@pytest.fixture
def is_careful() -> bool:
    return False  # what a server refuses is sent on purpose; the stand-in holds to the shapes


def test_put_creates_a_report_and_get_gives_it(way: Way) -> None:
    put = way().put_report("ci.ruff", REPORT)
    assert {name: put[name] for name in REPORT} == REPORT
    assert way().report("ci.ruff") == put


def test_put_replaces_it_under_the_same_uuid(way: Way) -> None:
    first = way().put_report("ci.ruff", REPORT)
    second = way().put_report("ci.ruff", {**REPORT, "result": "PENDING"})
    assert (second["uuid"], second["result"]) == (first["uuid"], "PENDING")


def test_a_report_that_is_not_there_is_none(way: Way) -> None:
    assert way().report("ci.ruff") is None


def test_all_reports_are_listed_page_by_page(way: Way, sandbox: Sandbox) -> None:
    for number in range(101):
        way().put_report(f"ci.{number}", REPORT)
    assert {r["external_id"] for r in way().reports()} == {f"ci.{n}" for n in range(101)}
    gets = [request.query for request in sandbox.requests if request.method == "GET"]
    assert gets == ["pagelen=100", "page=2&pagelen=100"]


def test_delete_takes_a_report_with_its_annotations_and_again_does_no_harm(way: Way) -> None:
    way().put_report("ci.ruff", REPORT)
    way().post_annotations("ci.ruff", [note()])
    way().delete_report("ci.ruff")
    way().delete_report("ci.ruff")
    assert way().report("ci.ruff") is None


def test_post_adds_annotations_and_a_second_one_replaces_those_of_the_same_id(way: Way) -> None:
    way().put_report("ci.ruff", REPORT)
    way().post_annotations("ci.ruff", [note("one"), note("two")])
    way().post_annotations("ci.ruff", [note("two", severity="LOW"), note("three")])
    held = {a["external_id"]: a["severity"] for a in way().annotations("ci.ruff")}
    assert held == {"one": "HIGH", "two": "LOW", "three": "HIGH"}


def test_all_annotations_are_listed_page_by_page(way: Way) -> None:
    way().put_report("ci.ruff", REPORT)
    for start in range(0, 1000, 100):
        way().post_annotations("ci.ruff", [note(str(start + n)) for n in range(100)])
    assert [a["external_id"] for a in way().annotations("ci.ruff")] == [*map(str, range(1000))]


def test_one_annotation_is_put_read_and_deleted_by_its_external_id(way: Way) -> None:
    way().put_report("ci.ruff", REPORT)
    way().put_annotation("ci.ruff", note("one", severity="CRITICAL"))
    held = way().annotation("ci.ruff", "one")
    assert held
    assert held["severity"] == "CRITICAL"
    way().delete_annotations("ci.ruff", ["one", "absent"])
    assert way().annotation("ci.ruff", "one") is None


def test_no_address_ends_in_a_slash(way: Way, sandbox: Sandbox) -> None:
    way().put_report("ci.ruff", REPORT)
    way().post_annotations("ci.ruff", [note()])
    assert not any(request.path.endswith("/") for request in sandbox.requests)
    with Http(sandbox.url, LOGIN) as http, pytest.raises(UsageError):
        http.send("GET", ("2.0", "repositories", "acme", "repo", ""))


def refused(call: Callable[[], object]) -> ServerError:
    with pytest.raises(ServerError) as caught:
        call()
    assert THERE.api_token not in str(caught.value)
    return caught.value


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({**REPORT, "details": ""}, "required attributes are not set: details"),
        ({**REPORT, "details": "d" * 2001}, "cannot contain more than 2000"),
        ({**REPORT, "result": "PASS"}, "PASS"),
        ({**REPORT, "data": [{"title": "n", "type": "NUMBER", "value": 1}] * 11}, "more than 10"),
        ({**REPORT, "link": "http://localhost:8080/job/1"}, "not a valid URL"),
        (
            {**REPORT, "data": [{"title": "n", "type": "LINK", "value": {"linktext": "x"}}]},
            "data item 0",
        ),
    ],
)
def test_400_says_what_is_wrong_with_a_report(way: Way, body: Any, words: str) -> None:
    error = refused(lambda: way().put_report("ci.ruff", body))
    assert (error.slug, error.status) == ("refused", 400)
    assert words in error.message


@pytest.mark.parametrize(
    ("bodies", "words"),
    [
        ([note(summary="")], "required attributes are not set: summary"),
        ([note(summary="s" * 451)], "The summary field cannot contain more than 450 characters."),
        ([note(line=0)], "line"),
        ([note(str(n)) for n in range(101)], "maximum of 100 annotations"),
        ([note(), note()], "unique"),
    ],
)
def test_400_says_what_is_wrong_with_annotations(way: Way, bodies: Any, words: str) -> None:
    way().put_report("ci.ruff", REPORT)
    error = refused(lambda: way().post_annotations("ci.ruff", bodies))
    assert (error.slug, error.status) == ("refused", 400)
    assert words in error.message


def test_401_names_the_logins(way: Way) -> None:
    error = refused(lambda: way(basic(THERE.email, "wrong")).report("ci.ruff"))
    assert (error.slug, error.status) == ("bad-token", 401)
    assert "BITBUCKET_USERNAME" in error.hint


def test_403_names_the_scopes(way: Way) -> None:
    error = refused(lambda: way(f"Bearer {THERE.read_token}").put_report("ci.ruff", REPORT))
    assert (error.slug, error.status) == ("forbidden", 403)
    assert "privilege scopes" in error.message
    assert "write:repository" in error.hint


@pytest.mark.parametrize("where", [{"commit": UNBORN}, {"repository": "absent"}])
def test_404_of_a_commit_or_repository_is_no_success(way: Way, where: dict[str, str]) -> None:
    error = refused(lambda: way(**where).put_report("ci.ruff", REPORT))
    assert (error.slug, error.status) == ("not-found", 404)
    assert "workspace" in error.hint


def test_429_is_text_without_retry_after_and_is_waited_for(way: Way, sandbox: Sandbox) -> None:
    limited = Answer(429, "Rate limit for this resource has been exceeded", TEXT)
    sandbox.faults.add(limited, method="PUT", times=3)
    waits: list[float] = []
    way(retries=Retries(tries=1, sleep=waits.append)).put_report("ci.ruff", REPORT)
    assert len(waits) == 3
    sandbox.faults.add(limited, method="PUT")
    error = refused(lambda: way().put_report("ci.ruff", REPORT))
    assert (error.slug, error.status) == ("rate-limited", 429)


@pytest.mark.parametrize(
    ("answer", "slug"),
    [
        (Answer(413, "<html/>", {"content-type": "text/html"}), "too-large"),
        (Answer(502, "<html/>", {"content-type": "text/html"}), "server-failed"),
        (Answer(302, "", {"location": "https://elsewhere.example.com/"}), "redirected"),
        (Answer(200, "<html>Log in</html>", {"content-type": "text/html"}), "not-json"),
        (Answer(200, '{"title": ', JSON), "not-json"),
        (Answer(200, "[]", JSON), "odd-reply"),
        (Answer(400, '{"code": 400, "message": "HTTP 400 Bad Request"}', JSON), "refused"),
    ],
)
def test_what_stands_before_the_server_is_told_in_words(
    way: Way, sandbox: Sandbox, answer: Answer, slug: str
) -> None:
    sandbox.faults.add(answer, method="PUT")
    assert refused(lambda: way().put_report("ci.ruff", REPORT)).slug == slug


def test_a_post_of_annotations_may_be_repeated(way: Way, sandbox: Sandbox) -> None:
    way().put_report("ci.ruff", REPORT)
    sandbox.faults.add(Drop(applied=True), method="POST")
    again = way(retries=Retries(tries=2, sleep=lambda _: None))
    again.post_annotations("ci.ruff", [note()])
    assert len(way().annotations("ci.ruff")) == 1


def test_the_login_never_follows_the_address_of_a_next_page(way: Way, sandbox: Sandbox) -> None:
    way().put_report("ci.ruff", REPORT)
    elsewhere = b'{"values": [], "next": "https://elsewhere.example.com/2.0?page=1"}'
    sandbox.faults.add(Edit(lambda _: elsewhere), method="GET")
    assert len(way().reports()) == 1
    assert [r.query for r in sandbox.requests if r.method == "GET"] == ["pagelen=100", "page=1"]


def test_a_list_without_an_end_is_ended(way: Way, sandbox: Sandbox) -> None:
    endless = b'{"values": [], "next": "https://api.bitbucket.org/?page=2"}'
    sandbox.faults.add(Edit(lambda _: endless), method="GET", times=None)
    assert refused(way().reports).slug == "cut-list"


Consumer = Callable[..., ClientCredentials]


@pytest.fixture
def consumer(sandbox: Sandbox) -> Iterator[Consumer]:
    with ExitStack() as stack:

        def make(secret: str = THERE.client_secret, **more: Any) -> ClientCredentials:
            known = OAuthConsumer(THERE.client_id, secret)
            http = stack.enter_context(Http(sandbox.url, known.basic))
            return ClientCredentials(http, known, **more)

        yield make


def test_an_oauth_consumer_asks_for_a_token_once(
    way: Way, sandbox: Sandbox, consumer: Consumer
) -> None:
    learnt: list[str] = []
    api = way(consumer(learn=learnt.append))
    api.put_report("ci.ruff", REPORT)
    assert api.report("ci.ruff")
    paths = [request.path for request in sandbox.requests]
    assert paths.count("/site/oauth2/access_token") == 1
    assert [each.partition(" ")[0] for each in learnt] == ["Bearer"]


def test_a_token_is_renewed_before_it_ends(way: Way, sandbox: Sandbox, consumer: Consumer) -> None:
    now = [0.0]
    api = way(consumer(now=lambda: now[0]))
    api.report("ci.ruff")
    now[0] = 7200.0 - 30
    api.report("ci.ruff")
    paths = [request.path for request in sandbox.requests]
    assert paths.count("/site/oauth2/access_token") == 2


def test_a_wrong_secret_of_a_consumer_is_tried_once(
    way: Way, sandbox: Sandbox, consumer: Consumer
) -> None:
    api = way(consumer("wrong-consumer-secret"), retries=Retries(sleep=lambda _: None))
    error = refused(lambda: api.report("ci.ruff"))
    assert (error.slug, error.status) == ("bad-token", 401)
    assert "BITBUCKET_CLIENT_SECRET" in error.hint
    assert "wrong-consumer-secret" not in error.message
    assert len(sandbox.requests) == 1
