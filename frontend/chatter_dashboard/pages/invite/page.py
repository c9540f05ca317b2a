"""The pages behind links in mails: plain and server-rendered, for people who may not be signed in."""

from collections.abc import Callable
from pathlib import Path
from uuid import UUID

from jinja2 import Environment, FileSystemLoader
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Route

from chatter_dashboard.api.client import Api
from chatter_dashboard.api.problems import ApiProblem
from chatter_dashboard.shell.assets import asset_url
from chatter_dashboard.shell.guard import session_token

__all__ = ["invite_routes"]

ApiFor = Callable[[str, UUID | None], Api]

_HERE = Path(__file__).parent
_templates = Environment(loader=FileSystemLoader([_HERE, _HERE.parent / "login"]), autoescape=True)


def invite_routes(api_for: ApiFor) -> list[BaseRoute]:
    """`/invite/<organisation>` and `/prove`; the token behind `#` stays in the browser."""

    async def invite(request: Request) -> Response:
        signed_in = await _signed_in(api_for, request)
        return _page("invite.html", organization=str(request.path_params["organization_id"]), signed_in=signed_in)

    async def prove(_: Request) -> Response:
        return _page("prove.html")

    return [Route("/invite/{organization_id:uuid}", invite), Route("/prove", prove)]


def _page(template: str, **values: str) -> Response:
    html = _templates.get_template(template).render(asset=asset_url, **values)
    return HTMLResponse(html, headers={"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"})


async def _signed_in(api_for: ApiFor, request: Request) -> str:
    """The address of who is signed in, or an empty text."""
    token = session_token(request.headers)
    if not token:
        return ""
    try:
        return (await api_for(token, None).identity.me()).user.email
    except ApiProblem:
        return ""
