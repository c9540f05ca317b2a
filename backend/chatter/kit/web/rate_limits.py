"""The guard that counts each request, and the headers that say how much is left.

The headers are those of draft-ietf-httpapi-ratelimit-headers, as structured fields (RFC 9651).
"""

import math
from collections.abc import Sequence

import msgspec
from litestar.connection import ASGIConnection, Request
from litestar.handlers import BaseRouteHandler

from chatter.kit.principal import Principal
from chatter.kit.rate_limits.limiter import Asker, RateLimiter, Refused, Spent
from chatter.kit.rate_limits.rules import Kind
from chatter.kit.services import Services
from chatter.kit.telemetry import client_address
from chatter.kit.web.answer import answer_headers

__all__ = ["count_request", "count_unknown"]


async def count_request(connection: ASGIConnection, handler: BaseRouteHandler) -> None:  # type: ignore[type-arg]
    """Raise RateLimited for whoever asks more often than the route's kind allows. Routes without a kind are free."""
    kind: Kind | None = handler.opt.get("limit")
    if kind is None:
        return
    services: Services = connection.app.state.services
    principal: Principal | None = connection.scope.get("user")
    asker = Asker(address=client_address.get(), account=await _account(connection, handler), principal=principal)
    await _spend(services.limiter, kind, asker)


async def count_unknown(limiter: RateLimiter) -> None:
    """Count a request whose sender could not be told; raises RateLimited."""
    await _spend(limiter, Kind.GENERAL, Asker(address=client_address.get()))


async def _spend(limiter: RateLimiter, kind: Kind, asker: Asker) -> None:
    try:
        _tell(await limiter.spend(kind, asker))
    except Refused as refused:
        _tell(refused.spent)
        raise


def _tell(spent: Sequence[Spent]) -> None:
    headers = answer_headers.get()
    if headers is None or not spent:
        return
    tightest = min(spent, key=lambda one: one.taken.remaining / one.window.amount)
    policies = ", ".join(f'"{one.window.rule.name}";q={one.window.amount};w={one.window.rule.seconds}' for one in spent)
    rule, taken = tightest.window.rule, tightest.taken
    limit = f'"{rule.name}";r={taken.remaining if taken.allowed else 0};t={math.ceil(taken.frees_in)}'
    headers += ((b"ratelimit-policy", policies.encode()), (b"ratelimit", limit.encode()))


async def _account(connection: ASGIConnection, handler: BaseRouteHandler) -> str | None:  # type: ignore[type-arg]
    """The account that the body names, where the route says in which field; the body is kept for the handler."""
    field: str | None = handler.opt.get("account")
    if field is None or not isinstance(connection, Request):
        return None
    try:
        body = msgspec.json.decode(await connection.body(), type=dict[str, msgspec.Raw])
        return msgspec.json.decode(body[field], type=str)
    except (msgspec.DecodeError, KeyError, RecursionError):
        return None
