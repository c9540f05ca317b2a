"""The web process: the API, and the dashboard beside it."""

import contextlib
from collections.abc import AsyncIterator, Sequence
from typing import Any, cast

from litestar import Litestar
from litestar.types import ASGIApp

from chatter.api import Lifespan, build_api
from chatter.kit.crypto import derive
from chatter.kit.settings import Settings
from chatter.kit.stopping import told_first
from chatter.kit.telemetry import configure_logging
from chatter.registry import MOUNTS
from chatter.runs.facade import RunEngine
from chatter_dashboard.main import Dashboard, build_dashboard

__all__ = ["build_app", "create_app"]

_PREFIXES = ("/api/", "/.well-known/", *(f"{mount.prefix}/" for mount in MOUNTS))


def create_app() -> ASGIApp:
    """The ASGI application of a web process, configured by the environment."""
    settings = Settings()
    configure_logging(level=settings.log_level, as_json=settings.log_json)
    return build_app(settings, lifespan=[_hand_over_when_told])


def build_app(settings: Settings, *, lifespan: Sequence[Lifespan] = ()) -> ASGIApp:
    """The API alone, or a dispatcher in front of the API and the dashboard."""
    if not settings.dashboard:
        return build_api(settings, lifespan=lifespan)
    mounted: list[Dashboard] = []

    @contextlib.asynccontextmanager
    async def with_dashboard(_: Litestar) -> AsyncIterator[None]:
        async with mounted[0].lifespan():
            yield

    api = build_api(settings, lifespan=[with_dashboard, *lifespan])
    storage_secret = derive(settings.secret_key, purpose="dashboard").hex()
    mounted.append(
        build_dashboard(api_app=cast(Any, api), storage_secret=storage_secret, secure_cookies=settings.secure_cookies)
    )
    return _dispatcher(api, mounted[0])


@contextlib.asynccontextmanager
async def _hand_over_when_told(api: Litestar) -> AsyncIterator[None]:
    """Runs go to another process at the signal: the server waits for open streams first, which may take seconds."""
    with told_first(api.state.services.part(RunEngine).hand_over):
        yield


def _dispatcher(api: Litestar, dashboard: Dashboard) -> ASGIApp:
    """API paths and the lifespan go to Litestar; everything else is the dashboard's."""

    async def dispatch(
        scope: Any, receive: Any, send: Any
    ) -> None:  # Litestar and Starlette type the same interface apart
        if scope["type"] == "lifespan" or _is_of_the_api(scope["path"]):
            await api(scope, receive, send)
        else:
            await dashboard.asgi(scope, receive, send)

    return dispatch


def _is_of_the_api(path: str) -> bool:
    return path == "/api" or path.startswith(_PREFIXES)
