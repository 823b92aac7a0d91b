"""Text from outside cannot command a terminal."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from insights_uploader.preview.plain import plain


@given(st.text(st.characters(exclude_categories=())))
def test_no_control_or_direction_character_is_left(text: str) -> None:
    shown = plain(text)
    assert not [c for c in shown if unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp")]
    assert not [c for c in shown if unicodedata.bidirectional(c) in ("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI")]  # fmt: skip
    shown.encode()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("two\r\nlines\tand 😀 é", "two lines and 😀 é"),
        ("\x1b[31mred", "\\x1b[31mred"),
        ("\x9b31m", "\\x9b31m"),  # the one-character form of the same
    ],
)
def test_what_is_shown(text: str, shown: str) -> None:
    assert plain(text) == shown
