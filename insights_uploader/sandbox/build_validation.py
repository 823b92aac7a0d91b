"""What both APIs of build statuses accept. Pure: a body in, the refused fields out.

Rules: Atlassian OpenAPI of Bitbucket Data Center 9.4 (RestBuildStatusSetRequest, and the prose of
both POSTs). The wording is our own but for the key's, which is on record for GET and DELETE.
Unknown fields are ignored, null counts as absent.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from insights_uploader.sandbox.envelope import FieldError
from insights_uploader.sandbox.validation import utf16_length

RICH_STATES = ("CANCELLED", "FAILED", "INPROGRESS", "SUCCESSFUL", "UNKNOWN")
LEGACY_STATES = ("SUCCESSFUL", "FAILED", "INPROGRESS")
BAD_KEY = "Please specify a non-blank key smaller than 255 characters"
"""vriesdemichael/bitbucket-data-center-cli, live error registry of 9.4.22."""

LEGACY_FIELDS = ("key", "state", "url", "name", "description")
RICH_FIELDS = (*LEGACY_FIELDS, "buildNumber", "parent", "ref", "duration", "testResults")

_KEY, _URL = 255, 450
_RICH_TEXTS: Mapping[str, int] = {"name": 255, "buildNumber": 255, "parent": 1024, "ref": 1024}
_LEGACY_TEXTS: Mapping[str, int] = {"name": 255, "description": 255}
_RESULTS = ("successful", "failed", "skipped")

Found = Iterator[FieldError]


def rich_errors(body: Any, *, takes_cancelled: bool) -> list[FieldError]:
    """List what the rich API refuses; a server without `cancelledStatus` refuses that state."""
    if not isinstance(body, dict):
        return [FieldError("build", "The build status must be a JSON object")]
    ref = body.get("ref")
    states = [each for each in RICH_STATES if takes_cancelled or each != "CANCELLED"]
    return [
        *_mandatory(body, states),
        *_texts(body, _RICH_TEXTS),
        *_texts(body, {"description": 2**31 - 1}),
        *_fault("ref", isinstance(ref, str) and not ref.startswith("refs/"), "begin with refs/"),
        *_whole(body, "duration", 63),
        *_whole(body, "lastUpdated", 63),
        *_results(body.get("testResults")),
    ]


def legacy_errors(body: Any) -> list[FieldError]:
    """List what the legacy API refuses."""
    if not isinstance(body, dict):
        return [FieldError("build", "The build status must be a JSON object")]
    return [*_mandatory(body, LEGACY_STATES), *_texts(body, _LEGACY_TEXTS)]


def is_key(key: str | None) -> bool:
    """Tell whether a build can be asked for by this key."""
    return key is not None and bool(key.strip()) and utf16_length(key) <= _KEY


def _mandatory(body: Mapping[str, Any], states: tuple[str, ...] | list[str]) -> Found:
    key, url = body.get("key"), body.get("url")
    if not (isinstance(key, str) and is_key(key)):
        yield FieldError("key", BAD_KEY)
    yield from _fault("state", body.get("state") not in states, f"be one of {', '.join(states)}")
    fits = isinstance(url, str) and url.strip() and utf16_length(url) <= _URL
    yield from _fault("url", not fits, f"not be blank, nor longer than {_URL} characters")


def _texts(body: Mapping[str, Any], longest: Mapping[str, int]) -> Found:
    for name, units in longest.items():
        value = body.get(name)
        if value is not None:
            fits = isinstance(value, str) and utf16_length(value) <= units
            yield from _fault(name, not fits, f"be a string of at most {units} characters")


def _whole(body: Mapping[str, Any], name: str, bits: int) -> Found:
    value = body.get(name)
    if value is not None:
        fits = type(value) is int and -(2**bits) <= value < 2**bits
        yield from _fault(name, not fits, f"be an integer of {bits + 1} bits")


def _results(value: Any) -> Found:
    if isinstance(value, dict):
        for name in _RESULTS:
            yield from _whole(value, name, 31)
    elif value is not None:
        yield FieldError("testResults", "The field 'testResults' must be an object")


def _fault(name: str, is_fault: bool, words: str) -> Found:
    if is_fault:
        yield FieldError(name, f"The field '{name}' must {words}")
