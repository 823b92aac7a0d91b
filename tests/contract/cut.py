"""Cuts Atlassian's OpenAPI files to the shapes we rely on: types, limits, enums; no prose.

`python tests/contract/cut.py FOLDER` writes the files of the sandbox's `shapes/` anew from the
OpenAPI files in that folder. Each is a JSON Schema document (draft 2020-12): the components are its `$defs`, and
`operations`, which JSON Schema itself ignores, says which schema holds where.
"""

import json
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from insights_uploader.sandbox.contract import SHAPES

_DC = re.escape("/projects/{projectKey}/repos/{repositorySlug}")
_CLOUD = re.escape("/repositories/{workspace}/{repo_slug}")
SUBJECTS: Mapping[str, tuple[str, Sequence[str]]] = {
    "bitbucket-dc/insights": ("bitbucket-dc-9.4", ["/insights/"]),
    "bitbucket-dc/builds": ("bitbucket-dc-9.4", ["/build-status/", f"{_DC}/commits/[^/]+/builds"]),
    "bitbucket-dc/required-builds": ("bitbucket-dc-9.4", ["/required-builds/"]),
    "bitbucket-dc/deployments": ("bitbucket-dc-9.4", [f"{_DC}/commits/[^/]+/deployments"]),
    "bitbucket-dc/server": ("bitbucket-dc-9.4", [r"/api/latest/application-properties", r"/api/latest/\w+/capabilities"]),
    "bitbucket-dc/repository": ("bitbucket-dc-9.4", [rf"GET /api/latest{_DC}(/diff|/pull-requests.*|/commits/[^/]+/(changes|diff/.*|merge-base|pull-requests))?$"]),
    "bitbucket-cloud/insights": ("bitbucket-cloud", [f"{_CLOUD}/commit/[^/]+/reports"]),
    "bitbucket-cloud/builds": ("bitbucket-cloud", [f"{_CLOUD}/commit/[^/]+/statuses/"]),
    "bitbucket-cloud/pull-requests": ("bitbucket-cloud", [f"GET {_CLOUD}/(pullrequests/|commit/[^/]+/pullrequests|diff)"]),
    "jira-cloud/builds": ("jira-software-cloud", ["/rest/builds/"]),
    "jira-cloud/deployments": ("jira-software-cloud", ["/rest/deployments/"]),
    "jira-cloud/devinfo": ("jira-software-cloud", ["/rest/devinfo/"]),
}  # fmt: skip
"""Of each file of shapes: the OpenAPI file, and patterns of the operations that belong to it."""

_METHODS = ("get", "put", "post", "delete")
_KEPT = {
    *("type", "format", "enum", "pattern", "required", "uniqueItems"),
    *("minLength", "maxLength", "minimum", "maximum", "minItems", "maxItems", "maxProperties"),
}
_COMPONENTS = "#/components/schemas/"

Json = Mapping[str, Any]


def cut(document: Json, patterns: Sequence[str]) -> Json:
    """The shapes of the operations that match a pattern, as in `PUT /path`, with all they name."""
    operations = {
        f"{method.upper()} {path}": _operation(operation, shared.get("parameters", ()))
        for path, shared in document["paths"].items()
        for method, operation in shared.items()
        if method in _METHODS
        and any(re.search(each, f"{method.upper()} {path}") for each in patterns)
    }
    named: dict[str, Any] = {}
    missing = sorted(set(names(operations)))
    while missing:
        named |= {name: _schema(document["components"]["schemas"][name]) for name in missing}
        missing = sorted(set(names(named)) - set(named))
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "operations": operations,
        "$defs": dict(sorted(named.items())),
    }


def _operation(operation: Json, shared: Sequence[Json]) -> Json:
    parameters = (*shared, *operation.get("parameters", ()))
    shape: dict[str, Any] = {
        place: {
            "properties": {
                each["name"]: _schema(each.get("schema", {}))
                for each in parameters
                if each["in"] == place
            },
            "required": [
                each["name"] for each in parameters if each["in"] == place and each.get("required")
            ],
        }
        for place in ("path", "query")
    } | {
        "responses": {
            status: _content(response) for status, response in operation["responses"].items()
        },
    }
    if "requestBody" in operation:
        shape["request"] = _content(operation["requestBody"])
    return shape


def _content(holder: Json) -> Json:
    """The schema of each media type; without any, there is no body."""
    return {
        kind.partition(";")[0]: _schema(content.get("schema", {}))
        for kind, content in holder.get("content", {}).items()
    }


def _schema(schema: Any) -> Any:
    if not isinstance(schema, dict):
        return schema
    shape: dict[str, Any] = {}
    for word, value in schema.items():
        if word == "$ref":
            shape[word] = value.replace(_COMPONENTS, "#/$defs/")
        elif word == "properties":
            shape[word] = {name: _schema(each) for name, each in value.items()}
        elif word in ("items", "additionalProperties"):
            shape[word] = _schema(value)
        elif word in ("allOf", "anyOf", "oneOf"):
            shape[word] = [_schema(each) for each in value]
        elif word in _KEPT:
            shape[word] = value
    return shape


def names(shape: Any) -> Iterator[str]:
    """The components that a shape names."""
    if isinstance(shape, dict):
        if isinstance(name := shape.get("$ref"), str):
            yield name.removeprefix("#/$defs/")
        for each in shape.values():
            yield from names(each)
    elif isinstance(shape, list):
        for each in shape:
            yield from names(each)


def _main(folder: Path) -> None:
    for name, (source, patterns) in SUBJECTS.items():
        document = json.loads((folder / f"{source}.openapi.json").read_text())
        path = SHAPES / f"{name}.schema.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(cut(document, patterns), indent=1) + "\n")


if __name__ == "__main__":
    _main(Path(sys.argv[1]))
