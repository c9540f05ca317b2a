"""Several guards as one."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

__all__ = ["GuardsInTurn"]

_Guard: TypeAlias = Callable[[ASGIConnection[Any, Any, Any, Any], BaseRouteHandler], Awaitable[None]]


class GuardsInTurn:
    """One guard after another. Litestar copies the route handler for each that it knows of; ours only read it."""

    def __init__(self, *guards: _Guard) -> None:
        self.guards = guards

    async def __call__(self, connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
        for guard in self.guards:
            await guard(connection, handler)
