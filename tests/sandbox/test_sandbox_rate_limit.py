"""The server's rate limit: one bucket of tokens a user, and the filter's answer when it is empty."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from insights_uploader.sandbox.server import Sandbox, serve
from insights_uploader.sandbox.settings import AccessToken, RateLimit, SandboxSettings, User

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.conftest import Checkout, Connect

PROPERTIES = "/rest/api/latest/application-properties"
REPORT = {"title": "t", "data": []}


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def limited(checkout: Checkout, clock: Clock, request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    """Three requests at once and one every two seconds, unless told otherwise."""
    limit = RateLimit(*getattr(request, "param", (3, 0.5)))
    settings = SandboxSettings(
        checkout.path,
        users=(User("ada", "ada-password", tokens=("ada-token",)),),
        tokens=(AccessToken("ci", "ci-secret"),),
        rate_limit=limit,
    )
    with serve(settings, clock=clock) as sandbox:
        yield sandbox


def test_who_has_used_up_his_tokens_is_told_when_to_come_again(
    limited: Sandbox, connect: Connect, clock: Clock
) -> None:
    client = connect(limited)
    assert [client.get(PROPERTIES).status_code for _ in range(4)] == [200, 200, 200, 429]
    refused = client.get(PROPERTIES)
    assert list(refused.json()) == ["message"]
    assert refused.headers["content-type"].startswith("application/json")
    assert refused.headers["retry-after"] == "2"
    clock.now += 1.5
    assert client.get(PROPERTIES).headers["retry-after"] == "1"
    clock.now += 0.5
    assert [client.get(PROPERTIES).status_code for _ in range(2)] == [200, 429]


def test_the_headers_say_what_is_left(limited: Sandbox, connect: Connect) -> None:
    client = connect(limited)
    shown = [client.get(PROPERTIES).headers for _ in range(4)]
    assert [each["x-ratelimit-remaining"] for each in shown] == ["2", "1", "0", "0"]
    assert ["retry-after" in each for each in shown] == [False, False, False, True]
    for each in shown:
        assert each["x-ratelimit-limit"] == "3"
        assert (each["x-ratelimit-fillrate"], each["x-ratelimit-interval-seconds"]) == ("1", "2")
        assert each["x-ausername"] == "ci"


def test_a_bucket_holds_no_more_than_its_capacity(
    limited: Sandbox, connect: Connect, clock: Clock
) -> None:
    client = connect(limited)
    clock.now += 3600
    client.get(PROPERTIES)
    clock.now += 3600
    assert [client.get(PROPERTIES).status_code for _ in range(4)] == [200, 200, 200, 429]


def test_every_user_has_his_own_and_all_his_tokens_share_it(
    limited: Sandbox, connect: Connect
) -> None:
    for _ in range(3):
        connect(limited, "ada-token").get(PROPERTIES)
    assert connect(limited, None, auth=("ada", "ada-password")).get(PROPERTIES).status_code == 429
    assert connect(limited, "ci-secret").get(PROPERTIES).status_code == 200
    anonymous = [connect(limited, None).get(PROPERTIES) for _ in range(5)]
    assert [each.status_code for each in anonymous] == [200] * 5
    assert "x-ratelimit-limit" not in anonymous[0].headers


def test_a_refused_request_has_no_effect(
    limited: Sandbox, connect: Connect, report_url: str
) -> None:
    client = connect(limited)
    for _ in range(3):
        client.get(PROPERTIES)
    assert client.put(report_url, json=REPORT).status_code == 429
    assert limited.store.commits() == []
    limited.clear()
    assert client.put(report_url, json=REPORT).status_code == 200


@pytest.mark.parametrize("limited", [(0, 5.0), (0, 0.0)], indirect=True)
def test_who_has_no_quota_waits_for_ever(limited: Sandbox, connect: Connect) -> None:
    refused = connect(limited).get(PROPERTIES, headers={"Accept": "text/plain"})
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "9223372036854775807")
    assert refused.headers["content-type"].startswith("text/plain")
    assert not refused.text.startswith("{")


def test_no_limit_no_headers(shared: Sandbox, connect: Connect) -> None:
    assert not [
        name for name in connect(shared).get(PROPERTIES).headers if name.startswith("x-ratelimit")
    ]


@pytest.mark.parametrize("wrong", [(-1, 5.0), (60, -1.0), (60, float("nan")), (60, float("inf"))])
def test_what_is_no_bucket_is_refused(wrong: tuple[int, float]) -> None:
    with pytest.raises(ValueError, match="rate limit"):
        RateLimit(*wrong)
