"""Sign-in and sign-up: plain server-rendered pages that work before any socket is open."""

from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Literal
from urllib.parse import quote
from uuid import UUID

from jinja2 import Environment, FileSystemLoader
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from chatter.sso.schemas import SsoDemand
from chatter_dashboard.api.client import Api
from chatter_dashboard.api.problems import ApiProblem
from chatter_dashboard.shell.assets import asset_url
from chatter_dashboard.shell.guard import session_token

__all__ = ["login_routes"]

ApiFor = Callable[[str, UUID | None], Api]
Endpoint = Callable[[Request], Awaitable[Response]]
Mode = Literal["sign-in", "sign-up"]

_templates = Environment(loader=FileSystemLoader(Path(__file__).parent), autoescape=True)


def login_routes(api_for: ApiFor) -> list[BaseRoute]:
    """`/login`, `/sign-up` and `/sign-up/finish`, and `/forgot` and `/reset` for a forgotten password."""

    async def sign_in(request: Request) -> Response:
        setup = await api_for("", None).identity.setup()
        if setup.first_person:
            return RedirectResponse(_with_query("/sign-up", request), status_code=303)
        demands = await _demands(api_for, request)
        return await _unless_signed_in(
            api_for, request, lambda: _page("sign-in", request, may_switch=setup.sign_up_open, demands=demands)
        )

    async def sign_up(request: Request) -> Response:
        setup = await api_for("", None).identity.setup()
        if not (setup.first_person or setup.sign_up_open):
            return RedirectResponse(_with_query("/login", request), status_code=303)
        return await _unless_signed_in(
            api_for, request, lambda: _page("sign-up", request, may_switch=not setup.first_person)
        )

    return [
        Route("/login", _or_away(sign_in)),
        Route("/sign-up", _or_away(sign_up)),
        Route("/sign-up/finish", _plain("finish.html")),
        Route("/forgot", _plain("forgot.html")),
        Route("/reset", _plain("reset.html")),
    ]


def _plain(template: str) -> Endpoint:
    """A page that asks the API for nothing before it is shown."""

    async def shown(_: Request) -> Response:
        html = _templates.get_template(template).render(asset=asset_url)
        return HTMLResponse(html, headers={"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"})

    return shown


def _or_away(page: Endpoint) -> Endpoint:
    """Say so in words when the API cannot answer at the moment."""

    async def shown(request: Request) -> Response:
        try:
            return await page(request)
        except ApiProblem as error:
            html = _templates.get_template("away.html").render(problem=error.problem, asset=asset_url)
            return HTMLResponse(html, status_code=503, headers={"Cache-Control": "no-store", "Retry-After": "5"})

    return shown


async def _demands(api_for: ApiFor, request: Request) -> list[SsoDemand]:
    """By whose providers this browser's person comes in where their session does not suffice."""
    token = session_token(request.headers)
    return await api_for(token, None).sso.demanded() if token else []


async def _unless_signed_in(api_for: ApiFor, request: Request, page: Callable[[], Response]) -> Response:
    token = session_token(request.headers)
    if token and not {"expired", "again"} & request.query_params.keys():
        try:
            await api_for(token, None).identity.me()
            return RedirectResponse(_safe_next(request), status_code=303)
        except ApiProblem:
            return page()
    return page()


def _page(mode: Mode, request: Request, *, may_switch: bool, demands: Sequence[SsoDemand] = ()) -> Response:
    html = _templates.get_template("login.html").render(
        mode=mode,
        may_switch=may_switch,
        expired="expired" in request.query_params,
        demands=demands,
        query=f"?{request.url.query}" if request.url.query else "",
        asset=asset_url,
    )
    return HTMLResponse(html, headers={"Cache-Control": "no-store"})


def _safe_next(request: Request) -> str:
    wanted = request.query_params.get("next", "/")
    if not wanted.startswith("/") or wanted.startswith(("//", "/\\")):
        return "/"
    return quote(wanted, safe="/?=&%#")


def _with_query(path: str, request: Request) -> str:
    return f"{path}?{request.url.query}" if request.url.query else path
