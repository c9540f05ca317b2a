"""Whether this process lives, and whether it can do its work."""

import asyncio

from asyncpg import InterfaceError, PostgresError
from litestar import Controller, Response, get
from redis.exceptions import RedisError

from chatter.kit.routes import route
from chatter.kit.schema import Schema
from chatter.kit.services import Services

__all__ = ["Health", "HealthController"]

_PATIENCE = 3.0


class Health(Schema):
    """The state of what the process needs: "ok" or "away"."""

    status: str
    database: str = "ok"
    redis: str = "ok"
    rate_limits: str = "together"
    """"each": while Valkey is away, every process counts for itself."""


class HealthController(Controller):
    """`/health`"""

    path = "/health"
    tags = ("Health",)

    @get("/live", operation_id="GetLiveness", summary="The process answers", opt=route(public=True, limit=None))
    async def live(self) -> Health:
        return Health(status="ok")

    @get(
        "/ready",
        operation_id="GetReadiness",
        summary="The process can do its work",
        opt=route(public=True, limit=None),
    )
    async def ready(self, services: Services) -> Response[Health]:
        database, redis = await _database(services), await _redis(services)
        fit = database == redis == "ok"
        counted = "together" if services.limiter.shared else "each"
        health = Health(status="ok" if fit else "away", database=database, redis=redis, rate_limits=counted)
        return Response(health, status_code=200 if fit else 503)


async def _database(services: Services) -> str:
    try:
        async with asyncio.timeout(_PATIENCE):
            await services.database.hot.fetchval("select 1")
    except (OSError, TimeoutError, PostgresError, InterfaceError):
        return "away"
    return "ok"


async def _redis(services: Services) -> str:
    try:
        await services.redis.ping()
    except (OSError, RedisError):
        return "away"
    return "ok"
