"""Text from outside, made safe for a terminal. Pure."""

import re

_UNSAFE = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]"
)


def plain(text: str) -> str:
    r"""Text on one line without anything that a terminal would obey or that hides other text.

    Line ends become blanks, other control and direction characters their `\x1b` form, and what
    no encoding can carry a question mark.
    """
    text = re.sub(r"[\r\n\t]+", " ", text)
    text = _UNSAFE.sub(lambda m: f"\\x{ord(m[0]):02x}", text)
    return text.encode("utf-8", "replace").decode()
