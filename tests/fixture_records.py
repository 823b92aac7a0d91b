"""The fixtures, and what their READMEs record."""

import tomllib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
FIXTURES = ROOT / "fixtures"
FOLDERS = sorted(
    path.parent for path in FIXTURES.glob("*/*/README.md") if "projects" not in path.parts
)

RUFF = FIXTURES / "sarif/ruff-python-dotenv/ruff.sarif"
BANDIT = FIXTURES / "sarif/bandit-python-dotenv/bandit.sarif"
PYTEST = FIXTURES / "junit/pytest-python-dotenv/pytest.xml"


def recorded(folder: Path) -> dict[str, Any]:
    """The tool, its version, command and own summary, from the README's toml block."""
    _, _, rest = (folder / "README.md").read_text(encoding="utf-8").partition("```toml\n")
    return tomllib.loads(rest.partition("\n```")[0])
