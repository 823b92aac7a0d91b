"""Identities hold still while the code around them moves, and tell apart what is apart.

The source is a module of the standard library, read from a commit.
"""

import inspect
import os
import random
import subprocess
import sys
import textwrap
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from selection.builders import finding

from insights_uploader.model.finding import Finding, Location, Placed
from insights_uploader.repository.checkout import Checkout
from insights_uploader.selection import identity as identity_module
from insights_uploader.selection.identity import Identity

SOURCE = Path(inspect.getfile(textwrap)).read_bytes()


@pytest.fixture(scope="module")
def lines(tmp_path_factory: pytest.TempPathFactory) -> Sequence[bytes]:
    """The module's lines, as a commit holds them."""
    folder = tmp_path_factory.mktemp("identity")
    (folder / "textwrap.py").write_bytes(SOURCE)
    who = ["-c", "user.name=A", "-c", "user.email=a@example.com"]
    for command in (["init", "-q"], ["add", "."], [*who, "commit", "-qm", "one"]):
        subprocess.run(["git", *command], cwd=folder, check=True, capture_output=True)
    held = Checkout(folder, os.environ).head.lines("textwrap.py")
    assert held is not None
    return held


def identify(
    lines: Sequence[bytes], line: int | None, what: Finding | None = None, path: str | None = "f.py"
) -> bytes:
    placed = Placed(what or finding(), path, line, None, "")
    return Identity(lambda _: lines).of(placed)


def identities(lines: Sequence[bytes]) -> list[bytes]:
    identity = Identity(lambda _: lines)
    return [
        identity.of(Placed(finding(), "f.py", number + 1, None, "")) for number in range(len(lines))
    ]


def code(lines: Sequence[bytes]) -> list[bytes]:
    """The identities of the lines that are not blank."""
    return [i for i, line in zip(identities(lines), lines, strict=True) if line.strip()]


def test_no_two_lines_of_a_file_are_one_place(lines: Sequence[bytes]) -> None:
    assert len(set(lines)) < len(lines)  # some are equal
    assert len(set(identities(lines))) == len(lines)
    assert len(set(identities([b"pass"] * 50 + [b""] * 50))) == 100


@settings(max_examples=30)
@given(st.randoms(use_true_random=False))
def test_blanks_change_nothing(lines: Sequence[bytes], chance: random.Random) -> None:
    edited: list[bytes] = []
    for line in lines:
        edited += [b"\t"] * chance.choice([0, 0, 1, 3])
        indented = b"  " * chance.randrange(3) + line
        edited.append(indented.replace(b" = ", b"=") + chance.choice([b"", b" ", b"\r"]))
    assert code(edited) == code([line.replace(b" = ", b"=") for line in lines]) == code(lines)


def test_code_that_moves_keeps_its_identities(lines: Sequence[bytes]) -> None:
    first = lines.index(b"def dedent(text):")
    last = lines.index(b"def indent(text, prefix, predicate=None):")
    moved = [*lines[last:], *lines[first:last], *lines[:first]]
    before, after = identities(lines), identities(moved)
    for number in range(first, last):
        following = b"".join(b"".join(lines[number:last]).split())
        if lines[number].strip() and len(following) >= 100:
            assert before[number] == after[number - first + len(lines) - last]


def test_a_copy_below_leaves_the_first_its_identity(lines: Sequence[bytes]) -> None:
    twice = [*lines, *lines]
    assert identities(twice)[: len(lines) - 20] == identities(lines)[:-20]
    assert len(set(identities(twice))) == len(twice)


@pytest.mark.parametrize(
    ("source", "line", "what", "path"),
    [
        (b"x = 1", 1, finding(tool="another"), "f.py"),  # tool
        (b"x = 1", 1, finding(rule="another"), "f.py"),  # rule
        (b"x = 1", 1, finding(message="another"), "f.py"),  # message
        (b"x = 1", 1, finding(), "another.py"),  # path
        (b"x = 2", 1, finding(), "f.py"),  # the line's content
        (b"x = 1", None, finding(), "f.py"),  # the file as a whole
        (b"x = 1", 2, finding(), "f.py"),  # a line that is not there
        (b"x = 1", 0, finding(), "f.py"),  # nor is this one
        (b"x = 1", None, finding(), None),  # no place
    ],
)
def test_what_differs_in_one_thing_is_another_finding(
    source: bytes, line: int | None, what: Finding, path: str | None
) -> None:
    assert identify([source], line, what, path) != identify([b"x = 1"], 1)


def test_where_one_text_ends_and_the_next_begins_counts() -> None:
    one, two = finding(rule="S1", message="01 is odd"), finding(rule="S10", message="1 is odd")
    assert identify([b"x"], 1, one) != identify([b"x"], 1, two)


def test_lines_beyond_the_end_are_several_places() -> None:
    assert identify([], 1) != identify([], 2)


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("seen at app/x.py:12:3: here", "seen at app/x.py:14:3: here"),  # a compiler's place
        ("redefinition of 'f' from line 10", "redefinition of 'f' from line 12"),  # pyflakes
        ("Similar lines\n==a:[3:9]\n==b:[10:16]", "Similar lines\n==a:[4:10]\n==b:[1:7]"),  # pylint
        ("<A object at 0x7f3a5c0b1d90>", "<A object at 0x7f3a5c0b2e00>"),  # Python's repr
        ("expected <com.x.A@1b6d3586>", "expected <com.x.A@4554617c>"),  # Java's toString
        ("duplicated on lines 3-9", "duplicated on lines 4-10"),  # a range
        ("two\n  lines", "two lines"),  # blanks
        (
            "cannot read /builds/17/x/a.toml",
            "cannot read /home/ci/w/x/a.toml",
        ),  # a checkout's place
        ("see file:///b/1/a.py:3:1", "see file:///c/2/a.py:4:1"),
        (r"no C:\agent\_work\1\s\a.cs", r"no D:\a\s\a.cs"),
    ],
)
def test_a_message_without_what_changes_from_run_to_run(one: str, two: str) -> None:
    assert identify([b"x"], 1, finding(message=one)) == identify([b"x"], 1, finding(message=two))


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("'0xFFFF0000' is a magic number", "'0x0000FFFF' is a magic number"),  # clang-tidy
        ("guava:18.0 is vulnerable", "guava:20.0 is vulnerable"),  # two versions of one library
        ("image nginx:1 is outdated", "image nginx:2 is outdated"),  # a container's tag
        ("pkg:npm/left-pad@20210101", "pkg:npm/left-pad@20220202"),  # a version that is a date
        ("Binding to port 80", "Binding to port 8080"),  # a plain number
        ("CWE-79", "CWE-89"),  # a name with a number
        ("'a' is unused", "'b' is unused"),  # pyflakes
        ("Ends at 10:30", "Ends at 10:45"),  # a time
        ("sleeps for 0.5 s", "sleeps for 1.5 s"),  # a duration: no linter measures one
        ("import of a/x.h", "import of b/x.h"),  # a relative path
        ("https://a.example/x", "https://b.example/x"),
        ("Ärger", "Arger"),  # not only ASCII counts
    ],
)
def test_messages_of_two_findings_on_one_line_stay_apart(one: str, two: str) -> None:
    assert identify([b"x"], 1, finding(message=one)) != identify([b"x"], 1, finding(message=two))


def test_a_constant_fingerprint_does_not_merge_findings(lines: Sequence[bytes]) -> None:
    # what `semgrep scan --sarif` writes in every result without a login
    semgrep = finding(fingerprints=(("matchBasedId/v1", "requires login"),))
    number = len(lines)
    assert len({identify(lines, n, semgrep) for n in range(1, number + 1)}) == number


def test_a_constant_fingerprint_does_not_merge_findings_of_whole_files() -> None:
    constant = (("matchBasedId/v1", "requires login"),)
    one, two = (finding(message=message, fingerprints=constant) for message in ("a", "b"))
    assert identify([], None, one) != identify([], None, two)
    assert identify([], None, one, "f.py") != identify([], None, one, "g.py")


def test_a_random_fingerprint_does_not_split_a_finding() -> None:
    one, two = (finding(fingerprints=(("guid", value),)) for value in ("7c1e", "f00d"))
    assert identify([b"x"], 1, one) == identify([b"x"], 1, two)


def test_a_fingerprint_that_collides_does_not_merge_findings() -> None:
    # a tool that hashes the rule and the line's text gives two equal lines one fingerprint
    alike = finding(fingerprints=(("lineHash/v1", "8f14e45f"),))
    assert identify([b"x = eval(y)"] * 2, 1, alike) != identify([b"x = eval(y)"] * 2, 2, alike)
    other = finding(message="another", fingerprints=alike.fingerprints)
    assert identify([b"x = eval(y)"], 1, alike) != identify([b"x = eval(y)"], 1, other)


@pytest.mark.parametrize(("path", "line"), [("f.py", None), (None, None), ("f.py", 7)])
def test_where_there_is_no_line_the_tools_fingerprint_tells_findings_apart(
    path: str | None, line: int | None
) -> None:
    one, two = (finding(fingerprints=(("id", value),)) for value in ("1", "2"))
    assert identify([b"x"], line, one, path) != identify([b"x"], line, two, path)


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("panic: x\n\ngoroutine 7 [running]:", "panic: x\n\ngoroutine 19 [running]:"),
        (
            "Something is already running on port 43121",
            "Something is already running on port 51999",
        ),
    ],
)
def test_a_failing_test_without_what_changes_from_run_to_run(one: str, two: str) -> None:
    first, second = (finding(message=said, failed_test=True) for said in (one, two))
    assert identify([b"x"], 1, first) == identify([b"x"], 1, second)


def test_a_failing_test_with_two_failures_keeps_both() -> None:
    """GoogleTest's EXPECT_ macros: a case goes on after the first of them failed."""
    source = [b"TEST(Sum, Adds) {", b"  EXPECT_TRUE(a());", b"  EXPECT_TRUE(b());", b"}"]
    said = "sum_test.cc:%d\nValue of: %s\n  Actual: false\nExpected: true"
    first, second, repeated = (
        finding(Location("/b/sum_test.cc", line), message=said % (line, value), failed_test=True)
        for line, value in ((2, "a()"), (3, "b()"), (3, "a()"))
    )
    assert identify(source, 2, first) != identify(source, 3, second)
    assert identify(source, 2, first) != identify(source, 3, repeated)  # two lines
    assert identify(source, 3, second) != identify(source, 3, repeated)  # two messages
    assert len({identify([], None, each, None) for each in (first, second, repeated)}) == 3


def test_an_unknown_files_folder_is_no_part_of_a_failing_test() -> None:
    one, two = (finding(Location(f"{at}/a.c", 1), failed_test=True) for at in ("/b/17", "/b/18"))
    assert identify([], None, one, None) == identify([], None, two, None)


def test_failing_tests_of_two_unknown_files_stay_apart() -> None:
    one, two = (finding(Location(path, 1), failed_test=True) for path in ("/x/a.c", "/x/b.c"))
    assert identify([], None, one, None) != identify([], None, two, None)


def test_names_and_messages_of_any_text_have_an_identity() -> None:
    odd = finding(message="\ud800 lone", rule="r\0\udcff")
    assert len(identify([b"\xff\xfe"], 1, odd, "caf\udce9.py")) == 16


def test_the_same_in_every_process() -> None:
    script = (
        "from insights_uploader.selection.identity import Identity\n"
        "from insights_uploader.model.finding import *\n"
        "f = Finding(tool='t', rule='r', message='m', severity=Severity.LOW)\n"
        "print(Identity(lambda _: [b'x']).of(Placed(f, 'f', 1, None, '')).hex())"
    )
    out = {
        subprocess.check_output(
            [sys.executable, "-c", script], env={**os.environ, "PYTHONHASHSEED": seed}
        )
        for seed in ("1", "2")
    }
    assert len(out) == 1


def test_many_files_are_read_once_each() -> None:
    asked: list[str] = []

    def read(path: str) -> Sequence[bytes]:
        asked.append(path)
        return [b"x"] * 100

    identity = Identity(read)
    for _ in range(3):
        for number in range(500):
            identity.of(Placed(finding(), f"{number}.py", 1, None, ""))
    assert len(asked) == 500


def test_what_is_remembered_of_files_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(identity_module, "_REMEMBERED", 1000)
    identity = Identity(lambda _: [b"x"] * 100)
    for number in range(6):
        identity.of(Placed(finding(), f"{number}.py", 1, None, ""))
        assert sum(map(len, identity._contexts.values())) <= 1000
