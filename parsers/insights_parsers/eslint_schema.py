"""The parts of ESLint's JSON that decide something, as types that msgspec decodes into.

After the chapter "Node.js API Reference" of ESLint's documentation, whose type each docstring
names. JavaScript leaves out what is undefined and writes null for NaN, so what is optional there
accepts both. Arrays that can be long hold `msgspec.Raw`: a view of the memory map. A result's
`source` and `output`, whole files, are not among the fields and so are never copied.
"""

import msgspec


class _Object(msgspec.Struct, rename="camel", gc=False):
    """An object of ESLint's; unknown properties are passed over."""


class Suppression(_Object):
    """SuppressedLintMessage.suppressions: a directive comment, with the words after its `--`."""

    kind: str | None = None
    justification: str | None = None


class LintMessage(_Object):
    """LintMessage, and SuppressedLintMessage, which has suppressions besides.

    `severity` is 1 for a warning and 2 for an error.
    """

    severity: int
    message: str
    rule_id: str | None = None
    fatal: bool | None = None
    line: int | None = None
    end_line: int | None = None
    suppressions: list[Suppression] | None = None


class LintResult(_Object):
    """LintResult: one file."""

    file_path: str
    messages: list[msgspec.Raw]
    suppressed_messages: list[msgspec.Raw] | None = None


class RuleMeta(_Object):
    """RuleMeta: a plugin may put anything there, so no property is held to a type."""

    type: object = None
    docs: object = None


class Metadata(_Object):
    """What the formatter json-with-metadata adds (`LintResultData`)."""

    rules_meta: dict[str, RuleMeta | None] | None = None


class Report(_Object):
    """The root that the formatter json-with-metadata writes."""

    results: list[msgspec.Raw]
    metadata: Metadata | None = None
