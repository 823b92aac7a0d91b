"""A Jira Cloud site beside Bitbucket: its own logins, its own errors, its APIs at both addresses.

`/rest/{api}/{version}` is the site's own, for the Connect app; `/jira/{api}/{version}/cloud/{id}` is
that of Atlassian's gateway, for OAuth credentials. 401 and 403 have no body (Atlassian OpenAPI).
"""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from insights_uploader.sandbox.envelope import Json
from insights_uploader.sandbox.jira_access import JiraAccess
from insights_uploader.sandbox.jira_settings import JiraSettings
from insights_uploader.sandbox.jira_store import EventualStore, Properties

_PROPERTIES = 5
_LONGEST_PROPERTY = 255


class JiraError(Exception):
    """A refusal with messages; each API puts them into an envelope of its own."""

    def __init__(self, status: int, *messages: str) -> None:
        """Refuse."""
        super().__init__(status, messages)
        self.status = status
        self.messages = messages


class JiraApi(Protocol):
    """One of the site's APIs.

    Attributes:
        name: as in its address.
        version: likewise.
        store: of all that it has accepted.
    """

    name: str
    version: str
    store: EventualStore

    def routes(self) -> Sequence[Route]:
        """List the routes below its address."""
        ...

    def envelope(self, messages: Sequence[str]) -> Any:
        """Give the body of a refusal."""
        ...


class JiraCloud:
    """ASGI layer: serves the site's addresses, and passes everything else on."""

    def __init__(
        self,
        app: ASGIApp,
        settings: JiraSettings,
        apis: Sequence[JiraApi],
        clock: Callable[[], float],
    ) -> None:
        """Stand before `app`; `clock` gives the seconds by which tokens end."""
        self.access = JiraAccess(settings, clock)
        self.apis = {api.name: api for api in apis}
        self._app = app
        self._settings = settings
        self._site = Starlette(
            routes=[
                Route("/oauth/token", self.access.token, methods=["POST"]),
                Route("/_edge/tenant_info", self._tenant_info),
                *(mount for api in apis for mount in self._mounts(api)),
            ]
        )
        own = (f"/rest/{api.name}/{api.version}/" for api in apis)
        self._prefixes = ("/oauth/", "/_edge/", "/jira/", *own)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve what is the site's."""
        is_ours = scope["path"].startswith(self._prefixes)
        await (self._site if is_ours else self._app)(scope, receive, send)

    def clear(self) -> None:
        """Forget all that was submitted, and end all tokens."""
        self.access.revoke()
        for api in self.apis.values():
            api.store.clear()

    async def _tenant_info(self, _request: Request) -> Response:
        return JSONResponse({"cloudId": self._settings.cloud_id})

    def _mounts(self, api: JiraApi) -> Sequence[Mount]:
        def refused(_request: Request, error: Exception) -> Response:
            assert isinstance(error, JiraError)  # noqa: S101 - the handler's own kind
            body = api.envelope(error.messages)
            return (
                Json(body, error.status) if error.messages else Response(status_code=error.status)
            )

        def unknown(_request: Request, error: Exception) -> Response:
            assert isinstance(error, HTTPException)  # noqa: S101 - likewise
            return Response(status_code=error.status_code)  # nobody says what Jira does

        app = Starlette(
            routes=api.routes(), exception_handlers={JiraError: refused, HTTPException: unknown}
        )
        app.router.redirect_slashes = False
        own = _Guard(app, self._refusal(api, self.access.is_signed))
        gateway = _Guard(app, self._refusal(api, self._may_pass_gateway))
        return [
            Mount(f"/rest/{api.name}/{api.version}", app=own),
            Mount(f"/jira/{api.name}/{api.version}/cloud/{{cloud_id}}", app=gateway),
        ]

    def _may_pass_gateway(self, request: Request) -> bool:
        is_ours: bool = request.path_params["cloud_id"] == self._settings.cloud_id
        return is_ours and self.access.has_token(request)

    def _refusal(
        self, api: JiraApi, is_known: Callable[[Request], bool]
    ) -> Callable[[Request], Response | None]:
        def refusal(request: Request) -> Response | None:
            if not is_known(request):
                return Response(status_code=401)
            if api.name not in self._settings.permitted:
                return Response(status_code=403)
            if int(request.headers.get("content-length", 0)) > self._settings.body_limit:
                words = f"The request is larger than {self._settings.body_limit} bytes"
                return Json(api.envelope([words]), 413)
            return None

        return refusal


class _Guard:
    """ASGI layer: refuses what may not reach an API."""

    def __init__(self, app: ASGIApp, refusal: Callable[[Request], Response | None]) -> None:
        self._app = app
        self._refusal = refusal

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await (self._refusal(Request(scope)) or self._app)(scope, receive, send)


async def jira_body(request: Request) -> Mapping[str, Any]:
    """Read the body: a JSON object."""
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
        raise JiraError(415, "The content type must be application/json")
    try:
        body: Any = json.loads(await request.body())
    except (ValueError, RecursionError):
        raise JiraError(400, "The request is no JSON") from None
    if not isinstance(body, dict):
        raise JiraError(400, "The request is no JSON object")
    return body


def property_errors(properties: Any) -> Sequence[str]:
    """List what is refused in the properties of a submission.

    At most five; no key has a colon or begins with an underscore; values end at 255 characters.
    """
    if properties is None:
        return []
    if not isinstance(properties, dict):
        return ["properties: must be an object"]
    found = [f"properties: there are more than {_PROPERTIES}"] * (len(properties) > _PROPERTIES)
    found += [
        f"properties: the key '{key}' contains ':' or starts with '_'"
        for key in properties
        if ":" in key or key.startswith("_")
    ]
    return found + [
        f"properties: the value of '{key}' must be a string of at most {_LONGEST_PROPERTY}"
        for key, value in properties.items()
        if not isinstance(value, str) or len(value) > _LONGEST_PROPERTY
    ]


def queried_properties(request: Request) -> Properties:
    """Give the properties that a deletion names; without any it is refused."""
    named = {k: v for k, v in request.query_params.items() if not k.startswith("_")}
    if not named:
        raise JiraError(400, "At least one property must be given")
    return named
