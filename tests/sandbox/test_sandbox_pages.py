"""The page for people: complete, and harmless whatever the findings say."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import pytest

from insights_uploader.sandbox.pages import value_text
from insights_uploader.sandbox.server import Sandbox

if TYPE_CHECKING:
    import httpx
    from sandbox.conftest import Checkout, Connect

HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "</td></table></style><style>*{display:none}",
    "{{ 7 * 7 }}{% raw %}",
    "<!--",
    "]]>&lt;&#60;",
    "\ud800\u202e\x00",
)


class Page(HTMLParser):
    """Elements and text as a browser would see them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def publish(client: httpx.Client, report_url: str, text: str) -> None:
    link = "https://ci.example/?a='b&c=(d)"
    report = {
        "title": text,
        "details": text,
        "reporter": text,
        "result": "FAIL",
        "link": link,
        "data": [
            {"title": text, "type": "TEXT", "value": text},
            {"title": "x", "type": "LINK", "value": {"linktext": text, "href": link}},
            {"value": 5},
        ],
    }
    note = {"message": text, "severity": "HIGH", "type": "BUG", "path": text, "line": 7}
    # httpx itself cannot write a lone surrogate
    assert client.put(report_url, content=json.dumps(report)).status_code == 200
    body = {"annotations": [note | {"link": link}, {"message": "m2", "severity": "LOW"}]}
    posted = client.post(f"{report_url}/annotations", content=json.dumps(body))
    assert posted.status_code == 204


def test_the_page_shows_reports(
    sandbox: Sandbox, connect: Connect, client: httpx.Client, report_url: str, checkout: Checkout
) -> None:
    publish(client, report_url, "some text")
    # people need no login to look
    answer = connect(sandbox, None).get("/")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    page = Page(answer.text)
    for shown in (checkout.feature, "some text", "FAIL", "HIGH", "BUG", "some text:7", "m2", "ci"):
        assert shown in page.text
    assert "whole pull request" in page.text
    links = [attributes for tag, attributes in page.elements if tag == "a"]
    assert len(links) == 3
    for link in links:
        assert link["href"] == "https://ci.example/?a='b&c=(d)"
        assert "noopener" in (link["rel"] or "")


def test_an_empty_sandbox_has_a_page(client: httpx.Client) -> None:
    assert "No reports yet" in client.get("/").text


def test_the_latest_commit_comes_first(
    client: httpx.Client, commits: str, checkout: Checkout
) -> None:
    for commit in (checkout.base, checkout.main):
        client.put(f"{commits}/{commit}/reports/k", json={"title": "t"})
    text = client.get("/").text
    assert text.index(checkout.main) < text.index(checkout.base)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_stays_text(client: httpx.Client, report_url: str, text: str) -> None:
    publish(client, report_url, "harmless")
    expected = Page(client.get("/").text)
    publish(client, report_url, text)
    client.delete(f"{report_url}/annotations")
    publish(client, report_url, text)
    page = Page(client.get("/").text)
    assert page.elements == expected.elements
    visible = text.replace("\ud800", "?")
    assert page.text.count(visible) == expected.text.count("harmless")


def test_nothing_runs_and_nothing_is_fetched(client: httpx.Client, report_url: str) -> None:
    publish(client, report_url, "text")
    answer = client.get("/")
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    tags = {tag for tag, _ in Page(answer.text).elements}
    assert not tags & {"script", "img", "link", "iframe", "object", "form", "base"}
    attributes = {name for _, each in Page(answer.text).elements for name in each}
    assert not any(name.startswith("on") or name in ("src", "style") for name in attributes)


@pytest.mark.parametrize(
    ("item", "shown"),
    [
        ({"type": "BOOLEAN", "value": False}, "No"),
        ({"type": "PERCENTAGE", "value": 12.5}, "12.5%"),
        ({"type": "DURATION", "value": 1500}, "1.5 s"),
        ({"type": "DATE", "value": 0}, "1970-01-01 00:00 UTC"),
        ({"type": "DATE", "value": 10**300}, str(10**300)),
        ({"type": "NUMBER", "value": 14300}, "14300"),
        ({"value": "text"}, "text"),
    ],
    ids=str,
)
def test_data_fields_read_well(item: dict[str, Any], shown: str) -> None:
    assert value_text(item) == shown
