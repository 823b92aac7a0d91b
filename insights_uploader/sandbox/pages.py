"""A page for people: what the reports of this sandbox say.

All text in it was written by others, so the template escapes everything, and
the content security policy lets nothing but the page's own style run.
"""

from datetime import UTC, datetime
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from insights_uploader.sandbox.settings import SandboxSettings
from insights_uploader.sandbox.store import Store

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


class Pages:
    """The HTML pages over one store; they need no login, as the sandbox is local."""

    def __init__(self, settings: SandboxSettings, store: Store) -> None:
        """Show `store`."""
        self._settings = settings
        self._store = store
        self._templates = Environment(
            loader=PackageLoader("insights_uploader.sandbox"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.filters["value"] = value_text

    def routes(self) -> list[Route]:
        """List the routes."""
        return [Route("/", self.reports, methods=["GET"])]

    async def reports(self, _request: Request) -> Response:
        """Show all reports, the latest commit first."""
        text = self._templates.get_template("reports.html").render(
            settings=self._settings,
            commits=[(commit, self._store.reports(commit)) for commit in self._store.commits()],
        )
        # stored text may hold lone surrogates, which UTF-8 cannot
        return Response(
            text.encode("utf-8", "replace"),
            media_type="text/html",
            headers={
                "Content-Security-Policy": _POLICY,
                "X-Content-Type-Options": "nosniff",
                "Referrer-Policy": "no-referrer",
                "Cache-Control": "no-store",
            },
        )


def value_text(item: dict[str, Any]) -> str:
    """Show a data field as the server does (Atlassian, "Data parameters"), but plainly."""
    value = item["value"]
    match item.get("type"):
        case "BOOLEAN":
            return "Yes" if value else "No"
        case "PERCENTAGE":
            return f"{value:g}%"
        case "DURATION":
            return f"{value / 1000:g} s"
        case "DATE":
            return _date(value)
        case _:
            return str(value)


def _date(milliseconds: float) -> str:
    try:
        return f"{datetime.fromtimestamp(milliseconds / 1000, UTC):%Y-%m-%d %H:%M} UTC"
    except (ValueError, OverflowError, OSError):
        return str(milliseconds)
