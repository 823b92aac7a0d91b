"""What is wrong with a request that reached the sandbox, or with its answer, by the contract."""

import functools
import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, unquote

from contract.cut import SUBJECTS
from contract.shapes import shapes

from insights_uploader.sandbox.contract import Json
from insights_uploader.sandbox.recording import Exchange, RecordedRequest

_ENVELOPE: Json = {
    "type": "object",
    "properties": {
        "errors": {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/RestErrorMessage"}}
    },
    "required": ["errors"],
    "additionalProperties": False,
}
_CONTAINER: Json = {
    "type": "object",
    "properties": {
        "message": {"type": "string"},
        "status-code": {"type": "integer"},
        "sub-code": {"const": -1},
    },
    "required": ["message"],
    "additionalProperties": False,
}
_REFUSAL = json.dumps({"anyOf": [_ENVELOPE, _CONTAINER]})
"""The resource's envelope, or the words of what stands before it: the routes, the rate limit."""
_MUTE = (204, 406)
_APP = "/rest/code-coverage/"
"""Of another maker, whom no file of Atlassian's covers."""
_PRODUCTS = ("bitbucket-dc/", "bitbucket-cloud/", "jira-cloud/")
_CLOUD = "/2.0/repositories/"
_CLOUD_REFUSAL = json.dumps(
    {
        "anyOf": [
            {"$ref": "#/$defs/error"},
            {
                "type": "object",
                "properties": {"key": {"type": "string"}, "message": {"type": "string"}},
                "required": ["key", "message", "arguments"],
            },
            {
                "type": "object",
                "properties": {"code": {"type": "integer"}, "message": {"type": "string"}},
                "required": ["code", "message"],
                "additionalProperties": False,
            },
        ]
    }
)
"""Its three envelopes: of the file, of Code Insights (reviewdog/reviewdog #1285), of its gateway."""
_GATEWAY = re.compile(r"/jira/(\w+/[0-9.]+)/cloud/[^/]+(/.*)")
"""Atlassian's, which has Jira's operations under an address of its own, with the site's id."""


class Operation:
    """One operation of a file of shapes: what may be asked, and how that is answered."""

    def __init__(self, name: str, subject: str) -> None:
        self.name = name
        self.subject = subject
        self.shape: Json = shapes(subject).document["operations"][name]
        self.is_of_jira = subject.startswith("jira-cloud/")
        self.is_of_cloud = subject.startswith("bitbucket-cloud/")
        self.method, _, path = name.partition(" ")
        # what stands before the path of one file can also be asked for without it
        pattern = re.escape(path).replace("/" + re.escape("{path}"), "(?:/(?P<path>.+))?")
        self._path = re.compile(re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", pattern))

    def named(self, path: str) -> Mapping[str, str] | None:
        """What the path names; None if it is another operation's."""
        found = self._path.fullmatch(path)
        return found and {n: unquote(each) for n, each in found.groupdict().items() if each}


@functools.cache
def _operations() -> list[Operation]:
    found = [
        Operation(name, subject)
        for subject in SUBJECTS
        if subject.startswith(_PRODUCTS)
        for name in shapes(subject).document["operations"]
    ]
    return sorted(found, key=lambda each: each.name.endswith("}"))  # `{id}` would take `1.diff`


def _operation(request: RecordedRequest) -> tuple[Operation, Mapping[str, str]] | None:
    """What is asked for, and the names in its path; `1.0` and `latest` are the same."""
    if request.path.startswith(_CLOUD):
        return _first(request.method, request.path.removeprefix("/2.0"))
    _, _, below = _GATEWAY.sub(r"/rest/\1\2", request.path).partition("/rest/")
    path = re.sub(r"^([\w-]+)/1\.0/", r"/\1/latest/", below)
    return _first(request.method, path if path.startswith("/") else f"/{path}")


def _first(method: str, path: str) -> tuple[Operation, Mapping[str, str]] | None:
    for each in _operations():
        asked = f"/rest{path}" if each.is_of_jira else path
        if each.method == method and (names := each.named(asked)) is not None:
            return each, names
    return None


def _is_of_an_api(request: RecordedRequest) -> bool:
    """Tell whether a file of Atlassian's says what this request and its answer must be."""
    if _APP in request.path:
        return False
    if request.path.startswith(_CLOUD):
        return True
    return "/rest/" in request.path or bool(_GATEWAY.fullmatch(request.path))


def request_faults(exchange: Exchange) -> list[str]:
    """What we send and the server does not know, or would refuse."""
    request = exchange.request
    if not _is_of_an_api(request):
        return []
    asked = _operation(request)
    if asked is None:
        return [f"{request.method} {request.path}: no such operation"]
    operation, names = asked
    query = parse_qsl(request.query, keep_blank_values=True)
    found = [*_named(operation, "path", [*names.items()]), *_named(operation, "query", query)]
    wanted = operation.shape.get("request")
    if wanted is None:
        found += ["it has no body"] if exchange.body else []
    else:
        kind = request.headers.get("content-type", "")
        schema = wanted.get(kind) or wanted.get("*/*")
        if schema:
            found += _misfits(operation.subject, json.dumps(schema), exchange.body)
        else:
            found.append(f"no body is {kind!r}")
    is_of_dc = not operation.is_of_jira and not operation.is_of_cloud
    is_checked = request.method != "GET" and is_of_dc
    if is_checked and request.headers.get("x-atlassian-token") != "no-check":
        found.append("without X-Atlassian-Token it may fail the XSRF check")
    return [f"{request.method} {request.path}: {each}" for each in found]


def answer_faults(exchange: Exchange) -> list[str]:
    """What the sandbox answers and the server would not."""
    request, status = exchange.request, exchange.request.status
    if exchange.struck or status is None or not _is_of_an_api(request):
        return []
    operation, _ = _operation(request) or (None, {})
    kind = exchange.headers.get("content-type", "").partition(";")[0]
    responses = operation.shape["responses"] if operation else {}
    declared = responses.get(str(status), responses.get("default") if status >= 400 else None)
    is_words = status >= 400 and request.path.startswith(_CLOUD)  # of which the file has no shape
    if status in _MUTE or (declared == {} and not is_words):
        found = [f"a body with {status}"] if exchange.answer else []
    elif status >= 400 and not (operation and operation.is_of_jira):
        is_json = kind == "application/json"
        envelopes = ("bitbucket-dc/server", _REFUSAL)
        if request.path.startswith(_CLOUD):
            envelopes = ("bitbucket-cloud/insights", _CLOUD_REFUSAL)
        found = _misfits(*envelopes, exchange.answer) if is_json else []
    elif operation is None or declared is None:
        found = [f"{status} is not declared"]
    elif kind == "text/plain" and "diff" in operation.name:
        found = []
    elif kind not in declared:
        found = [f"{kind} is not declared"]
    else:
        found = _misfits(operation.subject, json.dumps(declared[kind]), exchange.answer)
    return [f"{status} to {request.method} {request.path}: {each}" for each in found]


def _named(operation: Operation, place: str, pairs: list[tuple[str, str]]) -> list[str]:
    known: Json = operation.shape[place]
    is_open = operation.name.endswith("ByProperties")  # whose names are the user's own
    names = [name for name, _ in pairs if not is_open]
    found = [f"{place} {name}: unknown" for name in names if name not in known["properties"]]
    given = {name for name, _ in pairs}
    if place == "query":
        found += [
            f"query {name}: missing" for name in known.get("required", ()) if name not in given
        ]
    for name, value in pairs:
        schema = known["properties"].get(name, {})
        typed = value if schema.get("type", "string") == "string" else _typed(value)
        refusals = shapes(operation.subject).refusals(schema, typed)
        found += [f"{place} {name}: {each}" for each in refusals]
    return found


def _typed(text: str) -> Any:
    words = {"true": True, "false": False}
    return int(text) if re.fullmatch(r"-?[0-9]{1,18}", text) else words.get(text, text)


@functools.lru_cache(maxsize=2000)  # a matrix of faults sends the same bodies again and again
def _misfits(subject: str, schema: str, body: bytes) -> list[str]:
    try:
        return shapes(subject).refusals(json.loads(schema), json.loads(body))
    except ValueError as error:
        return [f"no JSON: {error}"]
