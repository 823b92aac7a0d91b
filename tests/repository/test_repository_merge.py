"""What a CI checks out is the pull request's head, a merge of it, or something else."""

import shlex
import subprocess
from collections.abc import Mapping
from typing import TYPE_CHECKING

import pytest

from insights_uploader.changes.line_map import Place, read_line_map
from insights_uploader.changes.unified import parse_diff
from insights_uploader.model.errors import CheckoutError
from insights_uploader.repository.checkout import Checkout

if TYPE_CHECKING:
    from repository.conftest import Repository

Environ = Mapping[str, str]


class Story:
    """A pull request that changes line 5, and a target that then adds lines at the top."""

    def __init__(self, repository: "Repository") -> None:
        lines = [b"%d\n" % number for number in range(1, 10)]
        self.repository = repository
        self.base = repository.commit({b"f.py": b"".join(lines)})
        repository.git("checkout", "-q", "-b", "mine")
        self.head = repository.commit({b"f.py": b"".join([*lines[:4], b"mine\n", *lines[5:]])})
        repository.git("checkout", "-q", "main")
        self.target = repository.commit({b"f.py": b"".join([b"new\n", b"new\n", *lines])})

    def merge(self, into: str, other: str) -> str:
        """Check out a merge as a CI makes it, away from any branch."""
        git = self.repository.git
        git("checkout", "-q", "--detach", into)
        git("merge", "-q", "--no-ff", "-m", "CI", other)
        return git("rev-parse", "HEAD").decode().strip()


@pytest.fixture
def story(repository: "Repository") -> Story:
    return Story(repository)


def test_the_head_itself(story: Story, clean: Environ) -> None:
    story.repository.git("checkout", "-q", "mine")
    checkout = Checkout(story.repository.folder, clean)
    assert checkout.pull_request_head(story.head) is checkout.head


@pytest.mark.parametrize("way", ["target into head (Jenkins)", "head into target (GitHub)"])
def test_a_merge_is_carried_back_to_the_head(story: Story, clean: Environ, way: str) -> None:
    sides = [story.head, story.target]
    merge = story.merge(*(sides if "Jenkins" in way else sides[::-1]))
    checkout = Checkout(story.repository.folder, clean)
    head = checkout.pull_request_head(story.head)
    assert (checkout.head.id, head.id) == (merge, story.head)
    assert head.lines("f.py") == [b"1", b"2", b"3", b"4", b"mine", b"6", b"7", b"8", b"9"]

    lines = read_line_map(checkout.diff(head.id), "git diff")
    assert lines.before("f.py", 7) == Place("f.py", 5)  # the tools see it on line 7
    assert [lines.before("f.py", n) for n in (1, 2, 3)] == [None, None, Place("f.py", 1)]

    base = checkout.merge_base("main", head.id)
    changes = parse_diff(checkout.diff(base, head), "git diff", zero_context=True)
    assert base == story.base
    assert changes.first_changed("f.py", 1, 9) == 5
    assert changes.line_count == 1


def test_both_sides_split_a_file(repository: "Repository", clean: Environ) -> None:
    """Of each diff of one run the halves are paired: that to the head, and that to the merge."""
    mine, theirs = ([b"%d of %s\n" % (n, name) for n in range(40)] for name in (b"a", b"b"))
    base = repository.commit({b"a": b"".join(mine), b"b": b"".join(theirs)})
    repository.git("checkout", "-q", "-b", "mine")
    repository.git("rm", "-q", "a")
    head = repository.commit({b"a1": b"".join(mine[:22]), b"a2": b"".join([*mine[18:], b"new\n"])})
    repository.git("checkout", "-q", "main")
    repository.git("rm", "-q", "b")
    target = repository.commit({b"b1": b"".join(theirs[:22]), b"b2": b"".join(theirs[18:])})
    repository.git("checkout", "-q", "--detach", head)
    repository.git("merge", "-q", "--no-ff", "-m", "CI", target)
    checkout = Checkout(repository.folder, clean)

    changes = parse_diff(checkout.diff(base, checkout.pull_request_head(head)), "git diff")
    assert {f.path: len(f.ranges) for f in changes.files} == {"a1": 0, "a2": 1}
    lines = read_line_map(checkout.diff(head), "git diff")
    assert lines.before("b1", 5) == Place("b", 5)
    assert lines.before("b2", 5) == Place("b", 23)


def test_neither_the_head_nor_a_merge_of_it(story: Story, clean: Environ) -> None:
    """The branch was force-pushed after the CI checked it out."""
    story.repository.git("checkout", "-q", "--detach", story.head)
    story.repository.git("branch", "-f", "mine", story.base)
    pushed = story.base
    with pytest.raises(CheckoutError) as caught:
        Checkout(story.repository.folder, clean).pull_request_head(pushed)
    error = caught.value
    assert error.slug == "another-commit"
    assert error.message == (
        f"HEAD is {story.head}, which is no merge; it has not the lines of the pull request's "
        f"head, {pushed}"
    )
    assert f"git checkout {pushed}" in error.hint


def test_a_merge_of_another_head(story: Story, clean: Environ) -> None:
    merge = story.merge(story.head, story.target)
    with pytest.raises(CheckoutError) as caught:
        Checkout(story.repository.folder, clean).pull_request_head(story.base)
    assert f"HEAD is {merge}, a merge of {story.head} and {story.target};" in caught.value.message


def test_the_parent_of_a_plain_commit_is_no_head_of_a_merge(story: Story, clean: Environ) -> None:
    story.repository.git("checkout", "-q", "mine")
    with pytest.raises(CheckoutError, match="which is no merge"):
        Checkout(story.repository.folder, clean).pull_request_head(story.base)


def test_a_shallow_clone_of_a_merge_lacks_the_head(story: Story, clean: Environ) -> None:
    merge = story.merge(story.target, story.head)
    story.repository.git("update-ref", "refs/pull/1/merge", merge)
    folder = story.repository.folder.parent / "clone"
    git = story.repository.git
    git("init", "-q", folder)
    git("-C", folder, "remote", "add", "origin", story.repository.folder.as_uri())
    git("-C", folder, "fetch", "-q", "--depth=1", "origin", "refs/pull/1/merge")
    git("-C", folder, "checkout", "-q", "FETCH_HEAD")
    checkout = Checkout(folder, clean)
    with pytest.raises(CheckoutError, match=f"a merge of .* head, {story.head}, which") as caught:
        checkout.pull_request_head(story.head)
    assert caught.value.slug == "head-missing"
    command = shlex.split(caught.value.hint.removeprefix("Fetch it: "))
    subprocess.run(command, cwd=folder, env=clean, check=True, capture_output=True)
    checkout = Checkout(folder, clean)
    assert checkout.pull_request_head(story.head).id == story.head
    assert checkout.merge_base(story.target, story.head) == story.base
