"""The sandbox's git sees the repository and nothing else of the machine."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from insights_uploader.sandbox.git import GitError, Repository, qualified
from insights_uploader.sandbox.settings import (
    AccessToken,
    PullRequest,
    SandboxSettings,
    User,
)

if TYPE_CHECKING:
    from sandbox.conftest import Checkout


def test_what_is_no_repository_is_refused(tmp_path: Path) -> None:
    with pytest.raises(GitError, match="is in no git repository"):
        Repository(tmp_path)
    with pytest.raises(GitError, match="absent: is no folder"):
        Repository(tmp_path / "absent")


def test_a_folder_inside_and_a_bare_repository_are_the_same(
    checkout: Checkout, tmp_path: Path
) -> None:
    checkout.git("clone", "-q", "--mirror", str(checkout.path), str(tmp_path / "bare"))
    ends = checkout.base, checkout.feature
    whole = Repository(checkout.path).patch(*ends, context=1, paths=["many.txt"])
    assert whole.count(b"\n@@ ") == 2
    for path in (checkout.path / "dir", checkout.path / ".git", tmp_path / "bare"):
        repository = Repository(path)
        assert repository.patch(*ends, context=1, paths=["many.txt"]) == whole
        assert repository.raw_changes(*ends) == Repository(checkout.path).raw_changes(*ends)


def test_commits_by_id_branch_and_ref(checkout: Checkout) -> None:
    repository = Repository(checkout.path)
    for name in (checkout.feature, checkout.feature.upper(), "feature", "refs/heads/feature"):
        assert repository.commit_id(name) == checkout.feature
    for name in ("absent", "0" * 40, checkout.feature[:10], "HEAD", "", "-h", "feature^{tree}"):
        assert repository.commit_id(name) is None


@pytest.mark.parametrize(
    "setting",
    [
        "diff.noprefix=true",
        "diff.mnemonicPrefix=true",
        "diff.context=0",
        "diff.interHunkContext=50",
        "diff.renames=false",
        "diff.algorithm=patience",
        "diff.external=false",
        "diff.suppressBlankEmpty=true",
        "diff.orderFile=order",
        "core.quotePath=false",
        "color.ui=always",
        "diff.wsErrorHighlight=all",
        "diff.relative=true",
        "core.pager=false",
    ],
)
def test_settings_of_the_repository_do_not_change_a_diff(
    checkout: Checkout, setting: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository = Repository(checkout.path)
    ends = checkout.base, checkout.feature
    before = repository.patch(*ends, context=3), repository.raw_changes(*ends)
    name, _, value = setting.partition("=")
    order = checkout.path / ".git" / "order"
    order.write_text("tool.sh\n")
    checkout.git("config", name, str(order) if value == "order" else value)
    try:
        after = repository.patch(*ends, context=3), repository.raw_changes(*ends)
    finally:
        checkout.git("config", "--unset", name)
    assert after == before


def test_the_environment_does_not_change_the_repository(
    checkout: Checkout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tmp_path / "config"
    config.write_text("[diff]\n  noprefix = true\n  external = false\n")
    monkeypatch.setenv("GIT_DIR", str(tmp_path))
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(config))
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", "diff.external")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", "false")
    monkeypatch.setenv("GIT_DIFF_OPTS", "-u0")
    monkeypatch.setenv("GIT_EXTERNAL_DIFF", "false")
    repository = Repository(checkout.path)
    patch = repository.patch(checkout.base, checkout.small, context=3)
    assert patch.startswith(b"diff --git src://small.txt dst://small.txt\n")


def test_no_git_is_an_error_of_ours(checkout: Checkout, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(GitError, match="could not run"):
        Repository(checkout.path)


def test_refs_get_their_full_name() -> None:
    assert qualified("main") == "refs/heads/main"
    assert qualified("feature/a-b_c.d") == "refs/heads/feature/a-b_c.d"
    assert qualified("refs/pull/1/head") == "refs/pull/1/head"


@pytest.mark.parametrize(
    "wrong",
    [
        {"context_path": "bitbucket"},
        {"context_path": "/bitbucket/"},
        {"context_path": "/a{b}"},
        {"over_limit_status": 500},
        {"delete_absent_status": 200},
        {"users": (User("a", "1"),), "tokens": (AccessToken("a", "2"),)},
        {"pull_requests": (PullRequest(1, "a", "b"), PullRequest(1, "c", "d"))},
    ],
    ids=str,
)
def test_senseless_settings_are_refused(tmp_path: Path, wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        SandboxSettings(tmp_path, **wrong)  # type: ignore[arg-type]


def test_senseless_pull_requests_are_refused() -> None:
    with pytest.raises(ValueError, match="positive"):
        PullRequest(0, "a", "b")
    with pytest.raises(ValueError, match="state"):
        PullRequest(1, "a", "b", state="CLOSED")  # type: ignore[arg-type]


def test_secrets_do_not_show() -> None:
    shown = repr((User("a", "pass-word", tokens=("to-ken",)), AccessToken("b", "sec-ret")))
    assert not any(secret in shown for secret in ("pass-word", "to-ken", "sec-ret"))
