"""A run that somebody ends before its end."""

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest
from fixture_records import BANDIT

SIGNALS = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]


@pytest.mark.parametrize("number", SIGNALS)
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
        process.send_signal(signal.SIGINT)  # to the whole group, or by somebody impatient
        process.send_signal(number)
        _, words = process.communicate(timeout=30)
    assert (process.returncode, words) == (130, "interrupted\n")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("number", SIGNALS)
def test_a_run_that_is_interrupted_as_it_begins(installed: Path, number: signal.Signals) -> None:
    for wait_s in (0.02, 0.03, 0.05, 0.08, 0.12, 0.2):
        with subprocess.Popen(
            [installed / "insights-uploader", "sandbox", "--port", "0"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            time.sleep(wait_s)
            process.send_signal(number)
            _, words = process.communicate(timeout=30)
        assert process.returncode
        assert "insights_uploader/" not in words, words  # else Python had not come to us yet


def test_whom_nohup_protects_goes_on(installed: Path, dotenv: Path) -> None:
    with subprocess.Popen(
        ["nohup", installed / "insights-uploader", "preview", BANDIT, "--diff", "-"],
        cwd=dotenv,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        time.sleep(0.7)
        process.send_signal(signal.SIGHUP)
        time.sleep(0.2)
        _, words = process.communicate(b"no diff", timeout=30)
    assert process.returncode == 3, words


@pytest.mark.parametrize("closed", ["2>&-", ">&-", ">&- 2>&-", "<&- >&- 2>&-", "2>/dev/full"])
def test_streams_that_are_closed_change_no_exit_code(
    installed: Path, dotenv: Path, closed: str
) -> None:
    command = '"$0" publish "$1" --base main --url http://127.0.0.1:1 --deadline 2 ' + closed
    done = subprocess.run(
        ["sh", "-c", command, installed / "insights-uploader", BANDIT],
        cwd=dotenv,
        env={
            "PATH": os.environ["PATH"],
            "BITBUCKET_TOKEN": "t0ken",
            "BITBUCKET_PROJECT": "PRJ",
            "BITBUCKET_REPOSITORY": "repo",
            "INSIGHTS_UPLOADER_TRIES": "1",
        },
        capture_output=True,
        check=False,
    )
    assert done.returncode == 4, done
    assert b"Traceback" not in done.stderr


HELP = [("--help",), ("publish", "--help"), ("--version",)]


@pytest.mark.parametrize("words", HELP)
def test_who_reads_the_help_may_go_away(installed: Path, words: tuple[str, ...]) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    command = [str(installed / "insights-uploader"), *words]
    done = subprocess.run(command, stdout=writer, stderr=subprocess.PIPE, text=True, check=False)
    os.close(writer)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("words", HELP)
def test_help_for_a_full_disk(installed: Path, words: tuple[str, ...]) -> None:
    command = [str(installed / "insights-uploader"), *words]
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    said = "error: standard output: No space left on device\n"
    assert (done.returncode, done.stderr) == (2, said)


DROPPED = """
import os, signal, time
from insights_uploader import __main__ as program

class Slow:
    def __del__(self):
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(0.2)

program._interruptible()
try:
    Slow()
    time.sleep(10)
    print("lost")
except KeyboardInterrupt:
    print("heard")
"""


def test_an_interrupt_in_a_destructor_is_not_lost(installed: Path) -> None:
    """Python drops whatever a destructor raises."""
    command: list[str | Path] = [installed / "python", "-c", DROPPED]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert (done.stdout, done.stderr) == ("heard\n", "")
