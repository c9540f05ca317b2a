"""The one page function: who is there, the frame, and the sub pages inside it."""

from collections.abc import Callable
from html import escape
from urllib.parse import quote
from uuid import UUID

from nicegui import ui
from nicegui.element import Element
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from chatter.identity.schemas import Me
from chatter_dashboard.api.client import Api
from chatter_dashboard.api.problems import ApiProblem
from chatter_dashboard.components.shell import Shell
from chatter_dashboard.pages.account.factor_demanded import factor_demanded
from chatter_dashboard.pages.settings.closed import closed
from chatter_dashboard.routes import ROUTES
from chatter_dashboard.shell.guard import session_token
from chatter_dashboard.shell.navigation import areas_for
from chatter_dashboard.shell.notices import tell
from chatter_dashboard.shell.pages import Pages
from chatter_dashboard.shell.sessions import TabRegistry
from chatter_dashboard.shell.visitor import Visitor

__all__ = ["ORGANIZATION_COOKIE", "Root"]

ORGANIZATION_COOKIE = "chatter_organization"

_SSO_REQUIRED = "sso_required"

ApiFor = Callable[[str, UUID | None], Api]


class Root:
    """Builds a tab for the person whose session cookie came with the request."""

    def __init__(self, api_for: ApiFor, tabs: TabRegistry) -> None:
        self._api_for = api_for
        self._tabs = tabs

    async def build(self, request: Request) -> Response | None:
        """The page, or the way to the sign-in page."""
        token = session_token(request.headers)
        try:
            visitor = await self._visitor(token, request)
        except ApiProblem as error:
            if error.signed_out:
                return RedirectResponse(_sign_in_path(request, error), status_code=303)
            raise
        self._register(token, visitor.me.organization.id)
        ui.context.client.on_exception(_report)
        ui.add_head_html(f'<meta name="lx-organization" content="{escape(str(visitor.me.organization.id))}">')
        is_active = visitor.me.organization.state == "active"
        is_open = is_active and visitor.me.lacks is None
        areas = areas_for(visitor) if is_open else []
        Shell(visitor.me, areas=areas, is_open=is_open)
        _skip_target()
        if not is_open:
            await (factor_demanded(visitor) if is_active else closed(visitor))
            return None
        await Pages(ROUTES, data={"visitor": visitor}).settled()
        return None

    async def _visitor(self, token: str, request: Request) -> Visitor:
        chosen = _organization(request)
        try:
            me: Me = await self._api_for(token, chosen).identity.me()
        except ApiProblem as error:
            if chosen is None or not error.signed_out or error.problem.code == _SSO_REQUIRED:
                raise
            # The organisation that this browser last chose may not be this person's (any more).
            me = await self._api_for(token, None).identity.me()
        return Visitor(api=self._api_for(token, me.organization.id).forwarding(_came_through(request)), me=me)

    def _register(self, token: str, organization_id: UUID) -> None:
        client = ui.context.client
        tab = client.id
        self._tabs.add(token, tab, organization_id=organization_id)
        client.on_delete(lambda: self._tabs.remove(token, tab))


def _skip_target() -> None:
    """Where the skip link leads: focusable by script, not by Tab."""
    target = Element("div")
    target.props["id"] = "lx-content"
    target.props["tabindex"] = "-1"


def _organization(request: Request) -> UUID | None:
    """What the address names, which is how a tab keeps its own; else what this browser last chose."""
    try:
        return UUID(request.query_params.get("organization") or request.cookies.get(ORGANIZATION_COOKIE, ""))
    except ValueError:
        return None


def _came_through(request: Request) -> str:
    """The chain of addresses, the nearest last; what of it can be believed is the API's to judge."""
    told = request.headers.get("x-forwarded-for", "")
    peer = request.client.host if request.client else ""
    return ", ".join(part for part in (told, peer) if part)


def _sign_in_path(request: Request, error: ApiProblem) -> str:
    wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    if error.problem.code == _SSO_REQUIRED:
        # They are signed in, and another organisation may be open to them: the page says which sign-in this one wants.
        return f"/login?again=1&next={quote(wanted, safe='')}"
    return "/login" if wanted == "/" else f"/login?next={quote(wanted, safe='')}"


def _report(error: Exception) -> None:
    """Tell the person what an event handler ran into."""
    if isinstance(error, ApiProblem) and error.signed_out:
        ui.navigate.to("/login?expired=1")
    elif isinstance(error, ApiProblem):
        tell(error.problem)
