"""The same tests that fail on two machines are the same findings: pytest runs twice, for real."""

import subprocess
import sys
import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from selection.builders import finding

from insights_uploader.model.finding import Placed
from insights_uploader.selection.identity import Identity

PROGRAM = """
    import datetime, os, pathlib, socket, tempfile, time, unittest.mock, uuid
    import pytest

    class Thing:
        def method(self): pass

    def test_an_object():
        assert [Thing(), Thing().method] == []

    def test_a_mock():
        assert unittest.mock.Mock(name="m") == 1

    def test_a_file_of_its_own(tmp_path):
        (tmp_path / "a.txt").read_text()

    def test_a_temporary_file():
        pathlib.Path(tempfile.mkdtemp(), "a.txt").read_text()

    def test_a_temporary_folder():
        pathlib.Path(tempfile.mkdtemp()).read_text()

    def test_a_file_of_the_checkout():
        pathlib.Path(__file__).with_name("data.json").read_text()

    def test_a_uuid():
        assert str(uuid.uuid4()) == ""

    def test_an_id():
        assert uuid.uuid4().hex == ""

    def test_a_point_in_time():
        assert str(datetime.datetime.now()) == ""

    def test_seconds_since_1970():
        assert time.time_ns() == 0

    def test_a_duration():
        pytest.fail(f"took {time.perf_counter() % 1000:.3f}s")

    def test_a_process():
        pytest.fail(f"the worker (pid {os.getpid()}) died")

    def test_a_port():
        with socket.create_server(("127.0.0.1", 0)) as server:
            pytest.fail(f"cannot connect to 127.0.0.1:{server.getsockname()[1]}")

    @pytest.mark.parametrize("number", [1, 2])
    def test_a_number(number):
        assert number == 3
"""


def failures(folder: Path) -> dict[str, str]:
    """What pytest says of each failing test when it runs in a folder."""
    folder.mkdir(parents=True)
    (folder / "test_program.py").write_text(textwrap.dedent(PROGRAM))
    (folder / "pytest.ini").write_text("[pytest]")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--junitxml=r.xml"]
    subprocess.run(command, cwd=folder, check=False, capture_output=True)
    cases = ET.parse(folder / "r.xml").iter("testcase")
    return {
        case.attrib["name"]: failure.attrib["message"] for case in cases for failure in case[:1]
    }


Runs = Sequence[Mapping[str, str]]


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Runs:
    """Two runs, each in a folder of its own as two CI machines would name it."""
    folder = tmp_path_factory.mktemp("machines")
    return [
        failures(folder / "jenkins" / "workspace" / "acme_PR-12"),
        failures(folder / "builds" / "x7Kp" / "0" / "acme"),
    ]


def test_failing_tests_keep_their_identities_from_machine_to_machine(runs: Runs) -> None:
    one, two = runs
    assert len(one) == 15
    assert sum(one[name] != two[name] for name in one) >= 12  # what they say differs in that many
    assert [name for name in one if identity(name, one[name]) != identity(name, two[name])] == []


def test_what_a_failing_test_says_of_another_value_is_another_failure(runs: Runs) -> None:
    said = runs[0]
    assert identity("t", said["test_a_number[1]"]) != identity("t", said["test_a_number[2]"])


@pytest.mark.parametrize(
    "message", ["/a" * 20_000, "a" * 50_000, "1" * 50_000, "/@" * 20_000, "~/" * 20_000]
)
def test_no_message_takes_long(message: str) -> None:
    identity("t", message + "!")


def identity(name: str, message: str) -> bytes:
    test = finding(rule=name, message=message, failed_test=True)
    return Identity(lambda _: [b"assert"]).of(Placed(test, "test_program.py", 1, None, ""))
