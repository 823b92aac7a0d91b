"""The parts of a SARIF log that decide something, as types that msgspec decodes into.

Named and shaped after SARIF 2.1.0 (OASIS), whose section each docstring gives. Tools write null
for what they do not have, so every optional property accepts it. Arrays that can be long hold
`msgspec.Raw`: a view of the memory map, decoded when its turn comes.
"""

import enum
from typing import Annotated

import msgspec


class _Object(msgspec.Struct, rename="camel", gc=False):
    """A SARIF object; unknown properties are passed over."""


class Level(enum.StrEnum):
    """Section 3.27.10."""

    NONE = "none"
    NOTE = "note"
    WARNING = "warning"
    ERROR = "error"


# 15.0 is an integer as well, to a JSON schema.
Integer = int | Annotated[float, msgspec.Meta(multiple_of=1)]


class Message(_Object):
    """Section 3.11."""

    text: str | None = None
    markdown: str | None = None
    id: str | None = None
    arguments: list[str] | None = None


class MultiformatMessageString(_Object):
    """Section 3.12."""

    text: str | None = None
    markdown: str | None = None


class ArtifactLocation(_Object):
    """Section 3.4."""

    uri: str | None = None
    uri_base_id: str | None = None
    index: Integer | None = None


class Region(_Object):
    """Section 3.30."""

    start_line: Integer | None = None
    end_line: Integer | None = None


class PhysicalLocation(_Object):
    """Section 3.29."""

    artifact_location: ArtifactLocation | None = None
    region: Region | None = None


class Location(_Object):
    """Section 3.28."""

    physical_location: PhysicalLocation | None = None


class RelatedLocation(_Object):
    """Section 3.28, of which only the identifier counts that a message refers to."""

    id: Integer | None = None


# These two are frozen to serve as keys.
class ToolComponentReference(msgspec.Struct, rename="camel", gc=False, frozen=True):
    """Section 3.54."""

    index: Integer | None = None
    name: str | None = None
    guid: str | None = None


class RuleReference(msgspec.Struct, rename="camel", gc=False, frozen=True):
    """A reportingDescriptorReference, section 3.52."""

    id: str | None = None
    index: Integer | None = None
    guid: str | None = None
    tool_component: ToolComponentReference | None = None


class Suppression(_Object):
    """Section 3.35."""

    kind: str | None = None
    status: str | None = None
    justification: str | None = None


class Provenance(_Object):
    """A resultProvenance, section 3.48."""

    invocation_index: Integer | None = None


class ResultProperties(_Object):
    """Of a result's property bag (section 3.8) what GitHub code scanning defined."""

    security_severity: object = msgspec.field(name="security-severity", default=None)


class Result(_Object):
    """Section 3.27.

    `level` and `kind` are any words, since one that the format does not know costs no result.
    `properties` is what the tool likes, and raw. Fingerprints that are no strings (Black Duck) or
    an empty list (PHP's for an empty object) are an aid that is missing, and no more.
    """

    rule_id: str | None = None
    rule_index: Integer | None = None
    rule: RuleReference | None = None
    level: str | None = None
    kind: str | None = None
    message: Message | None = None
    locations: list[Location] | None = None
    analysis_target: ArtifactLocation | None = None
    related_locations: list[RelatedLocation] | None = None
    fingerprints: dict[str, object] | list[object] | None = None
    partial_fingerprints: dict[str, object] | list[object] | None = None
    suppressions: list[Suppression] | None = None
    baseline_state: str | None = None
    provenance: Provenance | None = None
    properties: msgspec.Raw = msgspec.Raw()


class ReportingConfiguration(_Object):
    """Section 3.50."""

    level: str | None = None


class Override(_Object):
    """A configurationOverride, section 3.51."""

    descriptor: RuleReference | None = None
    configuration: ReportingConfiguration | None = None


class Notification(_Object):
    """Section 3.58."""

    level: str | None = None
    message: Message | None = None
    descriptor: RuleReference | None = None
    locations: list[Location] | None = None


class Invocation(_Object):
    """Section 3.20."""

    execution_successful: bool | None = None
    exit_code: Integer | None = None
    exit_code_description: str | None = None
    process_start_failure_message: str | None = None
    rule_configuration_overrides: list[Override] | None = None
    tool_execution_notifications: list[Notification] | None = None
    tool_configuration_notifications: list[Notification] | None = None


class ToolComponent(_Object):
    """Section 3.19; the rules are left raw, since a tool may list thousands."""

    name: str | None = None
    version: str | None = None
    semantic_version: str | None = None
    guid: str | None = None
    rules: list[msgspec.Raw] | None = None
    global_message_strings: dict[str, MultiformatMessageString] | None = None


class Tool(_Object):
    """Section 3.18."""

    driver: ToolComponent | None = None
    extensions: list[ToolComponent] | None = None


class ExternalProperties(_Object):
    """Sections 3.15 and 4.3: where the results are that the run leaves out."""

    results: list[msgspec.Raw] | None = None


class Run(_Object):
    """Section 3.14."""

    tool: Tool | None = None
    results: list[msgspec.Raw] | None = None
    artifacts: list[msgspec.Raw] | None = None
    original_uri_base_ids: dict[str, ArtifactLocation] | None = None
    invocations: list[Invocation] | None = None
    external_property_file_references: ExternalProperties | None = None


class Version(_Object):
    """Section 3.13.2, which every version of SARIF has."""

    version: str | None = None


class Log(Version):
    """Section 3.13."""

    runs: list[Run] | None = None
    inline_external_properties: list[ExternalProperties] | None = None
