"""What the destinations of a run's outcome would be sent, for people and as JSON. Pure."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from insights_uploader.outcome import Prepared
from insights_uploader.preview.plain import plain

_SHOWN = 2000


def text(prepared: Mapping[str, Sequence[Prepared]]) -> str:
    """Each destination with its requests; a long body is cut."""
    return "".join(f"{line}\n" for line in _lines(prepared))


def as_json(prepared: Mapping[str, Sequence[Prepared]]) -> Sequence[Mapping[str, Any]]:
    """The same as JSON's own types, with every body as a whole."""
    return [
        {
            "destination": name,
            "requests": [
                {"method": each.method, "address": each.address, "body": each.body}
                for each in requests
            ],
        }
        for name, requests in prepared.items()
    ]


def _lines(prepared: Mapping[str, Sequence[Prepared]]) -> Iterator[str]:
    for name, requests in prepared.items():
        yield ""
        yield f"{name}: {'these requests' if requests else 'nothing'} would be sent"
        for each in requests:
            yield f"  {each.method} {plain(each.address)}"
            if each.body is not None:
                body = plain(json.dumps(each.body, ensure_ascii=False))
                long = len(body) > _SHOWN
                yield f"  {body[:_SHOWN]}{'… (all of it with --format json)' if long else ''}"
