"""The tools that a broken SARIF log names, so that it fails under their reports' keys.

What no JSON reader takes is searched for the beginning of each run's `tool` (section 3.18), and
from there read member by member up to the name. A quotation mark inside a JSON string is escaped,
so the pattern finds structure and never a text that quotes a log.
"""

import json
import re
from collections.abc import Iterator
from itertools import islice

_DRIVER = re.compile(rb'(?<!\\)"tool"\s*+:\s*+\{\s*+"driver"\s*+:\s*+\{')
_BEFORE_KEY = re.compile(r"[\s,]*+(?=\")")
_COLON = re.compile(r"\s*+:\s*+")
_HALF_PAIR = re.compile("[\ud800-\udfff]")
_WINDOW = 1 << 20  # bytes: rules may stand before the name
_MAX_RUNS = 64
_decode = json.JSONDecoder().raw_decode


def tools_named(content: memoryview) -> Iterator[str]:
    """The driver's name of each run, as the tool wrote it, of the first runs that have one."""
    for begin in islice(_DRIVER.finditer(content), _MAX_RUNS):
        window = bytes(content[begin.end() : begin.end() + _WINDOW]).decode(errors="replace")
        name = _name(window)
        if name is not None:
            yield name


def _name(members: str) -> str | None:
    """The member `name` of the object whose members these are; None when the log ends before it."""
    position = 0
    try:
        while key_at := _BEFORE_KEY.match(members, position):
            key, position = _decode(members, key_at.end())
            colon = _COLON.match(members, position)
            if colon is None:
                break
            value, position = _decode(members, colon.end())
            if key == "name":
                return _HALF_PAIR.sub("\ufffd", value) if isinstance(value, str) else None
    except (ValueError, RecursionError):  # cut off, no JSON, or nested too deeply
        pass
    return None
