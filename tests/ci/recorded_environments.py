"""The environments beside this file: `NAME=value` in lines, `#` before the documentation's address."""

from pathlib import Path

from insights_uploader.ci.build import Build
from insights_uploader.ci.detection import detect

FOLDER = Path(__file__).parent / "environments"
SOURCE = "3e01b71b3434c0441b24563f1c180bc615f9467d"
MERGE = "1ee546f280c093f1e24ecc149db4a0a100c8d609"
SERVER = "https://bitbucket.example.com"


def environment(name: str) -> dict[str, str]:
    lines = (FOLDER / f"{name}.env").read_text(encoding="utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if not line.startswith("#"))


def build(name: str, **changes: str) -> Build:
    found = detect(environment(name) | changes)
    assert found is not None
    return found


def said(found: Build) -> dict[str, tuple[object, str]]:
    """Field -> value and the variable it came from."""
    return {field: (getattr(found, field), origin) for field, origin in found.origins.items()}
