"""The shapes as they are checked: Atlassian's, the deviations made, read as a Java server reads."""

import functools
import json
from dataclasses import dataclass
from typing import Any

from contract.deviations import DEVIATIONS, RELIED_UPON

from insights_uploader.sandbox.contract import SHAPES, Json, faults


@dataclass(frozen=True)
class Shapes:
    """One file of shapes."""

    document: Json

    def refusals(self, schema: Json, value: Any) -> list[str]:
        """Where and why the value does not fit a schema of this file."""
        return [f"{place}: {message}" for place, message in faults(schema, self.document, value)]

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
    components: dict[str, Any] = document["$defs"]
    for name, component in components.items():
        components[name] = schema = _merged(component, components)
        _close(schema)
        if name in RELIED_UPON and subject.startswith("bitbucket-dc/"):
            schema["required"] = list(RELIED_UPON[name])
    for operation in document["operations"].values():
        _close(operation["responses"])
    return Shapes(document)


def _merged(schema: dict[str, Any], components: Json) -> dict[str, Any]:
    """A schema that is made of all of several as one of its own, which can be closed."""
    if "allOf" not in schema:
        return schema
    parts = [
        components[part["$ref"].removeprefix("#/$defs/")] if "$ref" in part else part
        for part in schema["allOf"]
    ]
    whole: dict[str, Any] = {"type": "object", "properties": {}, "required": []}
    for part in parts:
        each = _merged(part, components)
        whole["properties"] |= each.get("properties", {})
        whole["required"] += each.get("required", [])
    return whole


def _close(schema: Any) -> None:
    """Let objects have no properties but those that are named."""
    if isinstance(schema, list):
        for each in schema:
            _close(each)
    elif isinstance(schema, dict):
        if schema.get("properties") and isinstance(schema["properties"], dict):
            is_open = schema.get("additionalProperties", True) is True  # as Cloud's file has it
            schema |= {"additionalProperties": False} if is_open else {}
        for each in schema.values():
            _close(each)
