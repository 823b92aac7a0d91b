"""`insights-uploader jira deployments`: what a Jira site knows of what was brought where."""

from collections.abc import Mapping, Sequence
from typing import Any

import click
import msgspec

from insights_uploader.cli.described_deployment import described, described_options
from insights_uploader.cli.destination import settled_destination
from insights_uploader.cli.jira_answers import delete_by_properties, pairs_of, shown, tell
from insights_uploader.cli.jira_site import connected_jira, jira_options
from insights_uploader.cli.numbers import WAIT
from insights_uploader.cli.speaking import warn
from insights_uploader.destinations.jira_deployments.client import JiraDeployments
from insights_uploader.destinations.jira_deployments.deployment import DeploymentKey
from insights_uploader.destinations.jira_deployments.gating import (
    LAST,
    Gate,
    GatingStatus,
    awaited,
    word_of,
)
from insights_uploader.destinations.jira_deployments.submitting import submit
from insights_uploader.model.errors import ExitCode, ServerError
from insights_uploader.preview.plain import plain

_MOST_SHOWN = 2000  # characters of one thing that the server says
_NOTHING = "no issue is named and none is found, and no service is named: nothing is sent"
_NOT_THERE = "What was accepted is stored later; what belongs to nothing that Jira knows never is."
_NO_GATE = "It has one once it is stored, if it was submitted with --gate."

_GATE_EXITS = {
    GatingStatus.ALLOWED: ExitCode.DONE,
    GatingStatus.PREVENTED: ExitCode.GATE_FAILED,
    GatingStatus.INVALID: ExitCode.RESULTS,
    GatingStatus.AWAITING: ExitCode.PARTIAL,
}

_json = click.option("--json", "is_json", is_flag=True, help="As JSON.")
_pipeline = click.argument("pipeline")
_environment = click.argument("environment")
_number = click.argument("number", type=int)
_property = click.option(
    "--property", "properties", multiple=True, metavar="KEY=VALUE", help="Of the deployments."
)


@click.group("deployments")
def command() -> None:
    """See and change the deployments of a Jira site, and wait for their gates."""


@described_options
@jira_options
@command.command("submit")
@_property
@click.option("--product", metavar="TEXT", help="What deploys, and its version.")
@click.option("--wait", type=WAIT, metavar="SECONDS", help="See that Jira has stored it.")
@_json
def _submit(
    is_json: bool,
    wait: float | None,
    properties: tuple[str, ...],
    product: str | None,
    **given: Any,
) -> int:
    """Submit the deployment that the options describe, or all those of a --file.

    Jira accepts at once and stores later; with --wait it is looked for. An update replaces only
    one with a smaller sequence number; where it does not, that is said. A deployment that
    belongs to no issue and no service is not sent, and the exit code is 0.

    --gate asks Jira Service Management for a request for change that decides whether the
    deployment may begin; ask for it while the state is pending, and name the --service that it
    is for. `gating-status --wait` waits for the answer.

    A deployment that belongs to nothing that Jira knows is never stored: that is a warning, and
    with --wait an error.

    Exit codes: 0 all are accepted, and with --wait stored; 4 none is, or the server cannot be
    reached; 5 some are, and others are rejected, or with --wait unknown to Jira, older than what
    is stored, or not stored in time. What became of each is said.
    """
    settings = settled_destination()
    pairs = pairs_of(properties)
    deployments = described(settings, given)
    if not deployments:
        tell({"sent": False, "reason": _NOTHING}, [_NOTHING], is_json=is_json)
        return 0
    with connected_jira(settings) as site:
        told = submit(JiraDeployments(site), deployments, pairs, product=product, wait_s=wait)
    warn("".join(f"warning: Jira does not know {shown(each)}\n" for each in told.unknown))
    tell(told.details, [fate.line for fate in told.fates], is_json=is_json)
    if told.failure:
        raise told.failure
    return 0


@jira_options
@command.command("get")
@_pipeline
@_environment
@_number
@_json
def _get(pipeline: str, environment: str, number: int, is_json: bool, **_: Any) -> int:
    """Show the deployment NUMBER of PIPELINE to ENVIRONMENT as it is stored."""
    key = DeploymentKey(pipeline, environment, number)
    with connected_jira() as site:
        stored = JiraDeployments(site).get(key)
    if stored is None:
        raise ServerError("not-found", f"Jira has no {key.name}", _NOT_THERE, status=404)
    tell(stored, _lines(stored), is_json=is_json)
    return 0


@jira_options
@command.command("delete")
@_pipeline
@_environment
@_number
@_json
def _delete(pipeline: str, environment: str, number: int, is_json: bool, **_: Any) -> int:
    """Have Jira delete the deployment NUMBER of PIPELINE to ENVIRONMENT, if there is one.

    It does so later; `get` shows when.
    """
    key = DeploymentKey(pipeline, environment, number)
    with connected_jira() as site:
        JiraDeployments(site).delete(key)
    details = {**msgspec.to_builtins(key), "deletion": "accepted"}
    tell(details, [f"deletion accepted: {key.name}"], is_json=is_json)
    return 0


@jira_options
@command.command("delete-by-properties")
@_property
@_json
def _delete_by_properties(properties: tuple[str, ...], is_json: bool, **_: Any) -> int:
    """Have Jira delete all deployments that were submitted with every --property that is given."""
    delete_by_properties(
        "deployments",
        properties,
        lambda site, pairs: JiraDeployments(site).delete_by_properties(pairs),
        is_json=is_json,
    )
    return 0


@jira_options
@command.command("gating-status")
@_pipeline
@_environment
@_number
@click.option("--wait", type=WAIT, default=0.0, metavar="SECONDS", help="Wait until it decides.")
@_json
def _gating_status(
    pipeline: str, environment: str, number: int, wait: float, is_json: bool, **_: Any
) -> int:
    """Tell whether the deployment NUMBER of PIPELINE to ENVIRONMENT may begin.

    With --wait it is asked again, after 2 seconds at first and every 30 seconds at last, until the
    answer is allowed, prevented or invalid, or time is over. --deadline bounds the requests
    themselves, and not the time between them.

    Exit codes: 0 allowed; 1 prevented; 3 invalid, Jira cannot judge it; 5 still awaiting; 4 there
    is no such gate, the server cannot be reached, or it gives a word that is not known here.
    """
    key = DeploymentKey(pipeline, environment, number)

    def heard(gate: Gate | None) -> None:
        warn(plain(f"{_word(gate) if gate else 'no gate yet'}: {key.name}") + "\n")

    with connected_jira() as site:
        api = JiraDeployments(site)
        gate = awaited(lambda: api.gating_status(key), wait_s=wait, tell=heard)
    if gate is None:
        raise ServerError("not-found", f"Jira has no gate for {key.name}", _NO_GATE, status=404)
    word = word_of(gate)
    late = f": it has not decided within {wait:g} s" if wait and word not in LAST else ""
    tell(gate, [f"{_word(gate)}: {key.name}{late}", *_details(gate)], is_json=is_json)
    return int(ExitCode.SERVER if word is None else _GATE_EXITS[word])


def _word(gate: Gate) -> str:
    return shown(gate.get("gatingStatus", "no word"))


def _details(gate: Gate) -> Sequence[str]:
    """What is behind a gate: a line for each, as `issue CHANGE-1: https://...`."""
    details = gate.get("details")
    return [
        f"  {shown(', '.join(_lines(each)) if isinstance(each, dict) else each)}"
        for each in (details if isinstance(details, list) else [])
    ]


def _lines(stored: Mapping[str, Any]) -> Sequence[str]:
    return [f"{name}: {shown(value)}" for name, value in stored.items()]
