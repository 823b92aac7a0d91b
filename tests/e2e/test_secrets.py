"""Whatever fails, and however: no output of a verbose run holds a secret, nor a part of one.

The runs are of the whole command line, in this process; one is of the installed program.
"""

import base64
import json
import socket
import ssl
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

import httpx
import pytest
import trustme
from destinations.scripts import Script, answer, header, server
from fixture_records import BANDIT
from program import Run

from insights_uploader.cli import cli, ending
from insights_uploader.credentials import credentials
from insights_uploader.destinations.http import Http
from insights_uploader.sandbox.faults import Action, Answer, Delay, Drop, Edit
from insights_uploader.sandbox.server import Sandbox, serve
from insights_uploader.sandbox.settings import AccessToken, SandboxSettings, User

TOKEN = 'BBDC-MTk4+NzY1/DMy"MTo=kUfGZxQv'
PASSWORD = "correct/horse+bättery&'staple"
PAIR = base64.b64encode(f"ann:{PASSWORD}".encode()).decode()
JSON = {"content-type": "application/json"}
_PART = 7  # so many characters of a secret in a row are no coincidence

Files = Mapping[str, str]
"""Every output of a run, by its name."""


class Done(NamedTuple):
    """A run that ended."""

    code: int
    outputs: Files


Execute = Callable[..., Done]
"""Takes the arguments; environment variables by keyword."""


def leaks(outputs: Files, *secrets: str) -> list[str]:
    """Where a secret, or some characters of it in a row, stand in an output."""
    found = []
    for secret in secrets:
        code = base64.b64encode(secret.encode()).decode()
        forms = (secret, quote(secret), quote(secret, safe=""), code, repr(secret.encode())[2:-1])
        parts = {form[at : at + _PART] for form in forms for at in range(len(form) - _PART + 1)}
        found += [f"{name}: {part}" for name, text in outputs.items() for part in parts if part in text]  # fmt: skip
    return found


@pytest.fixture(scope="module")
def running(dotenv: Path) -> Iterator[Sandbox]:
    tokens, users = (AccessToken("ci", TOKEN),), (User("ann", PASSWORD),)
    with serve(SandboxSettings(checkout=dotenv, tokens=tokens, users=users)) as sandbox:
        yield sandbox


@pytest.fixture
def server_(running: Sandbox) -> Sandbox:
    running.clear()
    return running


@pytest.fixture
def execute(
    dotenv: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Execute:  # fmt: skip
    """Run the command line in the demo project's checkout; gives every output."""

    def run(*arguments: str | Path, **environ: str) -> Done:
        receipt = tmp_path / "receipt.json"
        with monkeypatch.context() as patch:
            patch.chdir(dotenv)
            for name, value in environ.items():
                patch.setenv(name, value)
            patch.setenv("INSIGHTS_UPLOADER_TRIES", environ.get("INSIGHTS_UPLOADER_TRIES", "1"))
            patch.setattr(sys, "argv", ["insights-uploader", *map(str, arguments)])
            code = ending.run(cli, dict(environ), sys.stderr)
        out, err = capsys.readouterr()
        said = {"standard output": out, "standard error": err}
        if receipt.exists():
            said["receipt"] = receipt.read_text()
        return Done(code, said)

    return run


@pytest.fixture
def commands(tmp_path: Path) -> Sequence[Sequence[str | Path]]:
    """Every command that talks to a server, as talkative as it can be."""
    results: list[str | Path] = [BANDIT, "--base", "main", "-vv"]
    receipt: list[str | Path] = ["--receipt", tmp_path / "receipt.json"]
    return [
        ["publish", *results, *receipt],
        ["publish", *results, *receipt, "--on-upload-error", "warn", "--prune"],
        ["preview", BANDIT, "-vv", "--pull-request", "7", "--format", "json"],
        ["preview", BANDIT, "-vv", "--pull-request", "auto"],
        ["doctor", "--base", "main", "-vv", "--json"],
        ["doctor", "--base", "main", "-vv"],
        ["report", "list", "--json"],
        ["report", "show", "key", "--json"],
        ["report", "annotations", "key"],
        ["report", "delete", "key"],
    ]


def place(url: str, **more: str) -> dict[str, str]:
    names = {"BITBUCKET_PROJECT": "PRJ", "BITBUCKET_REPOSITORY": "repo", "BITBUCKET_URL": url}
    return {**names, "INSIGHTS_UPLOADER_DEADLINE": "1", **more}


def is_sent(sandbox: Sandbox, scheme: str) -> bool:
    """Whether the secret was sent with the last request; the sandbox keeps no more of it."""
    return sandbox.requests[-1].headers["authorization"] == scheme


def with_file(url: str, folder: Path) -> dict[str, str]:
    (folder / "token").write_text(f"{TOKEN}\n")
    return place(url, INSIGHTS_UPLOADER_TOKEN_FILE=str(folder / "token"))


def envelope(*words: str) -> str:
    errors = [{"message": each, "context": each, "exceptionName": f"a.{each}"} for each in words]
    return json.dumps({"errors": errors})


ECHO = envelope(TOKEN, f"Bearer {TOKEN}", quote(TOKEN, safe=""), "x" * 990 + TOKEN)
PAGE = f"<html><h1>{TOKEN}</h1><pre>Authorization: Bearer {TOKEN}</pre></html>"
EVERYWHERE = {"x-ausername": TOKEN, "retry-after": TOKEN, "www-authenticate": f"Bearer {TOKEN}"}
FAULTS: Mapping[str, Action] = {
    "reset": Drop(),
    "reset once it is done": Drop(applied=True),
    "stall": Delay(30),
    "401": Answer(401, ECHO, JSON | EVERYWHERE),
    "403": Answer(403, ECHO, {"content-type": "text/plain"}),
    "404": Answer(404, ECHO, JSON),
    "409": Answer(409, ECHO, JSON),
    "413": Answer(413, PAGE, {"content-type": "text/html"}),
    "429": Answer(429, ECHO, JSON | EVERYWHERE),
    "500": Answer(500, ECHO, JSON),
    "502": Answer(502, PAGE, {"content-type": f"text/{quote(TOKEN, safe='')}"}),
    "JSON that is cut": Answer(200, ECHO[:-9], JSON),
    "JSON of another kind": Answer(200, ECHO, JSON),
    "a list": Answer(200, json.dumps([TOKEN]), JSON),
    "no JSON": Answer(200, PAGE, {"content-type": "text/html"}),
    "elsewhere": Answer(302, PAGE, {"location": f"https://h.invalid/{TOKEN}?t={quote(TOKEN)}"}),
    "elsewhere with a user": Answer(307, "", {"location": f"https://x:{quote(TOKEN, safe='')}@h/"}),
    "packed": Answer(200, ECHO, JSON | {"content-encoding": f"gzip, {quote(TOKEN)}"}),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_at_every_request(
    execute: Execute, server_: Sandbox, commands: Sequence[Sequence[str | Path]], tmp_path: Path, name: str
) -> None:  # fmt: skip
    """The token is from a file, which nothing knows beforehand."""
    slow = name in ("stall", "429")
    for arguments in commands[:1] if slow else commands:
        server_.clear()
        server_.faults.add(FAULTS[name], times=None)
        done = execute(*arguments, **with_file(server_.url, tmp_path))
        assert (done.code != 0) is ("warn" not in arguments), (arguments, done)
        assert not leaks(done.outputs, TOKEN), arguments
        assert slow or arguments[0] == "doctor" or is_sent(server_, "Bearer")


@pytest.mark.parametrize("method", ["PUT", "POST", "DELETE"])
@pytest.mark.parametrize("name", ["401", "413", "500", "502", "JSON of another kind", "elsewhere"])
def test_a_fault_at_a_write(
    execute: Execute, server_: Sandbox, commands: Sequence[Sequence[str | Path]], tmp_path: Path, method: str, name: str
) -> None:  # fmt: skip
    server_.faults.add(FAULTS[name], method=method, times=None)
    done = execute(*commands[0], **with_file(server_.url, tmp_path))
    assert is_sent(server_, "Bearer")
    assert not leaks(done.outputs, TOKEN)


def test_what_is_tried_again(
    execute: Execute, server_: Sandbox, commands: Sequence[Sequence[str | Path]], tmp_path: Path
) -> None:
    server_.faults.add(FAULTS["502"])
    more = {"INSIGHTS_UPLOADER_TRIES": "2", "INSIGHTS_UPLOADER_DEADLINE": "30"}
    done = execute(*commands[0], **with_file(server_.url, tmp_path) | more)
    assert "trying again" in done.outputs["standard error"]
    assert not leaks(done.outputs, TOKEN)


def test_a_server_that_tells_the_token_as_if_it_were_its_name(
    execute: Execute, server_: Sandbox, tmp_path: Path
) -> None:
    """Once all is well: to doctor, whose checks hold the server's words."""
    version = f'{{"version":{json.dumps(TOKEN)}}}'.encode()
    server_.faults.add(Edit(lambda _: version), path="application-properties", times=None)
    done = execute("doctor", "--json", "--base", "main", **with_file(server_.url, tmp_path))
    assert "***" in done.outputs["standard output"]
    assert not leaks(done.outputs, TOKEN)


ANNOTATION = {"message": TOKEN, "severity": TOKEN, "externalId": TOKEN, "path": TOKEN}
REPORT = {
    **dict.fromkeys(("key", "title", "details", "reporter", "result"), TOKEN),
    "link": f"https://h.invalid/{quote(TOKEN, safe='')}",
    "data": [{"title": TOKEN, "value": {TOKEN: TOKEN}}, {"title": "t", "value": f"Bearer {TOKEN}"}],
}


@pytest.mark.parametrize("more", [[], ["--json"]], ids=["plain", "JSON"])
@pytest.mark.parametrize(
    ("arguments", "held"),
    [
        (["list"], {"values": [REPORT], "start": 0, "isLastPage": True}),
        (["show", "key"], REPORT),
        (["annotations", "key"], {"annotations": [ANNOTATION]}),
        (["annotations"], {"annotations": [ANNOTATION]}),
    ],
)
def test_a_server_that_holds_the_token_as_if_it_were_a_report(
    execute: Execute, server_: Sandbox, tmp_path: Path, arguments: list[str], held: object, more: list[str]
) -> None:  # fmt: skip
    server_.faults.add(Answer(200, json.dumps(held), JSON), times=None)
    done = execute("report", *arguments, *more, **with_file(server_.url, tmp_path))
    said = done.outputs["standard output"]
    assert done.code == 0
    assert "***" in said
    assert not leaks(done.outputs, TOKEN)
    assert not more or json.loads(said)


@pytest.mark.parametrize("status", [400, 401, 500])
def test_a_password_in_each_of_its_forms(
    execute: Execute, server_: Sandbox, commands: Sequence[Sequence[str | Path]], status: int
) -> None:
    said = envelope(PAIR, PASSWORD, quote(PASSWORD), quote(PASSWORD, safe=""), f"ann:{PASSWORD}", repr(PASSWORD.encode()))  # fmt: skip
    for arguments in commands:
        server_.clear()
        server_.faults.add(Answer(status, said, JSON | {"x-ausername": PAIR}), times=None)
        user = {"BITBUCKET_USERNAME": "ann", "BITBUCKET_PASSWORD": PASSWORD}
        done = execute(*arguments, **place(server_.url, **user))
        assert arguments[0] == "doctor" or is_sent(server_, "Basic")
        assert not leaks(done.outputs, PASSWORD, PAIR), arguments


def test_nobody_there(
    execute: Execute, commands: Sequence[Sequence[str | Path]], tmp_path: Path
) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"
        for arguments in commands:
            done = execute(*arguments, **with_file(url, tmp_path))
            assert not leaks(done.outputs, TOKEN)


def test_certificates_that_nobody_trusts_and_files_that_are_none(
    execute: Execute, commands: Sequence[Sequence[str | Path]], server_: Sandbox, tmp_path: Path
) -> None:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(tls)
    with server(answer(200, b"{}"), tls=tls) as url:
        done = execute(*commands[0], **with_file(url, tmp_path))
    assert "certificate" in done.outputs["standard error"]
    assert not leaks(done.outputs, TOKEN)
    https = with_file(server_.url.replace("http:", "https:"), tmp_path)
    for option in ("--ca-file", "--client-cert", "--config"):  # the token's file by mistake
        done = execute(*commands[0], option, tmp_path / "token", **https)
        assert done.code == 2
        assert not leaks(done.outputs, TOKEN)


def refuses(connection: socket.socket, head: bytes) -> None:
    """A proxy that repeats what it was told."""
    pair = header(head, "proxy-authorization").partition(" ")[2]
    words = base64.b64decode(pair).decode("latin-1")
    answer(407, envelope(words, pair).encode(), f"Proxy-Authenticate: {pair}")(connection, head)


@pytest.mark.parametrize(
    ("variable", "script"), [("HTTP_PROXY", refuses), ("HTTPS_PROXY", refuses), ("HTTPS_PROXY", None)]
)  # fmt: skip
def test_a_proxys_password(
    execute: Execute, commands: Sequence[Sequence[str | Path]], tmp_path: Path, variable: str, script: Script | None
) -> None:  # fmt: skip
    secret = "pr0xy-Pa55word-of-ours"
    with server(*[script] if script else ()) as proxy:
        way = (
            proxy.replace("//", f"//ann:{secret}@")
            if script
            else f"http://ann:{secret}@127.0.0.1:9"
        )
        url = f"{variable.partition('_')[0].lower()}://bitbucket.invalid"
        environ = with_file(url, tmp_path) | {variable: way, "INSIGHTS_UPLOADER_ALLOW_HTTP": "1"}
        done = execute(*commands[0], **environ)
    assert done.code == 4
    assert not leaks(done.outputs, TOKEN, secret, base64.b64encode(f"ann:{secret}".encode()).decode())  # fmt: skip


@pytest.mark.parametrize(
    "address",
    ["socks5://ann:{}@h:1", "http://ann:{}@h:port", "http://ann:{}/more@h", "http://ann:{} x@h"],
)
def test_a_proxys_address_that_cannot_be_used(
    execute: Execute, commands: Sequence[Sequence[str | Path]], tmp_path: Path, address: str
) -> None:
    secret = "pr0xy-Pa55word-of-ours"
    way = {"HTTPS_PROXY": address.format(secret)}
    for arguments in commands:
        done = execute(*arguments, **with_file("https://h.invalid", tmp_path) | way)
        assert not leaks(done.outputs, secret, TOKEN), arguments


@pytest.mark.parametrize(
    "address",
    ["https://ann:{}@h.invalid/x", "https://ann:{}/more@h", "https://{}@h", "https://ann:{}@[h", "https://ann:{}@h\u2100", "ann:{}@h"],
)  # fmt: skip
@pytest.mark.parametrize("by", ["option", "environment", "settings"])
def test_the_servers_address_holds_a_password(
    execute: Execute, commands: Sequence[Sequence[str | Path]], tmp_path: Path, address: str, by: str
) -> None:  # fmt: skip
    secret = "s3rver-Pa55word-of-ours"
    url = address.format(secret)
    (tmp_path / "trusted.toml").write_text(f"url = '{url}'\n" if by == "settings" else "")
    own = ["--config", tmp_path / "trusted.toml"] + (["--url", url] if by == "option" else [])
    offline = ["preview", BANDIT, "--base", "main", "-vv"]
    for arguments in [*commands, offline]:
        done = execute(*arguments, *own, **with_file(url if by == "environment" else "", tmp_path))
        assert done.code == 2 or arguments is offline, done
        assert not leaks(done.outputs, secret, TOKEN), arguments


@pytest.mark.parametrize(
    "content",
    [f"{TOKEN}\n{TOKEN}", f"{TOKEN} {TOKEN}", f"{TOKEN}ü", f"{TOKEN}\0", f"Bearer {TOKEN}", TOKEN * 900],
)  # fmt: skip
def test_a_token_that_cannot_be_sent(
    execute: Execute, commands: Sequence[Sequence[str | Path]], server_: Sandbox, tmp_path: Path, content: str
) -> None:  # fmt: skip
    for arguments in commands:
        (tmp_path / "bad").write_text(content)
        environ = place(server_.url, INSIGHTS_UPLOADER_TOKEN_FILE=str(tmp_path / "bad"))
        done = execute(*arguments, **environ)
        assert done.code != 0
        assert not leaks(done.outputs, TOKEN), arguments


def test_a_token_where_another_setting_should_be(
    execute: Execute, commands: Sequence[Sequence[str | Path]], server_: Sandbox
) -> None:
    environ = place(server_.url, BITBUCKET_TOKEN=TOKEN)
    for variable in ("TRIES", "KEY", "DEADLINE", "BASE", "COMMIT", "LINK"):
        done = execute(*commands[0], **environ | {f"INSIGHTS_UPLOADER_{variable}": TOKEN})
        assert not leaks(done.outputs, TOKEN), variable


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> None:
    """A fault of our own, deep below, whose message holds the request's headers."""

    def handle(_: httpx.HTTPTransport, request: httpx.Request) -> httpx.Response:
        raise RuntimeError(f"{request.headers.raw} {request.headers['authorization']!r}")

    monkeypatch.setattr(httpx.HTTPTransport, "handle_request", handle)


@pytest.mark.usefixtures("broken")
def test_a_fault_of_our_own(
    execute: Execute, commands: Sequence[Sequence[str | Path]], tmp_path: Path
) -> None:
    url = "http://127.0.0.1:9"
    ways = [
        with_file(url, tmp_path),
        place(url, BITBUCKET_TOKEN=TOKEN),
        place(url, BITBUCKET_USERNAME="ann", BITBUCKET_PASSWORD=PASSWORD),
    ]
    for environ in ways:
        for arguments in (commands[0], commands[6]):
            done = execute(*arguments, **environ)
            assert done.code == 70
            assert "Traceback" in done.outputs["standard error"]
            assert "***" in done.outputs["standard error"]
            assert not leaks(done.outputs, TOKEN, PASSWORD, PAIR)


def test_the_text_form_of_what_holds_a_secret(tmp_path: Path) -> None:
    environ = with_file("", tmp_path)
    proof = credentials(environ, Path(environ["INSIGHTS_UPLOADER_TOKEN_FILE"]))
    with Http("http://127.0.0.1:9", proof.authorization) as http:
        held = [proof, http, *vars(http).values()]
        shown = {type(each).__name__: f"{each!r} {each!s} {each} {[each]}" for each in held}
    assert "Credentials" in shown
    assert not leaks(shown, TOKEN)


def test_the_installed_program(run: Run, server_: Sandbox, tmp_path: Path) -> None:
    server_.faults.add(FAULTS["401"], times=None)
    receipt = tmp_path / "receipt.json"
    arguments = ["--base", "main", "-vv", "--receipt", receipt]
    done = run("publish", BANDIT, *arguments, **with_file(server_.url, tmp_path))
    assert "***" in done.stderr
    assert not leaks({"out": done.stdout, "err": done.stderr, "receipt": receipt.read_text()}, TOKEN)  # fmt: skip
