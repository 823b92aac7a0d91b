"""A SARIF run's rules: found by every reference that tools use, read when first needed."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

from insights_parsers.sarif_schema import Override, Result, RuleReference, Tool, ToolComponent
from insights_parsers.sarif_vocabulary import WrongTypeError, read_rule

if TYPE_CHECKING:
    import sarif_om


class _Identified(msgspec.Struct):
    id: str | None = None


class Component:
    """The rules of a driver or an extension."""

    def __init__(self, component: ToolComponent, where: str) -> None:
        self.name = component.name
        self.guid = component.guid
        self._where = f"{where}.rules"
        self._raw = component.rules or []
        self._read: dict[int, sarif_om.ReportingDescriptor] = {}
        self._by_id: dict[str, int] | None = None

    def by_index(self, index: int | None) -> "sarif_om.ReportingDescriptor | None":
        """The rule at an index; None when there is none."""
        if index is None or not 0 <= index < len(self._raw):
            return None
        if index not in self._read:
            try:
                self._read[index] = read_rule(msgspec.json.decode(self._raw[index]))
            except WrongTypeError as error:
                raise WrongTypeError(f"{self._where}[{index}]{error}") from None
        return self._read[index]

    def by_id(self, rule_id: str) -> "sarif_om.ReportingDescriptor | None":
        """The rule of an id, else of the longest prefix of a hierarchical id (section 3.27.5)."""
        if self._by_id is None:
            self._by_id = {}
            for index, raw in enumerate(self._raw):
                known = msgspec.json.decode(raw, type=_Identified).id
                if known is not None:
                    self._by_id.setdefault(known, index)
        while rule_id:
            if rule_id in self._by_id:
                return self.by_index(self._by_id[rule_id])
            rule_id = rule_id.rpartition("/")[0]
        return None


class Rules:
    """All rules of a run."""

    def __init__(self, tool: Tool, where: str) -> None:
        self._driver = Component(tool.driver or ToolComponent(), f"{where}.tool.driver")
        self._extensions = [
            Component(extension, f"{where}.tool.extensions[{n}]")
            for n, extension in enumerate(tool.extensions or ())
        ]

    def of(self, result: Result) -> "sarif_om.ReportingDescriptor | None":
        """The rule of a result: by index where one is given, else by id (section 3.27.7)."""
        component = self._component(result.rule)
        reference = result.rule or RuleReference()
        index = reference.index if reference.index is not None else result.rule_index
        rule_id = result.rule_id or reference.id
        rule = component.by_index(index)
        if rule is not None and (rule_id is None or _is_same_rule(rule_id, rule.id)):
            return rule
        if rule_id is None:
            return None
        candidates = [component, self._driver, *self._extensions]
        return next((r for c in candidates if (r := c.by_id(rule_id)) is not None), None)

    def _component(self, reference: RuleReference | None) -> Component:
        """The component that a rule reference names; the driver when it names none (3.54)."""
        wanted = reference.tool_component if reference else None
        if wanted is None:
            return self._driver
        if wanted.index is not None and 0 <= wanted.index < len(self._extensions):
            return self._extensions[wanted.index]
        for component in self._extensions:
            if (wanted.guid and wanted.guid == component.guid) or (
                wanted.name and wanted.name == component.name
            ):
                return component
        return self._driver


def override_level(overrides: Sequence[Override], rule_id: str, index: int | None) -> str | None:
    """The level that an invocation gave to a rule, section 3.20.5; None when it gave none."""
    for override in overrides:
        descriptor = override.descriptor
        if descriptor is None or override.configuration is None:
            continue
        named = descriptor.id is not None and descriptor.id == rule_id
        indexed = descriptor.id is None and index is not None and descriptor.index == index
        level = override.configuration.get("level")
        if (named or indexed) and isinstance(level, str):
            return level
    return None


def _is_same_rule(rule_id: str, declared: str | None) -> bool:
    return declared is None or rule_id == declared or rule_id.startswith(declared + "/")
