"""A run that somebody ends before its end."""

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest
from fixture_records import BANDIT


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_nothing_is_left_behind(
    installed: Path, dotenv: Path, tmp_path: Path, number: signal.Signals
) -> None:
    """Ctrl-C, and a CI that aborts the build while a diff is waited for."""
    with subprocess.Popen(
        [installed / "insights-uploader", "preview", BANDIT, "--diff", "-"],
        cwd=dotenv,
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path), "TMPDIR": str(tmp_path)},
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        while not any(tmp_path.glob("*/objects/info/alternates")):
            assert process.poll() is None
            time.sleep(0.01)
        process.send_signal(number)
        _, words = process.communicate(timeout=30)
    assert (process.returncode, words) == (130, "interrupted\n")
    assert list(tmp_path.iterdir()) == []
