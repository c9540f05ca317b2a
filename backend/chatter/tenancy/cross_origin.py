"""What tells a browser that a page of another origin may read an answer (Fetch standard, CORS).

Never with a cookie: no answer allows credentials, so a browser sends such a page's request without them or keeps the
answer from it. The page shows a key or an app's token, and the organisation that it opens must have listed the origin.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from litestar import Litestar
from litestar.connection import ASGIConnection, Request
from litestar.enums import HttpMethod
from litestar.handlers import BaseRouteHandler

from chatter.kit.principal import Principal
from chatter.kit.services import Services
from chatter.kit.web.answer import answer_headers
from chatter.kit.web.rate_limits import count_unknown
from chatter.tenancy.kept_origins import KeptOrigins

__all__ = ["let_page_read", "preflights"]

_MOST_CHARACTERS = 300
_SENT = "Authorization, Content-Type, Chatter-Organization, Idempotency-Key, Last-Event-ID, X-Request-ID"
_SHOWN = "RateLimit, RateLimit-Policy, Retry-After, X-Request-ID, Content-Disposition, Deprecation, Sunset, Link"
_ALLOWED = (
    (b"access-control-allow-methods", b"GET, HEAD, POST, PUT, PATCH, DELETE"),
    (b"access-control-allow-headers", _SENT.encode()),
    (b"access-control-max-age", b"600"),
    (b"vary", b"Origin"),
)
_READABLE = ((b"access-control-expose-headers", _SHOWN.encode()), (b"vary", b"Origin"))


def preflights(prefix: str) -> Callable[[ASGIConnection[Any, Any, Any, Any], BaseRouteHandler], Awaitable[None]]:
    """The guard that answers preflights of the paths under `prefix`."""

    async def answer_preflight(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
        """Let a browser ask for a page whose origin any organisation has listed: no preflight says which.

        What is open to pages of all sites (`cross_origin`, the endpoints for apps) needs no list, as the answer says
        too. Raise RateLimited for an address that asks for origins that nobody listed, again and again.
        """
        if not isinstance(connection, Request) or connection.method != HttpMethod.OPTIONS:
            return
        if connection.scope["path"].startswith(prefix):
            await _answer(connection)

    return answer_preflight


async def _answer(connection: Request[Any, Any, Any]) -> None:
    origin = _origin(connection)
    if origin is None or "access-control-request-method" not in connection.headers:
        return
    services: Services = connection.app.state.services
    if connection.scope["path"] in _open_to_all(connection.app):
        _add(*_ALLOWED)  # the endpoints themselves let every origin read, the answer to their preflights too
    elif await services.part(KeptOrigins).listed(origin):
        _add(_reader(origin), *_ALLOWED)
    else:
        await count_unknown(services.limiter)


async def let_page_read(connection: ASGIConnection, principal: Principal) -> None:  # type: ignore[type-arg]
    """Let the page read the answer when whoever asks is a program and its organisation has listed the page's origin."""
    origin = _origin(connection) if principal.is_program else None
    if origin is None:
        return
    services: Services = connection.app.state.services
    if origin in await services.part(KeptOrigins).of(principal.tenant_id):
        _add(_reader(origin), *_READABLE)


def _open_to_all(app: Litestar) -> frozenset[str]:
    """The paths that say `cross_origin`; none of them holds a parameter."""
    if "open_to_all" not in app.state:
        handlers = [(route.path, handler) for route in app.routes for handler in getattr(route, "route_handlers", ())]
        app.state.open_to_all = frozenset(path for path, handler in handlers if handler.opt.get("cross_origin"))
    paths: frozenset[str] = app.state.open_to_all
    return paths


def _origin(connection: ASGIConnection) -> str | None:  # type: ignore[type-arg]
    """The one origin that a request names; `null` is nobody's."""
    named = connection.headers.getall("origin", [])
    return named[0] if len(named) == 1 and named[0] != "null" and len(named[0]) <= _MOST_CHARACTERS else None


def _reader(origin: str) -> tuple[bytes, bytes]:
    return b"access-control-allow-origin", origin.encode("latin-1")


def _add(*added: tuple[bytes, bytes]) -> None:
    headers = answer_headers.get()
    if headers is not None:
        headers += added
