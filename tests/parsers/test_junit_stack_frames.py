"""Frames in the text of a failed test."""

import time

import pytest

from insights_parsers import stack_frames
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


# Texts as the tools write them, and the places in them, best first

OTHERS = {
    "Java": (
        """java.lang.IllegalStateException: outer
\tat com.acme.Foo.run(Foo.java:10)
\tat app//com.acme.FooTest$Inner.test(FooTest.java:22)
\tat java.base/java.lang.reflect.Method.invoke(Method.java:566)
\tat org.junit.runners.ParentRunner.run(ParentRunner.java:413)
\tat acme.core@1.0/com.acme.core.Y.z(Y.java:3)
\t... 12 more
Caused by: java.lang.NullPointerException
\tat com.acme.FooKt.deep(Foo.kt:3)
\t... 13 more
""",
        [
            ("com/acme/Foo.kt", 3),
            ("com/acme/Foo.java", 10),
            ("com/acme/FooTest.java", 22),
            ("com/acme/core/Y.java", 3),
        ],
    ),
    "JUnit's own test": (
        "\tat org.junit.FooTest.test(FooTest.java:12)",
        [("org/junit/FooTest.java", 12)],
    ),
    "Kotlin": (
        "\tat com.acme.FooTest.adds two (big) numbers(FooTest.kt:7)\n\tat FooKt.main(Foo.kt:1)",
        [("com/acme/FooTest.kt", 7), ("Foo.kt", 1)],
    ),
    "ScalaTest": ("1 did not equal 2 (FooSpec.scala:12)", [("FooSpec.scala", 12)]),
    "go test": (
        "=== RUN TestA\n    a_test.go:12: boom\n        b_test.go:5: more\n--- FAIL: TestA (0.00s)",
        [("a_test.go", 12), ("b_test.go", 5)],
    ),
    "testify": (
        "    a_test.go:12: \n        \tError Trace:\t/src/b_test.go:5\n"
        "        \t            \t\t\t\t/src/a_test.go:12\n        \tError:      \tNot equal",
        [("a_test.go", 12), ("/src/b_test.go", 5), ("/src/a_test.go", 12)],
    ),
    "Go panic": (
        "panic: x\n\ngoroutine 1 [running]:\ntesting.tRunner.func1.2({0x1})\n"
        "\t/usr/local/go/src/testing/testing.go:1631 +0x24a\nacme.Foo()\n\t/src/foo.go:12 +0x1d",
        [("/src/foo.go", 12)],
    ),
    "go build": ("# acme/x\n./foo.go:3:5: undefined: x", [("./foo.go", 3)]),
    "Go text that quotes a trace": (
        r"""    a_test.go:38: got: "error\ngithub.com/x.F\n\t/src/format_test.go:26\n" """,
        [("a_test.go", 38)],
    ),
    ".NET": (
        "   at Acme.Foo.Bar(Int32 a) in /src/Foo.cs:line 12\n   at System.Foo.Bar()\n"
        "   bei Acme.T.M() in C:\\my src\\T.cs:Zeile 13.\n   à A.B() dans /src/B.cs:ligne 14\n"
        "   在 A.C() 位置 C:\\src\\C.fs:行号 15\n   в A.D() в /src/D.vb:строка 16\n"
        "   at A.E () [0x00001] in /w/E.cs:17 ",
        [
            ("/src/Foo.cs", 12),
            ("C:\\my src\\T.cs", 13),
            ("/src/B.cs", 14),
            ("C:\\src\\C.fs", 15),
            ("/src/D.vb", 16),
            ("/w/E.cs", 17),
        ],
    ),
    "RSpec": (
        "Failure/Error: expect(1).to eq 2\n./lib/a.rb:3:in 'x'\n"
        "./spec/a_spec.rb:12:in `block (2 levels) in <top (required)>'\n# ./lib/b.rb:4:in 'y'",
        [("./lib/a.rb", 3), ("./spec/a_spec.rb", 12), ("./lib/b.rb", 4)],
    ),
    "minitest": (
        "Failure:\ntest_x(FooTest) [test/foo_test.rb:5]\nMinitest::Assertion: Expected",
        [("test/foo_test.rb", 5)],
    ),
    "PHPUnit": (
        "FooTest::testX\nFailed asserting.\n\n/app/tests/Foo Test.php:12\n"
        "#0 /app/src/Foo.php(13): Foo->bar()\nphar:///usr/bin/phpunit/TestCase.php:3",
        [("/app/tests/Foo Test.php", 12), ("/app/src/Foo.php", 13)],
    ),
    "Rust": (
        "thread 'x' panicked at src/lib.rs:12:5:\nassertion failed\n"
        "   1: core::panicking\n             at /rustc/5980/library/core/src/panicking.rs:64:14\n"
        "   2: acme::x\n             at ./src/b.rs:15:5",
        [("src/lib.rs", 12), ("./src/b.rs", 15)],
    ),
    "Rust before 1.73": (
        "thread 'y' panicked at 'a: b', src/a.rs:13:5\n right: `2`', src/b.rs:14:5",
        [("src/a.rs", 13), ("src/b.rs", 14)],
    ),
    "GoogleTest": (
        "/my src/foo_test.cc:12\nExpected equality\nC:\\w\\a.cc(13): error: Value",
        [("/my src/foo_test.cc", 12), ("C:\\w\\a.cc", 13)],
    ),
    "Catch2": ("FAILED:\n  CHECK( a )\nat /src/foo.cpp:14", [("/src/foo.cpp", 14)]),
    "doctest": ("/src/foo.cpp(12):\nCHECK( 1 == 2 ) is NOT correct!", [("/src/foo.cpp", 12)]),
    "QtTest": ("   Actual   (1): 1\n   Loc: [foo.cpp(15)]", [("foo.cpp", 15)]),
    "Boost.Test": (
        "ASSERTION FAILURE:\n- file   : t/a.cpp\n- line   : 12\n- message: check",
        [("t/a.cpp", 12)],
    ),
    "XCTest": (
        "/x/FooTests.swift:13: error: -[A b] : failed\nBarTests.swift:12",
        [("/x/FooTests.swift", 13), ("BarTests.swift", 12)],
    ),
    "Dart": (
        "Expected: <2>\npackage:matcher/expect.dart 3:5  fail\npackage:acme/src/foo.dart 4:5  x\n"
        "test/foo_test.dart 12:5  main.<fn>\n#1 main (file:///w/test/a_test.dart:5:6)",
        [("acme/lib/src/foo.dart", 4), ("test/foo_test.dart", 12), ("/w/test/a_test.dart", 5)],
    ),
    "ExUnit": (
        "  1) test x (FooTest)\n     test/foo_test.exs:5\n     stacktrace:\n"
        "       (acme 0.1.0) lib/foo.ex:3: Foo.bar/1\n       test/foo_test.exs:7: (test)",
        [("lib/foo.ex", 3), ("test/foo_test.exs", 7), ("test/foo_test.exs", 5)],
    ),
    "Test::More": ("#   Failed test 'x'\n#   at t/foo.t line 12.", [("t/foo.t", 12)]),
    "die": ("oops at lib/Foo.pm line 3.\n", [("lib/Foo.pm", 3)]),
    "busted": ("spec/foo_spec.lua:12: Expected objects", [("spec/foo_spec.lua", 12)]),
    "testthat": (
        "Failure (test-foo.R:12:3): x\n  1. testthat::x(y) at tests/testthat/a.R:3:2\n('b.R#4')",
        [("test-foo.R", 12), ("tests/testthat/a.R", 3), ("b.R", 4)],
    ),
    "EUnit": ("in function a:b/0 (test/a.erl, line 12)", [("test/a.erl", 12)]),
    "Common Test": ('[{a,b,0,[{file,"test/a.erl"},{line,13}]}]', [("test/a.erl", 13)]),
    "bats": (
        "(from function `x' in file test/h.bash, line 5,\n in test file test/foo.bats, line 12)",
        [("test/h.bash", 5), ("test/foo.bats", 12)],
    ),
    "behave": (
        'Location: features/x.feature:5\nTraceback (most recent call last):\n  File "a/steps/x.py", '
        "line 3, in step",
        [("a/steps/x.py", 3), ("features/x.feature", 5)],
    ),
    "cucumber-jvm": (
        "at ✽.I add(classpath:features/foo.feature:13)",
        [("features/foo.feature", 13)],
    ),
    "Karma": (
        "at f (http://localhost:9876/base/src/foo.js?hash:3:9)\n"
        "g@http://localhost:9876/absolute/w/bar.js?a:5:9",
        [("src/foo.js", 3), ("/w/bar.js", 5)],
    ),
    "webpack": (
        "at x (webpack:///./src/foo.ts:4:9)\nat w (webpack-internal:///./src/x.ts:3:1)",
        [("src/foo.ts", 4), ("src/x.ts", 3)],
    ),
    "Cypress": (
        "at y (webpack://cy/./cypress/e2e/x.cy.js:5:12)\n"
        "at z (http://localhost:3000/__cypress/tests?p=cypress/e2e/y.cy.js:12:9)",
        [("cypress/e2e/x.cy.js", 5), ("cypress/e2e/y.cy.js", 12)],
    ),
    "vitest": (
        "AssertionError: x\n \u276f src/a b.test.ts:3:9\n \u276f fn src/a.ts:5:17",
        [("b.test.ts", 3), ("src/a.ts", 5)],  # where a blank is the function's end is not told
    ),
    "Playwright": (
        "  [chromium] \u203a tests/a.spec.ts:3:5 \u203a title ───\n\n        at /w/tests/a.spec.ts:5:13",
        [("/w/tests/a.spec.ts", 5), ("tests/a.spec.ts", 3)],
    ),
    "node on Windows": ("at q (file:///C:/w/a.ts:4:3)", [("C:/w/a.ts", 4)]),
    "node's cause": (
        "Error: x\n    at f (/w/a.js:1:1)\n  [cause]: Error\n    at g (/w/b.js:2:1)",
        [("/w/b.js", 2), ("/w/a.js", 1)],
    ),
    "mypy": ("a.py:3: error: x  [y]\na.py:4:5: note: z", [("a.py", 3), ("a.py", 4)]),
    "tsc": ("src/a.ts(3,5): error TS1", [("src/a.ts", 3)]),
    "cfn-lint": ("Invalid Property at  template.yaml:8:9", [("template.yaml", 8)]),
    "tflint": ("Warning: x\nRange: main.tf:3,1-2", [("main.tf", 3)]),
    "Checkov": ("Resource: x\nFile: /main.tf: 12-20", [("/main.tf", 12)]),
    "phpcs": ("Generic.X at /path/file.php (12:5)", [("/path/file.php", 12)]),
    "golangci-lint": (": msg\nCategory: govet\nFile: a/b.go\nLine: 12\n", [("a/b.go", 12)]),
    "AddressSanitizer": (
        "    #0 0x56186b77f1bf in f(int*) /w/src/a.cc:1\n    #1 0x56186b77f1ea in main /w/b.cc:2:3\n"
        "    #2 0x7f10 in __libc_start_main_impl ../csu/libc-start.c:360",
        [("/w/src/a.cc", 1), ("/w/b.cc", 2)],
    ),
    "valgrind": ("==1==    by 0x40: main (foo.c:12)", [("foo.c", 12)]),
    "installed packages with the project's own frame": (
        'File "/v/site-packages/x.py", line 1\nFile "a.py", line 2',
        [("a.py", 2)],
    ),
    "installed packages alone": (
        'File "/v/site-packages/x.py", line 1',
        [("/v/site-packages/x.py", 1)],
    ),
    "the last line of all": ("a.py:2147483647: X\nb.py:2147483648: X", [("a.py", 2147483647)]),
    "prose": (
        "version 1.2.3 at 10:20:30 a.b:3 README.md 3 times; http://h/a.js:1 x.go said: ok, 3:4",
        [],
    ),
}


@pytest.mark.parametrize(("text", "expected"), OTHERS.values(), ids=OTHERS)
def test_places_in_other_tools_texts(text: str, expected: list[tuple[str, int]]) -> None:
    assert [(place.path, place.line) for place in frames(text)] == expected


def test_lines_may_end_in_a_carriage_return() -> None:
    text = PYTEST_LONG.replace("\n", "\r\n")
    assert frames(text) == frames(PYTEST_LONG)


@pytest.mark.parametrize(
    ("text", "derived"),
    [
        ("\tat com.acme.FooTest.test(FooTest.java:12)", True),
        ("    foo_test.go:12: boom", True),
        ("FooTests.swift:12", True),
        ("at f (http://localhost:9876/base/src/foo.js:3:9)", True),
        ("/src/foo_test.go:12", False),
        ("src/a.py:3: X", False),
        ("at f (file:///src/foo.js:3:9)", False),
    ],
)
def test_a_path_made_of_a_name_says_so(text: str, derived: bool) -> None:
    [place] = frames(text)
    assert place.derived is derived


# What a hostile text repeats: pieces of what the patterns look for

PIECES = [
    *("a.py", "a.py:1", "    at ", "at (", "at a.js?", "(.js:1:", " | ", "/", "a.", "( ", "a) b "),
    *("a) in ", "@", "a@http://", "at a@b", "panicked at ", "', ", '{file,"', 'File "', "a.rs:"),
    *("a.go:1", "#1 (", "a.ex:", "/a.c", "C:\\", "in file ", "-", ": ", "x.cs:", "x) in y.cs:"),
    *("a(a.java:1", "\u276f a.js ", "file : a\n", "- file : ", "at a.t ", "9", "/a.php(", "#L"),
    *(" a.rb:1:in", "package:", "a.dart 1", "\t", "..", '",  line', "Caused by", "a\n", ":1\n"),
]


@pytest.mark.parametrize("piece", PIECES)
def test_no_text_takes_long(piece: str) -> None:
    started = time.process_time()
    for begin in ("", "    at ", '"', "at x) in ", "#1 ", "a@http://"):
        frames((begin + piece * 70_000)[:65_536])
    assert time.process_time() - started < 3


@pytest.mark.parametrize("piece", PIECES)
def test_no_pattern_is_worse_than_linear(piece: str) -> None:
    # Lines are cut long before this length, which only shows that no pattern relies on it.
    for begin in ("", "    at ", '"', "at x) in ", "#1 ", "a@http://"):
        line = (begin + piece * 20_000)[:20_000].replace("\n", " ") + ":1"
        started = time.process_time()
        for trace in stack_frames._TRACES:
            trace.frame.match(line)
        assert time.process_time() - started < 0.5
