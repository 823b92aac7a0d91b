"""Development information on a Jira Cloud site: repositories, and what is in them.

Addresses, statuses and shapes: Atlassian OpenAPI of Jira Software Cloud, `/rest/devinfo/0.10`. A
submission as a whole is refused with 400 or 413; within a 202 a repository or an entity alone fails.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
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
from insights_uploader.sandbox.jira_store import Entry, EventualStore, Properties

_SUBJECT = "jira-cloud/devinfo"
_COMPONENTS = {"commits": "Commit", "branches": "Branch", "pullRequests": "PullRequest"}
_TYPES = {"commit": "commits", "branch": "branches", "pull_request": "pullRequests"}
_REPOSITORIES = 100
_ENTITIES = 1000
_SHOWN = 400
_OF = "_repository"
"""Under this name every entry has its repository's id; no property begins with an underscore."""
_ID = re.compile(r"[A-Za-z0-9~._-]{1,1024}")
_KEY = re.compile(r"[^\W\d_]\w{1,255}-[0-9]{1,255}")

Key = tuple[str, str, str]
"""The repository's id, the kind of an entity, and its id; of a repository the last two are empty."""


class JiraDevInfo:
    """The endpoints over one store."""

    name, version = "devinfo", "0.10"

    def __init__(self, settings: JiraSettings, store: EventualStore) -> None:
        """Serve `store`."""
        self._settings = settings
        self.store = store

    def routes(self) -> Sequence[Route]:
        """List the routes."""
        entity = "/repository/{repository}/{type}/{id}"
        return [
            Route("/bulk", self.submit, methods=["POST"]),
            Route("/bulkByProperties", self.delete_by_properties, methods=["DELETE"]),
            Route("/existsByProperties", self.exists, methods=["GET"]),
            Route("/repository/{repository}", self.get, methods=["GET"]),
            Route("/repository/{repository}", self.delete, methods=["DELETE"]),
            Route(entity, self.delete_entity, methods=["DELETE"]),
        ]

    def envelope(self, messages: Sequence[str]) -> Any:
        """Refuse with an object."""
        return {"errorMessages": [{"message": message} for message in messages]}

    async def submit(self, request: Request) -> Response:
        """Take repositories, and each of their entities by itself."""
        body = await jira_body(request)
        _check_whole(body)
        properties = body.get("properties") or {}
        accepted, failed, unknown = {}, {}, list[str]()
        for repository in body["repositories"]:
            of_all = _repository_errors(repository)
            if of_all:
                failed[repository["id"]] = self.envelope(of_all)
                continue
            taken, refused = self._split(repository)
            accepted[repository["id"]] = {k: [e["id"] for e in es] for k, es in taken.items()}
            if refused:
                failed[repository["id"]] = refused
            keys = [key for each in taken.values() for e in each for key in e["issueKeys"]]
            unknown += [key for key in keys if not self._knows(key)]
            self._store(repository, taken, properties)
        answer = {
            "acceptedDevinfoEntities": accepted,
            "failedDevinfoEntities": failed,
            "unknownIssueKeys": list(dict.fromkeys(unknown)),
        }
        return Json(answer, 202)

    async def get(self, request: Request) -> Response:
        """Give a repository as it is stored, with the newest of its entities."""
        wanted = request.path_params["repository"]
        stored = self._entries()
        if (wanted, "", "") not in stored:
            return Response(status_code=404)
        inside = [(key, e) for key, e in stored.items() if key[0] == wanted and key[1]]
        inside.reverse()  # of one number what came last is the newest
        newest = sorted(inside, key=lambda each: -each[1].sequence)[:_SHOWN]
        lists = {
            kind: [entry.body for key, entry in newest if key[1] == kind] for kind in _COMPONENTS
        }
        return Json({**stored[wanted, "", ""].body, **lists})

    async def delete(self, request: Request) -> Response:
        """Delete a repository and all in it."""
        self.store.delete_where({_OF: request.path_params["repository"]}, _up_to(request))
        return Response(status_code=202)

    async def delete_entity(self, request: Request) -> Response:
        """Delete one entity."""
        given = request.path_params
        kind = _TYPES.get(given["type"])
        if kind is None:
            raise JiraError(400, f"Wrong entity type: {given['type'][:60]}")
        self.store.delete((given["repository"], kind, given["id"]), _up_to(request))
        return Response(status_code=202)

    async def delete_by_properties(self, request: Request) -> Response:
        """Delete the repositories that have all of these properties, and all in them.

        A number in `_updateSequenceId` must be one, and is "no longer supported".
        """
        wanted = _properties(request)
        _up_to(request)
        for key, entry in self._entries().items():
            if not key[1] and wanted.items() <= entry.properties.items():
                self.store.delete_where({_OF: key[0]})
        self.store.delete_where(wanted)
        return Response(status_code=202)

    async def exists(self, request: Request) -> Response:
        """Tell whether a repository has all of these properties."""
        wanted, up_to = _properties(request), _up_to(request)
        found = any(
            not key[1]
            and wanted.items() <= entry.properties.items()
            and (up_to is None or entry.sequence <= up_to)
            for key, entry in self._entries().items()
        )
        return Json({"hasDataMatchingProperties": found})

    def _split(
        self, repository: Mapping[str, Any]
    ) -> tuple[dict[str, list[Any]], dict[str, list[Any]]]:
        """Tell the entities that can be stored from those that cannot, with what is wrong."""
        taken: dict[str, list[Any]] = {kind: [] for kind in _COMPONENTS}
        refused: dict[str, list[Any]] = {}
        for kind, component in _COMPONENTS.items():
            for entity in repository.get(kind) or ():
                errors = [*_entity_errors(component, entity)]
                if errors:
                    told = {"id": _id_of(entity), **self.envelope(errors)}
                    refused.setdefault(kind, []).append(told)
                else:
                    taken[kind].append(entity)
        return taken, refused

    def _store(
        self,
        repository: Mapping[str, Any],
        taken: Mapping[str, Sequence[Any]],
        properties: Properties,
    ) -> None:
        """Store what belongs to an issue that the site has."""
        name = repository["id"]
        tags = {**properties, _OF: name}
        bare = {k: v for k, v in repository.items() if k not in _COMPONENTS}
        self.store.submit((name, "", ""), Entry(repository["updateSequenceId"], bare, tags))
        for kind, entities in taken.items():
            for entity in entities:
                if any(map(self._knows, entity["issueKeys"])):
                    entry = Entry(entity["updateSequenceId"], entity, tags)
                    self.store.submit((name, kind, entity["id"]), entry)

    def _entries(self) -> Mapping[Key, Entry]:
        return {key: entry for key, entry in self.store.stored().items() if isinstance(key, tuple)}

    def _knows(self, key: str) -> bool:
        known = self._settings.issue_keys
        return known is None or key in known


def _check_whole(body: Mapping[str, Any]) -> None:
    """Refuse a submission that is none, or too large."""
    repositories = body.get("repositories")
    if not isinstance(repositories, list) or not 1 <= len(repositories) <= _REPOSITORIES:
        raise JiraError(400, f"repositories: must be a list of 1 to {_REPOSITORIES}")
    faults = component_faults(_SUBJECT, "DevInformation", {**body, "repositories": []})
    errors = [f"{each.place}: {each.message}" for each in faults]
    errors += property_errors(body.get("properties"))
    ids = [each.get("id") if isinstance(each, dict) else None for each in repositories]
    errors += [
        f"repositories[{at}].id: must be a text"
        for at, i in enumerate(ids)
        if not isinstance(i, str)
    ]
    if errors:
        raise JiraError(400, *errors)
    if len(set(ids)) < len(ids):
        raise JiraError(400, "repositories: must not contain duplicates")
    entities = [each for repository in repositories for each in _entities(repository)]
    if not entities:
        raise JiraError(400, "No development information entities were provided")
    if len(entities) > _ENTITIES:
        words = f"Data is too large. Submit at most {_ENTITIES} devinfo entities in each payload"
        raise JiraError(413, words)


def _entities(repository: Mapping[str, Any]) -> Iterator[Any]:
    for kind in _COMPONENTS:
        listed = repository.get(kind)
        yield from listed if isinstance(listed, list) else ()


def _repository_errors(repository: Mapping[str, Any]) -> Sequence[str]:
    """List what is wrong with a repository as such, or with the lists in it."""
    lists: dict[str, Any] = {
        kind: [{}] * len(repository[kind]) if isinstance(repository[kind], list) else None
        for kind in _COMPONENTS
        if kind in repository
    }
    faults = component_faults(_SUBJECT, "Repository", {**repository, **lists})
    # what is in the lists is each entity's own fault
    found = [f"{e.place}: {e.message}" for e in faults if "[" not in e.place]
    if not _ID.fullmatch(repository["id"]):
        found.append("$.id: only alphanumeric characters and '~.-_' are allowed")
    for kind in _COMPONENTS:
        ids = [_id_of(each) for each in repository.get(kind) or () if _id_of(each)]
        if len(set(ids)) < len(ids):
            found.append(f"$.{kind}: must not contain duplicate entity IDs")
    return found


def _entity_errors(component: str, entity: Any) -> Iterator[str]:
    """List what is wrong with one entity."""
    faults = component_faults(_SUBJECT, component, entity)
    if faults:
        yield from (f"{each.place}: {each.message}" for each in faults)
        return
    last = [entity["lastCommit"]] if component == "Branch" else []
    for each in (entity, *last):
        if not _ID.fullmatch(each["id"]):
            yield "$.id: only alphanumeric characters and '~.-_' are allowed"
        yield from (
            f"$.issueKeys: {key[:60]!r} is no issue key"
            for key in each["issueKeys"]
            if not _KEY.fullmatch(key)
        )
        for name in ("authorTimestamp", "lastUpdate"):
            if name in each and not _is_date(each[name]):
                yield f"$.{name}: must be a date and time of ISO 8601"


def _id_of(entity: Any) -> str:
    found = entity.get("id") if isinstance(entity, dict) else None
    return found if isinstance(found, str) else ""


def _properties(request: Request) -> Properties:
    names = [name for name, _ in request.query_params.multi_items()]
    if len(set(names)) < len(names):
        raise JiraError(400, "Multiple values of the same property key are specified")
    return queried_properties(request)


def _up_to(request: Request) -> int | None:
    given = request.query_params.get("_updateSequenceId")
    if given is None:
        return None
    if not re.fullmatch(r"-?[0-9]{1,19}", given):
        raise JiraError(400, "_updateSequenceId is not a numeric value")
    return int(given)


def _is_date(text: str) -> bool:
    try:
        return datetime.fromisoformat(text.upper()).tzinfo is not None
    except ValueError:
        return False
