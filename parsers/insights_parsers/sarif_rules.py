"""A SARIF run's rules: found by every reference that tools use, read when first needed.

A rule's place is the pair of its component's number, 0 for the driver, and its index there.
"""

from collections.abc import Iterable, Mapping
from functools import cached_property

import msgspec

from insights_parsers.json_reader import JsonReader
from insights_parsers.sarif_meaning import RuleFacts, known_level, rule_facts
from insights_parsers.sarif_remarks import Remarks
from insights_parsers.sarif_schema import Invocation, Level, RuleReference, Tool, ToolComponent
from insights_parsers.sarif_vocabulary import WrongTypeError, read_rule

_DRIVER = 0
_MAX_LEVELS = 16  # of a hierarchical id
_NO_REFERENCE = RuleReference()

_Place = tuple[int, int]


_Levels = dict[str | _Place, Level]


class _Identified(msgspec.Struct):
    id: str | None = None
    guid: str | None = None


class Rules:
    """All rules of a run, as its invocations configured them."""

    def __init__(
        self, tool: Tool, invocations: Iterable[Invocation], reader: JsonReader, remarks: Remarks
    ) -> None:
        self._reader = reader
        self._remarks = remarks
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
        self._levels = self._overridden(invocations)
        self._ids: dict[int, Mapping[str, _Place]] = {}
        self._facts: dict[_Place, RuleFacts] = {}

    def facts(
        self,
        rule_id: str | None,
        rule_index: float | None,
        reference: RuleReference | None,
        invocation: float | None = None,
    ) -> RuleFacts:
        """What a result's rule says, found by its properties of these names (section 3.27.7).

        Args:
            rule_id: the result's, which may be hierarchical.
            rule_index: the result's, in the driver unless the reference names an extension.
            reference: the result's `rule`.
            invocation: the index of the one that found the result (section 3.48.6), whose
                overrides count; without it those of all do.

        Raises:
            MalformedError: a rule is not of the schema's types.
        """
        reference = reference or _NO_REFERENCE
        name = rule_id or reference.id
        place = self._place(name, rule_index, reference)
        found = self._read(place) if place is not None else RuleFacts(name or "", Level.WARNING)
        levels = self._levels.get(None if invocation is None or invocation < 0 else invocation, {})
        level = levels.get(found.declared or found.name)
        if level is None and place is not None:
            level = levels.get(place)
        if (not name or name == found.name) and level in (None, found.level):
            return found
        return msgspec.structs.replace(found, name=name or found.name, level=level or found.level)

    def _place(
        self, name: str | None, rule_index: float | None, reference: RuleReference
    ) -> _Place | None:
        index = reference.index if reference.index is not None else rule_index
        component = self._component(reference)
        if index is not None and 0 <= index < len(self._raw[component]):
            place = component, int(index)
            if name is None or _is_same_rule(name, self._read(place).declared):
                return place
        if name is None:
            return self._all_ids.get(reference.guid) if reference.guid else None
        return _longest(name, self._ids_of(component)) or _longest(name, self._all_ids)

    def _component(self, reference: RuleReference) -> int:
        """The component that a reference names; the driver when it names none (section 3.54)."""
        wanted = reference.tool_component
        if wanted is None:
            return _DRIVER
        if wanted.index is not None and 0 <= wanted.index < len(self._raw) - 1:
            return int(wanted.index) + 1
        by_guid = self._by_guid.get(wanted.guid) if wanted.guid else None
        by_name = self._by_name.get(wanted.name) if wanted.name else None
        return by_guid or by_name or _DRIVER

    def _overridden(self, invocations: Iterable[Invocation]) -> Mapping[float | None, _Levels]:
        """The levels that each invocation gave to rules, by id or place (section 3.20.5).

        Under None stand those of all; of several for one rule the first counts.
        """
        every: _Levels = {}
        levels: dict[float | None, _Levels] = {None: every}
        for number, invocation in enumerate(invocations):
            own = levels[number] = {}
            for override in invocation.rule_configuration_overrides or ():
                rule, configuration = override.descriptor, override.configuration
                if rule is None or configuration is None or configuration.level is None:
                    continue
                level = known_level(configuration.level)
                if level is None:
                    reason = "with an unknown level, such as {}, passed over"
                    self._remarks.count("override", reason, configuration.level)
                elif rule.id is not None or rule.index is not None:
                    key = rule.id or (self._component(rule), int(rule.index or 0))
                    own.setdefault(key, level)
                    every.setdefault(key, level)
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
            facts = self._facts[place] = rule_facts(rule, self._remarks)
        return facts

    def _ids_of(self, component: int) -> Mapping[str, _Place]:
        """A component's rules by id and by guid; of several with one id the first."""
        if component not in self._ids:
            ids: dict[str, _Place] = {}
            rules = self._reader.each(self._raw[component], _Identified, self._where[component])
            for index, rule in enumerate(rules):
                for key in (rule.id, rule.guid):
                    if key:
                        ids.setdefault(key, (component, index))
            self._ids[component] = ids
        return self._ids[component]

    @cached_property
    def _all_ids(self) -> Mapping[str, _Place]:
        """The rules of all components by id, the driver's before the extensions'."""
        every: dict[str, _Place] = {}
        for component in reversed(range(len(self._raw))):
            every |= self._ids_of(component)
        return every


def _longest(rule_id: str, ids: Mapping[str, _Place]) -> _Place | None:
    """The rule of an id, else of the longest prefix of a hierarchical id (section 3.27.5)."""
    for _ in range(_MAX_LEVELS):
        if rule_id in ids or not rule_id:
            break
        rule_id = rule_id.rpartition("/")[0]
    return ids.get(rule_id)


def _is_same_rule(rule_id: str, declared: str | None) -> bool:
    return declared is None or rule_id == declared or rule_id.startswith(declared + "/")
