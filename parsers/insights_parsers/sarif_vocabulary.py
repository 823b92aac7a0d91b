"""Reads a SARIF run's tool, rules and artifacts into sarif-om's objects.

sarif-om brings the classes and no loader: each class says in its attributes' metadata which
property of the SARIF schema it holds, and that is what is read here. Properties that the classes
do not know are passed over, as section 3.8 asks of consumers.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    import sarif_om

T = TypeVar("T")

_STRINGS = frozenset({"id", "guid", "name", "version", "semanticVersion", "helpUri", "level"}) | {
    "text", "markdown", "uri", "uriBaseId",
}  # fmt: skip


class WrongTypeError(ValueError):
    """A property that is not of the schema's type.

    Attributes:
        place: the property's path within what is read, as in `.help.text`.
    """

    def __init__(self, place: str, reason: str) -> None:
        super().__init__(reason)
        self.place = place


def read_rule(data: object) -> "sarif_om.ReportingDescriptor":
    """A reportingDescriptor, section 3.49.

    Raises:
        WrongTypeError: a property that is read is not of the schema's type.
    """
    import sarif_om as om

    text = om.MultiformatMessageString
    nested = {
        "shortDescription": text,
        "fullDescription": text,
        "help": text,
        "defaultConfiguration": om.ReportingConfiguration,
    }
    rule = _read(om.ReportingDescriptor, data, "", nested)
    if rule.message_strings is not None:
        strings = _mapping(rule.message_strings, ".messageStrings")
        rule.message_strings = {
            key: _read(text, value, f".messageStrings.{key}") for key, value in strings.items()
        }
    return rule


def read_artifact(data: object) -> "sarif_om.Artifact":
    """An artifact, section 3.24.

    Raises:
        WrongTypeError: a property that is read is not of the schema's type.
    """
    import sarif_om as om

    return _read(om.Artifact, data, "", {"location": om.ArtifactLocation})


def _read(cls: type[T], data: object, where: str, nested: Mapping[str, type] | None = None) -> T:
    """Read one object; `where` is its path for messages."""
    properties = _mapping(data, where)
    arguments: dict[str, Any] = {}
    for field in cls.__attrs_attrs__:  # type: ignore[attr-defined]
        name = field.metadata["schema_property_name"]
        value = properties.get(name)
        if value is None:
            continue
        place = f"{where}.{name}"
        if nested and name in nested:
            value = _read(nested[name], value, place)
        elif name in _STRINGS and not isinstance(value, str):
            raise WrongTypeError(place, f"expected a string, got {type(value).__name__}")
        arguments[field.name] = value
    for field in cls.__attrs_attrs__:  # type: ignore[attr-defined]
        if field.name not in arguments and field.default is _nothing():
            arguments[field.name] = None  # a required property that the tool left out
    return cls(**arguments)


def _nothing() -> object:
    import attr

    return attr.NOTHING


def _mapping(data: object, where: str) -> Mapping[str, Any]:
    if not isinstance(data, dict):
        raise WrongTypeError(where, f"expected an object, got {type(data).__name__}")
    return data
