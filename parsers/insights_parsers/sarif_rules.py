"""A SARIF run's rules: found by every reference that tools use, read when first needed.

A rule's place is the pair of its component's number, 0 for the driver, and its index there.
"""

from collections.abc import Iterable, Mapping
from functools import cached_property

import msgspec

from insights_parsers.json_reader import JsonReader
from insights_parsers.sarif_meaning import RuleFacts, rule_facts, undeclared
from insights_parsers.sarif_schema import Override, RuleReference, Tool, ToolComponent
from insights_parsers.sarif_vocabulary import WrongTypeError, read_rule

_DRIVER = 0
_MAX_LEVELS = 16  # of a hierarchical id
_NO_REFERENCE = RuleReference()

_Place = tuple[int, int]


class _Identified(msgspec.Struct):
    id: str | None = None


class Rules:
    """All rules of a run, as its invocations configured them."""

    def __init__(self, tool: Tool, overrides: Iterable[Override], reader: JsonReader) -> None:
        self._reader = reader
        extensions = tool.extensions or []
        self._raw = [
            component.rules or [] for component in (tool.driver or ToolComponent(), *extensions)
        ]
        self._where = [".tool.driver.rules"]
        self._by_guid: dict[str, int] = {}
        self._by_name: dict[str, int] = {}
        for number, extension in enumerate(extensions, 1):
            self._where.append(f".tool.extensions[{number - 1}].rules")
            self._by_guid.setdefault(extension.guid or "", number)
            self._by_name.setdefault(extension.name or "", number)
        self._levels = self._overridden(overrides)
        self._ids: dict[int, Mapping[str, _Place]] = {}
        self._facts: dict[_Place, RuleFacts] = {}

    def facts(
        self, rule_id: str | None, rule_index: int | None, reference: RuleReference | None
    ) -> RuleFacts:
        """What a result's rule says, found by its properties of these names (section 3.27.7).

        Raises:
            MalformedError: a rule is not of the schema's types.
        """
        reference = reference or _NO_REFERENCE
        name = rule_id or reference.id
        index = reference.index if reference.index is not None else rule_index
        component = self._component(reference)
        if index is not None and 0 <= index < len(self._raw[component]):
            facts = self._read((component, index))
            if name is None or _is_same_rule(name, facts.declared):
                return _named(facts, name)
        if name is None:
            return undeclared("", None)
        place = _longest(name, self._ids_of(component)) or _longest(name, self._all_ids)
        if place is None:
            return undeclared(name, self._levels.get(name))
        return _named(self._read(place), name)

    def _component(self, reference: RuleReference) -> int:
        """The component that a reference names; the driver when it names none (section 3.54)."""
        wanted = reference.tool_component
        if wanted is None:
            return _DRIVER
        if wanted.index is not None and 0 <= wanted.index < len(self._raw) - 1:
            return wanted.index + 1
        by_guid = self._by_guid.get(wanted.guid) if wanted.guid else None
        by_name = self._by_name.get(wanted.name) if wanted.name else None
        return by_guid or by_name or _DRIVER

    def _overridden(self, overrides: Iterable[Override]) -> Mapping[str | _Place, str]:
        """The levels that invocations gave to rules, by id or place (section 3.20.5)."""
        levels: dict[str | _Place, str] = {}
        for override in overrides:
            rule = override.descriptor
            level = (override.configuration or {}).get("level")
            if rule is None or not isinstance(level, str):
                continue
            if rule.id is not None:
                levels.setdefault(rule.id, level)
            elif rule.index is not None:
                levels.setdefault((self._component(rule), rule.index), level)
        return levels

    def _read(self, place: _Place) -> RuleFacts:
        facts = self._facts.get(place)
        if facts is None:
            component, index = place
            where = f"{self._where[component]}[{index}]"
            try:
                rule = read_rule(self._reader.decode(self._raw[component][index], object, where))
            except WrongTypeError as error:
                place_of_error = f"{self._reader.where}{where}{error.place}"
                raise self._reader.wrong(place_of_error, str(error)) from None
            override = self._levels.get(rule.id or "", self._levels.get(place))
            facts = self._facts[place] = rule_facts(rule, override)
        return facts

    def _ids_of(self, component: int) -> Mapping[str, _Place]:
        """A component's rules by id; of several with one id the first."""
        if component not in self._ids:
            ids: dict[str, _Place] = {}
            rules = self._reader.each(self._raw[component], _Identified, self._where[component])
            for index, rule in enumerate(rules):
                if rule.id:
                    ids.setdefault(rule.id, (component, index))
            self._ids[component] = ids
        return self._ids[component]

    @cached_property
    def _all_ids(self) -> Mapping[str, _Place]:
        """The rules of all components by id, the driver's before the extensions'."""
        every: dict[str, _Place] = {}
        for component in reversed(range(len(self._raw))):
            every |= self._ids_of(component)
        return every


def _named(facts: RuleFacts, name: str | None) -> RuleFacts:
    """The same facts under the name that the result gives, which may be hierarchical."""
    if not name or name == facts.name:
        return facts
    return msgspec.structs.replace(facts, name=name)


def _longest(rule_id: str, ids: Mapping[str, _Place]) -> _Place | None:
    """The rule of an id, else of the longest prefix of a hierarchical id (section 3.27.5)."""
    for _ in range(_MAX_LEVELS):
        if rule_id in ids or not rule_id:
            break
        rule_id = rule_id.rpartition("/")[0]
    return ids.get(rule_id)


def _is_same_rule(rule_id: str, declared: str | None) -> bool:
    return declared is None or rule_id == declared or rule_id.startswith(declared + "/")
