"""Pylint's formats json (a list of messages) and json2 (messages and statistics).

Shaped after `pylint.reporters.json_reporter`. The statistics are passed over: what counts is what
the messages say.
"""

from collections.abc import Iterator

import msgspec

from insights_parsers.json_reader import JsonReader
from insights_parsers.pylint_findings import Category, location, pylint_finding
from insights_uploader.model.finding import Finding
from insights_uploader.model.measure import Remark

_CATEGORIES = {category.value: category for category in Category}
_MAX_WORD = 40


class _Report(msgspec.Struct, gc=False):
    """The root of json2."""

    messages: list[msgspec.Raw]


class _Message(msgspec.Struct, gc=False):
    """A message of either format; json writes `message-id` and json2 `messageId`."""

    type: str
    path: str
    message: str
    symbol: str | None = None
    old_id: str | None = msgspec.field(name="message-id", default=None)
    new_id: str | None = msgspec.field(name="messageId", default=None)
    line: int | None = None
    end_line: int | None = msgspec.field(name="endLine", default=None)


def json_findings(path: str, content: memoryview, *, is_list: bool) -> Iterator[Finding | Remark]:
    """Yield the findings of a file in format json (`is_list`) or json2, then remarks.

    A category that pylint does not have is taken as warning, with a remark.

    Raises:
        MalformedError: not JSON, not pylint's, or without symbol and id.
    """
    reader = JsonReader(path, "pylint's format json or json2")
    unknown, first_unknown = 0, ""
    if is_list:
        where, messages = "", reader.decode(content, list[msgspec.Raw])
    else:
        where, messages = "messages", reader.decode(content, _Report).messages
    for index, message in enumerate(reader.each(messages, _Message, where)):
        rule = message.symbol or message.new_id or message.old_id
        if not rule:
            raise reader.wrong(f"{where}[{index}]", "has neither a symbol nor a message id")
        category = _CATEGORIES.get(message.type)
        if category is None:
            unknown += 1
            first_unknown = first_unknown or message.type[:_MAX_WORD]
        yield pylint_finding(
            category or Category.WARNING,
            rule,
            message.message,
            location(message.path, message.line, message.end_line),
        )
    if unknown:
        yield Remark(
            f"{unknown} messages of pylint with an unknown type, such as {first_unknown!r}, "
            "taken as warning"
        )
    yield from reader.remarks()
