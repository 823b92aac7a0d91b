"""Time and memory grow with the diff's length and no faster, whatever is in it."""

import contextlib
import time
import tracemalloc
from collections.abc import Callable

import pytest

from insights_uploader.changes.unified import parse_diff
from insights_uploader.model.errors import DiffError

HEAD = b"diff --git a/x b/x\nindex 1234567..89abcde 100644\n--- a/x\n+++ b/x\n"


def with_context(lines: int) -> bytes:
    hunk = (
        b"@@ -%d,7 +%d,8 @@ def f():\n 1\n 2\n 3\n-old line\n+new line\n+new line 2\n 5\n 6\n 7\n"
    )
    return HEAD + b"".join(hunk % (n * 20 + 1, n * 21 + 1) for n in range(lines // 10))


def many_files(lines: int) -> bytes:
    section = b"diff --git a/%d x b/%d x\nold mode 100644\nnew mode 100755\n"
    return b"".join(section % (n, n) for n in range(lines // 3))


HOSTILE: dict[str, Callable[[int], bytes]] = {
    "context": with_context,
    "files": many_files,
    "one-hunk": lambda n: HEAD + b"@@ -0,0 +1,%d @@\n" % n + b"+\n" * n,
    "tiny hunks": lambda n: (
        HEAD + b"".join(b"@@ -%d +%d @@\n-\n+\n" % (i, i) for i in range(1, n // 3))
    ),
    "markers": lambda n: HEAD + b"@@ -1 +1 @@\n-1\n" + b"\\\n" * n + b"+1\n",
    "prose": lambda n: b"text\n" * n + HEAD + b"@@ -1 +1 @@\n-1\n+2\n",
    "minus": lambda n: b"--- a\n" * n + HEAD + b"@@ -1 +1 @@\n-1\n+2\n",
    "spaces": lambda n: b"diff --git " + b" a" * n * 5 + b"\nold mode 1\n",
    "own prefixes": lambda n: (
        (b"diff --git " + b" ".join([b"x" * 100] * 19) + b"\nold mode 1\n") * (n // 10)
    ),
    "quotes": lambda n: b'diff --git "' + b"\\" * n * 10 + b"\n",
    "escapes": lambda n: b'diff --git "' + b"\\303" * n + b'" "' + b"\\303" * n + b'"\n',
    "word marks": lambda n: HEAD + b"@@ -1 +1 @@\n" + b"[-" * n * 5 + b"\n",
    "word marks 2": lambda n: HEAD + b"@@ -1 +1 @@\nx" + b"{+[-\n" * n,
    "digits": lambda n: HEAD + b"@@ -" + b"1" * n * 10 + b" +1 @@\n",
    "colours": lambda n: b"\x1b[1m" * n * 2 + b"\n",
    "submodules": lambda n: b"Submodule " + b" abcdef0.." * n + b"\n",
}


def seconds(diff: bytes) -> float:
    start = time.process_time()
    with contextlib.suppress(DiffError):
        parse_diff(diff, "x.diff")
    return time.process_time() - start


@pytest.mark.parametrize("kind", HOSTILE)
def test_time_is_linear(kind: str) -> None:
    small, large = HOSTILE[kind](5_000), HOSTILE[kind](80_000)
    seconds(small)
    short, long = (min(seconds(diff) for _ in range(2)) for diff in (small, large))
    # Sixteen times the diff: a quadratic reader takes 256 times as long. The rest is noise.
    assert long < 48 * short + 0.1
    assert long < 5


@pytest.mark.parametrize("zero_context", [False, True])
def test_three_megabytes_take_about_a_second(zero_context: bool) -> None:
    if zero_context:
        hunk = b"@@ -%d,2 +%d,3 @@ def function():\n-old line of code\n-another one\n+new\n+new\n+a longer line\n"
        diff = HEAD + b"".join(hunk % (n * 9 + 1, n * 10 + 1) for n in range(33_000))
    else:
        diff = with_context(200_000)
    assert diff.count(b"\n") > 198_000
    start = time.process_time()
    changes = parse_diff(diff, "x.diff", zero_context=zero_context)
    assert time.process_time() - start < 3  # measured: 1.0 and 0.5 on a slow machine
    assert changes.line_count == (99_000 if zero_context else 40_000)


def test_a_long_new_file_is_not_held_line_by_line() -> None:
    diff = HOSTILE["one-hunk"](300_000)
    tracemalloc.start()
    try:
        changes = parse_diff(diff, "x.diff")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert changes.line_count == 300_000
    assert peak < 6 * len(diff)
