"""What doctor says of facts that no whole run has at hand."""

import pytest

from insights_uploader import doctor
from insights_uploader.destinations.bitbucket_dc.pull_requests import PullRequest, RepositoryName
from insights_uploader.doctor import Check, Status
from insights_uploader.inputs.plugins import BrokenPlugin, Plugins
from insights_uploader.model.errors import ExitCode, ServerError, UsageError

HERE = RepositoryName("PRJ", "repo")
NOW_S = 1_700_000_000.0
AT_NOW = "Tue, 14 Nov 2023 22:13:20 GMT"


def test_a_broken_plugin_is_named_with_its_package_and_stops_nothing() -> None:
    found = Plugins({}, {}, [BrokenPlugin("acme", "acme-parsers 1.0", "ImportError: no acme")])
    check = doctor.plugins(found)
    assert (check.status, check.exit_code) == (Status.WARNED, 0)
    assert check.details == ["acme of acme-parsers 1.0: ImportError: no acme"]


@pytest.mark.parametrize(
    ("state", "head", "status"),
    [
        ("OPEN", "a" * 40, Status.PASSED),
        ("MERGED", "a" * 40, Status.WARNED),
        ("DECLINED", "a" * 40, Status.WARNED),
        ("OPEN", "b" * 40, Status.WARNED),
    ],
)
def test_a_pull_request_shows_reports_of_its_head(state: str, head: str, status: Status) -> None:
    pull = PullRequest(7, state, head, "feature", HERE, "main", "c" * 40, HERE, "")
    assert doctor.pull_request(pull, "a" * 40).status == status


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("5.14.9", Status.FAILED),
        ("5.15", Status.PASSED),
        ("9.4.22-SNAPSHOT", Status.PASSED),
        ("10.0", Status.PASSED),
        ("5", Status.WARNED),
        ("", Status.WARNED),
        ("9" * 5000 + ".1", Status.WARNED),
    ],
)
def test_code_insights_came_with_5_15(text: str, status: Status) -> None:
    assert doctor.version(text).status == status


@pytest.mark.parametrize(
    ("date", "now_s", "took_s", "status"),
    [
        (AT_NOW, NOW_S, 0.1, Status.PASSED),
        (AT_NOW, NOW_S + 31.5, 0.1, Status.WARNED),
        (AT_NOW, NOW_S + 31.5, 20, Status.PASSED),  # it was written when the answer began
        (AT_NOW, NOW_S - 31, 0.1, Status.WARNED),
        ("Tue, 14 Nov 2023 22:13:20 -0000", NOW_S, 0.1, Status.PASSED),
        ("yesterday", NOW_S, 0.1, Status.SKIPPED),
        ("Tue, 14 Nov 99999999 22:13:20 GMT", NOW_S, 0.1, Status.SKIPPED),
        (None, NOW_S, 0.1, Status.SKIPPED),
    ],
)
def test_the_clock(date: str | None, now_s: float, took_s: float, status: Status) -> None:
    assert doctor.clock(date, now_s, took_s).status == status


def test_a_limit_above_the_default_may_be_refused() -> None:
    assert doctor.limit(1000).status == Status.PASSED
    assert doctor.limit(1001).status == Status.WARNED


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("url = https://ann:secret@h/x (flag)", "url = https://***@h/x (flag)"),
        ("url = https://ann:sec/ret@h/x", "url = https://***@h/x"),
        ("url = https://ann:sec@ret@h/x", "url = https://***@h/x"),
        ("url = https://h/x", "url = https://h/x"),
        ("title = ann@example.com", "title = ann@example.com"),
        ("/" * 1_000_000, "/" * 1_000_000),
    ],
)
def test_no_password_of_an_address_is_shown(text: str, expected: str) -> None:
    assert doctor.without_userinfo(text) == expected


def test_the_first_failure_gives_the_exit_code() -> None:
    checks = [
        doctor.passed("a", "fine"),
        doctor.warned("b", "odd", "look"),
        doctor.failed("c", ServerError("x", "down")),
        doctor.failed("d", UsageError("x", "wrong")),
    ]
    assert doctor.exit_code(checks) is ExitCode.SERVER
    assert doctor.exit_code(checks[:2]) is ExitCode.DONE
    assert checks[2] == Check("c", Status.FAILED, "down", exit_code=4)


@pytest.mark.parametrize(
    ("modified", "words"),
    [
        (["a.py"], "1 tracked file is not on disk as HEAD has it"),
        (["a.py", "b.py"], "2 tracked files are not on disk as HEAD has them"),
    ],
)
def test_one_file_is_not_several(modified: list[str], words: str) -> None:
    assert doctor.files(modified).words == words
