"""No body is built that Bitbucket could refuse for its content."""

import re
import time
import unicodedata

import msgspec
import pytest
from contract.shapes import shapes
from hypothesis import given
from hypothesis import strategies as st

from insights_uploader.destinations.bitbucket_dc.payload import (
    CodeInsightsPayload,
    fitted,
    is_web_address,
    report_key,
)
from insights_uploader.gate import Reason, Result
from insights_uploader.model.finding import FindingType, Severity
from insights_uploader.model.ledger import Disposition, Ledger
from insights_uploader.model.measure import TestTotals
from insights_uploader.plan.draft import AnnotationDraft, ReportDraft

ATLASSIANS = shapes("bitbucket-dc/insights")

any_text = st.text(st.characters(exclude_categories=()), max_size=3000)  # surrogates too
some_link = st.none() | any_text | st.just("https://example.org/x")

annotations = st.builds(
    AnnotationDraft,
    id=st.binary(min_size=16, max_size=16).map(bytes.hex),
    rule=any_text,
    message=any_text,
    severity=st.sampled_from(Severity),
    type=st.none() | st.sampled_from(FindingType),
    path=st.none() | st.text(min_size=1),
    line=st.none() | st.integers(1, 2**40),
    link=some_link,
    end=st.sampled_from([Disposition.PUBLISHED, Disposition.REPORT_LEVEL]),
)


@st.composite
def drafts(draw: st.DrawFn) -> ReportDraft:
    chosen = tuple(draw(st.lists(annotations, max_size=4)))
    ends = [a.end for a in chosen]
    hidden = draw(st.integers(0, 10**9))
    counts = {end: ends.count(end) for end in set(ends)} | {Disposition.OVER_CAP: hidden}
    return ReportDraft(
        tool=draw(any_text),
        key="prefix.tool",
        title=draw(any_text),
        reporter=draw(any_text),
        link=draw(some_link),
        logo_url=draw(some_link),
        versions=draw(st.lists(any_text, max_size=2)),
        result=draw(st.sampled_from(Result)),
        reasons=[Reason("t", "rule", Result.FAIL, 1, words) for words in draw(st.lists(any_text, max_size=7))],
        created_ms=draw(st.integers(0, 2**53)),
        annotations=chosen,
        rules=draw(st.dictionaries(any_text, st.integers(1, 10**6), max_size=9)),
        severities={},
        tests=draw(st.none() | st.just(TestTotals("t", passed=3, failed=1))),
        ledger=Ledger(parsed=sum(counts.values()), dispositions=counts),
    )  # fmt: skip


@given(drafts())
def test_every_body_is_one_that_the_server_takes(draft: ReportDraft) -> None:
    builder = CodeInsightsPayload()
    body = builder.body(draft)
    assert ATLASSIANS.component_refusals("RestSetInsightReportRequest", body) == []
    assert len(body["details"].encode("utf-16-le")) <= 2 * 2000  # the API page's limit
    assert body["title"]
    assert len(body["data"]) <= 6
    bodies = builder.annotation_bodies(draft)
    assert len(bodies) == len(draft.annotations)
    for annotation in bodies:
        assert (
            ATLASSIANS.component_refusals("RestSingleAddInsightAnnotationRequest", annotation) == []
        )
        assert annotation["message"]
        assert len(annotation["externalId"]) < 450  # "shorter than 450 characters"
        assert annotation.get("line", 0) < 2**31
    msgspec.json.encode([body, *bodies])  # as it is sent; a lone surrogate would raise


pieces = st.sampled_from(
    ["a", " ", "\n", "\r\n", "**b**", "`c`", "[d](1)", "e\u0301", "\N{GRINNING FACE}", "\N{WAVING HAND SIGN}\U0001f3fd",
     "\N{WOMAN}\u200d\N{ROCKET}", "\u2764\ufe0f", "\U0001f1e8\U0001f1ed", "\x1b[1;31m", "\x1b]8;;x\x07", "\x00", "\ud800", "\u202e"]
)  # fmt: skip


@given(st.one_of(any_text, st.lists(pieces, max_size=60).map("".join)), st.integers(1, 60))
def test_fitted_text_is_a_prefix_of_what_can_be_seen(text: str, units: int) -> None:
    cut = fitted(text, units)
    assert len(cut.encode("utf-16-le")) <= 2 * units
    whole = fitted(text, 10**6)
    assert cut == whole or (cut.endswith("…") and whole.startswith(cut[:-1]))
    assert bool(cut) is bool(whole)
    for character in cut:  # "Cc": control, "Cs": half a pair
        assert character in "\n\t" or unicodedata.category(character) not in ("Cc", "Cs")


@pytest.mark.parametrize(
    "character",
    [
        "\N{GRINNING FACE}",
        "e\u0301",  # a letter and its accent
        "\u2764\ufe0f",  # a heart and its variation
        "\N{WAVING HAND SIGN}\U0001f3fd",  # a hand and its colour
        "\N{WOMAN}\u200d\N{ROCKET}",  # a woman joined to a rocket
        "\U0001f1e8\U0001f1ed",  # a flag of two letters
        "\u0928\u093f",  # a Devanagari letter and its vowel
    ],
)
def test_no_character_is_split(character: str) -> None:
    seen = {fitted(f"ab{character}cd", units) for units in range(3, 20)}
    for cut in seen:
        shown = cut.removesuffix("…")
        assert f"ab{character}cd".startswith(shown)
        assert shown in ("ab", f"ab{character}", f"ab{character}c", f"ab{character}cd")


def test_a_character_without_end_is_cut_all_the_same() -> None:
    assert len(fitted("Z" + "\u0301" * 5000, 2000)) == 2000


def test_the_first_lines_are_kept() -> None:
    assert fitted("first\nsecond\n" + "x" * 100, 14) == "first\nsecond…"


@pytest.mark.parametrize(
    "text", ["x\x1b[31m" * 10**5, "\x1b]" * 10**5, "\x1b[0" * 10**5, "\N{GRINNING FACE}" * 10**5, "e" + "\u0301" * 10**6]
)  # fmt: skip
def test_a_long_text_takes_no_time(text: str) -> None:
    begun = time.process_time()
    assert len(fitted(text, 2000)) <= 2000
    assert time.process_time() - begun < 0.5


@pytest.mark.parametrize(
    "text",
    [
        "two\nlines, a\ttab, *markdown*, `code`, [a link](https://x), <b> & \N{GRINNING FACE}",
        "| a | b |\n|---|---|\n| 1 | 2 |\n\n```py\nx = a[i](1)\n```",
        "שלום, नमस्ते",
    ],
)
def test_text_that_fits_stays_as_it_is(text: str) -> None:
    assert fitted(text, 2000) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a \x1b[1;31mred\x1b[0m word", "a red word"),
        ("\x9b31mred", "red"),
        ("\x1b]8;;https://x\x1b\\link\x1b]8;;\x07 \x1b]0;never ended", "link 0;never ended"),
        ("\x1b(B\x1b=plain\x1b", "plain"),
        ("a\x00b\x08\x7f\ufffe", "ab"),
        ("admin\u202egnp.exe", "admingnp.exe"),  # would read right to left
        ("one\r\ntwo\rthree\ffour", "one\ntwo\nthree\nfour"),
        ("half \ud83d", "half \ufffd"),
        ("\x1b[0m\r\n ", ""),
    ],
)
def test_what_no_reader_can_see_is_taken_out(text: str, shown: str) -> None:
    assert fitted(text, 100) == shown


def test_a_message_that_nobody_could_see_is_replaced() -> None:
    draft = AnnotationDraft(
        id="0", rule="R", message="\x1b[0m\x00", severity=Severity.LOW, type=None, path=None, line=None,
        link=None, end=Disposition.REPORT_LEVEL,
    )  # fmt: skip
    report = ReportDraft(
        tool="T", key="prefix.tool", title="\x00", reporter="r", link=None, logo_url=None, versions=(),
        result=Result.PASS, reasons=(), created_ms=0, annotations=(draft,), rules={}, severities={},
        tests=None, ledger=Ledger(parsed=1, dispositions={Disposition.REPORT_LEVEL: 1}),
    )  # fmt: skip
    [body] = CodeInsightsPayload().annotation_bodies(report)
    assert body["message"] == "The tool gave no message."
    assert CodeInsightsPayload().body(report)["title"] == "prefix.tool"


@pytest.mark.parametrize(
    ("link", "good"),
    [
        ("https://docs.example.org/rule#x", True),
        ("http://localhost:8080/", True),
        ("ftp://example.org/x", False),
        ("javascript:alert(1)", False),
        ("docs/rule.md", False),
        ("https://", False),
        ("https://a b/", False),
        ("https://[::1", False),
        ("https://example.org:99999/", False),
        ("", False),
    ],
)
def test_only_web_addresses_become_links(link: str, good: bool) -> None:
    assert is_web_address(link) is good


@pytest.mark.parametrize(
    ("tool", "key"),
    [
        ("ruff", "acme.ci.ruff"),
        ("ESLint", "acme.ci.eslint"),
        ("Mocha Tests", "acme.ci.mocha-tests"),
        ("..", "acme.ci.tool"),
        ("\ud800", "acme.ci.tool"),
    ],
)
def test_keys_are_static_and_readable(tool: str, key: str) -> None:
    assert report_key("acme.ci", tool) == key


def test_long_names_that_differ_have_keys_that_differ() -> None:
    assert report_key("p", "x" * 60 + "a") != report_key("p", "x" * 60 + "b")


@given(any_text)
def test_keys_are_short_and_need_no_quoting(tool: str) -> None:
    assert re.fullmatch(
        r"[a-z0-9._-]{1,50}", report_key("insights-uploader", tool)
    )  # 50: the server's
