"""What tests of several rooms share: a real project's repository, and the fixtures' own numbers."""

import os
import subprocess
import sys
from collections.abc import Hashable, Iterator
from functools import partial
from pathlib import Path

import hypothesis
import pytest
import repository
from contract.exchanges import answer_faults, request_faults
from fixture_records import ROOT
from program import OTHER_TOKEN, TOKEN, Loaded, Run

from insights_uploader.sandbox import server
from insights_uploader.sandbox.app import build
from insights_uploader.sandbox.recording import Exchange
from insights_uploader.sandbox.server import Sandbox, serve
from insights_uploader.sandbox.settings import AccessToken, SandboxSettings

hypothesis.settings.register_profile("suite", max_examples=25)
hypothesis.settings.register_profile("campaign", max_examples=1000)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--campaign", action="store_true", help="run every case; takes long")


def pytest_configure(config: pytest.Config) -> None:
    is_campaign = config.getoption("--campaign")
    hypothesis.settings.load_profile("campaign" if is_campaign else "suite")


@pytest.fixture(scope="session")
def is_campaign(request: pytest.FixtureRequest) -> bool:
    """Whether every case is to be run, however long it takes."""
    return bool(request.config.getoption("--campaign"))


@pytest.fixture(autouse=True)
def clean_environ(monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting of the machine reaches a test."""
    for name in list(os.environ):
        if name.startswith(("BITBUCKET_", "GIT_")) or name.upper().endswith("_PROXY"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)


@pytest.fixture(scope="session", autouse=True)
def exchanges() -> Iterator[dict[Hashable, Exchange]]:
    """What passes between any sandbox and its clients in the test that runs, once each."""
    passed: dict[Hashable, Exchange] = {}

    def observe(exchange: Exchange) -> None:
        request = exchange.request
        what = (request.method, request.path, request.query, frozenset(request.headers.items()))
        passed[what, exchange.body, request.status, exchange.answer, exchange.struck] = exchange

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(server, "build", partial(build, observe=observe))
        yield passed


@pytest.fixture
def is_careful(request: pytest.FixtureRequest) -> bool:
    """Whether what is sent must be what a server takes: all that our program sends by itself."""
    return request.path.name != "test_refused_annotations.py"  # wrong on purpose


@pytest.fixture(autouse=True)
def contract(exchanges: dict[Hashable, Exchange], is_careful: bool) -> Iterator[None]:
    """Every request and every answer of a test holds to the contract with Atlassian's servers."""
    exchanges.clear()
    yield
    seen = list(exchanges.values())
    broken = [fault for each in seen for fault in answer_faults(each)]
    if is_careful:
        broken += [fault for each in seen for fault in request_faults(each)]
    assert not broken, "\n".join(dict.fromkeys(broken))


@pytest.fixture(scope="session")
def dotenv(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout of python-dotenv: 0.21.0 on `main`, 0.21.1 on the branch that is checked out."""
    folder = tmp_path_factory.mktemp("repositories") / "python-dotenv"
    repository.build(folder, "python-dotenv", "0.21.0", "0.21.1")
    return folder


@pytest.fixture
def sandbox(dotenv: Path, request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    """A sandbox over the demo project; parametrise it indirectly with settings."""
    tokens = (AccessToken("ci", TOKEN), AccessToken("other", OTHER_TOKEN))
    settings = SandboxSettings(checkout=dotenv, tokens=tokens, **getattr(request, "param", {}))
    with serve(settings) as running:
        yield running


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the commands of an environment that holds the built wheel.

    Its other packages are those of this environment, without the editable install.
    """
    folder = tmp_path_factory.mktemp("installed")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    [wheel] = folder.glob("*.whl")
    environment = folder / "environment"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(environment)], check=True)
    [packages] = environment.glob("lib/python*/site-packages")
    [here] = {path for path in sys.path if path.endswith("site-packages")}
    (packages / "dependencies.pth").write_text(here + "\n")
    pip = [sys.executable, "-m", "pip", "--python", str(environment), "install", "--quiet"]
    pip += ["--no-deps", "--no-index", "--disable-pip-version-check", str(wheel)]
    subprocess.run(pip, check=True, capture_output=True)
    return environment / "bin"


@pytest.fixture(scope="session")
def loaded(installed: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Loaded]:
    """The installed program, loaded once for all its runs."""
    with Loaded(installed, tmp_path_factory.mktemp("streams")) as program:
        yield program


@pytest.fixture
def run(loaded: Loaded, dotenv: Path) -> Run:
    """Run the installed program as a user would; in the demo project's checkout unless told."""

    def _run(
        *arguments: str | Path, cwd: Path = dotenv, stdin: bytes = b"", **environ: str
    ) -> subprocess.CompletedProcess[str]:
        env = {"PATH": os.environ["PATH"], "HOME": str(cwd), **environ}
        done = loaded.run(list(map(str, arguments)), cwd, env, stdin)
        output, errors = done.stdout.decode(), done.stderr.decode()
        assert "Traceback" not in errors, errors
        return subprocess.CompletedProcess(done.args, done.returncode, output, errors)

    return _run
