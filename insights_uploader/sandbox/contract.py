"""Atlassian's own shapes of requests and answers, as JSON Schemas.

The files in `shapes/` are cut from Atlassian's OpenAPI files (`tests/contract/cut.py`): each is a
JSON Schema document whose `$defs` are the components, and whose `operations` say which schema holds
where.
"""

import functools
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import jsonschema

SHAPES = Path(__file__).parent / "shapes"

Json = Mapping[str, Any]


class Fault(NamedTuple):
    """What does not fit.

    Attributes:
        place: in the value, as `$.builds[0].state`.
        message: what is wrong there; bounded.
    """

    place: str
    message: str


def _longer(_: Any, limit: int, text: Any, __: Json) -> Iterator[jsonschema.ValidationError]:
    # Java counts UTF-16 code units
    if isinstance(text, str) and len(text.encode("utf-16-le", "surrogatepass")) // 2 > limit:
        yield jsonschema.ValidationError(f"{text[:60]!r} is longer than {limit}")


def _other(_: Any, pattern: str, text: Any, __: Json) -> Iterator[jsonschema.ValidationError]:
    # java.util.regex.Pattern.matches takes the whole text
    if isinstance(text, str) and not _pattern(pattern).fullmatch(text):
        yield jsonschema.ValidationError(f"{text[:60]!r} does not match {pattern!r}")


def _misfit(_: Any, form: str, value: Any, __: Json) -> Iterator[jsonschema.ValidationError]:
    bits = {"int32": 31, "int64": 63}.get(form)
    if bits and isinstance(value, int) and not -(2**bits) <= value < 2**bits:
        yield jsonschema.ValidationError(f"{value} is no {form}")


@functools.cache
def _pattern(java: str) -> re.Pattern[str]:
    r"""A pattern of Java's, whose `\w` is ASCII; of `\p{L}`, any letter, Python has no other word."""
    if r"\p{" not in java:
        return re.compile(java, re.ASCII)
    python = java.replace(r"[\p{L}\p{Digit}_]", r"\w").replace(r"\p{L}", r"[^\W\d_]")
    return re.compile(python.replace(r"\p{Digit}", "[0-9]"))


Validator = jsonschema.validators.extend(  # type: ignore[no-untyped-call]
    jsonschema.Draft202012Validator, {"maxLength": _longer, "pattern": _other, "format": _misfit}
)
"""JSON Schema as a Java server reads it."""


@functools.cache
def document(subject: str) -> Json:
    """A file of shapes, as `jira-cloud/builds`."""
    found: Json = json.loads((SHAPES / f"{subject}.schema.json").read_text(encoding="utf-8"))
    return found


def faults(schema: Json, shapes: Json, value: Any) -> Sequence[Fault]:
    """Where and why a value does not fit a schema of a file of shapes."""
    errors = Validator({**schema, "$defs": shapes["$defs"]}).iter_errors(value)
    return [Fault(error.json_path, error.message[:300]) for error in errors]


def component_faults(subject: str, component: str, value: Any) -> Sequence[Fault]:
    """Where and why a value is not what Atlassian calls by this name."""
    return faults({"$ref": f"#/$defs/{component}"}, document(subject), value)
