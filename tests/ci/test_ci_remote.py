"""The project and the repository in a git remote's address."""

import pytest

from insights_uploader.ci.remote import repository_of


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://bitbucket.example.com/scm/prj/widgets.git", ("PRJ", "widgets")),
        ("https://bitbucket.example.com/scm/prj/widgets.git/", ("PRJ", "widgets")),
        ("https://bitbucket.example.com/scm/prj/widgets", ("PRJ", "widgets")),
        ("http://h:7990/context/path/scm/PRJ/widgets.git", ("PRJ", "widgets")),
        ("https://jane@h/scm/~Jane.Doe/my-widgets_2.0.git", ("~Jane.Doe", "my-widgets_2.0")),
        ("https://jane:token@h/scm/prj/widgets.git", ("PRJ", "widgets")),
        ("https://h/scm/%7Ejane/w%69dgets.git", ("~jane", "widgets")),
        ("https://h/scm/scm/scm.git", ("SCM", "scm")),
        ("ssh://git@h:7999/prj/widgets.git", ("PRJ", "widgets")),
        ("ssh://git@h/~jane/widgets.git", ("~jane", "widgets")),
        ("git@host:prj/widgets.git", ("PRJ", "widgets")),
        ("git@host:/~jane/widgets.git", ("~jane", "widgets")),
        ("bitbucket:prj/widgets", ("PRJ", "widgets")),
        ("https://h/projects/PRJ/repos/widgets", ("PRJ", "widgets")),
        ("https://h/ctx/projects/prj/repos/widgets/browse?at=main", ("PRJ", "widgets")),
        ("https://h/users/jane/repos/widgets/", ("~jane", "widgets")),
        ("https://github.com.example.org/scm/prj/widgets.git", ("PRJ", "widgets")),
    ],
)
def test_a_repository(url: str, expected: tuple[str, str]) -> None:
    assert repository_of(url) == expected


@pytest.mark.parametrize(
    "url",
    [
        "https://github.com/octo/widgets.git", "git@github.com:octo/widgets.git",
        "ssh://git@ssh.github.com:443/octo/widgets.git", "git@GitHub.com:octo/widgets.git",
        "https://gitlab.com/tools/widgets.git", "git@gitlab.com:tools/widgets.git",
        "https://jane@bitbucket.org/example/widgets.git", "git@bitbucket.org:example/widgets.git",
        "ssh://git@altssh.bitbucket.org:443/example/widgets.git",
        "https://bitbucket.org/projects/PRJ/repos/widgets", "https://github.com/scm/prj/widgets.git",
        "git@ssh.dev.azure.com:v3/org/project/widgets", "https://org.visualstudio.com/scm/prj/widgets",
        "https://gitlab.example.com/tools/widgets.git", "git@gitlab.example.com:a/b/widgets.git",
        "https://h/scm/prj/group/widgets.git", "https://h/scm/prj", "https://h/scm", "https://h", "",
        "ssh://git@h:7999/widgets.git", "/srv/git/prj/widgets.git", "../widgets.git", "C:/work/widgets",
        "C:\\work\\widgets", "file:///srv/prj/widgets.git", "ext::sh -c id", "git@host:7999/prj/widgets.git",
        "https://h/scm/../widgets.git", "https://h/scm/prj/%2e%2e", "https://h/scm/p%2fq/widgets.git",
        "https://h/scm/prj/.git", "https://h/scm/1prj/widgets.git", "https://h/scm/~/widgets.git",
        "https://[::1/scm/prj/widgets.git", "https://h/scm/prj/wid\x1bgets.git",
        "https://h/scm/pr\njx/widgets.git", "https://h/scm/prj/" + "w" * 129, "git@host:" + "a/" * 5000,
    ],
)  # fmt: skip
def test_none(url: str) -> None:
    assert repository_of(url) is None
