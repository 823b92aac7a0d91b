"""Deployments on a Jira Cloud site, by their pipeline, environment and number, and their gates.

Addresses, statuses and shapes: Atlassian OpenAPI of Jira Software Cloud, `/rest/deployments/0.1`. A
submission as a whole is refused with 400; one of its deployments alone is rejected within a 202.
One that belongs to nothing that the site knows is neither accepted nor rejected: what is unknown
is all that is said of it (jenkinsci/atlassian-jira-software-cloud-plugin reads it so).
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from insights_uploader.sandbox.contract import document, faults
from insights_uploader.sandbox.envelope import Json
from insights_uploader.sandbox.jira_cloud import (
    JiraError,
    jira_body,
    property_errors,
    queried_properties,
)
from insights_uploader.sandbox.jira_settings import JiraSettings
from insights_uploader.sandbox.jira_store import Entry, EventualStore

Key = tuple[str, str, int]

_DEPLOYMENT = "/pipelines/{pipeline_id}/environments/{environment_id}/deployments/{number:int}"
_MOST = 100
_MOST_VALUES = 500
_RFC_3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
_ISSUES = ("issueKeys", "issueIdOrKeys")
_SERVICES = "serviceIdOrKeys"
_GATING = {"command": "initiate_deployment_gating"}


class JiraDeployments:
    """The endpoints over one store.

    Attributes:
        services: ids and keys that the site knows; None knows every one.
        repositories: likewise, of repositories.
        gates: what a gate says, read by read; the last word stays. A test may set and change them.
            A deployment that was submitted with the command for it has one that awaits.
    """

    name, version = "deployments", "0.1"

    def __init__(self, settings: JiraSettings, store: EventualStore) -> None:
        """Serve `store`."""
        self._settings = settings
        self.store = store
        self.services: frozenset[str] | None = None
        self.repositories: frozenset[str] | None = None
        self.gates: dict[Key, list[str]] = {}

    def routes(self) -> Sequence[Route]:
        """List the routes."""
        return [
            Route("/bulk", self.submit, methods=["POST"]),
            Route("/bulkByProperties", self.delete_by_properties, methods=["DELETE"]),
            Route(_DEPLOYMENT, self.get, methods=["GET"]),
            Route(_DEPLOYMENT, self.delete, methods=["DELETE"]),
            Route(f"{_DEPLOYMENT}/gating-status", self.gating_status, methods=["GET"]),
        ]

    def envelope(self, messages: Sequence[str]) -> Any:
        """Refuse with a list."""
        return [{"message": message} for message in messages]

    async def submit(self, request: Request) -> Response:
        """Take deployments, each by itself."""
        body = await jira_body(request)
        _check_whole(body)
        accepted, rejected = [], []
        issues, unknown = list[str](), list[Any]()
        for deployment in body["deployments"]:
            key = _key_of(deployment)
            errors = _errors(deployment)
            if errors:
                rejected.append({"key": key, "errors": self.envelope(errors)})
                continue
            strange = [each for each in _belongings(deployment) if not self._knows(*each)]
            issues += [value for kind, value in strange if kind is None]
            unknown += [
                {"associationType": kind, "values": [value]} for kind, value in strange if kind
            ]
            if len(strange) < len(_belongings(deployment)):
                accepted.append(key)
                self._take(deployment, body.get("properties") or {})
        answer = {
            "acceptedDeployments": accepted,
            "rejectedDeployments": rejected,
            "unknownIssueKeys": list(dict.fromkeys(issues)),
            "unknownAssociations": unknown,
        }
        return Json(answer, 202)

    async def get(self, request: Request) -> Response:
        """Give a deployment as it is stored."""
        entry = self.store.read(_asked(request))
        return Response(status_code=404) if entry is None else Json(entry.body)

    async def delete(self, request: Request) -> Response:
        """Delete a deployment, if there is one."""
        self.store.delete(_asked(request))
        return Response(status_code=202)

    async def delete_by_properties(self, request: Request) -> Response:
        """Delete the deployments that have all of these properties."""
        self.store.delete_where(queried_properties(request))
        return Response(status_code=202)

    async def gating_status(self, request: Request) -> Response:
        """Tell whether a deployment may begin, with the request for change that decides."""
        key = _asked(request)
        words = self.gates.get(key)
        if self.store.read(key) is None or not words:
            return Response(status_code=404)
        link = "https://example.atlassian.net/servicedesk/customer/portal/1/CHANGE-1"
        answer = {
            "pipelineId": key[0],
            "environmentId": key[1],
            "deploymentSequenceNumber": key[2],
            "updatedTimestamp": "2020-08-25T06:04:50.239Z",
            "gatingStatus": words[0],
            "details": [{"type": "issue", "issueKey": "CHANGE-1", "issueLink": link}],
        }
        if len(words) > 1:
            del words[0]
        return Json(answer)

    def _take(self, deployment: Mapping[str, Any], properties: Mapping[str, str]) -> None:
        pipeline, environment, number = _key_of(deployment).values()
        key = (pipeline, environment, number)
        entry = Entry(deployment["updateSequenceNumber"], deployment, properties)
        self.store.submit(key, entry)
        if _GATING in deployment.get("commands", []):
            self.gates.setdefault(key, ["awaiting"])

    def _knows(self, kind: str | None, value: Any) -> bool:
        if kind is None or kind in _ISSUES:
            known = self._settings.issue_keys
        elif kind == _SERVICES:
            known = self.services
        else:
            known, value = self.repositories, value["repositoryId"]
        return known is None or value in known


def _asked(request: Request) -> Key:
    named = request.path_params
    return named["pipeline_id"], named["environment_id"], named["number"]


def _key_of(deployment: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "pipelineId": deployment["pipeline"]["id"],
        "environmentId": deployment["environment"]["id"],
        "deploymentSequenceNumber": deployment["deploymentSequenceNumber"],
    }


def _belongings(deployment: Mapping[str, Any]) -> Sequence[tuple[str | None, Any]]:
    """What a deployment belongs to, one by one, each with its kind; the old issueKeys have none."""
    return [
        *((None, key) for key in deployment.get("issueKeys", ())),
        *(
            (each["associationType"], value)
            for each in deployment.get("associations", ())
            for value in each["values"]
        ),
    ]


def _check_whole(body: Mapping[str, Any]) -> None:
    """Refuse a submission whose deployments cannot even be told apart."""
    deployments = body.get("deployments")
    if not isinstance(deployments, list) or not 1 <= len(deployments) <= _MOST:
        raise JiraError(400, f"deployments: must be a list of 1 to {_MOST}")
    errors = [*property_errors(body.get("properties"))]
    for at, deployment in enumerate(deployments):
        try:
            found = _faults("DeploymentKey", _key_of(deployment))
        except (KeyError, TypeError):
            found = ["$: has no pipeline, environment or deploymentSequenceNumber"]
        errors += [f"deployments[{at}]: {each}" for each in found]
    if errors:
        raise JiraError(400, *errors)


def _errors(deployment: Mapping[str, Any]) -> Sequence[str]:
    """List what is wrong with one deployment."""
    return _faults("DeploymentData", deployment) or list(_said_in_prose(deployment))


def _faults(component: str, value: Any) -> Sequence[str]:
    """What is not as Atlassian's shape has it.

    Of an association its generator wrote `anyOf` of all kinds, and beside it `oneOf` of issues and
    services alone, which commits and repositories never are.
    """
    shapes = document("jira-cloud/deployments")
    name = "DeploymentData_associations_inner"
    mended = {name: {"anyOf": shapes["$defs"][name]["anyOf"]}}
    known = {**shapes, "$defs": {**shapes["$defs"], **mended}}
    found = faults({"$ref": f"#/$defs/{component}"}, known, value)
    return [f"{each.place}: {each.message}" for each in found]


def _said_in_prose(deployment: Mapping[str, Any]) -> Iterator[str]:
    """What Atlassian's descriptions demand."""
    kinds = [each["associationType"] for each in deployment.get("associations", ())]
    if not kinds and "issueKeys" not in deployment:
        yield "$: one of issueKeys or associations must be specified"
    if kinds and not {*_ISSUES, _SERVICES} & set(kinds):
        yield "$.associations: must contain at least one of issueIdOrKeys or serviceIdOrKeys"
    if len(_belongings(deployment)) > _MOST_VALUES:
        yield f"$.associations: there are more than {_MOST_VALUES} values"
    if not _is_date(deployment["lastUpdated"]):
        yield "$.lastUpdated: must be a date and time of RFC 3339"


def _is_date(text: str) -> bool:
    try:
        return bool(_RFC_3339.fullmatch(text) and datetime.fromisoformat(text.upper()))
    except ValueError:
        return False
