"""Names that are too long for a server. Pure."""

import hashlib


def shortened(name: str, units: int) -> str:
    """A name that identifies, in at most so many UTF-16 code units.

    One that is too long is cut, without splitting a character, and ends in a hash of the whole:
    the same name gives the same one in every run, and another name another.
    """
    encoded = name.encode("utf-16-le")
    if len(encoded) <= 2 * units:
        return name
    mark = hashlib.sha256(encoded).hexdigest()[:12]
    room = units - len(mark) - 1
    return f"{encoded[: 2 * room].decode('utf-16-le', 'ignore')}-{mark}"
