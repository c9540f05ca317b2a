"""How often somebody may try: a count in Redis that begins anew after a while."""

from redis.asyncio import Redis

__all__ = ["Attempts"]


class Attempts:
    """Counts by what is tried and by whom."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def left(self, what: str, who: str, *, most: int, seconds: int) -> bool:
        """Count one more; whether it is still within what is allowed."""
        key = f"oauth:attempts:{what}:{who}"
        async with self._redis.pipeline(transaction=True) as pipeline:
            pipeline.incr(key)
            pipeline.expire(key, seconds, nx=True)
            count, _ = await pipeline.execute()
        return int(count) <= most
