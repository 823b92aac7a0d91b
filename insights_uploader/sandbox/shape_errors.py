"""What Atlassian's own shape of a request refuses, as the fields of an error envelope."""

from collections.abc import Sequence
from typing import Any

from insights_uploader.sandbox.contract import component_faults
from insights_uploader.sandbox.envelope import ApiError, FieldError


def check_shape(subject: str, component: str, body: Any) -> None:
    """Refuse what does not fit, or has nothing but blanks where a text must stand: 400.

    Raises:
        ApiError: with one error for each field; the wording is our own.
    """
    faults = component_faults(subject, component, body)
    errors = [FieldError(_field(each.place), each.message) for each in faults]
    if errors:
        raise ApiError(400, errors)


def check_filled(body: Any, fields: Sequence[str]) -> None:
    """Refuse fields that are there and blank: 400."""
    blank = [name for name in fields if isinstance(body.get(name), str) and not body[name].strip()]
    if blank:
        errors = [FieldError(name, f"The field '{name}' cannot be blank") for name in blank]
        raise ApiError(400, errors)


def _field(place: str) -> str:
    return place.removeprefix("$").lstrip(".") or "body"
