"""The sandbox's Code Coverage app, as its clients know it."""

from typing import Any

import httpx
import pytest
from sandbox.conftest import Connect, ErrorOf

from insights_uploader.sandbox.server import Sandbox

URL = f"/rest/code-coverage/1.0/commits/{'a' * 40}"
# that of the Gradle plugin's own test
FILE = {"path": "src/ClassWithPackage.java", "coverage": "C:7,8,10;P:20;U:24,29"}


def test_coverage_adds_up_and_goes(client: httpx.Client, sandbox: Sandbox) -> None:
    response = client.post(URL, json={"files": [FILE]})
    assert (response.status_code, response.json()) == (201, [FILE])
    # as the Dart client writes it
    assert client.post(URL, json={"files": [{"path": "b", "coverage": "C:;P:;U:6"}]}).is_success
    assert sandbox.coverage.files == {"a" * 40: {FILE["path"]: FILE["coverage"], "b": "C:;P:;U:6"}}
    for _ in range(2):
        assert client.delete(URL).status_code == 204
    assert sandbox.coverage.files == {}


@pytest.mark.parametrize(
    "coverage", ["", "C", "C:0", "X:1", "C:1,", "C:1;", "C:1 ", "1,2", ";C:1", None, 7]
)
def test_what_is_no_coverage(client: httpx.Client, coverage: Any) -> None:
    response = client.post(URL, json={"files": [FILE, {"path": "b", "coverage": coverage}]})
    assert (response.status_code, response.json()["errors"][0]["context"]) == (400, "files")


@pytest.mark.parametrize("body", [{}, [], {"files": {}}, {"files": [{"coverage": "C:1"}]}])
def test_what_is_no_list_of_files(client: httpx.Client, body: Any) -> None:
    assert client.post(URL, json=body).status_code == 400


def test_a_stranger_changes_nothing(sandbox: Sandbox, connect: Connect, error_of: ErrorOf) -> None:
    stranger = connect(sandbox, None)
    for response in (stranger.post(URL, json={"files": [FILE]}), stranger.delete(URL)):
        assert error_of(response)[:2] == (401, "AuthenticationRequiredException")
    assert sandbox.coverage.files == {}
