"""ARQ, behind a small door: a ticket says "take the next unit of work" and carries nothing else."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from arq.connections import ArqRedis, RedisSettings, create_pool

__all__ = ["QUEUE", "TAKE", "Tickets"]

QUEUE = "chatter:tickets"
TAKE = "take"


class Tickets:
    """Sends tickets to the workers."""

    def __init__(self, redis: ArqRedis) -> None:
        self._redis = redis

    @classmethod
    @asynccontextmanager
    async def open(cls, redis_url: str) -> "AsyncIterator[Tickets]":
        redis = await create_pool(RedisSettings.from_dsn(redis_url), default_queue_name=QUEUE)
        try:
            yield cls(redis)
        finally:
            await redis.aclose()

    async def send(self, count: int = 1) -> None:
        """Wake the workers; a lost ticket is replaced by the sweeper."""
        for _ in range(count):
            await self._redis.enqueue_job(TAKE)
