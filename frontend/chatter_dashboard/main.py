"""The dashboard as an ASGI application beside the API."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from uuid import UUID

import httpx
from fastapi import FastAPI
from nicegui import Client, app, ui
from starlette.types import ASGIApp

from chatter_dashboard.api.client import Api, connect_in_process
from chatter_dashboard.api.problems import ApiProblem
from chatter_dashboard.api.transport import ASGIApp as ApiApp
from chatter_dashboard.pages.apps.entry import app_routes
from chatter_dashboard.pages.invite.page import invite_routes
from chatter_dashboard.pages.login.page import login_routes
from chatter_dashboard.pages.support.entry import support_routes
from chatter_dashboard.root import Root
from chatter_dashboard.shell.assets import FAVICON, asset_routes, head_html
from chatter_dashboard.shell.guard import guarded
from chatter_dashboard.shell.nonces import bind_nonces
from chatter_dashboard.shell.sessions import TabRegistry
from chatter_dashboard.shell.socket import bind_messages

__all__ = ["Dashboard", "build_dashboard"]

# Phones lose their connection when they change networks; a tab that is away this long keeps its page.
_RECONNECT_SECONDS = 30.0


@dataclass(frozen=True, kw_only=True)
class Dashboard:
    """Serve `asgi` for every path that is not the API's, within `lifespan()`."""

    asgi: ASGIApp
    lifespan: Callable[[], AbstractAsyncContextManager[None]]


def build_dashboard(*, api_app: ApiApp, storage_secret: str, secure_cookies: bool) -> Dashboard:
    """Build the dashboard once per process: NiceGUI's application is a global of its module."""
    http = connect_in_process(api_app)

    def api_for(token: str, organization_id: UUID | None) -> Api:
        return Api(http, token=token, organization_id=organization_id)

    tabs = TabRegistry(lambda token, organization_id: _holds(api_for(token, organization_id)))
    bind_messages(tabs)
    bind_nonces()
    shell = _shell(Root(api_for, tabs), api_for, storage_secret=storage_secret, secure_cookies=secure_cookies)
    return Dashboard(asgi=guarded(shell, tabs, https_only=secure_cookies), lifespan=lambda: _life(shell, tabs, http))


def _shell(
    root: Root, api_for: Callable[[str, UUID | None], Api], *, storage_secret: str, secure_cookies: bool
) -> FastAPI:
    shell = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    shell.router.routes.extend(
        [*login_routes(api_for), *invite_routes(api_for), *support_routes(), *app_routes(api_for), *asset_routes()]
    )
    ui.add_head_html(head_html(), shared=True)
    ui.add_body_html('<div id="lx-chrome"></div>', shared=True)
    app.config.quasar_config["loadingBar"] = {"skipHijack": True}
    ui.run_with(
        shell,
        root=root.build,
        title="Chatter",
        favicon=FAVICON,
        dark=None,
        language="en-US",
        # Every class is our own (lx-): no utility CSS is generated in the browser.
        tailwind=False,
        binding_refresh_interval=None,
        reconnect_timeout=_RECONNECT_SECONDS,
        message_history_length=200,
        storage_secret=storage_secret,
        session_middleware_kwargs={
            "session_cookie": "chatter_tab",
            "https_only": secure_cookies,
            "same_site": "lax",
            "max_age": None,
        },
        show_welcome_message=False,
    )
    return shell


async def _holds(api: Api) -> bool:
    try:
        await api.unattended().identity.session()
    except ApiProblem as error:
        return not error.signed_out
    return True


@contextlib.asynccontextmanager
async def _life(shell: FastAPI, tabs: TabRegistry, http: httpx.AsyncClient) -> AsyncIterator[None]:
    async with shell.router.lifespan_context(shell), http:
        watch = asyncio.create_task(tabs.watch(_expel))
        try:
            yield
        finally:
            watch.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await watch


def _expel(tab: str) -> None:
    if client := Client.instances.get(tab):
        client.run_javascript("location.replace('/login?expired=1')")
