"""The pages on which an app or a device asks: plain and server-rendered, framed by nobody."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from urllib.parse import quote
from uuid import UUID

import msgspec
from jinja2 import Environment, FileSystemLoader
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from chatter.identity.schemas import Me
from chatter.oauth.schemas import AppRequest, Asked, Consent, DeviceConsent
from chatter_dashboard.api.client import Api
from chatter_dashboard.api.problems import ApiProblem
from chatter_dashboard.shell.assets import asset_url
from chatter_dashboard.shell.guard import session_token

__all__ = ["app_routes"]

ApiFor = Callable[[str, UUID | None], Api]
Shown = Callable[[Request, Api, Me], Awaitable[Response]]

_templates = Environment(loader=FileSystemLoader(Path(__file__).parent), autoescape=True)
_HEADERS = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
_REQUEST = AppRequest.__struct_fields__


def app_routes(api_for: ApiFor) -> list[BaseRoute]:
    """`/authorize`, where apps send people, and `/device`, where people type a code."""
    return [
        Route("/authorize", _for_people(api_for, _authorize), methods=["GET"]),
        Route("/device", _for_people(api_for, _device), methods=["GET"]),
    ]


def _for_people(api_for: ApiFor, shown: Shown) -> Callable[[Request], Awaitable[Response]]:
    """The page for who is signed in, in the organisation that they choose; else the way to sign in, and back."""

    async def page(request: Request) -> Response:
        token = session_token(request.headers)
        try:
            me = await _me(api_for, token, request)
            return await shown(request, api_for(token, me.organization.id), me)
        except ApiProblem as error:
            if error.signed_out:
                return RedirectResponse(f"/login?{_back(request)}", status_code=303)
            return _page("refused.html", status=error.problem.status, problem=error.problem)

    return page


async def _me(api_for: ApiFor, token: str, request: Request) -> Me:
    try:
        chosen = UUID(request.query_params.get("organization", ""))
    except ValueError:
        return await api_for(token, None).identity.me()
    return await api_for(token, chosen).identity.me()


async def _authorize(request: Request, api: Api, me: Me) -> Response:
    asked_for = AppRequest(**{name: request.query_params.get(name, "") for name in _REQUEST})
    asked = await api.apps.asked(asked_for)
    if asked.redirect_to is not None:
        return _page("misasked.html", asked=asked, redirect_to=asked.redirect_to)
    consent = Consent(request=asked_for, consent=asked.consent)
    kept = [(name, value) for name, value in request.query_params.multi_items() if name != "organization"]
    return _consent(request, asked, me, kept=kept, allow="/oauth/allow", body=consent, refusal=asked.refusal)


async def _device(request: Request, api: Api, me: Me) -> Response:
    code = request.query_params.get("user_code", "").strip()
    if not code:
        return _page("device.html", code="", problem=None)
    try:
        asked = await api.apps.asked_by_device(code)
    except ApiProblem as error:
        if error.problem.status not in (404, 422, 429):
            raise
        return _page("device.html", code=code, problem=error.problem)
    consent = DeviceConsent(user_code=code, consent=asked.consent)
    return _consent(
        request,
        asked,
        me,
        kept=[("user_code", code)],
        allow="/oauth/device/allow",
        body=consent,
        refuse="/oauth/device/refuse",
    )


def _back(request: Request) -> str:
    here = f"{request.url.path}?{request.url.query}" if request.url.query else request.url.path
    return f"next={quote(here, safe='')}"


def _consent(
    request: Request,
    asked: Asked,
    me: Me,
    *,
    kept: list[tuple[str, str]],
    allow: str,
    body: Consent | DeviceConsent,
    refusal: str = "",
    refuse: str = "",
) -> Response:
    return _page(
        "consent.html",
        asked=asked,
        me=me,
        kept=kept,
        code=body.user_code if isinstance(body, DeviceConsent) else "",
        allow=allow,
        refuse=refuse,
        refusal=refusal,
        body=msgspec.to_builtins(body),
        sign_in=f"/login?again=1&{_back(request)}",
        organizations=[one for one in me.organizations if one.state == "active"],
    )


def _page(template: str, *, status: int = 200, **values: object) -> Response:
    html = _templates.get_template(template).render(asset=asset_url, **values)
    return HTMLResponse(html, status_code=status, headers=_HEADERS)
