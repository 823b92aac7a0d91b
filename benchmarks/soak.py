"""Publishes a great deal at once, past a server's rate limit, and reads all of it back.

    python benchmarks/soak.py [PUBLISHES [REQUESTS-PER-SECOND]]

2,000 publishes by default, from 32 threads, all with one token: of every report a first one, then
either another in its place or the same once more; and 40 whole runs of the program among them. The
sandbox, a process of its own, gives the token a bucket as Bitbucket does: 60 requests at once; its
5 a second are 75 here, so that it ends within five minutes. What every report must hold in the
end follows from how its results were made, not from any plan. It ends with 1 when a report is
lost, differs, or holds anything twice.
"""

import collections
import dataclasses
import functools
import io
import json
import multiprocessing
import os
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import msgspec

from insights_uploader.destinations.bitbucket_dc.address import HEADERS
from insights_uploader.destinations.bitbucket_dc.client import CodeInsights
from insights_uploader.destinations.bitbucket_dc.payload import CodeInsightsPayload, report_key
from insights_uploader.destinations.http import Http, Retries
from insights_uploader.inputs.plugins import installed
from insights_uploader.model.errors import InsightsError
from insights_uploader.pipeline import Request, World, make_plan
from insights_uploader.plan.plan import Plan
from insights_uploader.publish import Publication
from insights_uploader.review import Comparison
from insights_uploader.sandbox import server
from insights_uploader.sandbox.settings import AccessToken, RateLimit, SandboxSettings

THREADS, KEYS, RUNS = 32, 10, 40
LINES = 400  # of the one file that the branch adds
PATH = "added.py"
PUBLISHER, READER = "soak-publisher", "soak-reader"
_DATE_MS = 1_700_000_000_000


@dataclasses.dataclass(frozen=True)
class Results:
    """What a tool found, by its number and the version of its results."""

    tool: int
    version: int

    @property
    def lines(self) -> range:
        """The lines of its findings, one each: none of some, many of others."""
        return (
            range(1 + self.version, LINES, 17 + 40 * ((self.tool + self.version) % 3))
            if (self.tool + 3 * self.version) % 5
            else range(0)
        )

    @property
    def is_failing(self) -> bool:
        """Whether its findings are errors; they pass the gate, if not."""
        return (self.tool + self.version) % 2 == 0 and bool(self.lines)

    def message(self, line: int) -> str:
        """What it says of a line."""
        return f"tool {self.tool}, version {self.version}, line {line}"

    def sarif(self) -> str:
        """Its results file."""
        level = "error" if self.is_failing else "note"
        found = [
            {
                "ruleId": "rule",
                "level": level,
                "message": {"text": self.message(line)},
                "locations": [
                    {"physicalLocation": {"artifactLocation": {"uri": PATH}, "region": {"startLine": line}}}
                ],
            }
            for line in self.lines
        ]  # fmt: skip
        run = {"tool": {"driver": {"name": f"tool-{self.tool}"}}, "results": found}
        return json.dumps({"version": "2.1.0", "runs": [run]})

    def expected(self) -> tuple[str, Sequence[tuple[str, int, str]]]:
        """The result of its report, and where its annotations are and what they say."""
        said = sorted((PATH, line, f"rule: {self.message(line)}") for line in self.lines)
        return "FAIL" if self.is_failing else "PASS", said


class Tally:
    """Counts, from many threads."""

    def __init__(self) -> None:
        self.counts: collections.Counter[str] = collections.Counter()
        self.failures: list[str] = []
        self._lock = threading.Lock()

    def add(self, what: str, number: int = 1) -> None:
        """Count it."""
        with self._lock:
            self.counts[what] += number

    def fail(self, words: str) -> None:
        """Note a publish that was lost."""
        with self._lock:
            self.failures.append(words)

    def waited(self, words: str) -> None:
        """Hear of a request that is to be tried again."""
        self.add("429" if "said 429" in words else "other failures of a request")


def main() -> int:
    """Make the repository, start the server, and let them at it."""
    publishes = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    rate = float(sys.argv[2]) if len(sys.argv) > 2 else 75.0
    with tempfile.TemporaryDirectory(prefix="soak-") as name:
        folder = Path(name)
        commits = repository(folder / "checkout", max(1, publishes // (2 * KEYS)))
        here, there = multiprocessing.Pipe()
        process = multiprocessing.Process(target=serve, args=(folder / "checkout", rate, there))
        process.start()
        try:
            return soak(folder, here.recv(), commits)
        finally:
            process.terminate()
            process.join()


def soak(folder: Path, url: str, commits: Sequence[str]) -> int:
    """Publish all, read all back, and tell."""
    plans = {
        (tool, version): plan(folder, Results(tool, version))
        for tool in range(KEYS)
        for version in (0, 1)
    }
    tally, start = Tally(), time.monotonic()
    expected: dict[tuple[str, str], Results] = {}
    jobs = []
    with ThreadPoolExecutor(THREADS) as pool:
        for number, commit in enumerate(commits):
            for tool in range(KEYS):
                last = Results(tool, int((number + tool) % 5 > 1))  # three of five are replaced
                expected[commit, f"soak.tool-{tool}"] = last
                versions = [plans[tool, version] for version in (0, last.version)]
                jobs.append(pool.submit(publish, versions, commit, url, tally))
            if number * RUNS // len(commits) < (number + 1) * RUNS // len(commits):
                run = Results(number % KEYS, 0)
                expected[commits[-1], f"run-{number}.tool-{run.tool}"] = run
                jobs.append(pool.submit(program, folder, run, f"run-{number}", url, tally))
    for job in jobs:
        job.result()  # a fault of our own ends it all
    took = time.monotonic() - start
    counts = tally.counts
    print(
        f"{took:.0f} s: {counts['publish']} publishes from {THREADS} threads, {counts['run']} whole runs"
    )
    print(f"  {counts['sent']} sent, {counts['unchanged']} unchanged, {len(expected)} reports")
    print(
        f"  {counts['429']} answers 429, {counts['other failures of a request']} other failures of a request"
    )
    sys.stdout.flush()
    wrong = [words for commit in commits for words in differing(url, commit, expected)]
    print(
        f"  {len(tally.failures)} publishes failed, {len(wrong)} reports are not as they should be"
    )
    for words in [*tally.failures, *wrong][:20]:
        print(f"    {words}")
    return 1 if tally.failures or wrong else 0


def publish(plans: Sequence[Plan], commit: str, url: str, tally: Tally) -> None:
    """Publish one report, version after version, each as a run of its own would."""
    for planned in plans:
        target = msgspec.structs.replace(planned.target, commit=commit)
        mine = msgspec.structs.replace(planned, target=target)
        tally.add("publish")
        try:
            with Http(
                url, f"Bearer {PUBLISHER}", headers=HEADERS, retries=Retries(tell=tally.waited)
            ) as http:
                for done in Publication(mine, CodeInsights(http, "PRJ", "repo", commit)).run():
                    tally.add("sent" if done.sent else "unchanged")
        except InsightsError as error:
            tally.fail(f"{error.slug}: {error.message}")


def program(folder: Path, results: Results, key: str, url: str, tally: Tally) -> None:
    """Run the whole program."""
    file = folder / f"{results.tool}-{results.version}.sarif"
    command = [sys.executable, "-m", "insights_uploader", "publish", str(file), "--base", "main"]
    command += [
        "--url",
        url,
        "--project",
        "PRJ",
        "--repository",
        "repo",
        "--key",
        key,
        "--exit-zero",
    ]
    environ = {"PATH": os.environ["PATH"], "BITBUCKET_TOKEN": PUBLISHER}
    done = subprocess.run(
        command, cwd=folder / "checkout", env=environ, capture_output=True, text=True, check=False
    )
    tally.add("run")
    tally.add("429", done.stderr.count("said 429"))
    if done.returncode:
        tally.fail(f"a whole run ended with {done.returncode}: {done.stderr[-500:]}")


def differing(url: str, commit: str, expected: Mapping[tuple[str, str], Results]) -> Sequence[str]:
    """What of a commit's reports is not as it should be: read by other means than ours."""
    base = f"{url}/rest/insights/latest/projects/PRJ/repos/repo/commits/{commit}/reports"
    there = {report["key"]: report for report in read(f"{base}?limit=1000")["values"]}
    ours = {key: results for (at, key), results in expected.items() if at == commit}
    wrong = [f"{commit}: {key} is lost" for key in sorted(ours.keys() - there.keys())]
    wrong += [f"{commit}: {key} is of nobody" for key in sorted(there.keys() - ours.keys())]
    for key in sorted(ours.keys() & there.keys()):
        stored = read(f"{base}/{key}/annotations")["annotations"]
        said = sorted((a["path"], a["line"], a["message"]) for a in stored)
        if (there[key]["result"], said) != ours[key].expected():
            wanted = ours[key].expected()
            words = f"{there[key]['result']} and {len(said)} annotations for {wanted[0]} and"
            wrong.append(f"{commit}: {key} differs: {words} {len(wanted[1])}")
        elif len({a["externalId"] for a in stored}) != len(stored):
            wrong.append(f"{commit}: {key} holds an annotation twice")
    return wrong


def read(url: str) -> Any:
    """What the server tells another user, who has a bucket of his own."""
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {READER}"})
    while True:
        try:
            with urllib.request.urlopen(request) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            if error.code != 429:
                raise
            time.sleep(0.2)


def plan(folder: Path, results: Results) -> Plan:
    """The plan for a tool's results, as the library makes it."""
    file = folder / f"{results.tool}-{results.version}.sarif"
    file.write_text(results.sarif())
    world = World(
        plugins=installed(),
        environ=dict(os.environ),
        stdin=io.BytesIO(),
        now_ms=_DATE_MS + results.version,
        builder=CodeInsightsPayload(),
    )
    request = Request(
        results=[str(file)],
        checkout=folder / "checkout",
        report_of=functools.partial(report_key, "soak"),
        comparison=Comparison(base="main"),
        project="PRJ",
        repository="repo",
    )
    return make_plan(request, world)


def repository(folder: Path, commits: int) -> Sequence[str]:
    """Make a repository whose branch has so many commits, the last one checked out; their ids."""
    lines = "".join(f"x = {number}\n" for number in range(LINES))
    script = f"commit refs/heads/main\n{_WHO}data 0\n\n"
    script += f"commit refs/heads/branch\n{_WHO}data 0\nfrom refs/heads/main\n"
    script += f"M 100644 inline {PATH}\ndata {len(lines)}\n{lines}\n"
    script += f"commit refs/heads/branch\n{_WHO}data 0\n\n" * (commits - 1)
    folder.mkdir()

    def git(*arguments: str, stdin: str = "") -> str:
        command = ["git", *arguments]
        return subprocess.run(
            command, cwd=folder, input=stdin, check=True, capture_output=True, text=True
        ).stdout

    git("init", "-q", "-b", "main")
    git("fast-import", "--quiet", stdin=script)
    git("checkout", "-q", "branch")
    return git("rev-list", "--reverse", "main..branch").split()


_WHO = "committer Soak <soak@example.org> 1700000000 +0000\n"


def serve(checkout: Path, rate: float, there: Connection) -> None:
    """The server: one bucket for whoever publishes, another for whoever reads back."""
    limit = RateLimit(per_second=rate)
    tokens = AccessToken("publisher", PUBLISHER), AccessToken("reader", READER)
    settings = SandboxSettings(checkout, tokens=tokens, rate_limit=limit)
    server.run(settings, "127.0.0.1", 0, there.send)


if __name__ == "__main__":
    sys.exit(main())
