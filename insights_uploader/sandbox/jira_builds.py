"""Builds on a Jira Cloud site, by their pipeline and number.

Addresses, statuses and shapes: Atlassian OpenAPI of Jira Software Cloud, `/rest/builds/0.1`. A
submission as a whole is refused with 400; one of its builds alone is rejected within a 202.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from insights_uploader.sandbox.contract import component_faults
from insights_uploader.sandbox.envelope import Json
from insights_uploader.sandbox.jira_cloud import (
    JiraError,
    jira_body,
    property_errors,
    queried_properties,
)
from insights_uploader.sandbox.jira_settings import JiraSettings
from insights_uploader.sandbox.jira_store import Entry, EventualStore

_SUBJECT = "jira-cloud/builds"
_BUILD = "/pipelines/{pipeline_id}/builds/{number:int}"
_MOST = 100
_RFC_3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)", re.ASCII)


class JiraBuilds:
    """The endpoints over one store."""

    name, version = "builds", "0.1"

    def __init__(self, settings: JiraSettings, store: EventualStore) -> None:
        """Serve `store`."""
        self._settings = settings
        self.store = store

    def routes(self) -> Sequence[Route]:
        """List the routes."""
        return [
            Route("/bulk", self.submit, methods=["POST"]),
            Route("/bulkByProperties", self.delete_by_properties, methods=["DELETE"]),
            Route(_BUILD, self.get, methods=["GET"]),
            Route(_BUILD, self.delete, methods=["DELETE"]),
        ]

    def envelope(self, messages: Sequence[str]) -> Any:
        """Refuse with a list."""
        return [{"message": message} for message in messages]

    async def submit(self, request: Request) -> Response:
        """Take builds, each by itself."""
        body = await jira_body(request)
        _check_whole(body)
        accepted, rejected, unknown = [], [], list[str]()
        for build in body["builds"]:
            key = {"pipelineId": build["pipelineId"], "buildNumber": build["buildNumber"]}
            errors = _errors(build)
            if errors:
                rejected.append({"key": key, "errors": self.envelope(errors)})
                continue
            known = self._known(build["issueKeys"])
            unknown += [each for each in build["issueKeys"] if each not in known]
            accepted.append(key)
            if known:
                entry = Entry(build["updateSequenceNumber"], build, body.get("properties") or {})
                self.store.submit((key["pipelineId"], key["buildNumber"]), entry)
        answer = {
            "acceptedBuilds": accepted,
            "rejectedBuilds": rejected,
            "unknownIssueKeys": list(dict.fromkeys(unknown)),
        }
        return Json(answer, 202)

    async def get(self, request: Request) -> Response:
        """Give a build as it is stored."""
        entry = self.store.read(_key(request))
        if entry is None:
            return Response(status_code=404)
        return Json(entry.body)

    async def delete(self, request: Request) -> Response:
        """Delete a build, if there is one."""
        self.store.delete(_key(request))
        return Response(status_code=202)

    async def delete_by_properties(self, request: Request) -> Response:
        """Delete the builds that have all of these properties."""
        self.store.delete_where(queried_properties(request))
        return Response(status_code=202)

    def _known(self, keys: Sequence[str]) -> Sequence[str]:
        known = self._settings.issue_keys
        return [each for each in keys if known is None or each in known]


def _key(request: Request) -> tuple[str, int]:
    return request.path_params["pipeline_id"], request.path_params["number"]


def _check_whole(body: Mapping[str, Any]) -> None:
    """Refuse a submission whose builds cannot even be told apart."""
    builds = body.get("builds")
    if not isinstance(builds, list) or not 1 <= len(builds) <= _MOST:
        raise JiraError(400, f"builds: must be a list of 1 to {_MOST}")
    errors = [*property_errors(body.get("properties"))]
    for at, build in enumerate(builds):
        key = build if isinstance(build, dict) else {}
        faults = component_faults(_SUBJECT, "BuildKey", {k: key[k] for k in _KEY if k in key})
        errors += [f"builds[{at}]: {each.message}" for each in faults]
    if errors:
        raise JiraError(400, *errors)


_KEY = ("pipelineId", "buildNumber")


def _errors(build: Mapping[str, Any]) -> Sequence[str]:
    """List what is wrong with one build."""
    found = [
        f"{each.place}: {each.message}" for each in component_faults(_SUBJECT, "BuildData", build)
    ]
    if not found and not _is_date(build["lastUpdated"]):
        found = ["$.lastUpdated: must be a date and time of RFC 3339"]
    return found


def _is_date(text: str) -> bool:
    try:
        return bool(_RFC_3339.fullmatch(text) and datetime.fromisoformat(text.upper()))
    except ValueError:
        return False
