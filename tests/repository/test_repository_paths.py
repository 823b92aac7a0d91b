"""Where a tool's path lies: git-tracked files are the truth, and nothing is guessed."""

import random
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from insights_uploader.repository.paths import direct, discover
from insights_uploader.repository.tracked_files import TrackedFiles, normalised

FILES = ["README.md", "src/app/main.py", "src/app/util.py", "src/test_main.py", "web/index.js"]
MODULES = ["core/src/a.py", "core/src/b.py", "api/src/c.py", "api/src/a.py", "pom.xml"]


def found(
    files: Sequence[str], paths: Sequence[str], roots: Sequence[str] = ()
) -> list[str | None]:
    resolver = discover(TrackedFiles(files, roots), paths)
    return [resolver.resolve(path).path for path in paths]


@pytest.mark.parametrize(
    ("files", "paths", "expected"),
    [
        # as written
        (FILES, ["src/app/main.py"], ["src/app/main.py"]),
        (FILES, ["./src/app/main.py"], ["src/app/main.py"]),
        (FILES, ["src/../src//app/./main.py"], ["src/app/main.py"]),
        (FILES, ["src\\app\\main.py"], ["src/app/main.py"]),
        # a tool in a container
        (
            FILES,
            ["/app/src/app/main.py", "/app/README.md"],
            ["src/app/main.py", "README.md"],
        ),
        (FILES, ["/src/test_main.py", "/README.md"], ["src/test_main.py", "README.md"]),
        (FILES, ["/usr/src/app/src/app/util.py"], ["src/app/util.py"]),
        # a Jenkins node on Windows, with either separator
        (
            FILES,
            ["C:\\jenkins\\ws\\src\\app\\main.py", "C:\\jenkins\\ws\\src\\app\\util.py"],
            ["src/app/main.py", "src/app/util.py"],
        ),
        (FILES, ["d:/jenkins/ws/web/index.js"], ["web/index.js"]),
        (FILES, ["\\\\host\\share\\ws\\web\\index.js"], ["web/index.js"]),
        # from the folder above
        (FILES, ["repo/src/app/main.py"], ["src/app/main.py"]),
        # below a sub-module's root
        (MODULES, ["src/b.py", "src/a.py"], ["core/src/b.py", "core/src/a.py"]),
        (FILES, ["app/main.py"], ["src/app/main.py"]),
        # both: a container that holds one sub-module
        (MODULES, ["/w/src/b.py", "/w/src/a.py"], ["core/src/b.py", "core/src/a.py"]),
        # modules merged into one file: what no rule explains lies where only one file ends so
        (MODULES, ["src/b.py", "src/c.py"], ["core/src/b.py", "api/src/c.py"]),
        (MODULES, ["src/b.py", "src/c.py", "src/a.py"], ["core/src/b.py", "api/src/c.py", None]),
        # ... but a bare name does not tell
        (MODULES, ["src/b.py", "src/a.py", "c.py"], ["core/src/b.py", "core/src/a.py", None]),
        # one rule for the whole file: what it does not explain stays unresolved
        (MODULES, ["src/b.py", "src/a.py", "pom.xml"], ["core/src/b.py", "core/src/a.py", None]),
        # ... but a path as written needs no prefix taken off
        (
            FILES,
            ["/app/src/app/main.py", "/app/src/app/util.py", "README.md"],
            ["src/app/main.py", "src/app/util.py", "README.md"],
        ),
        # two prefixes that explain the same tie, however long the ends
        (["src/a.py", "app/src/a.py"], ["/ws/app/src/a.py"], [None]),
        (["src/a.py", "app/src/a.py"], ["/ws/app/src/a.py", "/ws/src/a.py"],
         ["app/src/a.py", "src/a.py"]),
        # a prefix that is only taken off wins over one that is replaced
        (["src/a.py", "m/app/src/a.py"], ["/ws/app/src/a.py"], ["src/a.py"]),
        # as written wins on equality
        (["src/a.py", "core/src/a.py"], ["src/a.py"], ["src/a.py"]),
        # more paths explained win over as written
        (
            ["a.py", "core/a.py", "core/b.py", "core/c.py"],
            ["a.py", "b.py", "c.py"],
            ["core/a.py", "core/b.py", "core/c.py"],
        ),
        # a bare name in some folder says too little
        (FILES, ["util.py"], [None]),
        (FILES, ["/elsewhere/util.py"], [None]),
        # ... two of them say enough
        (FILES, ["util.py", "main.py"], ["src/app/util.py", "src/app/main.py"]),
        # from a folder that the tool was built or run in
        (FILES, ["../src/app/main.py"], ["src/app/main.py"]),
        (["lib/a.c", "tests/b.c"], ["../lib/a.c", "../tests/b.c"], ["lib/a.c", "tests/b.c"]),
        (
            ["back/src/a.py", "back/src/b.py", "front/c.ts"],
            ["src/a.py", "src/b.py", "../front/c.ts"],
            ["back/src/a.py", "back/src/b.py", "front/c.ts"],
        ),
        # a root file's bare name needs most of what is below the prefix to be found
        (FILES, ["/x/README.md"], ["README.md"]),
        (FILES, ["/x/README.md", "/x/a.md", "/x/b.md"], [None] * 3),
        # what lies in a folder of ours and is not tracked is nowhere else
        (
            ["src/index.js", "packages/bar/src/x.js"],
            ["packages/foo/src/index.js"],
            [None],
        ),
        (["acme/core.py", "setup.py"], ["acme/acme/core.py", "acme/setup.py"],
         ["acme/core.py", "setup.py"]),
        (["src/Assert.php"], ["/app/vendor/webmozart/assert/src/Assert.php"], [None]),
        # outside
        (FILES, ["../../README.md"], [None]),
        (FILES, ["/etc/passwd"], [None]),
        (FILES, ["..", ".", "", "/", "src", "src/"], [None] * 6),
        # a file whose name begins with two dots is not
        (["m/..x/a.py"], ["..x/a.py"], ["m/..x/a.py"]),
        # other people's code, whatever its name
        (FILES, ["/venv/lib/python3.11/site-packages/src/app/main.py"], [None]),
        (FILES, ["site-packages/src/app/main.py"], [None]),
        (FILES, ["node_modules/left-pad/web/index.js"], [None]),
        (FILES, ["/root/go/pkg/mod/example.com/x@v1/web/index.js"], [None]),
        (FILES, ["/usr/lib/python3.11/src/test_main.py"], [None]),
        (FILES, ["/rustc/5680fa18feaa/library/src/app/main.py"], [None]),
        (["lib/rack/utils.rb"], ["/usr/local/bundle/gems/rack-2.2/lib/rack/utils.rb"], [None]),
        (["lib/src/utils.dart"], ["/root/.pub-cache/hosted/x/y-1.0/lib/src/utils.dart"], [None]),
        (["json/decoder.py"], ["/pyenv/versions/3.11.0/lib/python3.11/json/decoder.py"], [None]),
        (["http/server.go", "b.go"], ["/w/b.go", "/usr/local/go/src/net/http/server.go"], ["b.go", None]),
        # ... unless it is tracked at that very place
        (["node_modules/x/a.js"], ["node_modules/x/a.js"], ["node_modules/x/a.js"]),
        # names with a backslash, a space, a byte that is no UTF-8
        (["back\\slash.py"], ["back\\slash.py"], ["back\\slash.py"]),
        (["a b/c d.py", "x/\udce9.py"], ["a b/c d.py", "x/\udce9.py"], ["a b/c d.py", "x/\udce9.py"]),
    ],
)  # fmt: skip
def test_paths_of_a_results_file(
    files: Sequence[str], paths: Sequence[str], expected: Sequence[str | None]
) -> None:
    assert found(files, paths) == expected


@pytest.mark.parametrize("root", ["/home/ci/repo", "/link/to/repo"])
def test_a_path_below_the_checkout_by_each_of_its_spellings(root: str) -> None:
    roots = ["/home/ci/repo", "/link/to/repo"]
    tracked = TrackedFiles(FILES, roots)
    for resolver in (direct(tracked), discover(tracked, [f"{root}/README.md"])):
        resolved = resolver.resolve(f"{root}/src/app/main.py")
        assert resolved.path == "src/app/main.py"
        assert resolved.rule == f"below the checkout {root}/"
        assert resolver.resolve(f"{root}-other/src/app/main.py").path is None


def test_a_path_below_the_checkout_stays_one_among_those_of_a_sub_module() -> None:
    files = ["core/src/a.py", "core/src/b.py", "core/src/d.py", "pom.xml"]
    paths = ["src/a.py", "src/b.py", "src/d.py", "/ws/core/src/b.py", "/ws/pom.xml"]
    expected = ["core/src/a.py", "core/src/b.py", "core/src/d.py", "core/src/b.py", "pom.xml"]
    assert found(files, paths, ["/ws"]) == expected


@pytest.mark.parametrize(
    ("files", "paths", "words"),
    [
        # two sub-modules alike
        (["m1/src/a.py", "m2/src/a.py"], ["src/a.py"], "below m1/ and below m2/"),
        # two prefixes that explain one path each
        (
            ["src/a.py", "src/b.py"],
            ["/x/src/a.py", "/y/src/b.py"],
            "without its prefix /x/ and without its prefix /y/",
        ),
        # two ways to replace a prefix
        (
            ["m1/src/a.py", "m2/src/a.py"],
            ["/w/src/a.py"],
            "m1/ instead of /w/ and m2/ instead of /w/",
        ),
        # many files of one name and place
        ([f"m{n}/src/a.py" for n in range(100, 300)], ["src/a.py"], "below m100/ and below m101/"),
    ],
)
def test_a_tie_is_reported_and_not_guessed(
    files: Sequence[str], paths: Sequence[str], words: str
) -> None:
    for order in (paths, paths[::-1]):
        resolver = discover(TrackedFiles(files), order)
        assert f"it fits equally {words}" in resolver.rule
        for path in paths:
            assert resolver.resolve(path).path is None
            assert resolver.resolve(path).rule == resolver.rule
        assert set(resolver.unmatched) == set(paths)
        assert resolver.resolve("/etc/passwd").rule == "it lies outside the repository"


@pytest.mark.parametrize(
    ("beside", "expected"),
    [
        ("m2/reports", "m2/src/a.py"),
        ("m2", "m2/src/a.py"),
        ("m22", None),  # another folder
        ("reports", None),
        ("", None),
    ],
)
def test_a_tie_is_settled_by_the_folder_of_the_results_file(
    beside: str, expected: str | None
) -> None:
    tracked = TrackedFiles(["m1/src/a.py", "m2/src/a.py"])
    for path in ("src/a.py", "/w/src/a.py"):
        resolver = discover(tracked, [path], beside=beside)
        assert resolver.resolve(path).path == expected
        if expected:
            assert resolver.resolve(path).rule.endswith(", where the results file lies")


@pytest.mark.parametrize("paths", [["src/a.py", "/w/src/a.py"], ["/w/src/a.py", "src/a.py"]])
def test_a_file_named_in_two_ways_is_no_tie(paths: Sequence[str]) -> None:
    resolver = discover(TrackedFiles(["server/src/a.py", "docs/b.py"]), paths)
    assert [resolver.resolve(path).path for path in paths] == ["server/src/a.py"] * 2
    assert not resolver.is_tied
    assert resolver.used == {"below server/", "server/ instead of /w/"}


def test_a_bare_name_is_told_with_what_bears_it() -> None:
    one = discover(TrackedFiles(FILES), ["util.py"]).resolve("util.py")
    assert one.rule == "only src/app/util.py has this name, which says too little"
    two = discover(TrackedFiles(MODULES), ["a.py"]).resolve("a.py")
    assert two.rule == "it fits equally api/src/a.py and core/src/a.py"


def test_one_more_path_breaks_a_tie() -> None:
    files = ["m1/src/a.py", "m2/src/a.py", "m2/src/b.py"]
    assert found(files, ["src/a.py", "src/b.py"]) == ["m2/src/a.py", "m2/src/b.py"]


def test_a_tie_leaves_paths_as_written_alone() -> None:
    files = ["m1/src/a.py", "m1/src/b.py", "m2/src/a.py", "m2/src/b.py", "x.py"]
    assert found(files, ["src/a.py", "src/b.py", "x.py"]) == [None, None, "x.py"]


def test_the_right_one_of_many_files_of_one_name_is_found() -> None:
    files = [f"{n}/app/index.js" for n in range(100)] + ["z/app/index.js", "z/app/x.js"]
    assert found(files, ["/ws/z/app/index.js"]) == ["z/app/index.js"]
    assert found(files, ["app/index.js", "app/x.js"]) == ["z/app/index.js", "z/app/x.js"]
    modules = [f"m{n}/src/{name}.js" for n in range(100, 300) for name in ("index", "util")]
    paths = ["src/index.js", "src/util.js", "src/x.js"]
    assert found([*modules, "m250/src/x.js"], paths) == [f"m250/{path}" for path in paths]


@pytest.mark.parametrize(
    ("files", "paths", "expected"),
    [
        # a tool on Windows, whose file system does not tell case apart
        (["Src/Main.cs"], ["src\\main.cs"], ["Src/Main.cs"]),
        (
            ["Src/Main.cs", "Src/Other.cs"],
            ["c:\\agent\\src\\Main.cs", "C:\\Agent\\Src\\other.cs"],
            ["Src/Main.cs", "Src/Other.cs"],
        ),
        # the exact name first
        (["readme.md", "README.md"], ["README.md", "readme.md"], ["README.md", "readme.md"]),
        (["a.md", "A.md", "B/c.md"], ["a.md", "A.md", "b/c.md"], ["a.md", "A.md", "B/c.md"]),
        # two that differ in nothing else
        (["readme.md", "README.md"], ["Readme.md"], [None]),
    ],
)
def test_case_is_ignored_where_that_explains_more(
    files: Sequence[str], paths: Sequence[str], expected: Sequence[str | None]
) -> None:
    assert found(files, paths) == expected


def test_what_was_found_ignoring_case_says_so() -> None:
    resolver = discover(TrackedFiles(["Src/Main.cs"]), ["C:/ws/src/main.cs"])
    rule = "without its prefix c:/ws/, ignoring case"
    assert resolver.resolve("C:/ws/src/main.cs").rule == rule


LINKS = {"docs/src": "../src", "main.py": "src/app/main.py", "out": "/etc", "a": "b", "b": "a"}


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("docs/src/app/main.py", "src/app/main.py"),
        ("main.py", "src/app/main.py"),
        ("/ws/docs/src/app/util.py", "src/app/util.py"),
        ("out/passwd", None),
        ("a/x.py", None),  # round and round
        ("docs/src", None),  # a folder
    ],
)
def test_a_path_through_a_link_is_that_of_the_file(path: str, expected: str | None) -> None:
    resolver = discover(TrackedFiles(FILES, ["/ws"], LINKS), [path])
    assert resolver.resolve(path).path == expected
    if expected and not path.startswith("/"):
        assert resolver.resolve(path).rule == "as written, through a link"


MAVEN = [
    "pom.xml", "core/src/main/java/com/acme/Core.java", "core/src/test/java/com/acme/CoreTest.java",
    "web/src/test/java/com/acme/WebTest.java", "web/src/main/java/com/acme/util/Assert.java",
    "core/src/test/java/com/acme/BaseTest.java", "web/src/test/java/com/acme/BaseTest.java",
    "main_test.go", "pkg/foo/foo_test.go", "cmd/main_test.go", "x/pkg/foo/foo_test.go",
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("com/acme/CoreTest.java", "core/src/test/java/com/acme/CoreTest.java"),
        ("com/acme/WebTest.java", "web/src/test/java/com/acme/WebTest.java"),
        ("com/acme/BaseTest.java", None),  # in both
        ("com/acme/GoneTest.java", None),
        ("org/springframework/util/Assert.java", None),  # other people's
        ("github.com/acme/x/pkg/foo/foo_test.go", "x/pkg/foo/foo_test.go"),
        ("github.com/acme/x/main_test.go", "main_test.go"),
        ("CoreTest.java", "core/src/test/java/com/acme/CoreTest.java"),
        ("main_test.go", None),
        ("pkg/foo/foo_test.go", "pkg/foo/foo_test.go"),
        ("", None),
    ],
)
def test_a_path_made_of_a_name_lies_where_one_file_fits(name: str, expected: str | None) -> None:
    tracked = TrackedFiles(MAVEN, ["/ws"])
    for resolver in (direct(tracked), discover(tracked, ["pom.xml"])):
        resolved = resolver.resolve(name, derived=True)
        assert resolved.path == expected
        assert name not in resolver.asked
        if name == "com/acme/BaseTest.java":
            assert resolved.rule == (
                "it fits equally core/src/test/java/com/acme/BaseTest.java and "
                "web/src/test/java/com/acme/BaseTest.java"
            )


def test_a_decoy_of_the_whole_tree_does_not_take_the_findings() -> None:
    """A pull request adds a copy below a folder named as the workspace is."""
    files = ["src/a.py", "src/b.py", "acme/src/a.py", "acme/src/b.py"]
    assert found(files, ["/builds/acme/src/a.py", "/builds/acme/src/b.py"]) == [None, None]
    assert found(files, ["/ws/src/a.py", "/ws/src/b.py"]) == ["src/a.py", "src/b.py"]


def test_what_is_not_found_says_why_and_what_is_nearest() -> None:
    tracked = TrackedFiles([*FILES, "lib/app/main.py"])
    resolver = discover(tracked, ["gone.py", "/etc/passwd"])
    assert resolver.resolve("gone.py").rule == "no tracked file has this path"
    assert resolver.resolve("/etc/passwd").rule == "it lies outside the repository"
    assert resolver.resolve("C:\\x\\y.c").rule == "it lies outside the repository"
    assert list(resolver.unmatched) == ["gone.py", "/etc/passwd", "C:\\x\\y.c"]
    assert tracked.nearest("/x/src/app/main.py") == "src/app/main.py"
    assert tracked.nearest("x\\lib\\app\\main.py") == "lib/app/main.py"
    assert tracked.nearest("main.py") is None  # two files of that name say nothing
    assert tracked.nearest("gone.py") is None
    assert tracked.nearest("") is None


def test_each_distinct_path_is_counted_once() -> None:
    resolver = direct(TrackedFiles(FILES))
    for path in ["README.md", "gone.py", "README.md", "./README.md"]:
        resolver.resolve(path)
    assert list(resolver.asked) == ["README.md", "gone.py", "./README.md"]
    assert list(resolver.unmatched) == ["gone.py"]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("a/b", "a/b"),
        ("./a//b/../c/", "a/c"),  # blanks of a path
        ("../a", "../a"),  # cannot be told
        ("a\\b.py", "a/b.py"),  # no slash: a separator
        ("a/b\\c.py", "a/b\\c.py"),  # with slashes: a part of a name
        ("C:\\a/b\\c.py", "C:/a/b/c.py"),  # a drive: a separator
        ("\\\\h\\s\\c.py", "/h/s/c.py"),  # a share
        ("//a/b", "/a/b"),  # POSIX keeps two slashes
        ("/../a", "/a"),  # nothing is above the root
        (".", ""),
        ("", ""),
    ],
)
def test_a_path_is_normalised(path: str, expected: str) -> None:
    assert normalised(path) == expected


PARTS = st.sampled_from(["a", "b", "src", "..", ".", "", "node_modules", "C:", "x.py", "y.py"])
PATHS = st.lists(PARTS, min_size=1, max_size=5).flatmap(
    lambda parts: st.sampled_from(["/", "\\"]).map(lambda mark: mark.join(parts))
)
NAMES = st.lists(st.sampled_from(["a", "b", "src", "x.py", "y.py"]), min_size=1, max_size=4)
TRACKED = st.lists(NAMES.map("/".join), max_size=12, unique=True)


@given(TRACKED, st.lists(PATHS, max_size=8))
def test_what_is_found_is_tracked(files: list[str], paths: list[str]) -> None:
    tracked = TrackedFiles(files, ["/ws"])
    for resolver in (direct(tracked), discover(tracked, paths)):
        for path in [*paths, *files]:
            resolved = resolver.resolve(path)
            assert resolved.path is None or resolved.path in files
            assert resolved.rule


@given(TRACKED, st.lists(PATHS, max_size=8), st.randoms(use_true_random=False))
def test_the_order_of_files_and_paths_decides_nothing(
    files: list[str], paths: list[str], chance: random.Random
) -> None:
    expected = dict(zip(paths, found(files, paths), strict=True))
    chance.shuffle(files)
    chance.shuffle(paths)
    assert dict(zip(paths, found(files, paths), strict=True)) == expected


@given(TRACKED.filter(bool), st.sampled_from(["/build/", "/home/ci/x/", "C:\\ws\\", "other/"]))
def test_a_prefix_before_all_files_is_taken_off(files: list[str], prefix: str) -> None:
    assert found(files, [prefix + file for file in files]) == files


@given(TRACKED.filter(lambda files: len(files) > 1))
def test_one_sub_modules_paths_are_found_below_it(files: list[str]) -> None:
    tracked = TrackedFiles([f"module/{file}" for file in files])
    resolver = discover(tracked, files)
    assert [resolver.resolve(file).path for file in files] == [f"module/{f}" for f in files]
