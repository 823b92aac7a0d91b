"""What Python takes for a number and nobody means: it is refused before anything is done."""

import pytest
from program import Run

JIRA = {"JIRA_SITE": "http://127.0.0.1:1", "JIRA_CLIENT_ID": "i", "JIRA_CLIENT_SECRET": "s" * 32}


@pytest.mark.parametrize("number", ["nan", "inf", "-1", "1e300"])
@pytest.mark.parametrize(
    "words",
    [
        ("jira", "deployments", "gating-status", "p", "e", "1", "--wait"),
        ("jira", "deployments", "submit", "--wait"),
        ("jira", "builds", "submit", "--wait"),
        ("jira", "devinfo", "submit", "--wait"),
        ("build", "set", "FAILED", "--duration"),
        ("report", "list", "--deadline"),
        ("publish", "x.sarif", "--deadline"),
        ("publish", "x.sarif", "--min-coverage"),
    ],
)
def test_no_number_of_seconds_or_percent(run: Run, words: tuple[str, ...], number: str) -> None:
    done = run(*words, number, **JIRA)
    assert done.returncode == 2, done
    assert f"Invalid value for '{words[-1]}'" in done.stderr
    assert "Traceback" not in done.stderr
