"""The page behind the link of an operator's visit: plain and server-rendered, before any session."""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Route

from chatter_dashboard.shell.assets import asset_url

__all__ = ["support_routes"]

_templates = Environment(loader=FileSystemLoader(Path(__file__).parent), autoescape=True)


def support_routes() -> list[BaseRoute]:
    """`/support/<organisation>`; the token behind `#` stays in the browser."""
    return [Route("/support/{organization_id:uuid}", _enter)]


async def _enter(request: Request) -> Response:
    organization = str(request.path_params["organization_id"])
    html = _templates.get_template("enter.html").render(asset=asset_url, organization=organization)
    return HTMLResponse(html, headers={"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"})
