"""A case's duration, in the ways that tools write numbers."""

_MAX_SECONDS = 1e9  # 30 years; more is a broken clock


def seconds(text: str) -> float:
    """A duration in seconds; what is no duration counts as 0.

    A comma beside a dot, or one of several, stands between thousands (Surefire's `1,234.5`); a
    single one is a decimal comma (`0,005`), which tools write under a European locale.
    """
    text = text[:40].strip()
    if text.count(",") == 1 and ("." not in text or text.index(".") < text.index(",")):
        text = text.replace(".", "").replace(",", ".")
    try:
        value = float(text.replace(",", "").removesuffix("s"))
    except ValueError:
        return 0.0
    return value if 0 < value < _MAX_SECONDS else 0.0
