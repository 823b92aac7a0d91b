"""A pull request made to do harm, over the installed program: each rule of trust and its test.

The author of a pull request writes every file of the checkout; here they also got hold of the
clone's `.git` folder, which is more than they can do.

| rule | test |
|---|---|
| a file in the checkout never sets destination, credentials, TLS, retries or policy | below: settings |
| ... not from pyproject.toml, not through a link, and what it links to is not shown | below: settings |
| ... nor is a `url` in it ignored in silence | test_settings_runs: does_not_choose_the_server |
| the token goes to no host that a git remote names | below: remote |
| no command runs: of git's configuration, hooks, attributes, or Python files that lie around | below: commands |
| what git starts does not know the token | below: environment |
| `--policy-from`: ignores, gate, aliases of the target's commit | test_settings_runs: wave_itself_through, an_alias |
| ... and severities | below: severities |
| `--config` comes before both | test_settings_runs: a_file_that_the_user_names |
| results that are a link to a secret, a pipe, a device | below: results |
| results that a glob finds behind a link | inputs/test_arguments: what_a_link_brings_in |
| paths out of the repository | test_bad_input: a_path_out_of_the_repository |
| text that moves a terminal | below: terminal; test_main_job and test_doctor for theirs |
| variables of a CI that a comment on the pull request sets | ci/test_ci_hostile |
"""

import json
import os
import shutil
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
import repository
from fixture_records import BANDIT, RUFF
from program import TOKEN, Run

from insights_uploader.sandbox.server import Sandbox, serve
from insights_uploader.sandbox.settings import AccessToken, SandboxSettings

PullRequest = Callable[[Mapping[str, str]], Path]
"""Makes the checkout of a pull request that adds these files."""

PUBLISH = ["publish", BANDIT, "--base", "main"]


@pytest.fixture
def workspace(dotenv: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "workspace"
    shutil.copytree(dotenv, folder)
    return folder


@pytest.fixture
def pull_request(workspace: Path) -> PullRequest:
    def make(files: Mapping[str, str]) -> Path:
        for name, content in files.items():
            (workspace / name).parent.mkdir(parents=True, exist_ok=True)
            (workspace / name).write_text(content)
        repository.git(workspace, "add", "--all", "--force")
        repository.git(workspace, "commit", "-q", "--allow-empty", "-m", "Do harm")
        return workspace

    return make


@pytest.fixture
def server(workspace: Path) -> Iterator[Sandbox]:
    with serve(SandboxSettings(workspace, tokens=(AccessToken("ci", TOKEN),))) as running:
        yield running


def place(server: Sandbox) -> dict[str, str]:
    names = {"BITBUCKET_PROJECT": "PRJ", "BITBUCKET_REPOSITORY": "repo"}
    return {"BITBUCKET_URL": server.url, "BITBUCKET_TOKEN": TOKEN, **names}


@contextmanager
def attacker() -> Iterator[tuple[str, list[object]]]:
    """A server that nobody may ask anything: its address, and who did."""
    callers: list[object] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def listen() -> None:
            while True:
                try:
                    connection, caller = listener.accept()
                except OSError:
                    return
                callers.append(caller)
                connection.close()

        thread = threading.Thread(target=listen)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}", callers
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()


# settings

_ELSEWHERE = "https://elsewhere.example.com"


@pytest.mark.parametrize(
    "settings",
    [
        {"url": _ELSEWHERE, "project": "EVIL", "repository": "evil", "commit": "0" * 40},
        {"token-file": "/run/secrets/token", "token": "x", "username": "ann", "password": "x"},
        {"ca-file": "evil.pem", "client-cert": "evil.pem", "allow-http": True, "proxy": _ELSEWHERE},
        {"tries": 100, "deadline": 86400, "on-upload-error": "warn", "exit-zero": True},
        {"policy-from": "HEAD", "config": "other.toml", "checkout": "/", "receipt": "/tmp/x"},
        {"base": "HEAD", "two-dot": True, "pull-request": 1, "diff": "evil.diff", "changes": "staged"},
        {"force": True, "prune": True, "on-bad-input": "abort", "results": ["x"], "command": "id"},
    ],
)  # fmt: skip
def test_a_setting_that_is_not_the_branchs_to_make(
    run: Run, pull_request: PullRequest, server: Sandbox, settings: Mapping[str, object]
) -> None:
    for key, value in settings.items():
        checkout = pull_request({"insights-uploader.toml": f"{key} = {json.dumps(value)}\n"})
        done = run(*PUBLISH, cwd=checkout, **place(server))
        assert (done.returncode, done.stdout) == (2, ""), key
        assert f"insights-uploader.toml: {key}: " in done.stderr
    assert server.requests == []


def test_nor_by_another_file(run: Run, pull_request: PullRequest, server: Sandbox) -> None:
    table = f"[tool.insights-uploader]\nurl = '{_ELSEWHERE}'\n"
    done = run(*PUBLISH, cwd=pull_request({"pyproject.toml": table}), **place(server))
    assert (done.returncode, done.stdout) == (2, "")
    assert "pyproject.toml: url: must not be set by a file in the checkout" in done.stderr
    assert server.requests == []


def test_a_file_that_links_to_a_secret_shows_nothing_of_it(
    run: Run, pull_request: PullRequest, server: Sandbox, tmp_path: Path
) -> None:
    secret = tmp_path / "secret"
    secret.write_text(f"{TOKEN} = ['\n")
    for file in ("insights-uploader.toml", "pyproject.toml"):
        checkout = pull_request({})
        (checkout / file).unlink(missing_ok=True)
        (checkout / file).symlink_to(secret)
        pull_request({})
        for own in ([], ["--policy-from", "HEAD"]):
            done = run(*PUBLISH, *own, cwd=checkout, **place(server))
            assert done.returncode == 2
            assert f"{file}: is a link that leads out of the checkout" in done.stderr
            assert TOKEN not in done.stdout + done.stderr
        (checkout / file).unlink()
    assert server.requests == []


# remote


def test_a_remote_never_says_where_the_token_goes(
    run: Run, pull_request: PullRequest, server: Sandbox
) -> None:
    checkout = pull_request({".gitmodules": ""})
    with attacker() as (url, callers):
        address = f"{url}/scm/prj/repo.git"
        for key in ("remote.origin.url", "remote.origin.pushurl", "lfs.url", "remote.origin.proxy"):
            repository.git(checkout, "config", key, address)
        repository.git(checkout, "config", f"url.{url}/.insteadOf", f"{server.url}/")
        repository.git(checkout, "config", "remote.origin.promisor", "true")
        alone = {"BITBUCKET_TOKEN": TOKEN}
        for command in (PUBLISH, ["doctor"], ["report", "list"]):
            done = run(*command, cwd=checkout, **alone)
            assert "--url is missing" in done.stdout + done.stderr
        done = run(*PUBLISH, cwd=checkout, **place(server))
        assert done.returncode == 0, done.stderr
        assert callers == []
    assert server.requests != []


# commands


def harmful(checkout: Path, ran: Path) -> None:
    """Every way in which git runs a command, as far as a repository's own files go."""
    touch = f"touch '{ran}'"
    script = checkout / "evil.sh"
    script.write_text(f"#!/bin/sh\n{touch}\ncat\n")
    script.chmod(0o755)
    for key in (
        "core.fsmonitor", "core.sshCommand", "core.pager", "core.editor", "core.askPass",
        "core.gitProxy", "core.alternateRefsCommand", "diff.external", "diff.evil.textconv",
        "diff.evil.command", "filter.evil.clean", "filter.evil.smudge", "filter.evil.process",
        "merge.evil.driver", "gpg.program", "gpg.ssh.program", "credential.helper", "pager.diff",
        "pager.log", "interactive.diffFilter", "uploadpack.packObjectsHook", "gc.recentObjectsHook",
        "trailer.evil.command", "sequence.editor", "man.evil.cmd", "remote.origin.vcs",
    ):  # fmt: skip
        repository.git(checkout, "config", key, str(script))
    for key, value in {
        "alias.diff": f"!{touch}", "alias.rev-parse": f"!{touch}", "log.showSignature": "true",
        "diff.evil.cachetextconv": "true", "protocol.ext.allow": "always",
        "remote.origin.url": f"ext::sh -c {touch}", "remote.origin.promisor": "true",
        "core.hooksPath": "hooks", "extensions.worktreeConfig": "true",
        "remote.origin.uploadpack": str(script),
    }.items():  # fmt: skip
        repository.git(checkout, "config", key, value)
    hooks = (
        "post-index-change", "post-checkout", "pre-commit", "reference-transaction",
        "fsmonitor-watchman", "pre-auto-gc", "post-merge", "sendemail-validate", "p4-pre-submit",
    )  # fmt: skip
    for folder in (checkout / ".git/hooks", checkout / "hooks"):
        folder.mkdir(exist_ok=True)
        for name in hooks:
            shutil.copy(script, folder / name)
    (checkout / ".git/info").mkdir(exist_ok=True)
    for attributes in (checkout / ".gitattributes", checkout / ".git/info/attributes"):
        attributes.write_text("* diff=evil filter=evil merge=evil\n")


@pytest.mark.parametrize(
    "arguments",
    [
        PUBLISH,
        ["doctor", "--base", "main"],
        ["gate", BANDIT, "--base", "main", "--changes", "staged"],
        ["gate", BANDIT, "--base", "main", "--changes", "working-tree", "--policy-from", "main"],
        ["explain", "src/dotenv/cli.py", BANDIT, "--two-dot", "--base", "main"],
    ],
)
def test_no_command_is_run(
    run: Run, pull_request: PullRequest, server: Sandbox, tmp_path: Path, arguments: Sequence[str | Path]
) -> None:  # fmt: skip
    ran = tmp_path / "ran"
    python = f"open({str(ran)!r}, 'w')\n"
    modules = ("sitecustomize", "usercustomize", "click", "msgspec", "httpx", "insights_parsers")
    plugin = {
        "evil.dist-info/METADATA": "Metadata-Version: 2.1\nName: evil\nVersion: 1\n",
        "evil.dist-info/entry_points.txt": "[insights_uploader.parsers]\nsarif = click:x\n",
    }
    own = {"insights_uploader/__init__.py": python, "evil.pth": f"import os; {python}"}
    checkout = pull_request({f"{name}.py": python for name in modules} | plugin | own)
    harmful(checkout, ran)
    cli = checkout / "src/dotenv/cli.py"
    cli.write_text(cli.read_text() + "x = 1\n")
    done = run(*arguments, cwd=checkout, **place(server))
    assert done.returncode == 0, done.stderr
    assert not ran.exists()
    os.utime(cli)
    diff = ["git", "-c", "core.fsmonitor=", "diff"]
    subprocess.run(diff, cwd=checkout, capture_output=True, check=False)
    assert ran.exists()  # the trap works


def test_a_bare_repository_inside_the_checkout_runs_nothing(
    run: Run, pull_request: PullRequest, tmp_path: Path
) -> None:
    """A folder that looks like one is one to git, with its configuration."""
    ran = tmp_path / "ran"
    checkout = pull_request({})
    repository.git(checkout, "clone", "-q", "--bare", ".", "fixtures.git")
    config = f"[core]\nbare = false\nworktree = ..\nfsmonitor = touch '{ran}'\n"
    (checkout / "fixtures.git/config").write_text(config)
    for command in (["gate", BANDIT, "--base", "main"], ["doctor"]):
        run(*command, "--changes", "working-tree", cwd=checkout / "fixtures.git")
    assert not ran.exists()


# environment


def test_what_git_starts_does_not_know_the_token(
    run: Run, pull_request: PullRequest, server: Sandbox, tmp_path: Path
) -> None:
    checkout = pull_request({})
    git, seen = shutil.which("git"), tmp_path / "seen"
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/git").write_text(f"#!/bin/sh\nenv >> '{seen}'\nexec '{git}' \"$@\"\n")
    (tmp_path / "bin/git").chmod(0o755)
    path = {"PATH": f"{tmp_path}/bin:{os.environ['PATH']}", "BITBUCKET_PASSWORD": "pa55-w0rd"}
    done = run(*PUBLISH, cwd=checkout, **place(server) | path)
    assert done.returncode == 0, done.stderr
    assert "LC_ALL" in seen.read_text()
    assert TOKEN not in seen.read_text()
    assert "pa55-w0rd" not in seen.read_text()


# severities


def test_a_branch_does_not_make_its_findings_harmless(run: Run, pull_request: PullRequest) -> None:
    harmless = '[[rule]]\nmatch = "*"\nseverity = "low"\n'
    checkout = pull_request({"insights-uploader.toml": harmless})
    gate = ["gate", RUFF, "--base", "main"]
    assert run(*gate, cwd=checkout).returncode == 0
    assert run(*gate, "--policy-from", "main", cwd=checkout).returncode == 1


# results


@pytest.mark.parametrize("option", ["results", "named", "--diff", "--config"])
def test_results_that_are_something_else_are_refused_unread(
    run: Run, pull_request: PullRequest, server: Sandbox, tmp_path: Path, option: str
) -> None:
    """In place of the file that the CI's command line names: a secret, a pipe, a device."""
    (tmp_path / "secret").write_text(f"{TOKEN}\n")
    os.mkfifo(tmp_path / "pipe")
    checkout = pull_request({})
    for target in (tmp_path / "secret", tmp_path / "pipe", Path("/dev/zero"), Path("/proc/self/environ")):  # fmt: skip
        (checkout / "out.sarif").unlink(missing_ok=True)
        (checkout / "out.sarif").symlink_to(target)
        results = {"results": ["out.sarif"], "named": ["sarif:out.sarif"]}.get(
            option, [BANDIT, option, "out.sarif"]
        )
        if option == "--diff" and target.name == "pipe":
            continue  # a diff may come through a pipe
        base = [] if option == "--diff" else ["--base", "main"]
        done = run("publish", *results, *base, cwd=checkout, **place(server))
        assert done.returncode in (2, 3), done
        assert TOKEN not in done.stdout + done.stderr
    assert TOKEN not in str(store_of(server))


def store_of(server: Sandbox) -> object:
    """All that the server was told."""
    return [
        (report.body, list(report.annotations))
        for commit in server.store.commits()
        for report in server.store.reports(commit)
    ]


# terminal


def test_no_text_of_the_branch_moves_a_terminal(
    run: Run, pull_request: PullRequest, server: Sandbox
) -> None:
    evil = "\x1b]0;owned\x07\x1b[2J\u202egnp.\x9b31m"
    name = f"src/{evil}.py"
    checkout = pull_request({name: "x = 1\n", "insights-uploader.toml": f"title = {json.dumps(evil)}\n"})  # fmt: skip
    place_of = {"artifactLocation": {"uri": name}, "region": {"startLine": 1}}
    result = {"ruleId": evil, "level": "error", "message": {"text": evil}, "locations": [{"physicalLocation": place_of}]}  # fmt: skip
    other = result | {"locations": [{"physicalLocation": {"artifactLocation": {"uri": f"../{evil}"}}}]}  # fmt: skip
    runs = [{"tool": {"driver": {"name": f"t{evil}"}}, "results": [result, other]}]
    (checkout / f"out{evil}.sarif").write_text(json.dumps({"version": "2.1.0", "runs": runs}))
    own = ["*.sarif", "--base", "main", "-vv"]
    errors = ""
    for command in (
        ["preview", *own], ["gate", *own], ["explain", name, *own], ["publish", *own],
        ["doctor", "-vv"], ["report", "list"], ["report", "annotations"],
        ["preview", f"nothing{evil}", "--base", evil],
    ):  # fmt: skip
        done = run(*command, cwd=checkout, **place(server))
        assert not set(done.stdout + done.stderr) & set("\x1b\x07\u202e\x9b"), command
        errors += done.stderr
    assert "\\x1b" in errors
