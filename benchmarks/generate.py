"""Writes large results files of a given size, alike from run to run."""

import itertools
import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

RULES = 200
FILES = 2_000


def sarif(path: Path, megabytes: int) -> int:
    """Write a SARIF log of about `megabytes`; its number of results is returned."""
    count = 0
    with path.open("w", encoding="utf-8") as file:
        file.write('{"version":"2.1.0","$schema":"https://json.schemastore.org/sarif-2.1.0.json",')
        file.write('"runs":[{"results":[\n')
        for result in _results():
            text = json.dumps(result)
            file.write(text if count == 0 else ",\n" + text)
            count += 1
            if count % 256 == 0 and file.tell() >= megabytes * 1_000_000:
                break
        file.write('\n],"tool":{"driver":{"name":"Bench","version":"1.0","rules":')
        file.write(json.dumps([_rule(n) for n in range(RULES)]))
        file.write("}}}]}\n")
    return count


def junit(path: Path, megabytes: int) -> int:
    """Write a JUnit file of about `megabytes`; its number of failures is returned."""
    chance = random.Random(7)
    failures = 0
    with path.open("w", encoding="utf-8") as file:
        file.write('<?xml version="1.0" encoding="utf-8"?>\n<testsuites>')
        suite = 0
        while file.tell() < megabytes * 1_000_000:
            file.write(f'<testsuite name="suite {suite}" tests="100">\n')
            for number in range(100):
                failed = chance.random() < 0.05
                failures += failed
                file.write(_case(suite, number, failed))
            file.write("</testsuite>\n")
            suite += 1
        file.write("</testsuites>\n")
    return failures


def cobertura(path: Path, megabytes: int) -> int:
    """Write a Cobertura file of about `megabytes`; its number of lines is returned."""
    chance = random.Random(7)
    lines = 0
    with path.open("w", encoding="utf-8") as file:
        file.write(
            '<?xml version="1.0" ?>\n<coverage version="7.0" line-rate="0.8"><packages><package name="p"><classes>\n'
        )
        for number in itertools.count():
            file.write(
                f'<class name="c{number}" filename="{source_path(number % FILES)}"><methods/><lines>\n'
            )
            for line in range(1, 400):
                file.write(f'<line number="{line}" hits="{chance.randrange(3)}"/>\n')
            file.write("</lines></class>\n")
            lines += 399
            if file.tell() >= megabytes * 1_000_000:
                break
        file.write("</classes></package></packages></coverage>\n")
    return lines


def checkstyle(path: Path, megabytes: int) -> int:
    """Write a checkstyle file of about `megabytes`; its number of errors is returned."""
    errors = 0
    with path.open("w", encoding="utf-8") as file:
        file.write('<?xml version="1.0" encoding="utf-8"?>\n<checkstyle version="4.3">\n')
        for number in itertools.count():
            file.write(f'<file name="{source_path(number % FILES)}">\n')
            for line in range(1, 100):
                file.write(
                    f'<error line="{line}" column="5" severity="warning" source="eslint.rules.no-x{line % 50}" '
                    f'message="&#39;value_{number}&#39; is assigned a value but never used."/>\n'
                )
            file.write("</file>\n")
            errors += 99
            if file.tell() >= megabytes * 1_000_000:
                break
        file.write("</checkstyle>\n")
    return errors


def pylint(path: Path, megabytes: int) -> int:
    """Write pylint's json2 of about `megabytes`; its number of messages is returned."""
    return _json_list(path, megabytes, '{"messages": [', _pylint, '], "statistics": {}}')


def eslint(path: Path, megabytes: int) -> int:
    """Write eslint's json of about `megabytes`; its number of files is returned."""
    return _json_list(path, megabytes, "[", _eslint, "]")


def _json_list(path: Path, megabytes: int, start: str, item: Callable[[int], Any], end: str) -> int:
    with path.open("w", encoding="utf-8") as file:
        file.write(start)
        for number in itertools.count(1):
            file.write(json.dumps(item(number)))
            if number % 64 == 0 and file.tell() >= megabytes * 1_000_000:
                file.write(end)
                return number
            file.write(",\n")
    return 0


def _pylint(number: int) -> dict[str, Any]:
    return {
        "type": ("convention", "warning", "error")[number % 3],
        "symbol": f"rule-{number % RULES}",
        "message": f"Unused variable 'value_{number}'",
        "messageId": f"W{number % RULES:04}",
        "confidence": "UNDEFINED",
        "module": "package.module",
        "obj": "function",
        "line": number % 2000 + 1,
        "column": 4,
        "endLine": number % 2000 + 1,
        "endColumn": 9,
        "path": source_path(number % FILES),
        "absolutePath": f"/builds/{source_path(number % FILES)}",
    }


def _eslint(number: int) -> dict[str, Any]:
    messages = [
        {
            "ruleId": f"no-x{line % 50}",
            "severity": 1 + line % 2,
            "message": f"'value_{number}' is assigned a value but never used.",
            "line": line,
            "column": 5,
            "nodeType": "Identifier",
            "messageId": "unusedVar",
            "endLine": line,
            "endColumn": 12,
        }
        for line in range(1, 40)
    ]
    return {
        "filePath": f"/builds/{source_path(number % FILES)}",
        "messages": messages,
        "suppressedMessages": [],
        "errorCount": 20,
        "warningCount": 19,
        "source": "const value = 1;\n" * 200,
    }


def source_path(number: int) -> str:
    """The path of the n-th file that results name."""
    return f"src/package_{number % 40}/module_{number}.py"


def _case(suite: int, number: int, failed: bool) -> str:
    name = f'classname="package_{suite % 40}.test_module_{suite}" name="test_case_{number}"'
    if not failed:
        output = "<system-out>a line that a test printed, as they do\n</system-out>"
        return f'<testcase {name} time="0.012">{output}</testcase>\n'
    path = source_path(suite % FILES)
    text = f"def test():\n&gt;   assert compute() == {number}\nE   assert 7 == {number}\n\n{path}:{number + 1}: AssertionError"
    return f'<testcase {name} time="0.040"><failure message="assert 7 == {number}">{text}</failure></testcase>\n'


def _rule(number: int) -> dict[str, Any]:
    return {
        "id": f"B{number:03}",
        "name": f"rule-{number}",
        "shortDescription": {"text": f"Rule {number} was broken."},
        "helpUri": f"https://example.org/rules/B{number:03}",
        "defaultConfiguration": {"level": ("note", "warning", "error")[number % 3]},
    }


def _results() -> Iterator[dict[str, Any]]:
    chance = random.Random(7)
    while True:
        rule = chance.randrange(RULES)
        line = chance.randrange(1, 2_000)
        name = f"value_{chance.randrange(10_000)}"
        yield {
            "ruleId": f"B{rule:03}",
            "ruleIndex": rule,
            "level": ("note", "warning", "error")[rule % 3],
            "message": {
                "text": f"Local variable `{name}` is assigned to but never used in this scope"
            },
            "locations": [
                {
                    "physicalLocation": {
                        "artifactLocation": {
                            "uri": source_path(chance.randrange(FILES)),
                            "uriBaseId": "%SRCROOT%",
                        },
                        "region": {
                            "startLine": line,
                            "startColumn": 5,
                            "endLine": line,
                            "endColumn": 5 + len(name),
                            "snippet": {"text": f"    {name} = compute(everything)\n"},
                        },
                    }
                }
            ],
            "partialFingerprints": {"primaryLocationLineHash": f"{chance.getrandbits(64):016x}:1"},
        }
