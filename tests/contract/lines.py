"""Command lines that reach every operation, in stories: each line finds what those before it left.

They are all that is written by hand of docs/operations.md.
"""

import json
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fixture_records import BANDIT, FIXTURES, RUFF
from jira import CONNECT
from program import TOKEN

from insights_uploader.sandbox.cloud_settings import CloudSettings

_COVERAGE = FIXTURES / "cobertura/coveragepy-branch-python-dotenv/coverage.xml"
_ON_CLOUD = CloudSettings()
_PAGE = "https://ci.example.com/widgets/12"

UNKNOWN = "GONE-1"
"""An issue that Jira does not know."""

BRANCH = "feature/DEMO-1-next-release"
"""What is checked out; it names an issue that Jira knows."""

WORDS = "The trouble is on purpose"
"""What a server says that refuses on purpose."""


@dataclass(frozen=True, slots=True)
class Line:
    """A command line.

    Attributes:
        name: what a user types for the operation; the rest is said of the case in hand.
        rest: further arguments, as in a shell.
        trouble: `POST 502 /path$`: what is always answered so, for the program to do without.
    """

    name: str
    rest: str = ""
    trouble: str = ""

    @property
    def arguments(self) -> Sequence[str]:
        """All arguments of the program."""
        return [*self.name.split(), *shlex.split(self.rest), "--tries=1"]


@dataclass(frozen=True, slots=True)
class Place:
    """A server of the sandbox's, and how the program gets there.

    Attributes:
        url: what follows the sandbox's own address.
        environ: further variables.
        secret: the one of these that opens the door.
        repository: the variable that names what the addresses are about.
    """

    url: str
    environ: Mapping[str, str]
    secret: str
    repository: str | None = None

    def found(self, sandbox: str) -> Mapping[str, str]:
        """The variables for a sandbox at this address."""
        bitbucket = {"BITBUCKET_URL": sandbox + self.url, "BITBUCKET_REPOSITORY": "repo"}
        return {**bitbucket, "JIRA_SITE": sandbox, **self.environ}


_DC = {"BITBUCKET_PROJECT": "PRJ", "BITBUCKET_TOKEN": TOKEN}
DATA_CENTER = Place("", _DC, "BITBUCKET_TOKEN", "BITBUCKET_REPOSITORY")
JIRA = Place("", {**_DC, **CONNECT}, "JIRA_CONNECT_SECRET")
CLOUD = Place(
    "/2.0",
    {"BITBUCKET_PROJECT": _ON_CLOUD.workspace, "BITBUCKET_TOKEN": _ON_CLOUD.access_token},
    "BITBUCKET_TOKEN",
    "BITBUCKET_REPOSITORY",
)

_KEY = "insights-uploader.ruff"
_RUN = f"{RUFF} --base=main --exit-zero --force"
_CLEAN = RUFF.parent.parent / "ruff-clean-python-dotenv/ruff.sarif"
_BUILD = f"--build-key=widgets --build-url={_PAGE} --build-number=12"
_DEPLOYMENT = "--key=shop --environment=prod --sequence-number=7"
_ISSUE = "--issue-key=DEMO-1"
JIRA_BUILD = f"--pipeline=shop --number=16 --state=failed --build-url={_PAGE}"
JIRA_DEPLOYMENT = (
    f"--pipeline=shop --environment=prod --number=16 --deployment-url={_PAGE} --state=pending"
)
MINE = "--property=team=mine"

STORIES: Sequence[tuple[Place, Sequence[Line]]] = [
    (
        DATA_CENTER,
        [
            Line("publish", _RUN),
            Line("report list"),
            Line("report show", _KEY),
            Line("report annotations", "--severity=low"),
            Line("report annotations", _KEY),
            Line("report annotate", f"{_KEY} --message=m --severity=low --external-id=mine"),
            Line("report delete-annotations", f"{_KEY} mine"),
            Line("report delete", _KEY),
        ],
    ),
    (
        DATA_CENTER,
        [
            Line("build set", f"FAILED --key=widgets --build-url={_PAGE}"),
            Line("build get", "widgets"),
            Line("build list"),
            Line("build stats"),
            Line("build stats", "HEAD main"),
            Line("build delete", "widgets"),
        ],
    ),
    (
        DATA_CENTER,
        [
            Line("build set --legacy", f"FAILED --key=widgets --build-url={_PAGE}"),
            Line("build get --legacy", "widgets"),
        ],
    ),
    (
        DATA_CENTER,
        [
            Line("required-builds create", "--parent=plan --ref=BRANCH:main"),
            Line("required-builds list"),
            Line("required-builds check", "--parent=plan --target=main --source=x"),
            Line("required-builds update", "1 --parent=other --ref=ANY_REF"),
            Line("required-builds delete", "1"),
        ],
    ),
    (
        DATA_CENTER,
        [
            Line("deployment set", f"{_DEPLOYMENT} --state=successful --link={_PAGE}"),
            Line("deployment get", _DEPLOYMENT),
            Line("deployment delete", _DEPLOYMENT),
        ],
    ),
    (
        DATA_CENTER,
        [
            Line("code-coverage set", f"{_COVERAGE} --base=main"),
            Line("code-coverage delete"),
        ],
    ),
    (
        JIRA,
        [
            Line("jira builds submit", f"{JIRA_BUILD} {_ISSUE} {MINE}"),
            Line("jira builds get", "shop 16"),
            Line("jira builds delete-by-properties", MINE),
            Line("jira builds delete", "shop 16"),
        ],
    ),
    (
        JIRA,
        [
            Line("jira deployments submit", f"{JIRA_DEPLOYMENT} {_ISSUE} {MINE} --gate"),
            Line("jira deployments get", "shop prod 16"),
            Line("jira deployments gating-status", "shop prod 16"),
            Line("jira deployments delete", "shop prod 16"),
            Line("jira deployments delete-by-properties", MINE),
        ],
    ),
    (
        JIRA,
        [
            Line("jira devinfo submit", f"--base=main {MINE}"),
            Line("jira devinfo get"),
            Line("jira devinfo exists", MINE),
            Line("jira devinfo delete-entity", f"branch {BRANCH}"),
            Line("jira devinfo delete-by-properties", MINE),
            Line("jira devinfo delete"),
        ],
    ),
    (
        CLOUD,
        [
            Line("publish", _RUN),
            Line("publish", _RUN, trouble="POST 502 /annotations$"),
            Line("publish", f"{_CLEAN} --base=main --force", trouble="DELETE 404 /reports/[^/]+$"),
        ],
    ),
    (DATA_CENTER, [Line("publish --to=build-status", f"{_RUN} {_BUILD}")]),
    (
        DATA_CENTER,
        [Line("publish --to=code-coverage", f"{_COVERAGE} --base=main --exit-zero --force")],
    ),
    (JIRA, [Line("publish --to=jira-builds", f"{_RUN} {_BUILD}")]),
    (JIRA, [Line("publish --to=jira-devinfo", _RUN)]),
    (CLOUD, [Line("publish --to=build-status", f"{_RUN} {_BUILD}")]),
    (CLOUD, [Line("preview --pull-request", f"7 {BANDIT}")]),
    (CLOUD, [Line("preview --pull-request=auto", str(BANDIT))]),
]


@dataclass(frozen=True, slots=True)
class Items:
    """What Jira can say of what it got, with the status of success.

    Attributes:
        unknown: lines of which the last names an issue that Jira does not know.
        stale: lines of which the last is older than what is stored.
        rejected: a line and the answer that it gets.
    """

    unknown: Sequence[Line]
    stale: Sequence[Line]
    rejected: tuple[Line, str]


def _items(name: str, rest: str, answer: object) -> Items:
    return Items(
        unknown=[Line(name, f"{rest} --issue-key={UNKNOWN}")],
        stale=[
            Line(name, f"{rest} {_ISSUE} --sequence=20"),
            Line(name, f"{rest} {_ISSUE} --sequence=19 --wait=0"),
        ],
        rejected=(Line(name, f"{rest} {_ISSUE}"), json.dumps(answer)),
    )


_ERRORS = [{"message": WORDS}]
_BUILD_KEY = {"pipelineId": "shop", "buildNumber": 16}
_DEPLOYMENT_KEY = {"pipelineId": "shop", "environmentId": "prod", "deploymentSequenceNumber": 16}
ITEMS: Mapping[str, Items] = {
    "POST /rest/builds/0.1/bulk": _items(
        "jira builds submit",
        JIRA_BUILD,
        {"rejectedBuilds": [{"key": _BUILD_KEY, "errors": _ERRORS}]},
    ),
    "POST /rest/deployments/0.1/bulk": _items(
        "jira deployments submit",
        JIRA_DEPLOYMENT,
        {"rejectedDeployments": [{"key": _DEPLOYMENT_KEY, "errors": _ERRORS}]},
    ),
    "POST /rest/devinfo/0.10/bulk": _items(
        "jira devinfo submit",
        "--base=main --repository-id=mine",
        {"failedDevinfoEntities": {"mine": {"errorMessages": _ERRORS}}},
    ),
}
"""Of the operations that take many things at once."""
