"""Frames in the text of a failed test."""

import time

import pytest

from insights_parsers.stack_frames import frames

PYTEST_LONG = """\
    def test_divide():
>       assert divide(1, 0) == 1

tests/test_a.py:12: 
_ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _

    def divide(a, b):
>       return a / b
E       ZeroDivisionError: division by zero

src/a.py:3: ZeroDivisionError
"""  # noqa: W291 - as pytest writes it
PYTEST_SHORT = """\
tests/test_a.py:12: in test_divide
    assert divide(1, 0) == 1
src/a.py:3: in divide
    return a / b
E   ZeroDivisionError: division by zero
"""
PYTHON = """\
Traceback (most recent call last):
  File "/w/tests/test_a.py", line 12, in test_divide
    divide(1, 0)
  File "<frozen importlib._bootstrap>", line 1, in f
  File "/w/src/a b.py", line 3, in divide
    return a / b
ZeroDivisionError: division by zero
"""
JEST = """\
Error: expect(received).toBe(expected)
    at Object.<anonymous> (/w/src/__tests__/a.test.js:5:17)
    at new Promise (<anonymous>)
    at run (/w/node_modules/jest-circus/build/run.js:1:2)
    at processTicksAndRejections (node:internal/process/task_queues:95:5)
    at internal/main.js:1:1
"""
NODE = """\
    at f (file:///w/a%20b/c.mjs:3:9)
    at async file:///w/d.mjs:4:1
    at async Promise.all (index 0)
    at page (/w/app/(group)/page.tsx:7:1)
    at C:\\w\\e.ts:8:2
    at load (/w/f.vue?t=123:9:1)
"""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (PYTEST_LONG, [("src/a.py", 3), ("tests/test_a.py", 12)]),
        (PYTEST_SHORT, [("src/a.py", 3), ("tests/test_a.py", 12)]),
        (PYTHON, [("/w/src/a b.py", 3), ("/w/tests/test_a.py", 12)]),
        ('E     File "/w/a.py", line 1\n', [("/w/a.py", 1)]),  # pytest: a syntax error
        ("fixture 'x' not found\n\n/w/tests/test_a.py:142", [("/w/tests/test_a.py", 142)]),
        ("C:\\w\\test_a.py:7: AssertionError", [("C:\\w\\test_a.py", 7)]),
        (JEST, [("/w/src/__tests__/a.test.js", 5)]),
        (
            NODE,
            [
                ("/w/a b/c.mjs", 3),
                ("/w/d.mjs", 4),
                ("/w/app/(group)/page.tsx", 7),
                ("C:\\w\\e.ts", 8),
                ("/w/f.vue", 9),
            ],
        ),
        ("src/a.py:3: X\nsrc/a.py:3: X", [("src/a.py", 3)]),
        ("src/a.py:0: X\nsrc/a.py:99999999999: X", []),
        ("at 10:20:30 it failed; see a.py:3: or http://x/a.js:1:2", []),
        ("", []),
    ],
)
def test_frames(text: str, expected: list[tuple[str, int]]) -> None:
    assert [(place.path, place.line) for place in frames(text)] == expected


@pytest.mark.parametrize(
    "piece", ["a.py", "a.py:1", "    at ", "at (", "at a.js?", "(.js:1:", " | "]
)
def test_no_text_takes_long(piece: str) -> None:
    started = time.process_time()
    frames(("    at " + piece * 70_000)[:65_536])
    frames((piece * 70_000)[:65_536])
    assert time.process_time() - started < 2
