"""Which failing tests are cases of one parametrised test, and which files a class's name tells."""

import time

import pytest

from insights_parsers.class_files import class_files
from insights_parsers.junit_case import Scope
from insights_parsers.junit_names import full_name, variant_of


def case(name: str, classname: str = "", **attributes: str) -> list[Scope]:
    return [
        Scope(False, {"name": "pytest"}),
        Scope(True, {"name": name, "classname": classname, **attributes}),
    ]


@pytest.mark.parametrize(
    ("classname", "name", "expected"),
    [
        ("tests.test_a.TestX", "test_x[1-2]", "tests.test_a.TestX.test_x"),  # pytest
        ("tests.test_a", "test_x[a[0]-b]", "tests.test_a.test_x"),
        ("a.FooTest", "test[0]", "a.FooTest.test"),  # JUnit 4
        ("a.FooTest", "test[name: x, 1]", "a.FooTest.test"),
        ("a.FooTest", "test(int)[1]", "a.FooTest.test(int)"),  # JUnit 5, Surefire
        ("a.FooTest", "test(String, int)[3]", "a.FooTest.test(String, int)"),
        ("a.FooTest", "test{int, int}[1]", "a.FooTest.test{int, int}"),
        ("a.FooTest", "[1] a=1, b=2", "a.FooTest"),  # Gradle
        ("a.FooTest", "test(int) > [1] 1, 2", "a.FooTest.test(int)"),
        ("a.FooTest", "test(String) [1] x", "a.FooTest.test(String)"),
        ("a.FooTest", "test[1, 2](0)", "a.FooTest.test"),  # TestNG
        ("Acme.FooTest", "testX with data set #0", "Acme.FooTest.testX"),  # PHPUnit
        ("Acme.FooTest", 'testX with data set "a b" (1, 2)', "Acme.FooTest.testX"),
        ("Acme.FooTest", 'Adds(1,"a")', "Acme.FooTest.Adds"),  # NUnit
        ("Acme.FooTest", "Acme.FooTest.Adds(x: 1, y: 2)", "Acme.FooTest.Adds"),  # xUnit.net
        ("Acme.FooTest", "Adds (-1)", "Acme.FooTest.Adds"),  # MSTest
        ("x/pkg", "TestX/case_1/deep", "x/pkg.TestX"),  # Go
        ("Suite", "Test/0", "Suite.Test"),  # GoogleTest
        ("Suite", "Test/0 # GetParam() = 7", "Suite.Test"),
        ("acme", "adds::case_1_small", "acme.adds"),  # rstest
        ("a.Spec", "adds [a: 1, b: 2, #0]", "a.Spec.adds"),  # Spock
        ("test_a.TestX", "test_x (i=1)", "test_a.TestX.test_x"),  # unittest's subTest
        ("test_a.TestX", "test_x [why] (i=1, j='a')", "test_a.TestX.test_x"),
        ("f", "Adding -- @1.2 Numbers", "f.Adding"),  # behave
        ("f", "Adding - Example #1.1", "f.Adding"),  # Cucumber
    ],
)
def test_cases_of_a_parametrised_test(classname: str, name: str, expected: str) -> None:
    scopes = case(name, classname)
    assert variant_of(scopes) == expected
    assert full_name(scopes).endswith(name)


def test_googletest_tells_by_an_attribute() -> None:
    assert variant_of(case("Adds/3", "All/Sum/1", value_param="3")) == "All/Sum.Adds"
    assert variant_of(case("Adds", "Sum/1", type_param="int")) == "Sum.Adds"


@pytest.mark.parametrize(
    "name",
    [
        *("test_x", "test()", "test(int)", "test(String, int)", "adds 1 and 2 (fast)", "a/b"),
        *("renders <a href>", "is [1, 2] or [3]", "Test", "shows page 1/2 (of 3)", "a::b", ""),
        *("GET /users/:id", "handles the x = 1 case", "- Example", "Adds (see x)"),
    ],
)
def test_what_is_no_case_of_a_parametrised_test(name: str) -> None:
    assert variant_of(case(name, "a.B")) is None


def test_a_suite_is_no_case() -> None:
    assert variant_of([Scope(False, {"name": "test_x[1]"})]) is None


@pytest.mark.parametrize(
    "piece", ["[", "[1]", "a[", " (a=", "(1", "/1", " with data set #", "::case_1"]
)
def test_no_name_takes_long(piece: str) -> None:
    started = time.process_time()
    variant_of(case(piece * 5000))
    variant_of(case("a" + piece * 5000))
    assert time.process_time() - started < 0.5


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("tests.test_a.TestX", ["tests/test_a.py"]),  # pytest
        ("tests.test_a.TestX.TestY", ["tests/test_a.py"]),
        ("tests.test_a", ["tests/test_a.py"]),
        ("spec.models.foo_spec", ["spec/models/foo_spec.py", "spec/models/foo_spec.rb"]),
        ("Elixir.Acme.FooBarTest", ["acme/foo_bar_test.exs", "acme/foo_bar_test.ex"]),
        (r"Acme\Deep\FooTest", ["FooTest.php"]),  # PHPUnit
        ("src/a.test.ts", ["src/a.test.ts"]),  # vitest
        ("a.spec.ts", ["a.spec.ts"]),  # Playwright
        ("Basket total", []),  # jest
        ("Calculator", []),
        ("github.com/acme/x/pkg", []),  # Go: a folder
        ("", []),
        (".", []),
        ("a..b", []),
    ],
)
def test_files_of_a_class(name: str, expected: list[str]) -> None:
    assert list(class_files(name)) == expected


def test_files_of_a_class_of_the_jvm_and_dotnet() -> None:
    assert next(class_files("com.acme.FooTest$Inner")) == "com/acme/FooTest.java"
    assert "com/acme/FooTest.kt" in class_files("com.acme.FooTest")
    assert next(class_files("Acme.Tests.FooTest")) == "FooTest.cs"
    assert "FooTests.swift" in class_files("FooTests")


@pytest.mark.parametrize("name", ["com.acme.FooTest", "Acme.FooTest", "tests.test_a", "FooTest"])
def test_they_are_few(name: str) -> None:
    assert len(list(class_files(name))) <= 5
