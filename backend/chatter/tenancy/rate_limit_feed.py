"""Keeps the rules of a process at what organisations have set, so that no request has to ask the database."""

import asyncio
from uuid import UUID

import structlog

from chatter.kit.db.database import Database
from chatter.kit.rate_limits.rules import Rules

__all__ = ["RateLimitFeed"]

_SECONDS = 5.0

log = structlog.get_logger()


class RateLimitFeed:
    """Looks every few seconds, as the role that sees all organisations: what one sets holds everywhere by then."""

    def __init__(self, database: Database, rules: Rules) -> None:
        self._database = database
        self._rules = rules
        self._following: asyncio.Task[None] | None = None

    async def load(self) -> None:
        """Take over what is set now."""
        async with self._database.platform() as connection:
            rows = await connection.fetch("select tenant_id, rule, amount from rate_limit_override")
        own: dict[UUID, dict[str, int]] = {}
        for row in rows:
            own.setdefault(row["tenant_id"], {})[row["rule"]] = row["amount"]
        self._rules.adopt(own)

    def start(self) -> None:
        self._following = asyncio.create_task(self._follow())

    async def stop(self) -> None:
        if self._following is not None:
            self._following.cancel()
            await asyncio.wait({self._following})

    async def _follow(self) -> None:
        while True:
            try:
                await self.load()
            except Exception as error:  # the outermost edge of this loop: it must outlive a database that is away
                log.warning("rate_limits_not_loaded", error=type(error).__name__, exc_info=error)
            await asyncio.sleep(_SECONDS)
