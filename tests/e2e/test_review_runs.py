"""Whole runs in a CI's clone: which commit is under review, and which of its lines are changed.

The results hold one finding on every line of every file that the tool saw; what is annotated must be
the lines that git blames on the branch, and no other.
"""

import json
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import repository
from program import TOKEN, Run

from insights_uploader.sandbox.faults import Edit
from insights_uploader.sandbox.server import Sandbox, serve
from insights_uploader.sandbox.settings import AccessToken, PullRequest, SandboxSettings

FEATURE = "feature/next-release"
Lines = set[tuple[str, int]]


@pytest.fixture
def origin(tmp_path: Path) -> Path:
    """The server's repository: the branch, and a target that has moved on in files of the branch."""
    folder = tmp_path / "origin"
    repository.build(folder, "python-dotenv", "0.21.0", "0.21.1")
    repository.git(folder, "checkout", "-q", "main")
    for name in ("src/dotenv/main.py", "tests/test_cli.py", "README.md"):
        file = folder / name
        file.write_text("# of the target\n" * 3 + file.read_text())
    (folder / "of_the_target.py").write_text("x = 1\n" * 9)
    (folder / "mkdocs.yml").unlink()
    repository.git(folder, "add", "--all")
    repository.git(folder, "commit", "-q", "-m", "The target moves on")
    return folder


@pytest.fixture
def server(origin: Path) -> Iterator[Sandbox]:
    settings = SandboxSettings(
        checkout=origin,
        tokens=(AccessToken("ci", TOKEN),),
        pull_requests=(PullRequest(7, FEATURE, "main"),),
    )
    with serve(settings) as running:
        yield running


def jenkins(server: Sandbox) -> dict[str, str]:
    """What a multibranch job for the pull request has in its environment, and a token."""
    return {
        "JENKINS_URL": "https://jenkins.example.com/",
        "BUILD_TAG": "jenkins-widgets-PR-7-3",
        "BUILD_URL": "https://jenkins.example.com/job/widgets/3/",
        "CHANGE_URL": f"{server.url}/projects/PRJ/repos/repo/pull-requests/7/overview",
        "CHANGE_ID": "7",
        "CHANGE_TARGET": "main",
        "CHANGE_BRANCH": FEATURE,
        "BITBUCKET_TOKEN": TOKEN,
    }


def destination(server: Sandbox) -> dict[str, str]:
    return {
        "BITBUCKET_URL": server.url,
        "BITBUCKET_PROJECT": "PRJ",
        "BITBUCKET_REPOSITORY": "repo",
        "BITBUCKET_TOKEN": TOKEN,
    }


def clone(origin: Path, *options: str, revision: str = f"origin/{FEATURE}") -> Path:
    """A CI's clone with a detached HEAD."""
    folder = origin.parent / "workspace"
    command = ["git", "clone", "-q", "--no-checkout", *options, origin.as_uri(), str(folder)]
    subprocess.run(command, check=True)
    repository.git(folder, "checkout", "-q", "--detach", revision)
    return folder


def merged(workspace: Path, target: str = "origin/main") -> None:
    """What Jenkins does with the strategy "merge with the target"."""
    repository.git(
        workspace,
        "merge",
        "-q",
        "--no-edit",
        repository.git(workspace, "rev-parse", target).strip(),
    )


def push(origin: Path) -> None:
    """One more commit on the server's branch."""
    repository.git(origin, "checkout", "-q", FEATURE)
    (origin / "later.py").write_text("later\n")
    repository.git(origin, "add", "--all")
    repository.git(origin, "commit", "-q", "-m", "Later")


def everywhere(workspace: Path, *more: str) -> Path:
    """Results with one finding on every line of every file that is there."""
    listed = repository.git(workspace, "ls-files", "-z").split("\0")[:-1]
    results = [
        {
            "ruleId": "every-line",
            "level": "warning",
            "message": {"text": text},
            "locations": [
                {
                    "physicalLocation": {
                        "artifactLocation": {"uri": name.replace("%", "%25").replace(" ", "%20")},
                        "region": {"startLine": line},
                    }
                }
            ],
        }
        for name in (*listed, *more)
        for line, text in enumerate(source(workspace / name), 1)
    ]
    log = {
        "version": "2.1.0",
        "runs": [{"tool": {"driver": {"name": "every"}}, "results": results}],
    }
    path = workspace.parent / "every.sarif"
    path.write_text(json.dumps(log))
    return path


def source(file: Path) -> list[str]:
    """What a finding on each of a file's lines says: the line, and one more for its end."""
    return [f"<{line!a}>" for line in file.read_bytes().split(b"\n")]


def blamed(folder: Path, base: str, head: str) -> Lines:
    """The lines of a commit that git blames on it, when its whole tree is one commit on the base."""
    tree = repository.git(folder, "rev-parse", f"{head}^{{tree}}").strip()
    commit = repository.git(folder, "commit-tree", tree, "-p", base, "-m", "all at once").strip()
    lines: Lines = set()
    changed = repository.git(folder, "diff", "--name-only", "-z", "--diff-filter=d", base, commit)
    for name in changed.split("\0")[:-1]:
        blame = repository.git(folder, "blame", "-s", "-l", "--root", commit, "--", name)
        for number, line in enumerate(blame.splitlines(), 1):
            if line.startswith(commit):
                lines.add((name, number))
    return lines


def expected(origin: Path) -> Lines:
    base = repository.git(origin, "merge-base", "main", FEATURE).strip()
    return blamed(origin, base, FEATURE)


def stored(server: Sandbox, origin: Path, commit: str) -> Lines:
    """What a report annotates, once it is sure that every finding stands on its own line."""
    report = server.store.report(commit, "insights-uploader.every")
    assert report is not None
    repository.git(origin, "checkout", "-q", "--detach", commit)
    for each in report.annotations:
        lines = source(origin / each["path"])
        assert each["message"] == f"every-line: {lines[each['line'] - 1]}"
    return {(a["path"], a["line"]) for a in report.annotations}


def head_of(origin: Path, revision: str = FEATURE) -> str:
    return repository.git(origin, "rev-parse", revision).strip()


def plan(run: Run, workspace: Path, *arguments: str | Path, **environ: str) -> Mapping[str, Any]:
    done = run("preview", *arguments, "--format", "json", cwd=workspace, **environ)
    assert done.returncode == 0, done.stderr
    made: Mapping[str, Any] = json.loads(done.stdout)
    return made


def annotated(made: Mapping[str, Any]) -> Lines:
    return {(a["path"], a["line"]) for r in made["reports"] for a in r["annotations"]}


# A CI's merge commit


@pytest.mark.parametrize("knows_branch", [True, False])
def test_the_story_of_jenkins_merge_commit(
    run: Run, origin: Path, server: Sandbox, knows_branch: bool
) -> None:
    """Jenkins merges the target in; the server has never seen that commit, nor its line numbers."""
    workspace = clone(origin)
    merged(workspace)
    if not knows_branch:
        repository.git(workspace, "update-ref", "-d", f"refs/remotes/origin/{FEATURE}")
    results = everywhere(workspace)
    done = run("publish", results, cwd=workspace, **jenkins(server))
    assert done.returncode == 0, done.stderr
    head = head_of(origin)
    assert f"HEAD is a merge of {head[:12]}, which is under review" in done.stdout
    assert stored(server, origin, head) == expected(origin)
    report = server.store.report(head, "insights-uploader.every")
    assert report is not None
    assert report.body["link"] == "https://jenkins.example.com/job/widgets/3/"


def test_the_servers_word_is_heard_where_the_ci_names_the_pull_request(
    run: Run, origin: Path, server: Sandbox
) -> None:
    """Without --pull-request git makes the diff, and the server still says that the branch moved."""
    workspace = clone(origin)
    before = head_of(origin)
    results = everywhere(workspace)
    push(origin)
    done = run("publish", results, cwd=workspace, **jenkins(server))
    assert done.returncode == 0, done.stderr
    assert f"{before[:12]} is no longer the head of pull request 7" in done.stdout


def test_a_forks_branch_that_is_called_like_the_target(
    run: Run, origin: Path, server: Sandbox
) -> None:
    """The clone's origin/main is the target's then, and not the head, though both are merged."""
    workspace = clone(origin)
    merged(workspace)
    repository.git(workspace, "update-ref", "-d", f"refs/remotes/origin/{FEATURE}")
    environ = jenkins(server) | {"CHANGE_BRANCH": "main"}
    made = plan(run, workspace, everywhere(workspace), **environ)
    assert made["target"]["commit"] == head_of(origin)
    assert annotated(made) == expected(origin)


@pytest.mark.parametrize("number", ["7", "auto", "auto without a branch"])
def test_the_server_tells_which_parent_of_a_merge_is_the_head(
    run: Run, origin: Path, server: Sandbox, number: str
) -> None:
    """Another CI makes the merge the other way round, and says nothing of the head."""
    workspace = clone(origin, revision="origin/main")
    merged(workspace, f"origin/{FEATURE}")
    environ = destination(server) | (
        {"CI_COMMIT_SOURCE_BRANCH": FEATURE, "CI": "woodpecker"} if number == "auto" else {}
    )
    results = everywhere(workspace)
    option = number.partition(" ")[0]
    done = run("publish", results, "--pull-request", option, cwd=workspace, **environ)
    assert done.returncode == 0, done.stderr
    assert "pull request 7: " in done.stdout
    assert stored(server, origin, head_of(origin)) == expected(origin)


def test_a_diff_of_ones_own_is_of_the_head_and_not_of_the_merge(run: Run, origin: Path) -> None:
    workspace = clone(origin)
    merged(workspace)
    results = everywhere(workspace)
    environ = {
        "JENKINS_URL": "https://jenkins.example.com/",
        "CHANGE_TARGET": "main",
        "CHANGE_BRANCH": FEATURE,
    }
    for revisions, code in (("HEAD^2..HEAD", 3), (f"origin/main...origin/{FEATURE}", 0)):
        diff = repository.git(workspace, "diff", revisions)
        done = run(
            "preview",
            results,
            "--diff",
            "-",
            "--format",
            "json",
            cwd=workspace,
            stdin=diff.encode(),
            **environ,
        )
        assert done.returncode == code, done.stderr
        if code:
            assert f"make the diff for what is under review: ...{head_of(origin)}" in done.stderr
        else:
            assert annotated(json.loads(done.stdout)) == expected(origin)


def test_a_commit_that_is_not_of_the_pull_request_is_refused(
    run: Run, origin: Path, server: Sandbox
) -> None:
    workspace = clone(origin, revision="origin/main")
    results = everywhere(workspace)
    done = run("publish", results, "--pull-request", "7", cwd=workspace, **destination(server))
    assert done.returncode == 3
    assert head_of(origin, "main") in done.stderr
    assert head_of(origin) in done.stderr
    assert server.store.report(head_of(origin, "main"), "insights-uploader.every") is None


def test_a_fork_is_told_of_with_the_repository_that_gets_the_report(
    run: Run, origin: Path, server: Sandbox
) -> None:
    def from_a_fork(body: bytes) -> bytes:
        shown = json.loads(body)
        source = shown["fromRef"]["repository"]
        shown["fromRef"]["repository"] = source | {"project": source["project"] | {"key": "~JANE"}}
        return json.dumps(shown).encode()

    server.faults.add(Edit(from_a_fork), path=r"/pull-requests/7$")
    workspace = clone(origin)
    results = everywhere(workspace)
    done = run("publish", results, "--pull-request", "7", cwd=workspace, **destination(server))
    assert done.returncode == 0, done.stderr
    words = "pull request 7 comes from ~JANE/repo; the report goes to PRJ/repo"
    assert words in done.stdout


@pytest.mark.parametrize("named", ["HEAD^1", "HEAD"])
def test_the_commit_of_a_merge_may_be_named(
    run: Run, origin: Path, server: Sandbox, named: str
) -> None:
    """With the head by hand; or as `$GIT_COMMIT`, which Jenkins sets to its own merge."""
    workspace = clone(origin)
    merged(workspace)
    commit = repository.git(workspace, "rev-parse", named).strip()
    environ = jenkins(server) if named == "HEAD" else destination(server)
    results = everywhere(workspace)
    done = run(
        "publish", results, "--base", "origin/main", "--commit", commit, cwd=workspace, **environ
    )
    assert done.returncode == 0, done.stderr
    assert stored(server, origin, head_of(origin)) == expected(origin)


def test_a_merge_that_nobody_explains_is_refused_by_the_server_with_the_way_out(
    run: Run, origin: Path, server: Sandbox
) -> None:
    workspace = clone(origin)
    merged(workspace)
    results = everywhere(workspace)
    done = run("publish", results, "--base", "origin/main", cwd=workspace, **destination(server))
    assert done.returncode == 4
    assert "--pull-request auto" in done.stderr


# Clones that do not reach back


def test_the_story_of_a_shallow_clone(run: Run, origin: Path, server: Sandbox) -> None:
    """git cannot tell what changed there, says what to fetch, and the server can tell instead."""
    workspace = clone(origin, "--depth=1", f"--branch={FEATURE}", revision="HEAD")
    results = everywhere(workspace)
    refused = run("preview", results, "--base", "origin/main", cwd=workspace)
    assert refused.returncode == 3
    [command] = [line for line in refused.stderr.splitlines() if "git fetch" in line]
    done = run("publish", results, "--pull-request", "7", cwd=workspace, **destination(server))
    assert done.returncode == 0, done.stderr
    assert stored(server, origin, head_of(origin)) == expected(origin)
    fetch = command[command.index("git fetch") :].partition(";")[0]
    subprocess.run(fetch, shell=True, cwd=workspace, check=True, capture_output=True)
    assert annotated(plan(run, workspace, results, "--base", "origin/main")) == expected(origin)


# A branch that moves


def test_the_story_of_a_push_during_the_build(run: Run, origin: Path, server: Sandbox) -> None:
    """The report of a commit that is no longer the head would not be shown, and is made all the same."""
    workspace = clone(origin)
    before = head_of(origin)
    results = everywhere(workspace)
    push(origin)
    done = run("publish", results, "--pull-request", "7", cwd=workspace, **destination(server))
    assert done.returncode == 0, done.stderr
    assert f"{before[:12]} is no longer the head of pull request 7" in done.stdout
    assert "Bitbucket will not show this report" in done.stdout
    base = repository.git(origin, "merge-base", "main", before).strip()
    assert stored(server, origin, before) == blamed(origin, base, before)


def test_the_story_of_a_force_pushed_branch(run: Run, origin: Path, server: Sandbox) -> None:
    """What was built is no part of the pull request any more: nothing is sent."""
    workspace = clone(origin)
    before = head_of(origin)
    repository.git(origin, "checkout", "-q", FEATURE)
    repository.git(
        origin, "commit", "-q", "--amend", "-m", "Rewritten", "--date=2024-01-01T00:00:00Z"
    )
    results = everywhere(workspace)
    done = run("publish", results, "--pull-request", "7", cwd=workspace, **destination(server))
    assert done.returncode == 3, done.stdout
    assert before in done.stderr
    assert head_of(origin) in done.stderr
    assert server.store.report(before, "insights-uploader.every") is None
    auto = run("publish", results, "--pull-request", "auto", cwd=workspace, **destination(server))
    assert auto.returncode == 2
    assert "no open pull request has commit" in auto.stderr


# What is on disk


def test_a_file_that_is_not_on_disk_as_in_the_commit_is_told(run: Run, origin: Path) -> None:
    """A formatter ran before the linter: the lines that it names are not the commit's."""
    workspace = clone(origin)
    results = everywhere(workspace)
    arguments = (results, "--base", "origin/main")
    assert plan(run, workspace, *arguments)["notes"] == []
    file = workspace / "src/dotenv/version.py"
    file.write_text("# formatted\n" + file.read_text())
    [note] = plan(run, workspace, *arguments)["notes"]
    assert note.startswith("src/dotenv/version.py on disk is not as in the commit")
    (workspace / "setup.py").touch()  # only its time is another
    assert plan(run, workspace, *arguments)["notes"] == [note]
    assert plan(run, workspace, *arguments, "--changes", "working-tree")["notes"] == []


# Before committing


def test_the_story_of_a_dry_run_before_committing(run: Run, origin: Path) -> None:
    """Staged, unstaged and untracked lines, each on request; ignored files never."""
    workspace = clone(origin)
    file = workspace / "src/dotenv/version.py"
    repository.git(workspace, "config", "core.excludesFile", "/dev/null")
    file.write_text("# staged\n" + file.read_text())
    repository.git(workspace, "add", "--all")
    file.write_text(file.read_text() + "# unstaged\n")
    (workspace / "new.py").write_text("new\n" * 2)
    results = everywhere(workspace, "new.py")
    last = file.read_text().count("\n")
    name = "src/dotenv/version.py"

    def lines(*options: str) -> Lines:
        return annotated(plan(run, workspace, results, "--base", "HEAD", *options))

    assert lines() == set()
    assert lines("--changes", "staged") == {(name, 1)}
    assert lines("--changes", "working-tree") == {
        (name, 1),
        (name, last),
        ("new.py", 1),
        ("new.py", 2),
    }
    branch = plan(run, workspace, results, "--base", "origin/main", "--changes", "working-tree")
    others = {(path, line) for path, line in expected(origin) if path != name}
    assert {place for place in annotated(branch) if place[0] != name} == others | {
        ("new.py", 1),
        ("new.py", 2),
    }
    refused = run("publish", results, "--changes", "staged", cwd=workspace)
    assert refused.returncode == 2, refused.stderr
    assert "only what is committed can be published" in refused.stderr


def test_two_dots_compare_with_the_target_itself(run: Run, origin: Path) -> None:
    workspace = clone(origin)
    results = everywhere(workspace)
    made = plan(run, workspace, results, "--base", "origin/main", "--two-dot")
    assert annotated(made) == blamed(origin, "main", FEATURE)
    assert made["diff"]["source"] == "git diff origin/main..HEAD"


# What a user has configured


def test_the_story_of_a_hostile_configuration(run: Run, origin: Path) -> None:
    """Every setting that changes what `git diff` prints, at once."""
    workspace = clone(origin)
    results = everywhere(workspace)
    home = origin.parent / "home"
    home.mkdir()
    (home / ".gitconfig").write_text(
        "[diff]\n noprefix = true\n interHunkContext = 99\n external = false\n renames = false\n"
        " algorithm = patience\n context = 9\n relative = true\n wordRegex = .\n orderFile = /none\n"
        ' ignoreSubmodules = all\n suppressBlankEmpty = true\n[diff "python"]\n textconv = false\n'
        "[core]\n quotePath = true\n autocrlf = true\n attributesFile = ~/attributes\n"
        "[color]\n ui = always\n diff = always\n"
    )
    (home / "attributes").write_text("*.py diff=python\n* -diff\n")
    (workspace / ".git/info/attributes").write_text("*.py binary\n")
    environ = {
        "HOME": str(home),
        "GIT_DIFF_OPTS": "-u9",
        "GIT_EXTERNAL_DIFF": "false",
        "GIT_PAGER": "false",
        "GIT_CONFIG_PARAMETERS": "'diff.noprefix=true'",
    }
    made = plan(run, workspace, results, "--base", "origin/main", **environ)
    assert annotated(made) == expected(origin)


# Two diffs


def test_a_difference_between_the_servers_diff_and_gits_is_told(
    run: Run, origin: Path, server: Sandbox
) -> None:
    workspace = clone(origin)
    results = everywhere(workspace)
    arguments = (results, "--pull-request", "7")
    assert plan(run, workspace, *arguments, **destination(server))["notes"] == []
    server.faults.add(Edit(without_a_hunk), path=r"\.diff$")
    notes = plan(run, workspace, *arguments, **destination(server))["notes"]
    assert (
        [note for note in notes if "are others for the server than for git" in note] == notes != []
    )


def without_a_hunk(body: bytes) -> bytes:
    """A diff that lacks the second hunk of a file in the middle: it reads as well as any."""
    files = body.split(b"\ndiff --git ")
    chosen = next(n for n, file in enumerate(files[:-1]) if file.count(b"\n@@ ") > 2)
    first, second, rest = files[chosen].split(b"\n@@ ", 2)
    _, after = rest.split(b"\n@@ ", 1)
    files[chosen] = b"\n@@ ".join([first, second, after])
    return b"\ndiff --git ".join(files)
