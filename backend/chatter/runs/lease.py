"""Keeps this process's leases, hears who wants a run stopped, and closes runs whose process is gone."""

import asyncio
from collections.abc import Coroutine
from typing import Protocol
from uuid import UUID

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from chatter.runs.frames import Part
from chatter.runs.publisher import DATABASE_AWAY
from chatter.runs.repository import Grant, LapsedRun, RunRepository
from chatter.runs.wire import CANCEL_CHANNEL, RunWire

__all__ = ["LeaseKeeper"]

_BEAT_SECONDS = 5.0
_SWEEP_SECONDS = 15.0
_SWEEP_LIMIT = 100
_PATIENCE = 10.0

log = structlog.get_logger()


class Holder(Protocol):
    """Who executes runs."""

    name: str
    repository: RunRepository
    wire: RunWire

    def grants(self) -> list[Grant]: ...
    def cancel(self, run_id: UUID) -> None: ...
    def lose(self, run_id: UUID) -> None: ...
    async def close_lapsed(self, lapsed: LapsedRun) -> None: ...


class LeaseKeeper:
    """Three loops. The heartbeat also tells of cancellations, so Redis only makes them faster."""

    def __init__(self, holder: Holder, *, redis: Redis) -> None:
        self._holder = holder
        self._redis = redis

    def loops(self) -> tuple[Coroutine[None, None, None], ...]:
        return (self._beat_forever(), self._listen_forever(), self._sweep_forever())

    async def tail(self, grant: Grant, *, after: int) -> list[Part]:
        """Return the events that went to Redis but, when their process died, not yet to Postgres."""
        try:
            async with asyncio.timeout(_PATIENCE):
                return await self._holder.wire.tail(grant.tenant_id, run_id=grant.run_id, after=after)
        except (RedisError, OSError, TimeoutError):
            return []

    async def _beat_forever(self) -> None:
        while True:
            await asyncio.sleep(_BEAT_SECONDS)
            grants = self._holder.grants()
            if not grants:
                continue
            try:
                async with asyncio.timeout(_PATIENCE):
                    beats = await self._holder.repository.beat(grants)
            except DATABASE_AWAY as error:
                log.warning("heartbeat_failed", runs=len(grants), error=type(error).__name__)
                continue
            ours = {grant.run_id for grant in self._holder.grants()}
            for beat in beats:
                if beat.run_id in ours and not beat.held:
                    self._holder.lose(beat.run_id)
                elif beat.cancelled:
                    self._holder.cancel(beat.run_id)

    async def _listen_forever(self) -> None:
        while True:
            try:
                async with self._redis.pubsub() as pubsub:
                    await pubsub.subscribe(CANCEL_CHANNEL)
                    async for message in pubsub.listen():
                        if message["type"] == "message":
                            self._holder.cancel(UUID(bytes=message["data"]))
            except (RedisError, OSError, ValueError) as error:
                log.warning("cancel_channel_away", error=type(error).__name__)
            await asyncio.sleep(1.0)

    async def _sweep_forever(self) -> None:
        while True:
            try:
                async with asyncio.timeout(_PATIENCE):
                    await self._sweep()
            except DATABASE_AWAY as error:
                log.warning("run_sweep_failed", error=type(error).__name__)
            await asyncio.sleep(_SWEEP_SECONDS)

    async def _sweep(self) -> None:
        repository = self._holder.repository
        mine = {grant.run_id for grant in self._holder.grants()}
        for tenant_id, run_id in await repository.lapsed(limit=_SWEEP_LIMIT):
            if run_id in mine:
                continue
            lapsed = await repository.seize(tenant_id, run_id=run_id, lease_owner=self._holder.name)
            if lapsed is not None:
                log.warning("run_taken_over", run_id=str(run_id))
                await self._holder.close_lapsed(lapsed)
