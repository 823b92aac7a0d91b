"""The shapes as they are checked: Atlassian's, the deviations made, read as a Java server reads."""

import functools
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import jsonschema
from contract.cut import SHAPES
from contract.deviations import DEVIATIONS, RELIED_UPON

Json = Mapping[str, Any]


def _longer(_: Any, limit: int, text: Any, __: Json) -> Iterator[jsonschema.ValidationError]:
    # Java counts UTF-16 code units
    if isinstance(text, str) and len(text.encode("utf-16-le", "surrogatepass")) // 2 > limit:
        yield jsonschema.ValidationError(f"{text[:60]!r} is longer than {limit}")


def _other(_: Any, pattern: str, text: Any, __: Json) -> Iterator[jsonschema.ValidationError]:
    # java.util.regex.Pattern.matches takes the whole text
    if isinstance(text, str) and not re.fullmatch(pattern, text):
        yield jsonschema.ValidationError(f"{text[:60]!r} does not match {pattern!r}")


def _misfit(_: Any, form: str, value: Any, __: Json) -> Iterator[jsonschema.ValidationError]:
    bits = {"int32": 31, "int64": 63}.get(form)
    if bits and isinstance(value, int) and not -(2**bits) <= value < 2**bits:
        yield jsonschema.ValidationError(f"{value} is no {form}")


Validator = jsonschema.validators.extend(  # type: ignore[no-untyped-call]
    jsonschema.Draft202012Validator, {"maxLength": _longer, "pattern": _other, "format": _misfit}
)


@dataclass(frozen=True)
class Shapes:
    """One file of shapes."""

    document: Json

    def refusals(self, schema: Json, value: Any) -> list[str]:
        """Where and why the value does not fit a schema of this file."""
        errors = Validator({**schema, "$defs": self.document["$defs"]}).iter_errors(value)
        return [f"{error.json_path}: {error.message[:300]}" for error in errors]

    def component_refusals(self, name: str, value: Any) -> list[str]:
        """Where and why the value does not fit the component."""
        return self.refusals({"$ref": f"#/$defs/{name}"}, value)


def raw_shapes(subject: str) -> dict[str, Any]:
    """A file of shapes as it is."""
    document: dict[str, Any] = json.loads((SHAPES / f"{subject}.schema.json").read_text())
    return document


@functools.cache
def shapes(subject: str) -> Shapes:
    """A file of shapes with its deviations, as in `bitbucket-dc/insights`.

    What has no name in it is in no request and in no answer, where nothing else is said: a server
    ignores a word that it does not know, and what it was to say is lost.
    """
    document = raw_shapes(subject)
    for deviation in DEVIATIONS:
        if subject in deviation.subjects:
            deviation.apply(document)
    if subject.startswith("bitbucket-dc/"):
        for name, schema in document["$defs"].items():
            _close(schema)
            if name in RELIED_UPON:
                schema["required"] = list(RELIED_UPON[name])
        for operation in document["operations"].values():
            _close(operation["responses"])
    return Shapes(document)


def _close(schema: Any) -> None:
    """Let objects have no properties but those that are named."""
    if isinstance(schema, list):
        for each in schema:
            _close(each)
    elif isinstance(schema, dict):
        if schema.get("properties") and isinstance(schema["properties"], dict):
            schema.setdefault("additionalProperties", False)
        for each in schema.values():
            _close(each)
